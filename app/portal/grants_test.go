package portal_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"signservice/app"
	"signservice/app/portal"
	"signservice/bitrix/simulator"
)

// Many calls with an expired token renew it once: a refresh token works once.
func TestRenewOnce(t *testing.T) {
	w := newWorld(t).install()
	v := w.visit(w.acme, w.acme.mary)
	before, err := w.store.Grant(t.Context(), v.Portal, v.User)
	if err != nil {
		t.Fatal(err)
	}
	w.acme.ExpireTokens()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := w.Recheck(t.Context(), v.Portal, v.User); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	renewals := 0
	for _, call := range w.cloud.Auth.Calls() {
		if strings.Contains(call.Method, "token") {
			renewals++
		}
	}
	after, err := w.store.Grant(t.Context(), v.Portal, v.User)
	if renewals != 1 || err != nil || after.Refresh == before.Refresh || after.Access == before.Access {
		t.Errorf("%d renewals, %v", renewals, err)
	}
}

// broken fails one method of the store.
type broken struct {
	*memory
	method string
}

var errDisk = errors.New("disk full")

func (b *broken) on(method string) error {
	if b.method == method {
		return errDisk
	}
	return nil
}

func (b *broken) Portal(ctx context.Context, id app.PortalID) (app.Portal, error) {
	if err := b.on("Portal"); err != nil {
		return app.Portal{}, err
	}
	return b.memory.Portal(ctx, id)
}

func (b *broken) SavePortal(ctx context.Context, p app.Portal, entries ...app.AuditEntry) error {
	if err := b.on("SavePortal"); err != nil {
		return err
	}
	return b.memory.SavePortal(ctx, p, entries...)
}

func (b *broken) Grant(ctx context.Context, portal app.PortalID, user app.UserID) (app.Grant, error) {
	if err := b.on("Grant"); err != nil {
		return app.Grant{}, err
	}
	return b.memory.Grant(ctx, portal, user)
}

func (b *broken) SaveGrant(ctx context.Context, g app.Grant) error {
	if err := b.on("SaveGrant"); err != nil {
		return err
	}
	return b.memory.SaveGrant(ctx, g)
}

func (b *broken) DeleteGrants(ctx context.Context, portal app.PortalID) error {
	if err := b.on("DeleteGrants"); err != nil {
		return err
	}
	return b.memory.DeleteGrants(ctx, portal)
}

// TestStoreFails: a store that fails is nobody's visit and nobody's event; it
// is never taken for an answer.
func TestStoreFails(t *testing.T) {
	w := newWorld(t).install()
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)); err != nil {
		t.Fatal(err)
	}
	v := w.visit(w.acme, w.acme.mary)
	b := &broken{memory: w.store}
	w.config.Store = b
	w.restart()
	for name, c := range map[string]struct {
		method string
		do     func() error
	}{
		"visit, portal": {"Portal", func() error {
			_, err := w.Identify(t.Context(), w.form(w.acme, simulator.Opening{User: w.acme.mary}))
			return err
		}},
		"visit, grant": {"SaveGrant", func() error {
			_, err := w.Identify(t.Context(), w.form(w.acme, simulator.Opening{User: w.acme.mary}))
			return err
		}},
		"recheck, portal": {"Portal", func() error { _, err := w.Recheck(t.Context(), v.Portal, v.User); return err }},
		"recheck, grant":  {"Grant", func() error { _, err := w.Recheck(t.Context(), v.Portal, v.User); return err }},
		"renewed grant": {"SaveGrant", func() error {
			w.acme.ExpireTokens()
			_, err := w.Recheck(t.Context(), v.Portal, v.User)
			return err
		}},
		"event, portal": {"Portal", func() error { return w.Event(t.Context(), w.eventForm(w.acme, "ONCRMDEALDELETE", 0)) }},
		"other proof": {"SavePortal", func() error {
			other := w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)
			other.Set("auth[application_token]", "another")
			return w.Event(t.Context(), other)
		}},
		"learned proof":        {"SavePortal", func() error { return w.Event(t.Context(), w.eventForm(w.bolt, "ONAPPINSTALL", w.bolt.anna)) }},
		"uninstall, portal":    {"SavePortal", func() error { return w.Event(t.Context(), w.eventForm(w.acme, "ONAPPUNINSTALL", 0)) }},
		"sign-in, portal":      {"Portal", func() error { _, err := w.AuthorizeURL(t.Context(), v.Portal, "s"); return err }},
		"sign-in code, portal": {"Portal", func() error { _, err := w.IdentifyCode(t.Context(), v.Portal, "c"); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			b.method = c.method
			defer func() { b.method = "" }()
			err := c.do()
			if !errors.Is(err, errDisk) || app.KindOf(err) != app.Internal {
				t.Errorf("got %v", err)
			}
		})
	}
	// An uninstallation whose grants could not be deleted is repeated.
	b.method = "DeleteGrants"
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPUNINSTALL", 0)); !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
	b.method = ""
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPUNINSTALL", 0)); err != nil {
		t.Error(err)
	}
}

var _ portal.Store = (*broken)(nil)

// Another proof of a live installation is taken from a verified administrator
// alone, and never silently.
func TestProofReplaced(t *testing.T) {
	w := newWorld(t).install()
	for _, token := range []string{"first", "second", "second"} {
		form := w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)
		form.Set("auth[application_token]", token)
		if err := w.Event(t.Context(), form); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.store.Portal(t.Context(), w.acme.id())
	if err != nil || p.ApplicationToken.Reveal() != "second" {
		t.Errorf("stored another proof, %v", err)
	}
	n := 0
	for _, e := range w.store.audit {
		if e.Portal == w.acme.id() && e.Detail == "portal.proof-replaced" && e.User == user(w.acme.anna) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d audit entries tell of it", n)
	}
}
