package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/signer/signertest"
)

// TestAccounts makes, changes, refuses and removes accounts.
func TestAccounts(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	shows := func(a *answer, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if !strings.Contains(a.field("html"), text) {
				t.Errorf("no %q in %s", text, a.field("html"))
			}
		}
	}
	shows(admin.ok("GET", "/api/admin/accounts", nil), "No accounts yet")
	shows(admin.ok("GET", "/api/admin/accounts/new", nil), `role="combobox"`)
	people := admin.ok("GET", "/api/admin/people?q=%D0%9C%D0%B0%D1%80", nil)
	if !strings.Contains(people.text(), "Мария Иванова") || strings.Contains(people.text(), "Paul") {
		t.Errorf("the search finds %s", people.text())
	}
	mary := itoa(w.acme.mary)
	for name, c := range map[string]struct {
		form       object
		code       int
		key, field string
	}{
		"nobody chosen":  {object{"create": "yes", "user": "", "login": "x"}, 422, "account.person-missing", "user"},
		"no login":       {object{"create": "yes", "user": mary, "login": " "}, 422, "account.login-missing", "login"},
		"no reason":      {object{"create": "yes", "user": mary, "login": "m", "codeOff": true}, 422, "account.code-off-reason-missing", "codeOffReason"},
		"a stranger":     {object{"create": "yes", "user": "99999", "login": "m"}, 404, "user.unknown", "user"},
		"no account yet": {object{"user": mary, "login": "m"}, 404, "account.unknown", ""},
	} {
		a := admin.call("POST", "/api/admin/accounts", c.form)
		admin.wants(a, c.code, c.key)
		if a.field("field") != c.field {
			t.Errorf("%s is about %q, want %q", name, a.field("field"), c.field)
		}
	}
	made := admin.ok("POST", "/api/admin/accounts", object{"create": "yes", "user": mary, "login": "mary", "description": "<b>Sales</b>"})
	shows(made, "Мария Иванова", `value="mary"`, "&lt;b&gt;Sales&lt;/b&gt;", "Not set up", "Create setup link")
	if made.field("notice") != "Account saved." {
		t.Errorf("the notice is %q", made.field("notice"))
	}
	again := admin.call("POST", "/api/admin/accounts", object{"create": "yes", "user": mary, "login": "other"})
	admin.wants(again, http.StatusConflict, "account.exists")
	admin.ok("POST", "/api/admin/accounts", object{"user": mary, "login": "mary", "codeOff": true, "codeOffReason": "trial"})
	shows(admin.ok("GET", "/api/admin/accounts", nil), "Signs without a code")
	shows(admin.ok("GET", "/api/admin/overview", nil), "1 signs without a code", "2 of 7")
	shows(admin.ok("POST", "/api/admin/accounts/"+mary+"/delete", object{}), "No accounts yet")
	shows(admin.ok("GET", "/api/admin/journal", nil), "Account saved", "One-time code switched off", "Account removed", "Anna Berg")
}

// TestCertificatesAndAssignments makes a certificate, assigns it both ways,
// and removes it.
func TestCertificatesAndAssignments(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	if a := admin.ok("GET", "/api/admin/assignments", nil); !strings.Contains(a.field("html"), "Add an account first") {
		t.Errorf("an empty grid: %s", a.text())
	}
	admin.account(w.acme.mary, "mary")
	for name, c := range map[string]struct {
		form       object
		key, field string
	}{
		"no name":    {object{"name": "", "years": "1", "key": "ecdsa-p256"}, "certificate.name-missing", "name"},
		"long name":  {object{"name": strings.Repeat("a", 65), "years": "1", "key": "ecdsa-p256"}, "certificate.name-long", "name"},
		"years":      {object{"name": "a", "years": "99", "key": "ecdsa-p256"}, "certificate.years-wrong", "years"},
		"no years":   {object{"name": "a", "years": "x", "key": "ecdsa-p256"}, "error.invalid", ""},
		"other kind": {object{"name": "a", "years": "1", "key": "dsa"}, "certificate.kind-unknown", "key"},
	} {
		a := admin.call("POST", "/api/admin/certificates", c.form)
		admin.wants(a, http.StatusUnprocessableEntity, c.key)
		if a.field("field") != c.field {
			t.Errorf("%s is about %q, want %q", name, a.field("field"), c.field)
		}
	}
	id := admin.certificate(w.acme.mary, "Мария Иванова")
	admin.wants(admin.call("POST", "/api/admin/certificates/"+id+"/delete", object{}), http.StatusConflict, "certificate.assigned")
	grid := admin.ok("GET", "/api/admin/assignments", nil).field("html")
	if !strings.Contains(grid, "checked") || !strings.Contains(grid, `data-certificate="`+id+`"`) {
		t.Errorf("the grid is %s", grid)
	}
	off := object{"user": itoa(w.acme.mary), "certificate": id, "assigned": false}
	if a := admin.ok("POST", "/api/admin/assignments", off); a.field("notice") != "Assignment removed." {
		t.Errorf("the notice is %q", a.field("notice"))
	}
	admin.wants(admin.call("POST", "/api/admin/assignments", object{"user": "x", "certificate": id, "assigned": true}), 404, "certificate.unknown")
	admin.ok("POST", "/api/admin/certificates/"+id+"/delete", object{})
	if list, err := w.store.Certificates(t.Context(), w.acme.id()); err != nil || len(list) != 0 {
		t.Errorf("certificates %v, %v", list, err)
	}
	admin.wants(admin.call("POST", "/api/admin/certificates/"+strings.Repeat("0", 64)+"/delete", object{}), 404, "certificate.unknown")
	admin.wants(admin.call("POST", "/api/admin/tokens", object{"token": "1", "key": "2", "certificate": id}), 404, "certificate.unknown")
}

// TestOthersSettings holds that one house sees nothing of another.
func TestOthersSettings(t *testing.T) {
	w := newWorld(t)
	ours, theirs := w.settings(w.acme, w.acme.anna), w.settings(w.bolt, w.bolt.anna)
	ours.account(w.acme.mary, "mary-of-acme")
	id := ours.certificate(w.acme.mary, "Certificate of Acme")
	link, _, _ := strings.Cut(ours.link(w.acme.mary), "?")
	var links []app.Enrolment
	links, err := w.store.Enrolments(t.Context(), w.acme.id())
	if err != nil || len(links) != 1 || link == "" {
		t.Fatalf("links %v, %v", links, err)
	}
	for _, section := range []string{"overview", "accounts", "certificates", "assignments", "journal"} {
		text := theirs.ok("GET", "/api/admin/"+section, nil).text()
		if strings.Contains(text, "acme") || strings.Contains(text, "Acme") || strings.Contains(text, id) {
			t.Errorf("%s shows what is another's", section)
		}
	}
	theirs.account(w.bolt.mary, "mary-of-bolt")
	for path, body := range map[string]object{
		"/api/admin/certificates/" + id + "/delete":                                       {},
		"/api/admin/accounts/" + itoa(w.bolt.mary) + "/link/" + links[0].ID + "/withdraw": {},
		"/api/admin/assignments":                                                          {"user": itoa(w.bolt.mary), "certificate": id, "assigned": true},
	} {
		if a := theirs.call("POST", path, body); a.code != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.code, a.text())
		}
	}
}

// TestLinks makes a link, shows it once, and withdraws it.
func TestLinks(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	mary := "/api/admin/accounts/" + itoa(w.acme.mary)
	link := admin.link(w.acme.mary)
	screen := admin.ok("GET", mary, nil).field("html")
	if strings.Contains(screen, link) || !strings.Contains(screen, "open for another 60 min") {
		t.Errorf("later the account shows %s", screen)
	}
	links, err := w.store.Enrolments(t.Context(), w.acme.id())
	if err != nil || len(links) != 1 {
		t.Fatalf("links %v, %v", links, err)
	}
	withdrawn := admin.ok("POST", mary+"/link/"+links[0].ID+"/withdraw", object{})
	if strings.Contains(withdrawn.field("html"), "open for another") {
		t.Error("the withdrawn link is still shown")
	}
	if a := w.get(link); a.code != http.StatusConflict || !strings.Contains(a.text(), "has withdrawn this link") {
		t.Errorf("the withdrawn link shows %d %s", a.code, a.text())
	}
	admin.wants(admin.call("POST", mary+"/link/x/withdraw", object{}), http.StatusNotFound, "link.unknown")
	admin.wants(admin.call("POST", "/api/admin/accounts/0x/link", object{}), http.StatusNotFound, "account.unknown")
	if strings.Contains(w.log.String(), strings.TrimPrefix(link, "/enrol/")) {
		t.Error("the link is in the log")
	}
}

// TestJournal tells the story of a signature, and older entries on demand.
func TestJournal(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.call("POST", "/api/sign/orders", order(request, certificate, "000000"))
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.settled(request)
	admin := w.settings(w.acme, w.acme.anna)
	journal := admin.ok("GET", "/api/admin/journal", nil).field("html")
	at := -1
	for _, want := range []string{
		"Done", "Signed file put into the CRM", "Signed", "Key about to sign", "Order confirmed", "Code refused", "Document opened",
		"Phone set up", "QR code shown", "Setup link created", "Certificate assigned", "Certificate created", "Account saved", "App installed",
	} {
		next := strings.Index(journal[at+1:], ">"+want+"<")
		if next < 0 {
			t.Errorf("%q is not in the journal, or not in its order", want)
			continue
		}
		at += next + 1
	}
	for _, want := range []string{"Мария Иванова", "Договор № 5.pdf", "Deal ", "203.0.113.7", "SHA-256"} {
		if !strings.Contains(journal, want) {
			t.Errorf("the journal has no %q", want)
		}
	}
	for range 60 {
		admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": certificate, "assigned": false})
		admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": certificate, "assigned": true})
	}
	first := admin.ok("GET", "/api/admin/journal", nil).field("html")
	_, older, found := strings.Cut(first, `data-get="/api/admin/journal?before=`)
	if !found {
		t.Fatal("no way to older entries")
	}
	older, _, _ = strings.Cut(older, `"`)
	second := admin.ok("GET", "/api/admin/journal?before="+older, nil)
	if second.field("more") != "true" || !strings.Contains(second.field("html"), "Assignment removed") {
		t.Errorf("older entries are %s", second.text())
	}
	admin.wants(admin.call("GET", "/api/admin/journal?before=x", nil), http.StatusUnprocessableEntity, "journal.filter-wrong")
}

// TestEndingCertificates are spoken of in the state.
func TestEndingCertificates(t *testing.T) {
	w, _, _ := ready(t)
	says := func(text string) {
		t.Helper()
		if a := w.settings(w.acme, w.acme.anna).ok("GET", "/api/admin/overview", nil); !strings.Contains(a.field("html"), text) {
			t.Errorf("the state does not say %q", text)
		}
	}
	says("1 in use")
	w.clock.forward(340 * 24 * time.Hour)
	says("1 ends within 30 days")
	w.clock.forward(30 * 24 * time.Hour)
	says("1 has expired")
	w.acme.PutFile(w.acme.deal, w.acme.field, "new.pdf", signertest.PDF{}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	form := tab.ok("GET", "/api/sign/requests/"+tab.open(), nil).field("html")
	if !strings.Contains(form, "has expired") || !strings.Contains(form, "None of your certificates can sign now") {
		t.Errorf("the form is %s", form)
	}
}
