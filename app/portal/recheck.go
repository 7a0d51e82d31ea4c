package portal

import (
	"context"

	"signservice/app"
	"signservice/bitrix"
)

// Recheck asks the portal, with the user's own grant, who the user is now:
// still let in, still an employee, still an administrator. The visit it gives
// has neither slot nor language. It fails with app.Unauthenticated when the
// grant has run out, so that the page must be opened anew, and with
// app.Forbidden when the user may no longer be let in.
func (p *Portals) Recheck(ctx context.Context, portal app.PortalID, user app.UserID) (app.Visit, error) {
	var v app.Visit
	err := p.as(ctx, portal, user, "recheck visitor", func(c *bitrix.Client) error {
		profile, err := c.Profile(ctx)
		if err != nil {
			return err
		}
		v = visit(portal, profile)
		if v.User != user {
			return bitrix.ErrForged
		}
		return employee(ctx, c)
	})
	if err != nil {
		return app.Visit{}, err
	}
	return v, nil
}
