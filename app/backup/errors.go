package backup

import "errors"

// The causes for which a backup is not made, or not restored.
var (
	// ErrExists: there is a file of the name already.
	ErrExists = errors.New("there is such a file already")
	// ErrNotNoted: the file is whole and in its place, but the store could not note
	// that it was made.
	ErrNotNoted = errors.New("the backup is written, but the store has no note of it")
	// ErrRecipient: a recipient is none of age.
	ErrRecipient = errors.New("a recipient is not one of age, which begins with age1")
	// ErrIdentity: the file of identities holds none of age.
	ErrIdentity = errors.New("there is no identity of age in the file, which begins with AGE-SECRET-KEY-")
	// ErrOtherKey: the backup was made for other identities.
	ErrOtherKey = errors.New("the backup was made for another identity")
	// ErrForeign: the file is no backup of SignService.
	ErrForeign = errors.New("this is no backup of SignService")
	// ErrDamaged: the file is cut off, or not as it was written.
	ErrDamaged = errors.New("the backup is cut off, or was altered")
	// ErrNewer: a newer program wrote it.
	ErrNewer = errors.New("the backup was written by a newer version of SignService")
	// ErrAudit: the audit log in it does not hang together, or does not end where
	// the manifest says.
	ErrAudit = errors.New("the audit log in the backup was altered")
	// ErrNotEmpty: the folder to restore into holds something.
	ErrNotEmpty = errors.New("the folder is not empty")
)
