package tsp

import "errors"

// The errors of this package, for errors.Is. What Client gives may be several,
// one for each authority.
var (
	// ErrUnavailable: the authority did not answer, or not as one.
	ErrUnavailable = errors.New("the time-stamp authority does not answer")
	// ErrRefused: the authority answered that it gives no time-stamp.
	ErrRefused = errors.New("the time-stamp authority refused")
	// ErrMalformed: the bytes are no time-stamp token or answer.
	ErrMalformed = errors.New("malformed time-stamp")
	// ErrMismatch: the token is about another digest, or answers another request.
	ErrMismatch = errors.New("the time-stamp is about something else")
	// ErrCertificate: the token's certificate is missing or not for time-stamping.
	ErrCertificate = errors.New("the certificate is not one of a time-stamp authority")
)
