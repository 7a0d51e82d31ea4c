package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// checkKey refuses public keys that readers of PDFs do not know or that are too
// weak, with ErrKey: all but RSA of 2048 to 4096 bits and ECDSA on P-256, P-384
// and P-521 (Acrobat 11 and later).
func checkKey(public crypto.PublicKey) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < 2048 || bits > 4096 {
			return fmt.Errorf("%w: RSA of %d bits", ErrKey, bits)
		}
		if key.E < 65537 || key.E%2 == 0 { // CA/Browser Forum, 6.1.6
			return fmt.Errorf("%w: RSA with exponent %d", ErrKey, key.E)
		}
		return nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return nil
		}
		return fmt.Errorf("%w: curve %s", ErrKey, key.Params().Name)
	}
	return fmt.Errorf("%w: %T", ErrKey, public)
}

// throwAway makes a key with which a certificate is signed to be looked at: of
// the same signature algorithm as the true key, so that the bytes are the same.
func throwAway(public crypto.PublicKey) (crypto.Signer, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return rsa.GenerateKey(rand.Reader, 2048)
	case *ecdsa.PublicKey:
		return ecdsa.GenerateKey(key.Curve, rand.Reader)
	}
	return nil, fmt.Errorf("%w: %T", ErrKey, public)
}

// throwAwayP256 makes a key for what nobody keeps.
func throwAwayP256() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// keyIdentifier gives the first 160 bits of the SHA-256 of the public key
// (RFC 7093, 2, method 1).
func keyIdentifier(public crypto.PublicKey) ([]byte, error) {
	bits, err := keyBits(public)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(bits)
	return sum[:20], nil
}

// keyBits gives the public key without tag, length and unused bits.
func keyBits(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	return info.Key.RightAlign(), nil
}

// samePublic tells whether two public keys are one.
func samePublic(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}
