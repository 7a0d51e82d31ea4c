package web_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// doors says for every route who may come in. A new route is added here on the
// day it is made: the test compares this table with the router's own.
func doors() map[string]string {
	table := map[string]string{}
	for door, routes := range map[string]string{
		"public": "GET /ca/:id/ca.cer|HEAD /ca/:id/ca.cer|GET /ca/:id/list.crl|HEAD /ca/:id/list.crl|GET /ca/:id/ocsp/*|POST /ca/:id/ocsp|" +
			"GET /livez|GET /readyz|GET /static/*|HEAD /static/*",
		"frame": "POST /bx/install|POST /bx/app|POST /bx/deal-tab|POST /session",
		"event": "POST /bx/event|POST /bx/robot",
		"link":  "GET /enrol/:token|GET /enrol/back/:state|GET /bx/app|POST /api/enrolment/open",
		"owner": "POST /api/enrolment/show|POST /api/enrolment/confirm",
		"deal": "GET /api/sign/documents/details|GET /api/sign/people|POST /api/sign/invite|POST /api/sign/invitations|" +
			"GET /api/sign/invitations/:id/decline|POST /api/sign/invitations/:id/decline|POST /api/sign/invitations/:id/withdraw|" +
			"GET /api/sign|POST /api/sign/documents|POST /api/sign/orders|GET /api/sign/requests/:id|" +
			"GET /api/sign/requests/:id/events|POST /api/sign/requests/:id/retry|POST /api/sign/requests/:id/cancel|" +
			"POST /api/sign/ask/:wish|POST /api/sign/phone|POST /api/sign/theme|POST /api/sign/selection|GET /api/sign/orders/:id|GET /api/sign/orders/:id/events|POST /api/sign/signatures|GET /api/sign/unsigned|" +
			"POST /api/sign/requests/:id/signed-picture|POST /api/sign/requests/:id/sheet|POST /api/sign/requests/:id/picture|POST /api/sign/requests/:id/text|" +
			"GET /api/sign/requests/:id/check|GET /api/sign/requests/:id/original|GET /api/sign/requests/:id/signed",
		"admin": "GET /api/admin/owners|GET /api/admin/test|POST /api/admin/test|GET /api/admin/test/:id|GET /api/admin/test/:id/signed|POST /api/admin/test/:id/signed-picture|POST /api/admin/requests/:id/push|" +
			"GET /api/admin/signet|POST /api/admin/signet|POST /api/admin/signet/sample|GET /api/admin/places|POST /api/admin/places|GET /api/admin/defaults|POST /api/admin/defaults|GET /api/admin/journal/export|POST /api/admin/accounts/:user/send/:way|POST /api/admin/theme|GET /api/admin/authority|POST /api/admin/authority|GET /api/admin/authority/new|GET /api/admin/authority/issue|POST /api/admin/authority/issue|" +
			"POST /api/admin/authority/roots/:id/kit|POST /api/admin/authority/roots/:id/next|GET /api/admin/authority/roots/:id/export|" +
			"POST /api/admin/authority/roots/:id/export|GET /api/admin/authority/roots/:id/remove|POST /api/admin/authority/roots/:id/remove|" +
			"POST /api/admin/authority/roots/:id/list|GET /api/admin/authority/issuers/:id/request|POST /api/admin/authority/issuers/:id/certificate|" +
			"POST /api/admin/authority/issuers/:id/revoke|GET /api/admin/authority/issued/:id/:serial/file|POST /api/admin/authority/issued/:id/:serial/renew|" +
			"GET /api/admin/authority/issued/:id/:serial/revoke|POST /api/admin/authority/issued/:id/:serial/revoke|" +
			"GET /api/admin/overview|GET /api/admin/people|GET /api/admin/accounts|GET /api/admin/accounts/new|" +
			"GET /api/admin/accounts/:user|POST /api/admin/accounts|POST /api/admin/accounts/:user/delete|" +
			"POST /api/admin/accounts/:user/link|POST /api/admin/accounts/:user/link/:id/withdraw|GET /api/admin/certificates|" +
			"GET /api/admin/certificates/new|POST /api/admin/certificates|POST /api/admin/certificates/:id/delete|" +
			"POST /api/admin/tokens/pin|POST /api/admin/tokens/pin/allow|POST /api/admin/tokens/key|GET /api/admin/tokens/request|" +
			"POST /api/admin/tokens/request|POST /api/admin/tokens/certificate|GET /api/admin/certificates/token/key|GET /api/admin/certificates/token/pin|" +
			"GET /api/admin/certificates/token/request|GET /api/admin/certificates/token/certificate|" +
			"POST /api/admin/tokens|GET /api/admin/assignments|POST /api/admin/assignments|POST /api/admin/assignments/limits|POST /api/admin/link-alone|GET /api/admin/certificates/import|" +
			"POST /api/admin/certificates/import|GET /api/admin/certificates/:id|POST /api/admin/certificates/:id/owner|POST /api/admin/certificates/:id/chain|GET /api/admin/journal",
	} {
		for _, route := range strings.Split(routes, "|") {
			table[route] = door
		}
	}
	return table
}

// TestAuthorization tries every route without a Session, with a broken and an
// expired one, with those of all other doors, from a portal that has removed
// the app, and as an administrator who is none any more.
func TestAuthorization(t *testing.T) {
	w := newWorld(t)
	table := doors()
	var known []string
	for route := range table {
		known = append(known, route)
	}
	slices.Sort(known)
	real := w.server.Routes()
	slices.Sort(real)
	if diff := cmp.Diff(known, real); diff != "" {
		t.Fatalf("routes and their doors differ (-table +router):\n%s", diff)
	}
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	pages := map[string]*page{
		"admin": admin, "deal": w.tab(w.acme, w.acme.mary),
		"owner": w.opened(w.signIn(w.acme, admin.link(w.acme.mary), w.acme.mary)),
	}
	gone := map[string]*page{"admin": w.settings(w.bolt, w.bolt.anna), "deal": w.tab(w.bolt, w.bolt.mary), "owner": nil}
	if err := w.bolt.DeleteApp(w.bolt.app.ClientID); err != nil {
		t.Fatal(err)
	}
	w.until("the event of the removal", func() bool {
		p, err := w.store.Portal(t.Context(), w.bolt.id())
		return err == nil && !p.Installed()
	})
	for route, door := range table {
		if pages[door] == nil {
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer(":user", "7", ":way", "mail", ":id", strings.Repeat("0", 32)).Replace(path)
		try := func(name, session string, want int) {
			t.Helper()
			p := &page{world: w, session: session}
			if a := p.call(method, path, object{}); a.code != want || a.field("html") != "" && a.field("kind") == "" {
				t.Errorf("%s %s: %d %s, want %d", name, route, a.code, a.text(), want)
			}
		}
		try("no session", "", http.StatusUnauthorized)
		try("garbage", "AAAA", http.StatusUnauthorized)
		broken := []byte(pages[door].session)
		broken[len(broken)/2] ^= 1
		try("a changed session", string(broken), http.StatusUnauthorized)
		for other, p := range pages {
			if other != door {
				try("the session of "+other, p.session, http.StatusForbidden)
			}
		}
		if gone[door] != nil {
			try("uninstalled", gone[door].session, http.StatusForbidden)
		}
		if method == http.MethodPost {
			r := httptest.NewRequest(method, path, strings.NewReader("a=b"))
			r.Header.Set("Authorization", "Bearer "+pages[door].session)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := w.serve(r); a.code != http.StatusUnsupportedMediaType {
				t.Errorf("a form to %s: %d %s", route, a.code, a.text())
			}
		}
	}
	expired := func(doors ...string) {
		t.Helper()
		for route, door := range table {
			if !slices.Contains(doors, door) {
				continue
			}
			method, path, _ := strings.Cut(route, " ")
			a := pages[door].call(method, path, object{})
			if door == "owner" { // ends with its link, and nobody renews it
				if a.code != http.StatusConflict || a.field("key") != "link.ended" || a.header.Get("X-Session") != "" {
					t.Errorf("ended %s: %d %s", route, a.code, a.text())
				}
			} else if a.code != http.StatusUnauthorized || a.header.Get("X-Session") != "expired" {
				t.Errorf("expired %s: %d %s", route, a.code, a.text())
			}
		}
	}
	w.clock.forward(16 * time.Minute)
	expired("admin", "deal")
	w.clock.forward(44 * time.Minute)
	expired("admin", "deal", "owner")
}

// TestDemotedAdministrator holds that a change is refused at once, and a look
// within a minute, when the portal no longer calls somebody an administrator.
func TestDemotedAdministrator(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.ok("GET", "/api/admin/accounts", nil)
	w.acme.AddUser(simulator.User{ID: w.acme.anna, Name: "Anna", LastName: "Berg"})
	admin.wants(admin.call("POST", "/api/admin/accounts", object{"create": "yes", "user": "3", "login": "x"}),
		http.StatusForbidden, "settings.administrators-only")
	admin.wants(admin.call("GET", "/api/admin/accounts", nil), http.StatusForbidden, "settings.administrators-only")
	list, err := w.store.Accounts(t.Context(), w.acme.id())
	if err != nil || len(list) != 0 {
		t.Errorf("accounts %v, %v", list, err)
	}
}

// TestLooksAreCached holds that looking does not ask the portal each time.
func TestLooksAreCached(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	w.acme.ForgetCalls()
	for range 5 {
		admin.ok("GET", "/api/admin/journal", nil)
	}
	if calls := w.acme.Calls(); len(calls) != 0 {
		t.Errorf("%d calls for five looks", len(calls))
	}
	w.clock.forward(time.Minute)
	admin.ok("GET", "/api/admin/journal", nil)
	if calls := w.acme.Calls(); len(calls) == 0 {
		t.Error("no call after a minute")
	}
}

// TestUnknownAddresses are pages for people and JSON for scripts, both 404.
func TestUnknownAddresses(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		"/", "/favicon.ico", "/bx", "/bx/other", "/enrol", "/enrol/", "/debug/pprof/", "/static/../web.go", "/%2e%2e/etc/passwd",
		"/static/%2e%2e/%2e%2e/go.mod", "/.git/config", "/bx/deal-tab", "/session", "/api/sign%2f..", "//evil.test/", "/bx/app",
	} {
		a := w.get(path)
		if a.code != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.code)
		}
		if strings.Contains(a.text(), "<script") || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: a refusal with a script or a cookie", path)
		}
	}
	if a := w.get("/api/nothing"); a.code != http.StatusNotFound || a.field("kind") != string(app.NotFound) {
		t.Errorf("/api/nothing: %d %s", a.code, a.text())
	}
	for _, path := range []string{"/livez", "/readyz"} {
		if a := w.get(path); a.code != http.StatusOK {
			t.Errorf("%s: %d", path, a.code)
		}
	}
}
