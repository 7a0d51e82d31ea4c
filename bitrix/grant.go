package bitrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// GrantKey names a grant: one user of one portal. A portal keeps its member
// id when its address changes.
type GrantKey struct {
	MemberID string
	UserID   ID
}

// Grant is what an application holds to act as a user: a pair of tokens and
// where they are good. The access token lives for an hour, the refresh token
// for 180 days, and each renewal replaces both.
// https://apidocs.bitrix24.com/settings/oauth/auto-renewal.html
type Grant struct {
	GrantKey
	ClientID     string // of the application
	AuthServer   string // the authorization server that issued it
	Endpoint     string // the portal's REST interface, current at the last renewal
	AccessToken  Secret
	RefreshToken Secret
	Expires      time.Time // of the access token
	Scope        []string
	Status       string // of the application: L local, F free, T trial, P paid, …
}

// wireGrant is the answer of /oauth/token/. Its `domain` is that of the
// authorization server and not of the portal, so it is not read.
type wireGrant struct {
	AccessToken  Secret `json:"access_token"`
	RefreshToken Secret `json:"refresh_token"`
	Expires      Int    `json:"expires"`
	ExpiresIn    Int    `json:"expires_in"`
	Scope        Text   `json:"scope"`
	Endpoint     string `json:"client_endpoint"`
	Status       Text   `json:"status"`
	MemberID     string `json:"member_id"`
	UserID       ID     `json:"user_id"`
}

// Exchange turns the code that a portal has sent to the handler of
// [OAuth.AuthorizeURL] into a grant. A code lives for 30 seconds and works
// once. hint may name the authorization server; it only orders the allow-list.
// A code that is not good is [ErrInvalidGrant].
// https://apidocs.bitrix24.com/settings/oauth/index.html
func (o *OAuth) Exchange(ctx context.Context, clientID string, code Secret, hint string) (Grant, error) {
	app, ok := o.ours(clientID)
	if !ok {
		return Grant{}, fmt.Errorf("exchange code: %w: %q", ErrNotOurApp, clip(clientID, 80))
	}
	var grant Grant
	err := o.ask(o.ordered(hint), func(server *url.URL) (err error) {
		grant, err = o.token(ctx, server, "exchange code", app, url.Values{
			"grant_type": {"authorization_code"}, "code": {code.Reveal()},
		})
		return err
	})
	return grant, err
}

// Refresh renews a grant. The old refresh token is used up when it returns,
// so store the new grant before it is used; [Grants] does. The answer must be
// about the same portal and user, otherwise it is [ErrForged]. A refresh token
// that is used up, too old, or of a dismissed user is [ErrInvalidGrant].
func (o *OAuth) Refresh(ctx context.Context, old Grant) (Grant, error) {
	app, ok := o.ours(old.ClientID)
	if !ok {
		return Grant{}, fmt.Errorf("renew grant: %w: %q", ErrNotOurApp, clip(old.ClientID, 80))
	}
	if old.RefreshToken == "" {
		return Grant{}, fmt.Errorf("renew grant: %w: no refresh token", ErrInvalidGrant)
	}
	servers := o.ordered(old.AuthServer)
	if old.AuthServer != "" && hinted(servers[0], parsed(old.AuthServer)) == 0 {
		return Grant{}, fmt.Errorf("renew grant: %w: its authorization server is not on the list", ErrForbiddenHost)
	}
	if old.AuthServer != "" {
		servers = servers[:1]
	}
	var renewed Grant
	err := o.ask(servers, func(server *url.URL) (err error) {
		renewed, err = o.token(ctx, server, "renew grant", app, url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {old.RefreshToken.Reveal()},
		})
		return err
	})
	if err != nil {
		return Grant{}, err
	}
	if renewed.GrantKey != old.GrantKey {
		return Grant{}, fmt.Errorf("renew grant: %w: it is of another portal or user", ErrForged)
	}
	return renewed, nil
}

// token posts a form to /oauth/token/: the vendor documents GET, which would
// put the secret into the server's log, and accepts POST.
func (o *OAuth) token(ctx context.Context, server *url.URL, doing string, app Credentials, form url.Values) (Grant, error) {
	form.Set("client_id", app.ClientID)
	form.Set("client_secret", app.ClientSecret.Reveal())
	address := server.JoinPath("oauth/token/").String()
	f, err := o.send(ctx, doing, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
		if err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Accept", "application/json")
		}
		return req, err
	})
	if err != nil {
		return Grant{}, err
	}
	grant, err := o.readGrant(f)
	if err != nil {
		return Grant{}, &Error{Method: doing, Host: server.Host, Status: http.StatusOK, Err: err}
	}
	grant.ClientID = app.ClientID
	grant.AuthServer = strings.TrimSuffix(server.String(), "/")
	return grant, nil
}

// readGrant checks that a token answer is complete and leads to a portal that
// may be asked.
func (o *OAuth) readGrant(f fields) (Grant, error) {
	var w wireGrant
	data, err := json.Marshal(map[string]json.RawMessage(f))
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	switch {
	case err != nil:
		return Grant{}, fmt.Errorf("%w: %w", ErrUnexpectedAnswer, err)
	case w.AccessToken == "" || w.RefreshToken == "" || w.UserID <= 0:
		return Grant{}, fmt.Errorf("%w: token answer is incomplete", ErrUnexpectedAnswer)
	}
	if err := checkMemberID(w.MemberID); err != nil {
		return Grant{}, err
	}
	endpoint, err := parseEndpoint(w.Endpoint, o.config.PlainHosts)
	if err != nil {
		return Grant{}, err
	}
	expires := o.clock.Now().Add(time.Duration(w.ExpiresIn) * time.Second)
	if w.ExpiresIn <= 0 {
		expires = time.Unix(int64(w.Expires), 0)
	}
	return Grant{
		GrantKey:     GrantKey{MemberID: w.MemberID, UserID: w.UserID},
		Endpoint:     endpoint.String(),
		AccessToken:  w.AccessToken,
		RefreshToken: w.RefreshToken,
		Expires:      expires,
		Scope:        splitScope(string(w.Scope)),
		Status:       string(w.Status),
	}, nil
}

// AuthorizeURL returns the address at which a portal asks the user of the
// browser to sign in and then sends the browser to the application's handler
// with a code; see [ParseCode]. state comes back unchanged: bind it to the
// visitor. endpoint is the verified address of the portal.
func (o *OAuth) AuthorizeURL(endpoint, clientID, state string) (string, error) {
	u, err := parseEndpoint(endpoint, o.config.PlainHosts)
	if err != nil {
		return "", err
	}
	if _, ok := o.ours(clientID); !ok {
		return "", fmt.Errorf("%w: %q", ErrNotOurApp, clip(clientID, 80))
	}
	u.Path = "/oauth/authorize/"
	u.RawQuery = url.Values{"client_id": {clientID}, "response_type": {"code"}, "state": {state}}.Encode()
	return u.String(), nil
}

// checkMemberID accepts what portals use, 32 hexadecimal digits, and any
// other short word of letters and digits, so that it can be part of a key.
func checkMemberID(id string) error {
	if id == "" || len(id) > 64 {
		return fmt.Errorf("%w: no member id", ErrUnexpectedAnswer)
	}
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return fmt.Errorf("%w: malformed member id", ErrUnexpectedAnswer)
		}
	}
	return nil
}

// splitScope splits a list of permissions.
func splitScope(scope string) []string {
	return strings.FieldsFunc(scope, func(r rune) bool { return r == ',' || r == ' ' })
}

func parsed(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		return new(url.URL)
	}
	return u
}

// ErrNoGrant is what a [GrantStore] returns for a grant it does not have.
var ErrNoGrant = errors.New("no grant of this user")
