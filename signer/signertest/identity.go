package signertest

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"testing"
)

// Identity is a certificate with its private key.
type Identity struct {
	Certificate *x509.Certificate
	// Chain holds the issuers, nearest first, without the root.
	Chain []*x509.Certificate
	Key   crypto.Signer
}

// KeyPEM gives the private key as PKCS#8.
func (id *Identity) KeyPEM(tb testing.TB) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(id.Key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// CertificatePEM gives the certificate.
func (id *Identity) CertificatePEM() []byte { return CertificatesPEM(id.Certificate) }

// Files writes key.pem, cert.pem and chain.pem and gives their paths.
func (id *Identity) Files(tb testing.TB) (key, cert, chain string) {
	tb.Helper()
	return WriteFile(tb, "key.pem", id.KeyPEM(tb)), WriteFile(tb, "cert.pem", id.CertificatePEM()),
		WriteFile(tb, "chain.pem", CertificatesPEM(id.Chain...))
}

// CertificatesPEM gives certificates one after the other.
func CertificatesPEM(certs ...*x509.Certificate) []byte {
	var all []byte
	for _, c := range certs {
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return all
}
