package signing

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"signservice/app"
)

// Run carries a Request on, step by step, until it ends or has to wait. It
// gives the time at which to call it again, or the zero time when the Request
// has ended. It may be called again at any time, after a crash too; the queue
// must not run one Request twice at once.
//
// The error is for the log: what concerns the person is stored in the Request.
func (s *Service) Run(ctx context.Context, portal app.PortalID, id app.RequestID) (time.Time, error) {
	for {
		r, err := s.Store.Request(ctx, portal, id)
		if err != nil {
			return time.Time{}, app.Wrap("run request", err)
		}
		step := s.step(r)
		if step == nil {
			return time.Time{}, nil
		}
		if r.RetryAt.After(s.Now()) {
			return r.RetryAt, nil
		}
		err = step(ctx, r)
		s.watch.wake(id)
		if err == nil {
			continue
		}
		if ctx.Err() != nil { // shutting down: the step is repeated at the next start
			return time.Time{}, ctx.Err()
		}
		return s.failed(ctx, r, err)
	}
}

// step gives what leads out of a Request's state; nil where nothing does.
func (s *Service) step(r app.Request) func(context.Context, app.Request) error {
	switch r.State {
	case app.Authorized:
		return s.prepare
	case app.Prepared:
		return s.sign
	case app.Signed:
		if r.Sample { // it has no place in the portal
			return s.tested
		}
		return s.deliver
	case app.Delivered:
		return s.tell
	}
	return nil
}

// advance stores the outcome of a step. It refuses when the Request is no
// longer in the state that the step began in.
func (s *Service) advance(ctx context.Context, r app.Request, to app.State, action app.Action, change func(*app.Request)) error {
	_, err := s.Store.UpdateRequest(ctx, r.Portal, r.ID, func(now *app.Request, at time.Time) ([]app.AuditEntry, error) {
		if now.State != r.State {
			return nil, app.Fail(app.Conflict, "store step", "request.already")
		}
		change(now)
		now.State, now.UpdatedAt, now.Attempts, now.RetryAt, now.Delay = to, at, 0, time.Time{}, nil
		if action == "" {
			return nil, nil
		}
		return []app.AuditEntry{s.entry(*now, action)}, nil
	})
	return app.Wrap("store step", err)
}

// attempts is how often a step that fails for a passing reason is begun before
// the person is told; with the waits of backOff that is about half an hour.
// Telling the timeline is tried longer, since nobody waits for it.
const (
	attempts     = 10
	tellAttempts = 30
)

// keyAttempts is how often a missing token or a time-stamp server is asked:
// long enough for a contact that wobbles, short enough for a person who waits.
const keyAttempts = 3

// backOff is the wait after the n-th failed attempt, from 1: 1 s, doubled each
// time, at most 5 minutes.
func backOff(n int) time.Duration {
	wait := time.Second << min(n-1, 10)
	return min(wait, 5*time.Minute)
}

// failed stores that a step failed: to be tried again when the reason may
// pass, otherwise as the end of the Request.
func (s *Service) failed(ctx context.Context, r app.Request, cause error) (time.Time, error) {
	var failure *app.Error
	if !errors.As(cause, &failure) {
		failure = app.Fail(app.KindOf(cause), "run request", "").Because(cause)
	}
	s.Log.LogAttrs(ctx, slog.LevelWarn, "request step failed", slog.String("request", string(r.ID)),
		slog.String("state", string(r.State)), slog.Int("attempt", r.Attempts+1), slog.Any("error", cause))
	n := r.Attempts + 1
	if (passing(failure.Kind) || renewable(r.State, failure.Kind)) && n < limit(r.State, failure) {
		wait := max(backOff(n), failure.After)
		updated, err := s.Store.UpdateRequest(ctx, r.Portal, r.ID, func(now *app.Request, at time.Time) ([]app.AuditEntry, error) {
			if now.State != r.State {
				return nil, app.Fail(app.Conflict, "store attempt", "request.already")
			}
			now.Attempts, now.RetryAt, now.UpdatedAt = n, at.Add(wait), at
			now.Delay = &app.Failure{Kind: failure.Kind, Key: failure.MessageKey(), Args: failure.Args, At: at}
			return nil, nil
		})
		s.watch.wake(r.ID)
		return updated.RetryAt, errors.Join(cause, err)
	}
	err := s.end(ctx, r, failure)
	s.watch.wake(r.ID)
	return time.Time{}, errors.Join(cause, err)
}

// passing tells whether a failure of this kind may be gone at the next attempt.
func passing(k app.Kind) bool {
	switch k {
	case app.Upstream, app.Unavailable, app.RateLimited:
		return true
	}
	return false
}

// renewable tells whether a grant that the portal refuses may be replaced in
// time: a signed file waits for its user to open the portal again.
func renewable(state app.State, k app.Kind) bool {
	return k == app.Unauthenticated && (state == app.Signed || state == app.Delivered)
}

// limit is how often a step is begun.
func limit(state app.State, failure *app.Error) int {
	switch {
	case state == app.Delivered:
		return tellAttempts
	case failure.Key == "certificate.token-absent", failure.Key == "request.timestamp":
		return keyAttempts
	}
	return attempts
}

// end stores the end of a Request. A signed file that could not be delivered
// stays in the spool and can be retried; a delivered one whose timeline entry
// could not be written is done, with the failure beside it.
func (s *Service) end(ctx context.Context, r app.Request, failure *app.Error) error {
	state, action := app.Failed, app.ActFailed
	switch {
	case r.State == app.Delivered:
		state, action = app.Done, app.ActDone
		failure.Key = "request.untold"
	case failure.Kind == app.Conflict:
		state, action = app.Conflicted, app.ActConflict
	}
	until := s.retryUntil(ctx, r, failure)
	_, err := s.Store.UpdateRequest(ctx, r.Portal, r.ID, func(now *app.Request, at time.Time) ([]app.AuditEntry, error) {
		if now.State != r.State {
			return nil, app.Fail(app.Conflict, "store end", "request.already")
		}
		now.State, now.UpdatedAt, now.Attempts, now.RetryAt, now.Delay = state, at, 0, time.Time{}, nil
		now.Failure = &app.Failure{
			Kind: failure.Kind, Key: failure.MessageKey(), Args: failure.Args, At: at,
			FileChanged: failure.FileChanged,
			Retryable:   r.State == app.Signed && state == app.Failed,
			RetryUntil:  until,
		}
		e := s.entry(*now, action)
		e.Detail = now.Failure.Key
		return []app.AuditEntry{e}, nil
	})
	return app.Wrap("store end", err)
}

// retryUntil is how long a Request that failed before it was signed may be begun
// anew; zero where its reason will not pass, or its code is too old.
func (s *Service) retryUntil(ctx context.Context, r app.Request, failure *app.Error) time.Time {
	if r.State != app.Authorized && r.State != app.Prepared || !passing(failure.Kind) {
		return time.Time{}
	}
	o, err := s.Store.Order(ctx, r.Portal, r.Order)
	if err != nil || o.AuthorizedAt.IsZero() {
		return time.Time{} // the person gives a new code
	}
	if until := o.AuthorizedAt.Add(app.RetryLife); s.Now().Before(until) {
		return until
	}
	return time.Time{}
}
