package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"signservice/app"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

// snapshot copies a backend into a file of its own, and gives that.
func snapshot(t *testing.T, b *bolt.Backend) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	err = b.Snapshot(t.Context(), func(_ store.Tx, n int64) (io.Writer, error) {
		size = n
		return f, nil
	})
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(f.Name()); err != nil || info.Size() != size {
		t.Errorf("%d bytes were told, %v, %v", size, info, err)
	}
	return f.Name()
}

// put writes row n, and replaces the row "last".
func put(ctx context.Context, b *bolt.Backend, n int) error {
	return b.Update(ctx, func(tx store.Tx) error {
		return errors.Join(
			tx.Put("rows", fmt.Sprintf("%06d", n), fmt.Appendf(nil, `"%01000d"`, n)), tx.Put("rows", "last", fmt.Appendf(nil, "%d", n)))
	})
}

// rows gives the number of rows and what the row "last" says.
func rows(t *testing.T, b *bolt.Backend) (count int, last string) {
	t.Helper()
	if err := b.View(t.Context(), func(tx store.Tx) error {
		for row, err := range tx.Scan("rows", store.Range{}) {
			if err != nil {
				return err
			}
			if last = string(row.Value); row.Key != "last" {
				count++
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return count, last
}

// TestSnapshot copies after each of some transactions, since the two heads of
// the file are written in turns: each copy opens, holds what was there, and can be
// written to.
func TestSnapshot(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "store.db"))
	for n := range 6 {
		if err := put(t.Context(), b, n); err != nil {
			t.Fatal(err)
		}
		path := snapshot(t, b)
		c := open(t, path)
		if count, last := rows(t, c); count != n+1 || last != fmt.Sprint(n) {
			t.Errorf("copy %d has %d rows, the last is %s", n, count, last)
		}
		if err := put(t.Context(), c, 100); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if count, last := rows(t, open(t, path)); count != n+2 || last != "100" {
			t.Errorf("copy %d, written to, has %d rows, the last is %s", n, count, last)
		}
	}
}

// TestSnapshotUnderLoad copies while others write: each copy is of one moment.
func TestSnapshotUnderLoad(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "store.db"))
	if err := put(t.Context(), b, 0); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 1; ; n++ {
			if err := put(ctx, b, n); err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				return
			}
		}
	})
	for range 20 {
		count, last := rows(t, open(t, snapshot(t, b)))
		if last != fmt.Sprint(count-1) {
			t.Errorf("a copy of two moments: %d rows, the last is %s", count, last)
		}
	}
	stop()
	writing.Wait()
}

// TestSnapshotFails passes on what is wrong with the writer, and works on.
func TestSnapshotFails(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "store.db"))
	if err := put(t.Context(), b, 0); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	ctx, stop := context.WithCancel(t.Context())
	for name, c := range map[string]struct {
		begin func(store.Tx, int64) (io.Writer, error)
		want  error
	}{
		"nowhere to write":      {func(store.Tx, int64) (io.Writer, error) { return nil, broken }, broken},
		"the writer breaks off": {func(store.Tx, int64) (io.Writer, error) { return failing{broken, nil}, nil }, broken},
		"it is given up":        {func(store.Tx, int64) (io.Writer, error) { return failing{nil, stop}, nil }, context.Canceled},
	} {
		if err := b.Snapshot(ctx, c.begin); !errors.Is(err, c.want) || errors.Is(err, app.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "it is given up" {
			ctx = t.Context()
		}
	}
	if err := put(t.Context(), b, 1); err != nil {
		t.Errorf("the store does not go on: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	never := func(store.Tx, int64) (io.Writer, error) { t.Error("it began"); return io.Discard, nil }
	if err := b.Snapshot(t.Context(), never); !errors.Is(err, app.Unavailable) {
		t.Errorf("closed: %v", err)
	}
}

// failing is a writer that fails, or stops the whole and goes on.
type failing struct {
	err  error
	stop func()
}

func (f failing) Write(p []byte) (int, error) {
	if f.stop != nil {
		f.stop()
		return len(p), nil
	}
	return 0, f.err
}
