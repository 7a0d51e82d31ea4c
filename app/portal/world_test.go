package portal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/portal"
	"signservice/bitrix"
	"signservice/bitrix/simulator"
)

// world is a simulated Bitrix24 with two companies that both use the app, over
// real HTTP on loopback, and the Portals under test.
type world struct {
	*portal.Portals
	t          *testing.T
	cloud      *simulator.Cloud
	acme, bolt *company
	store      *memory
	clock      *clock
	wire       *wire
	config     portal.Config
}

// company is a portal with its people and what the app is in it.
type company struct {
	*simulator.Portal
	app                            simulator.App
	anna, mary, paul, guest, leave int // administrator, employees, extranet user, dismissed
	deal                           int
	single, multiple               string
}

func (c *company) id() app.PortalID { return app.PortalID(c.MemberID()) }

const scopes = "crm,placement,user_basic,im,disk,bizproc"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: newMemory(), clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	w.cloud = simulator.New(simulator.Config{Clock: w.clock.Now, Seed: 1})
	t.Cleanup(func() { _ = w.cloud.Close() })
	handler := httptest.NewServer(http.HandlerFunc(w.event))
	t.Cleanup(handler.Close)
	w.acme, w.bolt = w.company("Acme", handler.URL), w.company("Bolt", handler.URL)
	if err := w.cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.wire = &wire{under: bitrix.NewTransport(bitrix.TransportConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})}
	t.Cleanup(w.wire.under.CloseIdleConnections)
	w.config = portal.Config{
		Apps:        []portal.App{w.acme.credentials(), w.bolt.credentials()},
		AuthServers: []string{w.cloud.Auth.URL()},
		PlainHosts:  []string{host(t, w.acme.URL()), host(t, w.bolt.URL())},
		Store:       w.store, Transport: w.wire, Clock: w.clock, Rate: bitrix.BucketConfig{Rate: -1},
	}
	w.restart()
	return w
}

// restart makes Portals anew, as after a crash: only the store is kept.
func (w *world) restart() {
	w.t.Helper()
	p, err := portal.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Portals = p
}

func (w *world) company(name, handler string) *company {
	p := w.cloud.AddPortal(simulator.PortalConfig{Name: name, Limits: simulator.Limits{Off: true}})
	c := &company{Portal: p}
	c.anna = p.AddUser(simulator.User{Name: "Anna", LastName: "Berg", Email: "anna@" + name + ".test", Admin: true})
	c.mary = p.AddUser(simulator.User{Name: "Мария", LastName: "Иванова", Position: "Lawyer"})
	c.paul = p.AddUser(simulator.User{Name: "Paul", LastName: "Ott", Position: "Sales"})
	c.guest = p.AddUser(simulator.User{Name: "Guest", Type: "extranet"})
	c.leave = p.AddUser(simulator.User{Name: "Lea", LastName: "Veit"})
	c.single = p.AddFileField("CONTRACT", "Contract", false)
	c.multiple = p.AddFileField("PAPERS", "Papers", true)
	c.deal = p.AddDeal(simulator.Deal{Title: "Delivery of a crane", Responsible: c.mary})
	c.app = c.addApp(handler)
	return c
}

func (c *company) addApp(handler string) simulator.App {
	return c.AddApp(simulator.LocalApp{
		Title: "Sign", HandlerURL: handler + "/bx/app", Scopes: strings.Split(scopes, ","),
	})
}

func (c *company) credentials() portal.App {
	return portal.App{ClientID: c.app.ClientID, Secret: app.Secret(c.app.ClientSecret)}
}

// event is the app's handler of events.
func (w *world) event(rw http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if err := w.Event(r.Context(), r.PostForm); err != nil {
		http.Error(rw, err.Error(), http.StatusForbidden)
	}
}

// form is what the portal posts when the user opens a page: query and body.
func (w *world) form(c *company, o simulator.Opening) url.Values {
	w.t.Helper()
	if o.ClientID == "" {
		o.ClientID = c.app.ClientID
	}
	f, err := c.Open(o)
	if err != nil {
		w.t.Fatal(err)
	}
	action, err := url.Parse(f.Action)
	if err != nil {
		w.t.Fatal(err)
	}
	all := action.Query()
	maps.Copy(all, f.Form)
	return all
}

// visit lets a user open the app's page, which must succeed.
func (w *world) visit(c *company, user int) app.Visit {
	w.t.Helper()
	v, err := w.Identify(context.Background(), w.form(c, simulator.Opening{User: user}))
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// at is the visit of a user who stands in the tab of a deal.
func (w *world) at(c *company, user, deal int) app.Visit {
	w.t.Helper()
	v := w.visit(c, user)
	v.Slot, v.Entity = app.SlotDealTab, app.Entity{Type: app.EntityDeal, ID: int64(deal)}
	return v
}

// install registers both companies by a visit of their administrators.
func (w *world) install() *world {
	w.t.Helper()
	w.visit(w.acme, w.acme.anna)
	w.visit(w.bolt, w.bolt.anna)
	return w
}

// wants checks the kind and the message key of an error; both empty want none.
func wants(t *testing.T, err error, kind app.Kind, key string) {
	t.Helper()
	if kind == "" {
		if err != nil {
			t.Fatalf("unexpected error: %v", err)
		}
		return
	}
	var e *app.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want kind %s with key %s", err, kind, key)
	}
	if e.Kind != kind || e.Key != key {
		t.Fatalf("got %s (%s), want %s (%s): %v", e.Kind, e.Key, kind, key, err)
	}
}

func host(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// pdf is a file that begins as one; the text makes it another one.
func pdf(text string) []byte {
	return []byte("%PDF-1.7\n% " + text + "\n" + strings.Repeat("0 0 0 rg\n", 300) + "%%EOF\n")
}

func content(data []byte) app.Content {
	sum := sha256.Sum256(data)
	return app.Content{Reader: bytes.NewReader(data), Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

// clock stands still; waiting moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return ctx.Err()
}

// wire is the network: a test may look at requests, change or cut them.
type wire struct {
	under *http.Transport
	mu    sync.Mutex
	tap   func(*http.Request) (*http.Response, error) // nil, nil lets the request pass
	hosts map[string]int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	tap := w.tap
	if w.hosts == nil {
		w.hosts = map[string]int{}
	}
	w.hosts[r.URL.Host]++
	w.mu.Unlock()
	if tap != nil {
		if resp, err := tap(r); resp != nil || err != nil {
			return resp, err
		}
	}
	return w.under.RoundTrip(r)
}

func (w *wire) set(tap func(*http.Request) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tap = tap
}

var errCut = errors.New("connection cut by the test")

// dieAt lets n requests pass. The next one reaches the portal when lost is
// true, but its answer does not come back; from then on nothing passes.
func (w *wire) dieAt(n int, lost bool) (passed func() int) {
	var mu sync.Mutex
	count := 0
	w.set(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		i := count
		count++
		mu.Unlock()
		switch {
		case i < n:
			return nil, nil
		case i == n && lost:
			resp, err := w.under.RoundTrip(r)
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		}
		return nil, errCut
	})
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

// memory is a Store that keeps records as long as the test runs. It seals
// nothing and forgets the audit chain, which are the business of app/store.
type memory struct {
	mu      sync.Mutex
	portals map[app.PortalID]app.Portal
	grants  map[string]app.Grant
	audit   []app.AuditEntry
}

func newMemory() *memory {
	return &memory{portals: map[app.PortalID]app.Portal{}, grants: map[string]app.Grant{}}
}

func absent(what string, id any) error {
	return app.Fail(app.NotFound, "read "+what, "").Because(fmt.Errorf("no %s %v", what, id))
}

func (m *memory) Portal(_ context.Context, id app.PortalID) (app.Portal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.portals[id]
	if !ok {
		return app.Portal{}, absent("portal", id)
	}
	return p, nil
}

func (m *memory) SavePortal(_ context.Context, p app.Portal, entries ...app.AuditEntry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.portals[p.ID] = p
	m.audit = append(m.audit, entries...)
	return nil
}

func (m *memory) Grant(_ context.Context, portal app.PortalID, user app.UserID) (app.Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.grants[string(portal)+"/"+string(user)]
	if !ok {
		return app.Grant{}, absent("grant", user)
	}
	return g, nil
}

func (m *memory) SaveGrant(_ context.Context, g app.Grant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.grants[string(g.Portal)+"/"+string(g.User)] = g
	return nil
}

func (m *memory) DeleteGrants(_ context.Context, portal app.PortalID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.grants, func(_ string, g app.Grant) bool { return g.Portal == portal })
	return nil
}

// state is a copy of all portals, and of all grants.
func (m *memory) state() (map[app.PortalID]app.Portal, map[string]app.Grant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.portals), maps.Clone(m.grants)
}

func user(id int) app.UserID { return app.UserID(strconv.Itoa(id)) }

// offline is a world without network, in which one portal is known.
func offline(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: newMemory(), clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}, wire: &wire{}}
	w.wire.set(func(*http.Request) (*http.Response, error) { return nil, errCut })
	w.store.portals["a"] = app.Portal{ID: "a", InstalledAt: w.clock.Now()}
	w.config = portal.Config{
		Apps: []portal.App{{ClientID: "local.1", Secret: "secret"}}, Store: w.store, Transport: w.wire, Clock: w.clock,
	}
	w.restart()
	return w
}
