package revocation

import "errors"

// The errors of this package, for errors.Is.
var (
	// ErrRevoked: a certificate is revoked.
	ErrRevoked = errors.New("the certificate is revoked")
	// ErrUnknown: nobody could say whether a certificate is revoked.
	ErrUnknown = errors.New("it is unknown whether the certificate is revoked")
	// ErrMaterial: an answer or a list is malformed, about something else, or not
	// signed by whom it should be.
	ErrMaterial = errors.New("the revocation material does not hold")
	// ErrStale: an answer or a list is not of now.
	ErrStale = errors.New("the revocation material is out of date")
	// ErrForbidden: an address that is not fetched.
	ErrForbidden = errors.New("the address is not allowed")
	// ErrUnavailable: an address that does not answer as it should.
	ErrUnavailable = errors.New("the address does not answer")
	// ErrIncomplete: an issuer is missing.
	ErrIncomplete = errors.New("an issuer of the certificate is missing")
)
