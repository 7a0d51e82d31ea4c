package ca

import "errors"

// The errors of this package; each comes wrapped with what was being done.
var (
	// ErrName: a name is empty, too long, or holds characters that cannot be seen.
	ErrName = errors.New("name not acceptable")
	// ErrKey: the public key is of a kind that readers of PDFs do not know, or is
	// too weak.
	ErrKey = errors.New("key not supported")
	// ErrLife: the certificate would outlive its issuer, or live longer than its
	// profile allows.
	ErrLife = errors.New("life not allowed")
	// ErrAddress: an address is not an http or https URL.
	ErrAddress = errors.New("address not acceptable")
	// ErrNotIssuer: the certificate or key is not that of an authority that may do
	// this.
	ErrNotIssuer = errors.New("not an authority for this")
	// ErrLint: a certificate or list was about to break a rule of its standard.
	ErrLint = errors.New("against the rules for certificates")
	// ErrRequest: data is not a certificate request (PKCS#10) with a good signature.
	ErrRequest = errors.New("not a certificate request")
	// ErrClock: the clock stands before something that was signed earlier.
	ErrClock = errors.New("the clock was set back")
	// ErrList: the list of revocations is not one of this authority.
	ErrList = errors.New("not a revocation list of this authority")
	// ErrPassword: the password does not open the file, or may not close one.
	ErrPassword = errors.New("password not acceptable")
	// ErrFile: data is not a root's file.
	ErrFile = errors.New("not the file of a root")
	// ErrOCSPRequest: data is not an OCSP request.
	ErrOCSPRequest = errors.New("not an OCSP request")
	// ErrOCSPIssuer: the OCSP request is about a certificate of another issuer.
	ErrOCSPIssuer = errors.New("a certificate of another issuer")
)
