package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"signservice/app"
)

// testRoundTrip fills every field, also those that are yet to come.
func testRoundTrip(t *testing.T, w *world) {
	ctx := t.Context()
	p := filled[app.Portal]()
	must(t, w.SavePortal(ctx, p))
	gotPortal, err := w.Portal(ctx, p.ID)
	must(t, err)
	same(t, p, gotPortal)
	portals, err := w.Portals(ctx)
	if err != nil || len(portals) != 3 || !slices.Contains(portals, p) {
		t.Errorf("%d portals, %v", len(portals), err)
	}

	g := filled[app.Grant]()
	must(t, w.SaveGrant(ctx, g))
	gotGrant, err := w.Grant(ctx, g.Portal, g.User)
	must(t, err)
	same(t, g, gotGrant)

	a := filled[app.Account]()
	must(t, w.SaveAccount(ctx, a))
	gotAccount, err := w.Account(ctx, a.Portal, a.User)
	must(t, err)
	same(t, a, gotAccount)

	none, err := w.Settings(ctx, p.ID)
	must(t, err)
	same(t, app.Settings{Portal: p.ID}, none)
	settings := filled[app.Settings]()
	settings.Portal = p.ID
	must(t, w.SaveSettings(ctx, settings))
	gotSettings, err := w.Settings(ctx, p.ID)
	must(t, err)
	same(t, settings, gotSettings)

	e := filled[app.Enrolment]()
	e.Portal, e.User = a.Portal, a.User
	must(t, w.SaveEnrolment(ctx, e))
	gotEnrolment, err := w.Enrolment(ctx, e.ID)
	must(t, err)
	same(t, e, gotEnrolment)

	phone := filled[app.Authenticator]()
	phone.Portal, phone.User = a.Portal, a.User
	must(t, w.UpdateEnrolment(ctx, e.ID, func(_ *app.Enrolment, to *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
		*to = phone
		return nil, nil
	}))
	gotPhone, err := w.Authenticator(ctx, a.Portal, a.User)
	must(t, err)
	same(t, phone, gotPhone)

	c := filled[app.Certificate]()
	c.Source = app.KeySoftware
	must(t, w.SaveCertificate(ctx, c, []byte("key")))
	gotCertificate, err := w.Certificate(ctx, c.Portal, c.ID)
	must(t, err)
	same(t, c, gotCertificate)
	key, err := w.SoftwareKey(ctx, c.Portal, c.ID)
	must(t, err)
	same(t, "key", string(key))

	r := filled[app.Request]()
	r.State = app.Frozen
	must(t, w.SaveRequest(ctx, r))
	gotRequest, err := w.Request(ctx, r.Portal, r.ID)
	must(t, err)
	same(t, r, gotRequest)

	choices := filled[app.Remembered]()
	must(t, w.SaveRemembered(ctx, acme, mary, choices))
	gotChoices, err := w.Remembered(ctx, acme, mary)
	must(t, err)
	same(t, choices, gotChoices)

	visitor := filled[app.Visitor]()
	must(t, w.SaveVisitor(ctx, visitor))
	must(t, w.SaveVisitor(ctx, app.Visitor{Portal: globex, User: visitor.User}))
	gotVisitor, err := w.Visitor(ctx, visitor.Portal, visitor.User)
	must(t, err)
	same(t, visitor, gotVisitor)
	visitors, err := w.Visitors(ctx, visitor.Portal)
	must(t, err)
	same(t, []app.Visitor{visitor}, visitors)
}

func testNotFound(t *testing.T, w *world) {
	ctx := t.Context()
	unknown := app.PortalID("nobody")
	for name, do := range map[string]func() error{
		"portal":        func() error { _, err := w.Portal(ctx, unknown); return err },
		"grant":         func() error { _, err := w.Grant(ctx, acme, mary); return err },
		"account":       func() error { _, err := w.Account(ctx, acme, "8"); return err },
		"authenticator": func() error { _, err := w.Authenticator(ctx, acme, "8"); return err },
		"certificate":   func() error { _, err := w.Certificate(ctx, acme, "c2"); return err },
		"software key":  func() error { _, err := w.SoftwareKey(ctx, acme, "c2"); return err },
		"enrolment":     func() error { _, err := w.Enrolment(ctx, "x"); return err },
		"request":       func() error { _, err := w.Request(ctx, acme, "x"); return err },
		"order":         func() error { _, err := w.Order(ctx, acme, "x"); return err },
		"choices":       func() error { _, err := w.Remembered(ctx, acme, mary); return err },
		"visitor":       func() error { _, err := w.Visitor(ctx, acme, mary); return err },
		"empty ids":     func() error { _, err := w.Account(ctx, "", ""); return err },
		"a long id":     func() error { _, err := w.Request(ctx, acme, app.RequestID(strings.Repeat("x", 1<<20))); return err },
		"to update":     func() error { return w.UpdateAuthenticator(ctx, acme, "8", nil) },
		"to bind":       func() error { return w.UpdateEnrolment(ctx, "x", nil) },
		"to authorize":  func() error { return w.authorize(t, acme, "x", 101) },
		"to clear":      func() error { return w.Cleared(ctx, acme, "x") },
		"to change":     func() error { _, err := w.UpdateRequest(ctx, acme, "x", nil); return err },
		"to delete":     func() error { return w.DeleteAccount(ctx, acme, "8") },
		"to own":        func() error { _, err := w.UpdateCertificate(ctx, acme, "c2", nil); return err },
		"to remove":     func() error { return w.DeleteCertificate(ctx, acme, "c2") },
	} {
		if err := do(); !errors.Is(err, app.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, n := range map[string]func() (int, error){
		"accounts":     func() (int, error) { l, err := w.Accounts(ctx, unknown); return len(l), err },
		"certificates": func() (int, error) { l, err := w.Certificates(ctx, unknown); return len(l), err },
		"enrolments":   func() (int, error) { l, err := w.Enrolments(ctx, unknown); return len(l), err },
		"assignments":  func() (int, error) { l, err := w.Assignments(ctx, unknown); return len(l), err },
		"requests":     func() (int, error) { l, err := w.Requests(ctx, unknown, app.RequestQuery{}); return len(l), err },
		"entries":      func() (int, error) { l, err := w.AuditEntries(ctx, unknown, app.AuditQuery{}); return len(l), err },
	} {
		if n, err := n(); n != 0 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

// testPortals has both portals use the same ids, and a portal whose id tries to
// reach into another's.
func testPortals(t *testing.T, w *world) {
	ctx := t.Context()
	w.frozen(t, acme, "r1")
	w.frozen(t, globex, "r1")
	w.order(t, acme, "o1", "r1")
	must(t, w.SaveGrant(ctx, app.Grant{Portal: acme, User: mary, Access: "a"}))
	must(t, w.SaveGrant(ctx, app.Grant{Portal: globex, User: mary, Access: "b"}))
	must(t, w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c1"}))
	must(t, w.Audit(ctx, app.AuditEntry{Action: app.ActInstalled, Portal: acme}))

	wantKind(t, w.authorize(t, globex, "o1", 101), app.NotFound, "")
	must(t, w.authorize(t, acme, "o1", 101))
	r, err := w.Request(ctx, globex, "r1")
	if err != nil || r.State != app.Frozen || r.Order != "" {
		t.Errorf("the other portal's request: %+v, %v", r, err)
	}
	if a, err := w.Authenticator(ctx, globex, mary); err != nil || a.LastStep != 100 {
		t.Errorf("the other portal's phone: %d, %v", a.LastStep, err)
	}
	if l, err := w.Assignments(ctx, globex); err != nil || len(l) != 0 {
		t.Errorf("the other portal's assignments: %v, %v", l, err)
	}
	if l, err := w.AuditEntries(ctx, globex, app.AuditQuery{}); err != nil || len(l) != 0 {
		t.Errorf("the other portal's entries: %v, %v", l, err)
	}
	for _, id := range []app.PortalID{acme + "/", acme + "/7", acme[:31], "_system", "_system/", "../" + acme, acme + "\x00", ""} {
		if l, err := w.Accounts(ctx, id); err != nil || len(l) != 0 {
			t.Errorf("portal %q sees accounts %v, %v", id, l, err)
		}
		if l, err := w.Requests(ctx, id, app.RequestQuery{}); err != nil || len(l) != 0 {
			t.Errorf("portal %q sees requests %v, %v", id, l, err)
		}
		if l, err := w.AuditEntries(ctx, id, app.AuditQuery{}); err != nil || len(l) != 0 {
			t.Errorf("portal %q sees entries %v, %v", id, l, err)
		}
		must(t, w.DeleteGrants(ctx, id))
	}
	for portal, token := range map[app.PortalID]app.Secret{acme: "a", globex: "b"} {
		if g, err := w.Grant(ctx, portal, mary); err != nil || g.Access != token {
			t.Errorf("the grant of %s is gone: %v", portal, err)
		}
	}
	must(t, w.DeleteGrants(ctx, acme))
	if _, err := w.Grant(ctx, globex, mary); err != nil {
		t.Errorf("the other portal's grant went too: %v", err)
	}
}

// testSealed looks for every secret in the raw rows.
func testSealed(t *testing.T, w *world) {
	must(t, w.SaveGrant(t.Context(), app.Grant{Portal: acme, User: mary, Access: "canary access", Refresh: "canary refresh"}))
	must(t, w.SaveEnrolment(t.Context(), w.link(acme, "next")))
	asked := invitation("i", acme, 1, w.now)
	asked.Robot.EventToken = "canary event token"
	must(t, w.SaveInvitation(t.Context(), asked))
	for name, value := range w.rows(t) {
		if strings.Contains(value, "canary") || strings.Contains(value, "Y2FuYXJ5") { // and its base64
			t.Errorf("%s shows a secret: %s", name, value)
		}
	}
	g, err := w.Grant(t.Context(), acme, mary)
	if err != nil || g.Access != "canary access" || g.Refresh != "canary refresh" {
		t.Errorf("grant: %v", err)
	}
	links, err := w.Enrolments(t.Context(), acme)
	must(t, err)
	for _, e := range links {
		if e.Pending != "" {
			t.Error("a list of links gives a pending secret")
		}
	}
}

// testMovedRecords writes past the store: each record in another's place, and
// each with one byte changed.
func testMovedRecords(t *testing.T, w *world) {
	const one, two = "accounts/0123456789abcdef0123456789abcdef/7", "accounts/ffff456789abcdef0123456789abcdef/7"
	rows := w.rows(t)
	w.setRow(t, one, rows[two])
	_, err := w.Account(t.Context(), acme, mary)
	wantKind(t, err, app.Internal, "store.record")
	_, err = w.Accounts(t.Context(), acme)
	wantKind(t, err, app.Internal, "store.record")
	for i := range rows[one] {
		changed := []byte(rows[one])
		changed[i] ^= 0x20 // turns capitals into small letters, and more
		w.setRow(t, one, string(changed))
		if _, err := w.Account(t.Context(), acme, mary); !errors.Is(err, app.Internal) {
			t.Fatalf("byte %d changed to %s, and it is believed: %v", i, changed, err)
		}
	}
	w.setRow(t, one, rows[one])
	if _, err := w.Account(t.Context(), acme, mary); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

func testDeleteAccount(t *testing.T, w *world) {
	ctx := t.Context()
	must(t, w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c1"}))
	must(t, w.SaveEnrolment(ctx, w.link(acme, "open")))
	must(t, w.SaveRemembered(ctx, acme, mary, app.Remembered{Certificate: "c1"}))
	w.frozen(t, acme, "r1")
	must(t, w.DeleteAccount(ctx, acme, mary, app.AuditEntry{Action: app.ActAccountDeleted, Portal: acme, Subject: string(mary)}))

	_, err := w.Account(ctx, acme, mary)
	wantKind(t, err, app.NotFound, "")
	_, err = w.Authenticator(ctx, acme, mary)
	wantKind(t, err, app.NotFound, "")
	_, err = w.Remembered(ctx, acme, mary)
	wantKind(t, err, app.NotFound, "")
	if l, err := w.AssignedTo(ctx, acme, mary); err != nil || len(l) != 0 {
		t.Errorf("assignments stay: %v, %v", l, err)
	}
	if e, err := w.Enrolment(ctx, "open"); err != nil || e.State != app.EnrolmentWithdrawn || e.Pending != "" {
		t.Errorf("the link still works: %+v, %v", e, err)
	}
	if _, err := w.Request(ctx, acme, "r1"); err != nil {
		t.Errorf("the request went: %v", err)
	}
	if _, err := w.Account(ctx, globex, mary); err != nil {
		t.Errorf("the other portal's account went: %v", err)
	}
	if got := w.actions(t, acme); got != "account.deleted" {
		t.Errorf("audit: %s", got)
	}
}

func testDeleteCertificate(t *testing.T, w *world) {
	ctx := t.Context()
	must(t, w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c1"}))
	wantKind(t, w.DeleteCertificate(ctx, acme, "c1"), app.Conflict, "certificate.assigned")
	must(t, w.Unassign(ctx, acme, mary, "c1"))
	w.frozen(t, acme, "r1")
	w.order(t, acme, "o1", "r1")
	must(t, w.authorize(t, acme, "o1", 101))
	wantKind(t, w.DeleteCertificate(ctx, acme, "c1"), app.Conflict, "certificate.busy")
	if _, err := w.SoftwareKey(ctx, acme, "c1"); err != nil {
		t.Errorf("the key of a certificate in use: %v", err)
	}
	_, err := w.UpdateRequest(ctx, acme, "r1", to(app.Done))
	must(t, err)
	must(t, w.DeleteCertificate(ctx, acme, "c1"))
	_, err = w.SoftwareKey(ctx, acme, "c1")
	wantKind(t, err, app.NotFound, "")
	if _, err := w.SoftwareKey(ctx, globex, "c1"); err != nil {
		t.Errorf("the other portal's key went: %v", err)
	}
}

func testClaim(t *testing.T, w *world) {
	ctx := t.Context()
	c := app.Certificate{ID: "t1", Portal: acme, Source: app.KeyToken, TokenSerial: "1", KeyID: "01"}
	must(t, w.SaveCertificate(ctx, c, nil))
	must(t, w.SaveCertificate(ctx, c, nil)) // again is no change
	other := c
	other.Portal = globex
	wantKind(t, w.SaveCertificate(ctx, other, nil), app.Conflict, "certificate.claimed")
	must(t, w.DeleteCertificate(ctx, acme, "t1"))
	must(t, w.SaveCertificate(ctx, other, nil))
	if err := w.SaveCertificate(ctx, c, []byte("key")); !errors.Is(err, app.Internal) {
		t.Errorf("a token's certificate with a private key: %v", err)
	}
	soft := w.certificate(acme)
	soft.ID = "c9"
	wantKind(t, w.SaveCertificate(ctx, soft, nil), app.NotFound, "")
	soft.ID, soft.Name = "c1", "Mary Major"
	must(t, w.SaveCertificate(ctx, soft, nil)) // its key is kept
	if key, err := w.SoftwareKey(ctx, acme, "c1"); err != nil || string(key) != "canary private key" {
		t.Errorf("the key was lost: %v", err)
	}
}

func testAssign(t *testing.T, w *world) {
	ctx := t.Context()
	wantKind(t, w.Assign(ctx, app.Assignment{Portal: acme, User: "8", Certificate: "c1"}), app.NotFound, "account.unknown")
	wantKind(t, w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c2"}), app.NotFound, "certificate.unknown")
	must(t, w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c1"}))
	if yes, err := w.Assigned(ctx, acme, mary, "c1"); err != nil || !yes {
		t.Errorf("assigned: %v, %v", yes, err)
	}
	if yes, err := w.Assigned(ctx, globex, mary, "c1"); err != nil || yes {
		t.Errorf("assigned in the other portal: %v, %v", yes, err)
	}
	must(t, w.Unassign(ctx, acme, mary, "c1"))
	if yes, err := w.Assigned(ctx, acme, mary, "c1"); err != nil || yes {
		t.Errorf("still assigned: %v, %v", yes, err)
	}
}

func testOneLink(t *testing.T, w *world) {
	ctx := t.Context()
	must(t, w.SaveEnrolment(ctx, w.link(acme, "first")))
	must(t, w.SaveEnrolment(ctx, w.link(globex, "elsewhere")))
	must(t, w.SaveEnrolment(ctx, w.link(acme, "second"), app.AuditEntry{Action: app.ActEnrolmentCreated, Portal: acme}))
	for id, state := range map[string]app.EnrolmentState{
		"first": app.EnrolmentWithdrawn, "second": app.EnrolmentOpen, "elsewhere": app.EnrolmentOpen,
	} {
		if e, err := w.Enrolment(ctx, id); err != nil || e.State != state || state == app.EnrolmentWithdrawn && e.Pending != "" {
			t.Errorf("%s: %s, %v", id, e.State, err)
		}
	}
	if got := w.actions(t, acme); got != "enrolment.withdrawn enrolment.created" {
		t.Errorf("audit: %s", got)
	}
	wantKind(t, w.SaveEnrolment(ctx, w.link(acme, "first")), app.Internal, "")
	wantKind(t, w.SaveEnrolment(ctx, w.link(globex, "first")), app.Internal, "")
	stranger := w.link(acme, "third")
	stranger.User = "8"
	wantKind(t, w.SaveEnrolment(ctx, stranger), app.NotFound, "account.unknown")

	old := w.link(globex, "old")
	old.ExpiresAt = w.now.Add(-31 * 24 * time.Hour)
	must(t, w.SaveEnrolment(ctx, old))
	must(t, w.SaveEnrolment(ctx, w.link(globex, "newest")))
	_, err := w.Enrolment(ctx, "old")
	wantKind(t, err, app.NotFound, "")
}

func testRefusals(t *testing.T, w *world) {
	ctx := t.Context()
	entry := []app.AuditEntry{{Action: app.ActEnrolmentFailed, Portal: acme}}
	must(t, w.SaveEnrolment(ctx, w.link(acme, "x")))
	for _, test := range []struct {
		err    error
		stored bool
	}{
		{errWrong(), true},
		{errors.New("of ours"), false},
		{app.Fail(app.Internal, "x", ""), false},
		{app.Fail(app.Unavailable, "x", ""), false},
		{nil, true},
	} {
		before := w.rows(t)
		err := w.UpdateEnrolment(ctx, "x", func(e *app.Enrolment, _ *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
			e.Failures++
			return entry, test.err
		})
		if !errors.Is(err, test.err) {
			t.Errorf("%v came back as %v", test.err, err)
		}
		if stored := len(w.rows(t)) > len(before); stored != test.stored {
			t.Errorf("%v: stored is %v", test.err, stored)
		}
		before = w.rows(t)
		err = w.UpdateAuthenticator(ctx, acme, mary, func(a *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
			a.Failures++
			return entry, test.err
		})
		if !errors.Is(err, test.err) {
			t.Errorf("%v came back as %v", test.err, err)
		}
		if stored := len(w.rows(t)) > len(before); stored != test.stored {
			t.Errorf("phone, %v: stored is %v", test.err, stored)
		}
	}
	if a, err := w.Authenticator(ctx, acme, mary); err != nil || a.Failures != 2 {
		t.Errorf("%d failures counted, %v", a.Failures, err)
	}
	if e, err := w.Enrolment(ctx, "x"); err != nil || e.Failures != 2 {
		t.Errorf("%d failures counted, %v", e.Failures, err)
	}
	err := w.UpdateEnrolment(ctx, "x", func(e *app.Enrolment, _ *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
		e.User = "8"
		return nil, nil
	})
	wantKind(t, err, app.Internal, "")
}

func testStepsOnlyGrow(t *testing.T, w *world) {
	back := func(a *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
		a.LastStep = 99
		return nil, nil
	}
	wantKind(t, w.UpdateAuthenticator(t.Context(), acme, mary, back), app.Internal, "")
	must(t, w.SaveEnrolment(t.Context(), w.link(acme, "x")))
	err := w.UpdateEnrolment(t.Context(), "x", func(_ *app.Enrolment, a *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
		a.LastStep = 99
		return nil, nil
	})
	wantKind(t, err, app.Internal, "")
	if a, err := w.Authenticator(t.Context(), acme, mary); err != nil || a.LastStep != 100 {
		t.Errorf("last step %d, %v", a.LastStep, err)
	}
	err = w.UpdateEnrolment(t.Context(), "x", func(_ *app.Enrolment, a *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
		a.Secret, a.LastStep = "another", 99 // a new secret has its own steps
		return nil, nil
	})
	must(t, err)
}
