// Package cms makes and reads the signature container inside a signed PDF: a
// CMS SignedData (RFC 5652) with one signer, as PAdES asks for it (ETSI EN
// 319 142-1 and EN 319 122-1). It knows nothing of PDF, of tokens or of
// networks: a digest goes in, DER comes out, and the other way round.
//
// # Making
//
//	der, err := cms.Sign(ctx, digest, key, cms.Options{Certificate: cert, Chain: issuers})
//
// or in two steps, where the key is elsewhere or the signature comes later:
//
//	draft, err := cms.NewDraft(digest, options)
//	value, err := key.Sign(rand, draft.Digest(), draft.SignerOpts())
//	der, err := draft.Assemble(value, nil)
//
// A draft depends on its arguments alone, so another process can make it anew
// from the same digest and options. EstimateSize tells how much room the result
// needs, before anything is signed.
//
// The container is DER: sets are sorted, lengths minimal. The signed attributes
// are content-type, message-digest, signing-certificate-v2 (RFC 5035) and
// cms-algorithm-protect (RFC 6211, against substitution of the algorithms).
// There is no signing-time: in a PDF the claimed time is the dictionary's /M
// (EN 319 142-1, 6.3). A time-stamp on the signature value (B-T) is an unsigned
// attribute: Options.Timestamp gets it while signing, WithTimestamp adds it
// later, without the key.
//
// Keys are RSA of 2048 bits or more with PKCS #1 v1.5 or PSS, and ECDSA on
// P-256, P-384 and P-521; digests are SHA-256, SHA-384 and SHA-512.
//
// # Reading
//
//	sd, err := cms.Parse(contents)
//	findings, err := sd.Verify(digest) // made with sd.Signer.Hash
//
// Parse takes what strangers' programs write: zero padding behind the
// container, BER with indefinite or overlong lengths, older algorithms. Verify
// answers whether this signature value was made over this digest with the key
// of this certificate, and lists what a policy may dislike about it (Finding).
// Whether the certificate is to be trusted, and at what time, is another
// question, not asked here.
//
// # Guarantees
//
// What Sign and Assemble give was verified with the certificate's public key: a
// swapped key or a broken token cannot produce a container. Parse reads at most
// MaxSize bytes, recurses at most a few dozen levels and never panics.
package cms
