package portal

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// Event takes what a portal's event queue posts. An installation is believed
// when the authorization server says that its access token is of our app, in
// the portal that it claims, and of an administrator there; every other event
// when it carries the application token that this portal's installation has
// taught us. Anything else is app.Forbidden and changes nothing. Events come
// late, twice, in any order or not at all: nothing depends on one alone.
func (p *Portals) Event(ctx context.Context, form url.Values) error {
	const op = "take event"
	e, err := bitrix.ParseEvent(form)
	if err != nil {
		return p.Translate(op, err)
	}
	switch e.Name {
	case bitrix.EventAppInstall, bitrix.EventAppUpdate:
		return p.Translate(op, p.appInstalled(ctx, e.Auth))
	}
	record, err := p.proven(ctx, e.Auth)
	if err != nil {
		return p.Translate(op, err)
	}
	if e.Name == bitrix.EventAppUninstall {
		return p.Translate(op, p.appUninstalled(ctx, record, e.Data.At("CLEAN").Text == "1"))
	}
	// Requests need no act: they end when they find their element gone.
	if gone := deletedElement(e); gone != (app.Entity{}) && record.Installed() && p.deleted != nil {
		return p.Translate(op, p.deleted(ctx, record.ID, gone))
	}
	return nil
}

// deletedElement gives the element that an event says was deleted; the zero
// Entity for other events.
func deletedElement(e bitrix.Event) app.Entity {
	name, ok := strings.CutSuffix(e.Name, "DELETE")
	if !ok {
		return app.Entity{}
	}
	name, ok = strings.CutPrefix(name, "ONCRM")
	id := int64(e.Data.At("FIELDS", "ID").ID())
	if !ok || id <= 0 {
		return app.Entity{}
	}
	kind := app.Slot("CRM_" + name + "_DETAIL_TAB").Kind()
	if name == "DYNAMICITEM" { // smart invoices and smart processes
		kind = int(e.Data.At("FIELDS", "ENTITY_TYPE_ID").ID())
	}
	if kind <= 0 {
		return app.Entity{}
	}
	return app.Entity{Type: kind, ID: id}
}

// proven gives the portal whose application token the event carries.
func (p *Portals) proven(ctx context.Context, auth bitrix.EventAuth) (app.Portal, error) {
	forged := app.Fail(app.Forbidden, "check event", "event.forged")
	id, ok := claimed(auth.ClaimedMemberID)
	if !ok {
		return app.Portal{}, forged
	}
	record, err := p.store.Portal(ctx, id)
	if err != nil && !errors.Is(err, app.NotFound) {
		return app.Portal{}, app.Wrap("look up portal", err)
	}
	if err != nil || !auth.ApplicationToken.Matches(bitrix.Secret(record.ApplicationToken)) {
		return app.Portal{}, forged
	}
	return record, nil
}

// maxProof is the longest application token taken; real ones have 32 digits.
const maxProof = 256

// proofOf gives the application token of a form, "" where it cannot be one.
func proofOf(token bitrix.Secret) app.Secret {
	if len(token) > maxProof {
		return ""
	}
	return app.Secret(token)
}

// appInstalled learns the application token of an installation.
func (p *Portals) appInstalled(ctx context.Context, auth bitrix.EventAuth) error {
	proof := proofOf(auth.ApplicationToken)
	if proof == "" {
		return app.Fail(app.Forbidden, "check event", "event.forged")
	}
	who, err := p.oauth.Identify(ctx, auth.AccessToken, auth.ClaimedAuthServer)
	if err != nil {
		return err
	}
	// Every employee holds an access token of ours, in the browser.
	if who.MemberID != auth.ClaimedMemberID || !bool(who.Profile.Admin) {
		return app.Fail(app.Forbidden, "check event", "event.forged")
	}
	record, err := p.register(ctx, who, auth.AccessToken, proof)
	if err != nil {
		return err
	}
	if err := p.replaceProof(ctx, record.ID, proof, who); err != nil {
		return err
	}
	if auth.RefreshToken == "" {
		return nil // would overwrite a grant that can be renewed
	}
	return p.grants.Put(ctx, bitrix.Grant{
		GrantKey: bitrix.GrantKey{MemberID: who.MemberID, UserID: who.UserID}, Endpoint: who.Endpoint,
		AccessToken: auth.AccessToken, RefreshToken: auth.RefreshToken, Expires: p.expiry(auth.ExpiresIn),
	})
}

// replaceProof stores another application token of a live installation, which
// is written into the audit log: it is what proves an uninstallation.
func (p *Portals) replaceProof(ctx context.Context, id app.PortalID, proof app.Secret, who bitrix.Identity) error {
	release, err := p.portals.acquire(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	record, err := p.store.Portal(ctx, id)
	if err != nil || record.ApplicationToken == proof {
		return app.Wrap("look up portal", err)
	}
	record.ApplicationToken = proof
	return app.Wrap("store portal", p.store.SavePortal(ctx, record, app.AuditEntry{
		Action: app.ActInstalled, Portal: id, User: app.UserID(who.UserID.String()), Subject: record.Domain,
		Detail: "portal.proof-replaced",
	}))
}

// appUninstalled ends the use of the app in a portal. Accounts, certificates,
// keys and audit stay, so that an installation soon after loses nothing; the
// grants go, since the portal has made them void. clean is what the portal's
// dialogue was answered: then everything is erased, but after app.EraseAfter,
// since deleting a local app, which is how its address is mended as well,
// always says yes.
func (p *Portals) appUninstalled(ctx context.Context, record app.Portal, clean bool) error {
	release, err := p.portals.acquire(ctx, record.ID)
	if err != nil {
		return err
	}
	defer release()
	now, err := p.store.Portal(ctx, record.ID)
	if err != nil || now.ApplicationToken != record.ApplicationToken {
		return app.Wrap("look up portal", err) // installed anew meanwhile: the event is of the past
	}
	if now.Installed() {
		now.UninstalledAt = p.clock.Now()
		entry := app.AuditEntry{Action: app.ActUninstalled, Portal: now.ID, Subject: now.Domain}
		if clean {
			entry.Detail = "clean"
			now.EraseAt = now.UninstalledAt.Add(app.EraseAfter)
		}
		err := p.store.SavePortal(ctx, now, entry)
		if err != nil {
			return app.Wrap("store portal", err)
		}
	}
	return app.Wrap("delete grants", p.store.DeleteGrants(ctx, now.ID))
}
