package web_test

import (
	"net/http"
	"strings"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// TestAsk: who lacks something tells the administrator with one click, once in
// ten minutes.
func TestAsk(t *testing.T) {
	w, _, _ := ready(t)
	paul := w.tab(w.acme, w.acme.paul) // has no account
	screen := paul.ok("GET", "/api/sign", nil)
	if !strings.Contains(screen.field("html"), `data-post="/api/sign/ask/account"`) {
		t.Errorf("no way to ask: %s", screen.text())
	}
	before := len(w.acme.Notifications(w.acme.anna))
	for range 3 {
		if a := paul.ok("POST", "/api/sign/ask/account", object{}); !strings.Contains(a.field("html"), "has been told") {
			t.Errorf("asked: %s", a.text())
		}
	}
	notices := w.acme.Notifications(w.acme.anna)
	if len(notices) != before+1 || !strings.Contains(notices[len(notices)-1].Message, "Paul Ott wants to sign") {
		t.Errorf("the administrator sees %+v", notices)
	}
	paul.wants(paul.call("POST", "/api/sign/ask/money", object{}), http.StatusUnprocessableEntity, "ask.unknown")
}

// TestAskAll: every administrator who has opened our pages is told, in the
// language of those, also when the one who installed the app has left.
func TestAskAll(t *testing.T) {
	w, _, _ := ready(t)
	second := w.acme.AddUser(simulator.User{Name: "Bruno", LastName: "Klein", Admin: true, Language: "de"})
	w.settings(w.acme, second)
	never := w.acme.AddUser(simulator.User{Name: "Nina", LastName: "Never", Admin: true})
	ask := func(wish string) {
		t.Helper()
		w.tab(w.acme, w.acme.paul).ok("POST", "/api/sign/ask/"+wish, object{})
	}
	count := func() [3]int {
		return [3]int{len(w.acme.Notifications(w.acme.anna)), len(w.acme.Notifications(second)), len(w.acme.Notifications(never))}
	}
	before := count()
	ask("account")
	if got := count(); got != [3]int{before[0] + 1, before[1] + 1, before[2]} {
		t.Errorf("before %v, after %v", before, got)
	}
	if got := w.acme.Notifications(second); !strings.Contains(got[len(got)-1].Message, "Paul Ott möchte Dokumente signieren") {
		t.Errorf("the German administrator reads %q", got[len(got)-1].Message)
	}
	if err := w.acme.SetUser(w.acme.anna, func(u *simulator.User) { u.Inactive = true }); err != nil {
		t.Fatal(err)
	}
	before = count()
	ask("certificate")
	if got := count(); got != [3]int{before[0], before[1] + 1, before[2]} {
		t.Errorf("the installer has left: before %v, after %v", before, got)
	}
}

// TestOwnPhone: where it is allowed, a person with an account makes the link
// for the first phone, and for no other.
func TestOwnPhone(t *testing.T) {
	w, _, certificate := ready(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.ok("POST", "/api/admin/accounts", object{"create": "1", "user": itoa(w.acme.paul), "login": "paul"})
	admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.paul), "certificate": certificate, "assigned": true})
	paul := w.tab(w.acme, w.acme.paul)
	paul.wants(paul.call("POST", "/api/sign/phone", object{}), http.StatusForbidden, "link.own-off")
	settings := app.Settings{Portal: w.acme.id(), SelfEnrolment: true}
	if err := w.store.SaveSettings(t.Context(), settings); err != nil {
		t.Fatal(err)
	}
	screen := paul.ok("GET", "/api/sign", nil)
	if !strings.Contains(screen.field("html"), `data-post="/api/sign/phone"`) {
		t.Errorf("no way to set the phone up: %s", screen.text())
	}
	link := linkIn.FindString(paul.ok("POST", "/api/sign/phone", object{}).field("html"))
	if link == "" || strings.Contains(w.log.String(), link) {
		t.Fatalf("the link is %q", link)
	}
	if a := w.get(link); a.code != http.StatusOK {
		t.Errorf("the link answers %d", a.code)
	}
	mary := w.tab(w.acme, w.acme.mary)
	mary.wants(mary.call("POST", "/api/sign/phone", object{}), http.StatusForbidden, "link.own-phone")
}
