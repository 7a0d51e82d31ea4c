package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestWrongClock: while the clock is wrong no code is taken, whatever it is for:
// the file is as it was, the code is not used up, the administrators are told
// once, and the service is not ready. When it is right the same code signs.
func TestWrongClock(t *testing.T) {
	w, mary, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	id := tab.open()
	before := len(w.acme.Notifications(w.acme.anna))
	w.clockOff = 75 * time.Second
	form := order(id, certificate, mary.code())
	for range 2 {
		a := tab.call("POST", "/api/sign/orders", form)
		tab.wants(a, http.StatusServiceUnavailable, "clock.off")
		for _, words := range []string{"75 s off", "not changed", "not used up"} {
			if !strings.Contains(a.field("html"), words) {
				t.Errorf("no %q in %s", words, a.text())
			}
		}
	}
	notices := w.acme.Notifications(w.acme.anna)
	if len(notices) != before+1 || !strings.Contains(notices[len(notices)-1].Message, "clock of the server of SignService is 75 s off") {
		t.Errorf("the administrator sees %+v", notices[before:])
	}
	if a := w.get("/readyz"); a.code != http.StatusServiceUnavailable {
		t.Errorf("readiness: %d", a.code)
	}
	w.clockOff = 0
	if a := w.get("/readyz"); a.code != http.StatusOK {
		t.Errorf("readiness afterwards: %d", a.code)
	}
	tab.ok("POST", "/api/sign/orders", form)
}

// TestWrongClockWithoutCode: who signs without a code is not kept from it.
func TestWrongClockWithoutCode(t *testing.T) {
	w, _, certificate := ready(t)
	w.settings(w.acme, w.acme.anna).ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.mary), "login": "mary", "codeOff": true, "codeOffReason": "a test"})
	w.clockOff = 75 * time.Second
	tab := w.tab(w.acme, w.acme.mary)
	form := order(tab.open(), certificate, "")
	form["confirm"] = true
	tab.ok("POST", "/api/sign/orders", form)
}

// TestGuessedCodes: the administrators are told when wrong codes lock an account.
func TestGuessedCodes(t *testing.T) {
	w, _, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	before := len(w.acme.Notifications(w.acme.anna))
	for range 22 {
		id := tab.open()
		tab.call("POST", "/api/sign/orders", order(id, certificate, "000000"))
		w.clock.forward(15 * time.Minute)
		tab = w.tab(w.acme, w.acme.mary)
	}
	notices := w.acme.Notifications(w.acme.anna)
	if len(notices) != before+1 || !strings.Contains(notices[len(notices)-1].Message, "Signing is locked for Мария Иванова") {
		t.Errorf("the administrator sees %+v", notices[before:])
	}
}
