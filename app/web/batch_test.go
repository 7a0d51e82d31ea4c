package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// several is a world whose deal has three more documents, the last of which
// cannot be signed, in a field for many files.
func several(t *testing.T, setup ...func(*world)) (*world, phone, string, []object) {
	t.Helper()
	w, p, certificate := ready(t, setup...)
	field := w.acme.AddFileField("PAPERS", "Papers", true)
	refs := make([]object, 3)
	contents := [][]byte{signertest.PDF{Pages: 1}.Bytes(), signertest.PDF{Pages: 4}.Bytes(), []byte("%PDF-1.7\n1 0 obj\n<<")}
	for _, i := range []int{2, 0, 1} { // the damaged one is the oldest, and stands below the others
		name := fmt.Sprintf("paper %d.pdf", i+1)
		id := w.acme.PutFile(w.acme.deal, field, name, contents[i])
		refs[i] = object{"source": "field", "field": field, "fileId": itoa(id), "name": name}
	}
	return w, p, certificate, refs
}

var filesIn = regexp.MustCompile(`data-file="([0-9a-f]{32})"`)

// choose opens several documents and gives their Requests.
func (p *page) choose(refs ...object) (form string, requests []string) {
	p.t.Helper()
	a := p.ok("POST", "/api/sign/selection", object{"documents": refs})
	if a.field("screen") != "form" {
		p.t.Fatalf("the selection shows %s", a.text())
	}
	for _, m := range filesIn.FindAllStringSubmatch(a.field("html"), -1) {
		requests = append(requests, m[1])
	}
	return a.field("html"), requests
}

var orderIn = regexp.MustCompile(`data-follow-path="(/api/sign/orders/[0-9a-f]{32})"`)

// TestSeveral signs two documents with one code, each in its own place, and names
// the third that cannot be signed.
func TestSeveral(t *testing.T) {
	w, phone, certificate, refs := several(t)
	tab := w.tab(w.acme, w.acme.mary)
	form, requests := tab.choose(refs...)
	if len(requests) != 2 {
		t.Fatalf("%d documents can be signed: %s", len(requests), form)
	}
	for _, want := range []string{"One code signs 2 documents", "paper 3.pdf", "is damaged", "Sign 2 documents", `name="same"`} {
		if !strings.Contains(form, want) {
			t.Errorf("the form has no %q", want)
		}
	}
	o := order(requests[0], certificate, phone.code())
	o["requests"] = requests
	o["places"] = object{requests[1]: object{"page": "number", "number": 3, "position": "top-left", "spot": object{"x": 0, "y": 0}}}
	running := tab.ok("POST", "/api/sign/orders", o)
	m := orderIn.FindStringSubmatch(running.field("html"))
	if m == nil {
		t.Fatalf("the order shows %s", running.text())
	}
	var end *answer
	w.until("the end of the order", func() bool {
		end = tab.ok("GET", m[1], nil)
		return end.field("screen") != "running"
	})
	if end.field("screen") != "done" || !strings.Contains(end.field("html"), "2 of 2 documents signed") {
		t.Fatalf("at the end: %s", end.text())
	}
	for i, c := range []struct {
		request  string
		page     int
		position string
	}{{requests[0], 1, "bottom right"}, {requests[1], 3, "top left"}} {
		file := tab.ok("GET", "/api/sign/requests/"+c.request+"/signed", nil).body
		if !bytes.Contains(file, []byte("/ByteRange")) {
			t.Errorf("document %d is not signed", i)
		}
		where := signetIn(t, file, c.page)
		if got := fmt.Sprint(map[bool]string{true: "top", false: "bottom"}[where[1] > .5], " ", map[bool]string{true: "right", false: "left"}[where[0] > .5]); got != c.position {
			t.Errorf("document %d has its signet at the %s, want %s", i, got, c.position)
		}
	}
	// One code has signed both, and signs nothing else.
	form, again := tab.choose(refs[2], refOf(w))
	if len(again) != 1 || !strings.Contains(form, "Sign Договор № 5.pdf") {
		t.Fatalf("%d documents are left: %s", len(again), form)
	}
	o = order(again[0], certificate, phone.code())
	tab.wants(tab.call("POST", "/api/sign/orders", o), http.StatusUnauthorized, "code.used")
	stranger := w.tab(w.acme, w.acme.paul)
	stranger.wants(stranger.call("GET", m[1], nil), http.StatusNotFound, "request.unknown")
	stranger.wants(stranger.call("GET", m[1]+"/events", nil), http.StatusNotFound, "request.unknown")
}

// TestSeveralInPart has the portal refuse one of two: each document has its own
// end, and a reload shows both.
func TestSeveralInPart(t *testing.T) {
	w, phone, certificate, refs := several(t)
	tab := w.tab(w.acme, w.acme.mary)
	contract := refOf(w)
	_, requests := tab.choose(refs[0], contract)
	w.acme.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.AccessDenied, Skip: 2, Count: 1}) // the first two only ask
	o := order(requests[0], certificate, phone.code())
	o["requests"] = requests
	m := orderIn.FindStringSubmatch(tab.ok("POST", "/api/sign/orders", o).field("html"))
	if m == nil {
		t.Fatal("no order is followed")
	}
	events := tab.flow("GET", m[1]+"/events", nil)
	if !strings.Contains(events, `"screen":"failed"`) || !strings.Contains(events, "1 of 2 documents signed") {
		t.Errorf("the stream ends with %s", events[max(0, len(events)-2000):])
	}
	end := w.tab(w.acme, w.acme.mary).ok("GET", m[1], nil)
	if html := end.field("html"); !strings.Contains(html, "Signed, not in the CRM yet") || !strings.Contains(html, "Signed at") {
		t.Errorf("opened again: %s", html)
	}
}

// TestNoneOfSeveral has nothing to sign, and asks for no code.
func TestNoneOfSeveral(t *testing.T) {
	w, _, _, refs := several(t)
	tab := w.tab(w.acme, w.acme.mary)
	a := tab.ok("POST", "/api/sign/selection", object{"documents": []object{
		refs[2], {"source": "field", "field": w.acme.field, "fileId": "999", "name": "gone.pdf"},
	}})
	if a.field("screen") != "unsignable" || !strings.Contains(a.field("html"), "paper 3.pdf: ") || !strings.Contains(a.field("html"), "gone.pdf: ") {
		t.Errorf("shows %s", a.text())
	}
	tab.wants(tab.call("POST", "/api/sign/selection", object{"documents": []object{}}), http.StatusUnprocessableEntity, "order.documents")
}

// TestSelectionAsEvents tells a reader of events how many documents are read, then
// what to show; what goes wrong on the way ends the stream with the reason.
func TestSelectionAsEvents(t *testing.T) {
	w, _, _, refs := several(t)
	tab := w.tab(w.acme, w.acme.mary)
	choose := func() []string {
		t.Helper()
		body, err := json.Marshal(object{"documents": refs})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/api/sign/selection", bytes.NewReader(body))
		for name, value := range map[string]string{"Authorization": "Bearer " + tab.session, "Content-Type": "application/json", "Accept": "text/event-stream"} {
			r.Header.Set(name, value)
		}
		a := w.serve(r)
		if a.code != http.StatusOK || a.header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("answers %d %v", a.code, a.header)
		}
		return regexp.MustCompile(`(?m)^data: (.*)$`).FindAllString(a.text(), -1)
	}
	events := choose()
	if len(events) != 4 || events[0] != `data: {"read":0}` || events[2] != `data: {"read":2}` || !strings.Contains(events[3], `"screen":"form"`) {
		t.Errorf("the stream says %.300q", events)
	}
	w.clock.forward(time.Hour) // what was frozen has expired
	tab = w.tab(w.acme, w.acme.mary)
	w.acme.Inject(simulator.Fault{Kind: simulator.AccessDenied, Count: 100})
	events = choose()
	if last := events[len(events)-1]; !strings.Contains(last, `"problem":{"kind":"forbidden"`) || !strings.Contains(last, "not changed") {
		t.Errorf("the stream ends with %q", last)
	}
}

// TestWhoHasSigned tells it to everybody who may see the deal, as a stream.
func TestWhoHasSigned(t *testing.T) {
	w, phone, certificate, refs := several(t)
	ask := func(p *page, refs ...object) string {
		t.Helper()
		return p.flow("POST", "/api/sign/signatures", object{"documents": refs})
	}
	paul := w.tab(w.acme, w.acme.paul) // has no account
	start := paul.ok("GET", "/api/sign", nil)
	if start.field("screen") != "no-account" || !strings.Contains(start.field("html"), "paper 1.pdf") || strings.Contains(start.field("html"), "data-tick") {
		t.Errorf("somebody without an account sees %s", start.text())
	}
	if got := ask(paul, refOf(w)); !strings.Contains(got, "Not signed") {
		t.Errorf("an unsigned document: %s", got)
	}
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.ok("POST", "/api/sign/documents", refOf(w)).field("request")
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	done := tab.settled(request)
	if !strings.Contains(done.field("html"), `data-fill="/api/sign/unsigned"`) {
		t.Errorf("at the end: %s", done.text())
	}
	check := tab.ok("GET", "/api/sign/requests/"+request+"/check", nil).field("html")
	for _, want := range []string{"Valid: nothing was changed", "Мария Иванова", "<details open"} {
		if !strings.Contains(check, want) {
			t.Errorf("the check does not tell that %q: %s", want, check)
		}
	}
	got := ask(paul, refOf(w), refs[2])
	for _, want := range []string{"Signed by Мария Иванова", "Valid: nothing was changed", "B-B", "signer’s clock", "Signatures not known", "is damaged"} {
		if !strings.Contains(got, want) {
			t.Errorf("it is not told that %q: %s", want, got)
		}
	}
	next := tab.ok("GET", "/api/sign/unsigned", nil).field("html")
	if !strings.Contains(next, "Next unsigned (2)") || !strings.Contains(next, refs[1]["fileId"].(string)) { // the newest
		t.Errorf("the way on is %s", next)
	}
	if strings.Contains(next, refs[2]["fileId"].(string)) {
		t.Errorf("the way on leads to a damaged file: %s", next)
	}
	if got := ask(paul, object{"source": "field", "field": w.acme.field, "fileId": "999"}); strings.Contains(got, "data:") {
		t.Errorf("a file that is not there: %s", got)
	}
}

// TestBrowserSeveral ticks documents, places one signet elsewhere, and signs all
// with one code.
func TestBrowserSeveral(t *testing.T) {
	w, mary, _, _ := several(t, pictured)
	if err := pages().Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".row .signed-by")))
	b.until("the signatures of all", func() bool { return eval[int](b, f, `document.querySelectorAll(".signed-by").length`) == 4 })
	b.shot(b.ctx, "list")
	for _, i := range []int{1, 2, 4} { // the third is damaged
		b.in(f, chromedp.Click(css(fmt.Sprintf(".row:nth-child(%d) .row-tick", i))))
	}
	if got := b.text(f, "[data-selection]"); !strings.Contains(got, "Sign 3 documents with one code") {
		t.Errorf("the button says %q", got)
	}
	b.in(f, chromedp.Click(css("[data-sign-selection]")), chromedp.WaitVisible(css("[data-page-image]")),
		chromedp.Click(css(".same-place")), chromedp.Click(css("[data-file]:not([aria-pressed=true])")),
		chromedp.Click(css(".zone input[value=top-left]")), chromedp.WaitVisible(css("[data-zone=top-left].chosen")))
	places := eval[[]string](b, f, `[...document.querySelectorAll("[data-file-place]")].map((e) => e.textContent)`)
	if len(places) != 3 || places[1] != "last page, top left" || places[0] != "last page, bottom right" {
		t.Errorf("the places are %q", places)
	}
	b.shot(b.ctx, "form")
	b.in(f, chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".batch:not([data-follow]) .actions")))
	b.shot(b.ctx, "done")
	if got := b.text(f, ".batch"); !strings.Contains(got, "3 of 3 documents signed") {
		t.Errorf("at the end: %q", got)
	}
}
