package cms

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
)

// Sign has the key sign the digest of a content, and gives the container in
// DER. The digest must be one of the options' hash; nil with encapsulated
// content. The key is asked once.
//
// Errors: ErrKeyMismatch, before the key is used, when it is not the
// certificate's; ErrSignature when what it made does not verify; ErrUnsupported;
// the key's and Options.Timestamp's own errors, wrapped.
func Sign(ctx context.Context, contentDigest []byte, key crypto.Signer, o Options) ([]byte, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if !samePublicKey(key.Public(), o.Certificate.PublicKey) {
		return nil, ErrKeyMismatch
	}
	draft, err := NewDraft(contentDigest, o)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	signature, err := key.Sign(o.Rand, draft.Digest(), draft.SignerOpts())
	if err != nil {
		return nil, fmt.Errorf("sign with the private key: %w", err)
	}
	if err := draft.Check(signature); err != nil {
		return nil, fmt.Errorf("check the signature value: %w", err)
	}
	var token []byte
	if o.Timestamp != nil {
		if token, err = o.Timestamp(ctx, signature); err != nil {
			return nil, fmt.Errorf("time-stamp the signature: %w", err)
		}
	}
	return draft.encode(signature, token)
}

// samePublicKey compares two keys of the supported kinds.
func samePublicKey(a, b crypto.PublicKey) bool {
	switch a := a.(type) {
	case *rsa.PublicKey:
		return a.Equal(b)
	case *ecdsa.PublicKey:
		return a.Equal(b)
	}
	return false
}
