package web_test

import (
	"net/http"
	"strings"
	"testing"

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
	owner := w.opened(w.get(link))
	shows(owner.html, "Мария Иванова")
	if e, err := w.store.Enrolments(t.Context(), w.acme.id()); err != nil || len(e) != 1 || e[0].Pending != "" {
		t.Errorf("looking at the link made a secret: %v", err)
	}
	set(false)
	owner.wants(owner.call("POST", "/api/enrolment/show", object{}), http.StatusForbidden, "link.not-alone")
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
	if a := w.get(theirs.link(w.bolt.mary)); sessionIn.MatchString(a.text()) {
		t.Error("the other portal's link lets in")
	}
}
