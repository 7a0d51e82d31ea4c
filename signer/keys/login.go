//go:build cgo

package keys

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/miekg/pkcs11"
)

// pinMark recognises a PIN that the token accepted, in this process alone.
type pinMark struct {
	key  [32]byte
	mark string
}

func (m *pinMark) set(serial string, pin PIN) {
	rand.Read(m.key[:]) //nolint:errcheck // it never fails, see crypto/rand
	m.mark = string(pin.Mark(m.key[:], serial))
}

func (m *pinMark) is(serial string, pin PIN) bool {
	return m.mark != "" && m.mark == string(pin.Mark(m.key[:], serial))
}

// login logs the token's session in, where the token wants it. The caller holds
// module.mu for writing.
func (t *token) login(ctx context.Context, info pkcs11.TokenInfo) error {
	if info.Flags&pkcs11.CKF_LOGIN_REQUIRED == 0 {
		return nil
	}
	if err := loginAllowed(info); err != nil {
		return err
	}
	return t.sendPIN(ctx, t.config.PIN, t.serial, func(pin string) error {
		return t.module.ctx.Login(t.session, pkcs11.CKU_USER, pin)
	})
}

// loginAllowed reads the token's flags (PKCS#11, CK_TOKEN_INFO): when a PIN must
// not be sent.
func loginAllowed(info pkcs11.TokenInfo) error {
	has := func(flag uint) bool { return info.Flags&flag != 0 }
	switch {
	case !has(pkcs11.CKF_TOKEN_INITIALIZED):
		return fmt.Errorf("%w: it is not initialised", ErrTokenUnready)
	case has(pkcs11.CKF_USER_PIN_LOCKED):
		return ErrPINLocked
	case has(pkcs11.CKF_USER_PIN_FINAL_TRY):
		return ErrPINFinalTry
	case !has(pkcs11.CKF_USER_PIN_INITIALIZED):
		return fmt.Errorf("%w: it has no user PIN", ErrTokenUnready)
	case has(pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH):
		return fmt.Errorf("%w: it wants its PIN on a keypad", ErrTokenUnready)
	}
	return nil
}

// sendPIN sends a PIN once, under the latch of name.
func (t *token) sendPIN(ctx context.Context, source PINSource, name string, login func(pin string) error) error {
	if source == nil {
		return ErrPINMissing
	}
	pin, err := source(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPINMissing, err)
	}
	defer pin.Wipe()
	if pin.Empty() {
		return ErrPINMissing
	}
	answer, err := t.module.config.Latch.Try(ctx, name, pin)
	if err != nil {
		return err
	}
	err = login(string(pin.bytes()))
	forget := t.forgetPIN(err, name, pin)
	if err := errors.Join(err, answer(forget)); err != nil {
		return fmt.Errorf("log in: %w", meaning(err))
	}
	return nil
}

// forgetPIN tells whether the latch may forget a PIN after the answer of
// C_Login. It may when the token accepted the PIN, or did not look at it. When
// the token failed without an answer (it was pulled out, say) the PIN may have
// counted as a wrong one: it is forgotten only where this very token accepted it
// before.
func (t *token) forgetPIN(err error, name string, pin PIN) bool {
	var code pkcs11.Error
	switch {
	case err == nil:
		if name == t.serial {
			t.pinMark.set(name, pin)
		}
		return true
	case !errors.As(err, &code) || isPINCode(code):
		return false
	case code == pkcs11.CKR_USER_ALREADY_LOGGED_IN, code == pkcs11.CKR_OPERATION_NOT_INITIALIZED:
		return true
	}
	return name == t.serial && t.pinMark.is(name, pin)
}
