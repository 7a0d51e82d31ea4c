package bolt

import (
	"context"
	"fmt"
	"io"

	"signservice/app/store"
)

// Snapshot is that of store.Snapshotter. The copy is a file that Open opens.
//
// It holds a transaction that reads until the last byte is written: the file
// grows meanwhile by what is changed, and a change for which the memory map must
// grow waits for the end, with everybody behind it. So the writer ought to be as
// quick as a disk.
func (b *Backend) Snapshot(ctx context.Context, begin func(tx store.Tx, size int64) (io.Writer, error)) error {
	return b.run(ctx, false, func(t store.Tx) error {
		btx := t.(*tx).tx
		w, err := begin(t, btx.Size())
		if err != nil {
			return err
		}
		var refused error // of the writer, which says nothing about the file
		err = b.guard(func() error {
			_, err := btx.WriteTo(writerFunc(func(p []byte) (n int, err error) {
				if refused = ctx.Err(); refused != nil {
					return 0, refused
				}
				n, refused = w.Write(p)
				return n, refused
			}))
			return err
		})
		switch {
		case refused != nil:
			return fmt.Errorf("copy store: %w", refused)
		case err != nil:
			return unavailable("copy store", err)
		}
		return nil
	})
}

// writerFunc is a function that writes.
type writerFunc func(p []byte) (int, error)

// Write calls the function.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
