package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

func TestOnlyOneProcessHoldsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	first := open(t, path)
	_, err := bolt.Open(path, bolt.Options{})
	var failure *app.Error
	if !errors.As(err, &failure) || failure.Kind != app.Unavailable || failure.Key != "store.busy" {
		t.Errorf("second opening: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	open(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestRowsSurviveReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	b := open(t, path)
	write(t, b, "a", "1")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, open(t, path), "a"); got != "1" {
		t.Errorf("read %q", got)
	}
}

func TestAFolderThatIsNotThere(t *testing.T) {
	if _, err := bolt.Open(filepath.Join(t.TempDir(), "none", "store.db"), bolt.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("open: %v", err)
	}
}

func TestTransactionsUseTheClock(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 5, time.FixedZone("", 3600))
	b, err := bolt.Open(filepath.Join(t.TempDir(), "store.db"), bolt.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close() //nolint:errcheck // nothing was written
	err = b.View(t.Context(), func(tx store.Tx) error {
		if tx.Now() != at.UTC() {
			t.Errorf("now is %v", tx.Now())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWaitingToWriteCanBeGivenUp has a second writer wait behind a first one.
func TestWaitingToWriteCanBeGivenUp(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "store.db"))
	began, finish, first := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		first <- b.Update(context.Background(), func(store.Tx) error {
			close(began)
			<-finish
			return nil
		})
	}()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() {
		second <- b.Update(ctx, func(store.Tx) error { t.Error("it did not wait"); return nil })
	}()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("the second: %v", err)
	}
	close(finish)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

// TestAFullDisk fills a small file system: the transaction fails, what was
// promised stays, and with room again work goes on.
func TestAFullDisk(t *testing.T) {
	dir := smallDisk(t, 1<<20)
	b := open(t, filepath.Join(dir, "store.db"))
	write(t, b, "first", "kept")
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	big := `"` + strings.Repeat("x", 300_000) + `"`
	err := b.Update(t.Context(), func(tx store.Tx) error { return tx.Put("rows", "big", []byte(big)) })
	if !errors.Is(err, app.Unavailable) {
		t.Fatalf("on a full disk: %v", err)
	}
	if got := read(t, b, "first"); got != "kept" {
		t.Errorf("the first row reads %q", got)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	write(t, b, "second", "works again")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, filepath.Join(dir, "store.db"))
	if read(t, b, "first") != "kept" || read(t, b, "second") != "works again" || read(t, b, "big") != "" {
		t.Error("rows differ after reopening")
	}
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // the disk is full
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
}

func write(t *testing.T, b *bolt.Backend, key, value string) {
	t.Helper()
	err := b.Update(t.Context(), func(tx store.Tx) error { return tx.Put("rows", key, fmt.Appendf(nil, "%q", value)) })
	if err != nil {
		t.Fatalf("write %s: %v", key, err)
	}
}

// read gives a value, or "" when there is none.
func read(t *testing.T, b *bolt.Backend, key string) (value string) {
	t.Helper()
	err := b.View(t.Context(), func(tx store.Tx) error {
		v, err := tx.Get("rows", key)
		if errors.Is(err, app.NotFound) {
			return nil
		}
		value = strings.Trim(string(v), `"`)
		return err
	})
	if err != nil {
		t.Fatalf("read %s: %v", key, err)
	}
	return value
}
