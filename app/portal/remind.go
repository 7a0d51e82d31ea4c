package portal

import (
	"context"
	"errors"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// Remind shows a notice without a sender in the messenger of the user to, by
// the grant of the user as, for whom the app must have been opened once. A later
// notice with the same tag takes the place of this one, so it may be repeated
// after a crash or a lost answer. The text is shown as it is: what portals take
// for markup is none in it.
//
// It needs the permission im: app.Forbidden portal.scope. A notice that the
// portal takes and shows to nobody, as for a user who has left, is
// app.NotFound notice.undelivered.
func (p *Portals) Remind(ctx context.Context, portal app.PortalID, as, to app.UserID, text, tag string) error {
	const op = "remind user"
	n, ok := number(string(to))
	if !ok {
		return app.Fail(app.NotFound, op, "user.unknown")
	}
	return p.as(ctx, portal, as, op, func(c *bitrix.Client) error {
		_, err := c.NotifySystem(ctx, bitrix.Notification{UserID: n, Text: unmarked(text), Tag: tag})
		if errors.Is(err, bitrix.ErrNotDelivered) {
			return app.Fail(app.NotFound, op, "notice.undelivered").Because(err)
		}
		return err
	})
}

// unmarked keeps a portal from taking parts of a text for BB codes: the names in
// it are a stranger's. The full-width brackets look alike.
func unmarked(text string) string { return strings.NewReplacer("[", "［", "]", "］").Replace(text) }
