package admin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/otp"
)

// guess types wrong codes for the user, as orders do, until n were looked at.
func (w *world) guess(s *admin.Service, user app.UserID, n int) {
	w.t.Helper()
	for range n {
		var refusal error
		if err := w.store.UpdateAuthenticator(w.ctx, acme, user, func(a *app.Authenticator, now time.Time) ([]app.AuditEntry, error) {
			a.WaitUntil = time.Time{} // as if the wait were over
			_, refusal = otp.Verify(a, "000000", now)
			return nil, nil
		}); err != nil {
			w.t.Fatal(err)
		}
		s.CodeRefused(w.ctx, app.Visit{Portal: acme, User: user}, refusal)
	}
}

// alarmed gives the alarms in the journal, oldest first, as "detail subject".
func (w *world) alarmed() []string {
	w.t.Helper()
	entries, err := w.store.AuditEntries(w.ctx, acme, app.AuditQuery{Action: app.ActAlarm})
	if err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, e := range slices.Backward(entries) {
		list = append(list, strings.TrimSpace(e.Detail+" "+e.Subject))
	}
	return list
}

// TestAlarmLocked: administrators are told once of an account that wrong codes
// have locked, also after a restart, and again when it is locked anew.
func TestAlarmLocked(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	w.phone(acme, mary)
	b := &board{}
	w.guess(w.restarted(b), mary, 19)
	if len(b.shown) != 0 {
		t.Fatalf("too early: %q", b.shown)
	}
	for range 3 {
		w.guess(w.restarted(b), mary, 2)
	}
	if len(b.shown) != 1 || !strings.HasPrefix(b.shown[0], "aaaa 1: Signing is locked for Mary Example") {
		t.Errorf("told %q", b.shown)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.guess(w.restarted(b), mary, 1)
	if got := w.alarmed(); len(got) != 1 || got[0] != "alarm.locked-detail 7" || len(b.shown) != 1 {
		t.Errorf("a day later: %q, told %q", got, b.shown)
	}
	w.phone(acme, mary) // a new setup link unlocks
	w.guess(w.restarted(b), mary, 20)
	if got := w.alarmed(); len(got) != 2 || len(b.shown) != 2 {
		t.Errorf("locked anew: %q, told %q", got, b.shown)
	}
}

// TestAlarmMany: fifty wrong codes in a portal within a day, over all accounts,
// are told once a day; what belongs to no count tells nobody.
func TestAlarmMany(t *testing.T) {
	w := newWorld(t)
	b := &board{}
	s := w.restarted(b)
	for i, user := range []app.UserID{anna, mary, paul} {
		w.account(acme, user, "login-"+string(user))
		w.phone(acme, user)
		w.guess(s, user, []int{17, 17, 15}[i])
	}
	for _, key := range []string{"code.malformed", "confirm.needed", "portal.session"} {
		s.CodeRefused(w.ctx, app.Visit{Portal: acme, User: paul}, app.Fail(app.Invalid, "", key))
	}
	if len(b.shown) != 0 {
		t.Fatalf("49 wrong codes: %q", b.shown)
	}
	w.guess(s, paul, 3)
	if got := w.alarmed(); len(got) != 1 || got[0] != "alarm.many-detail" {
		t.Errorf("the journal has %q", got)
	}
	if len(b.shown) != 1 || !strings.HasPrefix(b.shown[0], "aaaa 1: 50 wrong codes were typed") {
		t.Errorf("told %q", b.shown)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.guess(s, paul, 1)
	if len(b.shown) != 1 {
		t.Errorf("of yesterday's: %q", b.shown)
	}
}

// TestAlarmClock: that the clock is wrong is told once a day.
func TestAlarmClock(t *testing.T) {
	w := newWorld(t)
	b := &board{}
	off := app.Fail(app.Unavailable, "check clock", "clock.off", 75*time.Second)
	for range 3 {
		w.restarted(b).CodeRefused(w.ctx, app.Visit{Portal: acme, User: mary}, app.Wrap("sign", off))
	}
	if got := w.alarmed(); len(b.shown) != 1 || !strings.Contains(b.shown[0], "is 75 s off") || len(got) != 1 || got[0] != "alarm.clock-detail" {
		t.Errorf("told %q, the journal has %q", b.shown, got)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.restarted(b).CodeRefused(w.ctx, app.Visit{Portal: acme, User: mary}, off)
	if len(b.shown) != 2 {
		t.Errorf("the next day: %q", b.shown)
	}
}
