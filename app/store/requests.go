package store

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"signservice/app"
)

// A Request has rows in the indexes that follow from it: by user, by element
// and by time for ever; among the unfinished while it is under way; among the
// deadlines while time will ask something of it.
const (
	requestBucket       = "requests"
	requestUserBucket   = "requests_by_user"
	requestEntityBucket = "requests_by_entity"
	requestTimeBucket   = "requests_by_time"
	unfinishedBucket    = "requests_unfinished"
	deadlineBucket      = "request_deadlines"
)

// requestRecord is a Request as it is kept.
type requestRecord struct {
	app.Request
	// Cleared tells that its spooled files are gone.
	Cleared bool
}

// RequestRef names a Request.
type RequestRef struct {
	Portal app.PortalID
	ID     app.RequestID
}

func requestKey(portal app.PortalID, id app.RequestID) string { return path(string(portal), string(id)) }

// working tells the states in which a Request is under way.
func working(s app.State) bool {
	switch s {
	case app.Authorized, app.Prepared, app.Signed, app.Delivered:
		return true
	}
	return false
}

// deadline is when time will ask something of the Request: to expire, or to
// have its files cleared away. An ended Request that signed nothing has nothing
// to keep.
func (r requestRecord) deadline() (time.Time, bool) {
	switch {
	case r.Cleared:
		return time.Time{}, false
	case r.State == app.Frozen:
		return r.ExpiresAt, true
	case r.State == app.Expired || r.State == app.Cancelled:
		return r.UpdatedAt, true
	case r.State.Ended():
		return r.UpdatedAt.Add(app.Retention), true
	}
	return time.Time{}, false
}

// indexRow is a row of an index; all rows hold a RequestRef.
type indexRow struct{ bucket, key string }

func (r requestRecord) indexes() []indexRow {
	portal, id, at := string(r.Portal), string(r.ID), moment(r.CreatedAt)
	rows := []indexRow{
		{requestUserBucket, path(portal, string(r.User), at, id)},
		{requestEntityBucket, path(append(entityPath(r.Portal, r.Document.Entity), at, id)...)},
		{requestTimeBucket, path(portal, at, id)},
	}
	if working(r.State) {
		rows = append(rows, indexRow{unfinishedBucket, path(portal, id)})
	}
	if at, due := r.deadline(); due {
		rows = append(rows, indexRow{deadlineBucket, systemPath(moment(at), portal, id)})
	}
	return rows
}

func entityPath(portal app.PortalID, e app.Entity) []string {
	return []string{string(portal), strconv.Itoa(e.Type), strconv.FormatInt(e.ID, 10)}
}

// putRequest writes a Request in place of before (nil for a new one), and
// brings its indexes up to date.
func (s *Store) putRequest(tx Tx, before *requestRecord, r requestRecord) error {
	var old []indexRow
	if before != nil {
		old = before.indexes()
	}
	rows := r.indexes()
	for _, row := range old {
		if !slices.Contains(rows, row) {
			if err := tx.Delete(row.bucket, row.key); err != nil {
				return err
			}
		}
	}
	for _, row := range rows {
		if !slices.Contains(old, row) {
			if err := put(s.codec, tx, row.bucket, row.key, RequestRef{r.Portal, r.ID}); err != nil {
				return err
			}
		}
	}
	return put(s.codec, tx, requestBucket, requestKey(r.Portal, r.ID), r)
}

func (s *Store) request(tx Tx, portal app.PortalID, id app.RequestID) (requestRecord, error) {
	r, err := get[requestRecord](s.codec, tx, requestBucket, requestKey(portal, id))
	if err != nil {
		return r, unknown(err, "request.unknown")
	}
	if r.Failure != nil {
		restoreNumbers(r.Failure.Args)
	}
	return r, nil
}

// restoreNumbers makes whole numbers of what JSON gives as floats: messages
// count with them.
func restoreNumbers(args []any) {
	for i, a := range args {
		if f, ok := a.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			args[i] = int(f)
		}
	}
}

// SaveRequest writes a new Request, which must be frozen. One of the same id is
// a Conflict.
func (s *Store) SaveRequest(ctx context.Context, r app.Request, entries ...app.AuditEntry) error {
	if err := errors.Join(named("request", r.Portal), named("request", r.User), named("request", r.ID)); err != nil {
		return err
	}
	if r.State != app.Frozen {
		return app.Fail(app.Internal, "save request", "").Because(errors.New("a new request is frozen"))
	}
	return s.update(ctx, "save request", entries, func(tx Tx) error {
		if there, err := exists(tx, requestBucket, requestKey(r.Portal, r.ID)); err != nil || there {
			return errors.Join(err, app.Fail(app.Conflict, "", "request.already"))
		}
		return s.putRequest(tx, nil, requestRecord{Request: r})
	})
}

// Request gives a Request of a portal.
func (s *Store) Request(ctx context.Context, portal app.PortalID, id app.RequestID) (r app.Request, err error) {
	err = s.view(ctx, "read request", func(tx Tx) error {
		record, err := s.request(tx, portal, id)
		r = record.Request
		return err
	})
	return r, err
}

// requestLimit is how many rows a query gives when it does not say.
const requestLimit = 100

// Requests gives the Requests of a portal that the query asks for, newest first.
func (s *Store) Requests(ctx context.Context, portal app.PortalID, q app.RequestQuery) (all []app.Request, err error) {
	if q.Limit <= 0 {
		q.Limit = requestLimit
	}
	bucket, prefix := requestTimeBucket, below(string(portal))
	switch {
	case q.Entity != (app.Entity{}):
		bucket, prefix = requestEntityBucket, below(entityPath(portal, q.Entity)...)
	case q.User != "":
		bucket, prefix = requestUserBucket, below(string(portal), string(q.User))
	}
	err = s.view(ctx, "list requests", func(tx Tx) error {
		all = nil
		for ref, err := range scan[RequestRef](s.codec, tx, bucket, Range{Prefix: prefix, Reverse: true}) {
			if err := errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			r, err := s.request(tx, ref.Portal, ref.ID)
			if err != nil {
				return err
			}
			if q.User != "" && r.User != q.User || len(q.States) > 0 && !slices.Contains(q.States, r.State) {
				continue
			}
			if all = append(all, r.Request); len(all) == q.Limit {
				return nil
			}
		}
		return nil
	})
	return all, err
}

// Unfinished gives the Requests of all portals that are under way, from
// authorized to delivered.
func (s *Store) Unfinished(ctx context.Context) (all []app.Request, err error) {
	err = s.view(ctx, "list unfinished requests", func(tx Tx) error {
		all = nil
		for ref, err := range scan[RequestRef](s.codec, tx, unfinishedBucket, Range{}) {
			if err != nil {
				return err
			}
			r, err := s.request(tx, ref.Portal, ref.ID)
			if err != nil {
				return err
			}
			all = append(all, r.Request)
		}
		return nil
	})
	return all, err
}

// UpdateRequest changes a Request in one transaction with its audit entries and
// gives it as it is then. change may run more than once; when it returns an
// error nothing is stored. It may not make a Request another one's, nor lead it
// from frozen into work: only Authorize does.
func (s *Store) UpdateRequest(ctx context.Context, portal app.PortalID, id app.RequestID,
	change func(r *app.Request, now time.Time) ([]app.AuditEntry, error),
) (app.Request, error) {
	var after requestRecord
	err := s.backend.Update(ctx, func(tx Tx) error {
		before, err := s.request(tx, portal, id)
		if err != nil {
			return err
		}
		if after, err = s.request(tx, portal, id); err != nil { // a copy that shares nothing
			return err
		}
		entries, err := change(&after.Request, tx.Now())
		if err != nil {
			return err
		}
		if err := checkChange(before.Request, after.Request); err != nil {
			return err
		}
		if err := s.putRequest(tx, &before, after); err != nil {
			return err
		}
		return s.chain(tx, entries)
	})
	if err != nil {
		return app.Request{}, app.Wrap("update request", err)
	}
	return after.Request, nil
}

// checkChange refuses what no change of a Request may do.
func checkChange(before, after app.Request) error {
	var wrong error
	switch {
	case before.ID != after.ID, before.Portal != after.Portal, before.User != after.User,
		before.Document.Entity != after.Document.Entity, !before.CreatedAt.Equal(after.CreatedAt):
		wrong = errors.New("a request became another one")
	case before.Original.SHA256 != after.Original.SHA256:
		wrong = errors.New("the frozen bytes of a request changed")
	case working(after.State) && !working(before.State) && !redelivers(before, after):
		wrong = errors.New("a request went into work without an authorized order")
	case after.State == app.Frozen && before.State != app.Frozen:
		wrong = errors.New("a request was frozen again")
	}
	if wrong == nil {
		return nil
	}
	return app.Fail(app.Internal, "check request", "").Because(wrong)
}

// redelivers tells whether a failed Request goes back to deliver what was
// signed under its own order.
func redelivers(before, after app.Request) bool {
	return before.State == app.Failed && after.State == app.Signed && before.ResultSHA256 != "" &&
		before.ResultSHA256 == after.ResultSHA256 && before.Order == after.Order
}
