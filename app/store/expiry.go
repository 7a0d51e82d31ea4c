package store

import (
	"context"
	"time"

	"signservice/app"
)

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
			if dueKey(r) >= systemKey(stamp(now.Add(1))) {
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

// Cleared notes that the files of an ended Request are gone, so that nothing
// can be delivered again. The Request itself stays: the journal names it.
func (s *Store) Cleared(ctx context.Context, portal app.PortalID, id app.RequestID) error {
	return s.update(ctx, func(tx Tx) error {
		r, err := s.request(tx, portal, id)
		if err != nil {
			return err
		}
		if !r.State.Ended() {
			return impossible("clear request", "it still needs its files")
		}
		if r.Failure != nil && r.Failure.Retryable {
			failure := *r.Failure
			failure.Retryable = false
			next := r
			next.Failure = &failure
			if err := s.putRequest(tx, &r, next); err != nil {
				return err
			}
		}
		return tx.Delete(bucketDue, dueKey(r))
	})
}
