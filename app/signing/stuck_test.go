package signing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// stuckIDs are the Requests that Anna is told of.
func (w *world) stuckIDs(v app.Visit) (ids []app.RequestID) {
	w.t.Helper()
	list, err := w.Stuck(w.t.Context(), v)
	w.must(err)
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

// TestPushDelivery has an administrator push a signed file that the portal did
// not take: it is delivered as it was signed, once, and the journal tells who
// pushed.
func TestPushDelivery(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	fault := w.portal.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.BadGateway})
	end := w.run(r.ID)
	if end.State != app.Failed || !end.Failure.Retryable {
		t.Fatalf("at the end: %s %+v", end.State, end.Failure)
	}
	anna := w.enter(w.anna)
	anna.Address = "203.0.113.4"
	if diff := cmp.Diff([]app.RequestID{r.ID}, w.stuckIDs(anna)); diff != "" {
		t.Error(diff)
	}
	fault.Remove()
	step, sum := w.lastStep(w.mary), end.ResultSHA256
	pushed, err := w.Push(t.Context(), anna, r.ID)
	w.must(err)
	if pushed.State != app.Signed || pushed.User != uid(w.mary) {
		t.Errorf("pushed: %+v", pushed)
	}
	if end = w.run(r.ID); end.State != app.Done || end.ResultSHA256 != sum {
		t.Errorf("at the end: %s %+v", end.State, end.Failure)
	}
	w.signedOnce()
	if w.lastStep(w.mary) != step || w.keys.uses.Load() != 1 {
		t.Errorf("a code was used up, or the key %d times", w.keys.uses.Load())
	}
	if ids := w.stuckIDs(anna); ids != nil {
		t.Errorf("still stuck: %v", ids)
	}
	entries, err := w.store.AuditEntries(t.Context(), w.id(), app.AuditQuery{Action: app.ActRetried})
	w.must(err)
	if len(entries) != 1 || entries[0].User != uid(w.anna) || entries[0].Subject != string(uid(w.mary)) || entries[0].Address != "203.0.113.4" {
		t.Errorf("the journal has %+v", entries)
	}
	_, err = w.Push(t.Context(), anna, r.ID)
	wants(t, err, app.Conflict, "request.no-push")
	w.intact()
}

// TestPushWaiting takes up at once what waits for its next attempt, and says
// meanwhile why it waits.
func TestPushWaiting(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	fault := w.portal.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.BadGateway})
	for range 5 {
		again, err := w.Run(t.Context(), w.id(), r.ID)
		if again.IsZero() {
			t.Fatalf("it ended: %v", err)
		}
		w.clock.set(again)
	}
	again, _ := w.Run(t.Context(), w.id(), r.ID)
	now := w.request(r.ID)
	if now.State != app.Signed || now.Delay == nil || now.Delay.Key == "" || !now.RetryAt.Equal(again) {
		t.Fatalf("it waits as %+v", now)
	}
	anna := w.enter(w.anna)
	if diff := cmp.Diff([]app.RequestID{r.ID}, w.stuckIDs(anna)); diff != "" {
		t.Error(diff)
	}
	fault.Remove()
	hurried := 0
	w.config.Hurry = func(p app.PortalID, id app.RequestID) {
		if p == w.id() && id == r.ID {
			hurried++
		}
	}
	w.serve(w.config)
	_, err := w.Push(t.Context(), anna, r.ID)
	w.must(err)
	if _, err := w.Run(t.Context(), w.id(), r.ID); err != nil || hurried != 1 {
		t.Errorf("hurried %d times: %v", hurried, err)
	}
	end := w.request(r.ID)
	if end.State != app.Done || end.Delay != nil {
		t.Errorf("at the end: %+v", end)
	}
	w.signedOnce()
}

// TestPushRefused is what an administrator cannot set going.
func TestPushRefused(t *testing.T) {
	t.Run("nobody's order", func(t *testing.T) {
		w := newWorld(t)
		r := w.freeze(w.enter(w.mary))
		_, err := w.Push(t.Context(), w.enter(w.anna), r.ID)
		wants(t, err, app.Conflict, "request.no-push")
		w.untouched()
	})
	t.Run("what failed before it was signed", func(t *testing.T) {
		w, k, _, r := failed(t)
		k.gone.Store(false)
		_, err := w.Push(t.Context(), w.enter(w.anna), r.ID)
		wants(t, err, app.Conflict, "request.no-push")
		if now := w.request(r.ID); now.State != app.Failed {
			t.Errorf("it is %s", now.State)
		}
		w.untouched()
	})
	t.Run("by an employee", func(t *testing.T) {
		w := newWorld(t)
		v, r := w.order(w.mary)
		_, err := w.Push(t.Context(), v, r.ID)
		wants(t, err, app.Forbidden, "settings.administrators-only")
		_, err = w.Stuck(t.Context(), v)
		wants(t, err, app.Forbidden, "settings.administrators-only")
	})
	t.Run("another portal's", func(t *testing.T) {
		w := newWorld(t)
		_, r := w.order(w.mary)
		anna := w.enter(w.anna)
		anna.Portal = "ffffffffffffffffffffffffffffffff"
		_, err := w.Push(t.Context(), anna, r.ID)
		wants(t, err, app.NotFound, "request.unknown")
	})
	t.Run("after the assignment was taken away", func(t *testing.T) {
		w := newWorld(t)
		_, r := w.order(w.mary)
		w.clock.set(w.clock.Now().Add(app.StuckAfter + time.Second))
		anna := w.enter(w.anna)
		if diff := cmp.Diff([]app.RequestID{r.ID}, w.stuckIDs(anna)); diff != "" {
			t.Error(diff)
		}
		w.unassign(w.mary)
		_, err := w.Push(t.Context(), anna, r.ID)
		w.must(err)
		if end := w.run(r.ID); end.State != app.Failed || end.Failure.Key != "certificate.not-assigned" {
			t.Errorf("at the end: %s %+v", end.State, end.Failure)
		}
		w.untouched()
	})
}
