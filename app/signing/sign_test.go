package signing_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/otp"
	"signservice/app/signing"
)

func TestOneSignature(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	v := w.enter(w.mary)
	choices, err := w.Choices(ctx, v)
	if err != nil || !choices.HasPhone || len(choices.Certificates) != 1 || choices.Certificates[0].Unusable != "" {
		t.Fatalf("choices: %+v, %v", choices, err)
	}
	r := w.freeze(v)
	if r.State != app.Frozen || r.Original.Pages != 2 || r.Original.Signatures != 0 || r.Document.Name != "Договор.pdf" {
		t.Errorf("frozen: %+v", r)
	}
	if again := w.freeze(v); again.ID != r.ID {
		t.Error("the same file was frozen twice")
	}
	in := w.input(w.mary, r.ID)
	o, err := w.Sign(ctx, v, in)
	w.must(err)
	if o.AuthorizedAt.IsZero() || o.Method != app.ByCode || o.Step != otp.Step(w.clock.Now()) {
		t.Errorf("order: %+v", o)
	}
	if got := w.request(r.ID).State; got != app.Authorized {
		t.Fatalf("ordered request is %s", got)
	}
	w.untouched()

	done := w.run(r.ID)
	if done.State != app.Done || done.Failure != nil || done.DeliveredID == "" || done.Order != o.ID {
		t.Fatalf("request ended as %s: %+v", done.State, done.Failure)
	}
	w.signedOnce()
	if !bytes.Equal(w.read(v, r.ID, signing.Original), w.original) {
		t.Error("the kept original is another one")
	}
	if !bytes.Equal(w.read(v, r.ID, signing.Signed), w.held()[0]) {
		t.Error("the kept result is not what the portal has")
	}
	if w.told() != 1 {
		t.Errorf("the timeline tells it %d times", w.told())
	}
	want := []app.Action{
		app.ActFrozen, app.ActOrdered, app.ActCodeRight, app.ActIntent, app.ActSigned, app.ActDelivered, app.ActDone,
	}
	if d := cmp.Diff(want, w.actions(done)); d != "" {
		t.Error(d)
	}
	w.intact()
	choices, err = w.Choices(ctx, v)
	if err != nil || choices.Remembered != (app.Remembered{Certificate: w.cert.ID, Signet: in.Signet}) {
		t.Errorf("remembered: %+v, %v", choices.Remembered, err)
	}
	if list, err := w.Recent(ctx, v); err != nil || len(list) != 1 || list[0].ID != r.ID {
		t.Errorf("recent: %v, %v", list, err)
	}
}

func TestTheAuditTellsDigestAndKeyUse(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	done := w.run(r.ID)
	entries, err := w.store.AuditEntries(t.Context(), w.id(), app.AuditQuery{})
	w.must(err)
	for _, e := range entries {
		switch e.Action {
		case app.ActIntent:
			if e.Digest != done.Digest || e.Digest == "" || e.Certificate != w.cert.ID || e.User != uid(w.mary) {
				t.Errorf("intent: %+v", e)
			}
		case app.ActDelivered:
			if e.SHA256 != done.Original.SHA256 || e.Result != done.ResultSHA256 {
				t.Errorf("delivered: %+v", e)
			}
		case app.ActCodeRight:
			if e.Method != app.ByCode || e.Address != "192.0.2.1" {
				t.Errorf("authorized: %+v", e)
			}
		}
	}
	if w.keys.uses.Load() != 1 {
		t.Errorf("the key was used %d times", w.keys.uses.Load())
	}
}

// A colleague signs the signed file: the first signature stays good.
func TestASecondSignature(t *testing.T) {
	w := newWorld(t)
	_, r := w.order(w.mary)
	w.run(r.ID)
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	_, second := w.order(w.paul)
	if done := w.run(second.ID); done.State != app.Done {
		t.Fatalf("%s: %+v", done.State, done.Failure)
	}
	w.signed(2)
	if got := w.request(second.ID); got.UserName == got.OwnerName {
		t.Errorf("pressed by %q for %q", got.UserName, got.OwnerName)
	}
	told := w.portal.Timeline(w.deal)
	if text := told[len(told)-1].Text; !strings.Contains(text, "Paul Ott") || !strings.Contains(text, "Мария Иванова") {
		t.Errorf("the timeline does not name both: %s", text)
	}
}

func TestCodeOff(t *testing.T) {
	w := newWorld(t)
	w.account(w.eve, app.Account{CodeOff: true, CodeOffReason: "a kiosk"})
	w.assign(w.eve, w.cert.ID)
	v := w.enter(w.eve)
	r := w.freeze(v)
	in := signing.OrderInput{Requests: []app.RequestID{r.ID}, Certificate: w.cert.ID, Signet: app.Signet{Language: "en"}}
	_, err := w.Sign(t.Context(), v, in)
	wants(t, err, app.Invalid, "order.confirm")
	in.Confirm = true
	o, err := w.Sign(t.Context(), v, in)
	w.must(err)
	if o.Method != app.ByPortal || o.Step != 0 {
		t.Errorf("order: %+v", o)
	}
	if done := w.run(r.ID); done.State != app.Done {
		t.Fatalf("%s: %+v", done.State, done.Failure)
	}
	w.signedOnce()

	// Confirm counts for nothing where the code is on.
	v = w.enter(w.paul)
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	in.Requests = []app.RequestID{w.freeze(v).ID}
	_, err = w.Sign(t.Context(), v, in)
	wants(t, err, app.Invalid, "code.malformed")
	w.signedOnce()
}

// The same document twice in one order is one document.
func TestOneDocumentNamedTwice(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	r := w.freeze(v)
	o, err := w.Sign(t.Context(), v, w.input(w.mary, r.ID, r.ID))
	w.must(err)
	if len(o.Requests) != 1 {
		t.Errorf("the order has %d requests", len(o.Requests))
	}
	w.run(r.ID)
	w.signedOnce()
}

func TestTwoDocumentsOneCode(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	first := w.freeze(v)
	id := w.portal.PutFile(w.deal, w.multiple, "annex.pdf", w.original)
	ref := signing.DocumentRef{Source: app.SourceField, Field: w.multiple, FileID: number(id)}
	second, err := w.Freeze(t.Context(), v, ref)
	w.must(err)
	_, err = w.Sign(t.Context(), v, w.input(w.mary, first.ID, second.ID))
	w.must(err)
	for _, id := range []app.RequestID{first.ID, second.ID} {
		if done := w.run(id); done.State != app.Done {
			t.Errorf("%s: %+v", done.State, done.Failure)
		}
	}
	w.signedOnce()
	if files := w.portal.DealFiles(w.deal, w.multiple); len(files) != 1 || !bytes.HasPrefix(files[0].Content, w.original) {
		t.Errorf("the other field holds %d files", len(files))
	}
}

func TestADoubleClickSignsOnce(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	r := w.freeze(v)
	in := w.input(w.mary, r.ID)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() { _, errs[i] = w.Sign(context.Background(), v, in) })
	}
	wait.Wait()
	passed := 0
	for _, err := range errs {
		switch app.KindOf(err) {
		case "":
			passed++
		case app.Conflict, app.Unauthenticated, app.RateLimited:
		default:
			t.Errorf("unexpected refusal: %v", err)
		}
	}
	if passed != 1 {
		t.Fatalf("%d orders were authorized: %v", passed, errs)
	}
	w.run(r.ID)
	w.signedOnce()
	if w.keys.uses.Load() != 1 || w.told() != 1 {
		t.Errorf("%d key uses, %d timeline entries", w.keys.uses.Load(), w.told())
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	r := w.freeze(v)
	wants(t, w.Cancel(t.Context(), w.enter(w.paul), r.ID), app.NotFound, "request.unknown")
	w.must(w.Cancel(t.Context(), v, r.ID))
	_, _, _, err := w.Open(t.Context(), v, r.ID, signing.Original)
	wants(t, err, app.NotFound, "request.file-gone")
	step := w.lastStep(w.mary)
	_, err = w.Sign(t.Context(), v, w.input(w.mary, r.ID))
	wants(t, err, app.Conflict, "request.already")
	if w.lastStep(w.mary) != step {
		t.Error("the code was used up")
	}
	wants(t, w.Cancel(t.Context(), v, r.ID), app.Conflict, "request.already")
	w.untouched()

	_, r = w.order(w.mary)
	wants(t, w.Cancel(t.Context(), v, r.ID), app.Conflict, "request.already")
	_, err = w.Retry(t.Context(), v, r.ID)
	wants(t, err, app.Conflict, "request.no-retry")
}

func TestWatch(t *testing.T) {
	w := newWorld(t)
	v, r := w.order(w.mary)
	type answer struct {
		r   app.Request
		err error
	}
	answers := make(chan answer)
	seen := w.request(r.ID)
	go func() {
		next, err := w.Next(context.Background(), v, r.ID, seen, time.Minute)
		answers <- answer{next, err}
	}()
	w.run(r.ID)
	got := <-answers
	if got.err != nil || got.r.State == app.Authorized {
		t.Errorf("got %s, %v", got.r.State, got.err)
	}
	// An ended Request is told at once, and strangers are told nothing.
	last, err := w.Next(t.Context(), v, r.ID, w.request(r.ID), time.Minute)
	if err != nil || last.State != app.Done {
		t.Errorf("%s, %v", last.State, err)
	}
	_, err = w.Next(t.Context(), w.enter(w.paul), r.ID, app.Request{}, time.Minute)
	wants(t, err, app.NotFound, "request.unknown")
	// Without a change the Request is given as it is.
	v = w.enter(w.paul)
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	waiting := w.freeze(v)
	same, err := w.Next(t.Context(), v, waiting.ID, waiting, time.Millisecond)
	if err != nil || same.State != app.Frozen {
		t.Errorf("%s, %v", same.State, err)
	}
}
