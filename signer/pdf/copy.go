package pdf

import (
	"context"
	"fmt"
	"io"
	"sync"
)

const copySize = 256 << 10

// copyBuffers are shared by all files: a fresh buffer for each signature costs
// more than the signature's own work on small files.
var copyBuffers = sync.Pool{New: func() any { return new([copySize]byte) }}

// copyInput reads size bytes once, in order, and writes them to w.
func copyInput(ctx context.Context, w io.Writer, r io.ReaderAt, size int64) error {
	buf := copyBuffers.Get().(*[copySize]byte)
	defer copyBuffers.Put(buf)
	for off := int64(0); off < size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(copySize, size-off)]
		if n, err := r.ReadAt(b, off); n < len(b) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("read input at %d: %w", off, err)
		}
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
		off += int64(len(b))
	}
	return nil
}
