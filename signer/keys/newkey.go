package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
)

// NewKey is a key pair to be made on a token.
type NewKey struct {
	Kind Kind
	// Label is shown by the programs of the token's maker; it names nothing here.
	Label string
}

// Subject is whom a certificate is asked for. An authority may change it.
type Subject struct {
	CommonName   string
	Organization string // may be empty
	Country      string // two letters (ISO 3166-1), may be empty
	Email        string // may be empty
}

// request makes a certificate request (PKCS #10, RFC 2986) signed by key.
func (s Subject) request(key crypto.Signer) ([]byte, error) {
	name := pkix.Name{CommonName: s.CommonName}
	if s.Organization != "" {
		name.Organization = []string{s.Organization}
	}
	if s.Country != "" {
		name.Country = []string{s.Country}
	}
	template := &x509.CertificateRequest{Subject: name}
	if s.Email != "" {
		template.EmailAddresses = []string{s.Email}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate request: %w", err)
	}
	return der, nil
}

// supported tells whether readers of PAdES know a public key: RSA from 2048 to
// 4096 bits, and ECDSA on the curves of NIST that Acrobat knows.
func supported(public crypto.PublicKey) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < 2048 || bits > 4096 {
			return fmt.Errorf("%w: RSA of %d bits", ErrKeyUnsupported, bits)
		}
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return fmt.Errorf("%w: curve %s", ErrKeyUnsupported, key.Params().Name)
		}
	}
	return nil
}
