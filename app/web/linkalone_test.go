package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
)

// TestLinkAlone binds a phone by a link without the sign-in where the
// administrator allows it, tells the journal so, and ends it at once when it is
// forbidden again.
func TestLinkAlone(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	shows := func(html string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if !strings.Contains(html, text) {
				t.Errorf("no %q in %s", text, html)
			}
		}
	}
	shows(admin.ok("GET", "/api/admin/accounts", nil).field("html"), "Only its person, signed in", "Let the link alone suffice")
	link := admin.link(w.acme.mary)
	if a := w.get(link); a.code != http.StatusOK || sessionIn.MatchString(a.text()) {
		t.Fatalf("without the permission the link shows %d %s", a.code, a.text())
	}
	set := func(on bool) string { return admin.ok("POST", "/api/admin/link-alone", object{"on": on}).field("html") }
	shows(set(true), "Whoever holds it", "badge-warn", "Require the sign-in again")
	owner := w.openAlone(link)
	shows(owner.html, "Мария Иванова", "Go on only if this is you.")
	if e, err := w.store.Enrolments(t.Context(), w.acme.id()); err != nil || len(e) != 1 || e[0].Pending != "" {
		t.Errorf("looking at the link made a secret: %v", err)
	}
	set(false)
	refused := owner.call("POST", "/api/enrolment/show", object{})
	owner.wants(refused, http.StatusForbidden, "link.not-alone")
	if refused.field("over") != "true" || !strings.Contains(refused.field("html"), "This link does not work") {
		t.Errorf("the page goes on after %s", refused.text())
	}
	owner.wants(w.openCall(object{"link": tokenOf(link)}), http.StatusForbidden, "link.not-alone")
	if a := w.get(link); sessionIn.MatchString(a.text()) {
		t.Error("forbidden again, the link still lets in")
	}
	set(true)
	m := keyIn.FindStringSubmatch(owner.ok("POST", "/api/enrolment/show", object{}).field("html"))
	if m == nil {
		t.Fatal("no key is shown")
	}
	code, err := otp.Code(secretOf(m[1]), otp.Step(w.clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	owner.ok("POST", "/api/enrolment/confirm", object{"code": code})
	for action, want := range map[app.Action]int{app.ActLinkAlone: 2, app.ActLinkAloneOff: 1, app.ActEnrolmentDone: 1, app.ActEnrolmentShown: 1} {
		entries, err := w.store.AuditEntries(t.Context(), w.acme.id(), app.AuditQuery{Action: action})
		if err != nil || len(entries) != want {
			t.Errorf("%s: %d entries, %v", action, len(entries), err)
		}
		for _, e := range entries {
			if unproven := e.Detail == "enrolment.link-alone"; unproven != strings.HasPrefix(string(action), "enrolment.") {
				t.Errorf("%s tells %q", action, e.Detail)
			}
		}
	}
	shows(admin.ok("GET", "/api/admin/journal", nil).field("html"), "Links without sign-in allowed", "By the link alone, without sign-in")

	// The session of a link opens nothing else, and another portal is not meant.
	for _, path := range []string{"/api/sign", "/api/admin/accounts"} {
		if a := owner.call("GET", path, nil); a.code != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.code)
		}
	}
	theirs := w.settings(w.bolt, w.bolt.anna)
	theirs.account(w.bolt.mary, "mary")
	foreign := theirs.link(w.bolt.mary)
	if a := w.get(foreign); sessionIn.MatchString(a.text()) || strings.Contains(a.text(), "/api/enrolment/open") {
		t.Error("the other portal's link lets in")
	}
	theirs.wants(w.openCall(object{"link": tokenOf(foreign)}), http.StatusForbidden, "link.not-alone")
}

// tokenOf is what a link ends with.
func tokenOf(link string) string { return strings.TrimPrefix(link, "/enrol/") }

// openCall presses the button of a link that is enough.
func (w *world) openCall(body object) *answer {
	w.t.Helper()
	return (&page{world: w}).call("POST", "/api/enrolment/open", body)
}

// openAlone goes in by a link that is enough.
func (w *world) openAlone(link string) *page {
	w.t.Helper()
	a := w.openCall(object{"link": tokenOf(link)})
	if a.code != http.StatusOK || a.field("session") == "" || a.header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("the link does not let in: %d %s", a.code, a.text())
	}
	return &page{world: w, session: a.field("session"), html: a.field("html")}
}

// TestLinkAlonePreviewed has messengers fetch a link that is enough, and send
// to it what they and forms of other sites can: they are told no name and get
// no Session, and nothing changes.
func TestLinkAlonePreviewed(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	admin.ok("POST", "/api/admin/link-alone", object{"on": true})
	link := admin.link(w.acme.mary)
	before := w.link()
	for _, agent := range []string{"TelegramBot (like TwitterBot)", "Bitrix24 Link Preview", "Mozilla/5.0"} {
		a := w.get(link, "User-Agent", agent)
		if a.code != http.StatusOK || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("%d %v", a.code, a.header)
		}
		for _, told := range []string{"Мария", "otpauth:", "data-session", tokenOf(link)} {
			if strings.Contains(a.text(), told) {
				t.Errorf("%s is told %q", agent, told)
			}
		}
		if !strings.Contains(a.text(), `data-post="/api/enrolment/open"`) || !strings.Contains(a.text(), "Begin") {
			t.Errorf("no way in: %s", a.text())
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		r := httptest.NewRequest(http.MethodPost, "/api/enrolment/open", strings.NewReader(`{"link":"`+tokenOf(link)+`"}`))
		r.Header.Set("Content-Type", kind)
		if a := w.serve(r); a.code != http.StatusUnsupportedMediaType || a.field("session") != "" {
			t.Errorf("%q: %d %s", kind, a.code, a.text())
		}
	}
	for name, body := range map[string]object{
		"the stored id": {"link": before.ID}, "nothing": {"link": ""}, "no token": {"link": "../x"}, "another": {"link": strings.Repeat("A", 43)},
	} {
		if a := w.openCall(body); a.code != http.StatusNotFound || a.field("key") != "link.unknown" {
			t.Errorf("%s: %d %s", name, a.code, a.text())
		}
	}
	if a := w.openCall(object{"link": tokenOf(link), "user": "1"}); a.code != http.StatusUnprocessableEntity {
		t.Errorf("more than a link: %d %s", a.code, a.text())
	}
	if after := w.link(); after != before {
		t.Errorf("changed: %+v", after)
	}
	w.clock.forward(time.Hour)
	if a := w.openCall(object{"link": tokenOf(link)}); a.code != http.StatusConflict || a.field("key") != "link.expired" || a.field("over") != "true" {
		t.Errorf("too late: %d %s", a.code, a.text())
	}
}
