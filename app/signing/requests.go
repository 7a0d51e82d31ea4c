package signing

import (
	"context"
	"errors"
	"io"
	"time"

	"signservice/app"
)

// Request gives one of the visitor's own Requests. Another user's, and one of
// another element, do not exist for the visitor: kind app.NotFound.
func (s *Service) Request(ctx context.Context, v app.Visit, id app.RequestID) (app.Request, error) {
	r, err := s.Store.Request(ctx, v.Portal, id)
	if errors.Is(err, app.NotFound) || err == nil && !own(v, r) {
		return app.Request{}, app.Fail(app.NotFound, "find request", "request.unknown")
	}
	return r, err
}

// own tells whether the Request is the visitor's, at the visit's element.
func own(v app.Visit, r app.Request) bool {
	return r.Portal == v.Portal && r.User == v.User && r.Document.Entity == v.Entity
}

// Recent lists the visitor's Requests at the visit's element, newest first.
func (s *Service) Recent(ctx context.Context, v app.Visit) ([]app.Request, error) {
	return s.Store.Requests(ctx, v.Portal, app.RequestQuery{User: v.User, Entity: v.Entity, Limit: 20})
}

// Cancel ends a Request that still waits for its order.
func (s *Service) Cancel(ctx context.Context, v app.Visit, id app.RequestID) error {
	if _, err := s.Request(ctx, v, id); err != nil {
		return err
	}
	_, err := s.Store.UpdateRequest(ctx, v.Portal, id, func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		if r.State != app.Frozen {
			return nil, app.Fail(app.Conflict, "cancel request", "request.already")
		}
		r.State, r.UpdatedAt = app.Cancelled, now
		return []app.AuditEntry{s.entry(*r, app.ActCancelled)}, nil
	})
	if err != nil {
		return err
	}
	s.watch.wake(id)
	return s.Spool.Delete(ctx, originalName(id))
}

// Retry carries on a Request that had failed, without a new code. A signed file
// whose delivery had failed is delivered: the same bytes are signed already,
// under the code of their Order. One that failed before it was signed, for a
// reason that may have passed, is begun anew within app.RetryLife after the code:
// for the bytes and the certificate that the code was given for, and no others.
func (s *Service) Retry(ctx context.Context, v app.Visit, id app.RequestID) (app.Request, error) {
	if _, err := s.Request(ctx, v, id); err != nil {
		return app.Request{}, err
	}
	r, err := s.Store.UpdateRequest(ctx, v.Portal, id, func(r *app.Request, now time.Time) ([]app.AuditEntry, error) {
		switch {
		case r.State == app.Failed && r.Failure != nil && r.Failure.Retryable:
			r.State = app.Signed
		case r.State == app.Failed && r.Failure != nil && s.Now().Before(r.Failure.RetryUntil):
			r.State, r.Prepared, r.Digest, r.SignedAt = app.Authorized, nil, "", time.Time{}
		default:
			return nil, app.Fail(app.Conflict, "retry request", "request.no-retry")
		}
		r.Failure, r.Delay, r.Attempts, r.RetryAt, r.UpdatedAt = nil, nil, 0, time.Time{}, now
		return []app.AuditEntry{s.entry(*r, app.ActRetried)}, nil
	})
	if err != nil {
		return app.Request{}, err
	}
	s.watch.wake(id)
	s.Wake()
	return r, nil
}

// Which names one of the two files that the spool keeps of a Request.
type Which string

// The files.
const (
	Original Which = "original"
	Signed   Which = "signed"
)

// Open gives a file of one of the visitor's Requests for download, with its
// size and the document's name. It fails with kind app.NotFound when the
// retention time is over or the file was never made.
func (s *Service) Open(ctx context.Context, v app.Visit, id app.RequestID, which Which) (io.ReadCloser, int64, string, error) {
	r, err := s.Request(ctx, v, id)
	if err != nil {
		return nil, 0, "", err
	}
	name := originalName(id)
	if which == Signed {
		name = signedName(id)
	}
	f, err := s.openKept(ctx, name)
	if err != nil {
		return nil, 0, "", err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(f, 0, f.Size()), f}, f.Size(), r.Document.Name, nil
}

// openSigned opens the signed file of a Request; app.NotFound where the retention
// time is over or it was never made.
func (s *Service) openSigned(ctx context.Context, id app.RequestID) (SpoolReader, error) {
	return s.openKept(ctx, signedName(id))
}

func (s *Service) openKept(ctx context.Context, name string) (SpoolReader, error) {
	f, err := s.Spool.Open(ctx, name)
	if errors.Is(err, app.NotFound) {
		return nil, app.Fail(app.NotFound, "open file", "request.file-gone").Because(err)
	}
	return f, app.Wrap("open file", err)
}

// entry gives an audit entry that tells of the Request.
func (s *Service) entry(r app.Request, a app.Action) app.AuditEntry {
	e := app.AuditEntry{
		Action: a, Portal: r.Portal, User: r.User, Order: r.Order, Request: r.ID,
		Entity: r.Document.Entity, File: r.Document.Name, FileID: r.Document.FileID,
		Certificate: r.Certificate, OwnerName: r.OwnerName, SHA256: r.Original.SHA256, Result: r.ResultSHA256, Digest: r.Digest,
	}
	switch {
	case a == app.ActSigned:
		e.Detail = "level." + string(r.Level)
	case r.Sample:
		e.Detail = "rehearsal.entry"
	}
	return e
}
