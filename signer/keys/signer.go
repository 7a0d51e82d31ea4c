package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"slices"
)

// Signer is a private key on a token with its certificate. It stays good when
// the token is pulled out and plugged in again. Its methods may be called from
// several goroutines.
type Signer struct {
	id          KeyID
	public      crypto.PublicKey
	certificate *x509.Certificate
	chain       []*x509.Certificate
	raw         RawSign
}

// RawSign has a private key sign a digest. Of the options it gets the hash, or
// *rsa.PSSOptions with a positive length of the salt.
type RawSign func(digest []byte, opts crypto.SignerOpts) ([]byte, error)

// NewSigner gives the private key of an entry, for registries that reach their
// tokens in another way than Tokens does. What raw gives is verified.
func NewSigner(e Entry, raw RawSign) *Signer {
	return &Signer{id: e.ID, public: e.Public, certificate: e.Certificate, chain: e.Chain, raw: raw}
}

// ID gives the name of the key, with all parts.
func (s *Signer) ID() KeyID { return s.id }

// Certificate gives the certificate that the key belongs to.
func (s *Signer) Certificate() *x509.Certificate { return s.certificate }

// Chain gives the issuers of the certificate that are on the token, nearest
// first.
func (s *Signer) Chain() []*x509.Certificate { return slices.Clone(s.chain) }

// Public gives the certificate's public key.
func (s *Signer) Public() crypto.PublicKey { return s.public }

// Sign has the token sign a digest: PKCS #1 v1.5 or PSS with RSA, ECDSA in
// ASN.1 form. The token has its own randomness. Of PSS salts the automatic one
// is taken for the hash's length, since tokens want a number. What comes back is
// verified with the certificate's public key.
//
// Errors: ErrTokenAbsent, ErrToken, ErrSignature and those about PINs; none of
// them leaves anything half done.
func (s *Signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	opts, err := explicitOptions(s.Public(), digest, opts)
	if err != nil {
		return nil, err
	}
	value, err := s.raw(digest, opts)
	if err != nil {
		return nil, err
	}
	if !verifies(s.Public(), digest, value, opts) {
		return nil, fmt.Errorf("%s: %w", s.id, ErrSignature)
	}
	return value, nil
}

// explicitOptions checks what is asked of a key and spells out the salt.
func explicitOptions(public crypto.PublicKey, digest []byte, opts crypto.SignerOpts) (crypto.SignerOpts, error) {
	if opts == nil || !opts.HashFunc().Available() {
		return nil, fmt.Errorf("sign: no digest algorithm given")
	}
	hash := opts.HashFunc()
	if len(digest) != hash.Size() {
		return nil, fmt.Errorf("sign: digest of %d bytes is not one of %v", len(digest), hash)
	}
	switch public.(type) {
	case *rsa.PublicKey:
		pss, ok := opts.(*rsa.PSSOptions)
		if !ok {
			return hash, nil
		}
		salt := pss.SaltLength
		if salt == rsa.PSSSaltLengthAuto || salt == rsa.PSSSaltLengthEqualsHash {
			salt = hash.Size()
		}
		if salt < 0 {
			return nil, fmt.Errorf("sign: salt of %d bytes", salt)
		}
		return &rsa.PSSOptions{Hash: hash, SaltLength: salt}, nil
	case *ecdsa.PublicKey:
		if _, ok := opts.(*rsa.PSSOptions); ok {
			return nil, fmt.Errorf("sign with PSS: %w", ErrKeyUnsupported)
		}
		return hash, nil
	}
	return nil, fmt.Errorf("sign with a %T: %w", public, ErrKeyUnsupported)
}

// verifies checks a signature value.
func verifies(public crypto.PublicKey, digest, value []byte, opts crypto.SignerOpts) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(key, pss.Hash, digest, value, pss) == nil
		}
		return rsa.VerifyPKCS1v15(key, opts.HashFunc(), digest, value) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest, value)
	}
	return false
}
