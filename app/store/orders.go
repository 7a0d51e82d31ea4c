package store

import (
	"context"
	"time"

	"signservice/app"
)

// Order gives an Order of a portal.
func (s *Store) Order(ctx context.Context, portal app.PortalID, id app.OrderID) (app.Order, error) {
	return view(ctx, s, func(tx Tx) (app.Order, error) { return s.order(tx, portal, id) })
}

func (s *Store) order(tx Tx, portal app.PortalID, id app.OrderID) (app.Order, error) {
	return get[app.Order](s, tx, bucketOrders, key(string(portal), string(id)), nil)
}

func (s *Store) putOrder(tx Tx, o app.Order) error {
	return put(s, tx, bucketOrders, key(string(o.Portal), string(o.ID)), o, nil)
}

// CreateOrder writes an Order and changes its Requests, in one transaction.
func (s *Store) CreateOrder(ctx context.Context, o app.Order,
	change func(r *app.Request, now time.Time) error, entries ...app.AuditEntry,
) error {
	return s.update(ctx, func(tx Tx) error {
		for _, id := range o.Requests {
			old, err := s.request(tx, o.Portal, id)
			if err != nil {
				return known(err, "request.unknown")
			}
			r := old
			if err := change(&r, tx.Now()); err != nil {
				return err
			}
			if err := s.putRequest(tx, &old, r); err != nil {
				return err
			}
		}
		return s.putOrder(tx, o)
	}, entries...)
}

// Authorize is the one door through which a Request gets to work. In one
// transaction it has check look at the code, uses up the time step, makes the
// Order's Requests authorized, chains the audit entries and enqueues the
// Requests. What check did to the authenticator, and the entries, are stored
// also when it refuses.
//
// The time step must be later than the authenticator's last one: a step
// authorizes one Order, ever, whatever check says.
func (s *Store) Authorize(ctx context.Context, portal app.PortalID, id app.OrderID,
	check func(a *app.Authenticator, account *app.Account, now time.Time) (int64, app.AuthMethod, error),
	entries func(o app.Order, err error) []app.AuditEntry,
) error {
	var refused error
	err := s.backend.Update(ctx, func(tx Tx) error {
		refused = nil
		o, requests, err := s.authorizable(tx, portal, id)
		if err != nil {
			return err
		}
		account, err := optional(s.account(tx, portal, o.User))
		if err != nil {
			return err
		}
		a, err := optional(s.authenticator(tx, portal, o.User))
		if err != nil {
			return err
		}
		var last int64
		if a != nil {
			last = a.LastStep
		}
		step, method, err := check(a, account, tx.Now())
		if err == nil && method == app.ByCode && (a == nil || step <= last) {
			err = app.Fail(app.Unauthenticated, "authorize order", "code.used", 30)
		}
		if refused, err = refusal(err); err != nil {
			return err
		}
		if a != nil {
			if refused == nil && method == app.ByCode {
				a.LastStep = step
			}
			if err := s.putAuthenticator(tx, *a); err != nil {
				return err
			}
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
		if r.State != app.Frozen || r.Order != o.ID {
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
		r.State, r.UpdatedAt = app.Authorized, tx.Now()
		if err := s.putRequest(tx, &old, r); err != nil {
			return err
		}
		if err := s.enqueue(tx, r.Portal, r.ID); err != nil {
			return err
		}
	}
	return s.chain(tx, entries...)
}
