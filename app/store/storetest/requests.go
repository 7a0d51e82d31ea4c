package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signservice/app"
)

// to is a change of state.
func to(state app.State) func(*app.Request, time.Time) ([]app.AuditEntry, error) {
	return func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		r.State, r.UpdatedAt = state, now
		return nil, nil
	}
}

func testSaveRequest(t *testing.T, w *world) {
	r := w.frozen(t, acme, "r1")
	wantKind(t, w.SaveRequest(t.Context(), r), app.Conflict, "")
	for _, state := range []app.State{app.Authorized, app.Prepared, app.Signed, app.Delivered, app.Done, app.Failed, ""} {
		r.ID, r.State = app.RequestID("new "+state), state
		if err := w.SaveRequest(t.Context(), r); err == nil {
			t.Errorf("a new request is %q", state)
		}
	}
}

// testRequestBounds tries every change of state, and changes of what a Request is.
func testRequestBounds(t *testing.T, w *world) {
	ctx := t.Context()
	all := []app.State{
		app.Frozen, app.Authorized, app.Prepared, app.Signed, app.Delivered,
		app.Done, app.Failed, app.Conflicted, app.Expired, app.Cancelled,
	}
	works := func(s app.State) bool { return s != app.Frozen && !s.Ended() }
	n := 0
	for _, from := range all {
		for _, state := range all {
			n++
			id := app.RequestID(fmt.Sprintf("r%d", n))
			w.inState(t, id, from, int64(200+n))
			_, err := w.UpdateRequest(ctx, acme, id, to(state))
			allowed := works(from) || !works(state)
			if state == app.Frozen {
				allowed = from == app.Frozen
			}
			if (err == nil) != allowed {
				t.Errorf("%s to %s: %v", from, state, err)
			}
		}
	}
	w.frozen(t, acme, "mine")
	for name, change := range map[string]func(*app.Request){
		"id":     func(r *app.Request) { r.ID = "r1" },
		"portal": func(r *app.Request) { r.Portal = globex },
		"user":   func(r *app.Request) { r.User = "8" },
		"entity": func(r *app.Request) { r.Document.Entity.ID++ },
		"bytes":  func(r *app.Request) { r.Original.SHA256 = "other" },
		"time":   func(r *app.Request) { r.CreatedAt = r.CreatedAt.Add(time.Second) },
	} {
		_, err := w.UpdateRequest(ctx, acme, "mine", func(r *app.Request, _ time.Time) ([]app.AuditEntry, error) {
			change(r)
			return nil, nil
		})
		if !errors.Is(err, app.Internal) {
			t.Errorf("a change of %s: %v", name, err)
		}
	}
	w.failedDelivery(t, "again", 999)
	if _, err := w.UpdateRequest(ctx, acme, "again", to(app.Signed)); err != nil {
		t.Errorf("delivering again what was signed: %v", err)
	}
}

// testResume begins anew what failed before it was signed, shortly after its
// code, and nothing else.
func testResume(t *testing.T, w *world) {
	ctx := t.Context()
	fail := func(id app.RequestID, step int64, until time.Duration) {
		t.Helper()
		w.inState(t, id, app.Prepared, step)
		_, err := w.UpdateRequest(ctx, acme, id, func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
			r.State, r.Prepared, r.Failure = app.Failed, []byte("p"), &app.Failure{Kind: app.Unavailable, RetryUntil: now.Add(until)}
			return nil, nil
		})
		must(t, err)
	}
	resume := func(id app.RequestID, change func(*app.Request)) error {
		_, err := w.UpdateRequest(ctx, acme, id, func(r *app.Request, _ time.Time) ([]app.AuditEntry, error) {
			r.State, r.Prepared = app.Authorized, nil
			change(r)
			return nil, nil
		})
		return err
	}
	fail("resumed", 3001, time.Minute)
	for name, change := range map[string]func(*app.Request){
		"certificate": func(r *app.Request) { r.Certificate = "another" },
		"signet":      func(r *app.Request) { r.Signet.Reason = "another" },
		"order":       func(r *app.Request) { r.Order = "another" },
		"bytes":       func(r *app.Request) { r.Original.SHA256 = "another" },
		"increment":   func(r *app.Request) { r.Prepared = []byte("p") },
		"state":       func(r *app.Request) { r.State = app.Prepared },
	} {
		if err := resume("resumed", change); !errors.Is(err, app.Internal) {
			t.Errorf("begun anew with another %s: %v", name, err)
		}
	}
	must(t, resume("resumed", func(*app.Request) {}))
	fail("late", 3002, 0)
	if err := resume("late", func(*app.Request) {}); !errors.Is(err, app.Internal) {
		t.Errorf("begun anew too late: %v", err)
	}
	w.inState(t, "never", app.Cancelled, 0)
	_, err := w.UpdateRequest(ctx, acme, "never", func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		r.State, r.Failure = app.Failed, &app.Failure{RetryUntil: now.Add(time.Hour)}
		return nil, nil
	})
	must(t, err)
	if err := resume("never", func(*app.Request) {}); !errors.Is(err, app.Internal) {
		t.Errorf("begun anew without an authorized order: %v", err)
	}
}

// inState makes a Request that came to a state by the proper way.
func (w *world) inState(t *testing.T, id app.RequestID, state app.State, step int64) {
	t.Helper()
	w.frozen(t, acme, id)
	switch state {
	case app.Frozen:
		return
	case app.Expired, app.Cancelled:
	default:
		w.order(t, acme, app.OrderID("of "+id), id)
		must(t, w.authorize(t, acme, app.OrderID("of "+id), step))
	}
	_, err := w.UpdateRequest(t.Context(), acme, id, to(state))
	must(t, err)
}

// failedDelivery makes a Request whose signed file could not be delivered.
func (w *world) failedDelivery(t *testing.T, id app.RequestID, step int64) {
	t.Helper()
	w.inState(t, id, app.Signed, step)
	_, err := w.UpdateRequest(t.Context(), acme, id, func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		r.State, r.ResultSHA256, r.UpdatedAt = app.Failed, "signed", now
		r.Failure = &app.Failure{Kind: app.Upstream, Retryable: true, At: now}
		return nil, nil
	})
	must(t, err)
}

func testRequests(t *testing.T, w *world) {
	ctx := t.Context()
	for i, r := range []struct {
		user   app.UserID
		entity int64
	}{{mary, 42}, {mary, 42}, {mary, 43}, {"8", 42}, {"8", 421}, {mary, 42}} {
		id := app.RequestID(fmt.Sprintf("r%d", i))
		must(t, w.SaveRequest(ctx, app.Request{
			ID: id, Portal: acme, User: r.user, State: app.Frozen, CreatedAt: w.now.Add(time.Duration(i) * time.Second),
			Document: app.Document{Entity: app.Entity{Type: app.EntityDeal, ID: r.entity}}, ExpiresAt: w.now.Add(time.Hour),
		}))
	}
	_, err := w.UpdateRequest(ctx, acme, "r1", to(app.Cancelled))
	must(t, err)
	for _, test := range []struct {
		name string
		q    app.RequestQuery
		want string
	}{
		{"all", app.RequestQuery{}, "r5 r4 r3 r2 r1 r0"},
		{"the newest", app.RequestQuery{Limit: 2}, "r5 r4"},
		{"a user's", app.RequestQuery{User: mary}, "r5 r2 r1 r0"},
		{"a user's newest", app.RequestQuery{User: mary, Limit: 2}, "r5 r2"},
		{"an element's", app.RequestQuery{Entity: deal()}, "r5 r3 r1 r0"},
		{"a user's at an element", app.RequestQuery{User: mary, Entity: deal()}, "r5 r1 r0"},
		{"a user's newest at an element", app.RequestQuery{User: mary, Entity: deal(), Limit: 2}, "r5 r1"},
		{"in a state", app.RequestQuery{User: mary, Entity: deal(), States: []app.State{app.Frozen}}, "r5 r0"},
		{"in a state, the newest", app.RequestQuery{States: []app.State{app.Cancelled, app.Done}, Limit: 1}, "r1"},
		{"nobody's", app.RequestQuery{User: "9"}, ""},
	} {
		found, err := w.Requests(ctx, acme, test.q)
		must(t, err)
		if got := ids(found); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func ids(requests []app.Request) string {
	var words []string
	for _, r := range requests {
		words = append(words, string(r.ID))
	}
	return strings.Join(words, " ")
}

func testUnfinished(t *testing.T, w *world) {
	check := func(want string) {
		t.Helper()
		found, err := w.Unfinished(t.Context())
		must(t, err)
		if got := ids(found); got != want {
			t.Errorf("unfinished: %q, want %q", got, want)
		}
	}
	w.frozen(t, acme, "r1")
	w.frozen(t, acme, "r2")
	w.frozen(t, globex, "r3")
	check("")
	w.order(t, acme, "o1", "r1", "r2")
	w.order(t, globex, "o2", "r3")
	check("")
	must(t, w.authorize(t, acme, "o1", 101))
	must(t, w.authorize(t, globex, "o2", 101))
	check("r1 r2 r3")
	for _, state := range []app.State{app.Prepared, app.Signed, app.Delivered} {
		_, err := w.UpdateRequest(t.Context(), acme, "r1", to(state))
		must(t, err)
		check("r1 r2 r3")
	}
	for i, end := range []struct {
		portal app.PortalID
		id     app.RequestID
		state  app.State
	}{{acme, "r1", app.Done}, {acme, "r2", app.Failed}, {globex, "r3", app.Conflicted}} {
		_, err := w.UpdateRequest(t.Context(), end.portal, end.id, to(end.state))
		must(t, err)
		check([]string{"r2 r3", "r3", ""}[i])
	}
}

func testCreateOrder(t *testing.T, w *world) {
	ctx := t.Context()
	w.frozen(t, acme, "r1")
	w.frozen(t, acme, "r2")
	w.frozen(t, globex, "r3")
	entry := app.AuditEntry{Action: app.ActOrdered, Portal: acme}
	before := w.rows(t)
	others := w.newOrder(acme, "o0", "r1")
	others.User = "8"
	used := w.newOrder(acme, "o0", "r1")
	used.AuthorizedAt = w.now
	for _, test := range []struct {
		name   string
		order  app.Order
		change func(*app.Request, time.Time) error
		kind   app.Kind
	}{
		{"an unknown request", w.newOrder(acme, "o0", "r1", "none"), choose, app.NotFound},
		{"another portal's request", w.newOrder(acme, "o0", "r3"), choose, app.NotFound},
		{"another user's request", others, choose, app.NotFound},
		{"no request", w.newOrder(acme, "o0"), choose, app.Internal},
		{"authorized from the start", used, choose, app.Internal},
		{"refused", w.newOrder(acme, "o0", "r1", "r2"), func(r *app.Request, _ time.Time) error {
			if r.ID == "r2" {
				return app.Fail(app.Conflict, "x", "request.expired")
			}
			return nil
		}, app.Conflict},
		{"into work", w.newOrder(acme, "o0", "r1"), func(r *app.Request, _ time.Time) error {
			r.State = app.Authorized
			return nil
		}, app.Conflict},
	} {
		wantKind(t, w.CreateOrder(ctx, test.order, test.change, entry), test.kind, "")
		same(t, before, w.rows(t))
	}
	o := w.newOrder(acme, "o1", "r2", "r1", "r2")
	must(t, w.CreateOrder(ctx, o, choose, entry))
	got, err := w.Order(ctx, acme, "o1")
	must(t, err)
	o.Requests = []app.RequestID{"r2", "r1"}
	same(t, o, got)
	r, err := w.Request(ctx, acme, "r1")
	if err != nil || r.Order != "o1" || r.Certificate != "c1" || r.State != app.Frozen {
		t.Errorf("the request: %+v, %v", r, err)
	}
	wantKind(t, w.CreateOrder(ctx, o, choose), app.Conflict, "")

	late := w.newOrder(acme, "o2", "r1")
	late.ExpiresAt = w.now.Add(app.FrozenLife + time.Hour)
	must(t, w.CreateOrder(ctx, late, choose))
	if r, err = w.Request(ctx, acme, "r1"); err != nil || !r.ExpiresAt.Equal(late.ExpiresAt) {
		t.Errorf("the request does not wait as long as its order: %v, %v", r.ExpiresAt, err)
	}
	wantKind(t, w.authorize(t, acme, "o1", 101), app.Conflict, "") // r1 belongs to o2 now
	must(t, w.authorize(t, acme, "o2", 101))
	wantKind(t, w.CreateOrder(ctx, w.newOrder(acme, "o3", "r1"), choose), app.Conflict, "")
}

func testAuthorize(t *testing.T, w *world) {
	ctx := t.Context()
	w.frozen(t, acme, "r1")
	w.frozen(t, acme, "r2")
	w.frozen(t, acme, "r3")
	w.order(t, acme, "o1", "r1", "r2")
	w.order(t, acme, "o2", "r3")

	wantKind(t, w.authorize(t, acme, "o1", 100), app.Unauthenticated, "code.wrong")
	if a, err := w.Authenticator(ctx, acme, mary); err != nil || a.Failures != 1 {
		t.Errorf("%d failures counted, %v", a.Failures, err)
	}
	if o, err := w.Order(ctx, acme, "o1"); err != nil || !o.AuthorizedAt.IsZero() || o.Step != 0 || o.Method != "" {
		t.Errorf("a refused order: %+v, %v", o, err)
	}
	w.queued = nil
	must(t, w.authorize(t, acme, "o1", 101))
	o, err := w.Order(ctx, acme, "o1")
	if err != nil || o.AuthorizedAt.IsZero() || o.Step != 101 || o.Method != app.ByCode {
		t.Errorf("the order: %+v, %v", o, err)
	}
	for _, id := range o.Requests {
		if r, err := w.Request(ctx, acme, id); err != nil || r.State != app.Authorized {
			t.Errorf("%s: %s, %v", id, r.State, err)
		}
	}
	if len(w.queued) == 0 || w.queued[len(w.queued)-1] != "r2" {
		t.Errorf("queued: %v", w.queued)
	}
	wantKind(t, w.authorize(t, acme, "o1", 102), app.Conflict, "")        // authorized already
	wantKind(t, w.authorize(t, acme, "o2", 101), app.Unauthenticated, "") // that step is used up
	if a, err := w.Authenticator(ctx, acme, mary); err != nil || a.Failures != 1 || a.LastStep != 101 {
		t.Errorf("the phone: %+v, %v", a, err)
	}
	must(t, w.authorize(t, acme, "o2", 102))
	if got := w.actions(t, acme); got != "order.refused order.authorized order.refused order.authorized" {
		t.Errorf("audit: %s", got)
	}

	w.frozen(t, acme, "r4")
	expired := w.newOrder(acme, "o4", "r4")
	expired.ExpiresAt = w.now.Add(-time.Second)
	must(t, w.CreateOrder(ctx, expired, choose))
	wantKind(t, w.authorize(t, acme, "o4", 103), app.Conflict, "request.expired")
	w.order(t, acme, "o5", "r4")
	_, err = w.UpdateRequest(ctx, acme, "r4", to(app.Cancelled))
	must(t, err)
	wantKind(t, w.authorize(t, acme, "o5", 103), app.Conflict, "request.already")
	if a, err := w.Authenticator(ctx, acme, mary); err != nil || a.LastStep != 102 {
		t.Errorf("a code was used up for nothing: %d, %v", a.LastStep, err)
	}
}

// testAuthorizeRace gives one step to many orders at once.
func testAuthorizeRace(t *testing.T, w *world) {
	const orders = 60
	for i := range orders {
		id := app.RequestID(fmt.Sprintf("r%d", i))
		w.frozen(t, acme, id)
		w.order(t, acme, app.OrderID("of "+id), id)
	}
	var wait sync.WaitGroup
	var accepted, refused atomic.Int64
	for i := range orders {
		wait.Go(func() {
			err := w.authorize(t, acme, app.OrderID(fmt.Sprintf("of r%d", i)), 101)
			switch {
			case err == nil:
				accepted.Add(1)
			case errors.Is(err, app.Unauthenticated):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	a, err := w.Authenticator(t.Context(), acme, mary)
	must(t, err)
	if accepted.Load() != 1 || refused.Load() != orders-1 || a.LastStep != 101 {
		t.Errorf("%d accepted, %d refused, last step %d", accepted.Load(), refused.Load(), a.LastStep)
	}
	working, err := w.Unfinished(t.Context())
	if err != nil || len(working) != 1 {
		t.Errorf("%d requests at work, %v", len(working), err)
	}
	count, bad, err := w.VerifyAudit(t.Context())
	if err != nil || count != orders || bad != 0 {
		t.Errorf("audit: %d entries, %d bad, %v", count, bad, err)
	}
}

// testConsent has checks that agree where they must not: the store does not
// believe them, and stores nothing.
func testConsent(t *testing.T, w *world) {
	ctx := t.Context()
	w.frozen(t, acme, "r1")
	w.order(t, acme, "o1", "r1")
	before := w.rows(t)
	for name, check := range map[string]func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error){
		"a used step": func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error) {
			return 100, app.ByCode, nil
		},
		"a step that is not written down": func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error) {
			return 101, app.ByCode, nil
		},
		"no code although it is on": func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error) {
			return 0, app.ByPortal, nil
		},
		"the account changed in passing": func(_ *app.Authenticator, a *app.Account, _ time.Time) (int64, app.AuthMethod, error) {
			a.CodeOff = true
			return 0, app.ByPortal, nil
		},
		"no method": func(a *app.Authenticator, _ *app.Account, _ time.Time) (int64, app.AuthMethod, error) {
			a.LastStep = 101
			return 101, "", nil
		},
		"a failure of ours": func(a *app.Authenticator, _ *app.Account, _ time.Time) (int64, app.AuthMethod, error) {
			a.Failures++
			return 0, "", app.Fail(app.Internal, "check code", "")
		},
		"another secret": func(a *app.Authenticator, _ *app.Account, _ time.Time) (int64, app.AuthMethod, error) {
			a.Secret, a.LastStep = "mine", 101
			return 101, app.ByCode, nil
		},
		"an earlier last step": func(a *app.Authenticator, _ *app.Account, _ time.Time) (int64, app.AuthMethod, error) {
			a.LastStep = 1
			return 0, "", errWrong()
		},
	} {
		if err := w.Authorize(ctx, acme, "o1", check, entriesOf); !errors.Is(err, app.Internal) {
			t.Errorf("%s: %v", name, err)
		}
		same(t, before, w.rows(t))
	}
	must(t, w.SaveAccount(ctx, app.Account{Portal: acme, User: mary, CodeOff: true, CodeOffReason: "x"}))
	must(t, w.Authorize(ctx, acme, "o1", func(*app.Authenticator, *app.Account, time.Time) (int64, app.AuthMethod, error) {
		return 0, app.ByPortal, nil
	}, entriesOf))
	if o, err := w.Order(ctx, acme, "o1"); err != nil || o.Method != app.ByPortal {
		t.Errorf("code off: %+v, %v", o, err)
	}
	w.frozen(t, acme, "r2")
	w.order(t, acme, "o2", "r2")
	must(t, w.DeleteAccount(ctx, acme, mary))
	wantKind(t, w.authorize(t, acme, "o2", 102), app.Forbidden, "code.no-phone")
}

func testStale(t *testing.T, w *world) {
	ctx := t.Context()
	stale := func(at time.Time) string {
		t.Helper()
		due, err := w.Stale(ctx, at)
		must(t, err)
		var words []string
		for _, ref := range due.Removable {
			words = append(words, string(ref.ID))
		}
		return strings.Join(words, " ")
	}
	w.frozen(t, acme, "frozen")
	w.inState(t, "working", app.Authorized, 101)
	w.inState(t, "cancelled", app.Cancelled, 0)
	w.inState(t, "done", app.Done, 102)
	w.failedDelivery(t, "failed", 103)
	if got := stale(w.now.Add(app.FrozenLife - 1)); got != "cancelled" {
		t.Errorf("before the end of its time: %q", got)
	}
	must(t, w.Cleared(ctx, acme, "cancelled"))
	end := w.now.Add(app.FrozenLife)
	if got := stale(end); got != "frozen" {
		t.Errorf("at the end of its time: %q", got)
	}
	r, err := w.Request(ctx, acme, "frozen")
	if err != nil || r.State != app.Expired {
		t.Errorf("%s, %v", r.State, err)
	}
	if got := stale(end); got != "frozen" {
		t.Errorf("named again until it is cleared: %q", got)
	}
	if got := w.actions(t, acme); strings.Count(got, "request.expired") != 1 {
		t.Errorf("audit: %s", got)
	}
	must(t, w.Cleared(ctx, acme, "frozen"))
	must(t, w.Cleared(ctx, acme, "frozen")) // again is no change
	wantKind(t, w.Cleared(ctx, acme, "working"), app.Internal, "")

	done, err := w.Request(ctx, acme, "done")
	must(t, err)
	if got := stale(done.UpdatedAt.Add(app.Retention - 1)); got != "" {
		t.Errorf("within the retention: %q", got)
	}
	if got := stale(w.now.Add(2 * app.Retention)); got != "done failed" {
		t.Errorf("after the retention: %q", got)
	}
	must(t, w.Cleared(ctx, acme, "done"))
	must(t, w.Cleared(ctx, acme, "failed"))
	if got := stale(w.now.Add(3 * app.Retention)); got != "" {
		t.Errorf("after clearing: %q", got)
	}
	if r, err := w.Request(ctx, acme, "failed"); err != nil || r.Failure == nil || r.Failure.Retryable {
		t.Errorf("what has no files can be retried: %+v, %v", r.Failure, err)
	}
}

// testWaiting lists what goes on and what was not delivered, until it is or its
// files are gone; and tells when somebody last had a document delivered.
func testWaiting(t *testing.T, w *world) {
	ctx := t.Context()
	check := func(p app.PortalID, want string) {
		t.Helper()
		list, err := w.Waiting(ctx, p)
		must(t, err)
		var ids []string
		for _, r := range list {
			ids = append(ids, string(r.ID))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s waits for %q, want %q", p, got, want)
		}
	}
	signed := func(want int) {
		t.Helper()
		last, err := w.LastSigned(ctx, acme)
		must(t, err)
		if len(last) != want {
			t.Errorf("%d people have signed: %v", len(last), last)
		}
	}
	w.frozen(t, acme, "r0") // waits for nothing of ours
	check(acme, "")
	w.inState(t, "r1", app.Authorized, 201)
	w.failedDelivery(t, "r2", 202)
	check(acme, "r1 r2")
	check(globex, "")
	if left, err := w.Unfinished(ctx); err != nil || len(left) != 1 || left[0].ID != "r1" {
		t.Errorf("the queue gets %v, %v", left, err)
	}
	signed(0)
	_, err := w.UpdateRequest(ctx, acme, "r2", func(r *app.Request, _ time.Time) ([]app.AuditEntry, error) {
		r.State, r.Failure, r.SignedAt = app.Signed, nil, w.now
		return nil, nil
	})
	must(t, err)
	check(acme, "r1 r2")
	_, err = w.UpdateRequest(ctx, acme, "r2", to(app.Delivered))
	must(t, err)
	signed(1)
	_, err = w.UpdateRequest(ctx, acme, "r2", to(app.Done))
	must(t, err)
	check(acme, "r1")
	w.failedDelivery(t, "r3", 203)
	check(acme, "r1 r3")
	must(t, w.Cleared(ctx, acme, "r3"))
	check(acme, "r1")
}
