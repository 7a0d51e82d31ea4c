package storetest

import (
	"strings"
	"testing"
	"time"

	"signservice/app"
)

// testErase removes a portal that asked for it, whole, when its time to come
// back is over; no other portal's row changes, and the audit log stays.
func testErase(t *testing.T, w *world) {
	ctx := t.Context()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w.authority(t)
	w.frozen(t, globex, "r1")
	must(t, w.SaveInvitation(ctx, invitation("a", globex, 1, start)))
	must(t, w.SaveSettings(ctx, app.Settings{Portal: globex, RetentionDays: 5}))
	before := w.rows(t)

	w.frozen(t, acme, "r1")
	w.frozen(t, acme, "r3")
	w.order(t, acme, "o1", "r3")
	w.inState(t, "r2", app.Done, 101)
	must(t, w.SaveInvitation(ctx, invitation("a", acme, 1, start)))
	must(t, w.SaveSettings(ctx, app.Settings{Portal: acme, RetentionDays: 5}))
	must(t, w.SaveGrant(ctx, app.Grant{Portal: acme, User: mary, Access: "a"}))
	must(t, w.SaveEnrolment(ctx, w.link(acme, strings.Repeat("e", 64))))
	must(t, w.SaveCertificate(ctx, app.Certificate{ID: "t1", Portal: acme, Source: app.KeyToken, TokenSerial: "1", KeyID: "01"}, nil))
	must(t, w.SaveRemembered(ctx, acme, mary, app.Remembered{Certificate: "c1"}))
	must(t, w.SaveVisitor(ctx, app.Visitor{Portal: acme, User: mary, Admin: true}))
	must(t, w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c1"}, app.AuditEntry{Action: app.ActAssigned, Portal: acme}))

	gone, err := w.Portal(ctx, acme)
	must(t, err)
	end := start.Add(app.EraseAfter)
	wantKind(t, w.Erase(ctx, acme, end), app.Conflict, "portal.in-use") // installed
	gone.UninstalledAt = start
	must(t, w.SavePortal(ctx, gone))
	wantKind(t, w.Erase(ctx, acme, end.AddDate(10, 0, 0)), app.Conflict, "portal.in-use") // its data is to stay
	gone.EraseAt = end
	must(t, w.SavePortal(ctx, gone))
	wantKind(t, w.Erase(ctx, acme, end.Add(-1)), app.Conflict, "portal.in-use")
	w.inState(t, "r4", app.Signed, 102)
	wantKind(t, w.Erase(ctx, acme, end), app.Conflict, "portal.in-use") // a signed file waits
	_, err = w.UpdateRequest(ctx, acme, "r4", func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		r.State, r.UpdatedAt = app.Failed, now
		return nil, nil
	})
	must(t, err)
	must(t, w.Erase(ctx, acme, end, app.AuditEntry{Action: app.ActErased, Portal: acme}))

	after := w.rows(t)
	for row, value := range before {
		if strings.Contains(row, string(acme)) || strings.Contains(value, string(acme)) || strings.HasPrefix(row, "system/") {
			continue
		}
		if after[row] != value {
			t.Errorf("row %s of another portal was %s, is %q", row, value, after[row])
		}
	}
	for row, value := range after {
		if !strings.HasPrefix(row, "audit") && (strings.Contains(row, string(acme)) || strings.Contains(value, string(acme))) {
			t.Errorf("row %s is left: %s", row, value)
		}
	}
	if got := w.actions(t, acme); !strings.Contains(got, string(app.ActErased)) || !strings.Contains(got, string(app.ActAssigned)) {
		t.Errorf("the audit log has %s", got)
	}
	if _, bad, err := w.VerifyAudit(ctx); bad != 0 || err != nil {
		t.Errorf("the audit log is broken at %d, %v", bad, err)
	}
	wantKind(t, w.Erase(ctx, acme, end), app.NotFound, "")
}
