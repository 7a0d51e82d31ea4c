// Package signertest holds what the tests of the signer, and of rooms that use
// it, have in common: real parts in throw-away form. Nothing of the product
// imports it, so it may import testing.
//
// # What there is
//
// NewCA makes a certificate authority of two levels that issues identities of
// every kind (CA.Issue), revokes them, and answers CRL and OCSP requests over
// HTTP (CA.Serve). NewTSA is a time-stamping authority. NewHSM gives SoftHSM2
// tokens in a temporary folder that can be unplugged and plugged in again, and
// NewFaultModule puts a module before them that hangs, crashes and locks. PDF
// builds small documents byte by byte, with classic tables or with
// cross-reference streams. Pdfsig, NSS, QPDFCheck, VerifyCMS and OpenSSL let
// strangers' programs judge what we made.
//
// # Missing programs
//
// A test whose program is missing is skipped and says so; where CI=true it
// fails, so that a green run there means that everything ran. See Need.
//
// # Guarantees
//
// Everything lives in the test's temporary folder and ends with the test.
// Servers listen on loopback only. Certificates are valid around the wall
// clock's now, since the programs that judge them ask that clock.
package signertest
