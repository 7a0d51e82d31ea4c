package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
)

// SoftKey is a private key in memory. It is a crypto.Signer and never shows
// itself: every way of printing gives "[redacted]". Go's garbage collector moves
// and copies; a SoftKey cannot be wiped for certain, so it should not live longer
// than its use.
type SoftKey struct{ key crypto.Signer }

// Kind is a kind of key that Generate makes.
type Kind string

// The kinds. The zero value stands for P256, which is the fastest and which
// every reader knows; RSA is for old ones.
const (
	P256    Kind = "P-256"
	P384    Kind = "P-384"
	RSA2048 Kind = "RSA-2048"
	RSA3072 Kind = "RSA-3072"
	RSA4096 Kind = "RSA-4096" // for a root
)

// Generate makes a key with the system's randomness.
func Generate(kind Kind) (*SoftKey, error) {
	var key crypto.Signer
	var err error
	switch kind {
	case P256, "":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case RSA2048:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		key, err = rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		key, err = rsa.GenerateKey(rand.Reader, 4096)
	default:
		return nil, fmt.Errorf("generate a key of kind %q: %w", kind, ErrKeyUnsupported)
	}
	if err != nil {
		return nil, fmt.Errorf("generate a key: %w", err)
	}
	return &SoftKey{key}, nil
}

// ParsePKCS8 reads a private key in PKCS#8 DER, not encrypted. der may be wiped
// afterwards.
//
// Errors: ErrFormat, and ErrKeyUnsupported for keys that cannot sign documents:
// RSA below 2048 or above 8192 bits, other curves than P-256, P-384, P-521.
func ParsePKCS8(der []byte) (*SoftKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		// The library's error may quote the key's structure, not its content.
		return nil, fmt.Errorf("PKCS#8 private key: %w: %w", ErrFormat, err)
	}
	return newSoftKey(key)
}

// newSoftKey takes what crypto/x509 gives.
func newSoftKey(key any) (*SoftKey, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < 2048 || bits > 8192 {
			return nil, fmt.Errorf("RSA key of %d bits: %w", bits, ErrKeyUnsupported)
		}
		return &SoftKey{key}, nil
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return &SoftKey{key}, nil
		}
		return nil, fmt.Errorf("curve %s: %w", key.Params().Name, ErrKeyUnsupported)
	}
	return nil, fmt.Errorf("key of type %T: %w", key, ErrKeyUnsupported)
}

// PKCS8 gives the key in PKCS#8 DER, to be sealed. The caller wipes it.
func (k *SoftKey) PKCS8() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k.key) }

// Public gives the public key.
func (k *SoftKey) Public() crypto.PublicKey { return k.key.Public() }

// Sign signs a digest, as Signer.Sign does.
func (k *SoftKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	opts, err := explicitOptions(k.Public(), digest, opts)
	if err != nil {
		return nil, err
	}
	if random == nil {
		random = rand.Reader
	}
	return k.key.Sign(random, digest, opts)
}

// String hides the key.
func (SoftKey) String() string { return redacted }

// GoString hides the key from %#v.
func (SoftKey) GoString() string { return redacted }

// LogValue hides the key from slog.
func (SoftKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the key from JSON and its like.
func (SoftKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format hides the key from every verb of fmt.
func (SoftKey) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }
