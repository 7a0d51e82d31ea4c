package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"signservice/app"
)

const orderBucket = "orders"

func orderKey(portal app.PortalID, id app.OrderID) string { return path(string(portal), string(id)) }

// CreateOrder stores a new Order and changes its Requests, which must be frozen
// and its user's own, in one transaction. change may run more than once and
// refuses by an error: then nothing is stored. A Request belongs to the latest
// Order only, and lives as long as it.
func (s *Store) CreateOrder(ctx context.Context, o app.Order, change func(r *app.Request, now time.Time) error, entries ...app.AuditEntry) error {
	if err := errors.Join(named("order", o.Portal), named("order", o.User), named("order", o.ID), named("order", o.Requests...)); err != nil {
		return err
	}
	if len(o.Requests) == 0 || !o.AuthorizedAt.IsZero() {
		return app.Fail(app.Internal, "create order", "").Because(errors.New("a new order has requests and is not authorized"))
	}
	return s.update(ctx, "create order", entries, func(tx Tx) error {
		if there, err := exists(tx, orderBucket, orderKey(o.Portal, o.ID)); err != nil || there {
			return errors.Join(err, app.Fail(app.Conflict, "", "order.already"))
		}
		for _, id := range unique(o.Requests) {
			if err := s.orderRequest(tx, o, id, change); err != nil {
				return err
			}
		}
		o := o
		o.Requests = unique(o.Requests)
		return put(s.codec, tx, orderBucket, orderKey(o.Portal, o.ID), o)
	})
}

// orderRequest makes a Request one of the Order.
func (s *Store) orderRequest(tx Tx, o app.Order, id app.RequestID, change func(r *app.Request, now time.Time) error) error {
	before, err := s.request(tx, o.Portal, id)
	if err != nil {
		return err
	}
	if before.User != o.User { // another's does not exist
		return app.Fail(app.NotFound, "", "request.unknown")
	}
	after, err := s.request(tx, o.Portal, id)
	if err != nil {
		return err
	}
	if err := change(&after.Request, tx.Now()); err != nil {
		return err
	}
	if before.State != app.Frozen || after.State != app.Frozen {
		return app.Fail(app.Conflict, "", "request.already")
	}
	after.Order = o.ID
	if after.ExpiresAt.Before(o.ExpiresAt) {
		after.ExpiresAt = o.ExpiresAt
	}
	if err := checkChange(before.Request, after.Request); err != nil {
		return err
	}
	return s.putRequest(tx, &before, after)
}

func unique(ids []app.RequestID) []app.RequestID {
	var list []app.RequestID
	for _, id := range ids {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// Order gives an Order of a portal.
func (s *Store) Order(ctx context.Context, portal app.PortalID, id app.OrderID) (o app.Order, err error) {
	err = s.view(ctx, "read order", func(tx Tx) (err error) {
		o, err = s.order(tx, portal, id)
		return err
	})
	return o, err
}

func (s *Store) order(tx Tx, portal app.PortalID, id app.OrderID) (app.Order, error) {
	o, err := get[app.Order](s.codec, tx, orderBucket, orderKey(portal, id))
	return o, unknown(err, "order.unknown")
}
