package portal

import (
	"context"
	"errors"

	"signservice/app"
	"signservice/bitrix"
)

// register gives the record of a verified visitor's portal and keeps it
// current. An administrator's visit makes the record, makes it anew after an
// uninstallation, and moves it to another of our client ids, since a local
// app that is made again gets another one. Anybody else finds an installed
// portal or none.
//
// proof is the application token of the form. It is taken from an
// administrator alone, and only when none is known: an employee could write a
// false one into an otherwise good form, and then uninstall the app with it.
func (p *Portals) register(ctx context.Context, who bitrix.Identity, token bitrix.Secret, proof app.Secret) (app.Portal, error) {
	id := app.PortalID(who.MemberID)
	release, err := p.portals.acquire(ctx, id)
	if err != nil {
		return app.Portal{}, err
	}
	defer release()
	record, err := p.store.Portal(ctx, id)
	if err != nil && !errors.Is(err, app.NotFound) {
		return app.Portal{}, app.Wrap("look up portal", err)
	}
	admin := bool(who.Profile.Admin)
	if err != nil || !record.Installed() || record.ClientID != who.ClientID {
		if !admin {
			return app.Portal{}, app.Fail(app.Forbidden, "look up portal", "portal.not-installed")
		}
		return p.install(ctx, record, who, token, proof)
	}
	current := record
	current.Endpoint, current.Domain, current.AuthServer = who.Endpoint, who.Domain, who.AuthServer
	if admin && current.ApplicationToken == "" {
		current.ApplicationToken = proof
	}
	if current == record {
		return record, nil
	}
	return current, app.Wrap("store portal", p.store.SavePortal(ctx, current))
}

// install stores a new installation. Accounts, certificates and keys of an
// earlier one are kept; its grants and its application token are good for
// nothing any more. The caller holds the portal's lock.
func (p *Portals) install(ctx context.Context, old app.Portal, who bitrix.Identity, token bitrix.Secret, proof app.Secret) (app.Portal, error) {
	record := app.Portal{
		ID: app.PortalID(who.MemberID), ClientID: who.ClientID,
		Endpoint: who.Endpoint, Domain: who.Domain, AuthServer: who.AuthServer,
		ApplicationToken: proof, Language: p.portalLanguage(ctx, who, token, old.Language),
		InstalledBy: app.UserID(who.UserID.String()), InstalledAt: p.clock.Now(),
	}
	if err := p.store.DeleteGrants(ctx, record.ID); err != nil {
		return app.Portal{}, app.Wrap("forget old grants", err)
	}
	err := p.store.SavePortal(ctx, record, app.AuditEntry{
		Action: app.ActInstalled, Portal: record.ID, User: record.InstalledBy, Subject: record.Domain,
	})
	return record, app.Wrap("store portal", err)
}

// portalLanguage asks the portal for its language. It is a nicety: where the
// portal does not tell, the old one stays.
func (p *Portals) portalLanguage(ctx context.Context, who bitrix.Identity, token bitrix.Secret, old string) string {
	cfg := p.client
	cfg.Endpoint, cfg.Tokens = who.Endpoint, bitrix.StaticToken(token)
	c, err := bitrix.New(cfg)
	if err != nil {
		return old
	}
	info, err := c.Info(ctx)
	if err != nil {
		p.log.WarnContext(ctx, "portal does not tell its language", "portal", who.MemberID, "error", err)
		return old
	}
	return language(string(info.Language))
}
