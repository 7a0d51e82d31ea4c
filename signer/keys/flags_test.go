//go:build cgo

package keys

import (
	"errors"
	"testing"

	"github.com/miekg/pkcs11"
)

// TestLoginAllowed is the table of what a token says of its PIN, which SoftHSM2
// never says: it does not lock.
func TestLoginAllowed(t *testing.T) {
	const ready = pkcs11.CKF_TOKEN_INITIALIZED | pkcs11.CKF_USER_PIN_INITIALIZED | pkcs11.CKF_LOGIN_REQUIRED
	for name, c := range map[string]struct {
		flags uint
		want  error
	}{
		"ready":                   {ready, nil},
		"a wrong PIN before":      {ready | pkcs11.CKF_USER_PIN_COUNT_LOW, nil},
		"one try left":            {ready | pkcs11.CKF_USER_PIN_COUNT_LOW | pkcs11.CKF_USER_PIN_FINAL_TRY, ErrPINFinalTry},
		"locked":                  {ready | pkcs11.CKF_USER_PIN_LOCKED, ErrPINLocked},
		"locked, no longer ready": {pkcs11.CKF_TOKEN_INITIALIZED | pkcs11.CKF_USER_PIN_LOCKED, ErrPINLocked},
		"not initialised":         {0, ErrTokenUnready},
		"no user PIN":             {pkcs11.CKF_TOKEN_INITIALIZED, ErrTokenUnready},
		"keypad":                  {ready | pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH, ErrTokenUnready},
	} {
		if err := loginAllowed(pkcs11.TokenInfo{Flags: c.flags}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestForgetPIN is the table of answers of C_Login: after which of them the
// latch may forget the PIN.
func TestForgetPIN(t *testing.T) {
	pin := NewPIN([]byte("1234"))
	for name, c := range map[string]struct {
		err      error
		accepted bool // this PIN was, before
		want     bool
	}{
		"accepted":                        {nil, false, true},
		"refused":                         {pkcs11.Error(pkcs11.CKR_PIN_INCORRECT), false, false},
		"refused, though good before":     {pkcs11.Error(pkcs11.CKR_PIN_INCORRECT), true, false},
		"locked":                          {pkcs11.Error(pkcs11.CKR_PIN_LOCKED), true, false},
		"expired":                         {pkcs11.Error(pkcs11.CKR_PIN_EXPIRED), true, false},
		"pulled out":                      {pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED), false, false},
		"pulled out, the PIN known good":  {pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED), true, true},
		"failed without a code":           {errors.New("strange"), true, false},
		"already logged in: not asked":    {pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN), false, true},
		"no signature begun: not asked":   {pkcs11.Error(pkcs11.CKR_OPERATION_NOT_INITIALIZED), false, true},
		"general error, PIN never proven": {pkcs11.Error(pkcs11.CKR_GENERAL_ERROR), false, false},
	} {
		token := &token{serial: "A"}
		if c.accepted {
			token.pinMark.set("A", pin)
		}
		if got := token.forgetPIN(c.err, "A", pin); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}

// TestMeaning is the table of codes and the errors that callers see.
func TestMeaning(t *testing.T) {
	for code, want := range map[uint]error{
		pkcs11.CKR_PIN_INCORRECT:              ErrPINWrong,
		pkcs11.CKR_PIN_LEN_RANGE:              ErrPINWrong,
		pkcs11.CKR_PIN_LOCKED:                 ErrPINLocked,
		pkcs11.CKR_DEVICE_REMOVED:             ErrTokenAbsent,
		pkcs11.CKR_TOKEN_NOT_PRESENT:          ErrTokenAbsent,
		pkcs11.CKR_DEVICE_ERROR:               ErrToken,
		pkcs11.CKR_SESSION_HANDLE_INVALID:     ErrToken,
		pkcs11.CKR_MECHANISM_INVALID:          ErrKeyUnsupported,
		pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED: ErrKeyUnsupported,
		pkcs11.CKR_USER_ALREADY_LOGGED_IN:     ErrToken,
	} {
		if err := meaning(pkcs11.Error(code)); !errors.Is(err, want) || !errors.Is(err, pkcs11.Error(code)) {
			t.Errorf("%v: %v, want %v", pkcs11.Error(code), err, want)
		}
	}
}
