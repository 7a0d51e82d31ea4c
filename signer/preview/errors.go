package preview

import (
	"context"
	"errors"
	"fmt"
	"strings"

	pdfium "github.com/klippa-app/go-pdfium/errors"
)

// What can go wrong with a document. Test with errors.Is.
var (
	// ErrPassword: the document needs a password to be read, or is encrypted
	// in a way that PDFium does not know.
	ErrPassword = errors.New("the document cannot be read without a password")
	// ErrDamaged: the document is not a PDF, or too damaged to show the page.
	ErrDamaged = errors.New("the document is damaged")
	// ErrNoPage: the document has no such page.
	ErrNoPage = errors.New("the document has no such page")
	// ErrLimit: the page needs more time or memory than is allowed. PDFium
	// ends itself when memory is short, so a fault of its own looks the same.
	ErrLimit = errors.New("the page needs more time or memory than is allowed")
	// ErrClosed: the Renderer is closed.
	ErrClosed = errors.New("the preview is closed")
)

// explain turns what go-pdfium returns into this package's errors. Only the
// first line of a cause is kept: the others are a stack of WebAssembly.
func explain(err error) error {
	if err == nil {
		return nil
	}
	for _, own := range []error{ErrPassword, ErrDamaged, ErrNoPage, ErrLimit, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, own) {
			return err
		}
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	switch {
	case errors.Is(err, pdfium.ErrPassword), errors.Is(err, pdfium.ErrSecurity):
		return fmt.Errorf("%w (pdfium: %s)", ErrPassword, first)
	case crashed(err), strings.Contains(first, "too large"):
		return fmt.Errorf("%w (pdfium: %s)", ErrLimit, first)
	}
	return fmt.Errorf("%w (pdfium: %s)", ErrDamaged, first)
}

// crashed tells whether the sandbox was left by a fault. Neither wazero nor
// go-pdfium export a type for it: "wasm error" is a trap, "module closed" one
// that was ended, "panic occurred" a fault in go-pdfium, and the last two mean
// that memory is used up.
func crashed(err error) bool {
	for _, sign := range []string{"wasm error", "module closed", "panic occurred", "could not allocate", "could not create bitmap"} {
		if strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}
