package app

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies an [Error]. It is itself an error, so that
// errors.Is(err, app.NotFound) holds for an Error of that kind.
type Kind string

// The kinds. app/web/errors.go maps each to one HTTP status.
const (
	Invalid         Kind = "invalid"         // the input is not acceptable as it is
	Unauthenticated Kind = "unauthenticated" // no session, or an expired one; or a wrong code
	Forbidden       Kind = "forbidden"       // known, but without the right
	NotFound        Kind = "not-found"       // absent, or not visible to the caller
	Conflict        Kind = "conflict"        // the state has changed meanwhile
	TooLarge        Kind = "too-large"       // over a size limit
	Unsupported     Kind = "unsupported"     // a document that cannot be signed
	Locked          Kind = "locked"          // the code is locked until someone acts, or a time passes
	RateLimited     Kind = "rate-limited"    // too many attempts; After tells when to try again
	Upstream        Kind = "upstream"        // the portal or a token answered wrongly
	Unavailable     Kind = "unavailable"     // for now: token absent, portal down, queue full
	Internal        Kind = "internal"        // ours; the cause stays in the log
)

// Error makes a Kind an error.
func (k Kind) Error() string { return string(k) }

// Error is a failure with a Kind, and with a message for the person concerned.
type Error struct {
	Kind Kind
	// Op names what was being done, for the log: "fetch document".
	Op string
	// Key is the message shown to the person, a key of app/i18n; empty means the
	// kind's own message ("error." + Kind).
	Key string
	// Args fill the message, in order.
	Args []any
	// CodeUsed tells that the one-time code can no longer be used.
	CodeUsed bool
	// FileChanged tells that the document in the portal is no longer the one
	// that the person saw.
	FileChanged bool
	// After is the time to wait before trying again; zero where it does not apply.
	After time.Duration
	// Err is the cause, for the log; never shown.
	Err error
}

// Error gives the log's sentence, without Args: they may name people or files.
func (e *Error) Error() string {
	s := string(e.Kind)
	if e.Key != "" {
		s += " (" + e.Key + ")"
	}
	if e.Op != "" {
		s = e.Op + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap lets errors.Is and errors.As find both the Kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// MessageKey is the key of the message for the person.
func (e *Error) MessageKey() string {
	if e.Key != "" {
		return e.Key
	}
	return "error." + string(e.Kind)
}

// Fail makes an Error of a kind with the message key for the person.
func Fail(kind Kind, op, key string, args ...any) *Error {
	return &Error{Kind: kind, Op: op, Key: key, Args: args}
}

// Because adds the cause for the log and returns the same Error.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// KindOf gives the kind of err; Internal for an error that has none, and ""
// for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	var k Kind
	if errors.As(err, &k) {
		return k
	}
	return Internal
}

// Wrap adds what was being done to err, keeping its Kind. It returns nil for nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}
