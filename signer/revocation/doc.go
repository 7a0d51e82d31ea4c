// Package revocation gathers what proves that certificates were not revoked:
// OCSP answers (RFC 6960) and revocation lists (RFC 5280), with the certificates
// that are missing between a certificate and its root. PAdES B-LT stores all of
// it in the document.
//
// # Gathering
//
//	gatherer := revocation.New(revocation.Config{})
//	defer gatherer.Close()
//	chain, err := gatherer.Complete(ctx, leaf, known)
//	material, err := gatherer.Gather(ctx, chain)
//
// For each certificate but the root the OCSP responder is asked first, since its
// answer is small and fresh, and the revocation list when that fails. A delegated
// responder's own certificate is looked after in the same way, unless it says
// that it needs not be. Everything is verified before it is taken. About does it
// for one certificate, for those who have the rest already.
//
// # Reading
//
// ReadOCSP and ReadCRL verify one piece of material, fetched or found in a
// document, and tell what it says. They ask no network. A list that is to be asked
// about several certificates is read once with ParseCRL; its entries stay as they
// are encoded, since there may be a million of them. Status.SpeaksOf tells whether
// what is said holds for a time that has passed.
//
// # Addresses come from strangers
//
// The addresses stand in certificates, and when a stranger's document is
// verified the certificates are a stranger's too. So only http and https are
// fetched, without passwords, proxies and cookies; every connection, also after
// a redirect and after the name was resolved, goes to a public address, unless
// Config.Allow names others; answers are read up to a bound, and waited for up
// to a timeout.
package revocation
