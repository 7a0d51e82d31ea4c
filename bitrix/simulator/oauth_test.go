package simulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signservice/bitrix/simulator"
)

// exchange calls /oauth/token/ by POST.
func (w *world) exchange(form url.Values) answer {
	w.t.Helper()
	return w.fetch("POST", w.cloud.Auth.URL()+"/oauth/token/", "application/x-www-form-urlencoded", form.Encode())
}

func (w *world) refreshForm(refresh string) url.Values {
	return url.Values{
		"grant_type": {"refresh_token"}, "client_id": {w.app.ClientID}, "client_secret": {w.app.ClientSecret}, "refresh_token": {refresh},
	}
}

// TestBehaviour09: the code flow, by GET and POST.
func TestBehaviour09(t *testing.T) {
	w := newWorld(t)
	code := func() string {
		cookie, err := w.portal.SignIn(w.mary)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest("GET", w.portal.URL()+"/oauth/authorize/?client_id="+w.app.ClientID+"&state=s1&redirect_uri=http://evil.test", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(cookie)
		a, err := do(req)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(a.header.Get("Location"))
		if err != nil || a.status != 302 || !strings.HasPrefix(to.String(), w.app.HandlerURL+"?") {
			t.Fatalf("status %d, sent to %s", a.status, to)
		}
		q := to.Query()
		if q.Get("state") != "s1" || q.Get("member_id") != w.portal.MemberID() || q.Get("server_domain") != strings.TrimPrefix(w.cloud.Auth.URL(), "http://") {
			t.Errorf("query is %v", q)
		}
		return q.Get("code")
	}
	form := func(code string) url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "client_id": {w.app.ClientID}, "client_secret": {w.app.ClientSecret}, "code": {code}}
	}
	c := code()
	a := w.exchange(form(c))
	if a.status != 200 || a.at("domain") != strings.TrimPrefix(w.cloud.Auth.URL(), "http://") ||
		a.at("client_endpoint") != w.portal.URL()+"/rest/" || a.at("user_id") != float64(w.mary) || a.at("expires_in") != 3600.0 {
		t.Errorf("answer is %s", a.raw)
	}
	if got := w.callWith(a.at("access_token").(string), "profile", nil); got.at("result", "NAME") != "Мария" {
		t.Errorf("profile is %s", got.raw)
	}
	wantError(t, w.exchange(form(c)), 400, "invalid_grant", "")

	c = code()
	w.clock.Add(31 * time.Second)
	wantError(t, w.exchange(form(c)), 400, "invalid_grant", "")

	get := w.fetch("GET", w.cloud.Auth.URL()+"/oauth/token/?"+form(code()).Encode(), "", "")
	if get.status != 200 {
		t.Errorf("by GET: %s", get.raw)
	}

	t.Run("without a session the visitor chooses who to be", func(t *testing.T) {
		a := w.fetch("GET", w.portal.URL()+"/oauth/authorize/?client_id="+w.app.ClientID, "", "")
		if a.status != 302 || !strings.HasPrefix(a.header.Get("Location"), "/login/?backurl=") {
			t.Errorf("status %d to %s", a.status, a.header.Get("Location"))
		}
	})
}

// TestBehaviour10: rotation, and how each mistake is told.
func TestBehaviour10(t *testing.T) {
	w := newWorld(t)
	first := w.grant(w.portal, w.mary, w.app.ClientID).Refresh
	a := w.exchange(w.refreshForm(first))
	second, _ := a.at("refresh_token").(string)
	if a.status != 200 || second == "" || second == first {
		t.Fatalf("refresh: %s", a.raw)
	}
	change := func(refresh string, set ...string) url.Values {
		f := w.refreshForm(refresh)
		for i := 0; i < len(set); i += 2 {
			f.Set(set[i], set[i+1])
		}
		return f
	}
	wantError(t, w.exchange(change(first)), 400, "invalid_grant", "")
	wantError(t, w.exchange(change(second, "client_secret", "wrong")), 400, "invalid_client", "")
	wantError(t, w.exchange(change(second, "client_id", "local.0.1")), 200, "wrong_client", "")
	wantError(t, w.exchange(change("")), 400, "invalid_request", `No "refresh_token" parameter found`)
	other := w.addApp(w.portal)
	wantError(t, w.exchange(change(second, "client_id", other.ClientID, "client_secret", other.ClientSecret)), 400, "invalid_grant", "")

	w.clock.Add(181 * 24 * time.Hour)
	wantError(t, w.exchange(change(second)), 400, "invalid_grant", "")

	third := w.grant(w.portal, w.mary, w.app.ClientID).Refresh
	t.Run("grace period", func(t *testing.T) {
		w.portal.SetQuirks(simulator.Quirks{RefreshGrace: time.Minute})
		r := w.grant(w.portal, w.mary, w.app.ClientID).Refresh
		for range 2 {
			if a := w.exchange(change(r)); a.status != 200 {
				t.Errorf("within the grace period: %s", a.raw)
			}
		}
		w.clock.Add(2 * time.Minute)
		wantError(t, w.exchange(change(r)), 400, "invalid_grant", "")
	})
	if err := w.portal.SetUser(w.mary, func(u *simulator.User) { u.Inactive = true }); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.exchange(change(third)), 400, "invalid_grant", "")
	if err := w.portal.DeleteApp(w.app.ClientID); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.exchange(change(third)), 401, "NOT_INSTALLED", "")
}

// TestBehaviour11: app.info tells whose token it is, whoever asks.
func TestBehaviour11(t *testing.T) {
	w := newWorld(t)
	info := func(token string) answer {
		return w.fetch("GET", w.cloud.Auth.URL()+"/rest/app.info?auth="+token, "", "")
	}
	a := info(w.token(w.mary))
	for path, want := range map[string]any{
		"client_id": w.app.ClientID, "user_id": "2", "scope": allScopes,
	} {
		if got := a.at("result", path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if a.at("result", "install", "member_id") != w.portal.MemberID() || a.at("result", "install", "client_endpoint") != w.portal.URL()+"/rest/" ||
		a.at("result", "install", "domain") != strings.TrimPrefix(w.portal.URL(), "http://") {
		t.Errorf("install is %v", a.at("result", "install"))
	}
	other := w.addApp(w.portal)
	if a := info(w.grant(w.portal, w.mary, other.ClientID).Access); a.at("result", "client_id") != other.ClientID {
		t.Errorf("a token of another app tells %v", a.at("result", "client_id"))
	}
	wantError(t, info(strings.Repeat("ab", 35)), 400, "invalid_client", "")
	wantError(t, info("short"), 401, "NO_AUTH_FOUND", "")
	tok := w.token(w.mary)
	w.clock.Add(time.Hour + time.Second)
	wantError(t, info(tok), 401, "expired_token", "")
	wantError(t, w.fetch("GET", w.cloud.Auth.URL()+"/rest/crm.deal.get?auth="+tok, "", ""), 404, "ERROR_METHOD_NOT_FOUND", "")
}

// TestBehaviour12: short lives of access tokens, and an authorization server behind a
// front end that fails once in a while.
func TestBehaviour12(t *testing.T) {
	w := newWorld(t)
	tok := w.token(w.mary)
	if a := w.callWith(tok, "profile", nil); a.status != 200 {
		t.Fatalf("profile: %s", a.raw)
	}
	w.portal.ExpireTokens()
	wantError(t, w.callWith(tok, "profile", nil), 401, "expired_token", "The access token provided has expired")

	hit := w.cloud.Auth.Inject(simulator.Fault{Method: "oauth/token", Kind: simulator.BadGateway, Skip: 1, Count: 1})
	refresh := w.grant(w.portal, w.mary, w.app.ClientID).Refresh
	a := w.exchange(w.refreshForm(refresh))
	refresh, _ = a.at("refresh_token").(string)
	if bad := w.exchange(w.refreshForm(refresh)); bad.status != 502 || bad.body != nil || !strings.Contains(string(bad.raw), "<html>") {
		t.Errorf("status %d: %s", bad.status, bad.raw)
	}
	if a := w.exchange(w.refreshForm(refresh)); a.status != 200 {
		t.Errorf("afterwards: %s", a.raw)
	}
	if hit.Hits() != 1 {
		t.Errorf("%d hits", hit.Hits())
	}
}
