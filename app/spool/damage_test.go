package spool_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"signservice/app"
	"signservice/app/secret"
	"signservice/app/spool"
)

// isDamage tells whether err stays what it is however often one tries.
func isDamage(err error) bool { return app.KindOf(err) == app.Internal }

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsFound(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	put(t, s, original, noise(200_000))
	path := filepath.Join(dir, filepath.FromSlash(original)+".age")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += max(1, min(at/4, 7919)) {
		changed := bytes.Clone(whole)
		changed[at] ^= 0x10
		write(t, path, changed)
		if _, err := read(t, s, original); !isDamage(err) {
			t.Errorf("byte %d changed: %v", at, err)
		}
	}
	for _, n := range []int{0, 1, 100, 200, 1 << 16, len(whole) - 1<<16, len(whole) - 1} {
		write(t, path, whole[:n])
		if _, err := read(t, s, original); !isDamage(err) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	write(t, path, append(bytes.Clone(whole), 0))
	if _, err := read(t, s, original); !isDamage(err) {
		t.Errorf("a byte added: %v", err)
	}
	write(t, path, whole)
	expectFile(t, s, original, noise(200_000))
}

func TestFilesOfAnotherSpoolDoNotOpen(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	put(t, open(t, one), original, []byte("x"))
	s := open(t, two)
	put(t, s, original, []byte("y"))
	path := filepath.FromSlash(original + ".age")
	data, err := os.ReadFile(filepath.Join(one, path))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(two, path), data)
	if _, err := read(t, s, original); !isDamage(err) {
		t.Errorf("open: %v", err)
	}
}

// TestLeftoversOfACrash puts what a process leaves that is killed at any point.
func TestLeftoversOfACrash(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	put(t, first, original, []byte("whole"))
	w, err := first.Create(t.Context(), signed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(noise(200_000)); err != nil { // neither committed nor aborted
		t.Fatal(err)
	}
	s := open(t, dir)
	expectFile(t, s, original, []byte("whole"))
	if _, err := s.Open(t.Context(), signed); !errors.Is(err, app.NotFound) {
		t.Errorf("the half file: %v", err)
	}
	if files := onDisk(t, dir); len(files) != 2 {
		t.Errorf("%d files on disk, want the identity and one", len(files))
	}
	if err := w.Commit(); err == nil { // the old process must not win after all
		t.Error("a file that was cleared away can be committed")
	}
}

func TestTheIdentityIsGuarded(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir), original, []byte("x"))
	if _, err := spool.New(dir, keeper(t, 2)); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("another master key: %v", err)
	}
	path := filepath.Join(dir, "identity.sealed")
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, sealed[:len(sealed)-1])
	if _, err := spool.New(dir, keeper(t, 1)); !errors.Is(err, secret.ErrOpen) {
		t.Errorf("a cut identity: %v", err)
	}
	write(t, path, sealed)
	expectFile(t, open(t, dir), original, []byte("x"))
}

func TestNewRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil)
	if _, err := spool.New(file, keeper(t, 1)); err == nil {
		t.Error("a spool in a file")
	}
}

// TestALostIdentityIsNotReplaced holds that files which only the lost key
// opens are not buried under a new one.
func TestALostIdentityIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir), "0123456789abcdef0123456789abcdef/original", []byte("kept"))
	name := filepath.Join(dir, "identity.sealed")
	key, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, err := spool.New(dir, keeper(t, 1)); !isDamage(err) {
		t.Fatalf("without its key the spool opens: %v", err)
	}
	write(t, name, key)
	expectFile(t, open(t, dir), "0123456789abcdef0123456789abcdef/original", []byte("kept"))
}
