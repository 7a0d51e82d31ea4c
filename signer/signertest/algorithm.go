package signertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
	"testing"
)

// Algorithm is a kind of key.
type Algorithm string

// The kinds. The zero value stands for P256.
const (
	RSA2048 Algorithm = "RSA-2048"
	RSA3072 Algorithm = "RSA-3072"
	P256    Algorithm = "P-256"
	P384    Algorithm = "P-384"
	P521    Algorithm = "P-521"
)

// Algorithms gives all kinds.
func Algorithms() []Algorithm { return []Algorithm{RSA2048, RSA3072, P256, P384, P521} }

// NewKey makes a key. RSA keys are slow to make: use one for many certificates
// where the test allows it, see SharedKey.
func NewKey(tb testing.TB, a Algorithm) crypto.Signer {
	tb.Helper()
	key, err := generate(a)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// SharedKey gives a key of the kind that is made once in the process.
func SharedKey(tb testing.TB, a Algorithm) crypto.Signer {
	tb.Helper()
	once, ok := sharedKeys[a]
	if !ok {
		return NewKey(tb, a)
	}
	key, err := once()
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

var sharedKeys = map[Algorithm]func() (crypto.Signer, error){
	RSA2048: sync.OnceValues(func() (crypto.Signer, error) { return generate(RSA2048) }),
	RSA3072: sync.OnceValues(func() (crypto.Signer, error) { return generate(RSA3072) }),
}

func generate(a Algorithm) (crypto.Signer, error) {
	switch a {
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case P256, "":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return nil, fmt.Errorf("unknown kind of key %q", a)
}
