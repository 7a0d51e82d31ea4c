package portal

import (
	"context"
	"errors"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// maxTold is how many of the newest entries are searched for an earlier one.
const maxTold = 100

// Tell writes the story into the element's timeline, as an entry of the user
// that nobody can edit. It bears a mark made of the Request's id, and is not
// written when an entry with this mark is there already: so it may be
// repeated after a crash or a lost answer.
func (p *Portals) Tell(ctx context.Context, portal app.PortalID, user app.UserID, e app.Entity, s app.Story) error {
	const op = "tell the timeline"
	release, err := p.fields.acquire(ctx, elementKey{portal, e})
	if err != nil {
		return app.Wrap(op, err)
	}
	defer release()
	mark := storyMark(s.Request)
	if mark == "" {
		return app.Fail(app.Internal, op, "").Because(errors.New("story without request"))
	}
	return p.as(ctx, portal, user, op, func(c *bitrix.Client) error {
		if there, err := told(ctx, c, e, mark); there || err != nil {
			return err
		}
		_, err := c.AddLogMessage(ctx, bitrix.NewLogMessage{
			Entity: bitrix.EntityType(e.Type), EntityID: bitrix.ID(e.ID),
			Title: s.Title, Text: s.Text + " " + mark, Icon: "document",
		})
		if errors.Is(err, bitrix.ErrLostAnswer) {
			there, readErr := told(ctx, c, e, mark)
			if there {
				return nil
			}
			return errors.Join(err, readErr)
		}
		return err
	})
}

// storyMark is what an entry is found again by: the beginning of the Request's
// id, which is random. Not in square brackets, where portals look for markup.
func storyMark(id app.RequestID) string {
	if id == "" {
		return ""
	}
	return "(#" + string(id)[:min(len(id), 12)] + ")"
}

// told tells whether the timeline has an entry with the mark.
func told(ctx context.Context, c *bitrix.Client, e app.Entity, mark string) (bool, error) {
	n := 0
	for m, err := range c.LogMessages(ctx, bitrix.EntityType(e.Type), bitrix.ID(e.ID)) {
		if err != nil {
			return false, err
		}
		if strings.Contains(string(m.Text), mark) {
			return true, nil
		}
		if n++; n == maxTold {
			break
		}
	}
	return false, nil
}
