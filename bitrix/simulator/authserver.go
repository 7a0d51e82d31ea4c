package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// AuthServer is the authorization server: /oauth/token/ and /rest/app.info
// (settings/oauth of the REST documentation).
type AuthServer struct {
	cloud  *Cloud
	url    *url.URL // nil until it listens
	faults faultList
	calls  []Call
}

func newAuthServer(c *Cloud) *AuthServer { return &AuthServer{cloud: c} }

// URL is the server's address without a final slash, "" before it listens.
func (s *AuthServer) URL() string {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	return s.base()
}

// SetURL tells where tests serve [AuthServer.Handler] themselves. It panics
// when raw is no address.
func (s *AuthServer) SetURL(raw string) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	s.url = parseURL(raw)
}

func (s *AuthServer) base() string {
	if s.url == nil {
		return ""
	}
	return s.url.String()
}

func (s *AuthServer) host() string {
	if s.url == nil {
		return ""
	}
	return s.url.Host
}

// Inject adds a fault of this server. Its methods are "oauth/token" and "app.info".
func (s *AuthServer) Inject(f Fault) *Injected {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	return s.faults.add(s.cloud, f)
}

// Calls are the requests this server has had, in their order.
func (s *AuthServer) Calls() []Call {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Handler serves the authorization server.
func (s *AuthServer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/oauth/token", s.token)
	mux.HandleFunc("/oauth/token/", s.token)
	mux.HandleFunc("/rest/", s.rest)
	return mux
}

// token answers both flows, by GET and POST.
func (s *AuthServer) token(w http.ResponseWriter, r *http.Request) {
	s.handle(w, r, "oauth/token", s.exchange)
}

func (s *AuthServer) rest(w http.ResponseWriter, r *http.Request) {
	method := methodName(strings.TrimPrefix(r.URL.Path, "/rest/"))
	if method != "app.info" {
		(&restError{Status: http.StatusNotFound, Code: "ERROR_METHOD_NOT_FOUND", Desc: "Method not found!"}).write(w)
		return
	}
	s.handle(w, r, "app.info", s.appInfo)
}

// handle reads the parameters, applies faults and writes what fn says.
func (s *AuthServer) handle(w http.ResponseWriter, r *http.Request, name string, fn func(*array) (obj, *restError, *Call)) {
	params, err := readParams(r)
	if err != nil {
		(&restError{Status: http.StatusBadRequest, Code: "invalid_request", Desc: "Malformed request"}).write(w)
		return
	}
	s.cloud.mu.Lock()
	hit := s.faults.match(s.cloud, name, 0, "")
	s.cloud.mu.Unlock()
	if hit.before(w, r) {
		return
	}
	w, done := hit.wrap(w, r)
	if hit.twice() {
		s.run(name, params, fn) //nolint:errcheck // of two runs the second answers
	}
	if out, fail := s.run(name, params, fn); fail != nil {
		fail.write(w)
	} else {
		writeJSON(w, http.StatusOK, out)
	}
	done()
}

// run carries one request out and records it.
func (s *AuthServer) run(name string, params *array, fn func(*array) (obj, *restError, *Call)) (obj, *restError) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	out, fail, call := fn(params)
	call.Method, call.Time, call.Status = name, s.cloud.now(), http.StatusOK
	if fail != nil {
		call.Status, call.Error, call.Failed = fail.Status, fail.Code, true
	}
	s.calls = append(s.calls, *call)
	return out, fail
}

// exchange is /oauth/token/.
func (s *AuthServer) exchange(q *array) (obj, *restError, *Call) {
	call := &Call{App: q.str("client_id")}
	a, fail := s.client(q)
	if fail != nil {
		return nil, fail, call
	}
	var t *token
	switch q.str("grant_type") {
	case "authorization_code":
		t, fail = s.redeem(a, q.str("code"))
	case "refresh_token":
		t, fail = s.rotate(a, q.str("refresh_token"))
	default:
		fail = badGrant("invalid_request", `No "grant_type" parameter found`)
	}
	if fail != nil {
		return nil, fail, call
	}
	call.User = t.user
	return s.grant(t), nil, call
}

// client checks id and secret. An unknown id is told with status 200.
func (s *AuthServer) client(q *array) (*app, *restError) {
	for _, name := range []string{"client_id", "client_secret"} {
		if q.str(name) == "" {
			return nil, badGrant("invalid_request", fmt.Sprintf("No %q parameter found", name))
		}
	}
	a := s.cloud.apps[q.str("client_id")]
	if a == nil {
		return nil, &restError{Status: http.StatusOK, Code: "wrong_client", Desc: "The client is not found"}
	}
	if a.ClientSecret != q.str("client_secret") {
		return nil, badGrant("invalid_client", "The client credentials are invalid")
	}
	if a.deleted {
		return nil, &restError{Status: http.StatusUnauthorized, Code: "NOT_INSTALLED", Desc: "Application not installed"}
	}
	if a.portal.state != portalAlive {
		return nil, &restError{Status: http.StatusNotFound, Code: "PORTAL_DELETED", Desc: "Portal was deleted"}
	}
	return a, nil
}

func badGrant(code, desc string) *restError {
	return &restError{Status: http.StatusBadRequest, Code: code, Desc: desc}
}

func (s *AuthServer) redeem(a *app, raw string) (*token, *restError) {
	if raw == "" {
		return nil, badGrant("invalid_request", `No "code" parameter found`)
	}
	cd := s.cloud.codes[raw]
	delete(s.cloud.codes, raw) // once, whatever comes of it
	if cd == nil || cd.app != a || s.cloud.now().After(cd.expires) {
		return nil, badGrant("invalid_grant", "The code is wrong or has expired")
	}
	return s.cloud.issue(a, cd.user), nil
}

// rotate replaces a refresh token: the old one is good once. (Assumed: its second
// use is refused, since the vendor's SDKs treat that as final.)
func (s *AuthServer) rotate(a *app, raw string) (*token, *restError) {
	if raw == "" {
		return nil, badGrant("invalid_request", `No "refresh_token" parameter found`)
	}
	old := s.cloud.refresh[raw]
	now := s.cloud.now()
	switch {
	case old == nil, old.app != a, old.revoked, now.After(old.refreshExpires),
		!old.usedAt.IsZero() && now.Sub(old.usedAt) >= a.portal.cfg.Quirks.RefreshGrace,
		!a.portal.activeUser(old.user):
		return nil, badGrant("invalid_grant", "The refresh token is wrong or has expired")
	}
	if old.usedAt.IsZero() {
		old.usedAt = now
	}
	return s.cloud.issue(a, old.user), nil
}

// grant is the answer of both flows. Its "domain" is that of this server, not
// of the portal; the user's id is a number here.
func (s *AuthServer) grant(t *token) obj {
	return obj{
		"access_token":    t.access,
		"refresh_token":   t.refresh,
		"expires":         t.expires.Unix(),
		"expires_in":      t.expiresIn(s.cloud.now()),
		"scope":           strings.Join(t.app.Scopes, ","),
		"domain":          s.host(),
		"server_endpoint": s.base() + "/rest/",
		"client_endpoint": t.app.portal.base() + "/rest/",
		"status":          "L",
		"member_id":       t.app.portal.cfg.MemberID,
		"user_id":         t.user,
	}
}

// appInfo is /rest/app.info: whose token is this?
func (s *AuthServer) appInfo(q *array) (obj, *restError, *Call) {
	call := &Call{}
	raw := q.str("auth")
	if raw == "" {
		raw = q.str("access_token")
	}
	if !tokenShaped(raw) {
		return nil, &restError{Status: http.StatusUnauthorized, Code: "NO_AUTH_FOUND", Desc: "Wrong authorization data"}, call
	}
	t := s.cloud.access[raw]
	now := s.cloud.now()
	switch {
	case t == nil, t.revoked:
		return nil, badGrant("invalid_client", "The token is unknown"), call
	case now.After(t.expires):
		return nil, &restError{Status: http.StatusUnauthorized, Code: "expired_token", Desc: "The access token provided has expired."}, call
	case t.app.deleted:
		return nil, &restError{Status: http.StatusUnauthorized, Code: "NOT_INSTALLED", Desc: "Application not installed"}, call
	}
	call.App, call.User = t.app.ClientID, t.user
	p := t.app.portal
	scope := strings.Join(t.app.Scopes, ",")
	started := float64(now.UnixMicro()) / 1e6
	return obj{
		"result": obj{
			"client_id": t.app.ClientID,
			"scope":     scope,
			"expires":   t.expires.UTC().Format(time.RFC3339),
			"user_id":   strconv.Itoa(t.user),
			"install": obj{
				"installed": true, "version": "1", "status": "L", "scope": scope,
				"domain": p.host(), "uri": p.base(), "client_endpoint": p.base() + "/rest/",
				"member_id": p.cfg.MemberID, "member_type": "portal",
			},
		},
		"time": obj{"start": started, "finish": started},
	}, nil, call
}
