package bitrix_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"signservice/bitrix"
)

const (
	memberID     = "a223c6b3710f85df22e9377d6c4f7553"
	clientID     = "local.6537665f598492.98090704"
	clientSecret = "cs-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
)

func newOAuth(t *testing.T, cfg bitrix.OAuthConfig) *bitrix.OAuth {
	t.Helper()
	o, err := bitrix.NewOAuth(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// authServer is an authorization server at which the tests decide about each
// answer.
type authServer struct {
	*httptest.Server
	mu    sync.Mutex
	forms []url.Values // of /oauth/token/
	asked []string     // tokens shown to app.info
}

func newAuthServer(t *testing.T, info, tokens func(w http.ResponseWriter, form url.Values)) *authServer {
	t.Helper()
	s := new(authServer)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rest/app.info", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Auth string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.URL.RawQuery != "" {
			t.Errorf("app.info: %v, query %q", err, r.URL.RawQuery)
		}
		s.mu.Lock()
		s.asked = append(s.asked, body.Auth)
		s.mu.Unlock()
		info(w, url.Values{"auth": {body.Auth}})
	})
	mux.HandleFunc("POST /oauth/token/", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.URL.RawQuery != "" {
			t.Errorf("token: %v, query %q", err, r.URL.RawQuery)
		}
		s.mu.Lock()
		s.forms = append(s.forms, r.PostForm)
		s.mu.Unlock()
		tokens(w, r.PostForm)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// infos returns how often app.info was asked.
func (s *authServer) infos() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// renewals returns the forms posted to /oauth/token/.
func (s *authServer) renewals() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values(nil), s.forms...)
}

// answers makes an answer of each kind for an authServer.
func answers(a func(http.ResponseWriter)) func(http.ResponseWriter, url.Values) {
	return func(w http.ResponseWriter, _ url.Values) { a(w) }
}

func none(t *testing.T) func(http.ResponseWriter, url.Values) {
	return func(http.ResponseWriter, url.Values) { t.Error("asked") }
}

// appInfo is the answer of app.info, with changes.
func appInfo(endpoint string, change map[string]any) string {
	host := ""
	if u, err := url.Parse(endpoint); err == nil {
		host = u.Host
	}
	install := map[string]any{
		"installed": true, "version": "1", "status": "L", "scope": "crm,placement", "domain": host,
		"uri": strings.TrimSuffix(endpoint, "/rest/"), "client_endpoint": endpoint, "member_id": memberID, "member_type": "x",
	}
	result := map[string]any{"client_id": clientID, "scope": "crm,placement,disk", "expires": "2026-12-31T23:59:59+00:00", "user_id": "12"}
	for key, value := range change {
		if name, ok := strings.CutPrefix(key, "install."); ok {
			install[name] = value
		} else {
			result[key] = value
		}
	}
	result["install"] = install
	data, err := json.Marshal(map[string]any{"result": result, "time": map[string]any{"start": 1, "finish": 1}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// grantAnswer is the answer of /oauth/token/.
func grantAnswer(endpoint, access, refresh string, user any) string {
	return fmt.Sprintf(`{"access_token":%q,"refresh_token":%q,"expires":%d,"expires_in":3600,"scope":"crm,placement,disk","domain":"oauth.bitrix.info",
		"server_endpoint":"https://evil.example/rest/","client_endpoint":%q,"status":"L","member_id":%q,"user_id":%v}`,
		access, refresh, start.Unix()+3600, endpoint, memberID, user)
}

// oauthAt is an OAuth that knows these servers and portals.
func oauthAt(t *testing.T, clock *clock, portals []*portal, servers ...*authServer) *bitrix.OAuth {
	t.Helper()
	cfg := bitrix.OAuthConfig{
		Applications: []bitrix.Credentials{{ClientID: "local.0.0", ClientSecret: "other"}, {ClientID: clientID, ClientSecret: clientSecret}},
		Transport:    loopback(), Clock: clock, Jitter: func() float64 { return 0 },
	}
	for _, s := range servers {
		cfg.AuthServers = append(cfg.AuthServers, s.URL)
	}
	for _, p := range portals {
		cfg.PlainHosts = append(cfg.PlainHosts, p.host())
	}
	return newOAuth(t, cfg)
}

// memoryStore is a GrantStore.
type memoryStore struct {
	mu     sync.Mutex
	grants map[bitrix.GrantKey]bitrix.Grant
	saves  int
	fail   error // of SaveGrant
}

func newStore(grants ...bitrix.Grant) *memoryStore {
	s := &memoryStore{grants: make(map[bitrix.GrantKey]bitrix.Grant)}
	for _, g := range grants {
		s.grants[g.GrantKey] = g
	}
	return s
}

func (s *memoryStore) LoadGrant(ctx context.Context, key bitrix.GrantKey) (bitrix.Grant, error) {
	if err := ctx.Err(); err != nil {
		return bitrix.Grant{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.grants[key]
	if !ok {
		return g, bitrix.ErrNoGrant
	}
	return g, nil
}

func (s *memoryStore) SaveGrant(ctx context.Context, g bitrix.Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil || ctx.Err() != nil {
		return s.fail
	}
	s.saves++
	s.grants[g.GrantKey] = g
	return nil
}
