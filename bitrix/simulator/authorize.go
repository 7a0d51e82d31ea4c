package simulator

import (
	"net/http"
	"net/url"
	"strings"
)

// authorizePage is /oauth/authorize/: the signed-in visitor is sent to the
// app's handler with a code that lives for half a minute. redirect_uri is not heard;
// errors stay on the portal's own page.
func (p *Portal) authorizePage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	p.cloud.mu.Lock()
	v := p.visitor(r)
	if v == nil {
		p.cloud.mu.Unlock()
		toLogin(w, r)
		return
	}
	a, err := p.findApp(q.Get("client_id"))
	if err != nil || !a.allows(v.user.ID) {
		p.cloud.mu.Unlock()
		p.message(w, http.StatusForbidden, "No entry", "The application was not found, or you have no access to it.")
		return
	}
	to := p.authorizeTarget(a, v.user.ID, q.Get("state"))
	p.cloud.mu.Unlock()
	http.Redirect(w, r, to, http.StatusFound)
}

func (p *Portal) authorizeTarget(a *app, user int, state string) string {
	c := p.cloud.hex(16)
	p.cloud.codes[c] = &code{app: a, user: user, expires: p.cloud.now().Add(codeLifetime)}
	back := url.Values{
		"code": {c}, "domain": {p.host()}, "member_id": {p.cfg.MemberID},
		"scope": {strings.Join(a.Scopes, ",")}, "server_domain": {p.cloud.Auth.host()},
	}
	if state != "" {
		back.Set("state", state)
	}
	sep := "?"
	if strings.Contains(a.HandlerURL, "?") {
		sep = "&"
	}
	return a.HandlerURL + sep + back.Encode()
}

// Authorize does what a visitor's way through /oauth/authorize/ does and returns
// the address that the portal would send the browser to.
func (p *Portal) Authorize(user int, clientID, state string) (string, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return "", err
	}
	if !p.activeUser(user) {
		return "", unknown("active user", user)
	}
	if !a.allows(user) {
		return "", ErrRefused
	}
	return p.authorizeTarget(a, user, state), nil
}
