package bitrix_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

func TestNewOAuthRefuses(t *testing.T) {
	app := []bitrix.Credentials{{ClientID: clientID, ClientSecret: clientSecret}}
	for name, cfg := range map[string]bitrix.OAuthConfig{
		"no application":       {},
		"no secret":            {Applications: []bitrix.Credentials{{ClientID: clientID}}},
		"no server":            {Applications: app, AuthServers: []string{}},
		"plain http":           {Applications: app, AuthServers: []string{"http://oauth.example"}},
		"plain http, private":  {Applications: app, AuthServers: []string{"http://10.0.0.1:8080"}},
		"no scheme":            {Applications: app, AuthServers: []string{"oauth.bitrix.info"}},
		"a path":               {Applications: app, AuthServers: []string{"https://oauth.bitrix.info/rest/"}},
		"a user":               {Applications: app, AuthServers: []string{"https://x@oauth.bitrix.info"}},
		"a name like loopback": {Applications: app, AuthServers: []string{"http://localhost.example"}},
	} {
		if _, err := bitrix.NewOAuth(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, server := range []string{"https://oauth.bitrix.info", "https://oauth.bitrix24.tech/", "http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:1", "http://oauth.localhost:1"} {
		if _, err := bitrix.NewOAuth(bitrix.OAuthConfig{Applications: app, AuthServers: []string{server}}); err != nil {
			t.Errorf("%s: %v", server, err)
		}
	}
}

func TestAppInfo(t *testing.T) {
	ctx := context.Background()
	p := newPortal(t, script(reply(200, good)))
	endpoint := p.URL + "/rest/"
	right := func(change map[string]any) func(http.ResponseWriter) { return reply(200, appInfo(endpoint, change)) }
	html := reply(502, "<html>")
	unknown := refusal(400, "invalid_client", "")
	for _, tt := range []struct {
		name          string
		first, second func(http.ResponseWriter)
		want          string // kinds, or ok
		asked         [2]int
	}{
		{"the first knows it", right(nil), html, "ok", [2]int{1, 0}},
		{"the second knows it", unknown, right(nil), "ok", [2]int{1, 1}},
		{"the second knows it, garbled for the first", refusal(401, "NO_AUTH_FOUND", ""), right(nil), "ok", [2]int{1, 1}},
		{"the first is down", html, right(nil), "ok", [2]int{3, 1}},
		{"the first hangs up", hangUp, right(nil), "ok", [2]int{3, 1}},
		{"nobody knows it", unknown, refusal(401, "expired_token", ""), "client expired", [2]int{1, 1}},
		{"the one that may know it is down", unknown, html, "unexpected", [2]int{1, 3}},
		{"the one that may know it is down, first", html, unknown, "unexpected", [2]int{3, 1}},
		{"of another application", right(map[string]any{"client_id": "local.1.1"}), html, "", [2]int{1, 0}},
		{"uninstalled", refusal(401, "NOT_INSTALLED", ""), html, "uninstalled", [2]int{1, 0}},
		{"without REST", refusal(401, "PAYMENT_REQUIRED", ""), html, "plan", [2]int{1, 0}},
		{"endpoint elsewhere", right(map[string]any{"install.client_endpoint": "https://evil.example/rest/"}), html, "", [2]int{1, 0}},
		{"endpoint not https", right(map[string]any{"install.client_endpoint": "http://acme.example/rest/", "install.domain": "acme.example"}), html, "host", [2]int{1, 0}},
		{"endpoint with user", right(map[string]any{"install.client_endpoint": "http://x@" + p.host() + "/rest/"}), html, "host", [2]int{1, 0}},
		{"another port", right(map[string]any{"install.domain": "127.0.0.1:1"}), html, "", [2]int{1, 0}},
		{"domain without port", right(map[string]any{"install.domain": "127.0.0.1"}), html, "ok", [2]int{1, 0}},
		{"no member id", right(map[string]any{"install.member_id": ""}), html, "ok on the second", [2]int{1, 3}},
		{"odd member id", right(map[string]any{"install.member_id": "../_system"}), right(nil), "ok", [2]int{1, 1}},
		{"no user", right(map[string]any{"user_id": "0"}), right(nil), "ok", [2]int{1, 1}},
		{"nonsense", reply(200, `{"result":"ok"}`), right(nil), "ok", [2]int{1, 1}},
		{"redirect", redirectTo("https://evil.example/?auth=" + token), right(nil), "moved", [2]int{1, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one, two := newAuthServer(t, answers(tt.first), none(t)), newAuthServer(t, answers(tt.second), none(t))
			info, err := oauthAt(t, newClock(), []*portal{p}, one, two).AppInfo(ctx, token, "https://evil.example/rest/")
			switch {
			case tt.want == "ok" && err != nil:
				t.Error(err)
			case tt.want == "ok" && (info.MemberID != memberID || info.UserID != 12 || info.Endpoint != endpoint):
				t.Errorf("got %v", info)
			case tt.want == "ok on the second":
				if kindsOf(err) != "unexpected" {
					t.Errorf("got %v", err)
				}
			case tt.want != "ok" && (err == nil || kindsOf(err) != tt.want):
				t.Errorf("got %v, %v of kinds %q", info, err, kindsOf(err))
			}
			if got := [2]int{one.infos(), two.infos()}; got != tt.asked {
				t.Errorf("asked %v, want %v", got, tt.asked)
			}
			mustNotTell(t, fmt.Sprint(err), token, clientSecret)
		})
	}
}

func TestAppInfoErrorsHaveTheirOwnKinds(t *testing.T) {
	p := newPortal(t, script(reply(200, good)))
	for want, change := range map[error]map[string]any{
		bitrix.ErrNotOurApp: {"client_id": "local.1.1"},
		bitrix.ErrForged:    {"install.domain": "other.example"},
	} {
		s := newAuthServer(t, answers(reply(200, appInfo(p.URL+"/rest/", change))), none(t))
		if _, err := oauthAt(t, newClock(), []*portal{p}, s).AppInfo(context.Background(), token, ""); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestAppInfoHintOrdersTheList(t *testing.T) {
	p := newPortal(t, script(reply(200, good)))
	info := answers(reply(200, appInfo(p.URL+"/rest/", nil)))
	one, two := newAuthServer(t, info, none(t)), newAuthServer(t, info, none(t))
	o := oauthAt(t, newClock(), []*portal{p}, one, two)
	got, err := o.AppInfo(context.Background(), token, two.URL+"/rest/")
	if err != nil || one.infos() != 0 || two.infos() != 1 || got.AuthServer != two.URL {
		t.Errorf("%v, %v: asked %d and %d", got, err, one.infos(), two.infos())
	}
}

func TestAppInfoSendsNothingThatIsNoToken(t *testing.T) {
	s := newAuthServer(t, none(t), none(t))
	o := oauthAt(t, newClock(), nil, s)
	for _, bad := range []bitrix.Secret{"", "short", "with blank in it", "new\nline-token", "null\x00byte-token", "ünïcode-token", bitrix.Secret(make([]byte, 2000))} {
		if _, err := o.AppInfo(context.Background(), bad, ""); !errors.Is(err, bitrix.ErrExpiredToken) {
			t.Errorf("%q: got %v", bad.Reveal(), err)
		}
	}
}

func TestIdentify(t *testing.T) {
	ctx := context.Background()
	for _, tt := range []struct {
		name    string
		profile func(http.ResponseWriter)
		want    error
	}{
		{"genuine", reply(200, `{"result":{"ID":"12","ADMIN":true,"NAME":"Anna","LAST_NAME":"Berg"}}`), nil},
		{"another user", reply(200, `{"result":{"ID":"1","ADMIN":true}}`), bitrix.ErrForged},
		{"no user", reply(200, `{"result":[]}`), bitrix.ErrUnexpectedAnswer},
		{"token refused by the portal", refusal(401, "expired_token", ""), bitrix.ErrExpiredToken},
		{"closed to the user", refusal(401, "user_access_error", ""), bitrix.ErrUserNotAllowed},
		{"moved", redirectTo("https://new.example/rest/profile"), bitrix.ErrMoved},
		{"portal down", reply(503, "<html>"), bitrix.ErrUnexpectedAnswer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPortal(t, script(tt.profile))
			s := newAuthServer(t, answers(reply(200, appInfo(p.URL+"/rest/", nil))), none(t))
			who, err := oauthAt(t, newClock(), []*portal{p}, s).Identify(ctx, token, "")
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err != nil {
				if diff := cmp.Diff(bitrix.Identity{}, who); diff != "" {
					t.Errorf("with an error: %s", diff)
				}
				return
			}
			want := bitrix.Identity{
				AppInfo: bitrix.AppInfo{
					ClientID: clientID, MemberID: memberID, UserID: 12, Endpoint: p.URL + "/rest/", Domain: p.host(), AuthServer: s.URL,
					Scope: []string{"crm", "placement", "disk"}, Status: "L", Installed: true, Expires: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC),
				},
				Profile: bitrix.Profile{ID: 12, Admin: true, Name: "Anna", LastName: "Berg"},
			}
			if diff := cmp.Diff(want, who); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIdentifyAsksThePortalOfTheAnswerOnly(t *testing.T) {
	genuine := newPortal(t, script(reply(200, `{"result":{"ID":"12"}}`)))
	other := newPortal(t, func(http.ResponseWriter, call) { t.Error("the other portal was asked") })
	s := newAuthServer(t, answers(reply(200, appInfo(genuine.URL+"/rest/", nil))), none(t))
	if _, err := oauthAt(t, newClock(), []*portal{genuine, other}, s).Identify(context.Background(), token, other.URL+"/rest/"); err != nil {
		t.Error(err)
	}
}

func TestExchangeAndRefresh(t *testing.T) {
	ctx := context.Background()
	p := newPortal(t, script(reply(200, good)))
	endpoint := p.URL + "/rest/"
	fresh := reply(200, grantAnswer(endpoint, "at-new-token", "rt-new-token", 12))
	for _, tt := range []struct {
		name          string
		first, second func(http.ResponseWriter)
		want          string
		asked         [2]int // by the exchange, which knows no server
	}{
		{"good", fresh, hangUp, "ok", [2]int{1, 0}},
		{"known to the second", refusal(400, "invalid_grant", ""), fresh, "ok", [2]int{1, 1}},
		{"client known to the second", refusal(200, "wrong_client", ""), fresh, "ok", [2]int{1, 1}},
		{"502 once in a while", reply(502, "<html>"), fresh, "ok", [2]int{3, 1}},
		{"unknown", refusal(400, "invalid_grant", ""), refusal(400, "bad_verification_code", ""), "grant", [2]int{1, 1}},
		{"uninstalled", refusal(401, "NOT_INSTALLED", ""), fresh, "uninstalled", [2]int{1, 0}},
		{"incomplete", reply(200, `{"access_token":"x"}`), refusal(400, "invalid_grant", ""), "unexpected", [2]int{1, 1}},
		{"endpoint not allowed", reply(200, grantAnswer("http://evil.example/rest/", "at-new-token", "rt", 12)), fresh, "host", [2]int{1, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			one, two := newAuthServer(t, none(t), answers(tt.first)), newAuthServer(t, none(t), answers(tt.second))
			grant, err := oauthAt(t, newClock(), []*portal{p}, one, two).Exchange(ctx, clientID, "code-0123456789", "")
			if tt.want == "ok" && err != nil || tt.want != "ok" && kindsOf(err) != tt.want {
				t.Fatalf("got %v", err)
			}
			if got := [2]int{len(one.renewals()), len(two.renewals())}; got != tt.asked {
				t.Errorf("asked %v, want %v", got, tt.asked)
			}
			mustNotTell(t, fmt.Sprint(err, grant), clientSecret, "at-new-token", "rt-new-token", "code-0123456789")
			if err != nil {
				return
			}
			server := one
			if tt.asked[1] > 0 {
				server = two
			}
			want := bitrix.Grant{
				GrantKey: bitrix.GrantKey{MemberID: memberID, UserID: 12}, ClientID: clientID, AuthServer: server.URL, Endpoint: endpoint,
				AccessToken: "at-new-token", RefreshToken: "rt-new-token", Expires: start.Add(time.Hour), Scope: []string{"crm", "placement", "disk"}, Status: "L",
			}
			if tt.asked[0] < 3 { // no time has passed
				if diff := cmp.Diff(want, grant); diff != "" {
					t.Error(diff)
				}
			}
			form := url.Values{"grant_type": {"authorization_code"}, "code": {"code-0123456789"}, "client_id": {clientID}, "client_secret": {clientSecret}}
			if diff := cmp.Diff(form, server.renewals()[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefreshChecksTheAnswer(t *testing.T) {
	ctx := context.Background()
	p := newPortal(t, script(reply(200, good)))
	old := bitrix.Grant{GrantKey: bitrix.GrantKey{MemberID: memberID, UserID: 12}, ClientID: clientID, RefreshToken: "rt-old-token"}
	another := newAuthServer(t, none(t), answers(reply(200, grantAnswer(p.URL+"/rest/", "at", "rt", 13))))
	if _, err := oauthAt(t, newClock(), []*portal{p}, another).Refresh(ctx, old); !errors.Is(err, bitrix.ErrForged) {
		t.Errorf("another user: got %v", err)
	}
	s := newAuthServer(t, none(t), answers(reply(200, grantAnswer(p.URL+"/rest/", "at", "rt", 12))))
	o := oauthAt(t, newClock(), []*portal{p}, s)
	for name, change := range map[string]func(*bitrix.Grant){
		"no refresh token":    func(g *bitrix.Grant) { g.RefreshToken = "" },
		"another application": func(g *bitrix.Grant) { g.ClientID = "local.1.1" },
		"a foreign server":    func(g *bitrix.Grant) { g.AuthServer = another.URL },
	} {
		bad := old
		change(&bad)
		if _, err := o.Refresh(ctx, bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if n := len(s.renewals()) + len(another.renewals()); n != 1 {
		t.Errorf("%d calls", n)
	}
	got, err := o.Refresh(ctx, old)
	if err != nil || got.AccessToken != "at" || s.renewals()[0].Get("refresh_token") != "rt-old-token" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestAuthorizeURL(t *testing.T) {
	o := newOAuth(t, bitrix.OAuthConfig{Applications: []bitrix.Credentials{{ClientID: clientID, ClientSecret: clientSecret}}})
	got, err := o.AuthorizeURL("https://acme.example/rest/", clientID, "a b&c")
	if want := "https://acme.example/oauth/authorize/?client_id=" + clientID + "&response_type=code&state=a+b%26c"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := o.AuthorizeURL("https://acme.example/rest/", "local.1.1", "x"); !errors.Is(err, bitrix.ErrNotOurApp) {
		t.Errorf("got %v", err)
	}
	if _, err := o.AuthorizeURL("javascript:alert(1)", clientID, "x"); !errors.Is(err, bitrix.ErrForbiddenHost) {
		t.Errorf("got %v", err)
	}
}
