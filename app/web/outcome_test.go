package web_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// has holds that the answer's screen is the named one and its words are there.
func (p *page) has(a *answer, screen string, wants ...string) {
	p.t.Helper()
	if got := a.field("screen"); got != screen {
		p.t.Fatalf("the screen is %q, want %q: %s", got, screen, a.text())
	}
	for _, want := range wants {
		if !strings.Contains(a.field("html"), want) {
			p.t.Errorf("the screen %s has no %q: %s", screen, want, a.text())
		}
	}
}

// TestComesBack shows what came of an order to who closed the tab meanwhile: a
// signed file that the portal lacks for as long as that is so, any other failure
// for an hour. No code is asked for before.
func TestComesBack(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	w.acme.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.AccessDenied, Skip: 1}) // the first only asks
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	for range 2 {
		tab = w.tab(w.acme, w.acme.mary)
		tab.has(tab.ok("GET", "/api/sign", nil), "undelivered", "Signed, but not in the CRM yet", request+"/retry")
		w.clock.forward(3 * time.Hour)
	}
	w.acme.Heal()
	tab = w.tab(w.acme, w.acme.mary)
	tab.ok("POST", "/api/sign/requests/"+request+"/retry", object{})
	tab.settled(request)
	if got := tab.ok("GET", "/api/sign", nil).field("screen"); got != "documents" {
		t.Errorf("after the end the tab opens with %s", got)
	}
}

// waiting has Mary order a signature that is made and cannot be delivered yet.
func waiting(t *testing.T) (*world, *page, string) {
	t.Helper()
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	w.acme.Inject(simulator.Fault{Method: "crm.item.get", Kind: simulator.InternalError, Skip: 1}) // the first is the order's
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.until("the attempt", func() bool {
		return strings.Contains(tab.ok("GET", "/api/sign/requests/"+request, nil).field("html"), "Did not work yet")
	})
	return w, tab, request
}

// TestWhileItWaits tells why a step did not work yet, gives the file that is
// signed already, and keeps nobody from other documents.
func TestWhileItWaits(t *testing.T) {
	w, tab, request := waiting(t)
	tab.has(tab.ok("GET", "/api/sign", nil), "running",
		"Did not work yet (1 attempt)", "Bitrix24", "/api/sign?list=1", requestFile(request))
	if file := tab.ok("GET", "/api/sign/requests/"+request+"/signed", nil); !bytes.Contains(file.body, []byte("/ByteRange")) {
		t.Error("the signed file cannot be fetched")
	}
	w.acme.Heal()
	w.clock.forward(time.Minute)
	tab.has(tab.settled(request), "done", "data-open=\"/api/sign/requests/"+request+"/signed\"")
}

// TestConflictScreen leads to the file that a colleague put there.
func TestConflictScreen(t *testing.T) {
	w, tab, request := waiting(t)
	w.acme.PutFile(w.acme.deal, w.acme.field, "theirs.pdf", signertest.PDF{Pages: 3}.Bytes())
	w.acme.Heal()
	w.clock.forward(time.Minute)
	a := tab.settled(request)
	tab.has(a, "conflict", "changed at", "Nothing was replaced", "Show the new file", requestFile(request), "/api/sign?in="+w.acme.field)
	tab.has(tab.ok("GET", "/api/sign", nil), "conflict", "Nothing was replaced")
	next := tab.ok("GET", "/api/sign?in="+w.acme.field, nil)
	tab.has(next, "opening", "theirs.pdf")
	w.clock.forward(61 * time.Minute)
	tab = w.tab(w.acme, w.acme.mary)
	tab.has(tab.ok("GET", "/api/sign", nil), "opening", "theirs.pdf")
}

// failed gives the store a Request of Mary's that failed for a reason that may
// pass, as it is when a token was away.
func (w *world) failed(request string, method app.AuthMethod, until time.Time) {
	w.t.Helper()
	ctx := context.Background()
	_, err := w.store.UpdateRequest(ctx, w.acme.id(), app.RequestID(request), func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		r.State, r.Order, r.Method, r.UpdatedAt = app.Failed, "0", method, now
		r.Failure = &app.Failure{Kind: app.Unavailable, Key: "certificate.token-absent", At: now, RetryUntil: until}
		return nil, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestTriedAgain says of each failure what its code is worth: nothing, something
// for some minutes, or that there was none.
func TestTriedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		method      app.AuthMethod
		until       time.Duration
		has, hasNot []string
	}{
		"with a code":              {app.ByCode, 4 * time.Minute, []string{"still counts until", "/retry", "/api/sign/documents"}, []string{"was used up"}},
		"with a code, too late":    {app.ByCode, -time.Minute, []string{"was used up", "/api/sign/documents"}, []string{"still counts", "/retry"}},
		"without a code":           {app.ByPortal, 4 * time.Minute, []string{"was not changed", "Try the same again", "/retry", "/api/sign/documents"}, []string{"code"}},
		"without a code, too late": {app.ByPortal, -time.Minute, []string{"was not changed", "/api/sign/documents"}, []string{"used up", "/retry"}},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, _ := ready(t)
			tab := w.tab(w.acme, w.acme.mary)
			request := tab.open()
			w.failed(request, c.method, w.clock.Now().Add(c.until))
			a := tab.ok("GET", "/api/sign/requests/"+request, nil)
			tab.has(a, "failed", c.has...)
			text := strings.ReplaceAll(a.field("html"), "one-time-code", "")
			for _, not := range c.hasNot {
				if strings.Contains(text, not) {
					t.Errorf("the screen has %q: %s", not, a.text())
				}
			}
		})
	}
}

// TestNewestUnsignedFirst puts first what nobody has signed, and of that the
// newest: files of fields, whose date the portal does not tell, by their number.
func TestNewestUnsignedFirst(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	papers := w.acme.AddFileField("PAPERS", "Papers", true)
	for _, name := range []string{"older.pdf", "newer.pdf"} {
		w.acme.PutFile(w.acme.deal, papers, name, signertest.PDF{}.Bytes())
	}
	for user, name := range map[int]string{w.acme.mary: "comment.pdf", w.acme.paul: "unreadable.pdf"} {
		w.acme.AddComment(w.acme.deal, simulator.Comment{Author: user, Text: "see", Files: []simulator.File{{Name: name, Content: signertest.PDF{}.Bytes()}}})
	}
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	list := tab.ok("GET", "/api/sign?list=1", nil).field("html")
	at := -1
	for _, name := range []string{"newer.pdf", "older.pdf", "comment.pdf", "unreadable.pdf", "Договор № 5.pdf"} {
		i := strings.Index(list, `dir="auto">`+name)
		if i <= at {
			t.Errorf("%s stands in the wrong place, or is not there: %s", name, list)
		}
		at = i
	}
	if next := tab.ok("GET", "/api/sign/unsigned", nil).field("html"); !strings.Contains(next, "(3)") {
		t.Errorf("the way on is %s", next)
	}
}

// TestSignedBefore does not call a signature good before it was looked at, and
// has the form's script look.
func TestSignedBefore(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	a := tab.ok("POST", "/api/sign/documents", refOf(w))
	tab.has(a, "form", "badge-plain", "1 signature", "data-signatures")
	if strings.Contains(a.field("html"), "badge-good") {
		t.Error("it is called good")
	}
	tab.wants(tab.call("GET", "/api/sign/requests/"+a.field("request")+"/check", nil), http.StatusNotFound, "request.file-gone")
}
