package admin_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
)

// everything calls every method of the service.
func everything(w *world, v app.Visit) map[string]func() error {
	id := app.CertificateID(strings.Repeat("a", 64))
	return map[string]func() error{
		"Accounts": func() error { _, err := w.Accounts(w.ctx, v); return err },
		"Account":  func() error { _, err := w.Account(w.ctx, v, mary); return err },
		"SaveAccount": func() error {
			_, err := w.SaveAccount(w.ctx, v, admin.AccountInput{User: paul, Login: "paul", New: true})
			return err
		},
		"DeleteAccount": func() error { return w.DeleteAccount(w.ctx, v, mary) },
		"People":        func() error { _, err := w.People(w.ctx, v, "m"); return err },
		"CreateLink":    func() error { _, _, err := w.CreateLink(w.ctx, v, mary); return err },
		"WithdrawLink":  func() error { return w.WithdrawLink(w.ctx, v, string(id)) },
		"Certificates":  func() error { _, err := w.Certificates(w.ctx, v); return err },
		"CreateSelfSigned": func() error {
			_, err := w.CreateSelfSigned(w.ctx, v, admin.SelfSigned{Name: "Mary", Years: 1})
			return err
		},
		"ImportCertificate": func() error {
			_, err := w.ImportCertificate(w.ctx, v, admin.Import{File: []byte{1}})
			return err
		},
		"LinkAlone":    func() error { _, err := w.LinkAlone(w.ctx, v); return err },
		"SetLinkAlone": func() error { return w.SetLinkAlone(w.ctx, v, true) },
		"SetOwner":     func() error { _, err := w.SetOwner(w.ctx, v, id, mary); return err },
		"AddChain":     func() error { _, err := w.AddChain(w.ctx, v, id, []byte{1}); return err },
		"Limit": func() error {
			_, err := w.Limit(w.ctx, v, mary, id, admin.Limits{})
			return err
		},
		"RemoveCertificate": func() error { return w.RemoveCertificate(w.ctx, v, id) },
		"Tokens":            func() error { _, err := w.Tokens(w.ctx, v); return err },
		"AddFromToken":      func() error { _, err := w.AddFromToken(w.ctx, v, "1", "01", id); return err },
		"Assignments":       func() error { _, err := w.Assignments(w.ctx, v); return err },
		"Assign":            func() error { return w.Assign(w.ctx, v, mary, id) },
		"Unassign":          func() error { return w.Unassign(w.ctx, v, mary, id) },
		"Journal":           func() error { _, err := w.Journal(w.ctx, v, app.AuditQuery{}); return err },
	}
}

// TestOnlyAdministrators holds that nobody else gets or changes anything.
func TestOnlyAdministrators(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	before := w.journal(acme)
	w.directory.asked = nil
	for who, v := range map[string]app.Visit{
		"an employee":      {Portal: acme, User: mary, Name: "Mary"},
		"nobody":           {},
		"no user":          {Portal: acme, Admin: true},
		"nobody's portal":  {User: anna, Admin: true},
		"the deal's owner": {Portal: acme, User: mary, Slot: app.SlotDealTab, Entity: app.Entity{Type: app.EntityDeal, ID: 1}},
	} {
		for name, call := range everything(w, v) {
			t.Run(name+" by "+who, func(t *testing.T) {
				refused(t, call(), app.Forbidden, "settings.administrators-only")
			})
		}
	}
	if w.directory.asked != nil {
		t.Errorf("the portal was asked: %q", w.directory.asked)
	}
	if diff := cmp.Diff(before, w.journal(acme)); diff != "" {
		t.Errorf("something was done:\n%s", diff)
	}
}

// TestOtherPortal holds that an administrator of another portal finds nothing
// of this one.
func TestOtherPortal(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	c := w.certificate(acme, "Mary Example")
	if err := w.Assign(w.ctx, visit(acme), mary, c.ID); err != nil {
		t.Fatal(err)
	}
	_, link, err := w.CreateLink(w.ctx, visit(acme), mary)
	if err != nil {
		t.Fatal(err)
	}
	before := w.journal(acme)
	v := visit(other)
	for _, p := range []struct {
		name, key string
		err       error
	}{
		{"Account", "account.unknown", second(w.Account(w.ctx, v, mary))},
		{"SaveAccount", "account.unknown", second(w.SaveAccount(w.ctx, v, admin.AccountInput{User: mary, Login: "x"}))},
		{"DeleteAccount", "account.unknown", w.DeleteAccount(w.ctx, v, mary)},
		{"CreateLink", "account.unknown", third(w.CreateLink(w.ctx, v, mary))},
		{"WithdrawLink", "link.unknown", w.WithdrawLink(w.ctx, v, link.ID)},
		{"SetOwner", "certificate.unknown", second(w.SetOwner(w.ctx, v, c.ID, ""))},
		{"AddChain", "certificate.unknown", second(w.AddChain(w.ctx, v, c.ID, c.DER))},
		{"Limit", "assignment.unknown", second(w.Limit(w.ctx, v, mary, c.ID, admin.Limits{}))},
		{"RemoveCertificate", "certificate.unknown", w.RemoveCertificate(w.ctx, v, c.ID)},
		{"Assign", "account.unknown", w.Assign(w.ctx, v, mary, c.ID)},
	} {
		t.Run(p.name, func(t *testing.T) { refused(t, p.err, app.NotFound, p.key) })
	}
	if err := w.Unassign(w.ctx, v, mary, c.ID); err != nil {
		t.Errorf("to end what is not there is no error: %v", err)
	}
	w.account(other, paul, "paul")
	refused(t, w.Assign(w.ctx, v, paul, c.ID), app.NotFound, "certificate.unknown")
	if diff := cmp.Diff(before, w.journal(acme)); diff != "" {
		t.Errorf("something was done:\n%s", diff)
	}
	accounts, err := w.Accounts(w.ctx, v)
	if err != nil || len(accounts) != 1 || accounts[0].User != paul {
		t.Errorf("sees %v, %v", accounts, err)
	}
	if diff := cmp.Diff([]string{"account.saved 8"}, w.journal(other)); diff != "" {
		t.Error(diff)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// TestUnknownIDs holds that ids of no shape reach neither store nor portal.
func TestUnknownIDs(t *testing.T) {
	w := newWorld(t)
	for _, user := range []app.UserID{"", "0", "01", "-1", "7/..", "seven", "7\n", "99999999999999999999"} {
		refused(t, second(w.SaveAccount(w.ctx, visit(acme), admin.AccountInput{User: user, Login: "x", New: true})), app.NotFound, "account.unknown")
		refused(t, second(w.Account(w.ctx, visit(acme), user)), app.NotFound, "account.unknown")
	}
	for _, id := range []app.CertificateID{"", "7", app.CertificateID(strings.Repeat("A", 64)), app.CertificateID(strings.Repeat("a", 63) + "/")} {
		refused(t, w.RemoveCertificate(w.ctx, visit(acme), id), app.NotFound, "certificate.unknown")
	}
	if w.directory.asked != nil {
		t.Errorf("the portal was asked: %q", w.directory.asked)
	}
}

// TestNew holds that a service without its parts is not made.
func TestNew(t *testing.T) {
	if _, err := admin.New(admin.Config{}); err == nil {
		t.Error("made a service of nothing")
	}
}
