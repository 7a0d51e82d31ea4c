package admin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/admin"
)

// TestConcerned: whom a dangerous act concerns is told; what somebody does to
// themselves is not; and where no notice can be shown, the act stands.
func TestConcerned(t *testing.T) {
	w := newWorld(t)
	for user, login := range map[app.UserID]string{anna: "anna", mary: "mary", paul: "paul"} {
		w.account(acme, user, login)
	}
	c := w.certificate(acme, "Paul Person")
	unused := w.certificate(acme, "Old Person")
	for id, owner := range map[app.CertificateID]app.UserID{c.ID: paul, unused.ID: mary} {
		if _, err := w.SetOwner(w.ctx, visit(acme), id, owner); err != nil {
			t.Fatal(err)
		}
	}
	b := &board{}
	s := w.restarted(b)
	off := func(user app.UserID, login string) error {
		_, err := s.SaveAccount(w.ctx, visit(acme), admin.AccountInput{User: user, Login: login, CodeOff: true, CodeOffReason: "no phone"})
		return err
	}
	block := func(user app.UserID, login string, blocked bool) error {
		_, err := s.SaveAccount(w.ctx, visit(acme), admin.AccountInput{User: user, Login: login, Blocked: blocked})
		return err
	}
	owner := func(id app.CertificateID, user app.UserID) error {
		_, err := s.SetOwner(w.ctx, visit(acme), id, user)
		return err
	}
	limit := func(user app.UserID, id app.CertificateID, life time.Duration) error {
		_, err := s.Limit(w.ctx, visit(acme), user, id, admin.Limits{Until: w.now.Add(life)})
		return err
	}
	shared := w.certificate(acme, "Company")
	if err := s.Seen(w.ctx, app.Visit{Portal: acme, User: "12", Admin: true}); err != nil { // another administrator
		t.Fatal(err)
	}
	for _, act := range []struct {
		name string
		do   func() error
		want string // "" for nobody
	}{
		{"code off", func() error { return off(mary, "mary") }, "aaaa 7: Anna Admin has switched off the one-time code"},
		{"block", func() error { return block(paul, "paul", true) }, "aaaa 8: Anna Admin has blocked your account"},
		{"block again", func() error { return block(paul, "paul", true) }, ""},
		{"unblock", func() error { return block(paul, "paul", false) }, ""},
		{"a first link", func() error { return third(s.CreateLink(w.ctx, visit(acme), paul)) }, ""},
		{"a link for another phone", func() error {
			w.phone(acme, paul)
			return third(s.CreateLink(w.ctx, visit(acme), paul))
		}, "aaaa 8: Anna Admin has made a setup link for another phone"},
		{"let links suffice", func() error { return s.SetLinkAlone(w.ctx, visit(acme), true) }, "aaaa 12: Anna Admin now lets a setup link suffice"},
		{"let them suffice again", func() error { return s.SetLinkAlone(w.ctx, visit(acme), true) }, ""},
		{"require the sign-in", func() error { return s.SetLinkAlone(w.ctx, visit(acme), false) }, ""},
		{"nobody's certificate", func() error { return s.Assign(w.ctx, visit(acme), mary, shared.ID) }, ""},
		{"nobody's certificate to one more", func() error { return s.Assign(w.ctx, visit(acme), paul, shared.ID) }, "aaaa 7: Anna Admin has given Paul Example the right to sign with the certificate “Company”"},
		{"claim it", func() error { return owner(shared.ID, paul) }, "aaaa 7: Anna Admin has changed who the owner"},
		{"claim it again", func() error { return owner(shared.ID, paul) }, ""},
		{"take it", func() error { return owner(shared.ID, mary) }, "aaaa 8: Anna Admin no longer lists you as the owner of the certificate “Company”"},
		{"code off again", func() error { return off(mary, "mary") }, ""},
		{"one's own code off", func() error { return off(anna, "anna") }, ""},
		{"another's certificate", func() error { return s.Assign(w.ctx, visit(acme), mary, c.ID) }, "aaaa 8: Anna Admin has given Mary Example the right"},
		{"for longer", func() error { return limit(mary, c.ID, 48*time.Hour) }, ""},
		{"for longer still", func() error { return limit(mary, c.ID, 96*time.Hour) }, "aaaa 8: Anna Admin has changed how long Mary Example may sign with your certificate"},
		{"for less long", func() error { return limit(mary, c.ID, 24*time.Hour) }, ""},
		{"one's own certificate", func() error { return s.Assign(w.ctx, visit(acme), paul, c.ID) }, ""},
		{"remove a certificate", func() error { return s.RemoveCertificate(w.ctx, visit(acme), unused.ID) }, "aaaa 7: Anna Admin has taken your certificate “Old Person”"},
		{"delete an account", func() error { return s.DeleteAccount(w.ctx, visit(acme), mary) }, "aaaa 7: Anna Admin has removed your account"},
	} {
		b.shown = nil
		if err := act.do(); err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
		if got := strings.Join(b.shown, "\n"); !strings.HasPrefix(got, act.want) || act.want == "" && got != "" {
			t.Errorf("%s: told %q, want %q", act.name, got, act.want)
		}
	}
	b.refuse = func(_, _ app.UserID) error { return errors.New("down") }
	if err := s.DeleteAccount(w.ctx, visit(acme), paul); err != nil {
		t.Errorf("without notices: %v", err)
	}
}

// TestPhoneBoundTold: the person and every administrator are told of a phone, and
// of the rest nobody. A portal that shows no notice keeps no phone from being
// bound, and the log has it.
func TestPhoneBoundTold(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	b := &board{}
	var log bytes.Buffer
	s := w.anew(b, func(c *admin.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, v := range []app.Visit{{User: paul, Admin: true}, {User: "12"}, {User: mary, Language: "de"}} {
		v.Portal = acme
		if err := s.Seen(w.ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	s.PhoneBound(w.ctx, app.Enrolment{Portal: acme, User: mary})
	slices.Sort(b.shown)
	want := []string{
		"aaaa 1: A phone was set up for the signatures of Mary Example.",
		"aaaa 7: Für Ihre Signaturen wurde ein Telefon eingerichtet.", // in her language
		"aaaa 8: A phone was set up for the signatures of Mary Example.",
	}
	if len(b.shown) != len(want) {
		t.Fatalf("told %q", b.shown)
	}
	for i := range want {
		if !strings.HasPrefix(b.shown[i], want[i]) {
			t.Errorf("told %q, want %q", b.shown[i], want[i])
		}
	}
	b.refuse = func(_, _ app.UserID) error { return errors.New("down") }
	s.PhoneBound(w.ctx, app.Enrolment{Portal: acme, User: mary})
	if got := strings.Count(log.String(), "person was not told"); got != 3 {
		t.Errorf("the log has %d of three: %s", got, log.String())
	}
}

// TestAdministrators is who is told as an administrator: those who were seen as
// such and are so still, and at least who installed the app.
func TestAdministrators(t *testing.T) {
	const second, third, fourth = app.UserID("21"), app.UserID("22"), app.UserID("23")
	gone := app.Fail(app.Forbidden, "check user", "visit.inactive")
	silent := app.Fail(app.Unauthenticated, "check user", "portal.session")
	for name, p := range map[string]struct {
		seen   []app.UserID
		is     map[app.UserID]any // true, false or why the portal does not say
		want   string
		forgot app.UserID
	}{
		"nobody was seen":           {want: "1"},
		"another one":               {seen: []app.UserID{second}, is: map[app.UserID]any{anna: true, second: true}, want: "1 21"},
		"the installer has left":    {seen: []app.UserID{second}, is: map[app.UserID]any{anna: gone, second: true}, want: "21"},
		"one is none any more":      {seen: []app.UserID{second, third}, is: map[app.UserID]any{anna: true, second: false, third: true}, want: "1 22", forgot: second},
		"one's grant has run out":   {seen: []app.UserID{fourth}, is: map[app.UserID]any{anna: true, fourth: silent}, want: "1 23"},
		"nobody is left":            {seen: []app.UserID{second}, is: map[app.UserID]any{anna: gone, second: false}, want: "1", forgot: second},
		"the permission is missing": {is: map[app.UserID]any{anna: app.Fail(app.Forbidden, "check user", "portal.scope")}, want: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := &board{}
			s := w.anew(b, func(c *admin.Config) {
				if p.is == nil {
					return
				}
				c.Recheck = func(_ context.Context, portal app.PortalID, user app.UserID) (app.Visit, error) {
					if err, ok := p.is[user].(error); ok {
						return app.Visit{}, err
					}
					return app.Visit{Portal: portal, User: user, Admin: p.is[user].(bool)}, nil
				}
			})
			for _, user := range p.seen {
				if err := s.Seen(w.ctx, app.Visit{Portal: acme, User: user, Admin: true}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Ask(w.ctx, app.Visit{Portal: acme, User: "99", Name: "Nora New"}, admin.WishAccount); err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, line := range b.shown {
				var portal, to string
				if _, err := fmt.Sscanf(line, "%s %s", &portal, &to); err != nil || !strings.Contains(line, "Nora New wants to sign") {
					t.Errorf("told %q", line)
				}
				told = append(told, strings.TrimSuffix(to, ":"))
			}
			slices.Sort(told)
			if got := strings.Join(told, " "); got != p.want {
				t.Errorf("told %s, want %s", got, p.want)
			}
			for _, user := range p.seen {
				if v, err := w.store.Visitor(w.ctx, acme, user); err != nil || v.Admin == (user == p.forgot) {
					t.Errorf("remembered is %+v, %v", v, err)
				}
			}
		})
	}
}

// TestSeen remembers the last visit, and writes only what is new.
func TestSeen(t *testing.T) {
	w := newWorld(t)
	see := func(v app.Visit) app.Visitor {
		t.Helper()
		v.Portal, v.User = acme, mary
		w.now = w.now.Add(time.Hour)
		if err := w.Seen(w.ctx, v); err != nil {
			t.Fatal(err)
		}
		seen, err := w.store.Visitor(w.ctx, acme, mary)
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	first := see(app.Visit{Admin: true, Language: "ru"})
	if !first.Admin || first.Language != "ru" || !first.SeenAt.Equal(w.now) {
		t.Errorf("first: %+v", first)
	}
	if again := see(app.Visit{Admin: true}); again != first {
		t.Errorf("nothing new: %+v", again)
	}
	if last := see(app.Visit{Language: "de"}); last.Admin || last.Language != "de" || !last.SeenAt.Equal(w.now) {
		t.Errorf("no administrator any more: %+v", last)
	}
}
