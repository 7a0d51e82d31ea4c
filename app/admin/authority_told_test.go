package admin_test

import (
	"slices"
	"strings"
	"testing"

	"signservice/app"
	"signservice/app/admin"
)

// TestRevocationTold: the person whom a certificate names and those who may sign
// with it are told that it was revoked, by itself or with all of its authority.
func TestRevocationTold(t *testing.T) {
	o, _ := created(t)
	o.account(acme, paul, "paul")
	o.account(acme, anna, "anna")
	marys, pauls := o.issue(admin.NewIssue{}), o.issue(admin.NewIssue{User: paul})
	for _, user := range []app.UserID{paul, anna} {
		if err := o.Assign(o.ctx, visit(acme), user, marys.Certificate); err != nil {
			t.Fatal(err)
		}
	}
	told := func(want ...string) {
		t.Helper()
		slices.Sort(o.told.shown)
		if len(o.told.shown) != len(want) {
			t.Fatalf("told %q", o.told.shown)
		}
		for i, text := range o.told.shown {
			if !strings.HasPrefix(text, want[i]) {
				t.Errorf("told %q, want %q", text, want[i])
			}
		}
		o.told.shown = nil
	}
	if _, err := o.Revoke(o.ctx, visit(acme), marys.Authority, marys.Serial, 3); err != nil {
		t.Fatal(err)
	}
	told("aaaa 7: Anna Admin has revoked the certificate “Mary Example”", "aaaa 8: Anna Admin has revoked the certificate “Mary Example”")
	refused(t, second(o.Revoke(o.ctx, visit(acme), marys.Authority, marys.Serial, 3)), app.Conflict, "authority.already-revoked")
	told()
	if _, err := o.RevokeIssuer(o.ctx, visit(acme), pauls.Authority); err != nil {
		t.Fatal(err)
	}
	told("aaaa 8: Anna Admin has revoked the certificate “Paul Example”") // of Mary's it was said before
}
