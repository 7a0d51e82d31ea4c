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
// from their phones; to let it wants the administrator's code, is in the journal,
// and the other administrators are told.
func (s *Service) SetLinkAlone(ctx context.Context, v app.Visit, on bool) error {
	const op = "set what setup links need"
	if err := allow(v, op); err != nil {
		return err
	}
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	p, err := s.config.Store.Portal(ctx, v.Portal)
	if err != nil || p.LinkAlone == on {
		return app.Wrap(op, err)
	}
	action := app.ActLinkAloneOff
	if on {
		action = app.ActLinkAlone
		if err := s.confirm(ctx, v, op); err != nil {
			return err
		}
	}
	p.LinkAlone = on
	if err := s.config.Store.SavePortal(ctx, p, entry(v, action, "")); err != nil {
		return app.Wrap(op, err)
	}
	if on {
		notices.add(func() { s.concernAdministrators(ctx, v, "concern.link-alone") })
	}
	return nil
}
