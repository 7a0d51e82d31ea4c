package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
)

// invitation is one that waits, and that the portal has not been told of.
func invitation(id app.InvitationID, portal app.PortalID, deal int64, at time.Time) app.Invitation {
	return app.Invitation{
		ID: id, Portal: portal, From: "1", To: "2", State: app.InvitationOpen, CreatedAt: at,
		Document: app.Document{Source: app.SourceField, Entity: app.Entity{Type: 2, ID: deal}, Field: "UF_CRM_1", FileID: "7"},
		Robot:    app.RobotStep{EventToken: "event-token", Workflow: "w1"},
	}
}

func testInvitations(t *testing.T, w *world) {
	ctx := t.Context()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	list := []app.Invitation{
		invitation("a", acme, 1, start), invitation("b", acme, 1, start.Add(time.Hour)),
		invitation("c", acme, 2, start.Add(2*time.Hour)), invitation("a", globex, 1, start),
	}
	list[1].To = "3"
	for _, i := range list {
		if err := w.SaveInvitation(ctx, i, app.AuditEntry{Action: app.ActInvited, Portal: i.Portal}); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, w.SaveInvitation(ctx, list[0]), app.Conflict, "invitation.already")
	got, err := w.Invitation(ctx, acme, "a")
	if err != nil || got.Robot.EventToken != "event-token" {
		t.Errorf("%v, %v", got.Robot.EventToken.Reveal(), err)
	}
	ids := func(q app.InvitationQuery) (all []app.InvitationID) {
		found, err := w.Invitations(ctx, acme, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range found {
			all = append(all, i.ID)
		}
		return all
	}
	untold := func() (n int) {
		all, err := w.Untold(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if n := untold(); n != 4 {
		t.Errorf("%d untold", n)
	}
	if _, err := w.UpdateInvitation(ctx, acme, "a", func(i *app.Invitation, now time.Time) ([]app.AuditEntry, error) {
		i.State, i.EndedAt, i.EndedBy, i.Told = app.InvitationDeclined, now, "2", app.InvitationDeclined
		return []app.AuditEntry{{Action: app.ActInvitationDeclined, Portal: acme}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if n := untold(); n != 3 {
		t.Errorf("%d untold", n)
	}
	for _, c := range []struct {
		q    app.InvitationQuery
		want []app.InvitationID
	}{
		{app.InvitationQuery{}, []app.InvitationID{"c", "b", "a"}},
		{app.InvitationQuery{Entity: app.Entity{Type: 2, ID: 1}}, []app.InvitationID{"b", "a"}},
		{app.InvitationQuery{Open: true}, []app.InvitationID{"c", "b"}},
		{app.InvitationQuery{To: "3"}, []app.InvitationID{"b"}},
		{app.InvitationQuery{Limit: 1}, []app.InvitationID{"c"}},
		{app.InvitationQuery{Entity: app.Entity{Type: 1, ID: 1}}, nil},
	} {
		if d := cmp.Diff(c.want, ids(c.q)); d != "" {
			t.Errorf("%+v: %s", c.q, d)
		}
	}
	for name, change := range map[string]func(*app.Invitation){
		"opened again": func(i *app.Invitation) { i.State = app.InvitationOpen },
		"another end":  func(i *app.Invitation) { i.State = app.InvitationSigned },
		"another's":    func(i *app.Invitation) { i.To = "9" },
		"elsewhere":    func(i *app.Invitation) { i.Document.Entity.ID = 9 },
	} {
		_, err := w.UpdateInvitation(ctx, acme, "a", func(i *app.Invitation, _ time.Time) ([]app.AuditEntry, error) {
			change(i)
			return nil, nil
		})
		if err == nil {
			t.Errorf("an invitation that had ended was changed: %s", name)
		}
	}
	_, err = w.Invitation(ctx, acme, "none")
	wantKind(t, err, app.NotFound, "")
}
