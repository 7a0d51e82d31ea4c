package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"math"
	"time"

	"signservice/app"
)

// erase removes what belongs to portals that have removed the app, asked for
// their data to be deleted, and did not come back: files first, so that none is
// left without its record.
func (s *service) erase(ctx context.Context, now time.Time) error {
	portals, err := s.store.Portals(ctx)
	if err != nil {
		return err
	}
	for _, p := range portals {
		if !p.Erasable(now) {
			continue
		}
		requests, err := s.store.Requests(ctx, p.ID, app.RequestQuery{Limit: math.MaxInt})
		if err != nil {
			return err
		}
		for _, r := range requests {
			if err := s.deleteFiles(ctx, r.ID); err != nil {
				return err
			}
		}
		if err := s.store.Erase(ctx, p.ID, now, app.AuditEntry{Action: app.ActErased, Portal: p.ID, Subject: p.Domain}); err != nil {
			return err
		}
		s.log.LogAttrs(ctx, slog.LevelInfo, "portal erased", slog.String("portal", string(p.ID)), slog.Int("requests", len(requests)))
	}
	return nil
}

// deleteFiles removes a Request's files from the spool; what is gone already is
// no fault.
func (s *service) deleteFiles(ctx context.Context, id app.RequestID) error {
	for _, which := range []string{"original", "signed"} {
		err := s.spool.Delete(ctx, string(id)+"/"+which)
		if err != nil && !errors.Is(err, app.NotFound) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
