package signing_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/signing"
	"signservice/bitrix/simulator"
)

// signatures asks about documents, which must succeed.
func (w *world) signatures(v app.Visit, refs ...signing.DocumentRef) []signing.Found {
	w.t.Helper()
	var list []signing.Found
	for f, err := range w.Signatures(w.t.Context(), v, refs) {
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// here names the file that is in the contract's field now.
func (w *world) here() signing.DocumentRef {
	w.t.Helper()
	ref := w.ref()
	ref.FileID = number(w.portal.DealFiles(w.deal, w.single)[0].ID)
	return ref
}

// TestSignatures tells everybody who may see the deal who has signed, also
// people without an account.
func TestSignatures(t *testing.T) {
	w := newWorld(t)
	eve := w.enter(w.eve)
	if got := w.signatures(eve, w.ref()); len(got) != 1 || got[0].Failure != nil || len(got[0].Signatures) != 0 {
		t.Fatalf("an unsigned document: %+v", got)
	}
	_, r := w.order(w.mary)
	w.run(r.ID)
	at := w.request(r.ID).SignedAt
	got := w.signatures(eve, w.here())
	want := []signing.Signature{{
		Name: "Мария Иванова", Issuer: "Мария Иванова", SelfSigned: true, At: at, Level: "B-B",
		Reason: "Согласовано", Verdict: signing.VerdictGood, Whole: true,
	}}
	if len(got) != 1 {
		t.Fatalf("the signed document: %+v", got)
	}
	if diff := cmp.Diff(want, got[0].Signatures, cmp.Transformer("utc", time.Time.UTC)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// A second signature is an allowed change after the first.
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	w.clock.forward(30 * time.Second)
	_, r = w.order(w.paul)
	w.run(r.ID)
	list := w.signatures(eve, w.here())[0].Signatures
	if len(list) != 2 || list[0].Verdict != signing.VerdictGood || list[0].Whole || !cmp.Equal(list[0].Later, []string{"signature"}) || !list[1].Whole {
		t.Errorf("two signatures: %+v", list)
	}
}

// TestChangedAfterSigning finds a signed file that somebody has altered, and one
// that was damaged.
func TestChangedAfterSigning(t *testing.T) {
	w := newWorld(t)
	v, r := w.order(w.mary)
	w.run(r.ID)
	signed := w.held()[0]
	for name, c := range map[string]struct {
		content []byte
		verdict signing.Verdict
	}{
		"bytes behind it": {append(bytes.Clone(signed), "\n% more\n1 0 obj <<>> endobj\n"...), signing.VerdictChanged},
		"a changed page":  {bytes.Replace(signed, []byte("Page 1"), []byte("Page 7"), 1), signing.VerdictBroken},
	} {
		if bytes.Equal(c.content, signed) {
			t.Fatalf("%s: nothing was changed", name)
		}
		w.portal.PutFile(w.deal, w.single, "changed.pdf", c.content)
		got := w.signatures(v, w.here())
		if len(got) != 1 || len(got[0].Signatures) != 1 || got[0].Signatures[0].Verdict != c.verdict {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w.portal.PutFile(w.deal, w.single, "cut.pdf", []byte("%PDF-1.7\n1 0 obj\n<<"))
	if got := w.signatures(v, w.here()); len(got) != 1 || got[0].Failure == nil || got[0].Failure.MessageKey() != "document.damaged" {
		t.Errorf("a damaged file: %+v", got)
	}
}

// TestSignaturesAreSeenOnce fetches a content once, asks each time who may read
// it, and tells nothing of files elsewhere.
func TestSignaturesAreSeenOnce(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	calls := func(do func()) int {
		before := len(w.portal.Calls())
		do()
		return len(w.portal.Calls()) - before
	}
	w.signatures(v, w.ref())
	eve := w.enter(w.eve)
	list := calls(func() {
		if _, err := w.Documents(t.Context(), eve); err != nil {
			t.Fatal(err)
		}
	})
	if got := calls(func() { w.signatures(eve, w.ref()) }); got != list {
		t.Errorf("%d calls for a known content, the list alone takes %d", got, list)
	}
	if _, ok := w.Known(v, app.Document{Source: app.SourceField, FileID: w.ref().FileID}); !ok {
		t.Error("the content is not known")
	}
	w.clock.forward(time.Hour)
	if _, ok := w.Known(v, app.Document{Source: app.SourceField, FileID: w.ref().FileID}); ok {
		t.Error("an old verdict still counts")
	}
	elsewhere := w.portal.PutFile(w.other, w.single, "secret.pdf", w.original)
	ref := w.ref()
	ref.FileID = number(elsewhere)
	if got := w.signatures(v, ref); len(got) != 0 {
		t.Errorf("a file of another deal: %+v", got)
	}
	w.portal.Inject(simulator.Fault{Method: "crm.item.get", Kind: simulator.AccessDenied})
	for _, err := range w.Signatures(t.Context(), v, []signing.DocumentRef{w.ref()}) {
		if err == nil {
			t.Error("somebody without the right to read is told")
		}
	}
}

// TestRefusedIsRemembered: a file that cannot be signed is known to be so after one
// look, whichever look that was.
func TestRefusedIsRemembered(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	d := app.Document{Source: app.SourceField}
	for name, look := range map[string]func(){
		"who has signed": func() { w.signatures(v, w.here()) },
		"opened": func() {
			if _, err := w.Freeze(t.Context(), v, w.here()); app.KindOf(err) != app.Unsupported {
				t.Errorf("a damaged file: %v", err)
			}
		},
	} {
		w.portal.PutFile(w.deal, w.single, "cut.pdf", []byte("%PDF-1.7\n1 0 obj\n<<"))
		if d.FileID = w.here().FileID; w.Refused(v, d) {
			t.Errorf("%s: known before", name)
		}
		if look(); !w.Refused(v, d) {
			t.Errorf("%s: not known", name)
		}
	}
	w.clock.forward(time.Hour)
	if w.Refused(v, d) {
		t.Error("an old verdict still counts")
	}
}
