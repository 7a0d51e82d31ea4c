package main

import (
	"errors"
	"io/fs"
	"strings"

	"signservice/app"
	"signservice/app/i18n"
)

// hintedError is an error with a line that says what to do.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// hinted adds what to do to an error.
func hinted(err error, hint string) error { return &hintedError{err, hint} }

// sentence gives the one sentence that the terminal shows.
func sentence(err error) string {
	var failure *app.Error
	if errors.As(err, &failure) && failure.Key != "" {
		return i18n.For("en").T(failure.Key, failure.Args...)
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ") // of several causes
}

// hint gives what to do about the error, or "".
func hint(err error) string {
	var h *hintedError
	switch {
	case errors.As(err, &h):
		return h.hint
	case errors.Is(err, fs.ErrNotExist):
		return "look at the name, and at the folder that it is in"
	case errors.Is(err, fs.ErrPermission):
		return "look at who may read and write it: ls -l"
	}
	return ""
}
