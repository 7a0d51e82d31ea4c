package admin

import (
	"context"

	"signservice/app"
)

// LinkAlone tells whether a setup link is enough to bind a phone in the portal,
// without proof that its visitor is the person whom it is for.
func (s *Service) LinkAlone(ctx context.Context, v app.Visit) (bool, error) {
	const op = "look at setup links"
	if err := allow(v, op); err != nil {
		return false, err
	}
	p, err := s.config.Store.Portal(ctx, v.Portal)
	return p.LinkAlone, app.Wrap(op, err)
}

// SetLinkAlone lets a setup link suffice, or no longer: then at once, also for
// links that are open. Whoever gets hold of a link could bind a phone of their
// own to another's account, so it is for portals whose employees cannot sign in
// from their phones, and it is in the journal.
func (s *Service) SetLinkAlone(ctx context.Context, v app.Visit, on bool) error {
	const op = "set what setup links need"
	if err := allow(v, op); err != nil {
		return err
	}
	s.changes.Lock()
	defer s.changes.Unlock()
	p, err := s.config.Store.Portal(ctx, v.Portal)
	if err != nil || p.LinkAlone == on {
		return app.Wrap(op, err)
	}
	action := app.ActLinkAloneOff
	if on {
		action = app.ActLinkAlone
	}
	p.LinkAlone = on
	return app.Wrap(op, s.config.Store.SavePortal(ctx, p, entry(v, action, "")))
}
