// Package signer signs PDF files as PAdES asks for (ETSI EN 319 142-1), and
// verifies signed ones. It is usable by anyone: it knows nothing of Bitrix24,
// of accounts or of how keys are kept.
//
// # The four verbs
//
//	p, err := signer.Prepare(ctx, doc, size, signer.Options{Certificate: cert})
//	cms, err := signer.Sign(ctx, p, key)
//	err = signer.Embed(ctx, out, doc, p, cms)
//	report, err := signer.Verify(ctx, signed, size, signer.VerifyOptions{})
//
// Prepare makes an incremental update (ISO 32000-2, 7.5.6) with a signature
// field, its appearance and a reserved place for the signature, and gives the
// digest over everything but that place. A Prepared can be stored as JSON and
// finished by another process, days later. Sign has a crypto.Signer sign the
// digest inside a CMS container: keys never meet documents. Embed writes the
// document, unchanged, followed by the increment with the signature in its
// place. Verify tells what a stranger would find.
//
// Two helpers stand beside them: Inspect tells in advance whether a document can
// be signed, and Check holds a finished file against its original and against
// what was prepared, before it leaves the house.
//
// # What Verify asks
//
// Of each signature: does its byte range leave out its own value and nothing
// else; did this certificate's key sign these bytes; does the certificate lead to
// a given root. Then it compares the document as it was signed with the document
// as it is now, object by object from the trailer on. What differs is allowed
// only where ISO 32000-2, 12.8.2.2 and the locks of fields leave it open: see
// ChangeKind. What cannot be compared is not allowed. Bytes behind the last
// revision are not allowed either, whatever they are.
//
// It does not ask whether a certificate was revoked. A signature that was taken
// away together with its field is not found: a file without signatures is
// unsigned, not good.
//
// # Guarantees
//
// The input is an unchanged prefix of the output, so earlier signatures stay
// valid. Form fields and every value that is not touched stay as they are. No
// file makes the package panic, recurse without limit or use unbounded memory:
// see package signer/pdf.
package signer
