package pdf

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

const copySize = 256 << 10

// copyBuffers are shared by all files: a fresh buffer for each signature costs
// more than the signature's own work on small files.
var copyBuffers = sync.Pool{New: func() any { return new([copySize]byte) }}

// copyInput reads size bytes once, in order, writes them to w and hashes them
// while they are written. Either of w and h may be nil.
func copyInput(ctx context.Context, w io.Writer, h hash.Hash, r io.ReaderAt, size int64) error {
	c := copying{w: w, r: r}
	if size <= copySize { // to hand one piece over takes longer than to hash it
		b := copyBuffers.Get().(*[copySize]byte)
		defer copyBuffers.Put(b)
		return c.piece(ctx, b[:size], 0, func(b []byte) {
			if h != nil {
				h.Write(b)
			}
		})
	}
	var buffers [2]*[copySize]byte
	for i := range buffers {
		buffers[i] = copyBuffers.Get().(*[copySize]byte)
		defer copyBuffers.Put(buffers[i])
	}
	digest := startDigest(h)
	defer digest.finish()
	for off, turn := int64(0), 0; off < size; turn++ {
		if turn >= len(buffers) {
			digest.wait() // until the buffer's last bytes are hashed
		}
		b := buffers[turn%len(buffers)][:min(copySize, size-off)]
		if err := c.piece(ctx, b, off, digest.write); err != nil {
			return err
		}
		off += int64(len(b))
	}
	return nil
}

// A copying is what copyInput copies from and to.
type copying struct {
	w io.Writer
	r io.ReaderAt
}

// piece reads into b, and has it hashed and written.
func (c copying) piece(ctx context.Context, b []byte, off int64, hash func([]byte)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if n, err := c.r.ReadAt(b, off); n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read input at %d: %w", off, err)
	}
	hash(b)
	if c.w == nil {
		return nil
	}
	if _, err := c.w.Write(b); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// A besideDigest hashes on a goroutine of its own, which finish waits for.
type besideDigest struct {
	in   chan []byte
	done chan struct{} // one for each piece of in
}

func startDigest(h hash.Hash) *besideDigest {
	d := &besideDigest{in: make(chan []byte, 1), done: make(chan struct{}, 2)}
	go func() {
		defer close(d.done)
		for b := range d.in {
			if h != nil {
				h.Write(b)
			}
			d.done <- struct{}{}
		}
	}()
	return d
}

func (d *besideDigest) write(b []byte) { d.in <- b }

// wait waits until the oldest piece that was not waited for is hashed.
func (d *besideDigest) wait() { <-d.done }

// finish waits until everything is hashed.
func (d *besideDigest) finish() {
	close(d.in)
	for range d.done { //nolint:revive // drained until it is closed
	}
}
