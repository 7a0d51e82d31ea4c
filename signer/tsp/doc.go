// Package tsp gets and verifies time-stamps as RFC 3161 has them: an authority's
// signed word that a digest existed at a time. PDF signatures carry them over
// the signature value (PAdES B-T) and, as document time-stamps, over the whole
// file (B-LTA).
//
// # Getting
//
//	client := tsp.Client{URLs: urls, HTTP: httpClient}
//	der, err := cms.Sign(ctx, digest, key, cms.Options{Certificate: cert, Timestamp: client.StampSignature})
//	token, err := client.Stamp(ctx, crypto.SHA256, documentDigest)
//
// The authorities are asked in order until one gives a token that holds: over
// our digest, with our nonce, under the policy asked for, with a valid signature
// of a certificate that is for time-stamping alone. An answer is read up to
// MaxAnswer bytes and waited for up to a timeout.
//
// # Verifying
//
//	token, err := tsp.Parse(der)
//	findings, err := token.Verify(digest)         // made with token.Hash
//	findings, err := token.VerifySignature(value) // over a signature value
//	chain, err := token.Chain(roots, more)
//
// Verify answers whether the token is an authority's word about this digest;
// Chain, whether the authority leads to a root that is trusted.
package tsp
