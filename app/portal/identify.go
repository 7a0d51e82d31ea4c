package portal

import (
	"context"
	"errors"
	"math"
	"net/url"
	"strings"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// Identify finds out who has sent what a portal's page posts into a frame.
// form holds the fields of body and query together.
//
// Nothing in the form is believed: its access token is shown to an
// allow-listed authorization server, whose answer must be about one of our
// apps; the portal at the address in that answer tells who the user is. The
// portal that the form claims must be that one. Slot and entity are the
// visitor's own words, which the visitor's rights limit later.
//
// The first verified visit of an administrator registers the portal, and does
// so again after an uninstallation. The visitor's grant is stored.
//
// Errors: app.Invalid for what is not a portal's form; app.Unauthenticated
// for a token that is good nowhere; app.Forbidden for one of another app, a
// form that claims another portal, a portal without installation, an inactive
// user or one who is no employee; app.Unavailable and app.Upstream when
// Bitrix24 cannot be asked.
func (p *Portals) Identify(ctx context.Context, form url.Values) (app.Visit, error) {
	const op = "identify visitor"
	post, err := bitrix.ParsePlacement(form, form)
	if err != nil {
		return app.Visit{}, p.Translate(op, err)
	}
	slot, entity, err := slotOf(post)
	if err != nil {
		return app.Visit{}, err
	}
	who, err := p.oauth.Identify(ctx, post.AccessToken, p.hint(ctx, post))
	if err != nil {
		return app.Visit{}, p.Translate(op, err)
	}
	if post.ClaimedMemberID != who.MemberID {
		return app.Visit{}, app.Fail(app.Forbidden, op, "visit.forged")
	}
	v, err := p.admit(ctx, who, post.AccessToken, bitrix.Grant{
		AccessToken: post.AccessToken, RefreshToken: post.RefreshToken, Expires: p.expiry(post.ExpiresIn),
	}, proofOf(post.ApplicationToken))
	if err != nil {
		return app.Visit{}, p.Translate(op, err)
	}
	v.Slot, v.Entity, v.Language = slot, entity, language(post.Language)
	if slot == app.SlotMain && entity != (app.Entity{}) {
		v.Invitation = invitationOf(post.Options)
	}
	return v, nil
}

// hint orders the authorization servers: the one that the claimed portal
// belongs to, as far as it is known, otherwise the one that the form names.
func (p *Portals) hint(ctx context.Context, post bitrix.Placement) string {
	if id, ok := claimed(post.ClaimedMemberID); ok {
		if record, err := p.store.Portal(ctx, id); err == nil && record.AuthServer != "" {
			return record.AuthServer
		}
	}
	return post.ClaimedAuthServer
}

// claimed reads a member id that somebody claims, fit to be looked up.
func claimed(id string) (app.PortalID, bool) {
	plain := strings.Trim(strings.ToLower(id), "abcdefghijklmnopqrstuvwxyz0123456789") == ""
	return app.PortalID(id), plain && id != "" && len(id) <= 64
}

// admit lets a verified user in: the portal is registered or looked up, the
// user's kind is checked, the grant is stored.
func (p *Portals) admit(ctx context.Context, who bitrix.Identity, token bitrix.Secret, grant bitrix.Grant, proof app.Secret) (app.Visit, error) {
	record, err := p.register(ctx, who, token, proof)
	if err != nil {
		return app.Visit{}, err
	}
	if err := p.checkEmployee(ctx, who, token); err != nil {
		return app.Visit{}, err
	}
	grant.GrantKey = bitrix.GrantKey{MemberID: who.MemberID, UserID: who.UserID}
	grant.Endpoint = record.Endpoint
	if err := p.grants.Put(ctx, grant); err != nil {
		return app.Visit{}, err
	}
	return visit(record.ID, who.Profile), nil
}

// checkEmployee refuses users who cannot sign: dismissed ones, guests of the
// extranet and mail users. The profile does not tell; without the permission
// to read users nothing does, and every user counts as an employee.
func (p *Portals) checkEmployee(ctx context.Context, who bitrix.Identity, token bitrix.Secret) error {
	readable := false
	for _, s := range who.Scope {
		readable = readable || s == "user" || s == "user_basic" || s == "user_brief"
	}
	if !readable {
		return nil
	}
	cfg := p.client
	cfg.Endpoint, cfg.Tokens = who.Endpoint, bitrix.StaticToken(token)
	c, err := bitrix.New(cfg)
	if err != nil {
		return err
	}
	return employee(ctx, c)
}

// employee asks the portal about the user of the client's token.
func employee(ctx context.Context, c *bitrix.Client) error {
	u, err := c.CurrentUser(ctx)
	switch {
	case errors.Is(err, bitrix.ErrInsufficientScope), errors.Is(err, bitrix.ErrMethodNotFound):
		return nil // an administrator has taken the permission away
	case err != nil:
		return err
	case !bool(u.Active):
		return app.Fail(app.Forbidden, "check user", "visit.inactive")
	case u.Type != "" && u.Type != "employee":
		return app.Fail(app.Forbidden, "check user", "visit.not-employee")
	}
	return nil
}

// maxLife is how long an access token lives. A form may claim more, which
// would only delay the renewal.
const maxLife = time.Hour

func (p *Portals) expiry(in time.Duration) time.Time {
	if in <= 0 || in > maxLife {
		in = maxLife
	}
	return p.clock.Now().Add(in)
}

// slotOf reads where the page is shown, and at which element.
func slotOf(post bitrix.Placement) (app.Slot, app.Entity, error) {
	slot := app.Slot(post.Code)
	if slot == app.SlotMain {
		return slot, openedAt(post.Options), nil
	}
	if kind := slot.Kind(); kind != 0 {
		// An element that is being created has no id yet: "0". The document
		// generator has a name of its own for it.
		id := max(post.Options.ID("ID"), post.Options.ID("ENTITY_ID"))
		if id > 0 {
			return slot, app.Entity{Type: kind, ID: int64(id)}, nil
		}
		return slot, app.Entity{}, nil
	}
	return "", app.Entity{}, app.Fail(app.Invalid, "read slot", "visit.slot")
}

// openedAt is the element that the app's own page was opened about, by a
// button of ours in its timeline; the zero Entity where there is none.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/layout-blocks/action.html
func openedAt(o bitrix.Options) app.Entity {
	kind, id := o.ID("entityTypeId"), o.ID("entityId")
	if kind <= 0 || id <= 0 || kind > math.MaxInt32 {
		return app.Entity{}
	}
	return app.Entity{Type: int(kind), ID: int64(id)}
}

// invitationOf is the invitation that a button of ours names; "" where what is
// named cannot be one.
func invitationOf(o bitrix.Options) app.InvitationID {
	id := o.Text("invitation")
	if len(id) > 64 || strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return app.InvitationID(id)
}

// language keeps what may be a code of a language: two letters, sometimes more.
func language(code string) string {
	code = strings.ToLower(code)
	if len(code) > 5 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz-_") != "" {
		return ""
	}
	return code
}

// visit is what a portal tells of a user.
func visit(portal app.PortalID, u bitrix.Profile) app.Visit {
	return app.Visit{
		Portal: portal, User: app.UserID(u.ID.String()), Name: fullName(u.Name, u.LastName),
		Admin: bool(u.Admin), TimeZone: timeZone(string(u.TimeZone)),
	}
}

func fullName(parts ...bitrix.Text) string {
	var words []string
	for _, part := range parts {
		words = append(words, strings.Fields(string(part))...)
	}
	return strings.Join(words, " ")
}

// timeZone gives the name of a zone that this machine knows, or "".
func timeZone(name string) string {
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		return ""
	}
	return name
}
