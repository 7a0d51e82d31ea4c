package storetest

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"

	"signservice/app"
	"signservice/app/store"
)

// ErrInjected is the cause of every fault.
var ErrInjected = errors.New("injected fault")

// Faulty is a backend that fails at its n-th operation from now on: beginning,
// reading, writing, each row of a scan, and committing are operations.
type Faulty struct {
	store.Backend
	left atomic.Int64
}

// FailAt makes the n-th operation from now on fail, and no other; 0 makes none.
func (f *Faulty) FailAt(n int64) { f.left.Store(n) }

// Waiting tells whether the fault is still to come.
func (f *Faulty) Waiting() bool { return f.left.Load() > 0 }

func (f *Faulty) step() error {
	if f.left.Add(-1) == 0 {
		return app.Fail(app.Unavailable, "fail on purpose", "store.unavailable").Because(ErrInjected)
	}
	return nil
}

// View is the backend's, with faults.
func (f *Faulty) View(ctx context.Context, fn func(store.Tx) error) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.Backend.View(ctx, func(tx store.Tx) error { return fn(&faultyTx{tx, f}) })
}

// Update is the backend's, with faults; a failing commit stores nothing.
func (f *Faulty) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.Backend.Update(ctx, func(tx store.Tx) error {
		if err := fn(&faultyTx{tx, f}); err != nil {
			return err
		}
		return f.step()
	})
}

type faultyTx struct {
	store.Tx
	faulty *Faulty
}

func (t *faultyTx) Get(bucket, key string) ([]byte, error) {
	if err := t.faulty.step(); err != nil {
		return nil, err
	}
	return t.Tx.Get(bucket, key)
}

func (t *faultyTx) Put(bucket, key string, value []byte) error {
	if err := t.faulty.step(); err != nil {
		return err
	}
	return t.Tx.Put(bucket, key, value)
}

func (t *faultyTx) Delete(bucket, key string) error {
	if err := t.faulty.step(); err != nil {
		return err
	}
	return t.Tx.Delete(bucket, key)
}

func (t *faultyTx) Scan(bucket string, r store.Range) iter.Seq2[store.Row, error] {
	return func(yield func(store.Row, error) bool) {
		for row, err := range t.Tx.Scan(bucket, r) {
			if fault := t.faulty.step(); fault != nil {
				yield(store.Row{}, fault)
				return
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// FailEverywhere does act with a fault at its first operation, then at its
// second, and so on, until act passes without meeting the fault. begin gives a
// fresh state for each round: what is under test, and the backend it uses.
// check looks at what is left, with the error that act gave.
func FailEverywhere[S any](t *testing.T, begin func(t *testing.T) (S, *Faulty), act func(S) error, check func(t *testing.T, s S, err error)) {
	t.Helper()
	for n := int64(1); ; n++ {
		s, faulty := begin(t)
		faulty.FailAt(n)
		err := act(s)
		met := !faulty.Waiting()
		faulty.FailAt(0)
		if met && !errors.Is(err, ErrInjected) {
			t.Fatalf("operation %d failed, and the act gave %v", n, err)
		}
		check(t, s, err)
		if t.Failed() {
			t.Fatalf("with a fault at operation %d", n)
		}
		if !met {
			if err != nil {
				t.Fatalf("without a fault: %v", err)
			}
			t.Logf("%d operations failed one after the other", n-1)
			return
		}
	}
}

// Twice gives a backend that runs every update function twice: the first run
// is rolled back.
func Twice(b store.Backend) store.Backend { return twice{b} }

type twice struct{ store.Backend }

var errFirstRun = errors.New("first run")

func (b twice) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := b.Backend.Update(ctx, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errFirstRun
	})
	if !errors.Is(err, errFirstRun) {
		return err
	}
	return b.Backend.Update(ctx, fn)
}
