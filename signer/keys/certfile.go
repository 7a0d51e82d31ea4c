package keys

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// maxCertFile is the largest file of certificates that is read, and
// maxCertificates how many it may hold.
const (
	maxCertFile     = 1 << 20
	maxCertificates = 100
)

// ReadCertificates reads the certificates of a file: PEM, with whatever stands
// between its blocks, or DER, one certificate behind the other. Private keys in
// a PEM file are passed over.
//
// Errors: ErrFormat where there is no certificate, where one cannot be read,
// and where there are absurdly many; ErrKeyUnsupported for a curve that nothing
// here knows.
func ReadCertificates(data []byte) ([]*x509.Certificate, error) {
	if len(data) > maxCertFile {
		return nil, fmt.Errorf("certificate file of more than %d bytes: %w", maxCertFile, ErrFormat)
	}
	var der []byte
	if bytes.Contains(data, []byte("-----BEGIN")) {
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			if block.Type == "CERTIFICATE" {
				der = append(der, block.Bytes...)
			}
		}
	} else {
		der = data
	}
	all, err := x509.ParseCertificates(der)
	if err != nil {
		return nil, fmt.Errorf("certificate file: %w", unreadable(err))
	}
	if len(all) == 0 || len(all) > maxCertificates {
		return nil, fmt.Errorf("certificate file with %d certificates: %w", len(all), ErrFormat)
	}
	return all, nil
}

// Chain gives the issuers of a certificate among all, nearest first, without a
// root: readers have their own. Every link's signature is checked.
func Chain(c *x509.Certificate, all []*x509.Certificate) []*x509.Certificate { return chainOf(c, all) }
