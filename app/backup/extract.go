package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
)

// extractor writes the files of a backup into a folder.
type extractor struct {
	// root keeps whatever a name says within the folder.
	root  *os.Root
	files []File
}

// extract writes the files of an opened backup into a folder and holds them
// against its manifest.
func extract(ctx context.Context, opened io.Reader, dir string) (Manifest, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Manifest{}, err
	}
	defer root.Close() //nolint:errcheck // nothing is written through it any more
	x := &extractor{root: root}
	m, err := x.all(ctx, tar.NewReader(opened))
	if err != nil {
		return m, err
	}
	// The end of the tar is not the end of the file, which age alone can tell from
	// one that was cut off.
	if n, err := io.Copy(io.Discard, opened); n > 0 || err != nil {
		return m, damaged(err)
	}
	if !slices.Equal(m.Files, x.files) || !slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == storeName }) {
		return m, fmt.Errorf("%w: its files are not those of its manifest", ErrDamaged)
	}
	return m, x.sync()
}

// all reads the note, the files and the manifest, which must be the last.
func (x *extractor) all(ctx context.Context, r *tar.Reader) (m Manifest, err error) {
	if err := first(r); err != nil {
		return m, err
	}
	for {
		h, err := r.Next()
		if err != nil {
			return m, damaged(err) // also at the end: there was no manifest
		}
		if h.Name == manifestName && h.Typeflag == tar.TypeReg {
			break
		}
		if err := x.file(ctx, h, r); err != nil {
			return m, err
		}
	}
	if err := readJSON(r, &m); err != nil {
		return m, err
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		return m, damaged(err)
	}
	return m, nil
}

// first reads the note by which a backup is known.
func first(r *tar.Reader) error {
	h, err := r.Next()
	var n note
	switch {
	case errors.Is(err, tar.ErrHeader), errors.Is(err, io.EOF):
		return ErrForeign
	case err != nil:
		return damaged(err)
	case h.Name != noteName || h.Typeflag != tar.TypeReg:
		return ErrForeign
	}
	if err := readJSON(r, &n); err != nil {
		return err
	}
	switch {
	case n.Format < 1:
		return ErrForeign
	case n.Format > format:
		return fmt.Errorf("%w (%s)", ErrNewer, n.Version)
	}
	return nil
}

// file writes one file, durably. The name is one of those that belong, so the
// folders above it are ours to make.
func (x *extractor) file(ctx context.Context, h *tar.Header, r io.Reader) error {
	if h.Typeflag != tar.TypeReg || !belongs(h.Name) {
		return fmt.Errorf("%w: it holds %q, which no backup does", ErrForeign, h.Name)
	}
	if err := x.root.MkdirAll(path.Dir(h.Name), 0o700); err != nil {
		return err
	}
	f, err := x.root.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: it holds %s twice", ErrDamaged, h.Name)
	}
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := copyTo(ctx, io.MultiWriter(f, sum), r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	x.files = append(x.files, File{Name: h.Name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// copyTo copies and tells what is wrong with the backup from what is wrong with
// the disk.
func copyTo(ctx context.Context, w io.Writer, r io.Reader) (n int64, err error) {
	var reading error
	n, err = io.Copy(w, readerFunc(func(p []byte) (n int, err error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err = r.Read(p)
		if err != nil && !errors.Is(err, io.EOF) {
			reading = err
		}
		return n, err
	}))
	if reading != nil {
		return n, damaged(reading)
	}
	return n, err
}

// readerFunc is a function that reads.
type readerFunc func(p []byte) (int, error)

// Read calls the function.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// sync makes the names of all folders and files durable.
func (x *extractor) sync() error {
	return fs.WalkDir(x.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		d, err := x.root.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(d.Sync(), d.Close())
	})
}

// damaged tells of a backup that cannot be read on.
func damaged(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
