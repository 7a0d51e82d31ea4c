package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

const sharedSecret = app.Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") // RFC 6238, appendix B

// desk is a store in a file with an account, its phone, and a clock that stands.
type desk struct {
	*store.Store
	now  time.Time
	path string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{now: time.Date(2026, 11, 23, 10, 0, 10, 0, time.UTC), path: filepath.Join(t.TempDir(), "store.db")}
	d.open(t)
	ctx := t.Context()
	if err := d.SaveAccount(ctx, app.Account{Portal: "p", User: "7"}); err != nil {
		t.Fatal(err)
	}
	e := app.Enrolment{ID: "x", Portal: "p", User: "7", State: app.EnrolmentOpen, ExpiresAt: d.now.Add(time.Hour)}
	if err := d.SaveEnrolment(ctx, e); err != nil {
		t.Fatal(err)
	}
	err := d.UpdateEnrolment(ctx, "x", func(_ *app.Enrolment, a *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
		a.Secret = sharedSecret
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// open opens the store, again after a first time.
func (d *desk) open(t *testing.T) {
	t.Helper()
	if d.Store != nil {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b, err := bolt.Open(d.path, bolt.Options{Now: func() time.Time { return d.now }})
	if err != nil {
		t.Fatal(err)
	}
	d.Store = openStore(t, b, 1)
	t.Cleanup(func() { d.Close() }) //nolint:errcheck // closed before, where it was opened again
}

// orders makes n orders of one request each.
func (d *desk) orders(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		r := app.Request{
			ID: app.RequestID(fmt.Sprintf("r%d", i)), Portal: "p", User: "7", State: app.Frozen,
			CreatedAt: d.now, ExpiresAt: d.now.Add(time.Hour),
		}
		if err := d.SaveRequest(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		o := app.Order{ID: app.OrderID(fmt.Sprintf("o%d", i)), Portal: "p", User: "7", Requests: []app.RequestID{r.ID}, ExpiresAt: d.now.Add(time.Hour)}
		if err := d.CreateOrder(t.Context(), o, func(*app.Request, time.Time) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *desk) authorize(t *testing.T, order int, code string) error {
	return d.Authorize(t.Context(), "p", app.OrderID(fmt.Sprintf("o%d", order)),
		func(a *app.Authenticator, _ *app.Account, now time.Time) (int64, app.AuthMethod, error) {
			step, err := otp.Verify(a, code, now)
			return step, app.ByCode, err
		},
		func(o app.Order, err error) []app.AuditEntry {
			return []app.AuditEntry{{Action: app.ActCodeRight, Portal: o.Portal, Order: o.ID, Detail: fmt.Sprint(err == nil)}}
		})
}

func (d *desk) phone(t *testing.T) app.Authenticator {
	t.Helper()
	a, err := d.Authenticator(t.Context(), "p", "7")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (d *desk) code(t *testing.T) string {
	t.Helper()
	code, err := otp.Code(sharedSecret, otp.Step(d.now))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// parallel authorizes n orders at once and counts what came of it.
func (d *desk) parallel(t *testing.T, n int, code func(i int) string) (accepted, refused, waiting int64) {
	t.Helper()
	var wait sync.WaitGroup
	var right, wrong, later atomic.Int64
	for i := range n {
		wait.Go(func() {
			err := d.authorize(t, i, code(i))
			switch {
			case err == nil:
				right.Add(1)
			case errors.Is(err, app.Unauthenticated):
				wrong.Add(1)
			case errors.Is(err, app.RateLimited), errors.Is(err, app.Locked):
				later.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	return right.Load(), wrong.Load(), later.Load()
}

// TestOneCodeAThousandOrders has a thousand goroutines use one code at once.
func TestOneCodeAThousandOrders(t *testing.T) {
	const orders = 1000
	d := newDesk(t)
	d.orders(t, orders)
	code := d.code(t)
	accepted, _, _ := d.parallel(t, orders, func(int) string { return code })
	if accepted != 1 {
		t.Errorf("one code authorized %d orders", accepted)
	}
	if working, err := d.Unfinished(t.Context()); err != nil || len(working) != 1 {
		t.Errorf("%d requests at work, %v", len(working), err)
	}
	before := d.phone(t)
	if before.LastStep != otp.Step(d.now) {
		t.Errorf("last step %d, now %d", before.LastStep, otp.Step(d.now))
	}
	d.open(t) // what was used stays so, and what was counted
	after := d.phone(t)
	if after.LastStep != before.LastStep || after.Failures != before.Failures || !after.WaitUntil.Equal(before.WaitUntil) {
		t.Errorf("after opening again: %+v, before: %+v", after, before)
	}
	d.now = d.now.Add(20 * time.Minute)
	for i := range 5 {
		if err := d.authorize(t, i, code); err == nil {
			t.Errorf("the code authorizes order %d after opening again", i)
		}
	}
	d.now = d.now.Add(-40 * time.Minute) // the clock jumps back over the used step
	old := d.code(t)
	if err := d.authorize(t, 9, old); err == nil {
		t.Error("an earlier step was reopened by the clock")
	}
	if _, bad, err := d.VerifyAudit(t.Context()); bad != 0 || err != nil {
		t.Errorf("audit: %d, %v", bad, err)
	}
}

// TestWrongCodesCountInParallel guesses from many goroutines at once: no more
// than the plan's failures ever reach the comparison.
func TestWrongCodesCountInParallel(t *testing.T) {
	const orders = 200
	d := newDesk(t)
	d.orders(t, orders)
	right := d.code(t)
	guess := func(i int) string {
		code := fmt.Sprintf("%06d", i)
		if code == right {
			code = "999999"
		}
		return code
	}
	accepted, refused, waiting := d.parallel(t, orders, guess)
	a := d.phone(t)
	if accepted != 0 || a.Failures != 5 || refused+waiting != orders || !a.WaitUntil.After(d.now) {
		t.Errorf("%d accepted, %d refused, %d told to wait, %d failures", accepted, refused, waiting, a.Failures)
	}
	d.open(t)
	if err := d.authorize(t, 0, right); !errors.Is(err, app.RateLimited) {
		t.Errorf("the right code during the wait, after opening again: %v", err)
	}
	if b := d.phone(t); b.Failures != a.Failures {
		t.Errorf("%d failures after opening again, %d before", b.Failures, a.Failures)
	}
	d.now = a.WaitUntil
	if err := d.authorize(t, 0, d.code(t)); err != nil {
		t.Errorf("the right code after the wait: %v", err)
	}
}
