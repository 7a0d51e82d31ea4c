package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"signservice/app"
	"signservice/app/store"
)

// TestAFailedSyncEndsTheWork tells which failures of a commit leave doubt about
// what is on the disk, and that nothing is done after them.
func TestAFailedSyncEndsTheWork(t *testing.T) {
	for _, test := range []struct {
		err  error
		goes bool // work may go on
	}{
		{syscall.ENOSPC, true},
		{&os.PathError{Op: "write", Path: "store.db", Err: syscall.EDQUOT}, true},
		{fmt.Errorf("grow: %w", syscall.EFBIG), true},
		{syscall.EIO, false},
		{&os.PathError{Op: "sync", Path: "store.db", Err: syscall.EIO}, false},
		{errors.New("anything else"), false},
	} {
		if passing(test.err) != test.goes {
			t.Errorf("%v: passing is %v", test.err, !test.goes)
		}
	}
	b, err := Open(filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.breakWith(syscall.EIO)
	never := func(store.Tx) error { t.Error("fn ran"); return nil }
	if err := b.Update(t.Context(), never); !errors.Is(err, app.Unavailable) || !errors.Is(err, syscall.EIO) {
		t.Errorf("update: %v", err)
	}
	if err := b.View(t.Context(), never); !errors.Is(err, app.Unavailable) {
		t.Errorf("view: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// TestDamageInATransaction has an operation panic as bbolt does on a damaged
// page.
func TestDamageInATransaction(t *testing.T) {
	b, err := Open(filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // what was written does not matter
	err = b.Update(t.Context(), func(other store.Tx) error {
		if err := other.Put("rows", "a", []byte("1")); err != nil {
			t.Error(err)
		}
		if err := other.(*tx).step("get", func() error { panic("page 7: invalid type") }); !errors.Is(err, app.Unavailable) {
			t.Errorf("step: %v", err)
		}
		return nil // passes over the error
	})
	if !errors.Is(err, errDamaged) || !errors.Is(err, app.Unavailable) {
		t.Errorf("a transaction over damage was committed: %v", err)
	}
}
