package revocation

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // names issuers in OCSP (RFC 6960, 4.1.1), secures nothing
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"

	"golang.org/x/crypto/ocsp"
)

// ReadOCSP verifies an OCSP answer about a certificate of an issuer: that it is
// about this certificate, and signed by the issuer or by a responder whom the
// issuer appointed (RFC 6960, 4.2.2.2). Whether it is fresh is Status.Fresh's
// question.
//
// Errors: ErrMaterial; ErrUnknown when the responder does not know the
// certificate.
func ReadOCSP(der []byte, certificate, issuer *x509.Certificate) (Status, error) {
	answer, err := ocsp.ParseResponseForCert(der, certificate, nil)
	if err != nil {
		return Status{}, fmt.Errorf("%w: OCSP answer: %w", ErrMaterial, err)
	}
	if !names(answer.TBSResponseData, certificate, issuer) {
		return Status{}, fmt.Errorf("%w: OCSP answer about another certificate", ErrMaterial)
	}
	responder, err := checkResponder(answer, issuer)
	if err != nil {
		return Status{}, err
	}
	s := Status{ThisUpdate: answer.ThisUpdate, NextUpdate: answer.NextUpdate, Responder: responder}
	s.Exempt = responder != nil && needsNoCheck(responder)
	switch answer.Status {
	case ocsp.Good:
		return s, nil
	case ocsp.Revoked:
		s.Revoked, s.RevokedAt, s.Reason = true, answer.RevokedAt, answer.RevocationReason
		return s, nil
	}
	return s, fmt.Errorf("%w: the responder does not know it", ErrUnknown)
}

// checkResponder verifies who signed. The library lets any certificate of the
// issuer sign, and refuses an issuer that comes along itself, so it is not asked.
func checkResponder(answer *ocsp.Response, issuer *x509.Certificate) (*x509.Certificate, error) {
	responder := answer.Certificate
	if responder == nil || responder.Equal(issuer) {
		if err := answer.CheckSignatureFrom(issuer); err != nil {
			return nil, fmt.Errorf("%w: OCSP answer: %w", ErrMaterial, err)
		}
		return nil, nil
	}
	if err := answer.CheckSignatureFrom(responder); err != nil {
		return nil, fmt.Errorf("%w: OCSP answer: %w", ErrMaterial, err)
	}
	switch {
	case !bytes.Equal(responder.RawIssuer, issuer.RawSubject):
		return nil, fmt.Errorf("%w: OCSP responder of another issuer", ErrMaterial)
	case !slices.Contains(responder.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return nil, fmt.Errorf("%w: OCSP answer signed with a certificate that is not for it", ErrMaterial)
	case answer.ProducedAt.Before(responder.NotBefore) || answer.ProducedAt.After(responder.NotAfter):
		return nil, fmt.Errorf("%w: OCSP responder's certificate was not valid then", ErrMaterial)
	}
	if err := issuer.CheckSignature(responder.SignatureAlgorithm, responder.RawTBSCertificate, responder.Signature); err != nil {
		return nil, fmt.Errorf("%w: OCSP responder: %w", ErrMaterial, err)
	}
	return responder, nil
}

// needsNoCheck tells whether a responder's certificate says that its own
// revocation is not to be asked for (id-pkix-ocsp-nocheck, RFC 6960, 4.2.2.2.1).
func needsNoCheck(c *x509.Certificate) bool {
	oid := asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oid) })
}

// The parts of ResponseData (RFC 6960, 4.2.1) that name the certificates.
type (
	responseData struct {
		Version     int `asn1:"explicit,tag:0,default:0,optional"`
		ResponderID asn1.RawValue
		ProducedAt  asn1.RawValue
		Responses   []singleResponse
		Extensions  asn1.RawValue `asn1:"explicit,tag:1,optional"`
	}
	singleResponse struct {
		CertID     certID
		Status     asn1.RawValue
		ThisUpdate asn1.RawValue
		NextUpdate asn1.RawValue `asn1:"explicit,tag:0,optional"`
		Extensions asn1.RawValue `asn1:"explicit,tag:1,optional"`
	}
	certID struct {
		Hash     pkix.AlgorithmIdentifier
		NameHash []byte
		KeyHash  []byte
		Serial   *big.Int
	}
)

// names tells whether the part of the answer that the library read, the first
// with the serial number, also names the issuer: serial numbers repeat among
// issuers, and one responder may answer for several.
func names(tbs []byte, certificate, issuer *x509.Certificate) bool {
	var data responseData
	if rest, err := asn1.Unmarshal(tbs, &data); err != nil || len(rest) > 0 {
		return false
	}
	for _, r := range data.Responses {
		if r.CertID.Serial.Cmp(certificate.SerialNumber) != 0 {
			continue
		}
		hash, ok := hashOf(r.CertID.Hash.Algorithm)
		key, err := publicKeyBits(issuer)
		return ok && err == nil && bytes.Equal(r.CertID.NameHash, sum(hash, issuer.RawSubject)) && bytes.Equal(r.CertID.KeyHash, sum(hash, key))
	}
	return false
}

func hashOf(oid asn1.ObjectIdentifier) (crypto.Hash, bool) {
	switch oid.String() {
	case "1.3.14.3.2.26":
		return crypto.SHA1, true
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256, true
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384, true
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512, true
	}
	return 0, false
}

func sum(h crypto.Hash, data []byte) []byte {
	hash := h.New()
	hash.Write(data)
	return hash.Sum(nil)
}

// publicKeyBits gives the public key without tag, length and unused bits, which
// CertID hashes.
func publicKeyBits(c *x509.Certificate) ([]byte, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	_, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info)
	return info.Key.RightAlign(), err
}
