package signer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"signservice/signer/pdf"
)

// ErrCheck: the signed file is not what it was meant to be, and must not
// leave the house.
var ErrCheck = errors.New("signed file failed its check")

// Check verifies a signed file against its original and against what was
// prepared: the original is an unchanged prefix; the new signature is intact,
// covers the whole file, signs the prepared digest with the prepared
// certificate; earlier signatures are no worse than they were. Every error is
// an ErrCheck, or one of reading.
func Check(ctx context.Context, original io.ReaderAt, originalSize int64, signed io.ReaderAt, signedSize int64, p *Prepared) error {
	if err := samePrefix(ctx, original, originalSize, signed, signedSize); err != nil {
		return err
	}
	before, err := Verify(ctx, original, originalSize, VerifyOptions{})
	if err != nil {
		return fmt.Errorf("verify original: %w", err)
	}
	after, err := Verify(ctx, signed, signedSize, VerifyOptions{})
	if err != nil {
		return errors.Join(ErrCheck, err)
	}
	mine, err := newSignature(after, p.Reserved)
	if err != nil {
		return err
	}
	switch {
	case !mine.Intact || !mine.WholeFile:
		return fmt.Errorf("%w: the new signature is not intact: %q", ErrCheck, mine.Problems)
	case mine.certificate == nil || !bytes.Equal(mine.certificate.Raw, p.Certificate):
		return fmt.Errorf("%w: another certificate has signed", ErrCheck)
	case len(after.Signatures) != len(before.Signatures)+1:
		return fmt.Errorf("%w: %d signatures became %d", ErrCheck, len(before.Signatures), len(after.Signatures))
	}
	if err := sameDigest(ctx, signed, signedSize, p.Reserved); err != nil {
		return err
	}
	return earlierGood(before, after)
}

// CheckRaised verifies what Raise made of a signed file: the signed file is an
// unchanged prefix, what follows is nothing but material and document
// time-stamps, all intact, and no earlier signature is worse than it was. Every
// error is an ErrCheck, or one of reading.
func CheckRaised(ctx context.Context, signed io.ReaderAt, signedSize int64, raised io.ReaderAt, raisedSize int64) error {
	if err := samePrefix(ctx, signed, signedSize, raised, raisedSize); err != nil {
		return err
	}
	before, err := Verify(ctx, signed, signedSize, VerifyOptions{})
	if err != nil {
		return fmt.Errorf("verify the signed file: %w", err)
	}
	after, err := Verify(ctx, raised, raisedSize, VerifyOptions{})
	if err != nil {
		return errors.Join(ErrCheck, err)
	}
	old := map[string]SignatureReport{}
	for _, s := range before.Signatures {
		old[s.Field] = s
	}
	for _, s := range after.Signatures {
		earlier, found := old[s.Field]
		switch {
		case !found && (!s.stamp() || !s.Good()):
			return fmt.Errorf("%w: field %q holds no good document time-stamp", ErrCheck, s.Field)
		case found && !onlyKept(earlier.Changes, s.Changes):
			return fmt.Errorf("%w: more than material and time-stamps follows field %q", ErrCheck, s.Field)
		}
	}
	return earlierGood(before, after)
}

// onlyKept tells whether all changes that came are of the kinds that keep a
// signature.
func onlyKept(before, after []Change) bool {
	for _, c := range after {
		if c.Kind != ChangeSecurityStore && c.Kind != ChangeTimestamp && !slices.Contains(before, c) {
			return false
		}
	}
	return true
}

// newSignature finds the signature that was just made by its field.
func newSignature(r *Report, reserved *pdf.Reserved) (*SignatureReport, error) {
	for i := range r.Signatures {
		if r.Signatures[i].Field == reserved.Field {
			return &r.Signatures[i], nil
		}
	}
	return nil, fmt.Errorf("%w: the new signature is not found", ErrCheck)
}

// sameDigest hashes the prepared byte range of the signed file anew.
func sameDigest(ctx context.Context, signed io.ReaderAt, size int64, r *pdf.Reserved) error {
	b := r.ByteRange
	if b[2]+b[3] != size {
		return fmt.Errorf("%w: the file has another length than was prepared", ErrCheck)
	}
	hash := r.Hash.New()
	for i := 0; i < 4; i += 2 {
		if err := copyAll(ctx, hash, io.NewSectionReader(signed, b[i], b[i+1])); err != nil {
			return fmt.Errorf("read signed file: %w", err)
		}
	}
	if !bytes.Equal(hash.Sum(nil), r.Digest) {
		return fmt.Errorf("%w: another digest than the intended one", ErrCheck)
	}
	return nil
}

// earlierGood refuses a file in which an earlier signature became worse.
func earlierGood(before, after *Report) error {
	now := map[string]SignatureReport{}
	for _, s := range after.Signatures {
		now[s.Field] = s
	}
	for _, s := range before.Signatures {
		later, found := now[s.Field]
		if !found || s.Intact && !later.Intact || s.Good() && !later.Good() {
			return fmt.Errorf("%w: the earlier signature in field %q would no longer be good", ErrCheck, s.Field)
		}
	}
	return nil
}

// samePrefix compares the original with the beginning of the signed file.
func samePrefix(ctx context.Context, original io.ReaderAt, originalSize int64, signed io.ReaderAt, signedSize int64) error {
	if signedSize <= originalSize {
		return fmt.Errorf("%w: it is not longer than its original", ErrCheck)
	}
	const portion = 256 << 10
	a, b := make([]byte, min(portion, originalSize)), make([]byte, min(portion, originalSize))
	for off := int64(0); off < originalSize; off += int64(len(a)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		a, b = a[:min(int64(len(a)), originalSize-off)], b[:min(int64(len(b)), originalSize-off)]
		if err := readFull(original, a, off); err != nil {
			return fmt.Errorf("read original: %w", err)
		}
		if err := readFull(signed, b, off); err != nil {
			return fmt.Errorf("read signed file: %w", err)
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%w: the original is not its prefix", ErrCheck)
		}
	}
	return nil
}

// readFull fills b, whose end may be the end of the file.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}
