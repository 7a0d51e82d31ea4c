package signing_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/signing"
	"signservice/signer"
)

// sample is the form of a test signature.
func (w *world) sample(code string) signing.OrderInput {
	return signing.OrderInput{
		Certificate: w.cert.ID, Code: code, Address: "203.0.113.7",
		Signet: app.Signet{Visible: true, Language: "en", Placement: app.Placement{Page: app.LastPage, Position: app.BottomRight}, Reason: "Test"},
	}
}

// TestRehearse signs a sample by the steps that sign documents, gives it to its
// signer alone, and touches nothing in the portal.
func TestRehearse(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	v.Entity = app.Entity{}
	step := w.lastStep(w.mary)
	w.portal.ForgetCalls()
	r, err := w.Rehearse(t.Context(), v, "Test.pdf", w.sample(w.code(w.mary)))
	w.must(err)
	if w.lastStep(w.mary) <= step {
		t.Error("no code was used up")
	}
	if end := w.run(r.ID); end.State != app.Done || end.DeliveredID != "" {
		t.Fatalf("at the end: %s %+v", end.State, end.Failure)
	}
	found, err := w.Rehearsed(t.Context(), v, r.ID)
	w.must(err)
	if len(found.Signatures) != 1 || found.Signatures[0].Verdict == signing.VerdictBroken || !found.Signatures[0].Whole || found.Signatures[0].Name != w.cert.Name {
		t.Errorf("a verifier finds %+v", found.Signatures)
	}
	file := w.read(v, r.ID, signing.Signed)
	report, err := signer.Verify(t.Context(), bytes.NewReader(file), int64(len(file)), signer.VerifyOptions{})
	w.must(err)
	if !report.Good(false) || len(report.Signatures) != 1 {
		t.Errorf("the file: %+v", report)
	}
	w.untouched()
	if w.told() != 0 {
		t.Error("the timeline tells of a test")
	}
	for _, call := range w.portal.Calls() {
		if call.Method != "profile" && call.Method != "user.current" && call.Method != "user.admin" && call.Method != "batch" {
			t.Errorf("the portal was asked for %s", call.Method)
		}
	}
	want := []app.Action{app.ActFrozen, app.ActOrdered, app.ActCodeRight, app.ActIntent, app.ActSigned, app.ActTested}
	if diff := cmp.Diff(want, w.actions(w.request(r.ID))); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
	entries, err := w.store.AuditEntries(t.Context(), w.id(), app.AuditQuery{Action: app.ActTested})
	w.must(err)
	if len(entries) != 1 || entries[0].Detail != "rehearsal.entry" || entries[0].Result == "" {
		t.Errorf("the journal has %+v", entries)
	}
	if last, err := w.store.LastSigned(t.Context(), w.id()); err != nil || len(last) != 0 {
		t.Errorf("a test counts as a signature: %v, %v", last, err)
	}
	if _, err := w.store.Remembered(t.Context(), w.id(), uid(w.mary)); app.KindOf(err) != app.NotFound {
		t.Errorf("a test has changed what Mary's form offers: %v", err)
	}
	_, err = w.Rehearsed(t.Context(), w.enter(w.paul), r.ID)
	wants(t, err, app.NotFound, "request.unknown")
	w.intact()
}

// TestRehearseRefused is what a test needs as every signature does; nothing is
// left of one that was refused.
func TestRehearseRefused(t *testing.T) {
	w := newWorld(t)
	mary, eve := w.enter(w.mary), w.enter(w.eve)
	mary.Entity = app.Entity{}
	refused := func(name string, v app.Visit, in signing.OrderInput, kind app.Kind, key string) {
		t.Helper()
		_, err := w.Rehearse(t.Context(), v, "Test.pdf", in)
		t.Run(name, func(t *testing.T) { wants(t, err, kind, key) })
	}
	refused("a wrong code", mary, w.sample(w.wrong(w.mary)), app.Unauthenticated, "code.wrong")
	refused("no code", mary, w.sample(""), app.Invalid, "code.malformed")
	refused("no account", eve, w.sample("000000"), app.NotFound, "account.none")
	other := w.sample(w.code(w.mary))
	other.Certificate = "c0ffee"
	refused("another's certificate", mary, other, app.Forbidden, "certificate.not-assigned")
	list, err := w.store.Requests(t.Context(), w.id(), app.RequestQuery{User: uid(w.mary), States: []app.State{app.Frozen, app.Authorized, app.Signed, app.Done}})
	w.must(err)
	if len(list) != 0 || w.keys.uses.Load() != 0 {
		t.Errorf("left are %v, the key was used %d times", list, w.keys.uses.Load())
	}
	code := w.code(w.mary)
	r, err := w.Rehearse(t.Context(), mary, "Test.pdf", w.sample(code))
	w.must(err)
	w.run(r.ID)
	refused("a code twice", mary, w.sample(code), app.Unauthenticated, "code.used")
	// A document's Request is no test.
	_, document := w.order(w.paul)
	_, err = w.Rehearsed(t.Context(), w.enter(w.paul), document.ID)
	wants(t, err, app.NotFound, "request.unknown")
}
