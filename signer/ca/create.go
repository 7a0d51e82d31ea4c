package ca

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// newSerial gives a serial number of 20 octets, positive, with 158 random bits
// (RFC 5280, 4.1.2.2).
func newSerial() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 158))
	if err != nil {
		return nil, err
	}
	return n.SetBit(n, 158, 1), nil
}

// create has the authority sign the template.
func (a Authority) create(template *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	c, err := create(template, a.Certificate, public, a.Key)
	if err != nil {
		return nil, err
	}
	if err := c.CheckSignatureFrom(a.Certificate); err != nil {
		return nil, err
	}
	return c, nil
}

// create signs the template twice: with a throw-away key to look at the result,
// and then with the true one. What is given has the bytes that were looked at.
func create(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	trial, err := throwAway(key.Public())
	if err != nil {
		return nil, err
	}
	nameless := *parent
	nameless.PublicKey = nil // crypto/x509 would compare it with the key
	seen, err := sign(template, &nameless, public, trial)
	if err != nil {
		return nil, err
	}
	if err := lintCertificate(seen.Raw); err != nil {
		return nil, err
	}
	c, err := sign(template, parent, public, key)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(seen.RawTBSCertificate, c.RawTBSCertificate) {
		return nil, errors.New("the certificate is not the one that was looked at")
	}
	return c, nil
}

func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return x509.ParseCertificate(der)
}

// rawName gives the template's name in DER; nil for one that has no form.
func rawName(template *x509.Certificate) []byte {
	der, err := asn1.Marshal(template.Subject.ToRDNSequence())
	if err != nil {
		return nil
	}
	return der
}
