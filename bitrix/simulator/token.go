package simulator

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// refreshLifetime and codeLifetime: settings/oauth of the REST documentation.
const (
	refreshLifetime = 180 * 24 * time.Hour
	codeLifetime    = 30 * time.Second
	// eventDepth is how many calls in a row an event may cause that cause
	// events again (rest/lib/event/session.php).
	eventDepth = 7
)

// token is one authorization of an app by a user: an access token and the
// refresh token that came with it.
type token struct {
	access, refresh string
	app             *app
	user            int
	expires         time.Time
	refreshExpires  time.Time
	usedAt          time.Time // when the refresh token was rotated; zero while good
	depth           int       // events that calls with it may still cause
	fromEvent       bool
	revoked         bool // told so by a test; an uninstalled app revokes all of its own
}

type code struct {
	app     *app
	user    int
	expires time.Time
}

// Tokens is a pair as a frame or the authorization server hands it out.
type Tokens struct {
	Access  string
	Refresh string
	Expires time.Time // of the access token
}

// issue makes a fresh pair for a user of the app's portal.
func (c *Cloud) issue(a *app, user int) *token {
	now := c.now()
	c.sweep(now)
	t := &token{
		app: a, user: user, depth: eventDepth,
		expires: now.Add(c.cfg.AccessLifetime), refreshExpires: now.Add(refreshLifetime),
	}
	t.access = c.opaque(t.expires)
	t.refresh = c.opaque(t.refreshExpires)
	c.access[t.access] = t
	c.refresh[t.refresh] = t
	return t
}

// opaque makes 70 hexadecimal digits that begin with the expiry in little
// endian, as samples in the documentation do.
func (c *Cloud) opaque(expires time.Time) string {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(expires.Unix())) //nolint:gosec // wraps in 2106, as theirs
	return hex.EncodeToString(b[:]) + c.hex(31)
}

// sweep forgets what nobody can use or be told about any more.
func (c *Cloud) sweep(now time.Time) {
	if len(c.access) < 10_000 {
		return
	}
	for k, t := range c.access {
		if now.Sub(t.expires) > 24*time.Hour {
			delete(c.access, k)
		}
	}
	for k, t := range c.refresh {
		if now.After(t.refreshExpires) || !t.usedAt.IsZero() && now.Sub(t.usedAt) > 24*time.Hour {
			delete(c.refresh, k)
		}
	}
}

// expiresIn is the number of seconds left.
func (t *token) expiresIn(now time.Time) int { return int(t.expires.Sub(now) / time.Second) }

func (t *token) public() Tokens { return Tokens{t.access, t.refresh, t.expires} }

// tokenShaped tells whether s could be a token at all.
func tokenShaped(s string) bool {
	return len(s) >= 32 && strings.Trim(s, "0123456789abcdef") == ""
}

// Grant issues a fresh pair for a user, as opening a frame would. It fails
// with [ErrUnknown] when there is no such app or user.
func (p *Portal) Grant(user int, clientID string) (Tokens, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return Tokens{}, err
	}
	if p.user(user) == nil {
		return Tokens{}, unknown("user", user)
	}
	return p.cloud.issue(a, user).public(), nil
}

// ExpireTokens ends all access tokens of the portal now, as if their hour had
// passed. Refresh tokens stay good.
func (p *Portal) ExpireTokens() {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	past := p.cloud.now().Add(-time.Second)
	for _, t := range p.cloud.access {
		if t.app.portal == p && t.expires.After(past) {
			t.expires = past
		}
	}
}

// RevokeUser makes the tokens that a user has given to apps of this portal
// useless for ever, refresh tokens included.
func (p *Portal) RevokeUser(user int) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	for _, t := range p.cloud.refresh {
		if t.app.portal == p && t.user == user {
			t.revoked = true
		}
	}
}

func (t *token) hasScope(scope string) bool {
	if scope == "" {
		return true
	}
	for s := range strings.SplitSeq(scope, "|") { // any of them suffices
		if slices.Contains(t.app.Scopes, s) {
			return true
		}
	}
	return false
}
