package signing

import (
	"context"
	"errors"
	"slices"
	"time"

	"signservice/app"
)

// Batch gives the visitor's own Requests of one Order, in its order. Another
// user's Order, and one of another element, do not exist for the visitor: kind
// app.NotFound.
func (s *Service) Batch(ctx context.Context, v app.Visit, id app.OrderID) ([]app.Request, error) {
	unknown := app.Fail(app.NotFound, "find order", "request.unknown")
	o, err := s.Store.Order(ctx, v.Portal, id)
	if errors.Is(err, app.NotFound) || err == nil && (o.User != v.User || o.AuthorizedAt.IsZero()) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	list := make([]app.Request, 0, len(o.Requests))
	for _, each := range o.Requests {
		r, err := s.Request(ctx, v, each)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// batchEvery is how often the Requests of an Order are read for changes.
const batchEvery = 500 * time.Millisecond

// NextOf gives the Requests of an Order as soon as one of them is no longer as
// seen. Without a change it gives them as they are when ctx ends or patience is
// over.
func (s *Service) NextOf(ctx context.Context, v app.Visit, id app.OrderID, seen []app.Request, patience time.Duration) ([]app.Request, error) {
	end := time.NewTimer(patience)
	defer end.Stop()
	tick := time.NewTicker(batchEvery)
	defer tick.Stop()
	same := func(a, b app.Request) bool { return a.ID == b.ID && a.State == b.State && a.Attempts == b.Attempts }
	for {
		list, err := s.Batch(ctx, v, id)
		if err != nil || Settled(list) || !slices.EqualFunc(list, seen, same) {
			return list, err
		}
		select {
		case <-tick.C:
		case <-end.C:
			return list, nil
		case <-ctx.Done():
			return list, nil
		}
	}
}

// Settled tells whether nothing more will happen to any of the Requests.
func Settled(list []app.Request) bool {
	return !slices.ContainsFunc(list, func(r app.Request) bool { return !r.State.Ended() })
}
