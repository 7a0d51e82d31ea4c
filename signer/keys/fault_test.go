//go:build cgo

package keys_test

import (
	"crypto"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// faulty gives a token with one key behind a module that misbehaves.
func faulty(tb testing.TB) (*signertest.Token, *signertest.FaultModule) {
	tb.Helper()
	hsm := signertest.NewHSM(tb)
	module := signertest.NewFaultModule(tb, hsm)
	token := hsm.NewToken(tb, "office")
	token.Put(tb, []byte{1}, "key", signertest.SelfSigned(tb, signertest.Leaf{}))
	token.Module = module.Path
	return token, module
}

// TestTokenSays is the table of what tokens and modules say of themselves, and
// of whether a PIN reaches them.
func TestTokenSays(t *testing.T) {
	token, module := faulty(t)
	for name, c := range map[string]struct {
		faults []string
		wrong  int
		want   error
		state  keys.State
		logins int
	}{
		"well-behaved":           {logins: 1, state: keys.StateReady},
		"a wrong PIN before":     {faults: []string{"tries 3"}, wrong: 1, logins: 1, state: keys.StateReady},
		"one try left":           {faults: []string{"tries 3"}, wrong: 2, want: keys.ErrPINFinalTry, state: keys.StateFinalTry},
		"locked":                 {faults: []string{"tries 3"}, wrong: 3, want: keys.ErrPINLocked, state: keys.StateLocked},
		"not initialised":        {faults: []string{"uninitialised"}, want: keys.ErrTokenUnready, state: keys.StateUnready},
		"no user PIN":            {faults: []string{"no-pin"}, want: keys.ErrTokenUnready, state: keys.StateUnready},
		"keypad":                 {faults: []string{"keypad"}, want: keys.ErrTokenUnready, state: keys.StateUnready},
		"no slot":                {faults: []string{"no-slot"}, want: keys.ErrTokenAbsent, state: keys.StateAbsent},
		"pulled out":             {faults: []string{"absent"}, want: keys.ErrTokenAbsent, state: keys.StateAbsent},
		"module does not begin":  {faults: []string{"C_Initialize 0x30"}, want: keys.ErrTokenAbsent, state: keys.StateAbsent},
		"login says device gone": {faults: []string{"C_Login 0x32"}, want: keys.ErrTokenAbsent, state: keys.StateAbsent, logins: 1},
	} {
		t.Run(name, func(t *testing.T) {
			module.Set(t, c.faults...)
			module.SetWrongPINs(t, c.wrong)
			before := module.Count(t, "C_Login")
			tokens := registry(t, token)
			for range 20 {
				if _, err := tokens.Signer(t.Context(), keys.KeyID{}); !errors.Is(err, c.want) {
					t.Fatalf("Signer: %v, want %v", err, c.want)
				}
			}
			if s := tokens.Status()[0]; s.State != c.state || s.PINCountLow != (c.wrong > 0 && c.want != nil) {
				t.Errorf("status %+v", s)
			}
			if got := module.Count(t, "C_Login") - before; got != c.logins {
				t.Errorf("%d logins, want %d", got, c.logins)
			}
		})
	}
}

// TestTwoTokensOneSerial holds that where two tokens give one serial number no
// PIN is sent to either.
func TestTwoTokensOneSerial(t *testing.T) {
	hsm := signertest.NewHSM(t)
	module := signertest.NewFaultModule(t, hsm)
	one, _ := hsm.NewToken(t, "one"), hsm.NewToken(t, "two")
	one.Module = module.Path
	module.Set(t, "serial "+one.Serial)
	tokens := registry(t, one)
	if _, err := tokens.Signer(t.Context(), keys.KeyID{}); !errors.Is(err, keys.ErrTokenAmbiguous) {
		t.Errorf("Signer: %v", err)
	}
	if got := module.Count(t, "C_Login"); got != 0 {
		t.Errorf("%d logins", got)
	}
}

// TestWrongPINOverRestarts holds that a wrong PIN reaches a token that locks
// once over fifty starts of the program with twenty requests each, and that the
// token's tries are never used up by it.
func TestWrongPINOverRestarts(t *testing.T) {
	token, module := faulty(t)
	module.Set(t, "tries 3")
	state := t.TempDir()
	for start := range 50 {
		config := configOf(token)
		config.PIN = pin("9999")
		tokens := open(t, keys.Config{Latch: keys.NewFileLatch(state), Tokens: []keys.TokenConfig{config}})
		for range 20 {
			_, err := tokens.Signer(t.Context(), keys.KeyID{})
			want := keys.ErrPINLatched
			if start == 0 {
				want = keys.ErrPINWrong
			}
			if !errors.Is(err, want) {
				t.Fatalf("start %d: %v, want %v", start, err, want)
			}
		}
		if err := tokens.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if sent, wrong := module.Count(t, "C_Login"), module.WrongPINs(t); sent != 1 || wrong != 1 {
		t.Errorf("sent %d times, %d wrong", sent, wrong)
	}
}

// TestAlwaysAuthenticateLogins holds that a key which wants the PIN at each
// signature gets it once for each, and that a wrong one is sent once and for
// all.
func TestAlwaysAuthenticateLogins(t *testing.T) {
	hsm := signertest.NewHSM(t)
	module := signertest.NewFaultModule(t, hsm)
	token := hsm.NewToken(t, "office")
	public := token.Generate(t, []byte{1}, "key", signertest.P256, true)
	token.PutCertificate(t, []byte{1}, "key", signertest.NewCA(t, signertest.CAOptions{}).Issue(t, signertest.Leaf{Key: publicOnly{public}}).Certificate)
	token.Module = module.Path
	module.Set(t, "tries 3")
	key, err := registry(t, token).Signer(t.Context(), keys.KeyID{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		value, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
		if err != nil || !verify(public, digestOf(crypto.SHA256), value, crypto.SHA256) {
			t.Fatalf("Sign: %v", err)
		}
	}
	if user, each := module.Count(t, "C_Login user"), module.Count(t, "C_Login signature"); user != 1 || each != 5 {
		t.Errorf("%d logins, %d for signatures", user, each)
	}
	module.SetWrongPINs(t, 2)
	for range 3 {
		if _, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, keys.ErrPINFinalTry) {
			t.Errorf("with one try left: %v", err)
		}
	}
	if each := module.Count(t, "C_Login signature"); each != 5 {
		t.Errorf("%d logins for signatures although one try was left", each)
	}
}

// TestSpoiltSignature holds that a signature which came out false is thrown
// away.
func TestSpoiltSignature(t *testing.T) {
	token, module := faulty(t)
	key, err := registry(t, token).Signer(t.Context(), keys.KeyID{})
	if err != nil {
		t.Fatal(err)
	}
	module.Set(t, "spoil")
	if value, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, keys.ErrSignature) || value != nil {
		t.Errorf("%x, %v", value, err)
	}
}

// TestCallFails pulls the token out at each call, by each code that modules
// give then: the request fails as one that may be repeated, nothing is signed,
// and the same signer works when the token is back.
func TestCallFails(t *testing.T) {
	token, module := faulty(t)
	var seconds atomic.Int64 // a hasty clock, since a lost token rests for a second
	now := func() time.Time { return time.Unix(seconds.Add(1), 0) }
	tokens := open(t, keys.Config{Tokens: []keys.TokenConfig{configOf(token)}, Now: now})
	key, err := tokens.Signer(t.Context(), keys.KeyID{})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{"C_SignInit", "C_Sign", "C_OpenSession", "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue", "C_GetTokenInfo", "C_GetSlotList"} {
		for _, code := range []string{"0x30", "0x31", "0x32", "0xe0", "0xb3", "0x05", "0x06"} {
			name := fmt.Sprintf("%s fails with %s", call, code)
			module.Set(t, call+" "+code)
			before := module.WrongPINs(t)
			var errs []error
			if strings.Contains(call, "Sign") {
				_, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
				errs = append(errs, err)
			} else {
				errs = append(errs, tokens.List(t.Context())[0].Err)
			}
			for _, err := range errs {
				if err != nil && !errors.Is(err, keys.ErrToken) && !errors.Is(err, keys.ErrTokenAbsent) {
					t.Errorf("%s: %v", name, err)
				}
			}
			module.Set(t)
			waitFor(t, name+": it signs again", func() bool {
				_, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
				return err == nil
			})
			if module.WrongPINs(t) != before {
				t.Errorf("%s: a wrong PIN was sent", name)
			}
		}
	}
}
