package cms

import "errors"

// The errors of this package, for errors.Is.
var (
	// ErrUnsupported: an algorithm, a kind of key or a structure that this
	// package does not know or refuses to use.
	ErrUnsupported = errors.New("unsupported in a CMS signature")
	// ErrKeyMismatch: the private key is not the certificate's.
	ErrKeyMismatch = errors.New("the private key does not belong to the certificate")
	// ErrMalformed: the bytes are no CMS SignedData with one signer.
	ErrMalformed = errors.New("malformed CMS signature")
	// ErrNoCertificate: the container does not hold the signer's certificate, or
	// holds it in a form that cannot be read.
	ErrNoCertificate = errors.New("the signer's certificate is missing or unreadable")
	// ErrDigest: the content is not the one that was signed.
	ErrDigest = errors.New("the content differs from what was signed")
	// ErrSignature: the signature value was not made over these attributes with
	// the certificate's key.
	ErrSignature = errors.New("the signature value is wrong")
	// ErrAttribute: a signed attribute is missing, doubled or contradicts the
	// rest (another certificate, other algorithms).
	ErrAttribute = errors.New("a signed attribute is wrong")
)
