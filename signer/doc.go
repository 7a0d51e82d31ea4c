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
// Helpers stand beside them: Inspect tells in advance whether a document can be
// signed, Check holds a finished file against its original and against what was
// prepared, before it leaves the house, and SignFile takes all steps at once. Look
// shows what stands on a page already, Draft the document with its signet before
// anybody signs, and Specimen the signet alone.
//
// # Levels
//
// A signature of level B-B proves who signed what. It says when, but that is a
// claim, and it ends with the certificate. Two more steps, which need no key,
// make it last (EN 319 142-1, 6):
//
//	p, err := signer.Prepare(ctx, doc, size, signer.Options{Certificate: cert, Level: signer.LevelLTA})
//	cms, err := signer.Sign(ctx, p, key)
//	cms, err = signer.Stamp(ctx, p, cms, timestamps)       // B-T
//	err = signer.Embed(ctx, out, doc, p, cms)
//	e, err := signer.Raise(ctx, signed, size, signer.ExtendOptions{Sources: sources}) // B-LT, B-LTA
//	_, err = out.Write(e.Increment)
//
// Stamp has an authority say when the signature existed. Raise adds what proves
// that the certificates were good then, and a time-stamp over that; it also
// raises signatures that others made, and renews a time-stamp before its
// authority's certificate expires. CheckRaised is to Raise what Check is to Embed. Each step can be repeated and taken by
// another process. Extend is Raise with a copy of the document. What happens when
// an authority does not answer is the caller's policy: Sources.Shortfall.
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
// Since when does it exist? A claimed time proves nothing. A time-stamp counts
// while its authority's certificate is good, or was at a time for which a newer
// time-stamp vouches; without one the signer's certificate has to be valid now.
// Was it revoked by then? The file's own security store is asked, the network
// only by VerifyOptions.Revocation. A revocation after the proven time does no
// harm. What nobody knows is reported, and is not held against a signature unless
// VerifyOptions.RequireRevocation says so, or the certificate has expired and
// nobody can be asked any more.
//
// The level that is reported is the one for which everything is in the file and
// holds: a store without the material for these very certificates is no B-LT.
//
// A signature that was taken away together with its field is not found: a file
// without signatures is unsigned, not good.
//
// # Guarantees
//
// The input is an unchanged prefix of the output, so earlier signatures stay
// valid. Form fields and every value that is not touched stay as they are. No
// file makes the package panic, recurse without limit or use unbounded memory:
// see package signer/pdf.
package signer
