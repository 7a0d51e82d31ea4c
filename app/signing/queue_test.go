package signing_test

import (
	"context"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/queue"
	"signservice/app/signing"
)

// work runs the real queue until the test ends.
func (w *world) work() {
	w.t.Helper()
	q, err := queue.New(queue.Config{Source: w.store, Handler: w.Run, Now: w.clock.Now, Poll: 20 * time.Millisecond})
	w.must(err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- q.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	})
}

// follow waits, as the tab does, until a Request has ended.
func (w *world) follow(v app.Visit, id app.RequestID) app.Request {
	w.t.Helper()
	seen := app.Request{}
	for range 100 {
		r, err := w.Next(context.Background(), v, id, seen, time.Minute)
		w.must(err)
		if r.State.Ended() {
			return r
		}
		seen = r
	}
	w.t.Fatalf("still %s", seen.State)
	return seen
}

// The queue takes up at its start what an earlier process has left, and then
// what is ordered.
func TestTheQueueCarriesOn(t *testing.T) {
	w := newWorld(t)
	v, left := w.order(w.mary)
	w.restart()
	w.work()
	if done := w.follow(v, left.ID); done.State != app.Done {
		t.Fatalf("%s: %+v", done.State, done.Failure)
	}
	w.signedOnce()
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	v, r := w.order(w.paul)
	if done := w.follow(v, r.ID); done.State != app.Done {
		t.Fatalf("%s: %+v", done.State, done.Failure)
	}
	w.signed(2)
	if w.told() != 2 {
		t.Errorf("the timeline tells it %d times", w.told())
	}
	w.intact()
}

// Files are kept for the retention time, and then gone; the Request stays.
func TestRetention(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	v, r := w.order(w.mary)
	w.run(r.ID)
	sweep := func() int {
		due, err := w.store.Stale(ctx, w.clock.Now())
		w.must(err)
		for _, d := range due.Removable {
			for _, which := range []signing.Which{signing.Original, signing.Signed} {
				if err := w.spool.Delete(ctx, string(d.ID)+"/"+string(which)); err != nil {
					t.Fatal(err)
				}
			}
			w.must(w.store.Cleared(ctx, d.Portal, d.ID))
		}
		return len(due.Removable)
	}
	w.clock.forward(app.Retention - time.Minute)
	if n := sweep(); n != 0 {
		t.Fatalf("%d requests were cleared too early", n)
	}
	w.read(v, r.ID, signing.Original)
	w.clock.forward(2 * time.Minute)
	if n := sweep(); n != 1 {
		t.Fatalf("%d requests were cleared", n)
	}
	for _, which := range []signing.Which{signing.Original, signing.Signed} {
		_, _, _, err := w.Open(ctx, v, r.ID, which)
		wants(t, err, app.NotFound, "request.file-gone")
	}
	if got, err := w.Request(ctx, v, r.ID); err != nil || got.State != app.Done {
		t.Errorf("%s, %v", got.State, err)
	}
	if n := sweep(); n != 0 {
		t.Errorf("%d requests were cleared twice", n)
	}
	w.signedOnce()
}
