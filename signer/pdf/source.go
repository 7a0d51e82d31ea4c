package pdf

import (
	"errors"
	"fmt"
	"io"
)

const (
	blockSize = 32 << 10
	maxBlocks = 96
)

// A source reads the file in blocks and keeps the last ones, since structure is
// read in small pieces that lie close together. Blocks are never written to
// after they were read, so slices of them stay good.
type source struct {
	r      io.ReaderAt
	size   int64
	blocks map[int64][]byte
	order  []int64 // ring of the blocks' numbers, in the order they came
	next   int
	origin *origin
}

// An origin is shared by the sources of one file and of its revisions.
type origin struct{ _ byte }

func newSource(r io.ReaderAt, size int64) *source {
	return &source{r: r, size: size, blocks: map[int64][]byte{}, origin: &origin{}}
}

// window gives n bytes at the offset, or what there is of them before the end
// of the file. The caller must not write to them.
func (s *source) window(off int64, n int) ([]byte, error) {
	if off < 0 || off >= s.size || n <= 0 {
		return nil, nil
	}
	n = int(min(int64(n), s.size-off))
	first, last := off/blockSize, (off+int64(n)-1)/blockSize
	if first == last {
		b, err := s.block(first)
		if err != nil {
			return nil, err
		}
		at := int(off - first*blockSize)
		return b[at : at+n : at+n], nil
	}
	if n > 4*blockSize {
		return s.read(off, n)
	}
	out := make([]byte, 0, n)
	for i := first; i <= last; i++ {
		b, err := s.block(i)
		if err != nil {
			return nil, err
		}
		from := max(0, off-i*blockSize)
		to := min(int64(len(b)), off+int64(n)-i*blockSize)
		out = append(out, b[from:to]...)
	}
	return out, nil
}

func (s *source) block(i int64) ([]byte, error) {
	if b, ok := s.blocks[i]; ok {
		return b, nil
	}
	off := i * blockSize
	b, err := s.read(off, int(min(blockSize, s.size-off)))
	if err != nil {
		return nil, err
	}
	if len(s.order) < maxBlocks {
		s.order = append(s.order, i)
	} else {
		delete(s.blocks, s.order[s.next])
		s.order[s.next] = i
		s.next = (s.next + 1) % maxBlocks
	}
	s.blocks[i] = b
	return b, nil
}

func (s *source) read(off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := s.r.ReadAt(b, off); got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read %d bytes at %d: %w", n, off, err)
	}
	return b, nil
}
