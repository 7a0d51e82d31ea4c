package portal

import (
	"context"

	"signservice/app"
	"signservice/bitrix"
)

// AuthorizeURL gives the address at which a portal asks its visitor to sign
// in, and then sends the browser to the app's handler with a code and the
// state. The caller binds the state to the visitor.
func (p *Portals) AuthorizeURL(ctx context.Context, portal app.PortalID, state string) (string, error) {
	const op = "make sign-in address"
	record, err := p.installed(ctx, portal)
	if err != nil {
		return "", p.Translate(op, err)
	}
	u, err := p.oauth.AuthorizeURL(record.Endpoint, record.ClientID, state)
	return u, p.Translate(op, err)
}

// maxCode is the longest code that is shown to the authorization server; real
// ones have 32 digits.
const maxCode = 256

// IdentifyCode finds out who comes back from AuthorizeURL with a code. The
// portal is the one that the caller has sent the visitor to; a code of another
// one is refused, whatever the address that brought it claims. A code lives
// for 30 seconds and works once; one that is not good is
// app.Unauthenticated. The visitor's grant is stored.
func (p *Portals) IdentifyCode(ctx context.Context, portal app.PortalID, code string) (app.Visit, error) {
	const op = "identify visitor by code"
	record, err := p.installed(ctx, portal)
	if err != nil {
		return app.Visit{}, p.Translate(op, err)
	}
	if code == "" || len(code) > maxCode {
		return app.Visit{}, app.Fail(app.Unauthenticated, op, "portal.session")
	}
	grant, err := p.oauth.Exchange(ctx, record.ClientID, bitrix.Secret(code), record.AuthServer)
	if err != nil {
		return app.Visit{}, p.Translate(op, err)
	}
	if grant.MemberID != string(portal) {
		return app.Visit{}, app.Fail(app.Forbidden, op, "visit.forged")
	}
	who, err := p.oauth.Identify(ctx, grant.AccessToken, grant.AuthServer)
	if err != nil {
		return app.Visit{}, p.Translate(op, err)
	}
	if who.MemberID != grant.MemberID || who.UserID != grant.UserID || who.ClientID != record.ClientID {
		return app.Visit{}, app.Fail(app.Forbidden, op, "visit.forged")
	}
	v, err := p.admit(ctx, who, grant.AccessToken, grant, "")
	return v, p.Translate(op, err)
}
