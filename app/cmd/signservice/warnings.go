package main

import (
	"context"
	"time"
)

// warnEvery is how often certificates are looked through for those that end
// soon. Each warning is told once, so what is looked for often costs nobody.
const warnEvery = time.Hour

// warnings tells people of certificates that end soon, again and again.
func (s *service) warnings(ctx context.Context) error {
	tick := time.NewTicker(warnEvery)
	defer tick.Stop()
	for {
		if err := s.office.Warn(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "warn of certificates that end soon", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
