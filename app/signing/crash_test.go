package signing_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/signing"
)

var errPower = errors.New("power failure")

// power fails at the n-th call of any port. Below lie the real parts.
type power struct {
	// lost lets the failing call take effect before it fails.
	lost bool
	// back tells that the power comes back at once: one call fails as a thing
	// that may pass, and the process goes on.
	back bool
	n    int64
	left atomic.Int64
}

func (p *power) failAt(n int64) { p.n = n; p.left.Store(n) }

// met tells whether the failure has struck.
func (p *power) met() bool { return p.left.Load() <= 0 }

func (p *power) fail() error {
	if p.back {
		return app.Fail(app.Unavailable, "fail on purpose", "").Because(errPower)
	}
	return app.Fail(app.Internal, "fail on purpose", "").Because(errPower)
}

// through makes a call, or fails before or after it.
func through[T any](p *power, call func() (T, error)) (T, error) {
	var none T
	switch left := p.left.Add(-1); {
	case left == 0 && p.lost:
		if v, err := call(); err != nil {
			return v, err
		}
		return none, p.fail()
	case left == 0, left < 0 && !p.back && p.n > 0:
		return none, p.fail()
	}
	return call()
}

func (p *power) only(call func() error) error {
	_, err := through(p, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

type weakStore struct {
	signing.Store
	p *power
}

func (s weakStore) SaveRequest(ctx context.Context, r app.Request, e ...app.AuditEntry) error {
	return s.p.only(func() error { return s.Store.SaveRequest(ctx, r, e...) })
}

func (s weakStore) Request(ctx context.Context, portal app.PortalID, id app.RequestID) (app.Request, error) {
	return through(s.p, func() (app.Request, error) { return s.Store.Request(ctx, portal, id) })
}

func (s weakStore) Requests(ctx context.Context, portal app.PortalID, q app.RequestQuery) ([]app.Request, error) {
	return through(s.p, func() ([]app.Request, error) { return s.Store.Requests(ctx, portal, q) })
}

func (s weakStore) UpdateRequest(ctx context.Context, portal app.PortalID, id app.RequestID,
	change func(*app.Request, time.Time) ([]app.AuditEntry, error),
) (app.Request, error) {
	return through(s.p, func() (app.Request, error) { return s.Store.UpdateRequest(ctx, portal, id, change) })
}

func (s weakStore) CreateOrder(ctx context.Context, o app.Order, change func(*app.Request, time.Time) error, e ...app.AuditEntry) error {
	return s.p.only(func() error { return s.Store.CreateOrder(ctx, o, change, e...) })
}

func (s weakStore) Order(ctx context.Context, portal app.PortalID, id app.OrderID) (app.Order, error) {
	return through(s.p, func() (app.Order, error) { return s.Store.Order(ctx, portal, id) })
}

func (s weakStore) Authorize(ctx context.Context, portal app.PortalID, id app.OrderID,
	check func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error),
	entries func(app.Order, error) []app.AuditEntry,
) error {
	return s.p.only(func() error { return s.Store.Authorize(ctx, portal, id, check, entries) })
}

func (s weakStore) Account(ctx context.Context, portal app.PortalID, user app.UserID) (app.Account, error) {
	return through(s.p, func() (app.Account, error) { return s.Store.Account(ctx, portal, user) })
}

func (s weakStore) Certificate(ctx context.Context, portal app.PortalID, id app.CertificateID) (app.Certificate, error) {
	return through(s.p, func() (app.Certificate, error) { return s.Store.Certificate(ctx, portal, id) })
}

func (s weakStore) AssignedTo(ctx context.Context, portal app.PortalID, user app.UserID) ([]app.Assignment, error) {
	return through(s.p, func() ([]app.Assignment, error) { return s.Store.AssignedTo(ctx, portal, user) })
}

func (s weakStore) SaveRemembered(ctx context.Context, portal app.PortalID, user app.UserID, r app.Remembered) error {
	return s.p.only(func() error { return s.Store.SaveRemembered(ctx, portal, user, r) })
}

type weakSpool struct {
	signing.Spool
	p *power
}

func (s weakSpool) Create(ctx context.Context, name string) (signing.SpoolWriter, error) {
	w, err := through(s.p, func() (signing.SpoolWriter, error) { return s.Spool.Create(ctx, name) })
	return weakWriter{w, s.p}, err
}

func (s weakSpool) Open(ctx context.Context, name string) (signing.SpoolReader, error) {
	return through(s.p, func() (signing.SpoolReader, error) { return s.Spool.Open(ctx, name) })
}

func (s weakSpool) Delete(ctx context.Context, name string) error {
	return s.p.only(func() error { return s.Spool.Delete(ctx, name) })
}

type weakWriter struct {
	signing.SpoolWriter
	p *power
}

func (w weakWriter) Write(b []byte) (int, error) {
	return through(w.p, func() (int, error) { return w.SpoolWriter.Write(b) })
}

func (w weakWriter) Commit() error { return w.p.only(w.SpoolWriter.Commit) }

type weakPortal struct {
	signing.Portal
	p *power
}

func (s weakPortal) Fetch(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document, w io.Writer, limit int64) (app.Document, error) {
	return through(s.p, func() (app.Document, error) { return s.Portal.Fetch(ctx, portal, user, d, w, limit) })
}

func (s weakPortal) Ready(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document) error {
	return s.p.only(func() error { return s.Portal.Ready(ctx, portal, user, d) })
}

func (s weakPortal) Replace(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document, in app.Replacement) (string, error) {
	return through(s.p, func() (string, error) { return s.Portal.Replace(ctx, portal, user, d, in) })
}

func (s weakPortal) Tell(ctx context.Context, portal app.PortalID, user app.UserID, e app.Entity, story app.Story) error {
	return s.p.only(func() error { return s.Portal.Tell(ctx, portal, user, e, story) })
}

func (s weakPortal) Recheck(ctx context.Context, portal app.PortalID, user app.UserID) (app.Visit, error) {
	return through(s.p, func() (app.Visit, error) { return s.Portal.Recheck(ctx, portal, user) })
}

type weakKeys struct {
	signing.Keys
	p *power
}

func (k weakKeys) Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error) {
	var release func()
	key, err := through(k.p, func() (key crypto.Signer, err error) {
		key, release, err = k.Keys.Signer(ctx, c)
		return key, err
	})
	return key, release, err
}

// weaken puts the power between the Service and its parts.
func (w *world) weaken(p *power) {
	c := w.config
	c.Store, c.Spool, c.Portal = weakStore{c.Store, p}, weakSpool{c.Spool, p}, weakPortal{c.Portal, p}
	c.Keys = weakKeys{c.Keys, p}
	w.serve(c)
}

// TestEveryPowerFailure ends the process at each call of a port, one after the
// other, and lets a new one go on with what is stored.
func TestEveryPowerFailure(t *testing.T) {
	for _, kind := range []struct{ lost, back bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		t.Run(fmt.Sprintf("effect %t, comes back %t", kind.lost, kind.back), func(t *testing.T) {
			t.Parallel()
			for n := int64(1); ; n++ {
				met := false
				t.Run(number(int(n)), func(t *testing.T) {
					met = newWorld(t).crash(&power{lost: kind.lost, back: kind.back}, n)
				})
				if t.Failed() {
					return
				}
				if !met {
					t.Logf("%d calls failed one after the other", n-1)
					return
				}
			}
		})
	}
}

// crash signs the contract with a failure at the n-th call and brings it to its
// end; it tells whether there was a failure.
func (w *world) crash(p *power, n int64) bool {
	ctx := context.Background()
	v := w.enter(w.mary)
	step, code := w.lastStep(w.mary), w.code(w.mary)
	p.failAt(n)
	w.weaken(p)
	r, err := w.attempt(ctx, v, code)
	if err == nil {
		err = w.carry(ctx, r)
	}
	met := p.met()
	if err != nil && !met {
		w.t.Fatal(err)
	}
	w.restart()
	if w.lastStep(w.mary) == step {
		// The code is still good: nothing was ordered, so it is done again.
		w.untouched()
		if w.keys.uses.Load() != 0 {
			w.t.Error("the key was used without a code")
		}
		if unfinished, err := w.store.Unfinished(ctx); err != nil || len(unfinished) != 0 {
			w.t.Errorf("%d requests without a code, %v", len(unfinished), err)
		}
		if _, err = w.attempt(ctx, v, code); err != nil {
			w.t.Fatalf("the unused code: %v", err)
		}
	}
	w.resume(ctx)
	w.signedOnce()
	if w.told() != 1 {
		w.t.Errorf("the timeline tells it %d times", w.told())
	}
	w.intact()
	w.doneOnce(v)
	return met
}

func (w *world) attempt(ctx context.Context, v app.Visit, code string) (app.Request, error) {
	r, err := w.Freeze(ctx, v, w.ref())
	if err != nil {
		return r, err
	}
	in := w.input(w.mary, r.ID)
	in.Code = code
	_, err = w.Sign(ctx, v, in)
	return r, err
}

// carry runs a Request as the queue does, until it ends or the power is gone.
func (w *world) carry(ctx context.Context, r app.Request) error {
	for range 20 {
		again, err := w.Run(ctx, r.Portal, r.ID)
		if again.IsZero() {
			return err
		}
		w.clock.set(again)
	}
	return errors.New("does not end")
}

// resume is the start of a new process.
func (w *world) resume(ctx context.Context) {
	w.t.Helper()
	unfinished, err := w.store.Unfinished(ctx)
	w.must(err)
	for _, r := range unfinished {
		if r.RetryAt.After(w.clock.Now()) {
			w.clock.set(r.RetryAt)
		}
		w.must(w.carry(ctx, r))
	}
}

// doneOnce holds that one Request is done and no other one got further than
// frozen.
func (w *world) doneOnce(v app.Visit) {
	w.t.Helper()
	list, err := w.Recent(context.Background(), v)
	w.must(err)
	done := 0
	for _, r := range list {
		switch r.State {
		case app.Done:
			done++
		case app.Frozen:
		default:
			w.t.Errorf("a request is %s: %+v", r.State, r.Failure)
		}
	}
	if done != 1 {
		w.t.Errorf("%d requests are done", done)
	}
}
