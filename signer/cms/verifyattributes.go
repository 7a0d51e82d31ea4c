package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// checkSigningCertificate holds the signer's certificate against what was
// signed about it: both attributes, where both are there.
func (s *SignerInfo) checkSigningCertificate() error {
	for _, a := range []struct {
		oid  asn1.ObjectIdentifier
		read func(*cryptobyte.String) (crypto.Hash, bool)
	}{
		{oidSigningCertificateV2, func(id *cryptobyte.String) (crypto.Hash, bool) {
			if id.PeekASN1Tag(cbasn1.SEQUENCE) {
				return readDigestAlgorithm(id)
			}
			return crypto.SHA256, true // the default, RFC 5035, 4
		}},
		{oidSigningCertificate, func(*cryptobyte.String) (crypto.Hash, bool) { return crypto.SHA1, true }},
	} {
		value, err := single(s.Signed, a.oid)
		if err != nil {
			return err
		}
		if value != nil && !s.matches(value, a.read) {
			return fmt.Errorf("%w: signing-certificate names another certificate", ErrAttribute)
		}
	}
	return nil
}

// matches tells whether the first ESSCertID of the attribute, which is the
// signer's (RFC 5035, 3), is that of the certificate. The digest decides: an
// issuerSerial beside it can name no other certificate, though strangers encode
// it in many ways.
func (s *SignerInfo) matches(value []byte, readHash func(*cryptobyte.String) (crypto.Hash, bool)) bool {
	in := cryptobyte.String(value)
	var outer, ids, id, sum cryptobyte.String
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !in.Empty() || !outer.ReadASN1(&ids, cbasn1.SEQUENCE) ||
		!ids.ReadASN1(&id, cbasn1.SEQUENCE) {
		return false
	}
	hash, ok := readHash(&id)
	return ok && id.ReadASN1(&sum, cbasn1.OCTET_STRING) && bytes.Equal(sum, digest(hash, s.RawCertificate))
}

// checkAlgorithmProtect holds the algorithms against CMSAlgorithmProtection
// (RFC 6211, 2).
func (s *SignerInfo) checkAlgorithmProtect() error {
	value, err := single(s.Signed, oidAlgorithmProtect)
	if err != nil || value == nil {
		return err
	}
	in := cryptobyte.String(value)
	var outer, digestAlgorithm, signatureAlgorithm cryptobyte.String
	if !in.ReadASN1(&outer, cbasn1.SEQUENCE) || !in.Empty() || !outer.ReadASN1(&digestAlgorithm, cbasn1.SEQUENCE) ||
		!outer.ReadASN1(&signatureAlgorithm, explicit(1)) || !outer.Empty() ||
		!sameAlgorithm(digestAlgorithm, s.digestAlgorithm) || !sameAlgorithm(signatureAlgorithm, s.signatureAlgorithm) {
		return fmt.Errorf("%w: algorithm protection names other algorithms", ErrAttribute)
	}
	return nil
}

// sameAlgorithm compares the contents of two AlgorithmIdentifiers; parameters
// that are NULL and parameters that are absent mean the same.
func sameAlgorithm(a, b []byte) bool {
	null := []byte{0x05, 0x00}
	return bytes.Equal(bytes.TrimSuffix(a, null), bytes.TrimSuffix(b, null))
}
