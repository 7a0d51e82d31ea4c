package signing

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

// current gives a frozen Request of the visitor's. For one that waited too long
// it freezes the document anew and gives that Request, where it holds the very
// same bytes: who reads a contract for an hour signs what was read, and nothing
// else.
//
// Errors: app.NotFound "document.gone" and app.Conflict "request.changed" where
// the document is not what it was; app.Conflict "request.already" for a Request
// that was ordered or cancelled.
func (s *Service) current(ctx context.Context, v app.Visit, id app.RequestID) (app.Request, error) {
	r, err := s.Request(ctx, v, id)
	if err != nil {
		return app.Request{}, err
	}
	if !late(r, s.Now()) {
		if r.State != app.Frozen {
			return app.Request{}, app.Fail(app.Conflict, "check request", "request.already")
		}
		if err = s.kept(ctx, r); !errors.Is(err, app.NotFound) { // otherwise cleared away a moment ago
			return r, err
		}
	}
	d := r.Document
	fresh, err := s.Freeze(ctx, v, DocumentRef{Source: d.Source, Field: d.Field, FileID: d.FileID})
	if err != nil {
		return app.Request{}, err
	}
	if fresh.Original.SHA256 != r.Original.SHA256 {
		return app.Request{}, app.Fail(app.Conflict, "check request", "request.changed")
	}
	return fresh, nil
}

// late tells whether a Request waited too long for its order.
func late(r app.Request, now time.Time) bool {
	return r.State == app.Expired || r.State == app.Frozen && !now.Before(r.ExpiresAt)
}
