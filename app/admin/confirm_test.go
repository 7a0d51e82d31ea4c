package admin_test

import (
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/otp"
)

// phone binds a code generator to a user with an account, and gives what it
// shows now.
func (w *world) phone(portal app.PortalID, user app.UserID) func() app.Secret {
	w.t.Helper()
	links := &otp.Enrolments{Store: w.store, Now: func() time.Time { return w.now }}
	account, err := w.store.Account(w.ctx, portal, user)
	if err != nil {
		w.t.Fatal(err)
	}
	own := app.Visit{Portal: portal, User: user}
	token, _, err := links.Create(w.ctx, visit(portal), account)
	if err != nil {
		w.t.Fatal(err)
	}
	shown, err := links.Show(w.ctx, token.Reveal(), own)
	if err != nil {
		w.t.Fatal(err)
	}
	code := func() app.Secret {
		w.t.Helper()
		c, err := otp.Code(shown.Secret, otp.Step(w.now))
		if err != nil {
			w.t.Fatal(err)
		}
		return app.Secret(c)
	}
	if err := links.Confirm(w.ctx, token.Reveal(), own, code().Reveal()); err != nil {
		w.t.Fatal(err)
	}
	w.now = w.now.Add(otp.Period) // that code is used up
	return code
}

// dangerous are the acts that want the administrator's own code, each on
// something of its own.
func dangerous(w *world) map[string]func(app.Visit) error {
	return map[string]func(app.Visit) error{
		"code off": func(v app.Visit) error {
			_, err := w.SaveAccount(w.ctx, v, admin.AccountInput{User: mary, Login: "mary", CodeOff: true, CodeOffReason: "no phone"})
			return err
		},
		"another person's certificate": func(v app.Visit) error {
			c := w.certificate(acme, "Paul Person")
			if _, err := w.SetOwner(w.ctx, v, c.ID, paul); err != nil {
				return err
			}
			return w.Assign(w.ctx, v, mary, c.ID)
		},
		"take a certificate from its owner": func(v app.Visit) error {
			c := w.certificate(acme, "Paul Person")
			if _, err := w.SetOwner(w.ctx, v, c.ID, paul); err != nil {
				return err
			}
			_, err := w.SetOwner(w.ctx, v, c.ID, mary)
			return err
		},
		"remove a certificate": func(v app.Visit) error {
			return w.RemoveCertificate(w.ctx, v, w.certificate(acme, "Nobody").ID)
		},
		"decide for everybody": func(v app.Visit) error {
			_, err := w.SaveSettings(w.ctx, v, decided())
			return err
		},
		"another signet for all": func(v app.Visit) error {
			_, err := w.SaveSignet(w.ctx, v, admin.SignetInput{Placement: app.Settings{}.DefaultPlacement()})
			return err
		},
		"delete an account": func(v app.Visit) error {
			return w.DeleteAccount(w.ctx, v, paul)
		},
	}
}

// TestDangerousActs want the administrator's own code, once for five minutes.
func TestDangerousActs(t *testing.T) {
	for name := range dangerous(nil) {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account(acme, mary, "mary")
			w.account(acme, paul, "paul")
			w.account(acme, anna, "anna")
			act := dangerous(w)[name]
			code := w.phone(acme, anna)
			v := visit(acme)
			refused(t, act(v), app.Forbidden, "confirm.needed")
			v.Code = "000000"
			refused(t, act(v), app.Unauthenticated, "code.wrong")
			v.Code = code()
			if err := act(v); err != nil {
				t.Fatal(err)
			}
			if lines := strings.Join(w.journal(acme), "\n"); !strings.Contains(lines, "confirm.wrong") || !strings.Contains(lines, "confirm.right") {
				t.Errorf("the journal says\n%s", lines)
			}
		})
	}
}

// TestConfirmation holds how long a code counts, and for whom.
func TestConfirmation(t *testing.T) {
	w := newWorld(t)
	w.account(acme, anna, "anna")
	code := w.phone(acme, anna)
	act := func(v app.Visit) error { return w.RemoveCertificate(w.ctx, v, w.certificate(acme, "Nobody").ID) }
	v := visit(acme)
	typed := code()
	v.Code = typed
	if err := act(v); err != nil {
		t.Fatal(err)
	}
	v.Code = ""
	w.now = w.now.Add(5*time.Minute - time.Second)
	if err := act(v); err != nil {
		t.Errorf("within five minutes: %v", err)
	}
	w.now = w.now.Add(2 * time.Second)
	refused(t, act(v), app.Forbidden, "confirm.needed")
	v.Code = typed
	if err := act(v); err == nil {
		t.Error("a code counts twice")
	}
	// Another administrator's confirmation does not count, nor another portal's.
	v.Code = code()
	if err := act(v); err != nil {
		t.Fatal(err)
	}
	refused(t, act(app.Visit{Portal: acme, User: "2", Admin: true}), app.Forbidden, "confirm.phone")
	refused(t, w.RemoveCertificate(w.ctx, app.Visit{Portal: other, User: "2", Admin: true}, w.certificate(other, "Nobody").ID), app.Forbidden, "confirm.phone")
	// The administrator who installed the app may begin without a phone.
	if err := w.RemoveCertificate(w.ctx, visit(other), w.certificate(other, "Nobody").ID); err != nil {
		t.Error(err)
	}
}

// TestHarmlessActs ask for no code.
func TestHarmlessActs(t *testing.T) {
	w := newWorld(t)
	w.account(acme, anna, "anna")
	w.account(acme, mary, "mary")
	w.phone(acme, anna)
	c := w.certificate(acme, "Mary Person")
	if _, err := w.SetOwner(w.ctx, visit(acme), c.ID, mary); err != nil {
		t.Fatal(err)
	}
	if err := w.Assign(w.ctx, visit(acme), mary, c.ID); err != nil {
		t.Errorf("assign one's own certificate: %v", err)
	}
	if err := w.Unassign(w.ctx, visit(acme), mary, c.ID); err != nil {
		t.Errorf("take a certificate away: %v", err)
	}
	if _, _, err := w.CreateLink(w.ctx, visit(acme), mary); err != nil {
		t.Errorf("make a link: %v", err)
	}
}
