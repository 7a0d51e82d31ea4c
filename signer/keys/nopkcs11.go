//go:build !cgo

package keys

import "context"

// PKCS11 tells whether this program was built with cgo, without which it cannot
// use tokens.
const PKCS11 = false

// Tokens is a registry without tokens: this program was built without cgo.
type Tokens struct{}

// Open gives an empty registry, or ErrNoPKCS11 when a token is configured.
func Open(c Config) (*Tokens, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if len(c.Tokens) > 0 {
		return nil, ErrNoPKCS11
	}
	return &Tokens{}, nil
}

// Run waits for the end of ctx.
func (*Tokens) Run(ctx context.Context) { <-ctx.Done() }

// List gives nothing.
func (*Tokens) List(context.Context) []Contents { return nil }

// Status gives nothing.
func (*Tokens) Status() []Status { return nil }

// Signer gives ErrNoPKCS11.
func (*Tokens) Signer(context.Context, KeyID) (*Signer, error) { return nil, ErrNoPKCS11 }

// Watch does nothing.
func (*Tokens) Watch(context.Context) {}

// Retry gives ErrNoPKCS11.
func (*Tokens) Retry(context.Context, string) error { return ErrNoPKCS11 }

// GenerateKey gives ErrNoPKCS11.
func (*Tokens) GenerateKey(context.Context, string, NewKey) (KeyID, error) {
	return KeyID{}, ErrNoPKCS11
}

// CertificateRequest gives ErrNoPKCS11.
func (*Tokens) CertificateRequest(context.Context, KeyID, Subject) ([]byte, error) {
	return nil, ErrNoPKCS11
}

// ImportCertificate gives ErrNoPKCS11.
func (*Tokens) ImportCertificate(context.Context, string, []byte) (KeyID, error) {
	return KeyID{}, ErrNoPKCS11
}

// Close does nothing.
func (*Tokens) Close() error { return nil }
