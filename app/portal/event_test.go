package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// event is what a queue server posts; tokens of the acting user come with it
// when there is one.
func (w *world) eventForm(c *company, name string, by int) url.Values {
	w.t.Helper()
	f := url.Values{
		"event": {name}, "ts": {"1772442000"}, "auth[member_id]": {c.MemberID()},
		"auth[domain]": {host(w.t, c.URL())}, "auth[application_token]": {c.app.ApplicationToken},
		"auth[server_endpoint]": {w.cloud.Auth.URL() + "/rest/"}, "auth[client_endpoint]": {c.URL() + "/rest/"},
	}
	if by != 0 {
		tokens, err := c.Grant(by, c.app.ClientID)
		if err != nil {
			w.t.Fatal(err)
		}
		f.Set("auth[access_token]", tokens.Access)
		f.Set("auth[refresh_token]", tokens.Refresh)
		f.Set("auth[expires_in]", "3600")
		f.Set("auth[user_id]", string(user(by)))
	}
	return f
}

func TestInstallEvent(t *testing.T) {
	w := newWorld(t)
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)); err != nil {
		t.Fatal(err)
	}
	p, err := w.store.Portal(t.Context(), w.acme.id())
	if err != nil || !p.Installed() || p.InstalledBy != user(w.acme.anna) || p.ApplicationToken.Reveal() != w.acme.app.ApplicationToken {
		t.Errorf("stored %+v, %v", p, err)
	}
	if v, err := w.Recheck(t.Context(), w.acme.id(), user(w.acme.anna)); err != nil || !v.Admin {
		t.Errorf("with the grant of the event: %+v, %v", v, err)
	}
}

// An installation after the administrator's first visit teaches the proof and
// keeps everything else; so does the same event again.
func TestInstallEventAfterVisit(t *testing.T) {
	w := newWorld(t).install()
	before, _ := w.store.state()
	for range 2 {
		if err := w.Event(t.Context(), w.eventForm(w.acme, "onAppInstall", w.acme.anna)); err != nil {
			t.Fatal(err)
		}
	}
	want := before[w.acme.id()]
	want.ApplicationToken = app.Secret(w.acme.app.ApplicationToken)
	got, err := w.store.Portal(t.Context(), w.acme.id())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestForgedEvent: nothing that is stored changes by an event that is not
// proven, whoever sends it.
func TestForgedEvent(t *testing.T) {
	w := newWorld(t).install()
	for _, c := range []*company{w.acme, w.bolt} {
		if err := w.Event(t.Context(), w.eventForm(c, "ONAPPINSTALL", c.anna)); err != nil {
			t.Fatal(err)
		}
	}
	other := w.acme.addApp("http://127.0.0.1:1")
	foreign, err := w.acme.Grant(w.acme.anna, other.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	install := func(by int, token string) url.Values {
		f := w.eventForm(w.acme, "ONAPPINSTALL", by)
		f.Set("auth[application_token]", token)
		return f
	}
	with := func(f url.Values, name, value string) url.Values {
		f.Set(name, value)
		return f
	}
	bare := func(token string) url.Values {
		return with(w.eventForm(w.acme, "ONAPPUNINSTALL", 0), "auth[application_token]", token)
	}
	for name, c := range map[string]struct {
		form url.Values
		kind app.Kind
		key  string
	}{
		"uninstall, wrong token":           {bare(strings.Repeat("0", 32)), app.Forbidden, "event.forged"},
		"uninstall, empty token":           {bare(""), app.Forbidden, "event.forged"},
		"uninstall, other portal's token":  {bare(w.bolt.app.ApplicationToken), app.Forbidden, "event.forged"},
		"uninstall, unknown portal":        {with(bare(w.acme.app.ApplicationToken), "auth[member_id]", strings.Repeat("f", 32)), app.Forbidden, "event.forged"},
		"uninstall, no portal":             {with(bare(w.acme.app.ApplicationToken), "auth[member_id]", ""), app.Forbidden, "event.forged"},
		"uninstall, name of a store":       {with(bare(w.acme.app.ApplicationToken), "auth[member_id]", "_system"), app.Forbidden, "event.forged"},
		"install by an employee":           {install(w.acme.mary, strings.Repeat("1", 32)), app.Forbidden, "event.forged"},
		"install without proof":            {install(w.acme.anna, ""), app.Forbidden, "event.forged"},
		"install with endless proof":       {install(w.acme.anna, strings.Repeat("1", 300)), app.Forbidden, "event.forged"},
		"install with a made-up token":     {with(install(w.acme.anna, "11"), "auth[access_token]", strings.Repeat("ab", 35)), app.Unauthenticated, "portal.session"},
		"install without token":            {with(install(w.acme.anna, "11"), "auth[access_token]", ""), app.Unauthenticated, "portal.session"},
		"install with another app's token": {with(install(w.acme.anna, "11"), "auth[access_token]", foreign.Access), app.Forbidden, "visit.forged"},
		"install over the other portal":    {with(install(w.acme.anna, "11"), "auth[member_id]", w.bolt.MemberID()), app.Forbidden, "event.forged"},
		"deal event without proof":         {with(w.eventForm(w.acme, "ONCRMDEALDELETE", w.acme.anna), "auth[application_token]", "1"), app.Forbidden, "event.forged"},
		"no event":                         {url.Values{"auth[member_id]": {w.acme.MemberID()}}, app.Invalid, "visit.malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			portals, grants := w.store.state()
			wants(t, w.Event(t.Context(), c.form), c.kind, c.key)
			portalsNow, grantsNow := w.store.state()
			if d := cmp.Diff(portals, portalsNow) + cmp.Diff(grants, grantsNow); d != "" {
				t.Error("stored records have changed:", d)
			}
		})
	}
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONCRMDEALDELETE", 0)); err != nil {
		t.Errorf("a proven event: %v", err)
	}
}

func TestUninstall(t *testing.T) {
	w := newWorld(t).install()
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)); err != nil {
		t.Fatal(err)
	}
	w.visit(w.acme, w.acme.mary)
	form := w.eventForm(w.acme, "ONAPPUNINSTALL", 0)
	form.Set("data[CLEAN]", "1")
	for range 2 { // events come twice
		if err := w.Event(t.Context(), form); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.store.Portal(t.Context(), w.acme.id())
	if err != nil || p.Installed() || p.UninstalledAt.IsZero() {
		t.Errorf("record %+v, %v", p, err)
	}
	if _, grants := w.store.state(); len(grants) != 1 { // Bolt's administrator
		t.Errorf("%d grants are left", len(grants))
	}
	_, err = w.Recheck(t.Context(), w.acme.id(), user(w.acme.mary))
	wants(t, err, app.Forbidden, "portal.not-installed")
	_, err = w.Identify(t.Context(), w.form(w.acme, simulator.Opening{User: w.acme.mary}))
	wants(t, err, app.Forbidden, "portal.not-installed")
	if p, _ := w.store.Portal(t.Context(), w.bolt.id()); !p.Installed() {
		t.Error("the other portal is uninstalled too")
	}
	if last := w.store.audit[len(w.store.audit)-1]; last.Action != app.ActUninstalled || last.Portal != w.acme.id() {
		t.Errorf("last audit entry: %+v", last)
	}
}

// TestReinstall: the real sequence. A local app that is deleted and made again
// gets another client id and another application token; the old one's late
// uninstallation must not end the new one.
func TestReinstall(t *testing.T) {
	w := newWorld(t).install()
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)); err != nil {
		t.Fatal(err)
	}
	late := w.eventForm(w.acme, "ONAPPUNINSTALL", 0)
	old := w.form(w.acme, simulator.Opening{User: w.acme.anna})
	if err := w.acme.DeleteApp(w.acme.app.ClientID); err != nil {
		t.Fatal(err)
	}
	w.acme.app = w.acme.addApp("http://127.0.0.1:1")
	w.config.Apps = append(w.config.Apps, w.acme.credentials())
	w.restart()

	_, err := w.Identify(t.Context(), old)
	if app.KindOf(err) != app.Unauthenticated && app.KindOf(err) != app.Forbidden {
		t.Errorf("a form of the deleted app: %v", err)
	}
	_, err = w.Identify(t.Context(), w.form(w.acme, simulator.Opening{User: w.acme.mary}))
	wants(t, err, app.Forbidden, "portal.not-installed")
	w.visit(w.acme, w.acme.anna)
	wants(t, w.Event(t.Context(), late), app.Forbidden, "event.forged")
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)); err != nil {
		t.Fatal(err)
	}
	wants(t, w.Event(t.Context(), late), app.Forbidden, "event.forged")
	w.visit(w.acme, w.acme.mary)
	p, err := w.store.Portal(t.Context(), w.acme.id())
	if err != nil || !p.Installed() || p.ClientID != w.acme.app.ClientID || p.ApplicationToken.Reveal() != w.acme.app.ApplicationToken {
		t.Errorf("record %+v, %v", p, err)
	}
}

// The simulated queue itself delivers, when the app has bound its events.
func TestEventsOnTheWire(t *testing.T) {
	w := newWorld(t).install()
	v := w.visit(w.acme, w.acme.anna)
	c, err := w.Client(t.Context(), v.Portal, v.User)
	if err != nil {
		t.Fatal(err)
	}
	handler := strings.Replace(w.acme.app.HandlerURL, "/bx/app", "/bx/event", 1)
	for _, e := range []string{"ONAPPINSTALL", "ONAPPUNINSTALL", "ONCRMDEALDELETE"} {
		if err := c.BindEvent(t.Context(), e, handler); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.acme.ReinstallApp(w.acme.app.ClientID); err != nil {
		t.Fatal(err)
	}
	if err := w.acme.FinishInstall(w.acme.app.ClientID, w.acme.anna); err != nil {
		t.Fatal(err)
	}
	if err := w.acme.DeleteDeal(w.acme.deal); err != nil {
		t.Fatal(err)
	}
	if err := w.acme.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.acme.DeleteApp(w.acme.app.ClientID); err != nil {
		t.Fatal(err)
	}
	if err := w.acme.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, d := range w.acme.Deliveries() {
		if d.Status != 200 {
			t.Errorf("%s: status %d %s", d.Event, d.Status, d.Err)
		}
	}
	if p, err := w.store.Portal(t.Context(), w.acme.id()); err != nil || p.Installed() {
		t.Errorf("record %+v, %v", p, err)
	}
}
