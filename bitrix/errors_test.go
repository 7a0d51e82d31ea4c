package bitrix_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

// kinds are all kinds of errors, by name.
var kinds = map[string]error{
	"expired": bitrix.ErrExpiredToken, "grant": bitrix.ErrInvalidGrant, "client": bitrix.ErrInvalidClient,
	"uninstalled": bitrix.ErrNotInstalled, "denied": bitrix.ErrAccessDenied, "inactive": bitrix.ErrUserInactive,
	"closed": bitrix.ErrUserNotAllowed, "scope": bitrix.ErrInsufficientScope, "plan": bitrix.ErrNoREST,
	"missing": bitrix.ErrNotFound, "method": bitrix.ErrMethodNotFound, "bound": bitrix.ErrAlreadyBound,
	"queries": bitrix.ErrQueryLimit, "time": bitrix.ErrOperationTimeLimit, "overload": bitrix.ErrOverload,
	"deleted": bitrix.ErrPortalDeleted, "moved": bitrix.ErrMoved, "link": bitrix.ErrBadLink,
	"host": bitrix.ErrForbiddenHost, "unreachable": bitrix.ErrUnreachable, "unexpected": bitrix.ErrUnexpectedAnswer,
	"large": bitrix.ErrTooLarge, "lost": bitrix.ErrLostAnswer,
}

// kindsOf names the kinds of an error.
func kindsOf(err error) string {
	var all []string
	for name, kind := range kinds {
		if errors.Is(err, kind) {
			all = append(all, name)
		}
	}
	if len(all) == 2 && all[0] > all[1] {
		all[0], all[1] = all[1], all[0]
	}
	return strings.Join(all, " ")
}

func TestErrorKinds(t *testing.T) {
	for _, tt := range []struct {
		status            int
		code, description string
		want              string
	}{
		{401, "expired_token", "The access token provided has expired", "expired"},
		{401, "EXPIRED_TOKEN", "", "expired"},
		{401, "invalid_token", "Unable to get application by token", "expired"},
		{401, "NO_AUTH_FOUND", "Wrong authorization data", "expired"},
		{200, "expired_token", "with a 200 status", "expired"},
		{401, "insufficient_scope", "", "scope"},
		{403, "insufficient_scope", "", "scope"},
		{401, "user_access_error", "", "closed"},
		{403, "allowed_only_intranet_user", "", "closed"},
		{401, "authorization_error", "Unable to authorize user", "inactive"},
		{401, "ACCESS_DENIED", "REST is available only on commercial plans.", "plan"},
		{403, "access_denied", "Access denied! Available on commercial plans only", "denied"},
		{401, "PAYMENT_REQUIRED", "Payment required", "plan"},
		{403, "ACCESS_DENIED", "Access denied! Link check failed", "link"},
		{403, "ACCESS_DENIED", "Access denied!", "denied"},
		{400, "", "Access denied.", "denied"},
		{400, "", "Not found", "missing"},
		{400, "0", "Not found", "missing"},
		{400, "", "Email send error. Not much else", ""},
		{400, "NOT_FOUND", "Item not found", "missing"},
		{400, "ERROR_NOT_FOUND", "Could not find entity with id `X`.", "missing"},
		{400, "ERROR_CORE", "Not found", ""}, // a code of its own is believed
		{400, "OWNER_NOT_FOUND", "", "missing"},
		{404, "ERROR_METHOD_NOT_FOUND", "Method not found!", "method"},
		{403, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method", "denied"},
		{400, "ERROR_CORE", "Unable to set placement handler: Handler already binded", "bound"},
		{400, "ERROR_CORE", "Unable to set event handler: Handler already binded", "bound"},
		{400, "ERROR_ACTIVITY_ALREADY_INSTALLED", "", "bound"},
		{401, "OVERLOAD_LIMIT", "", "overload"},
		{403, "PORTAL_DELETED", "", "deleted"},
		{410, "PORTAL_DELETED", "", "deleted"},
		{401, "NOT_INSTALLED", "Application not installed", "uninstalled"},
		{401, "ERROR_OAUTH", "Application not installed", "uninstalled"},
		{400, "invalid_grant", "", "grant"},
		{400, "invalid_client", "", "client"},
		{200, "wrong_client", "", "client"},
		{400, "ERROR_ARGUMENT", "Invalid value of parameter {Parameter #0}", ""},
		{400, "100", "Could not find value for parameter {entityTypeId}", ""},
	} {
		t.Run(fmt.Sprint(tt.status, tt.code, tt.description), func(t *testing.T) {
			p := newPortal(t, script(refusal(tt.status, tt.code, tt.description)))
			_, err := p.client(t).Profile(context.Background())
			if got := kindsOf(err); got != tt.want {
				t.Errorf("%v: got kinds %q, want %q", err, got, tt.want)
			}
			var own *bitrix.Error
			if !errors.As(err, &own) {
				t.Fatalf("%T is no *bitrix.Error", err)
			}
			want := &bitrix.Error{Method: "profile", Host: p.host(), Status: tt.status, Code: tt.code, Description: tt.description}
			if diff := cmp.Diff(want, own); diff != "" {
				t.Error(diff)
			}
			if n := len(p.seen()); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestErrorShapes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   bitrix.Error
	}{
		{"argument", 400, `{"error":"ERROR_ARGUMENT","error_description":"bad","argument":"ID"}`, bitrix.Error{Code: "ERROR_ARGUMENT", Description: "bad", Argument: "ID"}},
		{"number as code", 400, `{"error":100,"error_description":"bad"}`, bitrix.Error{Code: "100", Description: "bad"}},
		{"empty code, no description", 400, `{"error":""}`, bitrix.Error{}},
		{"version 3", 400, `{"error":{"code":"BITRIX_REST_V3_EXCEPTION_X","message":"bad"}}`, bitrix.Error{Code: "BITRIX_REST_V3_EXCEPTION_X", Description: "bad"}},
		{"error beside a result", 200, `{"result":true,"error":"X"}`, bitrix.Error{Code: "X"}},
		{"byte order mark", 400, "\ufeff" + `{"error":"X"}`, bitrix.Error{Code: "X"}},
		{"control characters", 400, `{"error":"X\u0000Y","error_description":"a\u001b[31mb"}`, bitrix.Error{Code: "X Y", Description: "a [31mb"}},
		{"the token in its words", 400, `{"error":"X","error_description":"token ` + token + ` is bad"}`, bitrix.Error{Code: "X", Description: "token [redacted] is bad"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPortal(t, script(reply(tt.status, tt.body)))
			_, err := p.client(t).Profile(context.Background())
			var own *bitrix.Error
			if !errors.As(err, &own) {
				t.Fatalf("got %v", err)
			}
			tt.want.Method, tt.want.Host, tt.want.Status = "profile", p.host(), tt.status
			if diff := cmp.Diff(&tt.want, own); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorIsShortWhateverThePortalSays(t *testing.T) {
	p := newPortal(t, script(refusal(400, strings.Repeat("c", 5000), strings.Repeat("d", 5000))))
	_, err := p.client(t).Profile(context.Background())
	if len(err.Error()) > 800 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

func TestErrorNullMeansNone(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":{"ID":"7"},"error":null}`)))
	got, err := p.client(t).Profile(context.Background())
	if err != nil || got.ID != 7 {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"result":[{"ID":"1"}],"next":50,"total":123,"time":{"operating_reset_at":1736406407}}`, `{"error":"","error_description":"Not found"}`,
		`{"error":{"code":"X","message":"y"}}`, `<html>`, ``, `null`, `{"error":null}`, `{"result":{"result":[],"result_error":{"c0":{"error":"X"}}}}`,
	} {
		f.Add(200, seed)
		f.Add(503, seed)
	}
	answers := make(chan func(http.ResponseWriter), 1)
	server := serve(func(w http.ResponseWriter, _ *http.Request) { (<-answers)(w) })
	f.Cleanup(server.Close)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status == 204 || status == 304 {
			t.Skip()
		}
		cfg := configFor(server)
		cfg.MaxWait = -1
		client := newClient(t, cfg)
		ctx, cancel := context.WithCancel(context.Background())
		cfg.Clock.(*clock).beforeSleep = cancel // one attempt
		answers <- func(w http.ResponseWriter) { say(w, status, body) }
		users, err := bitrix.Collect(client.Users(ctx, nil), 1)
		if err == nil && (status != 200 || !strings.Contains(body, "result")) {
			t.Fatalf("status %d, %q: accepted as %v", status, body, users)
		}
		if err != nil && len(err.Error()) > 1000 {
			t.Fatalf("long error: %v", err)
		}
	})
}
