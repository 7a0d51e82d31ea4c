package portal

import (
	"context"
	"errors"
	"strings"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// translation says what a kind of failure of package bitrix means here.
type translation struct {
	cause error
	kind  app.Kind
	key   string
}

// translations is the one table. The first row that fits decides: what a
// portal says comes before what is only known of the network.
func translations() []translation {
	return []translation{
		{bitrix.ErrMalformedForm, app.Invalid, "visit.malformed"},
		{bitrix.ErrNotOurApp, app.Forbidden, "visit.forged"},
		{bitrix.ErrForged, app.Forbidden, "visit.forged"},
		{bitrix.ErrExpiredToken, app.Unauthenticated, "portal.session"},
		{bitrix.ErrInvalidGrant, app.Unauthenticated, "portal.session"},
		{bitrix.ErrNoGrant, app.Unauthenticated, "portal.session"},
		{bitrix.ErrInvalidClient, app.Forbidden, "portal.client"},
		{bitrix.ErrNotInstalled, app.Forbidden, "portal.not-installed"},
		{bitrix.ErrUserInactive, app.Forbidden, "visit.inactive"},
		{bitrix.ErrUserNotAllowed, app.Forbidden, "visit.not-allowed"},
		{bitrix.ErrInsufficientScope, app.Forbidden, "portal.scope"},
		{bitrix.ErrNoREST, app.Forbidden, "portal.plan"},
		{bitrix.ErrAccessDenied, app.Forbidden, "portal.no-right"},
		{bitrix.ErrBadLink, app.Unavailable, "portal.busy"},
		{bitrix.ErrNotFound, app.NotFound, "deal.gone"},
		{bitrix.ErrMethodNotFound, app.Unsupported, "portal.method"},
		{bitrix.ErrPortalDeleted, app.NotFound, "portal.deleted"},
		{bitrix.ErrQueryLimit, app.Unavailable, "portal.busy"},
		{bitrix.ErrOperationTimeLimit, app.Unavailable, "portal.busy"},
		{bitrix.ErrOverload, app.Unavailable, "portal.blocked"},
		{bitrix.ErrMoved, app.Unavailable, "portal.moved"},
		{bitrix.ErrForbiddenHost, app.Forbidden, "portal.address"},
		{bitrix.ErrTooLarge, app.TooLarge, "portal.answer"},
		{bitrix.ErrTooSlow, app.Unavailable, "portal.unreachable"},
		{bitrix.ErrUnexpectedAnswer, app.Upstream, "portal.answer"},
		{bitrix.ErrUnreachable, app.Unavailable, "portal.unreachable"},
		{bitrix.ErrLostAnswer, app.Unavailable, "portal.unreachable"},
	}
}

// Waits that are told where the portal does not say when to come back.
const (
	busyWait    = 2 * time.Second
	blockedWait = 10 * time.Minute
)

// Translate turns a failure of package bitrix into the domain's words. It is
// the one place that does; package install uses it too. An app.Error passes
// with op added, nil stays nil.
func (p *Portals) Translate(op string, err error) error {
	var known *app.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known), errors.Is(err, context.Canceled):
		return app.Wrap(op, err)
	}
	for _, t := range translations() {
		if !errors.Is(err, t.cause) {
			continue
		}
		e := app.Fail(t.kind, op, t.key).Because(err)
		p.complete(e, t.cause, err)
		return e
	}
	var said *bitrix.Error
	if errors.As(err, &said) && said.Err == nil && said.Status < 500 {
		// The portal understood, and said no: asking again changes nothing.
		// (Within a batch it says so with status 200.)
		return app.Fail(app.Invalid, op, "portal.refused").Because(err)
	}
	if said != nil && said.Status != 0 {
		return app.Fail(app.Upstream, op, "portal.answer").Because(err)
	}
	// Nothing was answered and nothing of the network failed: it is our own
	// store, or a mistake.
	return app.Fail(app.Internal, op, "").Because(err)
}

// complete adds what the person is told beside the sentence.
func (p *Portals) complete(e *app.Error, cause, err error) {
	var said *bitrix.Error
	if !errors.As(err, &said) {
		return
	}
	switch cause {
	case bitrix.ErrInsufficientScope:
		e.Args = []any{scopeOf(said.Method)}
	case bitrix.ErrMethodNotFound:
		e.Args = []any{said.Method}
	case bitrix.ErrQueryLimit, bitrix.ErrBadLink:
		e.After = busyWait
	case bitrix.ErrOverload:
		e.After = blockedWait
	case bitrix.ErrOperationTimeLimit:
		e.After = busyWait
		if !said.RetryAt.IsZero() {
			e.After = max(busyWait, said.RetryAt.Sub(p.clock.Now()))
		}
	}
}

// scopeOf names the permission that a method needs, as the form of a local
// app lists it.
func scopeOf(method string) string {
	group, _, _ := strings.Cut(method, ".")
	switch group {
	case "user":
		return "user_basic"
	case "crm", "placement", "im", "disk", "bizproc":
		return group
	}
	return method
}
