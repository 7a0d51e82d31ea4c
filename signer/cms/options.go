package cms

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
)

// Options says how a container is made. Only Certificate is required.
type Options struct {
	// Certificate is the signer's.
	Certificate *x509.Certificate
	// Chain holds its issuers, in any order; the root may be left out.
	Chain []*x509.Certificate
	// Hash digests the content and the attributes: SHA-256, SHA-384 or SHA-512;
	// zero for HashFor the certificate's key.
	Hash crypto.Hash
	// PSS signs with RSASSA-PSS in place of PKCS #1 v1.5; for RSA keys alone.
	PSS bool
	// Timestamp, where given, gets a time-stamp token over the signature value
	// (RFC 3161, Appendix A) as soon as it is made: package tsp has one. A nil
	// token without an error goes on without a time-stamp, so that the caller's
	// policy decides what the absence of an authority means; the key is not used
	// again.
	Timestamp func(ctx context.Context, signature []byte) (token []byte, err error)
	// Rand feeds algorithms that need randomness; default crypto/rand.
	Rand io.Reader
	// Encapsulated is content to carry inside; nil makes the signature detached,
	// as in PAdES. Time-stamp tokens carry theirs.
	Encapsulated *Content
}

// Content is what an encapsulating container carries.
type Content struct {
	Type asn1.ObjectIdentifier
	Data []byte
}

// withDefaults checks the options and fills in what was left open.
func (o Options) withDefaults() (Options, error) {
	if o.Certificate == nil || len(o.Certificate.Raw) == 0 {
		return o, errors.New("make a CMS signature: no certificate given")
	}
	if err := checkKey(o.Certificate.PublicKey, o.PSS); err != nil {
		return o, fmt.Errorf("make a CMS signature: %w", err)
	}
	if o.Hash == 0 {
		o.Hash = HashFor(o.Certificate.PublicKey)
	}
	if _, err := digestOID(o.Hash); err != nil {
		return o, fmt.Errorf("make a CMS signature: %w", err)
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o, nil
}

// contentType is what the content-type attribute says.
func (o Options) contentType() asn1.ObjectIdentifier {
	if o.Encapsulated != nil {
		return o.Encapsulated.Type
	}
	return oidData
}
