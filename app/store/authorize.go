package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"signservice/app"
)

// CheckFunc decides whether an order is authorized, and gives the time step
// that was used up and the method. It is pure, and may run more than once. The
// authenticator is nil where no phone is bound, the account nil where there is
// none; what it changes in the authenticator is stored also when it refuses.
type CheckFunc = func(a *app.Authenticator, account *app.Account, now time.Time) (step int64, method app.AuthMethod, err error)

// Authorize is the one door through which a Request goes into work. In one
// transaction: the Order is open, in its time, and its Requests are frozen and
// its own (app.Conflict otherwise, and no code is looked at); check is asked;
// the authenticator's counters are stored, whatever it said; when it agreed,
// the step is used up for ever, the Order and its Requests are authorized, and
// the Requests enqueued; what entries gives for the outcome is chained.
//
// Whatever check says, a time step that is not greater than the account's last
// one authorizes nothing, and an account whose code is on needs a step.
func (s *Store) Authorize(ctx context.Context, portal app.PortalID, id app.OrderID, check CheckFunc,
	entries func(o app.Order, err error) []app.AuditEntry,
) error {
	var refused error
	err := s.backend.Update(ctx, func(tx Tx) error {
		o, requests, err := s.openOrder(tx, portal, id)
		if err != nil {
			return err
		}
		if o.Step, o.Method, refused, err = s.ask(tx, o, check); err != nil {
			return err
		}
		if refused != nil {
			o.Step, o.Method = 0, ""
			return s.chain(tx, entries(o, refused))
		}
		o.AuthorizedAt = tx.Now()
		if err := put(s.codec, tx, orderBucket, orderKey(portal, id), o); err != nil {
			return err
		}
		for _, r := range requests {
			after := r
			after.State, after.UpdatedAt = app.Authorized, tx.Now()
			if err := s.putRequest(tx, &r, after); err != nil {
				return err
			}
			if err := s.enqueue(tx, portal, r.ID); err != nil {
				return err
			}
		}
		return s.chain(tx, entries(o, nil))
	})
	if err == nil {
		err = refused
	}
	return app.Wrap("authorize order", err)
}

// openOrder gives an Order that waits for its code, with its Requests.
func (s *Store) openOrder(tx Tx, portal app.PortalID, id app.OrderID) (app.Order, []requestRecord, error) {
	o, err := s.order(tx, portal, id)
	switch {
	case err != nil:
		return o, nil, err
	case !o.AuthorizedAt.IsZero():
		return o, nil, app.Fail(app.Conflict, "", "order.already")
	case !tx.Now().Before(o.ExpiresAt):
		return o, nil, app.Fail(app.Conflict, "", "order.expired")
	}
	var requests []requestRecord
	for _, id := range o.Requests {
		r, err := s.request(tx, portal, id)
		if err != nil {
			return o, nil, err
		}
		if r.State != app.Frozen || r.Order != o.ID || r.User != o.User {
			return o, nil, app.Fail(app.Conflict, "", "request.already")
		}
		requests = append(requests, r)
	}
	return o, requests, nil
}

// ask asks check about the Order's user and stores the counters. refused is
// check's answer; err tells that something is wrong, and nothing may be stored.
func (s *Store) ask(tx Tx, o app.Order, check CheckFunc) (step int64, method app.AuthMethod, refused, err error) {
	account, err := present(s.account(tx, o.Portal, o.User))
	if err != nil {
		return 0, "", nil, err
	}
	a, err := present(s.authenticator(tx, o.Portal, o.User))
	if err != nil {
		return 0, "", nil, err
	}
	codeOff := account != nil && account.CodeOff
	var before app.Authenticator
	if a != nil {
		before = *a
		before.Recent = slices.Clone(a.Recent)
	}
	step, method, refused = check(a, account, tx.Now())
	if a != nil {
		if a.Secret != before.Secret {
			return 0, "", nil, app.Fail(app.Internal, "", "").Because(errors.New("checking a code changed the secret"))
		}
		if err := s.putAuthenticator(tx, before, *a); err != nil {
			return 0, "", nil, err
		}
	}
	if refused != nil {
		return 0, "", refused, nil
	}
	if !authorizes(step, method, codeOff, account, a, before.LastStep) {
		return 0, "", nil, app.Fail(app.Internal, "", "").Because(errors.New("the check agreed without an unused step"))
	}
	return step, method, nil, nil
}

// authorizes tells whether a check's consent is one.
func authorizes(step int64, method app.AuthMethod, codeOff bool, account *app.Account, a *app.Authenticator, last int64) bool {
	switch {
	case account == nil:
		return false
	case method == app.ByCode:
		return a != nil && step > last && a.LastStep >= step
	case method == app.ByPortal:
		return codeOff && step == 0
	}
	return false
}

// present makes nil of what does not exist.
func present[R any](r R, err error) (*R, error) {
	if errors.Is(err, app.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}
