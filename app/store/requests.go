package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signservice/app"
)

// SaveRequest writes a new Request, which must be frozen.
func (s *Store) SaveRequest(ctx context.Context, r app.Request, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		if r.State != app.Frozen {
			return app.Fail(app.Conflict, "save request", "request.already")
		}
		_, err := s.request(tx, r.Portal, r.ID)
		if err == nil {
			return app.Fail(app.Conflict, "save request", "request.already")
		}
		if !errors.Is(err, app.NotFound) {
			return err
		}
		return s.putRequest(tx, nil, r)
	}, entries...)
}

// Request gives a Request of a portal.
func (s *Store) Request(ctx context.Context, portal app.PortalID, id app.RequestID) (app.Request, error) {
	return view(ctx, s, func(tx Tx) (app.Request, error) { return s.request(tx, portal, id) })
}

func (s *Store) request(tx Tx, portal app.PortalID, id app.RequestID) (app.Request, error) {
	return get[app.Request](s, tx, bucketRequests, key(string(portal), string(id)), nil)
}

// timeKey orders a user's Requests at an element by time.
func timeKey(r app.Request) string {
	return key(string(r.Portal), string(r.User), entityKey(r.Document.Entity), stamp(r.CreatedAt), string(r.ID))
}

func entityKey(e app.Entity) string { return fmt.Sprintf("%d-%d", e.Type, e.ID) }

// dueKey orders Requests by when something must be cleared away; "" where
// nothing is.
func dueKey(r app.Request) string {
	var at time.Time
	switch {
	case r.State == app.Frozen:
		at = r.ExpiresAt
	case r.State == app.Expired || r.State == app.Cancelled:
		at = r.UpdatedAt // nothing was signed: there is nothing to keep
	case r.State.Ended():
		at = r.UpdatedAt.Add(r.KeepFor())
	default:
		return ""
	}
	return systemKey(stamp(at), string(r.Portal), string(r.ID))
}

func working(state app.State) bool { return state != app.Frozen && !state.Ended() }

// undelivered tells of a Request that was signed, and whose file the portal did
// not take.
func undelivered(r app.Request) bool {
	return r.State == app.Failed && r.Failure != nil && r.Failure.Retryable
}

// putRequest writes a Request and its indexes; old is what it was before.
func (s *Store) putRequest(tx Tx, old *app.Request, r app.Request) error {
	at := key(string(r.Portal), string(r.ID))
	if err := put(s, tx, bucketRequests, at, r, nil); err != nil {
		return err
	}
	pointer := RequestRef{Portal: r.Portal, ID: r.ID}
	if old == nil {
		if err := put(s, tx, bucketRequestTimes, timeKey(r), pointer, nil); err != nil {
			return err
		}
	}
	if old != nil && dueKey(*old) != "" && dueKey(*old) != dueKey(r) {
		if err := tx.Delete(bucketDue, dueKey(*old)); err != nil {
			return err
		}
	}
	if due := dueKey(r); due != "" {
		if err := put(s, tx, bucketDue, due, pointer, nil); err != nil {
			return err
		}
	}
	if old != nil && old.State != app.Delivered && r.State == app.Delivered {
		if err := put(s, tx, bucketLastSigned, key(string(r.Portal), string(r.User)), r.SignedAt, nil); err != nil {
			return err
		}
	}
	waits := key(string(r.Portal), string(r.ID))
	if undelivered(r) {
		if err := put(s, tx, bucketUnfinished, waits, pointer, nil); err != nil {
			return err
		}
	} else if old != nil && undelivered(*old) {
		if err := tx.Delete(bucketUnfinished, waits); err != nil {
			return err
		}
	}
	index := systemKey(string(r.Portal), string(r.ID))
	if working(r.State) {
		return put(s, tx, bucketUnfinished, index, pointer, nil)
	}
	return tx.Delete(bucketUnfinished, index)
}

// defaultLimit is how many rows a query gives when it names no limit.
const defaultLimit = 100

// Requests lists a portal's Requests, newest first.
func (s *Store) Requests(ctx context.Context, portal app.PortalID, q app.RequestQuery) ([]app.Request, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	parts := []string{string(portal)}
	if q.User != "" {
		parts = append(parts, string(q.User))
		if q.Entity != (app.Entity{}) {
			parts = append(parts, entityKey(q.Entity))
		}
	}
	return view(ctx, s, func(tx Tx) ([]app.Request, error) {
		found := []app.Request{}
		for p, err := range each[RequestRef](s, tx, bucketRequestTimes, Range{Prefix: prefix(parts...), Reverse: true}, nil) {
			if err != nil {
				return nil, err
			}
			r, err := s.request(tx, p.Portal, p.ID)
			if err != nil {
				return nil, err
			}
			if q.Entity != (app.Entity{}) && r.Document.Entity != q.Entity ||
				len(q.States) > 0 && !slices.Contains(q.States, r.State) {
				continue
			}
			found = append(found, r)
			// One user's Requests at one element come in order of time; others do not.
			if len(parts) == 3 && len(found) == limit {
				break
			}
		}
		slices.SortStableFunc(found, func(a, b app.Request) int { return b.CreatedAt.Compare(a.CreatedAt) })
		return found[:min(limit, len(found))], nil
	})
}

// UpdateRequest changes a Request in one transaction with its audit entries.
// change may run more than once; when it returns an error nothing is stored.
// Only Authorize takes a Request into work, and nothing makes it another one.
func (s *Store) UpdateRequest(ctx context.Context, portal app.PortalID, id app.RequestID,
	change func(r *app.Request, now time.Time) ([]app.AuditEntry, error),
) (app.Request, error) {
	var out app.Request
	err := s.backend.Update(ctx, func(tx Tx) error {
		old, err := s.request(tx, portal, id)
		if err != nil {
			return err
		}
		r := old
		entries, err := change(&r, tx.Now())
		if err != nil {
			return err
		}
		if err := s.checkWork(tx, old, r); err != nil {
			return err
		}
		if err := checkChange(old, r); err != nil {
			return err
		}
		if err := s.putRequest(tx, &old, r); err != nil {
			return err
		}
		out = r
		return s.chain(tx, entries...)
	})
	if err != nil {
		return app.Request{}, err
	}
	return out, nil
}

// checkWork refuses to take a Request into work that no Order of its own was
// authorized for.
func (s *Store) checkWork(tx Tx, old, r app.Request) error {
	if !working(r.State) || working(old.State) || redelivers(old, r) {
		return nil
	}
	resumes, err := s.resumes(tx, old, r)
	if err == nil && !resumes {
		err = impossible("change request", "it went to work without an authorized order")
	}
	return err
}

// resumes tells whether a Request that failed before it was signed is begun
// anew, shortly after the code of its Order: as it was ordered, for the same bytes.
func (s *Store) resumes(tx Tx, old, r app.Request) (bool, error) {
	if old.State != app.Failed || old.Failure == nil || !tx.Now().Before(old.Failure.RetryUntil) ||
		r.State != app.Authorized || old.ResultSHA256 != "" || len(r.Prepared) > 0 ||
		r.Order != old.Order || r.Certificate != old.Certificate || r.Signet != old.Signet {
		return false, nil
	}
	o, err := optional(s.order(tx, old.Portal, old.Order))
	if err != nil || o == nil {
		return false, err
	}
	return slices.Contains(o.Requests, old.ID) && !o.AuthorizedAt.IsZero() && tx.Now().Before(o.AuthorizedAt.Add(app.RetryLife)), nil
}

// checkChange refuses what no change of a Request may do.
func checkChange(old, r app.Request) error {
	switch {
	case r.ID != old.ID || r.Portal != old.Portal || r.User != old.User ||
		r.Document.Entity != old.Document.Entity || r.Sample != old.Sample || !r.CreatedAt.Equal(old.CreatedAt):
		return impossible("change request", "it became another one")
	case r.Original.SHA256 != old.Original.SHA256:
		return impossible("change request", "the frozen bytes changed")
	case r.State == app.Frozen && old.State != app.Frozen:
		return impossible("change request", "it was frozen again")
	}
	return nil
}

// redelivers tells whether a failed Request goes back to deliver what was
// signed under its own Order.
func redelivers(old, r app.Request) bool {
	return old.State == app.Failed && r.State == app.Signed && r.Order == old.Order &&
		r.ResultSHA256 != "" && r.ResultSHA256 == old.ResultSHA256
}

// RequestRef names a Request.
type RequestRef struct {
	Portal app.PortalID  `json:"portal"`
	ID     app.RequestID `json:"id"`
}

// Unfinished gives the Requests of all portals that are authorized and have not
// ended.
func (s *Store) Unfinished(ctx context.Context) ([]app.Request, error) {
	return view(ctx, s, func(tx Tx) ([]app.Request, error) { return s.unfinished(tx, system+"/") })
}

// Waiting gives the Requests of a portal that are authorized and have not ended,
// and those that were signed and not delivered, oldest first.
func (s *Store) Waiting(ctx context.Context, portal app.PortalID) ([]app.Request, error) {
	return view(ctx, s, func(tx Tx) ([]app.Request, error) {
		working, err := s.unfinished(tx, systemKey(string(portal))+"/")
		if err != nil {
			return nil, err
		}
		// Those that have ended lie in the same bucket, under their portal's key.
		ended, err := s.unfinished(tx, prefix(string(portal)))
		if err != nil {
			return nil, err
		}
		all := append(working, ended...)
		slices.SortStableFunc(all, func(a, b app.Request) int { return a.CreatedAt.Compare(b.CreatedAt) })
		return all, nil
	})
}

// LastSigned tells when the users of a portal last signed a document that was
// delivered.
func (s *Store) LastSigned(ctx context.Context, portal app.PortalID) (map[app.UserID]time.Time, error) {
	return view(ctx, s, func(tx Tx) (map[app.UserID]time.Time, error) {
		last := map[app.UserID]time.Time{}
		begin := prefix(string(portal))
		for row, err := range tx.Scan(bucketLastSigned, Range{Prefix: begin}) {
			if err != nil {
				return nil, err
			}
			at, err := decode[time.Time](s, bucketLastSigned, row.Key, row.Value, nil)
			if err != nil {
				return nil, err
			}
			last[app.UserID(strings.TrimPrefix(row.Key, begin))] = at
		}
		return last, nil
	})
}

func (s *Store) unfinished(tx Tx, begin string) ([]app.Request, error) {
	pointers, err := list[RequestRef](s, tx, bucketUnfinished, Range{Prefix: begin}, nil)
	if err != nil {
		return nil, err
	}
	var all []app.Request
	for _, p := range pointers {
		r, err := s.request(tx, p.Portal, p.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
