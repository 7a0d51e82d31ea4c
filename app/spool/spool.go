package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"filippo.io/age"

	"signservice/app"
	"signservice/app/secret"
)

const (
	identityFile = "identity.sealed"
	ending       = ".age"
	unfinished   = ".part"
)

// Spool is a folder of sealed files. Its methods may be called from any
// goroutine.
type Spool struct {
	dir      string
	identity *age.X25519Identity
}

// New opens the spool in dir, which it makes when it is missing, and removes
// what an earlier process left half written. A spool that was sealed under
// another master key is refused, and stays as it is.
func New(dir string, keeper *secret.Keeper) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, failure("open spool", err)
	}
	identity, err := openIdentity(dir, keeper)
	if err != nil {
		return nil, err
	}
	s := &Spool{dir: dir, identity: identity}
	return s, s.clean()
}

// openIdentity reads the spool's own key, or makes it.
func openIdentity(dir string, keeper *secret.Keeper) (*age.X25519Identity, error) {
	name := filepath.Join(dir, identityFile)
	sealed, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := empty(dir); err != nil {
			return nil, err
		}
		return makeIdentity(dir, keeper)
	}
	if err != nil {
		return nil, failure("read spool key", err)
	}
	plain, err := keeper.Open(sealed, []byte("spool identity"))
	if err != nil {
		return nil, fmt.Errorf("open spool key: %w", err)
	}
	defer clear(plain)
	return age.ParseX25519Identity(string(plain))
}

// empty refuses a folder that holds sealed files: with a new key none of them
// could ever be read again.
func empty(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, ending) {
			err = app.Fail(app.Internal, "open spool", "").
				Because(errors.New("the spool's key is missing beside sealed files: restore " + identityFile))
		}
		return err
	})
}

func makeIdentity(dir string, keeper *secret.Keeper) (*age.X25519Identity, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, failure("make spool key", err)
	}
	sealed, err := keeper.Seal([]byte(identity.String()), []byte("spool identity"))
	if err != nil {
		return nil, fmt.Errorf("seal spool key: %w", err)
	}
	w, err := begin(filepath.Join(dir, identityFile))
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(sealed); err != nil {
		return nil, errors.Join(failure("write spool key", err), w.abort())
	}
	return identity, w.commit()
}

// clean removes what was never committed.
func (s *Spool) clean() error {
	return filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, unfinished) {
			return err
		}
		return os.Remove(path)
	})
}

// path gives the file of a name, which has the form "id/which".
func (s *Spool) path(name string) (string, error) {
	if !regexp.MustCompile(`^[0-9a-f]{16,64}/[a-z]{1,16}$`).MatchString(name) {
		return "", app.Fail(app.Internal, "name spool file", "").Because(fmt.Errorf("not a spool name: %q", name))
	}
	return filepath.Join(s.dir, filepath.FromSlash(name)+ending), nil
}

// Create begins a file, which exists only after Commit and then replaces an
// earlier one of the name.
func (s *Spool) Create(ctx context.Context, name string) (*Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path, err := s.path(name)
	if err != nil {
		return nil, err
	}
	f, err := beginIn(path)
	if err != nil {
		return nil, err
	}
	sealed, err := age.Encrypt(f, s.identity.Recipient())
	if err != nil {
		return nil, errors.Join(failure("seal spool file", err), f.abort())
	}
	return &Writer{file: f, sealed: sealed}, nil
}

// Open gives a file, or an error of kind app.NotFound.
func (s *Spool) Open(ctx context.Context, name string) (*Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path, err := s.path(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, app.Fail(app.NotFound, "open spool file", "").Because(err)
	}
	if err != nil {
		return nil, failure("open spool file", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(failure("open spool file", err), f.Close())
	}
	plain, size, err := age.DecryptReaderAt(f, info.Size(), s.identity)
	if err != nil { // the disk has changed it, or it is another spool's
		return nil, errors.Join(app.Fail(app.Internal, "open spool file", "request.spool").Because(err), f.Close())
	}
	return &Reader{ReaderAt: plain, file: f, size: size}, nil
}

// Delete removes a file; one that does not exist is no error.
func (s *Spool) Delete(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path, err := s.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failure("delete spool file", err)
	}
	if err := os.Remove(filepath.Dir(path)); err != nil {
		return nil //nolint:nilerr // the other file of the Request is still there
	}
	return nil
}

// List gives the names of all files, sorted.
func (s *Spool) List(ctx context.Context) ([]string, error) {
	var names []string
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ending) {
			return err
		}
		rel, err := filepath.Rel(s.dir, strings.TrimSuffix(path, ending))
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	sort.Strings(names)
	return names, err
}

// failure says that the disk does not work, which may pass.
func failure(op string, err error) error {
	return app.Fail(app.Unavailable, op, "").Because(err)
}

// Writer is a file in the making.
type Writer struct {
	file   *part
	sealed io.WriteCloser
	done   bool
}

// Write seals p into the file.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.sealed.Write(p)
	if err != nil {
		err = failure("write spool file", err)
	}
	return n, err
}

// Commit makes the file durable under its name.
func (w *Writer) Commit() error {
	if w.done {
		return app.Fail(app.Internal, "commit spool file", "").Because(fs.ErrClosed)
	}
	w.done = true
	if err := w.sealed.Close(); err != nil {
		return errors.Join(failure("seal spool file", err), w.file.abort())
	}
	return w.file.commit()
}

// Abort removes a file that was not committed; after Commit it does nothing.
func (w *Writer) Abort() error {
	if w.done {
		return nil
	}
	w.done = true
	return w.file.abort()
}

// Reader is an opened file.
type Reader struct {
	io.ReaderAt
	file *os.File
	size int64
}

// Size is the length of the readable content in bytes.
func (r *Reader) Size() int64 { return r.size }

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// part is a file that has not got its name yet.
type part struct {
	*os.File
	path string
}

// beginIn begins a file in a folder that may not be there, or that Delete may
// remove just now since it is empty.
func beginIn(path string) (*part, error) {
	for range 10 {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, failure("create spool file", err)
		}
		if f, err := begin(path); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return begin(path)
}

func begin(path string) (*part, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+unfinished)
	if err != nil {
		return nil, failure("create spool file", err)
	}
	return &part{f, path}, nil
}

// commit gives the file its name, after its bytes and before the folder are
// safe on disk.
func (p *part) commit() error {
	if err := errors.Join(p.Sync(), p.Close()); err != nil {
		return errors.Join(failure("commit spool file", err), os.Remove(p.Name()))
	}
	if err := os.Rename(p.Name(), p.path); err != nil {
		return errors.Join(failure("commit spool file", err), os.Remove(p.Name()))
	}
	for _, dir := range []string{filepath.Dir(p.path), filepath.Dir(filepath.Dir(p.path))} {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) abort() error { return errors.Join(p.Close(), os.Remove(p.Name())) }

// syncDir makes a folder's entries durable.
func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return failure("commit spool file", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return failure("commit spool file", err)
	}
	return nil
}
