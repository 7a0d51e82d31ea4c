package bitrix

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// ErrEmptyFile is returned before anything is sent for a file without
// content: a portal answers an empty file with an error and deletes the old
// one all the same.
var ErrEmptyFile = errors.New("file is empty")

// File is a file to send. Its content is read in small pieces while it is
// sent, and again from the start when the call is repeated, so it must not
// change until the call returns.
// https://apidocs.bitrix24.com/api-reference/files/how-to-upload-files.html
type File struct {
	Name    string      // cleaned by CleanFileName when it is sent
	Content io.ReaderAt // at least Size bytes
	Size    int64       // bytes
}

// encodedLen is the length of the content in base64.
func (f File) encodedLen() int64 {
	return (f.Size + 2) / 3 * 4 // base64.EncodedLen takes an int
}

func (f File) check() error {
	switch {
	case f.Content == nil || f.Size == 0:
		return fmt.Errorf("%w: %q", ErrEmptyFile, CleanFileName(f.Name))
	case f.Size < 0:
		return fmt.Errorf("file %q has a negative size", CleanFileName(f.Name))
	}
	return nil
}

// base64Piece is the number of bytes read at once, a multiple of three so that
// only the last piece is padded.
const base64Piece = 24 << 10

// base64Reader reads a file in base64 with a buffer of fixed size.
type base64Reader struct {
	source  *io.SectionReader
	left    int64
	raw     [base64Piece]byte
	encoded [base64Piece / 3 * 4]byte
	ready   []byte // part of encoded that has not been read yet
}

func newBase64Reader(f File) *base64Reader {
	return &base64Reader{source: io.NewSectionReader(f.Content, 0, f.Size), left: f.Size}
}

// Read implements [io.Reader].
func (r *base64Reader) Read(p []byte) (int, error) {
	if len(r.ready) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		piece := r.raw[:min(r.left, base64Piece)]
		if _, err := io.ReadFull(r.source, piece); err != nil {
			return 0, fmt.Errorf("read the file to send: %w", noEOF(err))
		}
		r.left -= int64(len(piece))
		base64.StdEncoding.Encode(r.encoded[:], piece)
		r.ready = r.encoded[:base64.StdEncoding.EncodedLen(len(piece))]
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// noEOF keeps the end of a file that is shorter than declared from looking
// like the end of the body.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
