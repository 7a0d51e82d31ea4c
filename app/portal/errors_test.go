package portal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// TestTranslate names each kind of failure in the domain's words.
func TestTranslate(t *testing.T) {
	w := newWorld(t)
	said := func(status int, code, text string) error {
		return &bitrix.Error{Method: "user.get", Host: "acme.example.org", Status: status, Code: code, Description: text}
	}
	for name, c := range map[string]struct {
		err   error
		kind  app.Kind
		key   string
		after time.Duration
		args  string
	}{
		"expired":           {said(401, "expired_token", ""), app.Unauthenticated, "portal.session", 0, "[]"},
		"grant used up":     {bitrix.ErrInvalidGrant, app.Unauthenticated, "portal.session", 0, "[]"},
		"no grant":          {bitrix.ErrNoGrant, app.Unauthenticated, "portal.session", 0, "[]"},
		"secret wrong":      {said(400, "invalid_client", ""), app.Forbidden, "portal.client", 0, "[]"},
		"not installed":     {said(401, "NOT_INSTALLED", ""), app.Forbidden, "portal.not-installed", 0, "[]"},
		"user scope":        {said(403, "insufficient_scope", ""), app.Forbidden, "portal.scope", 0, "[user_basic]"},
		"plan":              {said(401, "ACCESS_DENIED", "REST is available only on commercial plans."), app.Forbidden, "portal.plan", 0, "[]"},
		"right":             {said(400, "", "Access denied."), app.Forbidden, "portal.no-right", 0, "[]"},
		"gone":              {said(400, "NOT_FOUND", ""), app.NotFound, "deal.gone", 0, "[]"},
		"old portal":        {said(404, "ERROR_METHOD_NOT_FOUND", ""), app.Unsupported, "portal.method", 0, "[user.get]"},
		"portal deleted":    {said(403, "PORTAL_DELETED", ""), app.NotFound, "portal.deleted", 0, "[]"},
		"too many calls":    {said(503, "QUERY_LIMIT_EXCEEDED", ""), app.Unavailable, "portal.busy", 2 * time.Second, "[]"},
		"too long":          {said(429, "OPERATION_TIME_LIMIT", ""), app.Unavailable, "portal.busy", 2 * time.Second, "[]"},
		"overload":          {said(503, "OVERLOAD_LIMIT", ""), app.Unavailable, "portal.blocked", 10 * time.Minute, "[]"},
		"quota":             {said(400, "DISK_BASE_SERVICE_22001", "Disk quota exceeded."), app.Invalid, "portal.refused", 0, "[]"},
		"inside a batch":    {said(200, "ERROR_CORE", "Something"), app.Invalid, "portal.refused", 0, "[]"},
		"server error":      {said(500, "INTERNAL_SERVER_ERROR", ""), app.Upstream, "portal.answer", 0, "[]"},
		"forbidden address": {fmt.Errorf("x: %w", bitrix.ErrForbiddenHost), app.Forbidden, "portal.address", 0, "[]"},
		"html":              {&bitrix.Error{Status: 502, Err: bitrix.ErrUnexpectedAnswer, Lost: true}, app.Upstream, "portal.answer", 0, "[]"},
		"silence":           {&bitrix.Error{Err: bitrix.ErrUnreachable}, app.Unavailable, "portal.unreachable", 0, "[]"},
		"slow":              {&bitrix.Error{Err: bitrix.ErrTooSlow}, app.Unavailable, "portal.unreachable", 0, "[]"},
		"ours":              {errors.New("disk full"), app.Internal, "", 0, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			err := w.Translate("do it", app.Wrap("inside", c.err))
			wants(t, err, c.kind, c.key)
			var e *app.Error
			if as(err, &e); e.After != c.after || fmt.Sprint(e.Args) != c.args {
				t.Errorf("after %s, args %v", e.After, e.Args)
			}
			if !errors.Is(err, c.err) || !strings.HasPrefix(err.Error(), "do it: ") {
				t.Errorf("the log loses the cause: %v", err)
			}
		})
	}
	blocked := &bitrix.Error{Status: 429, Code: "OPERATION_TIME_LIMIT", RetryAt: w.clock.Now().Add(7 * time.Minute)}
	var e *app.Error
	if as(w.Translate("do it", blocked), &e); e.After != 7*time.Minute {
		t.Errorf("a blocked method is free after %s", e.After)
	}
	if w.Translate("do it", nil) != nil {
		t.Error("nil is an error")
	}
	known := app.Fail(app.Locked, "x", "y")
	if got := w.Translate("do it", fmt.Errorf("z: %w", known)); !errors.Is(got, known) || app.KindOf(got) != app.Locked {
		t.Errorf("an error of the domain becomes %v", got)
	}
	if got := w.Translate("do it", context.Canceled); !errors.Is(got, context.Canceled) {
		t.Errorf("a canceled call becomes %v", got)
	}
}
