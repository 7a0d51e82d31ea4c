package otp

import (
	"cmp"
	"context"
	"time"

	"signservice/app"
)

// Shown is what the owner of a link puts into the phone.
type Shown struct {
	// Secret is the secret in base32; URI holds it too.
	Secret app.Secret
	URI    app.Secret
	// Issuer and Label are the names under which the phone lists it.
	Issuer, Label string
	ExpiresAt     time.Time
	// Again tells that this secret was shown before: the phone may have it already.
	Again bool
}

// Show gives the owner of a link the secret to be bound. It is made at the
// first call and stays the same for this link. The account's present phone
// keeps working.
func (s *Enrolments) Show(ctx context.Context, link string, v app.Visit) (Shown, error) {
	e, err := s.Look(ctx, link, v)
	if err != nil {
		return Shown{}, err
	}
	issuer, label, err := s.names(ctx, e)
	if err != nil {
		return Shown{}, app.Wrap("show secret", err)
	}
	fresh, err := Generate(s.random())
	if err != nil {
		return Shown{}, app.Fail(app.Internal, "show secret", "").Because(err)
	}
	var shown Shown
	err = s.update(ctx, "show secret", e.ID, func(e *app.Enrolment, _ *app.Authenticator, now time.Time) ([]app.AuditEntry, error) {
		if err := works(*e, v, now); err != nil {
			return nil, err
		}
		again := e.Pending != ""
		if !again {
			e.Pending = fresh
		}
		shown = Shown{
			Secret: e.Pending, URI: URI(issuer, label, e.Pending),
			Issuer: issuer, Label: label, ExpiresAt: e.ExpiresAt, Again: again,
		}
		return []app.AuditEntry{entry(app.ActEnrolmentShown, v, *e)}, nil
	})
	if err != nil {
		return Shown{}, err
	}
	return shown, nil
}

// names are the issuer and account name for the phone. The issuer names the
// portal, so that two portals stand side by side.
func (s *Enrolments) names(ctx context.Context, e app.Enrolment) (issuer, label string, err error) {
	p, err := s.Store.Portal(ctx, e.Portal)
	if err != nil {
		return "", "", err
	}
	account, err := s.Store.Account(ctx, e.Portal, e.User)
	if err != nil {
		return "", "", err
	}
	return Label("Sign " + p.Domain), cmp.Or(Label(account.Login), Label(account.Name), Label(string(e.User))), nil
}

// Confirm binds the phone when its code is right: the shown secret takes the
// place of the account's old one, and any lock ends. The code is used up.
//
// Besides the errors of a link that does not work it fails with
//
//	code.malformed        Invalid          not six digits; does not count
//	code.wrong            Unauthenticated  argument: tries left for this link
//	enrolment.clock-slow  Unauthenticated  arguments: by how much (a duration), and tries left
//	enrolment.clock-fast  Unauthenticated  the same
//	enrolment.failed      Locked           that was the last try, the link has ended
//	link.again            Conflict         no secret was shown yet
//
// and with what Clock refuses: then no code is looked at.
func (s *Enrolments) Confirm(ctx context.Context, link string, v app.Visit, code string) error {
	if s.Clock != nil {
		if err := s.Clock(); err != nil {
			return err
		}
	}
	var bound app.Enrolment
	err := s.update(ctx, "confirm phone", link, func(e *app.Enrolment, a *app.Authenticator, now time.Time) ([]app.AuditEntry, error) {
		if err := works(*e, v, now); err != nil {
			return nil, err
		}
		if e.Pending == "" {
			return nil, app.Fail(app.Conflict, "confirm phone", "link.again")
		}
		digits, ok := normalise(code)
		if !ok {
			return nil, malformed()
		}
		step, found, err := match(e.Pending, digits, now)
		if err != nil {
			return nil, app.Fail(app.Internal, "confirm phone", "").Because(err)
		}
		if !found {
			failure := unconfirmed(e, digits, now)
			refused := entry(app.ActEnrolmentFailed, v, *e)
			refused.Detail = whyRefused(failure.Key)
			return []app.AuditEntry{refused}, failure
		}
		*a = app.Authenticator{Portal: e.Portal, User: e.User, Secret: e.Pending, LastStep: step, EnrolledAt: now}
		e.State, e.Pending, e.UsedAt = app.EnrolmentUsed, "", now
		bound = *e
		return []app.AuditEntry{entry(app.ActEnrolmentDone, v, *e)}, nil
	})
	if err == nil && s.Bound != nil {
		s.Bound(ctx, bound)
	}
	return err
}

// unconfirmed counts a wrong code and gives the answer to it.
func unconfirmed(e *app.Enrolment, code string, now time.Time) *app.Error {
	secret := e.Pending
	e.Failures++
	if e.Failures >= maxFailures {
		e.State, e.Pending = app.EnrolmentWithdrawn, ""
		return app.Fail(app.Locked, "confirm phone", "enrolment.failed")
	}
	left := maxFailures - e.Failures
	switch off := clockOff(secret, code, now); {
	case off < 0:
		return app.Fail(app.Unauthenticated, "confirm phone", "enrolment.clock-slow", inWords(-off), left)
	case off > 0:
		return app.Fail(app.Unauthenticated, "confirm phone", "enrolment.clock-fast", inWords(off), left)
	}
	return app.Fail(app.Unauthenticated, "confirm phone", "code.wrong", left)
}

// whyRefused is what the audit log keeps of an answer: without the numbers, which
// it would lack.
func whyRefused(key string) string {
	switch key {
	case "enrolment.clock-slow", "enrolment.clock-fast":
		return "enrolment.refused-clock"
	case "code.wrong":
		return "enrolment.refused-code"
	}
	return key
}

// How far a phone's clock is looked for. Within an hour and some every step is,
// in both directions. Beyond it, to where time zones end, only whole hours are,
// each with a minute on either side: a clock set by hand to the right time in
// the wrong zone. These are 2·123 + 2·13·5 = 376 codes: that a wrong code happens
// to be one of them is a chance of 1 in 2700, and costs a wrong hint.
const (
	clockSearch = 124 // steps
	clockHours  = 14
	clockAround = 2 // steps around each hour
)

// clockOff tells by how much the phone's clock seems to be off, to the step:
// less than 0 when it is slow, 0 when the code belongs to no time that is looked
// for. It helps and decides nothing, so it needs no constant time; its caller is
// the secret's owner.
func clockOff(secret app.Secret, code string, now time.Time) time.Duration {
	shows := func(off int64) bool {
		want, err := Code(secret, Step(now)+off)
		return err == nil && want == code
	}
	for n := range clockDistances {
		for _, off := range []int64{-n, n} {
			if shows(off) {
				return time.Duration(off) * Period
			}
		}
	}
	return 0
}

// clockDistances gives the distances that are looked at, in steps, the nearest
// first.
func clockDistances(yield func(int64) bool) {
	for n := int64(drift + 1); n <= clockSearch; n++ {
		if !yield(n) {
			return
		}
	}
	const hour = int64(time.Hour / Period)
	for h := int64(2); h <= clockHours; h++ {
		for n := h*hour - clockAround; n <= h*hour+clockAround; n++ {
			if !yield(n) {
				return
			}
		}
	}
}

// inWords is a time as one tells it to a person: seconds, minutes, or hours.
func inWords(d time.Duration) time.Duration {
	switch {
	case d <= 90*time.Second:
		return d
	case d <= 90*time.Minute:
		return d.Round(time.Minute)
	}
	return d.Round(time.Hour)
}
