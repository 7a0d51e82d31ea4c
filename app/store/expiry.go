package store

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

// Due is what the passing of time asks for.
type Due struct {
	// Expired are the frozen Requests that Stale has just ended.
	Expired []RequestRef
	// Removable are Requests whose spooled files may be deleted: then Cleared.
	Removable []RequestRef
}

// staleLimit is how many Requests one call of Stale looks at.
const staleLimit = 500

// Stale ends the frozen Requests whose time is over, each with its audit entry,
// and gives the ended ones, those included, whose files need not be kept any
// longer. A call looks at a few hundred, the oldest first.
func (s *Store) Stale(ctx context.Context, now time.Time) (Due, error) {
	var due Due
	refs, err := s.overdue(ctx, now)
	if err != nil {
		return due, err
	}
	for _, ref := range refs {
		expired, removable, err := s.expire(ctx, ref, now)
		if err != nil {
			return due, err
		}
		if expired {
			due.Expired = append(due.Expired, ref)
		}
		if removable {
			due.Removable = append(due.Removable, ref)
		}
	}
	return due, nil
}

// overdue gives the Requests whose deadline has come.
func (s *Store) overdue(ctx context.Context, now time.Time) (refs []RequestRef, err error) {
	last := systemPath(moment(now.Add(1))) // before every key of a later moment
	err = s.view(ctx, "list deadlines", func(tx Tx) error {
		refs = nil
		for row, err := range tx.Scan(deadlineBucket, Range{Prefix: system + "/", Limit: staleLimit}) {
			if err != nil {
				return err
			}
			if row.Key >= last {
				return nil
			}
			var ref RequestRef
			if err := s.codec.decode(deadlineBucket, row.Key, row.Value, &ref); err != nil {
				return err
			}
			refs = append(refs, ref)
		}
		return nil
	})
	return refs, err
}

// expire ends one Request if it is frozen and its time is over, and tells
// whether its files may go.
func (s *Store) expire(ctx context.Context, ref RequestRef, now time.Time) (expired, removable bool, err error) {
	err = s.backend.Update(ctx, func(tx Tx) error {
		expired, removable = false, false
		before, err := s.request(tx, ref.Portal, ref.ID)
		if err != nil {
			return err
		}
		at, due := before.deadline()
		if !due || at.After(now) { // it went on meanwhile
			return nil
		}
		removable = true
		if before.State != app.Frozen {
			return nil
		}
		expired = true
		after := before
		after.State, after.UpdatedAt = app.Expired, now
		if err := s.putRequest(tx, &before, after); err != nil {
			return err
		}
		return s.chain(tx, []app.AuditEntry{{
			Action: app.ActExpired, Portal: after.Portal, User: after.User, Order: after.Order, Request: after.ID,
			Entity: after.Document.Entity, File: after.Document.Name, FileID: after.Document.FileID, SHA256: after.Original.SHA256,
		}})
	})
	return expired, removable, app.Wrap("expire request", err)
}

// Cleared tells that the spooled files of an ended Request are gone: nothing
// can be delivered again.
func (s *Store) Cleared(ctx context.Context, portal app.PortalID, id app.RequestID) error {
	return s.update(ctx, "clear request", nil, func(tx Tx) error {
		before, err := s.request(tx, portal, id)
		if err != nil {
			return err
		}
		if !before.State.Ended() {
			return app.Fail(app.Internal, "", "").Because(errors.New("the request still needs its files"))
		}
		after, err := s.request(tx, portal, id)
		if err != nil {
			return err
		}
		after.Cleared = true
		if after.Failure != nil {
			after.Failure.Retryable = false
		}
		return s.putRequest(tx, &before, after)
	})
}
