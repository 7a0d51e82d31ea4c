package storetest

import (
	"errors"
	"testing"
	"time"

	"signservice/app"
)

// testFaults does each operation with a fault at its first step, its second,
// and so on: until it passes, nothing has changed.
func testFaults(t *testing.T, w *world) {
	ctx := t.Context()
	entry := app.AuditEntry{Action: app.ActAssigned, Portal: acme}
	must(t, w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c1"}))
	must(t, w.SaveEnrolment(ctx, w.link(acme, "open")))
	w.frozen(t, acme, "r1")
	w.frozen(t, acme, "r2")
	w.frozen(t, acme, "stale")
	frozen := w.frozen(t, acme, "r3")
	frozen.ID = "r4"
	w.order(t, acme, "o1", "r1", "r2")
	w.order(t, acme, "o2", "r3")

	for _, act := range []struct {
		name string
		do   func() error
	}{
		{"refuse a code", func() error { return passing(w.authorize(t, acme, "o1", 100), app.Unauthenticated) }},
		{"authorize", func() error { return w.authorize(t, acme, "o1", 101) }},
		{"freeze", func() error { return w.SaveRequest(ctx, frozen, entry) }},
		{"order", func() error { return w.CreateOrder(ctx, w.newOrder(acme, "o3", "r3", "r4"), choose, entry) }},
		{"advance", func() error {
			_, err := w.UpdateRequest(ctx, acme, "r1", func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
				r.State, r.UpdatedAt = app.Done, now
				return []app.AuditEntry{entry}, nil
			})
			return err
		}},
		{"make a link", func() error { return w.SaveEnrolment(ctx, w.link(acme, "next"), entry) }},
		{"bind a phone", func() error {
			return w.UpdateEnrolment(ctx, "next", func(e *app.Enrolment, a *app.Authenticator, now time.Time) ([]app.AuditEntry, error) {
				e.State, a.Secret, a.EnrolledAt = app.EnrolmentUsed, "new", now
				return []app.AuditEntry{entry}, nil
			})
		}},
		{"unassign", func() error { return w.Unassign(ctx, acme, mary, "c1", entry) }},
		{"save a certificate", func() error { return w.SaveCertificate(ctx, w.certificate(acme), []byte("key"), entry) }},
		{"assign", func() error {
			return w.Assign(ctx, app.Assignment{Portal: acme, User: mary, Certificate: "c1"}, entry)
		}},
		{"delete an account", func() error { return w.DeleteAccount(ctx, acme, mary, entry) }},
		{"save an account", func() error { return w.SaveAccount(ctx, app.Account{Portal: acme, User: mary}, entry) }},
		{"write to the log", func() error { return w.Audit(ctx, entry, entry) }},
		{"expire", func() error { _, err := w.Stale(ctx, w.now.Add(app.FrozenLife)); return err }},
		{"clear", func() error { return w.Cleared(ctx, acme, "stale") }},
	} {
		t.Run(act.name, func(t *testing.T) { w.failEverywhere(t, act.do) })
	}
	if _, bad, err := w.VerifyAudit(ctx); bad != 0 || err != nil {
		t.Errorf("audit: %d, %v", bad, err)
	}
}

func (w *world) failEverywhere(t *testing.T, do func() error) {
	before := w.rows(t)
	FailEverywhere(t, func(*testing.T) (*world, *Faulty) { return w, w.backend },
		func(*world) error { return do() },
		func(t *testing.T, _ *world, err error) {
			if after := w.rows(t); err != nil {
				same(t, before, after)
			} else if len(before) == 0 || equal(before, after) {
				t.Error("the act changed nothing")
			}
		})
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// passing takes an expected refusal for success.
func passing(err error, kind app.Kind) error {
	if errors.Is(err, kind) {
		return nil
	}
	if err == nil {
		return errors.New("it was not refused")
	}
	return err
}
