package signing

import (
	"context"
	"time"

	"signservice/app"
)

// Stuck lists the Requests of an administrator's portal that do not go on by
// themselves as they should: those under way for longer than app.StuckAfter or
// whose last attempt failed, and those that were signed and not delivered.
func (s *Service) Stuck(ctx context.Context, v app.Visit) ([]app.Request, error) {
	const op = "list stuck requests"
	if !v.Admin {
		return nil, app.Fail(app.Forbidden, op, "settings.administrators-only")
	}
	all, err := s.Store.Waiting(ctx, v.Portal)
	if err != nil {
		return nil, app.Wrap(op, err)
	}
	var list []app.Request
	for _, r := range all {
		if r.State == app.Failed || r.Delay != nil || s.Now().Sub(r.CreatedAt) > app.StuckAfter {
			list = append(list, r)
		}
	}
	return list, nil
}

// Push has the queue take up a stuck Request of an administrator's portal now.
// Nothing is signed by it that was not authorized: one under way goes on where
// it is, one that was signed is delivered. What follows runs with the rights of
// the person who ordered it, and may be refused to them anew; who pushed is in
// the audit log. To begin a failed signing anew is left to that person (Retry).
func (s *Service) Push(ctx context.Context, v app.Visit, id app.RequestID) (app.Request, error) {
	const op = "push request"
	if !v.Admin {
		return app.Request{}, app.Fail(app.Forbidden, op, "settings.administrators-only")
	}
	r, err := s.Store.UpdateRequest(ctx, v.Portal, id, func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		switch {
		case r.State == app.Failed && r.Failure != nil && r.Failure.Retryable:
			r.State = app.Signed
		case s.step(*r) == nil:
			return nil, app.Fail(app.Conflict, op, "request.no-push")
		}
		r.Failure, r.Delay, r.Attempts, r.RetryAt, r.UpdatedAt = nil, nil, 0, time.Time{}, now
		e := s.entry(*r, app.ActRetried)
		e.User, e.Subject, e.Address = v.User, string(r.User), v.Address
		return []app.AuditEntry{e}, nil
	})
	if app.KindOf(err) == app.NotFound {
		return app.Request{}, app.Fail(app.NotFound, op, "request.unknown").Because(err)
	}
	if err != nil {
		return app.Request{}, app.Wrap(op, err)
	}
	s.watch.wake(id)
	s.Hurry(r.Portal, id)
	return r, nil
}
