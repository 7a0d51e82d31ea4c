package portal

import (
	"context"
	"errors"

	"signservice/app"
	"signservice/bitrix"
)

// Ready tells whether the document still lies in its place and the user may
// replace it, before a code is used up. Errors: app.Conflict request.conflict
// when its place holds another file or version now, app.NotFound deal.gone,
// app.Forbidden portal.no-right, and those of every call. The same right is
// needed for a field, for a comment and for the entry in the timeline.
//
// No method of Bitrix24 tells of a right to change without changing, so an
// update without fields is tried: the portal checks the right first, and then
// finds nothing to save. That order is inferred from its code and not
// documented; hence only a refusal for want of a right counts, and any other
// says nothing.
func (p *Portals) Ready(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document) error {
	const op = "look whether document can be replaced"
	return p.as(ctx, portal, user, op, func(c *bitrix.Client) error {
		at, err := locate(ctx, c, d)
		switch {
		case errors.Is(err, errAway), err == nil && d.Version != "" && at.Version != d.Version:
			return conflict("request.conflict", true).Because(err)
		case err != nil:
			return err
		}
		_, err = c.UpdateItem(ctx, bitrix.EntityType(d.Entity.Type), bitrix.ID(d.Entity.ID), bitrix.Params{})
		if refusesUser(err) {
			return err
		}
		if err != nil {
			p.log.WarnContext(ctx, "probe of the right to change failed", "portal", portal, "error", err)
		}
		return ctx.Err()
	})
}

// refusesUser tells whether a failure is a decision about this user or token.
func refusesUser(err error) bool {
	for _, cause := range []error{
		bitrix.ErrAccessDenied, bitrix.ErrNotFound, bitrix.ErrUserInactive, bitrix.ErrUserNotAllowed,
		bitrix.ErrInsufficientScope, bitrix.ErrNoREST, bitrix.ErrExpiredToken, bitrix.ErrInvalidGrant, bitrix.ErrNotInstalled,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}
