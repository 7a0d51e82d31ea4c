package store

import (
	"context"
	"slices"
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

// CreateOrder writes a new Order and changes its Requests, which must be its
// user's own and frozen, in one transaction. change may run more than once and
// refuses by an error: then nothing is stored. A Request belongs to its latest
// Order alone, and waits as long as it.
func (s *Store) CreateOrder(ctx context.Context, o app.Order,
	change func(r *app.Request, now time.Time) error, entries ...app.AuditEntry,
) error {
	if len(o.Requests) == 0 || !o.AuthorizedAt.IsZero() {
		return impossible("create order", "a new order has requests, and is not authorized")
	}
	o.Requests = unique(o.Requests)
	return s.update(ctx, func(tx Tx) error {
		there, err := optional(s.order(tx, o.Portal, o.ID))
		if err != nil {
			return err
		}
		if there != nil {
			return app.Fail(app.Conflict, "create order", "request.already")
		}
		for _, id := range o.Requests {
			if err := s.orderRequest(tx, o, id, change); err != nil {
				return err
			}
		}
		return s.putOrder(tx, o)
	}, entries...)
}

// orderRequest makes a Request one of the Order.
func (s *Store) orderRequest(tx Tx, o app.Order, id app.RequestID, change func(*app.Request, time.Time) error) error {
	old, err := s.request(tx, o.Portal, id)
	if err != nil {
		return known(err, "request.unknown")
	}
	if old.User != o.User { // another's does not exist
		return app.Fail(app.NotFound, "create order", "request.unknown")
	}
	r := old
	if err := change(&r, tx.Now()); err != nil {
		return err
	}
	if old.State != app.Frozen || r.State != app.Frozen {
		return app.Fail(app.Conflict, "create order", "request.already")
	}
	r.Order = o.ID
	if r.ExpiresAt.Before(o.ExpiresAt) {
		r.ExpiresAt = o.ExpiresAt
	}
	if err := checkChange(old, r); err != nil {
		return err
	}
	return s.putRequest(tx, &old, r)
}

// unique gives the ids once each, in their order.
func unique(ids []app.RequestID) []app.RequestID {
	var once []app.RequestID
	for _, id := range ids {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once
}
