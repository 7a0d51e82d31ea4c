package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"signservice/bitrix/simulator"
)

// fresh is what the portal's frame gives a page that asks for authorization.
func (w *world) fresh(c *company, user int) object {
	f := w.frame(c, simulator.Opening{User: user})
	return object{"authId": f.Form.Get("AUTH_ID"), "authExpires": f.Form.Get("AUTH_EXPIRES"), "refreshId": f.Form.Get("REFRESH_ID")}
}

// TestRenewal gives a page whose Session ran out a new one, at its own place.
func TestRenewal(t *testing.T) {
	w := newWorld(t)
	tab := w.tab(w.acme, w.acme.mary)
	w.clock.forward(20 * time.Minute)
	tab.wants(tab.call("GET", "/api/sign", nil), http.StatusUnauthorized, "session.expired")
	renewed := tab.ok("POST", "/session", w.fresh(w.acme, w.acme.mary)).field("session")
	again := &page{world: w, session: renewed}
	if got := again.ok("GET", "/api/sign", nil).field("screen"); got != "no-account" {
		t.Errorf("the renewed tab shows %q", got)
	}
	again.wants(again.call("GET", "/api/admin/overview", nil), http.StatusForbidden, "error.forbidden")
}

// TestRenewalOfOthers refuses a fresh authorization of anybody else, or of
// the same person where it does not suffice.
func TestRenewalOfOthers(t *testing.T) {
	w := newWorld(t)
	tab, admin := w.tab(w.acme, w.acme.mary), w.settings(w.acme, w.acme.anna)
	w.clock.forward(20 * time.Minute)
	tab.wants(tab.call("POST", "/session", w.fresh(w.acme, w.acme.paul)), http.StatusForbidden, "session.other-user")
	tab.wants(tab.call("POST", "/session", w.fresh(w.bolt, w.bolt.mary)), http.StatusForbidden, "visit.forged")
	tab.wants(tab.call("POST", "/session", object{"authId": strings.Repeat("5acb986500", 7)}), http.StatusUnauthorized, "portal.session")
	tab.wants(tab.call("POST", "/session", object{"authId": ""}), http.StatusUnprocessableEntity, "visit.malformed")
	tab.wants(tab.call("POST", "/session", object{"authId": "x", "door": "admin"}), http.StatusUnprocessableEntity, "call.unreadable")
	none := &page{world: w}
	none.wants(none.call("POST", "/session", w.fresh(w.acme, w.acme.mary)), http.StatusUnauthorized, "error.unauthenticated")
	fresh := w.fresh(w.acme, w.acme.anna)
	w.acme.AddUser(simulator.User{ID: w.acme.anna, Name: "Anna", LastName: "Berg"}) // no administrator any more
	admin.wants(admin.call("POST", "/session", fresh), http.StatusForbidden, "session.other-user")
	w.clock.forward(25 * time.Hour)
	tab.wants(tab.call("POST", "/session", w.fresh(w.acme, w.acme.mary)), http.StatusUnauthorized, "error.unauthenticated")
}

// TestSessionsTellNothing holds that a Session is opaque, and that two are
// never alike.
func TestSessionsTellNothing(t *testing.T) {
	w := newWorld(t)
	a, b := w.tab(w.acme, w.acme.mary), w.tab(w.acme, w.acme.mary)
	if a.session == b.session || strings.Contains(a.session, w.acme.MemberID()) {
		t.Error("sessions are alike or readable")
	}
	if strings.Contains(w.log.String(), a.session) {
		t.Error("a session is in the log")
	}
	huge := &page{world: w, session: strings.Repeat("A", 100_000)}
	huge.wants(huge.call("GET", "/api/sign", nil), http.StatusUnauthorized, "error.unauthenticated")
}
