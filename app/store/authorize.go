package store

import (
	"context"
	"time"

	"signservice/app"
)

// checkFunc looks at the code for an order; see app/otp. a is nil where no
// phone is bound, account where there is none.
type checkFunc = func(a *app.Authenticator, account *app.Account, now time.Time) (step int64, method app.AuthMethod, err error)

// Authorize is the one door through which a Request gets to work. In one
// transaction: the Order is there, open, and its Requests are frozen and its own
// (app.NotFound, app.Conflict otherwise, and no code is looked at); check looks
// at the code; what it did to the authenticator is stored; when it agreed, the
// time step is used up, the Order and its Requests are authorized, and the
// Requests enqueued; what entries gives for the outcome is chained. The counters
// and the entries are stored also when check refuses with an app.Error of the
// person's; its other errors store nothing.
//
// Whatever check says, a time step authorizes one Order, ever: it must be later
// than the authenticator's last one; and without a step only an account whose
// code is off, in a portal that allows it, is authorized.
func (s *Store) Authorize(ctx context.Context, portal app.PortalID, id app.OrderID, check checkFunc,
	entries func(o app.Order, err error) []app.AuditEntry,
) error {
	var refused error
	err := s.backend.Update(ctx, func(tx Tx) error {
		refused = nil
		o, requests, err := s.authorizable(tx, portal, id)
		if err != nil {
			return err
		}
		step, method, err := s.ask(tx, o, check)
		if refused, err = refusal(err); err != nil {
			return err
		}
		if refused != nil {
			return s.chain(tx, entries(o, refused)...)
		}
		o.AuthorizedAt, o.Step, o.Method = tx.Now(), step, method
		return s.authorized(tx, o, requests, entries(o, nil))
	})
	if err != nil {
		return err
	}
	return refused
}

// ask has the code looked at and stores what that did to the authenticator,
// unless something is wrong with us.
func (s *Store) ask(tx Tx, o app.Order, check checkFunc) (step int64, method app.AuthMethod, err error) {
	account, err := optional(s.account(tx, o.Portal, o.User))
	if err != nil {
		return 0, "", err
	}
	if account != nil && account.CodeOff {
		settings, err := s.settings(tx, o.Portal)
		if err != nil {
			return 0, "", err
		}
		account.CodeOff = !settings.CodeRequired
	}
	a, err := optional(s.authenticator(tx, o.Portal, o.User))
	if err != nil {
		return 0, "", err
	}
	codeOff := account != nil && account.CodeOff
	var before app.Authenticator
	if a != nil {
		before = *a
	}
	step, method, asked := check(a, account, tx.Now())
	if asked == nil {
		asked = consent(step, method, codeOff, account, a, before)
	}
	if _, failed := refusal(asked); failed != nil {
		return 0, "", failed
	}
	if a != nil {
		if a.Secret != before.Secret {
			return 0, "", impossible("authorize order", "looking at a code changed the secret")
		}
		if err := s.putAuthenticator(tx, before, *a); err != nil {
			return 0, "", err
		}
	}
	return step, method, asked
}

// consent refuses what check must not agree to.
func consent(step int64, method app.AuthMethod, codeOff bool, account *app.Account, a *app.Authenticator, before app.Authenticator) error {
	switch {
	case account == nil:
	case method == app.ByCode && a != nil && step > before.LastStep && a.LastStep >= step:
		return nil
	case method == app.ByPortal && codeOff && step == 0:
		return nil
	}
	return impossible("authorize order", "the check agreed without an unused step")
}

// authorizable gives an Order that waits for its code, with its Requests.
func (s *Store) authorizable(tx Tx, portal app.PortalID, id app.OrderID) (app.Order, []app.Request, error) {
	o, err := s.order(tx, portal, id)
	if err != nil {
		return o, nil, known(err, "request.unknown")
	}
	if !o.AuthorizedAt.IsZero() {
		return o, nil, app.Fail(app.Conflict, "authorize order", "request.already")
	}
	if !tx.Now().Before(o.ExpiresAt) {
		return o, nil, app.Fail(app.Conflict, "authorize order", "request.expired")
	}
	var requests []app.Request
	for _, id := range o.Requests {
		r, err := s.request(tx, portal, id)
		if err != nil {
			return o, nil, known(err, "request.unknown")
		}
		if r.State != app.Frozen || r.Order != o.ID || r.User != o.User {
			return o, nil, app.Fail(app.Conflict, "authorize order", "request.already")
		}
		requests = append(requests, r)
	}
	return o, requests, nil
}

// authorized writes what a right code sets going.
func (s *Store) authorized(tx Tx, o app.Order, requests []app.Request, entries []app.AuditEntry) error {
	if err := s.putOrder(tx, o); err != nil {
		return err
	}
	for _, old := range requests {
		r := old
		r.State, r.Method, r.UpdatedAt = app.Authorized, o.Method, tx.Now()
		if err := s.putRequest(tx, &old, r); err != nil {
			return err
		}
		if err := s.enqueue(tx, r.Portal, r.ID); err != nil {
			return err
		}
	}
	return s.chain(tx, entries...)
}
