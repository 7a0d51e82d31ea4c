package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"

	"signservice/app/store"
)

// archive is a backup in the making, before it is encrypted.
type archive struct {
	tar      *tar.Writer
	manifest Manifest
}

// write writes the whole of a backup: see the package's page for the order.
func (c Config) write(ctx context.Context, w io.Writer) (Manifest, error) {
	a := &archive{tar: tar.NewWriter(w)}
	if err := a.records(ctx, c.Source, c.Version); err != nil {
		return a.manifest, err
	}
	names, err := beside(c.Dir)
	if err != nil {
		return a.manifest, err
	}
	for _, name := range names {
		if err := errors.Join(ctx.Err(), a.file(c.Dir, name)); err != nil {
			return a.manifest, err
		}
	}
	if err := a.text(manifestName, a.manifest); err != nil {
		return a.manifest, err
	}
	return a.manifest, a.tar.Close()
}

// records writes the note of the format and the store.
func (a *archive) records(ctx context.Context, source Source, version string) error {
	var sum hash.Hash
	var size int64
	err := source.Snapshot(ctx, func(s store.Snapshot) (io.Writer, error) {
		m := &a.manifest
		m.note = note{Format: format, Version: version, At: s.At}
		m.Migrations, m.Seq, m.Hash, size = s.Migrations, s.Seq, s.Hash, s.Size
		if err := a.text(noteName, m.note); err != nil {
			return nil, err
		}
		var w io.Writer
		var err error
		w, sum, err = a.begin(storeName, s.Size)
		return w, err
	})
	if err != nil {
		return err
	}
	return a.end(storeName, size, sum)
}

// file writes one file of the folder. One that is gone is left out.
func (a *archive) file(dir, name string) error {
	f, err := os.Open(local(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w, sum, err := a.begin(name, info.Size())
	if err != nil {
		return err
	}
	if _, err := io.CopyN(w, f, info.Size()); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	return a.end(name, info.Size(), sum)
}

// begin begins a file: what it gives takes its bytes and adds them up.
func (a *archive) begin(name string, size int64) (io.Writer, hash.Hash, error) {
	if err := a.tar.WriteHeader(header(name, size, a.manifest.At)); err != nil {
		return nil, nil, err
	}
	sum := sha256.New()
	return io.MultiWriter(a.tar, sum), sum, nil
}

// end holds that the file had the length that was told, and notes it.
func (a *archive) end(name string, size int64, sum hash.Hash) error {
	if err := a.tar.Flush(); err != nil {
		return fmt.Errorf("copy %s: %w", name, err)
	}
	a.manifest.Files = append(a.manifest.Files, File{Name: name, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// text writes a value that describes the backup; it is none of its files.
func (a *archive) text(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := a.tar.WriteHeader(header(name, int64(len(data)), a.manifest.At)); err != nil {
		return err
	}
	_, err = bytes.NewReader(data).WriteTo(a.tar)
	return err
}

func header(name string, size int64, at time.Time) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: at.Truncate(time.Second)}
}
