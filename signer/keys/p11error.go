//go:build cgo

package keys

import (
	"errors"
	"fmt"

	"github.com/ThalesGroup/crypto11"
	"github.com/miekg/pkcs11"
)

// tokenError names the token in an error.
type tokenError struct {
	name string
	err  error
}

func (e *tokenError) Error() string { return "token " + e.name + ": " + e.err.Error() }

func (e *tokenError) Unwrap() error { return e.err }

// errUnseen marks a token that the module does not show as it is initialised
// now.
var errUnseen = fmt.Errorf("%w (the module does not show it)", ErrTokenAbsent)

// configure opens a token through crypto11, whose errors without a PKCS#11 code
// can be told apart by their text alone.
func configure(c *crypto11.Config) (*crypto11.Context, error) {
	context, err := crypto11.Configure(c)
	if err == nil {
		return context, nil
	}
	var code pkcs11.Error
	switch {
	case err.Error() == "could not find PKCS#11 token":
		return nil, errUnseen
	case !errors.As(err, &code):
		return nil, fmt.Errorf("%w: %w", ErrModule, err)
	case code == pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED:
		return nil, fmt.Errorf("%w: this process uses it elsewhere", ErrModule)
	}
	// A slot that fails hides the ones behind it: see crypto11's findToken.
	return nil, fmt.Errorf("%w: %w", errUnseen, err)
}

// isGone tells whether a code means that the token was pulled out.
func isGone(err error) bool {
	var code pkcs11.Error
	if !errors.As(err, &code) {
		return false
	}
	switch code {
	case pkcs11.CKR_DEVICE_REMOVED, pkcs11.CKR_TOKEN_NOT_PRESENT, pkcs11.CKR_TOKEN_NOT_RECOGNIZED, pkcs11.CKR_SLOT_ID_INVALID:
		return true
	}
	return false
}

// isHandle tells whether an object is no longer what it was: the key was removed
// or the objects were numbered anew.
func isHandle(err error) bool {
	var code pkcs11.Error
	return errors.As(err, &code) && (code == pkcs11.CKR_OBJECT_HANDLE_INVALID || code == pkcs11.CKR_KEY_HANDLE_INVALID)
}

// isStale tells whether opening the token anew may help: its sessions are lost,
// or it does not answer.
func isStale(err error) bool {
	if isGone(err) || errors.Is(err, ErrTokenAbsent) {
		return true
	}
	var code pkcs11.Error
	if !errors.As(err, &code) {
		return false
	}
	switch code {
	case pkcs11.CKR_SESSION_HANDLE_INVALID, pkcs11.CKR_SESSION_CLOSED, pkcs11.CKR_USER_NOT_LOGGED_IN, pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED,
		pkcs11.CKR_OPERATION_ACTIVE, pkcs11.CKR_DEVICE_ERROR, pkcs11.CKR_DEVICE_MEMORY, pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_FUNCTION_FAILED:
		return true
	}
	return false
}

// isPINCode tells whether the token said no to a PIN.
func isPINCode(code pkcs11.Error) bool {
	switch code {
	case pkcs11.CKR_PIN_INCORRECT, pkcs11.CKR_PIN_INVALID, pkcs11.CKR_PIN_LEN_RANGE, pkcs11.CKR_PIN_EXPIRED, pkcs11.CKR_PIN_LOCKED:
		return true
	}
	return false
}

// meaning puts one of this package's errors before an error of the library.
func meaning(err error) error {
	var code pkcs11.Error
	if !errors.As(err, &code) || isOurs(err) {
		return err
	}
	cause := ErrToken
	switch {
	case code == pkcs11.CKR_PIN_LOCKED:
		cause = ErrPINLocked
	case isPINCode(code):
		cause = ErrPINWrong
	case isGone(err):
		cause = ErrTokenAbsent
	case code == pkcs11.CKR_MECHANISM_INVALID, code == pkcs11.CKR_KEY_TYPE_INCONSISTENT,
		code == pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED, code == pkcs11.CKR_KEY_SIZE_RANGE:
		cause = ErrKeyUnsupported
	case code == pkcs11.CKR_USER_ALREADY_LOGGED_IN:
		cause = fmt.Errorf("%w: this process is logged in elsewhere", ErrToken)
	}
	return fmt.Errorf("%w (%w)", cause, err)
}

// isOurs tells whether an error already has a meaning.
func isOurs(err error) bool {
	for _, ours := range []error{
		ErrModule, ErrTokenAbsent, ErrTokenAmbiguous, ErrTokenUnready, ErrToken, ErrPINMissing, ErrPINWrong,
		ErrPINLatched, ErrPINFinalTry, ErrPINLocked, ErrKeyAbsent, ErrKeyAmbiguous, ErrKeyUnsupported,
	} {
		if errors.Is(err, ours) {
			return true
		}
	}
	return false
}
