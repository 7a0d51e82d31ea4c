package keys_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestFileLatch is the story of a latch, as a table of steps over restarts.
func TestFileLatch(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	for i, step := range []struct {
		token, pin string
		answer     string // accepted, refused, or crash: no answer
		want       error
	}{
		{"A", "1111", "refused", nil},
		{"A", "1111", "", keys.ErrPINLatched},
		{"B", "1111", "crash", nil},
		{"B", "1111", "", keys.ErrPINLatched},
		{"A", "2222", "refused", nil}, // another PIN is another try
		{"A", "2222", "", keys.ErrPINLatched},
		{"A", "3333", "accepted", nil},
		{"A", "3333", "accepted", nil},
		{"A", "1111", "refused", nil}, // forgotten with the good login
		{"B", "1111", "", keys.ErrPINLatched},
		{"B", "4444", "accepted", nil},
	} {
		latch := keys.NewFileLatch(dir) // as a new process
		answer, err := latch.Try(t.Context(), step.token, keys.NewPIN([]byte(step.pin)))
		if !errors.Is(err, step.want) || (answer == nil) != (err != nil) {
			t.Fatalf("step %d: %v, want %v", i, err, step.want)
		}
		if err != nil && !strings.Contains(err.Error(), latch.Path(step.token)) {
			t.Errorf("step %d: the error does not name the file: %v", i, err)
		}
		if step.answer == "accepted" || step.answer == "refused" {
			if err := answer(step.answer == "accepted"); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
		if step.answer == "crash" {
			_ = answer // the lock ends with the process; here with the file's collection
			release(t, latch, step.token)
		}
	}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		data, readErr := os.ReadFile(path)
		for _, pin := range []string{"1111", "2222", "3333", "4444"} {
			if strings.Contains(string(data), pin) {
				t.Errorf("%s holds a PIN", path)
			}
		}
		return errors.Join(err, readErr)
	})
	if err != nil {
		t.Error(err)
	}
}

// release takes away the lock file of a process that is no more.
func release(t *testing.T, latch *keys.FileLatch, token string) {
	t.Helper()
	if err := os.Remove(latch.Path(token) + ".lock"); err != nil {
		t.Fatal(err)
	}
}

// TestFileLatchTogether starts many programs at once: with the wrong PIN one of
// them sends it, with the right one all may.
func TestFileLatchTogether(t *testing.T) {
	for _, accepted := range []bool{false, true} {
		dir := t.TempDir()
		var sent atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				answer, err := keys.NewFileLatch(dir).Try(t.Context(), "A", keys.NewPIN([]byte("1111")))
				if errors.Is(err, keys.ErrPINLatched) && !accepted {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				sent.Add(1)
				if err := answer(accepted); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if want := map[bool]int64{true: 16, false: 1}[accepted]; sent.Load() != want {
			t.Errorf("accepted=%t: sent %d times, want %d", accepted, sent.Load(), want)
		}
	}
}

// TestFileLatchFailsClosed holds that a PIN is not sent when the latch cannot
// remember it.
func TestFileLatchFailsClosed(t *testing.T) {
	file := signertest.WriteFile(t, "file", nil)
	if _, err := keys.NewFileLatch(filepath.Join(file, "below")).Try(t.Context(), "A", keys.NewPIN([]byte("1"))); err == nil {
		t.Error("a folder that cannot be made")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pin-key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.NewFileLatch(dir).Try(t.Context(), "A", keys.NewPIN([]byte("1"))); err == nil {
		t.Error("a damaged key")
	}
	dir = t.TempDir()
	if _, err := keys.NewFileLatch(dir).Try(t.Context(), "A", keys.NewPIN([]byte("1"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := keys.NewFileLatch(dir).Try(ctx, "A", keys.NewPIN([]byte("2"))); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for another program: %v", err)
	}
}

// TestMark holds that marks tell PINs, tokens and keys apart.
func TestMark(t *testing.T) {
	seen := map[string]bool{}
	for _, key := range []string{"k1", "k2"} {
		for _, serial := range []string{"A", "B", ""} {
			for _, pin := range []string{"1", "2", ""} {
				seen[string(keys.NewPIN([]byte(pin)).Mark([]byte(key), serial))] = true
			}
		}
	}
	if len(seen) != 18 {
		t.Errorf("%d marks of 18 differ", len(seen))
	}
}

// TestPINFile is the table of PIN files.
func TestPINFile(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		ok      bool
	}{
		"plain":           {"1234", true},
		"line":            {"1234\n", true},
		"Windows":         {"1234\r\n", true},
		"empty":           {"", false},
		"line alone":      {"\n", false},
		"larger than 4 K": {strings.Repeat("1", 5000), false},
	} {
		pin, err := keys.PINFile(signertest.WriteFile(t, "pin", []byte(c.content)))(t.Context())
		if (err == nil) != c.ok || c.ok && string(pin.Mark(nil, "")) != string(keys.NewPIN([]byte("1234")).Mark(nil, "")) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "1111") {
			t.Errorf("%s: the error holds the content", name)
		}
	}
	if _, err := keys.PINFile(t.TempDir())(t.Context()); err == nil {
		t.Error("a folder")
	}
}

// TestStateDir holds where the command line keeps its state.
func TestStateDir(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/var/state")
	if got, err := keys.StateDir("signservice"); err != nil || got != "/var/state/signservice" {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/mary")
	if got, err := keys.StateDir("signservice"); err != nil || got != "/home/mary/.local/state/signservice" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestFileLatchReset holds that a person can allow a PIN once more, and the PIN
// of signatures with it.
func TestFileLatchReset(t *testing.T) {
	latch := keys.NewFileLatch(t.TempDir())
	if err := latch.Reset(t.Context(), "A"); err != nil {
		t.Fatalf("nothing to forget: %v", err)
	}
	for _, round := range []string{"first", "after the reset"} {
		for _, name := range []string{"A", "A/signature"} {
			answer, err := latch.Try(t.Context(), name, keys.NewPIN([]byte("1111")))
			if err != nil {
				t.Fatalf("%s: %v", round, err)
			}
			if err := answer(false); err != nil {
				t.Fatal(err)
			}
			if _, err := latch.Try(t.Context(), name, keys.NewPIN([]byte("1111"))); !errors.Is(err, keys.ErrPINLatched) {
				t.Errorf("%s: %v", round, err)
			}
		}
		if err := latch.Reset(t.Context(), "A"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPINEnvironment is the table of PINs in the environment and in systemd's
// credentials.
func TestPINEnvironment(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "token-pin"), []byte("1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TOKEN_PIN", "1234")
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	for name, c := range map[string]struct {
		source keys.PINSource
		ok     bool
	}{
		"variable":              {keys.PINEnv("TOKEN_PIN"), true},
		"no variable":           {keys.PINEnv("TOKEN_PIN_OTHER"), false},
		"credential":            {keys.PINCredential("token-pin"), true},
		"no credential":         {keys.PINCredential("other"), false},
		"credential in another": {keys.PINCredential("../token-pin"), false},
	} {
		pin, err := c.source(t.Context())
		if (err == nil) != c.ok || c.ok && string(pin.Reveal()) != "1234" {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := keys.PINCredential("token-pin")(t.Context()); err == nil {
		t.Error("a credential without systemd")
	}
}
