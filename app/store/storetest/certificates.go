package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/store"
)

// testUpdateCertificate changes what may change, with its entries, and nothing
// else.
func testUpdateCertificate(t *testing.T, w *world) {
	ctx := t.Context()
	before, err := w.Certificate(ctx, acme, "c1")
	must(t, err)
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	change := func(c *app.Certificate, now time.Time) ([]app.AuditEntry, error) {
		if now.IsZero() {
			t.Error("the change is not told the time")
		}
		c.Owner, c.Warned, c.RevokedAt, c.Chain = mary, 14, at, [][]byte{{1}, {2}}
		return []app.AuditEntry{{Action: app.ActCertificateChanged, Portal: acme}}, nil
	}
	after, err := w.UpdateCertificate(ctx, acme, "c1", change)
	must(t, err)
	want := before
	want.Owner, want.Warned, want.RevokedAt, want.Chain = mary, 14, at, [][]byte{{1}, {2}}
	same(t, want, after)
	stored, err := w.Certificate(ctx, acme, "c1")
	must(t, err)
	same(t, want, stored)
	if got := w.actions(t, acme); got != "certificate.changed" {
		t.Errorf("audit: %s", got)
	}
	if key, err := w.SoftwareKey(ctx, acme, "c1"); err != nil || string(key) != "canary private key" {
		t.Errorf("the key was lost: %v", err)
	}
	if other, err := w.Certificate(ctx, globex, "c1"); err != nil || other.Owner != "" {
		t.Errorf("the other portal's certificate: %q, %v", other.Owner, err)
	}

	refused := errors.New("refused")
	for name, change := range map[string]func(c *app.Certificate) error{
		"what fails":      func(c *app.Certificate) error { c.Owner = "9"; return refused },
		"another id":      func(c *app.Certificate) error { c.ID = "c9"; return nil },
		"another portal":  func(c *app.Certificate) error { c.Portal = globex; return nil },
		"another source":  func(c *app.Certificate) error { c.Source = app.KeyToken; return nil },
		"another content": func(c *app.Certificate) error { c.DER = []byte{9}; return nil },
		"another key":     func(c *app.Certificate) error { c.KeyID = "99"; return nil },
		"good again":      func(c *app.Certificate) error { c.RevokedAt = time.Time{}; return nil },
	} {
		_, err := w.UpdateCertificate(ctx, acme, "c1", func(c *app.Certificate, _ time.Time) ([]app.AuditEntry, error) {
			return []app.AuditEntry{{Action: app.ActCertificateChanged, Portal: acme}}, change(c)
		})
		if err == nil {
			t.Errorf("%s was stored", name)
		}
		if again, err := w.Certificate(ctx, acme, "c1"); err != nil || again.Owner != mary || again.RevokedAt.IsZero() {
			t.Errorf("%s left its mark: %+v, %v", name, again, err)
		}
	}
	if got := w.actions(t, acme); got != "certificate.changed" {
		t.Errorf("what was refused is in the audit log: %s", got)
	}
}

// testLatest sets the clock back and forth behind the store's back.
func testLatest(t *testing.T, w *world) {
	ctx := t.Context()
	shifted := &shifted{Backend: w.backend}
	s, err := store.New(ctx, shifted, keeper(t, 1), store.Options{})
	must(t, err)
	latest := func() time.Time {
		t.Helper()
		at, err := s.Latest(ctx)
		must(t, err)
		return at
	}
	if at := latest(); !at.IsZero() {
		t.Errorf("before the first entry it is %v", at)
	}
	write := func(a app.Action) { t.Helper(); must(t, s.Audit(ctx, app.AuditEntry{Action: a, Portal: acme})) }
	write(app.ActAssigned)
	first := latest()
	if first.IsZero() {
		t.Fatal("an entry leaves no time")
	}
	shifted.by = 48 * time.Hour
	write(app.ActAssigned)
	ahead := latest()
	if d := ahead.Sub(first); d < 47*time.Hour {
		t.Errorf("two days later it is %v later", d)
	}
	shifted.by = 0
	write(app.ActAssigned)
	if at := latest(); !at.Equal(ahead) {
		t.Errorf("an entry of an earlier time makes it %v, not %v", at, ahead)
	}
	write(app.ActClockAccepted)
	if at := latest(); !at.Before(ahead) {
		t.Errorf("accepted, it is still %v", at)
	}
	if count, bad, err := s.VerifyAudit(ctx); count != 4 || bad != 0 || err != nil {
		t.Errorf("verify: %d, %d, %v", count, bad, err)
	}
}

// shifted is a backend whose clock is off.
type shifted struct {
	store.Backend
	by time.Duration
}

func (b *shifted) Update(ctx context.Context, fn func(store.Tx) error) error {
	return b.Backend.Update(ctx, func(tx store.Tx) error { return fn(shiftedTx{tx, b.by}) })
}

type shiftedTx struct {
	store.Tx
	by time.Duration
}

func (t shiftedTx) Now() time.Time { return t.Tx.Now().Add(t.by) }
