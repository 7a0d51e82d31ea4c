package portal_test

import (
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

func TestRecheck(t *testing.T) {
	w := newWorld(t).install()
	v := w.visit(w.acme, w.acme.paul)
	again := func() (app.Visit, error) { return w.Recheck(t.Context(), v.Portal, v.User) }
	if got, err := again(); err != nil || got.Admin || got.Name != "Paul Ott" {
		t.Fatalf("%+v, %v", got, err)
	}
	set := func(change func(*simulator.User)) {
		t.Helper()
		if err := w.acme.SetUser(w.acme.paul, change); err != nil {
			t.Fatal(err)
		}
	}
	set(func(u *simulator.User) { u.Admin = true })
	if got, err := again(); err != nil || !got.Admin {
		t.Errorf("promoted: %+v, %v", got, err)
	}
	set(func(u *simulator.User) { u.Admin = false })
	if got, err := again(); err != nil || got.Admin {
		t.Errorf("demoted: %+v, %v", got, err)
	}
	w.acme.ExpireTokens()
	if _, err := again(); err != nil {
		t.Errorf("expired grants are renewed: %v", err)
	}
	set(func(u *simulator.User) { u.Inactive = true })
	_, err := again()
	wants(t, err, app.Forbidden, "visit.inactive")
	set(func(u *simulator.User) { u.Inactive = false })
	w.acme.RevokeUser(w.acme.paul)
	_, err = again()
	wants(t, err, app.Unauthenticated, "portal.session")
	_, err = w.Recheck(t.Context(), v.Portal, user(w.acme.leave))
	wants(t, err, app.Unauthenticated, "portal.session") // never opened the app
	_, err = w.Recheck(t.Context(), v.Portal, "1 or 2")
	wants(t, err, app.NotFound, "user.unknown")
	_, err = w.Recheck(t.Context(), "unknown", v.User)
	wants(t, err, app.Forbidden, "portal.not-installed")
}
