package repair

import "errors"

// The reasons why a document is not repaired, for errors.Is.
var (
	// ErrHealthy: nothing is wrong with the file's structure.
	ErrHealthy = errors.New("the document is not damaged")
	// ErrSigned: it has a signature, or something that looks like one, which a
	// repair would destroy.
	ErrSigned = errors.New("a signed document is not repaired")
	// ErrEncrypted: it is encrypted, or says so.
	ErrEncrypted = errors.New("an encrypted document is not repaired")
	// ErrLimit: it is too large, or the repair took too much memory or time.
	ErrLimit = errors.New("the repair takes too much")
	// ErrFailed: the document cannot be repaired.
	ErrFailed = errors.New("the document cannot be repaired")
	// ErrLoss: the repaired document has fewer pages or form fields.
	ErrLoss = errors.New("the repair would lose a part of the document")
)
