package signing_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/app/store/storetest"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// ended holds how a Request ended, and that people can read why.
func ended(t *testing.T, r app.Request, state app.State, kind app.Kind, key string) {
	t.Helper()
	if r.State != state || r.Failure == nil {
		t.Fatalf("ended as %s: %+v", r.State, r.Failure)
	}
	if r.Failure.Kind != kind || r.Failure.Key != key {
		t.Fatalf("ended with %s (%s), want %s (%s)", r.Failure.Kind, r.Failure.Key, kind, key)
	}
	readable(t, key)
}

// What changes between the order and its execution stops it, and the key is
// not used.
func TestStoppedAfterTheOrder(t *testing.T) {
	for _, c := range []struct {
		name  string
		then  func(w *world)
		state app.State
		kind  app.Kind
		key   string
	}{
		{"assignment removed", func(w *world) { w.unassign(w.mary) }, app.Failed, app.Forbidden, "certificate.not-assigned"},
		{"account blocked", func(w *world) { w.account(w.mary, app.Account{Blocked: true}) }, app.Failed, app.Forbidden, "account.blocked"},
		{"account removed", func(w *world) {
			w.must(w.store.DeleteAccount(context.Background(), w.id(), uid(w.mary)))
		}, app.Failed, app.NotFound, "account.none"},
		{"certificate expired", func(w *world) { w.clock.forward(366 * 24 * time.Hour) }, app.Failed, app.Forbidden, "certificate.expired"},
		{"certificate revoked", func(w *world) { w.revoke() }, app.Failed, app.Forbidden, "certificate.revoked"},
		{"certificate on its last day", func(w *world) {
			w.clock.set(w.cert.NotAfter.Add(-app.LastHours))
		}, app.Failed, app.Forbidden, "certificate.last-day"},
		{"assignment run out", func(w *world) { w.limit(time.Time{}, w.clock.Now()) }, app.Failed, app.Forbidden, "certificate.not-assigned"},
		{"token pulled out", func(w *world) {
			c := w.cert
			c.Source = app.KeyToken
			w.must(w.store.SaveCertificate(context.Background(), c, nil))
		}, app.Failed, app.Unavailable, "certificate.token-absent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			v, r := w.order(w.mary)
			c.then(w)
			ended(t, w.run(r.ID), c.state, c.kind, c.key)
			w.untouched()
			w.intact()
			if w.keys.uses.Load() != 0 || w.told() != 0 {
				t.Errorf("%d key uses, %d timeline entries", w.keys.uses.Load(), w.told())
			}
			if !bytes.Equal(w.read(v, r.ID, signing.Original), w.original) {
				t.Error("the original is not kept")
			}
			again, err := w.Retry(t.Context(), v, r.ID)
			if c.kind != app.Unavailable {
				wants(t, err, app.Conflict, "request.no-retry")
			} else if err != nil || again.State != app.Authorized { // the token may have come back
				t.Errorf("retried at once: %s, %v", again.State, err)
			}
		})
	}
}

// A colleague's change between the order and the delivery is a conflict, and
// what the colleague put there stays.
func TestConflictAtTheDelivery(t *testing.T) {
	theirs := signertest.PDF{Pages: 3}.Bytes()
	for _, c := range []struct {
		name string
		then func(w *world)
		want [][]byte
		key  string
	}{
		{"replaced", func(w *world) { w.portal.PutFile(w.deal, w.single, "new.pdf", theirs) }, [][]byte{theirs}, "request.conflict"},
		{"removed", func(w *world) { w.must(w.portal.RemoveFile(w.deal, w.single, w.file)) }, nil, "request.conflict"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			v, r := w.order(w.mary)
			c.then(w)
			ended(t, w.run(r.ID), app.Conflicted, app.Conflict, c.key)
			if !same(w.held(), c.want) {
				t.Error("the colleague's work was changed")
			}
			if !bytes.Equal(w.read(v, r.ID, signing.Original), w.original) {
				t.Error("the original is not kept")
			}
			if w.told() != 0 {
				t.Error("the timeline tells of a signature")
			}
		})
	}
}

// Whatever a colleague does in the very second of the write, nothing that was
// in the field is lost: it is there, or in our spool.
func TestAColleagueInTheSecondOfTheWrite(t *testing.T) {
	w := newWorld(t)
	w.file = w.portal.PutFile(w.deal, w.multiple, "Договор.pdf", w.original)
	v := w.enter(w.mary)
	r, err := w.Freeze(t.Context(), v, signing.DocumentRef{Source: app.SourceField, Field: w.multiple, FileID: number(w.file)})
	w.must(err)
	_, err = w.Sign(t.Context(), v, w.input(w.mary, r.ID))
	w.must(err)
	theirs, done := signertest.PDF{Pages: 3}.Bytes(), false
	defer w.portal.BeforeUpdate(func(u simulator.Update) {
		if !done && strings.HasPrefix(u.Method, "crm.") {
			done = true
			_, err := w.portal.ReplaceFile(w.deal, w.multiple, w.file, "new.pdf", theirs)
			w.must(err)
		}
	})()
	end := w.run(r.ID)
	if end.State != app.Conflicted && end.State != app.Failed {
		t.Errorf("ended as %s", end.State)
	}
	if end.Failure == nil || !end.Failure.FileChanged {
		t.Fatalf("the person is not told: %+v", end.Failure)
	}
	readable(t, end.Failure.Key)
	kept := w.read(v, r.ID, signing.Original)
	if !bytes.Equal(kept, w.original) {
		t.Error("the original is lost")
	}
	found := false
	for _, f := range w.portal.DealFiles(w.deal, w.multiple) {
		found = found || bytes.Equal(f.Content, theirs)
	}
	t.Logf("%s; the colleague's file is in the field: %t", end.Failure.Key, found)
}

// Two users order the same file: one signature is delivered, the other ends as
// a conflict, and each has both files.
func TestTwoUsersOnOneFile(t *testing.T) {
	w := newWorld(t)
	first, a := w.order(w.mary)
	second, b := w.order(w.paul)
	w.run(a.ID)
	ended(t, w.run(b.ID), app.Conflicted, app.Conflict, "request.conflict")
	w.signedOnce()
	if w.told() != 1 {
		t.Errorf("the timeline tells it %d times", w.told())
	}
	for v, id := range map[app.Visit]app.RequestID{first: a.ID, second: b.ID} {
		if !bytes.Equal(w.read(v, id, signing.Original), w.original) || !bytes.HasPrefix(w.read(v, id, signing.Signed), w.original) {
			t.Errorf("files of user %s are not kept", v.User)
		}
	}
}

// A delivery that is refused keeps the signed file; Retry delivers it without a
// new code or a new use of the key.
func TestRetry(t *testing.T) {
	w := newWorld(t)
	v, r := w.order(w.mary)
	w.access(simulator.ReadAccess)
	end := w.run(r.ID)
	ended(t, end, app.Failed, app.Forbidden, "portal.no-right")
	if !end.Failure.Retryable {
		t.Fatal("it cannot be retried")
	}
	w.untouched()
	if !bytes.HasPrefix(w.read(v, r.ID, signing.Signed), w.original) {
		t.Error("the signed file is not kept")
	}
	w.access(simulator.UpdateAccess)
	again, err := w.Retry(t.Context(), v, r.ID)
	w.must(err)
	if again.State != app.Signed {
		t.Errorf("retried request is %s", again.State)
	}
	if end := w.run(r.ID); end.State != app.Done {
		t.Fatalf("%s: %+v", end.State, end.Failure)
	}
	w.signedOnce()
	if w.keys.uses.Load() != 1 || w.told() != 1 {
		t.Errorf("%d key uses, %d timeline entries", w.keys.uses.Load(), w.told())
	}
	w.intact()
}

// A file that cannot be told of is signed all the same.
func TestUntold(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	w.portal.Inject(simulator.Fault{Method: "crm.timeline.*", Kind: simulator.AccessDenied})
	end := w.run(r.ID)
	ended(t, end, app.Done, app.Forbidden, "request.untold")
	w.signedOnce()
}

// No audit, no signature: while the audit log cannot be written the key is not
// touched; once it can, the Request goes on.
func TestNoAuditNoSignature(t *testing.T) {
	for n := int64(1); ; n++ {
		w := newWorld(t)
		_, r := w.order(w.mary)
		c := w.config
		c.Store = intentless{c.Store, w.faulty, n}
		w.serve(c)
		_, err := w.Run(t.Context(), r.Portal, r.ID)
		if w.request(r.ID).State == app.Done {
			if n < 3 {
				t.Fatal("the intent was never hindered")
			}
			return
		}
		if !errors.Is(err, storetest.ErrInjected) {
			t.Fatalf("operation %d: %v", n, err)
		}
		if w.keys.uses.Load() != 0 {
			t.Fatalf("operation %d: the key was used without an intent", n)
		}
		w.restart()
		if end := w.run(r.ID); end.State != app.Done {
			t.Fatalf("%s: %+v", end.State, end.Failure)
		}
		w.signedOnce()
		w.intact()
	}
}

// intentless is a store whose backend fails at the n-th operation of the
// transaction that writes the intent.
type intentless struct {
	signing.Store
	faulty *storetest.Faulty
	n      int64
}

func (s intentless) UpdateRequest(ctx context.Context, portal app.PortalID, id app.RequestID,
	change func(*app.Request, time.Time) ([]app.AuditEntry, error),
) (app.Request, error) {
	r, err := s.Request(ctx, portal, id)
	if err == nil && r.State == app.Prepared {
		s.faulty.FailAt(s.n)
		defer s.faulty.FailAt(0)
	}
	return s.Store.UpdateRequest(ctx, portal, id, change)
}

// A chain that was altered takes no further entry, so nothing is signed.
func TestAnAlteredAuditHeadStopsSigning(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	w.alterHead()
	if _, err := w.Run(t.Context(), r.Portal, r.ID); err == nil {
		t.Error("the request was carried on")
	}
	if w.keys.uses.Load() != 0 {
		t.Error("the key was used")
	}
	w.untouched()
}

// The portal answers every call of a step wrongly, for a while. Whatever it is,
// the end is one signature, or a clear refusal that a second try heals.
func TestAPortalThatFails(t *testing.T) {
	kinds := []simulator.FaultKind{
		simulator.InvalidToken, simulator.ExpiredToken, simulator.OperationLimit, simulator.QueryLimit,
		simulator.Overload, simulator.InternalError, simulator.BadGateway, simulator.Maintenance,
		simulator.EmptyBody, simulator.Reset, simulator.LostAnswer, simulator.LateGateway, simulator.Truncated,
	}
	for _, kind := range kinds {
		for _, step := range []string{"freeze", "sign", "run"} {
			for _, count := range []int{1, 0} {
				t.Run(step+" "+string(kind)+" "+number(count), func(t *testing.T) {
					t.Parallel()
					newWorld(t).hinder(step, simulator.Fault{Kind: kind, Count: count})
				})
			}
		}
	}
}

// hinder lets the portal fail during one step, and heals it.
func (w *world) hinder(step string, f simulator.Fault) {
	w.t.Helper()
	ctx := context.Background()
	v := w.enter(w.mary)
	refused := func(err error) {
		w.t.Helper()
		var e *app.Error
		if !errors.As(err, &e) || e.Kind == app.Internal {
			w.t.Fatalf("no clear refusal: %v", err)
		}
		readable(w.t, e.MessageKey())
		w.untouched()
	}
	during := func(name string) func() {
		if name != step {
			return func() {}
		}
		w.portal.Inject(f)
		return w.portal.Heal
	}
	heal := during("freeze")
	r, err := w.Freeze(ctx, v, w.ref())
	heal()
	if err != nil {
		refused(err)
		v = w.enter(w.mary)
		r = w.freeze(v)
	}
	before := w.lastStep(w.mary)
	heal = during("sign")
	_, err = w.Sign(ctx, v, w.input(w.mary, r.ID))
	heal()
	if err != nil {
		refused(err)
		if w.lastStep(w.mary) != before {
			w.t.Fatal("a refused order used the code up")
		}
		v = w.enter(w.mary)
		r = w.freeze(v)
		_, err = w.Sign(ctx, v, w.input(w.mary, r.ID))
		w.must(err)
	}
	heal = during("run")
	end := w.run(r.ID)
	heal()
	if !bytes.Equal(w.read(v, r.ID, signing.Original), w.original) {
		w.t.Error("the original is not kept")
	}
	if end.State == app.Failed {
		readable(w.t, end.Failure.Key)
		w.enter(w.mary)
		_, err := w.Retry(ctx, v, r.ID)
		w.must(err)
		end = w.run(r.ID)
	}
	if end.State != app.Done {
		w.t.Fatalf("%s: %+v", end.State, end.Failure)
	}
	w.signedOnce()
	if told := w.told(); told != 1 && end.Failure == nil {
		w.t.Errorf("the timeline tells it %d times", told)
	}
	if w.keys.uses.Load() != 1 {
		w.t.Errorf("the key was used %d times", w.keys.uses.Load())
	}
	w.intact()
}
