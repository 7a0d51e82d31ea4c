package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// SignerInfo is what a container says of its signer.
type SignerInfo struct {
	Version int64
	// Certificate is the signer's, found in the container by issuer and serial
	// number or by key identifier; nil when it is not there, or when crypto/x509
	// refuses it. RawCertificate and PublicKey are there in the latter case too.
	Certificate    *x509.Certificate
	RawCertificate []byte
	PublicKey      crypto.PublicKey
	// Hash is the digest algorithm of the content; 0 for an unknown one, which
	// DigestOID names.
	Hash      crypto.Hash
	DigestOID asn1.ObjectIdentifier
	// SignatureOID names the signature algorithm.
	SignatureOID asn1.ObjectIdentifier
	// Signature is the signature value, which time-stamps cover.
	Signature []byte
	Signed    []Attribute
	Unsigned  []Attribute

	issuer             []byte // DER of the name; nil when named by key
	serial             *big.Int
	keyID              []byte
	digestAlgorithm    []byte // contents of the AlgorithmIdentifier
	signatureAlgorithm []byte // likewise
	signedSet          []byte // contents of the set of signed attributes
	hasSigned          bool
}

// readSigner reads a SignerInfo (RFC 5652, 5.3).
func (sd *SignedData) readSigner(in cryptobyte.String) error {
	s := &sd.Signer
	if !in.ReadASN1Integer(&s.Version) || !s.readIdentifier(&in) {
		return fmt.Errorf("%w: identifier of the signer", ErrMalformed)
	}
	var digestAlgorithm, signatureAlgorithm, signature, signed, unsigned cryptobyte.String
	var hasUnsigned bool
	if !in.ReadASN1(&digestAlgorithm, cbasn1.SEQUENCE) ||
		!in.ReadOptionalASN1(&signed, &s.hasSigned, explicit(0)) ||
		!in.ReadASN1(&signatureAlgorithm, cbasn1.SEQUENCE) ||
		!in.ReadASN1(&signature, cbasn1.OCTET_STRING) ||
		!in.ReadOptionalASN1(&unsigned, &hasUnsigned, explicit(1)) || !in.Empty() {
		return fmt.Errorf("%w: signer", ErrMalformed)
	}
	s.digestAlgorithm, s.signatureAlgorithm, s.signedSet, s.Signature = digestAlgorithm, signatureAlgorithm, signed, signature
	if !digestAlgorithm.ReadASN1ObjectIdentifier(&s.DigestOID) || !signatureAlgorithm.ReadASN1ObjectIdentifier(&s.SignatureOID) {
		return fmt.Errorf("%w: algorithms of the signer", ErrMalformed)
	}
	s.Hash, _ = HashOf(s.DigestOID)
	var err error
	if s.Signed, err = readAttributes(signed); err != nil {
		return err
	}
	if s.Unsigned, err = readAttributes(unsigned); err != nil {
		return err
	}
	s.find(sd)
	return nil
}

// readIdentifier reads a SignerIdentifier: issuer and serial number, or a
// subject key identifier.
func (s *SignerInfo) readIdentifier(in *cryptobyte.String) bool {
	var id, issuer cryptobyte.String
	if tag := cbasn1.Tag(0).ContextSpecific(); in.PeekASN1Tag(tag) {
		ok := in.ReadASN1(&id, tag)
		s.keyID = id
		return ok && len(id) > 0
	}
	s.serial = new(big.Int)
	if !in.ReadASN1(&id, cbasn1.SEQUENCE) || !id.ReadASN1Element(&issuer, cbasn1.SEQUENCE) ||
		!id.ReadASN1Integer(s.serial) || !id.Empty() {
		return false
	}
	s.issuer = issuer
	return true
}

// find looks for the signer's certificate. Where two share issuer and serial
// number the first is taken; the signing-certificate attribute decides whether
// it is the right one.
func (s *SignerInfo) find(sd *SignedData) {
	for _, c := range sd.Certificates {
		if s.names(c.RawIssuer, c.SerialNumber) || s.keyID != nil && bytes.Equal(c.SubjectKeyId, s.keyID) {
			s.Certificate, s.RawCertificate, s.PublicKey = c, c.Raw, c.PublicKey
			return
		}
	}
	if sd.Unreadable == 0 {
		return
	}
	for _, raw := range sd.raw {
		issuer, serial, key, ok := readMalformed(raw)
		if ok && s.names(issuer, serial) {
			s.RawCertificate, s.PublicKey = raw, key
			return
		}
	}
}

// names tells whether the signer is named by this issuer and serial number.
func (s *SignerInfo) names(issuer []byte, serial *big.Int) bool {
	return s.issuer != nil && bytes.Equal(issuer, s.issuer) && serial.Cmp(s.serial) == 0
}

// readMalformed reads what identifies a certificate that crypto/x509 refuses,
// and its public key (RFC 5280, 4.1).
func readMalformed(raw []byte) (issuer []byte, serial *big.Int, key crypto.PublicKey, ok bool) {
	in := cryptobyte.String(raw)
	var outer, tbs, name, spki cryptobyte.String
	serial = new(big.Int)
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !outer.ReadASN1(&tbs, cbasn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(explicit(0)) || !tbs.ReadASN1Integer(serial) ||
		!tbs.SkipASN1(cbasn1.SEQUENCE) || // signature
		!tbs.ReadASN1Element(&name, cbasn1.SEQUENCE) || // issuer
		!tbs.SkipASN1(cbasn1.SEQUENCE) || // validity
		!tbs.SkipASN1(cbasn1.SEQUENCE) || // subject
		!tbs.ReadASN1Element(&spki, cbasn1.SEQUENCE) {
		return nil, nil, nil, false
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	return name, serial, key, err == nil
}
