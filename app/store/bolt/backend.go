package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"signservice/app"
	"signservice/app/store"
)

// lockTimeout is how long Open waits for another process to let go of the file.
const lockTimeout = time.Second

// errDamaged is the cause when the file's structure is not whole.
var errDamaged = errors.New("the store's file is damaged")

// Options are the backend's settings; the zero value works.
type Options struct {
	// Now is the clock of transactions; nil means time.Now.
	Now func() time.Time
}

// Backend is a store.Backend in one file. Its methods may be called at the
// same time from any goroutine.
type Backend struct {
	db  *bbolt.DB
	now func() time.Time
	// writer holds one value while a transaction writes, so that waiting for it
	// can be given up.
	writer chan struct{}
	// broken is set once, when the file can no longer be trusted.
	broken atomic.Pointer[error]
	// stuck is set when bbolt panicked while it held its locks: closing would
	// wait for ever, and the end of the process lets go of the file.
	stuck  atomic.Bool
	closed atomic.Bool
}

// Open opens the file, or makes it, with mode 0600. It fails with kind
// app.Unavailable and key "store.busy" when another process holds the file,
// and with kind app.Internal and key "store.damaged" when it is not whole; it
// does not change such a file, but may hold it until the process ends.
func Open(path string, o Options) (*Backend, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	made, err := missing(path)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	b := &Backend{now: o.Now, writer: make(chan struct{}, 1)}
	if err := b.guard(func() (err error) {
		b.db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout})
		return err
	}); err != nil {
		return nil, openFailure(path, err)
	}
	if err := b.check(path); err != nil {
		b.guard(b.db.Close) //nolint:errcheck // the file was only read
		return nil, openFailure(path, err)
	}
	if made {
		if err := syncDir(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("open store: %w", errors.Join(err, b.db.Close()))
		}
	}
	return b, nil
}

// missing tells whether there is no file yet. It refuses an empty one: bbolt
// would start anew in it, and a file that lost its content must not pass for a
// new installation.
func missing(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case info.Size() == 0:
		return false, app.Fail(app.Internal, "", "store.damaged", path).
			Because(fmt.Errorf("%s is empty; if nothing was ever stored in it, delete it", path))
	}
	return false, nil
}

func openFailure(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return app.Fail(app.Unavailable, "open store", "store.busy", path).
			Because(fmt.Errorf("another process uses %s", path))
	case errors.Is(err, errDamaged), errors.Is(err, bolterrors.ErrInvalid),
		errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return app.Fail(app.Internal, "open store", "store.damaged", path).Because(err)
	}
	return fmt.Errorf("open store: %w", err)
}

// View runs fn in a transaction that reads.
func (b *Backend) View(ctx context.Context, fn func(store.Tx) error) error {
	return b.run(ctx, false, fn)
}

// Update runs fn, once, in the transaction that writes.
func (b *Backend) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil { // with both ready, select would toss a coin
		return err
	}
	select {
	case b.writer <- struct{}{}:
		defer func() { <-b.writer }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return b.run(ctx, true, fn)
}

// run begins a transaction, runs fn in it and ends it.
func (b *Backend) run(ctx context.Context, writes bool, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.usable(); err != nil {
		return err
	}
	var btx *bbolt.Tx
	err := b.locked(func() (err error) {
		btx, err = b.db.Begin(writes)
		return err
	})
	if err != nil {
		return unavailable("begin transaction", err)
	}
	t := &tx{backend: b, tx: btx, writes: writes, now: b.now().UTC().Round(0)}
	committing := false
	defer func() { // also when fn panics
		t.ended = true
		if !committing {
			b.rollback(btx)
		}
	}()
	if err := fn(t); err != nil || !writes {
		return err
	}
	if err := b.whole(); err != nil { // damage showed meanwhile, and fn passed it over
		return err
	}
	committing = true
	return b.commit(btx)
}

func (b *Backend) commit(btx *bbolt.Tx) error {
	err := b.locked(btx.Commit)
	if err == nil {
		return nil
	}
	if !passing(err) {
		b.breakWith(err)
	}
	if !errors.Is(err, errDamaged) {
		b.rollback(btx) // bbolt has done so in most cases, not in all
	}
	return unavailable("commit", err)
}

// passing tells whether a commit failed for want of space: then nothing that
// was promised is in doubt. After any other failure, a failed sync above all,
// the kernel's view of the file can differ from the disk's.
func passing(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

func (b *Backend) rollback(btx *bbolt.Tx) {
	err := b.locked(btx.Rollback)
	if err != nil && !errors.Is(err, bolterrors.ErrTxClosed) {
		b.breakWith(err)
	}
}

// Close waits for running transactions and closes the file.
func (b *Backend) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	if b.stuck.Load() {
		return nil
	}
	return b.guard(b.db.Close)
}

func (b *Backend) usable() error {
	if b.closed.Load() {
		return unavailable("begin transaction", bolterrors.ErrDatabaseNotOpen)
	}
	return b.whole()
}

func (b *Backend) whole() error {
	if err := b.broken.Load(); err != nil {
		return unavailable("begin transaction", fmt.Errorf("the store stopped until it is opened again: %w", *err))
	}
	return nil
}

func (b *Backend) breakWith(err error) { b.broken.CompareAndSwap(nil, &err) }

// locked is guard for steps in which bbolt takes or holds its locks.
func (b *Backend) locked(step func() error) error {
	err := b.guard(step)
	if errors.Is(err, errDamaged) {
		b.stuck.Store(true)
	}
	return err
}

// guard runs a step of bbolt and makes an error of a panic, which is how bbolt
// and the memory map tell of damage.
func (b *Backend) guard(step func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
			b.breakWith(err)
		}
	}()
	return step()
}

// check reads the structure of the file.
func (b *Backend) check(path string) error {
	return b.guard(func() error {
		btx, err := b.db.Begin(false)
		if err != nil {
			return err
		}
		defer btx.Rollback() //nolint:errcheck // only read
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // only read
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if info.Size() < btx.Size() {
			return fmt.Errorf("%w: %d of %d bytes are there", errDamaged, info.Size(), btx.Size())
		}
		pageSize := int64(b.db.Info().PageSize)
		w := &walker{file: f, pageSize: pageSize, pages: uint64(btx.Size() / pageSize), seen: map[uint64]bool{}}
		return w.all(btx.ID())
	})
}

func unavailable(op string, err error) error {
	return app.Fail(app.Unavailable, op, "store.unavailable").Because(err)
}

// syncDir makes a new name in a folder durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
