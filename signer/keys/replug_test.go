//go:build cgo

package keys_test

import (
	"context"
	"crypto"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// waitFor waits until ok holds, or fails after half a minute: far longer than
// anything takes, so that a slow machine fails no test.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// watched opens a registry that watches its tokens during the test.
func watched(t *testing.T, c keys.Config) *keys.Tokens {
	t.Helper()
	c.Poll = 100 * time.Millisecond
	tokens := open(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { tokens.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return tokens
}

// TestReplug pulls the token out under load, again and again: requests fail with
// ErrTokenAbsent or ErrToken and nothing else, the state tells it, and all is
// well after the token is back, with the signers that were handed out before.
func TestReplug(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	who := signertest.SelfSigned(t, signertest.Leaf{})
	token.Put(t, []byte{1}, "key", who)
	tokens := watched(t, keys.Config{Tokens: []keys.TokenConfig{configOf(token)}})
	key, err := tokens.Signer(t.Context(), keys.KeyID{})
	if err != nil {
		t.Fatal(err)
	}
	var signed, refused atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				value, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
				switch {
				case err == nil && verify(who.Key.Public(), digestOf(crypto.SHA256), value, crypto.SHA256):
					signed.Add(1)
				case errors.Is(err, keys.ErrTokenAbsent) || errors.Is(err, keys.ErrToken) || errors.Is(err, keys.ErrKeyAbsent):
					refused.Add(1)
					time.Sleep(time.Millisecond)
				default:
					t.Errorf("Sign: %v", err)
					return
				}
			}
		})
	}
	for range 3 {
		was := signed.Load()
		waitFor(t, "signatures are made", func() bool { return signed.Load() > was+10 })
		token.Unplug(t)
		waitFor(t, "the state is absent", func() bool { return tokens.Status()[0].State == keys.StateAbsent })
		if s := tokens.Status()[0]; s.Since.IsZero() || !errors.Is(s.Err, keys.ErrTokenAbsent) {
			t.Errorf("status %+v", s)
		}
		token.Plug(t)
		waitFor(t, "the state is ready", func() bool { return tokens.Status()[0].State == keys.StateReady })
	}
	close(stop)
	load.Wait()
	if signed.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d signed, %d refused", signed.Load(), refused.Load())
	}
}

// TestReplugBesideAnother pulls one of two tokens of a module: the other goes on
// signing, without one error, also while the module is begun anew to find the
// one that is away.
func TestReplugBesideAnother(t *testing.T) {
	hsm := signertest.NewHSM(t)
	away, stays := hsm.NewToken(t, "away"), hsm.NewToken(t, "stays")
	away.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	stays.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	tokens := watched(t, keys.Config{
		Tokens:          []keys.TokenConfig{configOf(away), configOf(stays)},
		RestartInterval: 300 * time.Millisecond,
	})
	steady, err := tokens.Signer(t.Context(), keys.KeyID{Token: stays.Serial})
	if err != nil {
		t.Fatal(err)
	}
	lost, err := tokens.Signer(t.Context(), keys.KeyID{Token: away.Serial})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 2 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := steady.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); err != nil {
					t.Errorf("the token that stays: %v", err)
					return
				}
			}
		})
	}
	for range 2 {
		away.Unplug(t)
		waitFor(t, "the state is absent", func() bool { return tokens.Status()[0].State == keys.StateAbsent })
		if _, err := lost.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, keys.ErrTokenAbsent) {
			t.Errorf("the token that is away: %v", err)
		}
		away.Plug(t)
		waitFor(t, "it signs again", func() bool {
			_, err := lost.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
			return err == nil
		})
	}
	close(stop)
	load.Wait()
	if s := tokens.Status()[1]; s.State != keys.StateReady {
		t.Errorf("the token that stays: %+v", s)
	}
}

// TestLateToken holds that a token which was not there at the start is found.
func TestLateToken(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	token.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	token.Unplug(t)
	tokens := watched(t, keys.Config{Tokens: []keys.TokenConfig{configOf(token)}})
	waitFor(t, "the state is absent", func() bool { return tokens.Status()[0].State == keys.StateAbsent })
	if _, err := tokens.Signer(t.Context(), keys.KeyID{}); !errors.Is(err, keys.ErrTokenAbsent) {
		t.Errorf("Signer: %v", err)
	}
	token.Plug(t)
	waitFor(t, "the state is ready", func() bool { return tokens.Status()[0].State == keys.StateReady })
	if _, err := tokens.Signer(t.Context(), keys.KeyID{}); err != nil {
		t.Errorf("Signer: %v", err)
	}
}

// TestKeyRemoved holds that a key removed from a token under our hands is said
// to be absent, and that one put there later is found.
func TestKeyRemoved(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	token.Put(t, []byte{1}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	tokens := registry(t, token)
	key, err := tokens.Signer(t.Context(), keys.KeyID{ID: "01"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	token.Delete(t, "privkey", []byte{1})
	if _, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256); !errors.Is(err, keys.ErrKeyAbsent) {
		t.Errorf("Sign with a removed key: %v", err)
	}
	token.Put(t, []byte{2}, "key", signertest.SelfSigned(t, signertest.Leaf{}))
	if _, err := tokens.Signer(t.Context(), keys.KeyID{ID: "02"}); err != nil {
		t.Errorf("a key put there later: %v", err)
	}
}
