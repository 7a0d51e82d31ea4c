package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/app"
)

// crowd puts many accounts into the store, named Person 000 and so on.
func (w *world) crowd(n int) {
	w.t.Helper()
	for i := range n {
		a := app.Account{
			Portal: w.acme.id(), User: app.UserID(itoa(9000 + i)), Name: fmt.Sprintf("Person %03d", i), Login: fmt.Sprintf("login%03d", i),
			Description: fmt.Sprintf("floor %d", i%7), CreatedAt: w.clock.Now(), CreatedBy: "1",
		}
		if err := w.store.SaveAccount(w.t.Context(), a); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestManyAccounts shows two hundred accounts a page at a time, and searches
// them on the server.
func TestManyAccounts(t *testing.T) {
	w := newWorld(t)
	w.crowd(200)
	anna := w.settings(w.acme, w.acme.anna)
	list := func(query string) string {
		t.Helper()
		return anna.ok("GET", "/api/admin/accounts"+query, nil).field("html")
	}
	first := list("")
	says(t, first, []string{"Person 000", "Person 024", "1 to 25 of 200", `data-query="/api/admin/accounts"`, "page=2"}, []string{"Person 025"})
	says(t, list("?page=8"), []string{"Person 175", "Person 199"}, []string{"Person 174", "page=9"})
	says(t, list("?q=login1+floor+3"), []string{"Person 101", "value=\"login1 floor 3\""}, []string{"Person 102", "Person 003"})
	says(t, list("?q=nobody"), []string{"Nothing is found"}, []string{"Person 0", "No accounts yet"})
	says(t, list("?page=999"), []string{"Person 199"}, nil)
	anna.wants(anna.call("GET", "/api/admin/accounts?q="+strings.Repeat("x", 101), nil), http.StatusUnprocessableEntity, "error.invalid")
	owners := anna.ok("GET", "/api/admin/owners?q=person+042", nil).text()
	says(t, owners, []string{`"id":"9042"`, "Person 042 (login042)", "floor 0"}, []string{"Person 043"})
	if n := strings.Count(anna.ok("GET", "/api/admin/owners?q=", nil).text(), `"id"`); n != 20 {
		t.Errorf("%d owners are offered", n)
	}
	if a := w.settings(w.bolt, w.bolt.anna).ok("GET", "/api/admin/owners?q=", nil).text(); strings.Contains(a, "Person") {
		t.Errorf("another portal is offered %s", a)
	}
}

// TestAccountRow tells of an account all that the list promises.
func TestAccountRow(t *testing.T) {
	w, phone, certificate := ready(t)
	anna := w.settings(w.acme, w.acme.anna)
	list := func() string { return anna.ok("GET", "/api/admin/accounts", nil).field("html") }
	says(t, list(), []string{"mary", "1 certificate", "Code on", "Phone since 23 Nov 2026", "has not signed yet"}, []string{"Setup link open"})
	anna.link(w.acme.mary)
	says(t, list(), []string{"Setup link open"}, nil)
	w.clock.forward(24 * time.Hour)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	anna = w.settings(w.acme, w.acme.anna)
	says(t, list(), []string{"last signed 24 Nov 2026"}, []string{"has not signed yet", "Setup link open"})
}

// TestOpenLinks lists whose links are open, by whom they were made and how long
// they live, and withdraws one from there.
func TestOpenLinks(t *testing.T) {
	w := newWorld(t)
	anna := w.settings(w.acme, w.acme.anna)
	anna.account(w.acme.mary, "mary")
	anna.account(w.acme.paul, "paul")
	list := func() string {
		t.Helper()
		_, html, found := strings.Cut(anna.ok("GET", "/api/admin/accounts", nil).field("html"), `id="links-title"`)
		if !found {
			t.Fatal("no list of links")
		}
		return html
	}
	says(t, list(), []string{"No link is open"}, nil)
	mary := anna.link(w.acme.mary)
	w.clock.forward(20 * time.Minute)
	anna = w.settings(w.acme, w.acme.anna)
	paul := anna.link(w.acme.paul)
	html := list()
	says(t, html, []string{"Мария Иванова", "Paul Ott", "made by Anna Berg", "40 min left", "60 min left"}, []string{mary, paul})
	if strings.Index(html, "Мария") > strings.Index(html, "Paul") {
		t.Error("the link that ends first does not stand first")
	}
	_, path, _ := strings.Cut(html, `data-post="`)
	path, _, _ = strings.Cut(path, `"`)
	left := anna.ok("POST", path, object{"list": true})
	says(t, left.field("html"), []string{`id="links-title"`, "Paul Ott"}, []string{"40 min left"})
	if left.field("notice") != "Link withdrawn." || left.field("place") != "" {
		t.Errorf("withdrawn: %s", left.text())
	}
	if a := w.get(mary); a.code != http.StatusConflict {
		t.Errorf("the withdrawn link answers %d", a.code)
	}
	w.clock.forward(61 * time.Minute)
	anna = w.settings(w.acme, w.acme.anna)
	says(t, list(), []string{"No link is open"}, nil)
}

// TestBrowserLink makes a link while the account is being edited: the link has
// the focus, and what was typed stays.
func TestBrowserLink(t *testing.T) {
	w := newWorld(t)
	w.settings(w.acme, w.acme.anna).account(w.acme.mary, "mary")
	b := newBrowser(w)
	s := b.openSettings(w.acme, w.acme.anna)
	b.in(s, chromedp.Click(css("[data-section=accounts]")), chromedp.Click(css("#account-list .button")), chromedp.WaitVisible(css("#description")),
		chromedp.SendKeys(css("#description"), "typed and not saved"), chromedp.Click(css("#phone .actions .button")), chromedp.WaitVisible(css("#new-link")))
	if id := eval[string](b, s, "document.activeElement.id"); id != "new-link" {
		t.Errorf("the focus is at %q", id)
	}
	if selected := eval[bool](b, s, `(() => { const f = document.getElementById("new-link"); return f.selectionStart === 0 && f.selectionEnd === f.value.length })()`); !selected {
		t.Error("the link is not selected")
	}
	if typed := eval[string](b, s, `document.getElementById("description").value`); typed != "typed and not saved" {
		t.Errorf("of what was typed is left %q", typed)
	}
	b.in(s, chromedp.Click(css("#phone .open-link .button")), chromedp.WaitNotPresent(css("#phone .open-link")))
	if id := eval[string](b, s, "document.activeElement.id"); id != "phone-title" {
		t.Errorf("after withdrawing, the focus is at %q", id)
	}
	if typed := eval[string](b, s, `document.getElementById("description").value`); typed != "typed and not saved" {
		t.Errorf("of what was typed is left %q", typed)
	}
}

// TestManyCertificates pages and searches fifty certificates.
func TestManyCertificates(t *testing.T) {
	w := newWorld(t)
	anna := w.settings(w.acme, w.acme.anna)
	for i := range 50 {
		c := app.Certificate{
			ID: app.CertificateID(fmt.Sprintf("%064x", i+1)), Portal: w.acme.id(), Source: app.KeySoftware, Name: fmt.Sprintf("Person %03d", i),
			Organisation: "Acme", Serial: fmt.Sprintf("%08x", i), NotBefore: w.clock.Now().AddDate(0, -1, 0), NotAfter: w.clock.Now().AddDate(1, 0, 0),
		}
		if err := w.store.SaveCertificate(t.Context(), c, []byte("key")); err != nil {
			t.Fatal(err)
		}
	}
	list := func(query string) string {
		t.Helper()
		return anna.ok("GET", "/api/admin/certificates"+query, nil).field("html")
	}
	says(t, list(""), []string{"Person 000", "1 to 25 of 50", `data-query="/api/admin/certificates"`}, []string{"Person 025"})
	says(t, list("?page=2"), []string{"Person 025", "Person 049"}, []string{"Person 024"})
	says(t, list("?q=person+042"), []string{"Person 042"}, []string{"Person 041"})
	says(t, list("?q=nobody"), []string{"Nothing is found"}, []string{"No certificates yet"})
}

// TestBrowserOwner chooses a certificate's owner by typing; what is typed and
// not chosen counts for nothing, and an empty field is nobody.
func TestBrowserOwner(t *testing.T) {
	w, _, id := ready(t)
	w.crowd(60)
	b := newBrowser(w)
	s := b.openSettings(w.acme, w.acme.anna)
	open := func() {
		b.in(s, chromedp.Click(css("[data-section=certificates]")), chromedp.Click(css(`[data-get="/api/admin/certificates/`+id+`"]`)), chromedp.WaitVisible(css("#owner")))
	}
	save := func(want string) {
		t.Helper()
		b.in(s, chromedp.Click(css(`form[data-form$="/owner"] [type=submit]`)))
		b.until("the owner "+want, func() bool {
			c, err := w.store.Certificate(t.Context(), w.acme.id(), app.CertificateID(id))
			return err == nil && string(c.Owner) == want
		})
		open()
	}
	open()
	b.in(s, chromedp.SendKeys(css("#owner"), "person 042"))
	b.until("one choice", func() bool {
		return eval[string](b, s, `[...document.querySelectorAll("#owner-list .combo-name")].map((e) => e.textContent).join()`) == "Person 042 (login042)"
	})
	b.in(s, chromedp.KeyEvent("\r"))
	save("9042")
	if shown := eval[string](b, s, `document.getElementById("owner").value`); shown != "Person 042 (login042)" {
		t.Errorf("the owner is shown as %q", shown)
	}
	b.in(s, chromedp.SendKeys(css("#owner"), "x"), chromedp.Click(css("#certificate-title")))
	if shown := eval[string](b, s, `document.getElementById("owner").value`); shown != "Person 042 (login042)" {
		t.Errorf("what was typed and not chosen stays as %q", shown)
	}
	save("9042")
	b.in(s, chromedp.Clear(css("#owner")), chromedp.SendKeys(css("#owner"), "x\b"), chromedp.Click(css("#certificate-title")))
	save("")
}

// TestJournalTells shows and exports what an entry holds: both hashes, the
// method, the card of any kind, names of what is gone, reasons and addresses.
func TestJournalTells(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.call("POST", "/api/sign/orders", order(request, certificate, "000000"))
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	anna := w.settings(w.acme, w.acme.anna)
	anna.account(w.acme.paul, "paul")
	anna.ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.paul), "login": "paul", "codeOff": true, "codeOffReason": "shared <tablet>"})
	other := anna.certificate(w.acme.paul, "Яна Gone")
	anna.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.paul), "certificate": other, "assigned": false})
	anna.ok("POST", "/api/admin/certificates/"+other+"/delete", object{})
	for kind, want := range map[int]string{app.EntityLead: "Lead 77", app.EntitySmartInvoice: "Invoice 77", 1030: "Item 77 of smart process 1030"} {
		if err := w.store.Audit(t.Context(), app.AuditEntry{Action: app.ActDone, Portal: w.acme.id(), User: "7", File: want + ".pdf", Entity: app.Entity{Type: kind, ID: 77}, Method: app.ByPortal}); err != nil {
			t.Fatal(err)
		}
	}
	w.looked = w.clock.Now()
	w.findings = []app.Finding{{Check: "audit", Health: app.Healthy, Key: "doctor.audit-entries", Args: []any{int64(41)}, At: w.clock.Now().Add(-20 * time.Minute)}}
	journal := func(query string) string {
		t.Helper()
		return anna.ok("GET", "/api/admin/journal"+query, nil).field("html")
	}
	r, err := w.store.Request(t.Context(), w.acme.id(), app.RequestID(request))
	if err != nil {
		t.Fatal(err)
	}
	all := journal("")
	says(t, all, []string{
		"original SHA-256 ", "signed file SHA-256 " + strings.ToUpper(r.ResultSHA256[:4]), "with a code", "without a code", "Deal " + itoa(w.acme.deal),
		"Lead 77", "Invoice 77", "Item 77 of smart process 1030", "reason: shared &lt;tablet&gt;", "Certificate: Яна Gone", "41 entries, unaltered", "checked 23 Nov 2026, 10:4",
	}, nil)
	for _, what := range []string{"Account saved", "Certificate removed", "Setup link created", "QR code shown", "Phone set up"} {
		_, row, found := strings.Cut(all, ">"+what+"<")
		row, _, _ = strings.Cut(row, "</tr>")
		if !found || !strings.Contains(row, "<span>203.0.113.7<") {
			t.Errorf("%q has no network address: %s", what, row)
		}
	}
	says(t, journal("?card=77"), []string{"Lead 77", "Invoice 77"}, []string{">Account saved<", "Deal "})
	says(t, journal("?certificate="+certificate+"&topic=signing"), []string{">Done<", ">Order confirmed<"}, []string{"Lead 77"})
	says(t, journal("?certificate="+other), []string{"Яна Gone", ">Certificate removed<"}, []string{">Done<"})
	says(t, journal("?result=signed"), []string{">Signed<", ">Done<"}, []string{">Code refused<", ">Account saved<"})
	says(t, journal("?result=refused"), []string{">Code refused<"}, []string{">Done<"})
	says(t, journal("?result=failed"), []string{"Nothing in the journal fits"}, []string{">Done<"})
	for wrong, key := range map[string]string{"card=x": "journal.card-wrong", "card=-1": "journal.card-wrong", "certificate=x": "journal.filter-wrong", "result=x": "journal.filter-wrong"} {
		anna.wants(anna.call("GET", "/api/admin/journal?"+wrong, nil), http.StatusUnprocessableEntity, key)
	}

	text := anna.ok("GET", "/api/admin/journal/export?format=csv&file="+url.QueryEscape("договор"), nil).text()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for name, want := range map[string]string{
		"SHA-256 of the original": r.Original.SHA256, "SHA-256 of the signed file": r.ResultSHA256, "CRM item": "Deal " + itoa(w.acme.deal),
		"Certificate": "Мария Иванова", "Order": string(r.Order), "Request": request,
	} {
		at, ok := column[name]
		if !ok || rows[1][at] != want {
			t.Errorf("column %q is %q, want %q", name, rows[1], want)
		}
	}
	csvAll := anna.ok("GET", "/api/admin/journal/export?format=csv", nil).text()
	says(t, csvAll, []string{"with a code", "reason: shared <tablet>", "Яна Gone", "Item 77 of smart process 1030"}, nil)
	says(t, anna.ok("GET", "/api/admin/journal/export?format=jsonl", nil).text(), []string{`"result":"` + r.ResultSHA256, `"order":"` + string(r.Order), `"request":"` + request}, nil)
}

// TestSelfEnrolment lets nobody, everybody or the marked ones set a first phone
// up alone.
func TestSelfEnrolment(t *testing.T) {
	w, _, certificate := ready(t)
	anna := w.settings(w.acme, w.acme.anna)
	anna.account(w.acme.paul, "paul")
	anna.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.paul), "certificate": certificate, "assigned": true})
	allow := func(who string) {
		t.Helper()
		a := anna.ok("POST", "/api/admin/defaults", object{
			"fields": []string{}, "codeRequired": false, "selfEnrolment": who, "retention": "30", "level": "b", "timestamps": "", "levelStrict": false,
		})
		says(t, a.field("html"), []string{`value="` + who + `" selected`}, nil)
	}
	mark := func(marked bool) {
		t.Helper()
		a := anna.ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.paul), "login": "paul", "selfEnrol": marked})
		if got := strings.Contains(a.field("html"), `name="selfEnrol" checked`); got != marked {
			t.Errorf("the account shows %v", got)
		}
	}
	paul := w.tab(w.acme, w.acme.paul)
	offered := func(want bool) {
		t.Helper()
		if got := strings.Contains(paul.ok("GET", "/api/sign", nil).field("html"), `data-post="/api/sign/phone"`); got != want {
			t.Errorf("offered: %v", got)
		}
		a := paul.call("POST", "/api/sign/phone", object{})
		if want != (a.code == http.StatusOK) {
			t.Errorf("answered %d %s", a.code, a.text())
		}
		if !want {
			paul.wants(a, http.StatusForbidden, "link.own-off")
		}
	}
	allow("nobody")
	mark(true)
	offered(false)
	allow("marked")
	offered(true)
	mark(false)
	offered(false)
	allow("everybody")
	offered(true)
	anna.wants(anna.call("POST", "/api/admin/defaults", object{
		"fields": []string{}, "codeRequired": false, "selfEnrolment": "cats", "retention": "30", "level": "b", "timestamps": "", "levelStrict": false,
	}), http.StatusUnprocessableEntity, "settings.self-wrong")
}
