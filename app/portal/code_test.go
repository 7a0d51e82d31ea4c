package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"signservice/app"
)

// code lets a user sign in at the portal and gives the code that comes back.
func (w *world) code(c *company, id int) string {
	w.t.Helper()
	back, err := c.Authorize(id, c.app.ClientID, "state")
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := url.Parse(back)
	if err != nil {
		w.t.Fatal(err)
	}
	return u.Query().Get("code")
}

func TestAuthorizeURL(t *testing.T) {
	w := newWorld(t).install()
	got, err := w.AuthorizeURL(t.Context(), w.acme.id(), "a state&b")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if u.Host != host(t, w.acme.URL()) || u.Path != "/oauth/authorize/" ||
		u.Query().Get("client_id") != w.acme.app.ClientID || u.Query().Get("state") != "a state&b" {
		t.Errorf("got %s", got)
	}
	if strings.Contains(got, w.acme.app.ClientSecret) {
		t.Error("the client secret is in the address")
	}
	_, err = w.AuthorizeURL(t.Context(), "unknown", "state")
	wants(t, err, app.Forbidden, "portal.not-installed")
}

func TestIdentifyCode(t *testing.T) {
	w := newWorld(t).install()
	code := w.code(w.acme, w.acme.mary)
	v, err := w.IdentifyCode(t.Context(), w.acme.id(), code)
	if err != nil {
		t.Fatal(err)
	}
	if v.Portal != w.acme.id() || v.User != user(w.acme.mary) || v.Admin || v.Slot != app.SlotNone {
		t.Errorf("got %+v", v)
	}
	if _, err := w.Recheck(t.Context(), v.Portal, v.User); err != nil {
		t.Errorf("with the grant of the code: %v", err)
	}
	old := w.code(w.acme, w.acme.mary)
	w.clock.now = w.clock.now.Add(31 * time.Second)
	for name, c := range map[string]struct {
		portal app.PortalID
		code   string
		kind   app.Kind
		key    string
	}{
		"again":          {w.acme.id(), code, app.Unauthenticated, "portal.session"},
		"too late":       {w.acme.id(), old, app.Unauthenticated, "portal.session"},
		"made up":        {w.acme.id(), strings.Repeat("0", 32), app.Unauthenticated, "portal.session"},
		"empty":          {w.acme.id(), "", app.Unauthenticated, "portal.session"},
		"unknown portal": {"unknown", code, app.Forbidden, "portal.not-installed"},
		"extranet":       {w.acme.id(), w.code(w.acme, w.acme.guest), app.Forbidden, "visit.not-employee"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.IdentifyCode(t.Context(), c.portal, c.code)
			wants(t, err, c.kind, c.key)
		})
	}
	t.Run("code of another portal", func(t *testing.T) {
		if _, err := w.IdentifyCode(t.Context(), w.acme.id(), w.code(w.bolt, w.bolt.mary)); err == nil {
			t.Error("no error")
		}
	})
}
