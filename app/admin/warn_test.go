package admin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/otp"
)

// board stands for the portals' messengers.
type board struct {
	mu sync.Mutex
	// shown are the notices, as "to: text"; tags their tags.
	shown, tags []string
	// refuse says of whose grant nothing comes; nil refuses nobody.
	refuse func(as, to app.UserID) error
}

func (b *board) Remind(_ context.Context, portal app.PortalID, as, to app.UserID, text, tag string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		if err := b.refuse(as, to); err != nil {
			return err
		}
	}
	b.shown = append(b.shown, fmt.Sprintf("%.4s %s: %s", portal, to, text))
	b.tags = append(b.tags, tag)
	return nil
}

// restarted is the service anew over the same store, as after a restart.
func (w *world) restarted(b *board) *admin.Service { return w.anew(b, func(*admin.Config) {}) }

// anew is restarted with another configuration.
func (w *world) anew(b *board, change func(*admin.Config)) *admin.Service {
	w.t.Helper()
	clock := func() time.Time { return w.now }
	c := admin.Config{
		CheckCode: otp.Verify,
		Store:     w.store, Directory: w.directory, Now: clock, Enrolments: &otp.Enrolments{Store: w.store, Now: clock}, Notices: b,
	}
	change(&c)
	s, err := admin.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestWarn goes through a certificate's last year by the hour: the owner and
// the administrator are told at 30, 14 and 3 days, once each, with a restart
// before every call.
func TestWarn(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	c := w.certificate(acme, "Mary Example")
	if _, err := w.SetOwner(w.ctx, visit(acme), c.ID, mary); err != nil {
		t.Fatal(err)
	}
	b := &board{}
	var days []string
	for w.now = c.NotAfter.Add(-40 * 24 * time.Hour); w.now.Before(c.NotAfter.AddDate(0, 0, 5)); w.now = w.now.Add(7 * time.Hour) {
		before := len(b.shown)
		if err := w.restarted(b).Warn(w.ctx); err != nil {
			t.Fatal(err)
		}
		if n := len(b.shown) - before; n != 0 {
			days = append(days, fmt.Sprintf("%d at %d days", n, int(c.NotAfter.Sub(w.now).Hours()/24)))
		}
	}
	if diff := cmp.Diff([]string{"2 at 29 days", "2 at 13 days", "2 at 2 days"}, days); diff != "" {
		t.Error(diff)
	}
	for i, text := range b.shown {
		to := map[bool]string{true: "aaaa 1: ", false: "aaaa 7: "}[i%2 == 0]
		if !strings.HasPrefix(text, to) || !strings.Contains(text, "Mary Example") || !strings.Contains(text, "2 Mar 2027") {
			t.Errorf("notice %d: %q", i, text)
		}
	}
	if b.tags[0] != b.tags[1] || b.tags[0] == b.tags[2] || strings.Contains(strings.Join(b.tags, ""), "Mary") {
		t.Errorf("tags %q", b.tags)
	}
	entries, err := w.store.AuditEntries(w.ctx, acme, app.AuditQuery{Action: app.ActCertificateWarned})
	if err != nil || len(entries) != 3 || entries[0].Certificate != c.ID || entries[0].User != "" {
		t.Errorf("the journal has %+v, %v", entries, err)
	}
}

// TestWarnWhom is the table of certificates that nobody is told of, or others.
func TestWarnWhom(t *testing.T) {
	soon := start.AddDate(0, 0, 10)
	for _, p := range []struct {
		name   string
		change func(c *app.Certificate)
		portal func(p *app.Portal)
		want   int
	}{
		{name: "ends soon", want: 1},
		{name: "ends later", change: func(c *app.Certificate) { c.NotAfter = start.AddDate(0, 2, 0) }},
		{name: "ended", change: func(c *app.Certificate) { c.NotAfter = start.Add(-time.Second) }},
		{name: "in its last hour", change: func(c *app.Certificate) { c.NotAfter = start.Add(time.Hour) }, want: 1},
		{name: "begins tomorrow", change: func(c *app.Certificate) { c.NotBefore = start.AddDate(0, 0, 1) }},
		{name: "revoked", change: func(c *app.Certificate) { c.RevokedAt = start }},
		{name: "told of already", change: func(c *app.Certificate) { c.Warned = 14 }},
		{name: "told of at 30 days", change: func(c *app.Certificate) { c.Warned = 30 }, want: 1},
		{name: "told of at 3 days", change: func(c *app.Certificate) { c.Warned = 3 }},
		{name: "added by another administrator", change: func(c *app.Certificate) { c.CreatedBy = paul }, want: 2},
		{name: "of a third person", change: func(c *app.Certificate) { c.CreatedBy, c.Owner = paul, mary }, want: 3},
		{name: "of a portal that removed the app", portal: func(p *app.Portal) { p.UninstalledAt = start }},
	} {
		t.Run(p.name, func(t *testing.T) {
			w := newWorld(t)
			c := app.Certificate{
				ID: app.CertificateID(strings.Repeat("a", 64)), Portal: acme, Source: app.KeyToken, DER: []byte{1}, TokenSerial: "1",
				Name: "Mary", Serial: "1234ab", NotAfter: soon, CreatedBy: anna,
			}
			if p.change != nil {
				p.change(&c)
			}
			if err := w.store.SaveCertificate(w.ctx, c, nil); err != nil {
				t.Fatal(err)
			}
			if p.portal != nil {
				record, err := w.store.Portal(w.ctx, acme)
				if err != nil {
					t.Fatal(err)
				}
				p.portal(&record)
				if err := w.store.SavePortal(w.ctx, record); err != nil {
					t.Fatal(err)
				}
			}
			b := &board{}
			for range 3 {
				if err := w.restarted(b).Warn(w.ctx); err != nil {
					t.Fatal(err)
				}
			}
			if len(b.shown) != p.want {
				t.Errorf("told: %q", b.shown)
			}
		})
	}
}

// TestWarnFails tries again what nobody was told of, and tries every grant that
// might do.
func TestWarnFails(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	c := w.certificate(acme, "Mary Example")
	if _, err := w.SetOwner(w.ctx, visit(acme), c.ID, mary); err != nil {
		t.Fatal(err)
	}
	w.now = c.NotAfter.AddDate(0, 0, -10)
	away := app.Fail(app.Unavailable, "remind", "portal.unreachable")
	b := &board{refuse: func(app.UserID, app.UserID) error { return away }}
	if err := w.restarted(b).Warn(w.ctx); !errors.Is(err, app.Unavailable) {
		t.Errorf("with the portal away: %v", err)
	}
	var asked []string
	b.refuse = func(as, to app.UserID) error {
		asked = append(asked, string(as+">"+to))
		if as == anna {
			return app.Fail(app.Unauthenticated, "remind", "portal.session") // her grant has ended
		}
		return nil
	}
	for range 2 {
		if err := w.restarted(b).Warn(w.ctx); err != nil {
			t.Errorf("one of two was told: %v", err)
		}
	}
	if diff := cmp.Diff([]string{"1>1", "1>7", "7>7"}, asked); diff != "" {
		t.Error(diff)
	}
	if len(b.shown) != 1 || !strings.Contains(b.shown[0], " 7: ") {
		t.Errorf("told: %q", b.shown)
	}
	if err := w.Warn(w.ctx); err != nil { // a service without notices tells nobody
		t.Error(err)
	}
}
