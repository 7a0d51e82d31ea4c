package pdf

import "errors"

// The reasons why a file is not read or not signed. They are wrapped: ask with
// errors.Is.
var (
	// ErrNotPDF: neither a header nor any object of a PDF was found.
	ErrNotPDF = errors.New("not a PDF file")
	// ErrDamaged: the structure is broken and a scan of the file did not mend it.
	ErrDamaged = errors.New("PDF structure is damaged")
	// ErrLimit: reading the file would take more memory or time than any honest
	// file needs.
	ErrLimit = errors.New("PDF exceeds a safety limit")
	// ErrNoPages: the document has no page that could carry the signature field.
	ErrNoPages = errors.New("document has no pages")
	// ErrPageRange: the document has fewer pages than the one asked for.
	ErrPageRange = errors.New("page does not exist")

	// ErrPasswordRequired: the file opens only with a user password.
	ErrPasswordRequired = errors.New("document needs a password")
	// ErrPublicKeyEncryption: the file is encrypted to certificates.
	ErrPublicKeyEncryption = errors.New("document is encrypted to certificates")
	// ErrUnsupportedEncryption: the encryption is one that nobody specified, or
	// has a part (a message authentication code, a foreign handler) that an
	// increment would break.
	ErrUnsupportedEncryption = errors.New("encryption is not supported")
	// ErrPermission: the owner of the encrypted file allows no signing.
	ErrPermission = errors.New("document permissions forbid signing")

	// ErrCertifiedNoChanges: an earlier signature forbids every change (DocMDP
	// P=1; ISO 32000-2, 12.8.2.2).
	ErrCertifiedNoChanges = errors.New("document is certified against any change")
	// ErrNotFirst: a certifying signature must be the first one.
	ErrNotFirst = errors.New("only the first signature can certify")
	// ErrFieldLocked: an earlier signature locks the field (FieldMDP; 12.8.2.4).
	ErrFieldLocked = errors.New("signature field is locked by an earlier signature")
	// ErrFieldNotFound: the document has no field of this name.
	ErrFieldNotFound = errors.New("signature field does not exist")
	// ErrFieldExists: the name of the new field is taken by another kind of field.
	ErrFieldExists = errors.New("field is not a signature field")
	// ErrFieldSigned: the field holds a signature already.
	ErrFieldSigned = errors.New("signature field is already signed")
	// ErrSeedValue: the field's seed values ask for something that the
	// signature does not have (12.7.5.5).
	ErrSeedValue = errors.New("seed value of the signature field is not met")
	// ErrPDFA: the appearance has something that the document's part of PDF/A
	// forbids.
	ErrPDFA = errors.New("appearance is not allowed in this PDF/A document")

	// ErrContentsSize: the signature is larger than the place reserved for it.
	ErrContentsSize = errors.New("signature does not fit into its reserved place")
	// ErrInputChanged: the document is not the one that was prepared.
	ErrInputChanged = errors.New("document has changed since it was prepared")
	// ErrSpec: the order to sign contradicts itself.
	ErrSpec = errors.New("invalid signature order")
)

// errRepaired says that the file was repaired and that its parts must be read
// once more.
var errRepaired = errors.New("file was repaired while it was read")

// errUnended says that a string runs to the end of the data. What is appended to
// the file would become part of it, so its object counts for nothing.
var errUnended = errors.New("string without an end")

// errShort says that a window of the file ended inside a token.
var errShort = errors.New("more data needed")
