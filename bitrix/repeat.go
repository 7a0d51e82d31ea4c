package bitrix

import (
	"errors"
	"net/http"
	"time"
)

// How often a call is made at most, by the reason for which it failed.
const (
	maxQueryLimit = 5 // too many calls
	maxTransient  = 3 // network, HTML, nothing, 5xx
	maxBlocked    = 2 // blocked for its running time
)

// step is what to do after a failure.
type step int

const (
	stop   step = iota // report it
	repeat             // wait, then call again
	renew              // get another token, then call again
)

// repetition decides what is repeated, and how soon. It is the one place of
// this policy.
type repetition struct {
	client  *Client
	write   bool
	wait    time.Duration // before the next attempt
	renewed bool
	limited int // attempts that failed for each reason
	blocked int
	failed  int
}

// next judges a failed attempt.
func (r *repetition) next(e *Error) step {
	r.wait = 0
	switch e.kind() {
	case ErrExpiredToken:
		if r.renewed {
			return stop
		}
		r.renewed = true
		return renew
	case ErrQueryLimit:
		return r.tooManyCalls()
	case ErrOperationTimeLimit:
		return r.timeLimit(e)
	}
	if e.Lost || !e.transient() {
		return stop
	}
	r.failed++
	r.wait = r.pause(r.failed)
	return r.unless(r.failed >= maxTransient)
}

// tooManyCalls holds back everybody who calls this portal for one to two
// seconds.
func (r *repetition) tooManyCalls() step {
	r.limited++
	r.client.bucket.pause(r.pause(1))
	return r.unless(r.limited >= maxQueryLimit)
}

func (r *repetition) timeLimit(e *Error) step {
	r.blocked++
	r.wait = e.RetryAt.Sub(r.client.clock.Now())
	if e.RetryAt.IsZero() {
		return stop // up to ten minutes, nobody knows
	}
	return r.unless(r.blocked >= maxBlocked || r.wait > r.client.maxWait)
}

// pause is n to 2n seconds.
func (r *repetition) pause(n int) time.Duration {
	return time.Duration((1 + r.client.jitter()) * float64(n) * float64(time.Second))
}

func (r *repetition) unless(exhausted bool) step {
	if exhausted {
		return stop
	}
	return repeat
}

// transient reports whether the same call may succeed in a moment.
func (e *Error) transient() bool {
	switch {
	case errors.Is(e, ErrForbiddenHost), errors.Is(e, ErrTooLarge), errors.Is(e, ErrMoved):
		return false
	case e.Status == 0:
		return errors.Is(e, ErrUnreachable)
	case e.kind() != nil && e.kind() != ErrUnexpectedAnswer:
		return false
	case e.Status >= 500 || e.Status == http.StatusTooManyRequests:
		return true
	}
	return e.Status == http.StatusOK && errors.Is(e, ErrUnexpectedAnswer)
}

// mayHaveRun reports whether the method may have run to its end although the
// answer is a failure.
func (e *Error) mayHaveRun() bool {
	switch {
	case errors.Is(e, ErrMoved), e.refusedBeforeRun():
		return false
	case errors.Is(e, ErrUnexpectedAnswer), errors.Is(e, ErrTooLarge):
		return true
	}
	return e.kind() == nil && (e.Status >= 500 || e.HasCode(CodeInternalServerError))
}
