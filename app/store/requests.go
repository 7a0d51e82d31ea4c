package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// stamp writes a time so that it sorts as text.
func stamp(t time.Time) string { return fmt.Sprintf("%020d", max(t.UnixNano(), 0)) }

// dueKey orders Requests by when something must be cleared away; "" where
// nothing is.
func dueKey(r app.Request) string {
	var at time.Time
	switch {
	case r.State == app.Frozen:
		at = r.ExpiresAt
	case r.State.Ended():
		at = r.UpdatedAt.Add(app.Retention)
	default:
		return ""
	}
	return key(system, stamp(at), string(r.Portal), string(r.ID))
}

func working(state app.State) bool { return state != app.Frozen && !state.Ended() }

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
	index := key(system, string(r.Portal), string(r.ID))
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
// Only Authorize takes a Request out of frozen into work.
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
		if r.ID != old.ID || r.Portal != old.Portal || r.User != old.User || old.State == app.Frozen && working(r.State) {
			return app.Fail(app.Internal, "update request", "").Because(errors.New("forbidden change"))
		}
		if err := s.putRequest(tx, &old, r); err != nil {
			return err
		}
		out = r
		return s.chain(tx, entries...)
	})
	return out, err
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

// Due is what Stale found.
type Due struct {
	// Removable are ended Requests whose files may be deleted; Cleared is to be
	// called for each when they are.
	Removable []RequestRef
}

// maxDue is how many Requests one call of Stale looks at.
const maxDue = 500

// Stale expires frozen Requests whose time is over, and names ended ones whose
// files have been kept long enough. A Request that just expired is named too:
// nobody will ask for its file.
func (s *Store) Stale(ctx context.Context, now time.Time) (Due, error) {
	var due Due
	err := s.backend.Update(ctx, func(tx Tx) error {
		due = Due{}
		pointers, err := list[RequestRef](s, tx, bucketDue, Range{Prefix: system + "/", Limit: maxDue}, nil)
		if err != nil {
			return err
		}
		for _, p := range pointers {
			r, err := s.request(tx, p.Portal, p.ID)
			if err != nil {
				return err
			}
			if dueKey(r) > key(system, stamp(now), "~") {
				break // in order of time: the rest is not due either
			}
			if r.State == app.Frozen {
				if err := s.expire(tx, r, now); err != nil {
					return err
				}
			}
			due.Removable = append(due.Removable, p)
		}
		return nil
	})
	return due, err
}

// expire ends a frozen Request.
func (s *Store) expire(tx Tx, old app.Request, now time.Time) error {
	r := old
	r.State, r.UpdatedAt = app.Expired, now
	if err := s.putRequest(tx, &old, r); err != nil {
		return err
	}
	return s.chain(tx, app.AuditEntry{
		Action: app.ActExpired, Portal: r.Portal, User: r.User, Request: r.ID,
		Entity: r.Document.Entity, File: r.Document.Name, FileID: r.Document.FileID, SHA256: r.Original.SHA256,
	})
}

// Cleared notes that the files of an ended Request are gone. The Request itself
// stays: the journal names it.
func (s *Store) Cleared(ctx context.Context, portal app.PortalID, id app.RequestID) error {
	return s.update(ctx, func(tx Tx) error {
		r, err := s.request(tx, portal, id)
		if err != nil {
			return err
		}
		if due := dueKey(r); due != "" {
			return tx.Delete(bucketDue, due)
		}
		return nil
	})
}
