package simulator

import (
	"fmt"
	"net/http"
)

// session is somebody at a browser who has chosen who to be.
type session struct {
	id     string
	user   int
	sessid string // guards the pages' POSTs, as the portal's own
}

// cookieName keeps portals apart that share a host: cookies know no ports.
func (p *Portal) cookieName() string { return fmt.Sprintf("PORTAL%d_SESSION", p.n) }

// session finds the visitor's session, nil without one.
func (p *Portal) session(r *http.Request) *session {
	c, err := r.Cookie(p.cookieName())
	if err != nil {
		return nil
	}
	return p.sessions[c.Value]
}

// SignIn makes a session for a user and returns its cookie, for tests that
// use a browser or an HTTP client without passing the page of choice.
func (p *Portal) SignIn(user int) (*http.Cookie, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	if !p.activeUser(user) {
		return nil, unknown("active user", user)
	}
	return p.signIn(user), nil
}

func (p *Portal) signIn(user int) *http.Cookie {
	s := &session{id: p.cloud.hex(16), user: user, sessid: p.cloud.hex(16)}
	p.sessions[s.id] = s
	return &http.Cookie{Name: p.cookieName(), Value: s.id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
