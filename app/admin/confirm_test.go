package admin_test

import (
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
		"nobody's certificate": func(v app.Visit) error {
			return w.Assign(w.ctx, v, mary, w.certificate(acme, "Somebody").ID)
		},
		"claim a certificate": func(v app.Visit) error {
			_, err := w.SetOwner(w.ctx, v, w.certificate(acme, "Somebody").ID, mary)
			return err
		},
		"make a certificate nobody's": func(v app.Visit) error {
			_, err := w.SetOwner(w.ctx, v, w.owned(paul).ID, "")
			return err
		},
		"let a link suffice": func(v app.Visit) error { return w.SetLinkAlone(w.ctx, v, true) },
		"a link for one's own account": func(v app.Visit) error {
			_, _, err := w.CreateLink(w.ctx, v, anna)
			return err
		},
		"a link for a bound account": func(v app.Visit) error {
			if _, err := w.store.Authenticator(w.ctx, acme, mary); err != nil {
				w.phone(acme, mary)
			}
			_, _, err := w.CreateLink(w.ctx, v, mary)
			return err
		},
		"a link for another administrator": func(v app.Visit) error {
			if err := w.Seen(w.ctx, app.Visit{Portal: acme, User: paul, Admin: true}); err != nil {
				return err
			}
			_, _, err := w.CreateLink(w.ctx, v, paul)
			return err
		},
		"send a link that suffices": func(v app.Visit) error {
			p, err := w.store.Portal(w.ctx, acme)
			if err != nil {
				return err
			}
			p.LinkAlone = true
			if err := w.store.SavePortal(w.ctx, p); err != nil {
				return err
			}
			_, err = w.SendLink(w.ctx, v, mary, admin.ByMessenger, "https://sign.example/enrol/")
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
			for _, action := range []app.Action{app.ActConfirmWrong, app.ActConfirmed} {
				entries, err := w.store.AuditEntries(w.ctx, acme, app.AuditQuery{Action: action})
				if err != nil || len(entries) != 1 || entries[0].User != anna {
					t.Errorf("the journal has %s: %+v, %v", action, entries, err)
				}
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
	c := w.owned(mary)
	w.phone(acme, anna)
	same := func(_ app.Certificate, err error) error { return err }
	for _, act := range []struct {
		name string
		do   func() error
	}{
		{"assign one's own certificate", func() error { return w.Assign(w.ctx, visit(acme), mary, c.ID) }},
		{"leave the owner as it is", func() error { return same(w.SetOwner(w.ctx, visit(acme), c.ID, mary)) }},
		{"take a certificate away", func() error { return w.Unassign(w.ctx, visit(acme), mary, c.ID) }},
		{"a link for a first phone", func() error { return third(w.CreateLink(w.ctx, visit(acme), mary)) }},
		{"require the sign-in again", func() error { return w.SetLinkAlone(w.ctx, visit(acme), false) }},
	} {
		if err := act.do(); err != nil {
			t.Errorf("%s: %v", act.name, err)
		}
	}
}

// owned makes a certificate that is the user's.
func (w *world) owned(user app.UserID) app.Certificate {
	w.t.Helper()
	c, err := w.CreateSelfSigned(w.ctx, visit(acme), admin.SelfSigned{Name: "Person " + string(user), Years: 1, Owner: user})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// TestNoWayAroundTheCode goes the way of somebody who has a signed-in
// administrator's browser and no code: let links suffice, make a link for the
// administrator's own account, bind a phone to it, confirm with that.
func TestNoWayAroundTheCode(t *testing.T) {
	w := newWorld(t)
	w.account(acme, anna, "anna")
	w.phone(acme, anna)
	refused(t, w.SetLinkAlone(w.ctx, visit(acme), true), app.Forbidden, "confirm.needed")
	refused(t, third(w.CreateLink(w.ctx, visit(acme), anna)), app.Forbidden, "confirm.needed")
	_, err := w.SendLink(w.ctx, visit(acme), anna, admin.ByMessenger, "https://sign.example/enrol/")
	refused(t, err, app.Forbidden, "confirm.needed")
	// An administrator without a phone needs somebody who has one.
	second := app.Visit{Portal: acme, User: mary, Name: "Mary Example", Admin: true}
	w.account(acme, mary, "mary")
	refused(t, third(w.CreateLink(w.ctx, second, mary)), app.Forbidden, "confirm.phone")
	if links, err := w.store.Enrolments(w.ctx, acme); err != nil || len(links) != 1 { // that of the test's phone
		t.Errorf("%d links, %v", len(links), err)
	}
	// The administrator who installed the app begins without a phone.
	w.account(other, anna, "anna")
	if _, _, err := w.CreateLink(w.ctx, visit(other), anna); err != nil {
		t.Errorf("the first link: %v", err)
	}
}

// TestInstallingAnewIsNoWay: an administrator without a phone who installs the app
// anew needs a code as before, once another administrator has a phone.
func TestInstallingAnewIsNoWay(t *testing.T) {
	w := newWorld(t)
	w.account(acme, anna, "anna")
	if err := w.Seen(w.ctx, visit(acme)); err != nil {
		t.Fatal(err)
	}
	p, err := w.store.Portal(w.ctx, acme)
	if err != nil {
		t.Fatal(err)
	}
	p.InstalledBy = paul
	if err := w.store.SavePortal(w.ctx, p); err != nil {
		t.Fatal(err)
	}
	fresh := app.Visit{Portal: acme, User: paul, Admin: true}
	if err := w.SetLinkAlone(w.ctx, fresh, true); err != nil {
		t.Errorf("while nobody has a phone: %v", err)
	}
	if err := w.SetLinkAlone(w.ctx, fresh, false); err != nil {
		t.Fatal(err)
	}
	w.phone(acme, anna)
	refused(t, w.SetLinkAlone(w.ctx, fresh, true), app.Forbidden, "confirm.phone")
}

// TestOwnLinksOfAdministrators: where people may bind a first phone by themselves,
// administrators may not, or that phone would be a way around the code; but who
// installed the app may begin.
func TestOwnLinksOfAdministrators(t *testing.T) {
	w := newWorld(t)
	for user, login := range map[app.UserID]string{anna: "anna", mary: "mary", paul: "paul"} {
		w.account(acme, user, login)
	}
	if err := w.Seen(w.ctx, visit(acme)); err != nil {
		t.Fatal(err)
	}
	if err := w.store.SaveSettings(w.ctx, app.Settings{Portal: acme, SelfEnrolment: true}); err != nil {
		t.Fatal(err)
	}
	mine := func(v app.Visit, key string) {
		t.Helper()
		may, err := w.OwnLinks(w.ctx, v)
		if err != nil || may != (key == "") {
			t.Errorf("user %s is offered a link: %t, %v", v.User, may, err)
		}
		switch err := third(w.OwnLink(w.ctx, v)); {
		case key != "":
			refused(t, err, app.Forbidden, key)
		case err != nil:
			t.Errorf("user %s: %v", v.User, err)
		}
	}
	second := app.Visit{Portal: acme, User: mary, Admin: true}
	mine(second, "link.own-admin") // also before anybody has a phone
	mine(visit(acme), "")
	w.phone(acme, anna)
	mine(second, "link.own-admin")
	if err := w.Seen(w.ctx, second); err != nil {
		t.Fatal(err)
	}
	mine(app.Visit{Portal: acme, User: mary}, "link.own-admin") // known to be one
	mine(app.Visit{Portal: acme, User: paul}, "")
}

// TestLimitsConfirmed: to widen the time of an assignment wants a code, to narrow
// it none.
func TestLimitsConfirmed(t *testing.T) {
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		before, after admin.Limits
		dangerous     bool
	}{
		"an end is set":       {after: admin.Limits{Until: start.Add(day)}},
		"a begin is set":      {after: admin.Limits{From: start.Add(day)}},
		"an earlier end":      {before: admin.Limits{Until: start.Add(5 * day)}, after: admin.Limits{Until: start.Add(2 * day)}},
		"a later begin":       {before: admin.Limits{From: start.Add(day)}, after: admin.Limits{From: start.Add(2 * day)}},
		"a later end":         {before: admin.Limits{Until: start.Add(day)}, after: admin.Limits{Until: start.Add(2 * day)}, dangerous: true},
		"no end any more":     {before: admin.Limits{Until: start.Add(day)}, dangerous: true},
		"an earlier begin":    {before: admin.Limits{From: start.Add(2 * day)}, after: admin.Limits{From: start.Add(day)}, dangerous: true},
		"no begin any more":   {before: admin.Limits{From: start.Add(2 * day)}, dangerous: true},
		"shifted to later":    {before: admin.Limits{From: start, Until: start.Add(2 * day)}, after: admin.Limits{From: start.Add(day), Until: start.Add(3 * day)}, dangerous: true},
		"the same once more":  {before: admin.Limits{Until: start.Add(day)}, after: admin.Limits{Until: start.Add(day)}},
		"narrowed both sides": {before: admin.Limits{From: start, Until: start.Add(3 * day)}, after: admin.Limits{From: start.Add(day), Until: start.Add(2 * day)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account(acme, anna, "anna")
			w.account(acme, mary, "mary")
			id := w.certificate(acme, "Somebody").ID
			if err := w.Assign(w.ctx, visit(acme), mary, id); err != nil {
				t.Fatal(err)
			}
			limit := func(v app.Visit, l admin.Limits) error {
				_, err := w.Limit(w.ctx, v, mary, id, l)
				return err
			}
			if err := limit(visit(acme), c.before); err != nil {
				t.Fatal(err)
			}
			code := w.phone(acme, anna)
			if !c.dangerous {
				if err := limit(visit(acme), c.after); err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, limit(visit(acme), c.after), app.Forbidden, "confirm.needed")
			v := visit(acme)
			v.Code = code()
			if err := limit(v, c.after); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConfirmationWithoutAClock: while the clock is wrong no code is looked at,
// and none is used up.
func TestConfirmationWithoutAClock(t *testing.T) {
	w := newWorld(t)
	w.account(acme, anna, "anna")
	code := w.phone(acme, anna)
	wrong := app.Fail(app.Unavailable, "check clock", "clock.off", time.Minute)
	s := w.anew(&board{}, func(c *admin.Config) {
		c.Clock = func() error {
			if wrong == nil {
				return nil
			}
			return wrong
		}
	})
	v := visit(acme)
	v.Code = code()
	remove := func() error { return s.RemoveCertificate(w.ctx, v, w.certificate(acme, "Nobody").ID) }
	refused(t, remove(), app.Unavailable, "clock.off")
	wrong = nil
	if err := remove(); err != nil {
		t.Errorf("the same code when the clock is right: %v", err)
	}
}
