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
// # Guarantees
//
// The input is an unchanged prefix of the output, so earlier signatures stay
// valid. Form fields and every value that is not touched stay as they are. No
// file makes the package panic, recurse without limit or use unbounded memory:
// see package signer/pdf.
package signer
