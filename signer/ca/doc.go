// Package ca is an internal certificate authority: a root that the company's
// workstations trust, issuing authorities below it, and certificates with which
// people sign documents, and nothing else. It keeps nothing and asks no network:
// whoever uses it stores keys, numbers and lists.
//
// # Use
//
//	root, err := ca.NewRoot(ca.AuthorityRequest{Key: rootKey, Name: name, Now: now})
//	issuing, err := ca.Authority{root, rootKey}.IssueAuthority(ca.AuthorityRequest{…})
//	leaf, err := ca.Authority{issuing, key}.Issue(ca.LeafRequest{…})
//	list, err := ca.Authority{issuing, key}.RevocationList(previous, revoked, now, ca.ListLife)
//	answer, err := ca.Authority{issuing, key}.AnswerOCSP(ca.OCSPAnswer{…})
//
// SealRoot turns a root and its key into an encrypted file, to be taken off the
// machine; OpenRoot reads it again for a ceremony elsewhere. NewRequest and
// ParseRequest carry what is to be certified from one machine to the other.
//
// # Profile
//
// The profile follows RFC 5280, RFC 9336 and what readers of PDFs demand:
//
//   - The root may certify authorities only one level below it and has no
//     extended key usage: readers differ in what they make of one in a root.
//   - An issuing authority may certify no further one. Its extended key usage is
//     document signing (RFC 9336, Microsoft's and Adobe's names for it) and e-mail
//     protection, without which NSS, and so pdfsig, trusts none of what it issues.
//     OpenSSL, NSS, Windows and Go take this as a bound on all below: nothing that
//     it issues, by mistake or by theft, can serve a web site.
//   - There are no name constraints. An exclusion of all DNS names would have
//     OpenSSL refuse a person called "mary.ivanova", whose name reads like a host's.
//   - A certificate for a person has digitalSignature and nonRepudiation, the same
//     extended key usage, and the addresses of the list, of the responder and of
//     its issuer.
//   - Serial numbers are positive, of 20 octets, with 158 random bits.
//
// The issuing authority answers OCSP itself (RFC 6960, 2.6), for which its key
// usage has digitalSignature: a delegated responder's key would lie beside its own
// and protect nothing, its certificate would have to be renewed and stored with
// every long-term signature, and its purpose is not among those that the issuing
// authority may certify.
//
// # What is promised
//
// Nothing is signed with an authority's key that was not first signed with a
// throw-away key of the same kind and held against the lints of zlint for the
// RFCs; what is then released has the very bytes that were looked at. Of a request
// (CSR) for a person nothing is taken but the public key. No certificate outlives
// its issuer. A list of revocations never forgets an entry, has a higher number
// than the one before it, and is not made while the clock stands before that one.
package ca
