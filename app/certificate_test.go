package app_test

import (
	"testing"
	"time"

	"signservice/app"
)

// now is the time of the tables.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// TestUsable is the table of a certificate's life, to the second.
func TestUsable(t *testing.T) {
	year := now.AddDate(1, 0, 0)
	for _, p := range []struct {
		name, want string
		c          app.Certificate
	}{
		{"in its time", "", app.Certificate{NotBefore: now.AddDate(-1, 0, 0), NotAfter: year}},
		{"begins now", "", app.Certificate{NotBefore: now, NotAfter: year}},
		{"begins in a second", "certificate.not-yet", app.Certificate{NotBefore: now.Add(time.Second), NotAfter: year}},
		{"a day and a second left", "", app.Certificate{NotAfter: now.Add(24*time.Hour + time.Second)}},
		{"a day left", "certificate.last-day", app.Certificate{NotAfter: now.Add(24 * time.Hour)}},
		{"a second left", "certificate.last-day", app.Certificate{NotAfter: now.Add(time.Second)}},
		{"ends now", "certificate.expired", app.Certificate{NotAfter: now}},
		{"ended long ago", "certificate.expired", app.Certificate{NotAfter: now.AddDate(-3, 0, 0)}},
		{"without times", "certificate.expired", app.Certificate{}},
		{"revoked", "certificate.revoked", app.Certificate{NotAfter: year, RevokedAt: now.Add(-time.Hour)}},
		{"revoked and ended", "certificate.revoked", app.Certificate{NotAfter: now, RevokedAt: now.Add(-time.Hour)}},
		{"to be revoked tomorrow, which nobody can do", "certificate.revoked", app.Certificate{NotAfter: year, RevokedAt: now.AddDate(0, 0, 1)}},
	} {
		if got := p.c.Usable(now); got != p.want {
			t.Errorf("%s: %q, want %q", p.name, got, p.want)
		}
	}
}

// TestActive is the table of an assignment's limits.
func TestActive(t *testing.T) {
	for _, p := range []struct {
		name        string
		from, until time.Time
		want        bool
	}{
		{"no limits", time.Time{}, time.Time{}, true},
		{"from now", now, time.Time{}, true},
		{"from a moment later", now.Add(1), time.Time{}, false},
		{"until now", time.Time{}, now, false},
		{"until a moment later", time.Time{}, now.Add(1), true},
		{"between", now.Add(-1), now.Add(1), true},
		{"over", now.AddDate(0, -2, 0), now.AddDate(0, -1, 0), false},
		{"never", now.Add(1), now.Add(-1), false},
	} {
		if got := (app.Assignment{ValidFrom: p.from, ValidUntil: p.until}).Active(now); got != p.want {
			t.Errorf("%s: %v", p.name, got)
		}
	}
}

// TestClockBack lets small corrections pass.
func TestClockBack(t *testing.T) {
	for ahead, want := range map[time.Duration]bool{
		-time.Hour: false, 0: false, app.ClockTolerance: false, app.ClockTolerance + 1: true, 24 * time.Hour: true,
	} {
		if got := app.ClockBack(now, now.Add(ahead)); got != want {
			t.Errorf("%v behind: %v", ahead, got)
		}
	}
	if app.ClockBack(now, time.Time{}) {
		t.Error("nothing was seen, and the clock is said to be set back")
	}
}

// TestForOther is the table of who counts as whom.
func TestForOther(t *testing.T) {
	for _, p := range []struct {
		name string
		r    app.Request
		want bool
	}{
		{"one name", app.Request{User: "7", UserName: "Mary Hill", OwnerName: "Mary Hill"}, false},
		{"other blanks and case", app.Request{User: "7", UserName: " mary  HILL", OwnerName: "Mary Hill"}, false},
		{"other names, nobody's certificate", app.Request{User: "7", UserName: "Mary Hill", OwnerName: "Acme Ltd"}, true},
		{"names turned round, so it is told", app.Request{User: "7", UserName: "Mary Hill", OwnerName: "Hill Mary"}, true},
		{"names turned round, the owner's", app.Request{User: "7", Owner: "7", UserName: "Mary Hill", OwnerName: "Hill Mary"}, false},
		{"one name, two people", app.Request{User: "7", Owner: "8", UserName: "Mary Hill", OwnerName: "Mary Hill"}, true},
		{"another's", app.Request{User: "7", Owner: "8", UserName: "Mary Hill", OwnerName: "Paul Ott"}, true},
	} {
		if got := p.r.ForOther(); got != p.want {
			t.Errorf("%s: %v", p.name, got)
		}
	}
}
