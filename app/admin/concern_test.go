package admin_test

import (
	"errors"
	"strings"
	"testing"

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
	for _, act := range []struct {
		name string
		do   func() error
		want string // "" for nobody
	}{
		{"code off", func() error { return off(mary, "mary") }, "aaaa 7: Anna Admin has switched off the one-time code"},
		{"code off again", func() error { return off(mary, "mary") }, ""},
		{"one's own code off", func() error { return off(anna, "anna") }, ""},
		{"another's certificate", func() error { return s.Assign(w.ctx, visit(acme), mary, c.ID) }, "aaaa 8: Anna Admin has given Mary Example the right"},
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
