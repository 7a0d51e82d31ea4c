package signing_test

import (
	"bytes"
	"context"
	"crypto"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
	"signservice/app/signing"
	"signservice/bitrix/simulator"
	"signservice/signer"
	"signservice/signer/signertest"
)

// put writes a file into the spool behind the Service's back.
func (w *world) put(name string, data []byte) {
	w.t.Helper()
	f, err := w.spool.Create(context.Background(), name)
	w.must(err)
	_, err = f.Write(data)
	w.must(err)
	w.must(f.Commit())
}

// Other bytes than the person saw are not signed, other bytes than were checked
// not delivered.
func TestExchangedFilesAreNotUsed(t *testing.T) {
	other := signertest.PDF{Pages: 4}.Bytes()
	for _, c := range []struct {
		name, file string
		signed     bool // the exchange happens after the signature
	}{
		{"original before signing", "original", false},
		{"original before delivery", "original", true},
		{"signed file before delivery", "signed", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			_, r := w.order(w.mary)
			uses := int64(0)
			if c.signed {
				w.access(simulator.ReadAccess)
				w.run(r.ID) // as far as the delivery
				w.access(simulator.UpdateAccess)
				_, err := w.Retry(t.Context(), w.enter(w.mary), r.ID)
				w.must(err)
				uses = 1
			}
			w.put(string(r.ID)+"/"+c.file, other)
			ended(t, w.run(r.ID), app.Failed, app.Internal, "request.spool")
			w.untouched()
			if w.keys.uses.Load() != uses || w.told() != 0 {
				t.Errorf("%d key uses, %d timeline entries", w.keys.uses.Load(), w.told())
			}
		})
	}
}

// A Request whose bytes are gone is signed from the same bytes, fetched anew, with
// the one code.
func TestLostBytesCostNoCode(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	r := w.freeze(v)
	w.must(w.spool.Delete(t.Context(), string(r.ID)+"/original"))
	o, err := w.Sign(t.Context(), v, w.input(w.mary, r.ID))
	w.must(err)
	if len(o.Requests) != 1 || o.Requests[0] == r.ID {
		t.Fatalf("ordered %v, whose bytes are lost", o.Requests)
	}
	w.run(o.Requests[0])
	w.signedOnce()
}

// Guessing brings a wait, and then a lock; the right code helps in neither.
func TestGuessing(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	try := func(code string) error {
		in := w.input(w.mary, w.freeze(v).ID)
		in.Code = code
		_, err := w.Sign(t.Context(), v, in)
		return err
	}
	for range 4 {
		wants(t, try(w.wrong(w.mary)), app.Unauthenticated, "code.wrong")
	}
	if e := wants(t, try(w.wrong(w.mary)), app.RateLimited, "code.wait"); e.After != time.Minute {
		t.Errorf("the wait is %v", e.After)
	}
	wants(t, try(w.code(w.mary)), app.RateLimited, "code.wait")
	for i := 5; i < 20; i++ {
		w.clock.forward(15 * time.Minute)
		if err := try(w.wrong(w.mary)); i < 19 {
			wants(t, err, app.RateLimited, "code.wait")
		} else {
			wants(t, err, app.Locked, "code.locked")
		}
	}
	w.clock.forward(time.Hour)
	wants(t, try(w.code(w.mary)), app.Locked, "code.locked")
	w.untouched()
	refused := 0
	entries, err := w.store.AuditEntries(t.Context(), w.id(), app.AuditQuery{Action: app.ActCodeWrong})
	w.must(err)
	for _, e := range entries {
		if strings.HasPrefix(e.Detail, "code.") && e.User == uid(w.mary) && e.Address == "192.0.2.1" {
			refused++
		}
	}
	if refused != 22 {
		t.Errorf("the audit log tells of %d refused orders", refused)
	}
	if w.keys.uses.Load() != 0 {
		t.Error("the key was used")
	}

	// A new link ends the lock.
	w.phone(w.mary)
	w.must(try(w.code(w.mary)))
}

// A code that was right for an order that was refused before stays good, and a
// used one stays used after a restart.
func TestUsedCodesStayUsed(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	r := w.freeze(v)
	in := w.input(w.mary, r.ID)
	w.access(simulator.ReadAccess)
	_, err := w.Sign(t.Context(), v, in)
	wants(t, err, app.Forbidden, "portal.no-right")
	w.access(simulator.UpdateAccess)
	_, err = w.Sign(t.Context(), v, in)
	w.must(err)
	w.run(r.ID)
	w.restart()
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	again := in
	again.Requests = []app.RequestID{w.freeze(v).ID}
	_, err = w.Sign(t.Context(), v, again)
	e := wants(t, err, app.Unauthenticated, "code.used")
	if !e.CodeUsed || e.After <= 0 || e.After > 2*otp.Period {
		t.Errorf("code used %t, wait %v", e.CodeUsed, e.After)
	}
	w.signedOnce()
}

// Retry does not overwrite what a colleague has put there meanwhile.
func TestRetryIntoAConflict(t *testing.T) {
	w := newWorld(t)
	v, r := w.order(w.mary)
	w.access(simulator.ReadAccess)
	w.run(r.ID)
	w.access(simulator.UpdateAccess)
	theirs := signertest.PDF{Pages: 3}.Bytes()
	w.portal.PutFile(w.deal, w.single, "new.pdf", theirs)
	_, err := w.Retry(t.Context(), v, r.ID)
	w.must(err)
	ended(t, w.run(r.ID), app.Conflicted, app.Conflict, "request.conflict")
	if !same(w.held(), [][]byte{theirs}) {
		t.Error("the colleague's file was changed")
	}
}

// A token that is pulled out while it signs is asked again.
func TestATokenThatWobbles(t *testing.T) {
	for _, c := range []struct {
		fails int
		fault error
		state app.State
	}{{2, signer.ErrTokenAbsent, app.Done}, {2, signer.ErrToken, app.Done}, {3, signer.ErrToken, app.Failed}} {
		w := newWorld(t)
		_, r := w.order(w.mary)
		config := w.config
		config.Keys = &wobbly{Keys: w.keys, left: c.fails, fault: c.fault}
		w.serve(config)
		end := w.run(r.ID)
		if end.State != c.state {
			t.Fatalf("after %d failures: %s, %+v", c.fails, end.State, end.Failure)
		}
		if c.state == app.Failed {
			ended(t, end, app.Failed, app.Unavailable, "certificate.token-absent")
			w.untouched()
			continue
		}
		if end.Attempts != 0 || !end.RetryAt.IsZero() {
			t.Errorf("done after %d attempts, again at %v", end.Attempts, end.RetryAt)
		}
		w.signedOnce()
	}
}

// wobbly gives keys whose token is away at the first signatures.
type wobbly struct {
	signing.Keys
	left  int
	fault error
}

func (k *wobbly) Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error) {
	key, release, err := k.Keys.Signer(ctx, c)
	return wobblyKey{key, k}, release, err
}

type wobblyKey struct {
	crypto.Signer
	ring *wobbly
}

func (k wobblyKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if k.ring.left > 0 {
		k.ring.left--
		return nil, k.ring.fault
	}
	return k.Signer.Sign(random, digest, opts)
}

// A key that is not the certificate's signs nothing that leaves the house.
func TestTheWrongKey(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	config := w.config
	config.Keys = stranger{w.keys, signertest.NewKey(t, signertest.P256)}
	w.serve(config)
	if end := w.run(r.ID); end.State != app.Failed || end.Failure.Kind != app.Internal {
		t.Fatalf("%s: %+v", end.State, end.Failure)
	}
	w.untouched()
	w.intact()
}

type stranger struct {
	signing.Keys
	key crypto.Signer
}

func (s stranger) Signer(context.Context, app.Certificate) (crypto.Signer, func(), error) {
	return s.key, func() {}, nil
}

// No secret is in the log, in an answer or in the audit, whatever goes wrong.
func TestSecretsStayInside(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	config := w.config
	config.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.serve(config)
	v := w.enter(w.mary)
	r := w.freeze(v)
	in := w.input(w.mary, r.ID)
	wrong := in
	wrong.Code = w.wrong(w.mary)
	_, refused := w.Sign(t.Context(), v, wrong)
	_, err := w.Sign(t.Context(), v, in)
	w.must(err)
	w.portal.Inject(simulator.Fault{Kind: simulator.BadGateway, Count: 5})
	w.run(r.ID)
	w.portal.Heal()
	grant, err := w.store.Grant(t.Context(), w.id(), uid(w.mary))
	w.must(err)
	entries, err := w.store.AuditEntries(t.Context(), w.id(), app.AuditQuery{})
	w.must(err)
	for _, e := range entries {
		log.WriteString(strings.Join([]string{e.Subject, e.File, e.Detail, e.Address}, "\n"))
	}
	log.WriteString(refused.Error())
	if !strings.Contains(log.String(), "request step failed") {
		t.Error("the log says nothing of the failure")
	}
	for name, value := range map[string]string{
		"code": in.Code, "wrong code": `"` + wrong.Code, "secret": w.phones[w.mary].Reveal(),
		"access token": grant.Access.Reveal(), "refresh token": grant.Refresh.Reveal(), "client secret": w.client.ClientSecret,
	} {
		if strings.Contains(log.String(), value) {
			t.Errorf("the %s is told", name)
		}
	}
}

// The queue never runs one Request twice at once. If it did, nothing wrong
// would reach the portal.
func TestTwoRunnersDoNoHarm(t *testing.T) {
	for range 10 {
		w := newWorld(t)
		_, r := w.order(w.mary)
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() { _, _ = w.Run(context.Background(), r.Portal, r.ID) })
		}
		wait.Wait()
		end := w.run(r.ID)
		switch end.State {
		case app.Done:
			w.signedOnce()
		case app.Failed: // one runner's file was taken from under the other
			w.untouched()
			readable(t, end.Failure.Key)
		default:
			t.Fatalf("%s: %+v", end.State, end.Failure)
		}
		if told := w.told(); told > 1 {
			t.Errorf("the timeline tells it %d times", told)
		}
		w.intact()
	}
}
