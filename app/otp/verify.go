package otp

import (
	"time"

	"signservice/app"
)

// The plan of waits; see the package's page.
const (
	freeFailures = 5  // from this one on, each brings a wait
	lockFailures = 20 // this one locks
	dayFailures  = 50 // within day
	day          = 24 * time.Hour
	longestWait  = 15 * time.Minute
)

// Verify tells whether code is right for a at the time now, and gives the time
// step that it uses up. It changes a, also when it refuses: the caller stores a
// in either case, in the transaction that read it. a may be nil: no phone.
//
// The error is an *app.Error:
//
//	code.malformed  Invalid          not six digits; does not count
//	code.no-phone   Forbidden        no phone is bound
//	code.wrong      Unauthenticated  argument: tries left before a wait
//	code.old        Unauthenticated  arguments: how old the code is (a duration), and tries left
//	code.used       Unauthenticated  argument and After: seconds until the next code
//	code.wait       RateLimited      argument (a duration) and After: the wait
//	code.locked     Locked           until a new link is used
//
// and of kind app.Internal when the stored secret is no secret.
func Verify(a *app.Authenticator, code string, now time.Time) (step int64, err error) {
	if a == nil || a.Secret == "" {
		return 0, app.Fail(app.Forbidden, "check code", "code.no-phone")
	}
	digits, ok := normalise(code)
	if !ok {
		return 0, malformed()
	}
	if err := blocked(a, now); err != nil {
		return 0, err
	}
	step, found, err := match(a.Secret, digits, now)
	switch {
	case err != nil:
		return 0, app.Fail(app.Internal, "check code", "").Because(err)
	case !found:
		return 0, failed(a, now, func() *app.Error {
			if age := ageOf(a.Secret, digits, now); age > 0 {
				return app.Fail(app.Unauthenticated, "check code", "code.old", inWords(age), freeFailures-a.Failures)
			}
			return app.Fail(app.Unauthenticated, "check code", "code.wrong", freeFailures-a.Failures)
		})
	case step <= a.LastStep:
		return 0, failed(a, now, func() *app.Error { return used(a.LastStep, now) })
	}
	a.LastStep, a.Failures, a.WaitUntil = step, 0, time.Time{}
	a.Recent = recent(a.Recent, now)
	return step, nil
}

// oldest is how many steps back a wrong code is looked for: ten minutes.
const oldest = 20

// ageOf tells how old a refused code is, to the step; 0 when it is of no step
// that has gone by lately. The answer is for the person whose phone is slow, or
// who typed an old code. It tells a guesser nothing of use: the window moves on
// only, so the code of a step that has left it is never good again, and says
// nothing about any other.
//
// Steps to come are looked at in no case. Told that a guess is the code of a
// later step, a guesser would only have to wait for it. So a phone that is fast
// gets the same answer as a wrong code; binding it tells, to the owner of the
// secret alone ([Enrolments.Confirm]).
func ageOf(secret app.Secret, code string, now time.Time) time.Duration {
	for n := int64(drift + 1); n <= oldest; n++ {
		if was, err := Code(secret, Step(now)-n); err == nil && was == code {
			return time.Duration(n) * Period
		}
	}
	return 0
}

// malformed refuses what is no code.
func malformed() *app.Error { return app.Fail(app.Invalid, "check code", "code.malformed") }

// blocked refuses while a is locked or has to wait.
func blocked(a *app.Authenticator, now time.Time) error {
	if a.Locked {
		return app.Fail(app.Locked, "check code", "code.locked")
	}
	until := a.WaitUntil
	if free := dayFree(recent(a.Recent, now)); free.After(until) {
		until = free
	}
	if until.After(now) {
		return wait(until.Sub(now))
	}
	return nil
}

// failed counts a failure, sets what follows from it, and gives the answer:
// mild, unless the person now has to wait.
func failed(a *app.Authenticator, now time.Time, mild func() *app.Error) error {
	a.Failures++
	a.Recent = append(recent(a.Recent, now), now)
	switch {
	case a.Failures >= lockFailures:
		a.Locked = true
	case a.Failures >= freeFailures:
		a.WaitUntil = now.Add(min(time.Minute<<(a.Failures-freeFailures), longestWait))
	}
	if err := blocked(a, now); err != nil {
		return err
	}
	return mild()
}

// recent gives the times that lie less than a day before now, in their order.
// It makes a new slice: the caller's may be shared.
func recent(times []time.Time, now time.Time) []time.Time {
	var kept []time.Time
	for _, t := range times {
		if now.Sub(t) < day {
			kept = append(kept, t)
		}
	}
	return kept
}

// dayFree is when fewer than dayFailures lie within a day again; the zero time
// when they do now.
func dayFree(times []time.Time) time.Time {
	if len(times) < dayFailures {
		return time.Time{}
	}
	return times[len(times)-dayFailures].Add(day)
}

func wait(left time.Duration) *app.Error {
	e := app.Fail(app.RateLimited, "check code", "code.wait", left.Round(time.Second))
	e.After = left
	return e
}

// used refuses a code that was used up, and tells the seconds until the phone
// shows a good one: at the latest, since a phone's clock may be a step slow.
func used(last int64, now time.Time) *app.Error {
	next := time.Unix((max(last, Step(now))+1)*int64(Period/time.Second), 0)
	left := next.Sub(now)
	e := app.Fail(app.Unauthenticated, "check code", "code.used", int((left+time.Second-1)/time.Second))
	e.After, e.CodeUsed = left, true
	return e
}
