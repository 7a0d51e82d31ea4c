package portal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// originator names us in activities of our own.
const originator = "signservice"

// Announce tells the portal of an open Invitation, in the name of who has
// invited: an activity in the element's timeline, with a button that opens the
// document's page, and a notice to the colleague. It gives the activity's id,
// "" where the inviting user may not write into the timeline; the notice and
// the Sign tab remain then.
//
// It may be repeated after a crash or a lost answer: the activity bears the
// Invitation's id and is looked for first, and a notice of the same tag takes
// the place of the one before. Errors: app.NotFound deal.gone and those of
// every call.
func (p *Portals) Announce(ctx context.Context, i app.Invitation, a app.Announcement) (activity string, err error) {
	const op = "announce invitation"
	release, err := p.fields.acquire(ctx, elementKey{i.Portal, i.Document.Entity})
	if err != nil {
		return "", app.Wrap(op, err)
	}
	defer release()
	activity = i.Activity
	err = p.as(ctx, i.Portal, i.From, op, func(c *bitrix.Client) error {
		if activity == "" {
			id, err := p.addActivity(ctx, c, i, a)
			if err != nil {
				return err
			}
			activity = id
		}
		return p.notice(ctx, c, i, a)
	})
	return activity, err
}

// addActivity writes the activity of an Invitation, once.
func (p *Portals) addActivity(ctx context.Context, c *bitrix.Client, i app.Invitation, a app.Announcement) (string, error) {
	id, err := findActivity(ctx, c, i)
	if err != nil || id != 0 {
		return idOf(id), err
	}
	to, _ := number(string(i.To))
	id, err = c.AddConfigurable(ctx, bitrix.EntityType(i.Document.Entity.Type), bitrix.ID(i.Document.Entity.ID), bitrix.ConfigurableFields{
		Responsible: to, OriginatorID: originator, OriginID: bitrix.Text(i.ID),
	}, layout(i, a))
	switch {
	case errors.Is(err, bitrix.ErrLostAnswer):
		found, readErr := findActivity(ctx, c, i)
		if readErr == nil && found != 0 {
			return idOf(found), nil
		}
		return "", errors.Join(err, readErr)
	case errors.Is(err, bitrix.ErrAccessDenied), errors.Is(err, bitrix.ErrMethodNotFound):
		p.log.InfoContext(ctx, "invitation has no entry in the timeline", "portal", i.Portal, "invitation", i.ID, "error", err)
		return "", nil
	}
	return idOf(id), err
}

func idOf(id bitrix.ID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}

// maxActivities is how many of our newest activities at an element are
// searched for an earlier one.
const maxActivities = 20

// findActivity looks for the activity of an Invitation; 0 when there is none.
func findActivity(ctx context.Context, c *bitrix.Client, i app.Invitation) (bitrix.ID, error) {
	n := 0
	for a, err := range c.Activities(ctx, bitrix.EntityType(i.Document.Entity.Type), bitrix.ID(i.Document.Entity.ID)) {
		if err != nil {
			return 0, err
		}
		if !strings.EqualFold(string(a.ProviderID), "CONFIGURABLE_REST_APP") {
			continue
		}
		one, err := c.Configurable(ctx, a.ID)
		if err == nil && one.Fields.OriginID == bitrix.Text(i.ID) {
			return a.ID, nil
		}
		if err != nil && passing(err) {
			return 0, err
		}
		if n++; n == maxActivities { // the others are another application's, or older
			break
		}
	}
	return 0, nil
}

// notice sends the notice. It is a nicety: who has switched it off, or an app
// without the permission, is no failure.
func (p *Portals) notice(ctx context.Context, c *bitrix.Client, i app.Invitation, a app.Announcement) error {
	to, ok := number(string(a.NoticeTo))
	if a.Notice == "" || !ok {
		return nil
	}
	record, err := p.installed(ctx, i.Portal)
	if err != nil {
		return err
	}
	text := plain(a.Notice)
	if link := cardLink(record.Endpoint, i.Document.Entity); link != "" {
		text = fmt.Sprintf("%s[BR][URL=%s]%s[/URL]", text, link, plain(i.Document.Name))
	}
	_, err = c.NotifyPersonal(ctx, bitrix.Notification{UserID: to, Text: text, Tag: originator + "|invitation|" + string(i.ID) + "|" + string(a.NoticeTo)})
	if errors.Is(err, bitrix.ErrLostAnswer) || err != nil && passing(err) {
		return err // may be repeated: the tag keeps it single
	}
	if err != nil {
		p.log.InfoContext(ctx, "notice of invitation not sent", "portal", i.Portal, "invitation", i.ID, "error", err)
	}
	return nil
}

// Conclude tells the portal how an Invitation has ended: the activity is
// completed, who has invited gets a notice, and a workflow that waits goes on.
// It acts as the user who ended it, or, where the portal refuses that, as who
// has invited. It may be repeated: each part has its effect once.
func (p *Portals) Conclude(ctx context.Context, i app.Invitation, a app.Announcement) error {
	const op = "conclude invitation"
	release, err := p.fields.acquire(ctx, elementKey{i.Portal, i.Document.Entity})
	if err != nil {
		return app.Wrap(op, err)
	}
	defer release()
	users := []app.UserID{i.EndedBy, i.From}
	if i.EndedBy == "" || i.EndedBy == i.From {
		users = users[1:]
	}
	err = p.asFirst(ctx, i.Portal, users, op, func(c *bitrix.Client) error {
		if i.Activity == "" && i.Robot.Failure == "" { // written, perhaps, before a crash
			id, err := findActivity(ctx, c, i)
			if err != nil && passing(err) {
				return err
			}
			i.Activity = idOf(id)
		}
		if id, ok := number(i.Activity); ok {
			err := c.UpdateConfigurable(ctx, id, bitrix.ConfigurableFields{Completed: true}, layout(i, a))
			if errors.Is(err, bitrix.ErrLostAnswer) {
				err = c.UpdateConfigurable(ctx, id, bitrix.ConfigurableFields{Completed: true}, layout(i, a)) // sets, adds nothing
			}
			if err != nil && !errors.Is(err, bitrix.ErrNotFound) { // deleted by somebody
				return err
			}
		}
		return p.notice(ctx, c, i, a)
	})
	if err != nil || i.Robot.EventToken == "" {
		return err
	}
	return p.as(ctx, i.Portal, i.From, op, func(c *bitrix.Client) error {
		err := c.SendRobotResult(ctx, bitrix.Secret(i.Robot.EventToken), a.Result, plain(a.Log))
		if errors.Is(err, bitrix.ErrLostAnswer) {
			err = c.SendRobotResult(ctx, bitrix.Secret(i.Robot.EventToken), a.Result, plain(a.Log))
		}
		if errors.Is(err, bitrix.ErrAccessDenied) || errors.Is(err, bitrix.ErrNotFound) {
			return nil // the step has gone on already, or its workflow was ended
		}
		return err
	})
}

// asFirst runs do as the first of the users whom the portal does not refuse.
func (p *Portals) asFirst(ctx context.Context, portal app.PortalID, users []app.UserID, op string, do func(*bitrix.Client) error) (err error) {
	for _, user := range users {
		err = p.as(ctx, portal, user, op, do)
		if !errors.Is(err, app.Forbidden) && !errors.Is(err, app.Unauthenticated) {
			return err
		}
	}
	return err
}

// layout is how the activity looks. A portal refuses properties that it does
// not know, so there are none but the documented ones.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/configurable/structure/index.html
func layout(i app.Invitation, a app.Announcement) bitrix.Params {
	blocks := bitrix.Params{}
	for n, f := range a.Facts {
		blocks[fmt.Sprintf("b%d", n)] = bitrix.Params{"type": "withTitle", "properties": bitrix.Params{
			"title": f.Label, "inline": true,
			"block": bitrix.Params{"type": "text", "properties": bitrix.Params{"value": f.Text, "bold": n == 0}},
		}}
	}
	l := bitrix.Params{
		"icon": bitrix.Params{"code": "document"},
		"header": bitrix.Params{"title": a.Title, "tags": bitrix.Params{
			"status": bitrix.Params{"type": a.Tone, "title": a.Status},
		}},
		"body": bitrix.Params{"logo": bitrix.Params{"code": "document"}, "blocks": blocks},
	}
	if a.Button != "" {
		l["footer"] = bitrix.Params{"buttons": bitrix.Params{"open": bitrix.Params{
			"title": a.Button, "type": "primary", "action": bitrix.Params{
				"type": "openRestApp", "actionParams": bitrix.Params{"invitation": string(i.ID)},
				"sliderParams": bitrix.Params{"title": a.Title, "width": 1200},
			},
		}}}
	}
	return l
}

// cardLink is the address of an element's card, for people.
func cardLink(endpoint string, e app.Entity) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return ""
	}
	place := fmt.Sprintf("/crm/type/%d/details/%d/", e.Type, e.ID)
	for kind, name := range map[int]string{
		app.EntityDeal: "deal", app.EntityLead: "lead", app.EntityContact: "contact", app.EntityCompany: "company",
	} {
		if e.Type == kind {
			place = fmt.Sprintf("/crm/%s/details/%d/", name, e.ID)
		}
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: place}).String()
}

// plain keeps what people wrote from being taken for markup of the messenger.
func plain(text string) string { return strings.NewReplacer("[", "(", "]", ")").Replace(text) }

// SendLink sends a text with a link in Bitrix24's messenger; see Notify.
func (p *Portals) SendLink(ctx context.Context, portal app.PortalID, from, to app.UserID, text, words string, link app.Secret) error {
	return p.Notify(ctx, portal, from, to, Message{Text: text, Words: words, Link: link})
}

// Message is a notice to one person, with a link.
type Message struct {
	// Text and Words, the link's, are plain texts.
	Text, Words string
	Link        app.Secret // it may be one that opens something: it is logged nowhere
	// Tag makes a later message of the same tag take the place of this one.
	Tag string
}

// Notify sends a message in Bitrix24's messenger, in the name of a user. It
// fails with app.Unavailable (notice.refused) when the portal shows it to nobody.
func (p *Portals) Notify(ctx context.Context, portal app.PortalID, from, to app.UserID, m Message) error {
	const op = "send notice"
	id, ok := number(string(to))
	if !ok {
		return app.Fail(app.NotFound, op, "user.unknown")
	}
	text := plain(m.Text)
	if m.Link != "" {
		text += "[BR][URL=" + m.Link.Reveal() + "]" + plain(m.Words) + "[/URL]"
	}
	return p.as(ctx, portal, from, op, func(c *bitrix.Client) error {
		_, err := c.NotifyPersonal(ctx, bitrix.Notification{UserID: id, Text: text, Tag: m.Tag})
		if errors.Is(err, bitrix.ErrLostAnswer) && m.Tag != "" {
			_, err = c.NotifyPersonal(ctx, bitrix.Notification{UserID: id, Text: text, Tag: m.Tag})
		}
		if errors.Is(err, bitrix.ErrNotDelivered) {
			return app.Fail(app.Unavailable, op, "notice.refused").Because(err)
		}
		return err
	})
}
