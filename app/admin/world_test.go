package admin_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/keyring"
	"signservice/app/otp"
	"signservice/app/secret"
	"signservice/app/store"
	"signservice/app/store/bolt"
	"signservice/signer/keys"
)

// The people of the tests' portals.
const (
	acme  = app.PortalID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	other = app.PortalID("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
	anna  = app.UserID("1") // administrator
	mary  = app.UserID("7")
	paul  = app.UserID("8")
)

// start is when the tests' clock begins.
var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// world is the service over a real store in a temporary file.
type world struct {
	*admin.Service
	t         *testing.T
	ctx       context.Context
	now       time.Time
	store     *store.Store
	directory *directory
	tokens    *tokens
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), now: start, directory: people(), tokens: &tokens{}}
	clock := func() time.Time { return w.now }
	keeper, err := secret.New(bytes.Repeat([]byte{7}, secret.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	backend, err := bolt.Open(filepath.Join(t.TempDir(), "store.db"), bolt.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if w.store, err = store.New(w.ctx, backend, keeper, store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	for _, id := range []app.PortalID{acme, other} {
		if err := w.store.SavePortal(w.ctx, app.Portal{ID: id, Domain: "portal.example", InstalledAt: start, InstalledBy: anna}); err != nil {
			t.Fatal(err)
		}
	}
	w.Service, err = admin.New(admin.Config{
		CheckCode: otp.Verify,
		Store:     w.store, Directory: w.directory, Tokens: w.tokens, Messenger: &messenger{}, Now: clock,
		Enrolments: &otp.Enrolments{Store: w.store, Now: clock},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// visit is an administrator's.
func visit(portal app.PortalID) app.Visit {
	return app.Visit{Portal: portal, User: anna, Name: "Anna Admin", Admin: true}
}

// account makes an account.
func (w *world) account(portal app.PortalID, user app.UserID, login string) app.Account {
	w.t.Helper()
	a, err := w.SaveAccount(w.ctx, visit(portal), admin.AccountInput{User: user, Login: login, New: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// certificate makes a certificate.
func (w *world) certificate(portal app.PortalID, name string) app.Certificate {
	w.t.Helper()
	c, err := w.CreateSelfSigned(w.ctx, visit(portal), admin.SelfSigned{Name: name, Years: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// journal gives the portal's entries, oldest first, as "action subject detail".
func (w *world) journal(portal app.PortalID) []string {
	w.t.Helper()
	entries, err := w.Journal(w.ctx, visit(portal), app.AuditQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, e := range entries {
		if e.User != anna || e.Portal != portal {
			w.t.Errorf("entry %s is by %q in %q", e.Action, e.User, e.Portal)
		}
		lines = append([]string{strings.TrimSpace(string(e.Action) + " " + e.Subject + " " + e.Detail)}, lines...)
	}
	return lines
}

// refused holds that an error has a kind and a message.
func refused(t *testing.T, err error, kind app.Kind, key string) {
	t.Helper()
	var failure *app.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v, want %s %s", err, kind, key)
	}
	if failure.Kind != kind || failure.Key != key {
		t.Errorf("got %s %s, want %s %s", failure.Kind, failure.Key, kind, key)
	}
}

// directory stands for the portal, whose list of users is not ours.
type directory struct {
	mu    sync.Mutex
	users map[app.UserID]app.User
	err   error
	// asked is by whom and for what it was asked last.
	asked []string
}

func people() *directory {
	d := &directory{users: map[app.UserID]app.User{}}
	for _, u := range []app.User{
		{ID: anna, Name: "Anna Admin", Active: true, Employee: true},
		{ID: mary, Name: "Mary Example", Active: true, Employee: true},
		{ID: paul, Name: "Paul Example", Active: true, Employee: true},
		{ID: "9", Name: "Greta Guest", Active: true},
		{ID: "10", Name: "Leo Left", Employee: true},
	} {
		d.users[u.ID] = u
	}
	return d
}

func (d *directory) User(_ context.Context, portal app.PortalID, admin, user app.UserID) (app.User, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = []string{string(portal), string(admin), string(user)}
	if d.err != nil {
		return app.User{}, d.err
	}
	u, ok := d.users[user]
	if !ok {
		return app.User{}, app.Fail(app.NotFound, "read user", "user.unknown")
	}
	return u, nil
}

func (d *directory) Users(_ context.Context, portal app.PortalID, admin app.UserID, query string) ([]app.User, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = []string{string(portal), string(admin), query}
	return []app.User{d.users[mary]}, d.err
}

// messenger stands for the portals', which take every setup link.
type messenger struct{ sent []string }

func (m *messenger) SendLink(_ context.Context, _ app.PortalID, _, to app.UserID, text, words string, _ app.Secret) error {
	m.sent = append(m.sent, string(to)+": "+text+" "+words)
	return nil
}

// tokens stand for hardware in states that a test cannot bring about.
type tokens struct {
	admin.Tokens // what these tests do not call
	contents     []keys.Contents
}

func (t *tokens) List(context.Context, app.PortalID) ([]keyring.Token, error) {
	var all []keyring.Token
	for _, c := range t.contents {
		all = append(all, keyring.Token{Contents: c})
	}
	return all, nil
}
