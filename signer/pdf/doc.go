// Package pdf reads PDF files as far as signatures need it, and appends
// signatures to them. It knows nothing of certificates, CMS, keys or fonts: it
// hands out the digest that is to be signed and takes the bytes that go into
// the file.
//
// # Reading
//
//	f, err := pdf.Open(r, size, pdf.Options{})
//	n, err := f.Pages()
//	page, err := f.Page(n)          // boxes, rotation, unit, inherited ones too
//	fields, err := f.Fields()       // signature fields, signed or empty
//	all, err := f.Signatures()      // with ByteRange held against the file
//	left, err := f.Restrictions()   // DocMDP and FieldMDP of earlier signatures
//
// A File loads what it is asked for and no more: of a table it reads the rows
// it needs where they lie, of a page tree the way to the page. It opens
// encrypted files that need no password, and repairs damaged ones by looking
// for objects in the whole file; [File.Repaired] tells. A repair can take place
// long after Open, when an object is not where the table says.
//
// [File.Resolve] walks the document for those who compare revisions: [File.At]
// opens the document as it was when a signature was made, [File.Locate] tells
// whether an object was written anew since, and [SameStream] compares data. A
// [Stream] that was read has a nil Data: never compare that field.
//
// # Signing
//
//	r, err := f.AppendSignature(ctx, w, pdf.SignatureSpec{…})
//	cms := … // over r.Digest
//	err = pdf.WriteContents(w, r, cms)
//
// or, in two processes, [File.Prepare] and [Reserved.Embed]. The input is read
// once; digest and copy are made on the way. Where the mark goes on the page is
// said in the space that a reader sees: [Page.Displayed] gives its size and
// [Page.Place] turns a box there into a [Placement], whatever the page's
// rotation, crop box, origin and unit.
//
// Whether the order is permitted is decided before a byte is written: by the
// permissions of an encrypted file, by DocMDP and FieldMDP of earlier
// signatures, by seed values of the field, by the document's part of PDF/A.
// Each refusal is an error of its own; see [File.AppendSignature].
//
// # Guarantees
//
// The input is an unchanged prefix of the output, always. The increment
// (ISO 32000-2, 7.5.6) is written in the manner of the file: a table after a
// table, a stream after a stream. In a dictionary that must change, each value
// that is not meant to change stands byte for byte as it was read; object
// numbers are never used again. In encrypted files new strings and streams are
// encrypted, the value of the signature is not. A repaired file gets a section
// that lists all its objects, since its own cannot be used.
//
// The same file, order, and randomness (used for encrypted files alone) give
// the same bytes: a [Dict] is written with its keys sorted.
//
// The files are strangers' files. Every depth, count, length and loop is
// bounded: no file makes the package panic, recurse without limit, use more
// than 256 MiB, or more than two seconds beyond one read of the file. What is
// refused on that account is refused with [ErrLimit]. A File is not safe for
// concurrent use; different Files are.
package pdf
