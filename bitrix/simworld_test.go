package bitrix_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/bitrix"
	"signservice/bitrix/simulator"
)

// simworld is a simulated portal with our application, and what a client of it
// needs.
type simworld struct {
	t      *testing.T
	cloud  *simulator.Cloud
	portal *simulator.Portal
	app    simulator.App
	anna   int // administrator
	mary   int
	inbox  *simInbox
	clock  *clock
	oauth  *bitrix.OAuth
}

// simInbox is the application's handler: it keeps what is posted to it.
type simInbox struct {
	mu    sync.Mutex
	forms []url.Values
}

func (i *simInbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _, err := bitrix.ReadForm(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.forms = append(i.forms, body)
}

func (i *simInbox) all() []url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]url.Values(nil), i.forms...)
}

const allScopes = "crm,placement,disk,user_basic,im,bizproc,documentgenerator"

func newSimworld(t *testing.T) *simworld {
	t.Helper()
	w := &simworld{t: t, clock: newClock(), inbox: new(simInbox)}
	w.cloud = simulator.New(simulator.Config{Clock: w.clock.Now, Seed: 1})
	w.portal = w.addPortal(simulator.PortalConfig{Name: "Acme"})
	w.anna = w.portal.AddUser(simulator.User{Name: "Anna", LastName: "Berg", Email: "anna@acme.test", Admin: true})
	w.mary = w.portal.AddUser(simulator.User{Name: "Мария", LastName: "Иванова", Email: "mary@acme.test"})
	handler := serve(w.inbox.ServeHTTP)
	t.Cleanup(handler.Close)
	w.app = w.portal.AddApp(simulator.LocalApp{Title: "Sign", HandlerURL: handler.URL + "/bx/app", Scopes: strings.Split(allScopes, ",")})
	w.oauth = w.newOAuth(w.app)
	return w
}

func (w *simworld) addPortal(cfg simulator.PortalConfig) *simulator.Portal {
	w.t.Helper()
	cfg.Limits.Off = true
	p := w.cloud.AddPortal(cfg)
	if err := w.cloud.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = w.cloud.Close() })
	return p
}

func (w *simworld) newOAuth(app simulator.App) *bitrix.OAuth {
	w.t.Helper()
	return newOAuth(w.t, bitrix.OAuthConfig{
		Applications: []bitrix.Credentials{{ClientID: app.ClientID, ClientSecret: bitrix.Secret(app.ClientSecret)}},
		AuthServers:  []string{w.cloud.Auth.URL()},
		PlainHosts:   w.hosts(), Transport: loopback(), Clock: w.clock, Jitter: func() float64 { return 0 },
		Buckets: bitrix.NewBuckets(bitrix.BucketConfig{Rate: -1, Clock: w.clock}),
	})
}

func (w *simworld) hosts() []string {
	var all []string
	for _, p := range w.cloud.Portals() {
		all = append(all, strings.TrimPrefix(p.URL(), "http://"))
	}
	return all
}

func (w *simworld) config(tokens bitrix.TokenSource) bitrix.Config {
	return bitrix.Config{
		Endpoint: w.portal.URL() + "/rest/", PlainHosts: w.hosts(), Tokens: tokens, Transport: loopback(),
		Buckets: bitrix.NewBuckets(bitrix.BucketConfig{Rate: -1, Clock: w.clock}), Clock: w.clock, Jitter: func() float64 { return 0 },
	}
}

// client acts as a user with the token of a page, without a refresh token.
func (w *simworld) client(user int) *bitrix.Client {
	w.t.Helper()
	return newClient(w.t, w.config(bitrix.StaticToken(bitrix.Secret(w.tokens(user).Access))))
}

func (w *simworld) tokens(user int) simulator.Tokens {
	w.t.Helper()
	tokens, err := w.portal.Grant(user, w.app.ClientID)
	if err != nil {
		w.t.Fatal(err)
	}
	return tokens
}

// renewing acts as a user with a grant, which it renews.
func (w *simworld) renewing(user int) (*bitrix.Client, *memoryStore) {
	w.t.Helper()
	tokens := w.tokens(user)
	key := bitrix.GrantKey{MemberID: w.portal.MemberID(), UserID: bitrix.ID(user)}
	store := newStore(bitrix.Grant{
		GrantKey: key, ClientID: w.app.ClientID, AuthServer: w.cloud.Auth.URL(), Endpoint: w.portal.URL() + "/rest/",
		AccessToken: bitrix.Secret(tokens.Access), RefreshToken: bitrix.Secret(tokens.Refresh), Expires: tokens.Expires,
	})
	return newClient(w.t, w.config(bitrix.NewGrants(w.oauth, store).Source(key))), store
}

// fetch downloads a file as a user.
func (w *simworld) fetch(c *bitrix.Client, link bitrix.Secret) (string, bitrix.Downloaded) {
	w.t.Helper()
	var content bytes.Buffer
	info, err := c.Download(context.Background(), link, &content, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	return content.String(), info
}

// settled waits until all events have been delivered.
func (w *simworld) settled() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.portal.Settle(ctx); err != nil {
		w.t.Fatal(err)
	}
}
