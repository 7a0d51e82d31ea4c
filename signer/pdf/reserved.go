package pdf

import (
	"bytes"
	"context"
	"crypto"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
)

// A Reserved is a prepared signature: everything but the CMS. It can be stored,
// for instance as JSON, and finished by another process.
type Reserved struct {
	// Size is the length of the input in bytes.
	Size int64 `json:"size"`
	// Field is the full name of the signature field.
	Field string `json:"field"`
	// ByteRange is what the signature covers: all of the output but the
	// hexadecimal string with its angle brackets.
	ByteRange [4]int64 `json:"byteRange"`
	// ContentsOffset is where the first hexadecimal digit goes in the output,
	// ContentsSize how many bytes of CMS fit, at two digits each.
	ContentsOffset int64 `json:"contentsOffset"`
	ContentsSize   int   `json:"contentsSize"`
	// Digest is that of the byte range, by Hash.
	Hash   crypto.Hash `json:"hash"`
	Digest []byte      `json:"digest"`
	// Increment is what follows the input, with zeros in place of the signature.
	Increment []byte `json:"increment"`
}

// digest copies the input and the increment to w, unless that is nil, and takes
// the digest.
func (r *Reserved) digest(ctx context.Context, in io.ReaderAt, w io.Writer) error {
	h := r.Hash.New()
	if err := copyInput(ctx, w, h, in, r.Size); err != nil {
		return err
	}
	from, to := r.gap()
	h.Write(r.Increment[:from])
	h.Write(r.Increment[to:])
	r.Digest = h.Sum(nil)
	if w == nil {
		return nil
	}
	if _, err := w.Write(r.Increment); err != nil {
		return fmt.Errorf("write increment: %w", err)
	}
	return nil
}

// gap gives where the hexadecimal string stands in the increment.
func (r *Reserved) gap() (from, to int64) {
	return r.ByteRange[1] - r.Size, r.ByteRange[2] - r.Size
}

// hexContents gives the digits for the whole reserved place.
func (r *Reserved) hexContents(cms []byte) ([]byte, error) {
	if len(cms) > r.ContentsSize {
		return nil, fmt.Errorf("%w: %d bytes, reserved are %d", ErrContentsSize, len(cms), r.ContentsSize)
	}
	digits := make([]byte, 2*r.ContentsSize)
	n := hex.Encode(digits, cms)
	for i := n; i < len(digits); i++ {
		digits[i] = '0'
	}
	return digits, nil
}

// WriteContents puts the CMS into the place that was reserved for it in an
// output of [File.AppendSignature]. It fails with ErrContentsSize, and then has
// written nothing, if the CMS is too large: prepare the file again with more
// room. It may be called again.
func WriteContents(w io.WriterAt, r *Reserved, cms []byte) error {
	digits, err := r.hexContents(cms)
	if err != nil {
		return err
	}
	if _, err := w.WriteAt(digits, r.ContentsOffset); err != nil {
		return fmt.Errorf("write signature: %w", err)
	}
	return nil
}

// Fill gives the increment with the CMS in its place, to be appended to the
// input. It fails with ErrContentsSize.
func (r *Reserved) Fill(cms []byte) ([]byte, error) {
	digits, err := r.hexContents(cms)
	if err != nil {
		return nil, err
	}
	from, to := r.gap()
	if from < 0 || to-from != int64(len(digits))+2 || to > int64(len(r.Increment)) {
		return nil, fmt.Errorf("%w: prepared signature", ErrSpec)
	}
	out := bytes.Clone(r.Increment)
	copy(out[from+1:], digits)
	return out, nil
}

// Embed writes the input, unchanged, and the increment with the CMS in its
// place. It fails with ErrContentsSize before anything is written, and with
// ErrInputChanged after all is written if the input is not the one that was
// prepared: what was written is worthless then.
func (r *Reserved) Embed(ctx context.Context, w io.Writer, in io.ReaderAt, cms []byte) error {
	filled, err := r.Fill(cms)
	if err != nil {
		return err
	}
	if !r.Hash.Available() {
		return fmt.Errorf("%w: prepared signature", ErrSpec)
	}
	from, to := r.gap()
	h := r.Hash.New()
	if err := copyInput(ctx, w, h, in, r.Size); err != nil {
		return fmt.Errorf("embed signature: %w", err)
	}
	h.Write(r.Increment[:from])
	h.Write(r.Increment[to:])
	if _, err := w.Write(filled); err != nil {
		return fmt.Errorf("embed signature: %w", err)
	}
	if subtle.ConstantTimeCompare(h.Sum(nil), r.Digest) != 1 {
		return fmt.Errorf("embed signature: %w", ErrInputChanged)
	}
	return nil
}
