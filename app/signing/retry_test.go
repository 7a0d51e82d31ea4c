package signing_test

import (
	"context"
	"crypto"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/signer"
)

// lostToken is a keyring whose token is away while gone is true.
type lostToken struct {
	*keyring
	gone atomic.Bool
}

func (k *lostToken) Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error) {
	if k.gone.Load() {
		return nil, nil, app.Fail(app.Unavailable, "open token", "certificate.token-absent").Because(signer.ErrTokenAbsent)
	}
	return k.keyring.Signer(ctx, c)
}

// failed is a world in which Mary's order has failed, since the token was away.
func failed(t *testing.T) (*world, *lostToken, app.Visit, app.Request) {
	t.Helper()
	w := newWorld(t)
	k := &lostToken{keyring: w.keys}
	w.config.Keys = k
	w.serve(w.config)
	k.gone.Store(true)
	v, r := w.order(w.mary)
	r = w.run(r.ID)
	if r.State != app.Failed || r.Failure.Key != "certificate.token-absent" {
		t.Fatalf("without the token: %s %+v", r.State, r.Failure)
	}
	w.untouched()
	return w, k, v, r
}

// TestRetryWithoutCode begins a failed Request anew within five minutes after its
// code, for the same bytes and certificate, and uses no further code up.
func TestRetryWithoutCode(t *testing.T) {
	w, k, v, r := failed(t)
	o, err := w.store.Order(t.Context(), w.id(), r.Order)
	w.must(err)
	if want := o.AuthorizedAt.Add(app.RetryLife); !r.Failure.RetryUntil.Equal(want) || r.Failure.Retryable {
		t.Fatalf("it may be begun anew until %v, want %v", r.Failure.RetryUntil, want)
	}
	step := w.lastStep(w.mary)
	k.gone.Store(false)
	again, err := w.Retry(t.Context(), v, r.ID)
	w.must(err)
	if again.State != app.Authorized || again.Original.SHA256 != r.Original.SHA256 || again.Certificate != r.Certificate || again.Order != r.Order {
		t.Fatalf("begun anew: %+v", again)
	}
	if got := w.run(r.ID); got.State != app.Done {
		t.Fatalf("at the end: %s %+v", got.State, got.Failure)
	}
	w.signedOnce()
	if w.lastStep(w.mary) != step || w.told() != 1 {
		t.Errorf("a code was used up, or the timeline tells %d times", w.told())
	}
	_, err = w.Retry(t.Context(), v, r.ID)
	wants(t, err, app.Conflict, "request.no-retry")
	want := []app.Action{
		app.ActFrozen, app.ActOrdered, app.ActCodeRight, app.ActIntent, app.ActIntent, app.ActIntent, app.ActFailed,
		app.ActRetried, app.ActIntent, app.ActSigned, app.ActDelivered, app.ActDone,
	}
	if diff := cmp.Diff(want, w.actions(r)); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
	w.intact()
}

// TestNoRetryWithoutCode is when a new code is needed after all.
func TestNoRetryWithoutCode(t *testing.T) {
	t.Run("too late", func(t *testing.T) {
		w, k, v, r := failed(t)
		k.gone.Store(false)
		w.clock.set(r.Failure.RetryUntil)
		_, err := w.Retry(t.Context(), v, r.ID)
		wants(t, err, app.Conflict, "request.no-retry")
		w.untouched()
	})
	t.Run("a colleague", func(t *testing.T) {
		w, k, _, r := failed(t)
		k.gone.Store(false)
		_, err := w.Retry(t.Context(), w.enter(w.paul), r.ID)
		wants(t, err, app.NotFound, "request.unknown")
		w.untouched()
	})
	t.Run("no longer assigned", func(t *testing.T) {
		w, k, v, r := failed(t)
		k.gone.Store(false)
		w.unassign(w.mary)
		_, err := w.Retry(t.Context(), v, r.ID)
		w.must(err)
		if got := w.run(r.ID); got.State != app.Failed || got.Failure.Key != "certificate.not-assigned" || !got.Failure.RetryUntil.IsZero() {
			t.Errorf("at the end: %s %+v", got.State, got.Failure)
		}
		w.untouched()
	})
	t.Run("another file in the deal", func(t *testing.T) {
		w, k, v, r := failed(t)
		k.gone.Store(false)
		w.original = append([]byte(nil), append(w.original, "\n"...)...)
		w.portal.PutFile(w.deal, w.single, "new.pdf", w.original)
		_, err := w.Retry(t.Context(), v, r.ID)
		w.must(err)
		if got := w.run(r.ID); got.State != app.Conflicted {
			t.Errorf("at the end: %s %+v", got.State, got.Failure)
		}
		w.untouched()
	})
	t.Run("a reason that stays", func(t *testing.T) {
		w := newWorld(t)
		v, r := w.order(w.mary)
		w.unassign(w.mary)
		r = w.run(r.ID)
		if r.State != app.Failed || !r.Failure.RetryUntil.IsZero() {
			t.Fatalf("%s %+v", r.State, r.Failure)
		}
		w.clock.forward(time.Second)
		_, err := w.Retry(t.Context(), v, r.ID)
		wants(t, err, app.Conflict, "request.no-retry")
	})
}
