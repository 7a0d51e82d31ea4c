//go:build cgo

package keys_test

import (
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// spy puts OpenSC's spy between us and the module of a token, and gives the
// function that counts the logins that really reached the module.
func spy(t *testing.T, token *signertest.Token) (logins func() int) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/*/pkcs11-spy.so")
	if len(found) == 0 {
		signertest.Missing(t, "OpenSC's pkcs11-spy.so")
	}
	log := filepath.Join(t.TempDir(), "spy.log")
	t.Setenv("PKCS11SPY", token.Module)
	t.Setenv("PKCS11SPY_OUTPUT", log)
	token.Module = found[0]
	return func() int {
		data, err := os.ReadFile(log)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(data), ": C_Login\n")
	}
}

// TestWrongPIN holds that a wrong PIN reaches the token once, over fifty starts
// of the program and many requests in each; that another PIN is tried; and that
// the right one works afterwards.
func TestWrongPIN(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	token.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	logins := spy(t, token)
	state := t.TempDir()
	start := func(secret string) (first, last error) {
		config := configOf(token)
		config.PIN = pin(secret)
		tokens := open(t, keys.Config{Latch: keys.NewFileLatch(state), Tokens: []keys.TokenConfig{config}})
		defer tokens.Close() //nolint:errcheck // nothing is written
		for range 20 {
			_, err := tokens.Signer(t.Context(), keys.KeyID{ID: "01"})
			if first == nil {
				first = err
			}
			last = err
		}
		return first, last
	}
	first, last := start("9999")
	if !errors.Is(first, keys.ErrPINWrong) || !errors.Is(last, keys.ErrPINWrong) {
		t.Errorf("the first start: %v, %v", first, last)
	}
	for range 50 {
		if first, _ := start("9999"); !errors.Is(first, keys.ErrPINLatched) {
			t.Fatalf("a later start: %v", first)
		}
	}
	if got := logins(); got != 1 {
		t.Errorf("the wrong PIN was sent %d times, want once", got)
	}
	if first, _ := start("8888"); !errors.Is(first, keys.ErrPINWrong) || logins() != 2 {
		t.Errorf("another wrong PIN: %v, %d logins", first, logins())
	}
	if first, last := start(token.PIN); first != nil || last != nil || logins() != 3 {
		t.Errorf("the right PIN: %v, %v, %d logins", first, last, logins())
	}
	if first, _ := start(token.PIN); first != nil {
		t.Errorf("the right PIN again: %v", first)
	}
	if left, _ := filepath.Glob(filepath.Join(state, "pin-*[0-9a-f]")); len(left) != 0 {
		t.Errorf("the latch keeps %v after a good login", left)
	}
}

// TestPINChanged holds that a PIN changed by somebody else is not tried again
// and again while the program runs.
func TestPINChanged(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	token.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	logins := spy(t, token)
	tokens := registry(t, token)
	key, err := tokens.Signer(t.Context(), keys.KeyID{})
	if err != nil {
		t.Fatal(err)
	}
	token.ChangePIN(t, "56789")
	before := logins()
	token.Unplug(t)
	if _, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, keys.ErrTokenAbsent) {
		t.Errorf("without a token: %v", err)
	}
	token.Plug(t)
	waitFor(t, "the token is seen again", func() bool {
		_, err = key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
		return !errors.Is(err, keys.ErrTokenAbsent)
	})
	for range 10 {
		if _, err = key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, keys.ErrPINWrong) {
			t.Fatalf("with a changed PIN: %v", err)
		}
	}
	if got := logins() - before; got != 1 {
		t.Errorf("the old PIN was sent %d times, want once", got)
	}
	if got := tokens.Status()[0]; got.State != keys.StatePIN {
		t.Errorf("status %+v", got)
	}
}
