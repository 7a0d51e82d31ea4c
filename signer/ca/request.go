package ca

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// maxRequest is the largest request that is read.
const maxRequest = 64 << 10

// RequestType is the type of a request in PEM.
const RequestType = "CERTIFICATE REQUEST"

// NewRequest makes a request (PKCS#10, RFC 2986) for an issuing authority, in
// PEM. It asks for the name, and for the addresses of its root's list and
// certificate, which the machine apart does not know.
func NewRequest(key crypto.Signer, n Name, a Addresses) ([]byte, error) {
	der, err := newRequest(key, n, a)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: RequestType, Bytes: der}), nil
}

func newRequest(key crypto.Signer, n Name, a Addresses) ([]byte, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	if err := checkKey(key.Public()); err != nil {
		return nil, err
	}
	extensions, err := a.extensions()
	if err != nil {
		return nil, err
	}
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: n.subject(), ExtraExtensions: extensions}, key)
}

// ParseRequest reads a request in PEM or DER and holds that whoever made it has
// the key. What else it asks for is not believed.
//
// Errors: ErrRequest, ErrKey.
func ParseRequest(data []byte) (*x509.CertificateRequest, error) {
	if len(data) > maxRequest {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrRequest, maxRequest)
	}
	if block, _ := pem.Decode(data); block != nil {
		if block.Type != RequestType && block.Type != "NEW "+RequestType {
			return nil, fmt.Errorf("%w: it is a %q", ErrRequest, block.Type)
		}
		data = block.Bytes
	}
	r, err := x509.ParseCertificateRequest(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if err := checkKey(r.PublicKey); err != nil {
		return nil, err
	}
	if err := r.CheckSignature(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return r, nil
}

// RequestedName gives the name that a request for an authority asks for, with
// ErrName where it may not have it. Nothing but common name, organisation and
// country is taken.
func RequestedName(r *x509.CertificateRequest) (Name, error) {
	n := Name{CommonName: r.Subject.CommonName}
	if len(r.Subject.Organization) > 0 {
		n.Organization = r.Subject.Organization[0]
	}
	if len(r.Subject.Country) > 0 {
		n.Country = r.Subject.Country[0]
	}
	return n, n.check()
}

// RequestedAddresses gives the addresses that a request for an authority asks
// for, with ErrAddress where they are none.
func RequestedAddresses(r *x509.CertificateRequest) (Addresses, error) {
	c, err := carry(func(t *x509.Certificate) {
		for _, e := range r.Extensions {
			if isAddress(e.Id) {
				t.ExtraExtensions = append(t.ExtraExtensions, e)
			}
		}
	})
	if err != nil {
		return Addresses{}, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	var a Addresses
	if len(c.CRLDistributionPoints) > 0 {
		a.List = c.CRLDistributionPoints[0]
	}
	if len(c.IssuingCertificateURL) > 0 {
		a.Issuer = c.IssuingCertificateURL[0]
	}
	return a, a.check()
}

// extensions gives the addresses in the form of certificates.
func (a Addresses) extensions() ([]pkix.Extension, error) {
	c, err := carry(func(t *x509.Certificate) {
		t.CRLDistributionPoints, t.IssuingCertificateURL = list(a.List), list(a.Issuer)
	})
	if err != nil {
		return nil, err
	}
	var all []pkix.Extension
	for _, e := range c.Extensions {
		if isAddress(e.Id) {
			all = append(all, e)
		}
	}
	return all, nil
}

// carry makes a certificate that nobody sees: crypto/x509 writes and reads the
// form of addresses in certificates alone.
func carry(fill func(*x509.Certificate)) (*x509.Certificate, error) {
	key, err := throwAwayP256()
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	fill(t)
	return sign(t, t, key.Public(), key)
}

// isAddress tells of CRLDistributionPoints and AuthorityInfoAccess.
func isAddress(oid asn1.ObjectIdentifier) bool {
	return oid.Equal(asn1.ObjectIdentifier{2, 5, 29, 31}) || oid.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1})
}
