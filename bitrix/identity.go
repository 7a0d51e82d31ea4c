package bitrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// AppInfo is what an authorization server says about an access token: whose
// it is, of which application, in which portal. It is the one statement about
// a portal that can be believed.
type AppInfo struct {
	ClientID   string
	MemberID   string
	UserID     ID
	Endpoint   string // the portal's REST interface, checked
	Domain     string // the portal's host
	AuthServer string // the allow-listed server that answered
	Scope      []string
	Status     string    // of the application: L local, F free, T trial, P paid, …
	Installed  bool      // whether the installation has been finished
	Expires    time.Time // of the access token; zero if the server does not say
}

// wireAppInfo is the result of app.info on an authorization server.
type wireAppInfo struct {
	ClientID string `json:"client_id"`
	Scope    Text   `json:"scope"`
	Expires  Time   `json:"expires"`
	UserID   ID     `json:"user_id"`
	Install  struct {
		Installed Bool   `json:"installed"`
		Status    Text   `json:"status"`
		Domain    string `json:"domain"`
		Endpoint  string `json:"client_endpoint"`
		MemberID  string `json:"member_id"`
	} `json:"install"`
}

// AppInfo asks the allow-listed authorization servers whose token this is.
// hint, such as the SERVER_ENDPOINT of a form, only decides which one is asked
// first. A token that none of them knows is [ErrExpiredToken], one of another
// application [ErrNotOurApp]. An answer that contradicts itself is
// [ErrForged], an endpoint that may not be asked [ErrForbiddenHost].
// https://apidocs.bitrix24.com/api-reference/common/system/app-info.html
func (o *OAuth) AppInfo(ctx context.Context, accessToken Secret, hint string) (AppInfo, error) {
	if !tokenShaped(accessToken) {
		return AppInfo{}, fmt.Errorf("app.info: %w: not a token", ErrExpiredToken)
	}
	var info AppInfo
	err := o.ask(o.ordered(hint), func(server *url.URL) (err error) {
		info, err = o.appInfo(ctx, server, accessToken)
		return err
	})
	if errors.Is(err, ErrInvalidClient) {
		// This is how these servers say that they do not know the token.
		return AppInfo{}, fmt.Errorf("%w: %w", ErrExpiredToken, err)
	}
	return info, err
}

func (o *OAuth) appInfo(ctx context.Context, server *url.URL, token Secret) (AppInfo, error) {
	body, err := json.Marshal(map[string]string{"auth": token.Reveal()})
	if err != nil {
		return AppInfo{}, fmt.Errorf("app.info: %w", err)
	}
	address := server.JoinPath("rest/app.info").String()
	f, err := o.send(ctx, "app.info", func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
		if err == nil {
			req.Header.Set("Content-Type", "application/json; charset=utf-8")
			req.Header.Set("Accept", "application/json")
		}
		return req, err
	})
	if err != nil {
		return AppInfo{}, err
	}
	info, err := o.readAppInfo(f)
	if err != nil {
		return AppInfo{}, &Error{Method: "app.info", Host: server.Host, Status: http.StatusOK, Err: err}
	}
	info.AuthServer = strings.TrimSuffix(server.String(), "/")
	return info, nil
}

func (o *OAuth) readAppInfo(f fields) (AppInfo, error) {
	var w wireAppInfo
	if err := f.read("result", &w); err != nil {
		return AppInfo{}, fmt.Errorf("%w: %w", ErrUnexpectedAnswer, err)
	}
	if _, ok := o.ours(w.ClientID); !ok {
		return AppInfo{}, fmt.Errorf("%w: %q", ErrNotOurApp, clip(w.ClientID, 80))
	}
	if err := checkMemberID(w.Install.MemberID); err != nil {
		return AppInfo{}, err
	}
	if w.UserID <= 0 {
		return AppInfo{}, fmt.Errorf("%w: no user", ErrUnexpectedAnswer)
	}
	endpoint, err := parseEndpoint(w.Install.Endpoint, o.config.PlainHosts)
	if err != nil {
		return AppInfo{}, err
	}
	if !sameDomain(endpoint, w.Install.Domain) {
		return AppInfo{}, fmt.Errorf("%w: endpoint at %s, installation at %q", ErrForged, hostOf(endpoint), clip(w.Install.Domain, 120))
	}
	return AppInfo{
		ClientID:  w.ClientID,
		MemberID:  w.Install.MemberID,
		UserID:    w.UserID,
		Endpoint:  endpoint.String(),
		Domain:    endpoint.Host,
		Scope:     splitScope(string(w.Scope)),
		Status:    string(w.Install.Status),
		Installed: bool(w.Install.Installed),
		Expires:   w.Expires.Time,
	}, nil
}

// Identity is a verified user of a verified portal.
type Identity struct {
	AppInfo
	Profile Profile // Profile.ID is UserID
}

// Identify finds out who holds an access token that came from a browser. It
// believes nothing but the allow-listed authorization servers and the portal
// they name: app.info must be about one of our applications, its endpoint
// must lie at the installation's domain, and the portal there must say that
// the token is of the same user. hint only orders the allow-list.
//
// A token that is not good is [ErrExpiredToken], of another application
// [ErrNotOurApp]; answers that contradict each other are [ErrForged].
// https://apidocs.bitrix24.com/settings/cloud-and-on-premise/security-recommendations.html
func (o *OAuth) Identify(ctx context.Context, accessToken Secret, hint string) (Identity, error) {
	info, err := o.AppInfo(ctx, accessToken, hint)
	if err != nil {
		return Identity{}, fmt.Errorf("identify: %w", err)
	}
	portal, err := New(Config{
		Endpoint: info.Endpoint, PlainHosts: o.config.PlainHosts, Tokens: StaticToken(accessToken),
		Transport: o.config.Transport, Buckets: o.config.Buckets, UserAgent: o.config.UserAgent,
		Timeout: o.config.Timeout, Clock: o.clock, Jitter: o.jitter,
	})
	if err != nil {
		return Identity{}, fmt.Errorf("identify: %w", err)
	}
	profile, err := portal.Profile(ctx)
	if err != nil {
		return Identity{}, fmt.Errorf("identify: %w", err)
	}
	if profile.ID != info.UserID {
		return Identity{}, fmt.Errorf("identify: %w: token of user %s, profile of user %s", ErrForged, info.UserID, profile.ID)
	}
	return Identity{AppInfo: info, Profile: profile}, nil
}

// tokenShaped keeps what cannot be a token from being sent anywhere.
func tokenShaped(token Secret) bool {
	if len(token) < 8 || len(token) > 1024 {
		return false
	}
	for _, r := range token.Reveal() {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return true
}
