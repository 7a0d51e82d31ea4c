package portal

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// The robot's code and the keys of its properties, as package install
// registers them.
const (
	robotCode     = "sign_request"
	robotSigner   = "signer"
	robotDocument = "document"
	robotNote     = "note"
)

// Robot reads what a workflow of a portal posts. Like an event it is believed
// when it carries the application token; its access token tells in whose name
// it acts, after the authorization server has been asked.
func (p *Portals) Robot(ctx context.Context, form url.Values) (app.RobotCall, error) {
	const op = "take robot's call"
	r, err := bitrix.ParseRobot(form)
	if err != nil {
		return app.RobotCall{}, p.Translate(op, err)
	}
	record, err := p.proven(ctx, r.Auth)
	if err != nil {
		return app.RobotCall{}, p.Translate(op, err)
	}
	entity := workflowEntity(r.Document)
	if !record.Installed() || r.Code != robotCode || entity.ID == 0 || r.EventToken == "" {
		return app.RobotCall{}, app.Fail(app.Invalid, op, "robot.malformed")
	}
	grant := bitrix.Grant{
		GrantKey: bitrix.GrantKey{MemberID: string(record.ID), UserID: r.Auth.ClaimedUserID},
		ClientID: record.ClientID, AuthServer: record.AuthServer, Endpoint: record.Endpoint,
		AccessToken: r.Auth.AccessToken, RefreshToken: r.Auth.RefreshToken, Expires: p.expiry(r.Auth.ExpiresIn),
	}
	who, err := p.patientIdentify(ctx, grant.AccessToken, record.AuthServer)
	if errors.Is(err, bitrix.ErrExpiredToken) && grant.RefreshToken != "" { // the call has waited for long
		if grant, err = p.oauth.Refresh(ctx, grant); err == nil {
			who, err = p.patientIdentify(ctx, grant.AccessToken, record.AuthServer)
		}
	}
	if err != nil {
		return app.RobotCall{}, p.Translate(op, err)
	}
	if who.MemberID != string(record.ID) || who.ClientID != record.ClientID {
		return app.RobotCall{}, app.Fail(app.Forbidden, op, "event.forged")
	}
	if grant.RefreshToken != "" {
		grant.GrantKey, grant.Endpoint = bitrix.GrantKey{MemberID: who.MemberID, UserID: who.UserID}, who.Endpoint
		if err := p.grants.Put(ctx, grant); err != nil {
			return app.RobotCall{}, p.Translate(op, err)
		}
	}
	call := app.RobotCall{
		Visit: visit(record.ID, who.Profile), Document: clip(r.Properties.At(robotDocument).Text),
		Note: clip(r.Properties.At(robotNote).Text), Step: app.RobotStep{EventToken: app.Secret(r.EventToken), Workflow: r.WorkflowID},
	}
	call.Visit.Entity, call.Visit.Language = entity, record.Language
	if id := signerOf(r.Properties.At(robotSigner)); id != 0 {
		call.To = app.UserID(id.String())
	}
	return call, nil
}

// patientIdentify asks more than once: a call that is refused for a passing
// reason is lost, since a portal's queue does not repeat it.
func (p *Portals) patientIdentify(ctx context.Context, token bitrix.Secret, server string) (who bitrix.Identity, err error) {
	for _, wait := range []time.Duration{0, time.Second, 3 * time.Second} {
		if err := p.clock.Sleep(ctx, wait); err != nil {
			return who, err
		}
		who, err = p.oauth.Identify(ctx, token, server)
		if err == nil || errors.Is(err, bitrix.ErrExpiredToken) && wait > 0 || !passing(err) && !errors.Is(err, bitrix.ErrUnexpectedAnswer) {
			return who, err
		}
	}
	return who, err
}

// signerOf reads a user that a workflow names: user_5, or a number.
func signerOf(n *bitrix.Node) bitrix.ID {
	if texts := n.Texts(); n.Text == "" && len(texts) > 0 {
		n = &bitrix.Node{Text: texts[0]} // of several the first
	}
	if id := n.UserID(); id != 0 {
		return id
	}
	return n.ID()
}

// clip bounds what the author of a workflow wrote.
func clip(text string) string {
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), app.MaxInvitationText)])
}

// workflowEntity reads the element of a workflow: DEAL_123, DYNAMIC_1046_7.
func workflowEntity(document []string) app.Entity {
	if len(document) < 3 || document[0] != "crm" {
		return app.Entity{}
	}
	name, digits, ok := cutLast(document[2], "_")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || id <= 0 {
		return app.Entity{}
	}
	kind := app.Slot("CRM_" + name + "_DETAIL_TAB").Kind()
	if kind == 0 {
		return app.Entity{}
	}
	return app.Entity{Type: kind, ID: id}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
