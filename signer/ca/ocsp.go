package ca

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" // names issuers in OCSP (RFC 6960, 4.1.1), secures nothing
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

// OCSPRequest asks about one certificate of an authority.
type OCSPRequest struct {
	Serial *big.Int
	// Hash is how the request names the issuer, and the answer must.
	Hash crypto.Hash
}

// ParseOCSPRequest reads a request about a certificate of the issuer (RFC 6960,
// 4.1). Of a request about several the first is read, as most responders do; a
// nonce is passed over, so that answers can be kept (RFC 5019, 2.1).
//
// Errors: ErrOCSPRequest; ErrOCSPIssuer when it is about another issuer's.
func ParseOCSPRequest(der []byte, issuer *x509.Certificate) (OCSPRequest, error) {
	r, err := ocsp.ParseRequest(der)
	if err != nil {
		return OCSPRequest{}, fmt.Errorf("%w: %w", ErrOCSPRequest, err)
	}
	bits, err := keyBits(issuer.PublicKey)
	if err != nil {
		return OCSPRequest{}, fmt.Errorf("read the issuer's key: %w", err)
	}
	if !r.HashAlgorithm.Available() || r.SerialNumber == nil {
		return OCSPRequest{}, fmt.Errorf("%w: unknown hash or no serial number", ErrOCSPRequest)
	}
	if !bytes.Equal(r.IssuerNameHash, digest(r.HashAlgorithm, issuer.RawSubject)) || !bytes.Equal(r.IssuerKeyHash, digest(r.HashAlgorithm, bits)) {
		return OCSPRequest{}, ErrOCSPIssuer
	}
	return OCSPRequest{Serial: r.SerialNumber, Hash: r.HashAlgorithm}, nil
}

// OCSPFromPath gives the request that a GET carries behind the responder's
// address (RFC 6960, A.1): base64, written for addresses. Some clients, NSS among
// them, ask in no other way first. Slashes of base64 may come as they are.
func OCSPFromPath(escaped string) ([]byte, error) {
	text, err := url.PathUnescape(strings.TrimPrefix(escaped, "/"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOCSPRequest, err)
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOCSPRequest, err)
	}
	return der, nil
}

func digest(h crypto.Hash, data []byte) []byte {
	hash := h.New()
	hash.Write(data)
	return hash.Sum(nil)
}

// OCSPAnswer is what an authority says of a certificate that it has issued.
type OCSPAnswer struct {
	OCSPRequest
	// Revoked is nil while the certificate is good.
	Revoked *Revoked
	// ThisUpdate is when it was so, NextUpdate until when the answer may be kept.
	ThisUpdate, NextUpdate time.Time
}

// AnswerOCSP signs an answer with the authority's own key. It was made at the
// machine's present time, whatever ThisUpdate says.
func (a Authority) AnswerOCSP(o OCSPAnswer) ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("answer OCSP: %w", err)
	}
	r := ocsp.Response{
		Status: ocsp.Good, SerialNumber: o.Serial, IssuerHash: o.Hash,
		// The library cuts the time at which it was made to minutes; NSS refuses an
		// answer that speaks of a time after that.
		ThisUpdate: o.ThisUpdate.UTC().Truncate(time.Minute), NextUpdate: moment(o.NextUpdate),
	}
	if o.Revoked != nil {
		r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, moment(o.Revoked.At), int(o.Revoked.Reason)
	}
	der, err := ocsp.CreateResponse(a.Certificate, a.Certificate, r, a.Key)
	if err != nil {
		return nil, fmt.Errorf("answer OCSP: %w", err)
	}
	return der, nil
}

// OCSPMalformed is the answer to what is no request (RFC 6960, 2.3).
func OCSPMalformed() []byte { return slices.Clone(ocsp.MalformedRequestErrorResponse) }

// OCSPUnauthorized is the answer about a certificate that the authority did not
// issue. It is not signed, so that nobody can have the key sign at will
// (RFC 5019, 2.2.3).
func OCSPUnauthorized() []byte { return slices.Clone(ocsp.UnauthorizedErrorResponse) }

// OCSPTryLater is the answer when the status cannot be told now.
func OCSPTryLater() []byte { return slices.Clone(ocsp.TryLaterErrorResponse) }
