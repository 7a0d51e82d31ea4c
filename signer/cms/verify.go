package cms

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Verify checks that the signer's key signed the content whose digest is given,
// made with Signer.Hash, and that the signed attributes agree with the rest.
// It gives what a policy may dislike, also beside an error.
//
// It does not ask whether the certificate is trusted, valid or revoked.
//
// Errors: ErrDigest when the content is another one; ErrSignature, ErrAttribute,
// ErrNoCertificate, ErrUnsupported.
func (sd *SignedData) Verify(contentDigest []byte) ([]Finding, error) {
	s := &sd.Signer
	findings := sd.findings()
	if s.Hash == 0 {
		return findings, fmt.Errorf("digest algorithm %v: %w", s.DigestOID, ErrUnsupported)
	}
	if len(contentDigest) != s.Hash.Size() {
		return findings, fmt.Errorf("verify a CMS signature: digest of %d bytes is not one of %v", len(contentDigest), s.Hash)
	}
	if s.RawCertificate == nil {
		return findings, ErrNoCertificate
	}
	if !s.hasSigned {
		if !sd.ContentType.Equal(oidData) { // RFC 5652, 5.3
			return findings, fmt.Errorf("%w: none with content of type %v", ErrAttribute, sd.ContentType)
		}
		// Without attributes a wrong content and a wrong value look the same.
		return findings, s.verifyDigest(contentDigest)
	}
	if err := s.checkContent(sd.ContentType, contentDigest); err != nil {
		return findings, err
	}
	if err := errors.Join(s.checkSigningCertificate(), s.checkAlgorithmProtect()); err != nil {
		return findings, err
	}
	return findings, s.verifySigned()
}

// VerifyContent is Verify over the encapsulated content.
func (sd *SignedData) VerifyContent() ([]Finding, error) {
	if sd.Content == nil {
		return sd.findings(), fmt.Errorf("%w: no encapsulated content", ErrMalformed)
	}
	if sd.Signer.Hash == 0 {
		return sd.findings(), fmt.Errorf("digest algorithm %v: %w", sd.Signer.DigestOID, ErrUnsupported)
	}
	return sd.Verify(digest(sd.Signer.Hash, sd.Content))
}

// findings lists what can be seen without verifying.
func (sd *SignedData) findings() []Finding {
	s := &sd.Signer
	var all []Finding
	add := func(f Finding, found bool) {
		if found {
			all = append(all, f)
		}
	}
	add(WeakDigest, s.Hash == crypto.MD5 || s.Hash == crypto.SHA1)
	key, ok := s.PublicKey.(*rsa.PublicKey)
	add(WeakKey, ok && key.N.BitLen() < minRSABits)
	add(MalformedCertificate, s.RawCertificate != nil && s.Certificate == nil)
	add(NoSignedAttributes, !s.hasSigned)
	add(NoSigningCertificate, !s.HasAttribute(oidSigningCertificateV2) && !s.HasAttribute(oidSigningCertificate))
	add(NoAlgorithmProtection, !s.HasAttribute(oidAlgorithmProtect))
	add(AlgorithmMismatch, s.namesOtherDigest())
	add(NotDER, sd.notDER)
	add(Unsorted, s.hasSigned && !sorted(s.signedSet))
	add(TrailingData, sd.trailing)
	return all
}

// checkContent holds the content's type and digest against the attributes.
func (s *SignerInfo) checkContent(contentType asn1.ObjectIdentifier, contentDigest []byte) error {
	value, err := single(s.Signed, oidContentType)
	if err != nil {
		return err
	}
	var oid asn1.ObjectIdentifier
	if in := cryptobyte.String(value); !in.ReadASN1ObjectIdentifier(&oid) || !in.Empty() || !oid.Equal(contentType) {
		return fmt.Errorf("%w: content-type", ErrAttribute)
	}
	if value, err = single(s.Signed, oidMessageDigest); err != nil {
		return err
	}
	var sum cryptobyte.String
	if in := cryptobyte.String(value); !in.ReadASN1(&sum, cbasn1.OCTET_STRING) || !in.Empty() {
		return fmt.Errorf("%w: message-digest", ErrAttribute)
	}
	if subtle.ConstantTimeCompare(sum, contentDigest) != 1 {
		return ErrDigest
	}
	return nil
}

// verifySigned checks the signature value over the signed attributes, as they
// stand and, where they are not sorted, also as DER has them: programs differ
// in which of the two they sign.
func (s *SignerInfo) verifySigned() error {
	err := s.verifyMessage(append(derHead(byte(cbasn1.SET), len(s.signedSet)), s.signedSet...))
	if err == nil || sorted(s.signedSet) {
		return err
	}
	elements, ok := split(s.signedSet)
	if !ok {
		return err
	}
	var b cryptobyte.Builder
	addSet(&b, cbasn1.SET, elements)
	if set, buildErr := b.Bytes(); buildErr == nil && s.verifyMessage(set) == nil {
		return nil
	}
	return err
}

// verifyMessage checks the signature value over a message, which Ed25519 takes
// whole (RFC 8419, 3.1) and the other algorithms by its digest.
func (s *SignerInfo) verifyMessage(message []byte) error {
	key, ok := s.PublicKey.(ed25519.PublicKey)
	if !ok || !s.SignatureOID.Equal(oidEd25519) {
		return s.verifyDigest(digest(s.Hash, message))
	}
	if !ed25519.Verify(key, message, s.Signature) {
		return ErrSignature
	}
	return nil
}

// verifyDigest checks the signature value over a digest.
func (s *SignerInfo) verifyDigest(sum []byte) error {
	pss, err := s.algorithm()
	if err != nil {
		return err
	}
	return verifyValue(s.PublicKey, s.Hash, sum, s.Signature, pss)
}

// split gives the elements of a set.
func split(set []byte) ([][]byte, bool) {
	var all [][]byte
	for in := cryptobyte.String(set); !in.Empty(); {
		var one cryptobyte.String
		var tag cbasn1.Tag
		if !in.ReadAnyASN1Element(&one, &tag) {
			return nil, false
		}
		all = append(all, one)
	}
	return all, true
}

// sorted tells whether the elements of a set are in DER's order.
func sorted(set []byte) bool {
	elements, ok := split(set)
	return ok && slices.IsSortedFunc(elements, bytes.Compare)
}
