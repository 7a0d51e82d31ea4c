package remote

import (
	"errors"

	"signservice/signer/keys"
)

// wireError is an error on its way between the processes: its words, and which
// of the errors of package keys it is.
type wireError struct {
	Text  string   `json:"text"`
	Codes []string `json:"codes,omitempty"`
}

// meanings are the errors that callers tell apart. The names are spoken between
// two processes of one program: they may change with it.
func meanings() map[string]error {
	return map[string]error{
		"no-pkcs11": keys.ErrNoPKCS11, "module": keys.ErrModule, "absent": keys.ErrTokenAbsent,
		"ambiguous": keys.ErrTokenAmbiguous, "unready": keys.ErrTokenUnready, "token": keys.ErrToken,
		"pin-missing": keys.ErrPINMissing, "pin-wrong": keys.ErrPINWrong, "pin-latched": keys.ErrPINLatched,
		"pin-final": keys.ErrPINFinalTry, "pin-locked": keys.ErrPINLocked,
		"key-absent": keys.ErrKeyAbsent, "key-ambiguous": keys.ErrKeyAmbiguous, "key-mismatch": keys.ErrKeyMismatch,
		"key-unsupported": keys.ErrKeyUnsupported, "signature": keys.ErrSignature, "closed": keys.ErrClosed, "format": keys.ErrFormat,
	}
}

// encodeError gives nil for nil.
func encodeError(err error) *wireError {
	if err == nil {
		return nil
	}
	w := &wireError{Text: err.Error()}
	for code, meaning := range meanings() {
		if errors.Is(err, meaning) {
			w.Codes = append(w.Codes, code)
		}
	}
	return w
}

// decode gives nil for nil.
func (w *wireError) decode() error {
	if w == nil {
		return nil
	}
	e := &helperError{text: w.Text}
	all := meanings()
	for _, code := range w.Codes {
		if meaning, ok := all[code]; ok {
			e.meanings = append(e.meanings, meaning)
		}
	}
	return e
}

// helperError is an error that the other process had.
type helperError struct {
	text     string
	meanings []error
}

func (e *helperError) Error() string { return e.text }

func (e *helperError) Unwrap() []error { return e.meanings }
