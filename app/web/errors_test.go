package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/app/i18n"
)

// TestStatus is the table of kinds in the architecture.
func TestStatus(t *testing.T) {
	for kind, want := range map[app.Kind]int{
		app.Invalid: 422, app.Unauthenticated: 401, app.Forbidden: 403, app.NotFound: 404, app.Conflict: 409, app.TooLarge: 413,
		app.Unsupported: 415, app.Locked: 423, app.RateLimited: 429, app.Upstream: 502, app.Unavailable: 503, app.Internal: 500, "new": 500,
	} {
		if got := status(kind); got != want {
			t.Errorf("%s is %d, want %d", kind, got, want)
		}
	}
}

// TestAsFailure gives every error a kind; what nobody expected is internal.
func TestAsFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind app.Kind
		key  string
	}{
		{app.Wrap("sign", app.Fail(app.Conflict, "", "request.already")), app.Conflict, "request.already"},
		{fmt.Errorf("read: %w", app.NotFound), app.NotFound, "error.not-found"},
		{io.ErrUnexpectedEOF, app.Internal, "error.internal"},
		{context.DeadlineExceeded, app.Unavailable, "error.unavailable"},
		{echo.ErrNotFound, app.NotFound, "call.no-page"},
		{echo.ErrMethodNotAllowed, app.NotFound, "call.no-page"},
		{echo.ErrStatusRequestEntityTooLarge, app.TooLarge, "error.too-large"},
	} {
		got := asFailure(c.err)
		if got.Kind != c.kind || got.MessageKey() != c.key {
			t.Errorf("%v is %s (%s), want %s (%s)", c.err, got.Kind, got.MessageKey(), c.kind, c.key)
		}
	}
}

// TestProblems holds that a person is told what happened in one's own
// language, what became of file and code, and never the cause.
func TestProblems(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.1: secret-token")
	for _, c := range []struct {
		name        string
		failure     *app.Error
		lang        string
		fate        fate
		has, hasNot []string
	}{
		{"internal", app.Fail(app.Internal, "store", "").Because(cause), "en", fateNone, []string{"on our side", "abc123"}, []string{"secret-token", "10.0.0.1"}},
		{"unknown key", app.Fail(app.Upstream, "", "no.such").Because(cause), "en", fateNone, []string{"makes no sense", "abc123"}, []string{"no.such.", "secret"}},
		{"refused before the code", app.Fail(app.Forbidden, "", "certificate.not-assigned"), "en", fateCode, []string{"was not changed", "was not used up"}, []string{"abc123"}},
		{"code used", &app.Error{Kind: app.Conflict, Key: "request.conflict", CodeUsed: true, FileChanged: true}, "en", fateCode, []string{"has changed", "was used up"}, nil},
		{"wrong code", app.Fail(app.Unauthenticated, "", "code.wrong", 3), "ru", fateCode, []string{"осталось 3 попытки", "Файл в CRM не изменён"}, []string{"израсходован"}},
		{"wait", &app.Error{Kind: app.RateLimited, Key: "code.wait", Args: []any{90 * time.Second}, After: 90 * time.Second}, "de", fateFile, []string{"90 s", `"after":90`}, nil},
		{"escaped", app.Fail(app.Upstream, "", "portal.scope", "<b>crm</b>"), "en", fateNone, []string{"permission"}, []string{"<b>"}},
	} {
		p := problemOf(c.failure, i18n.For(c.lang), c.fate, "abc123")
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var plain strings.Builder
		plain.WriteString(strings.NewReplacer(`\u003c`, "&lt;").Replace(string(text)))
		for _, want := range c.has {
			if !strings.Contains(plain.String(), want) {
				t.Errorf("%s does not say %q: %s", c.name, want, text)
			}
		}
		for _, never := range c.hasNot {
			if strings.Contains(plain.String(), never) {
				t.Errorf("%s says %q: %s", c.name, never, text)
			}
		}
	}
}

// bare is a configuration of which nothing is used.
func bare(public string) Config {
	return Config{
		Public: public, Sealer: plainSealer{}, Visitors: stop{}, Portals: struct{ Portals }{}, Installer: struct{ Installer }{},
		Signing: struct{ Signing }{}, Admin: struct{ Admin }{}, Enrolments: struct{ Enrolments }{},
	}
}

// stop is a Visitors that panics, as code does that nobody expected.
type stop struct{ Visitors }

func (stop) Identify(context.Context, url.Values) (app.Visit, error) {
	panic("a bug with secret-token")
}

// TestPanic is answered with a number, and the process lives on.
func TestPanic(t *testing.T) {
	s, err := New(bare("https://sign.example.org/"))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/bx/app", strings.NewReader("AUTH_ID=x")))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret-token") ||
		!strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Strict-Transport-Security"); got == "" {
		t.Error("https is not asked for")
	}
}

// plainSealer seals nothing; the server under test never gets so far.
type plainSealer struct{}

func (plainSealer) Seal(plain, _ []byte) ([]byte, error) { return plain, nil }
func (plainSealer) Open(plain, _ []byte) ([]byte, error) { return plain, nil }

// TestConfig refuses what cannot work, before anything is served.
func TestConfig(t *testing.T) {
	for _, public := range []string{"", "sign.example.org", "ftp://a", "https://", "https://a/path", "://", "javascript:alert(1)"} {
		if _, err := New(bare(public)); err == nil {
			t.Errorf("the address %q was taken", public)
		}
	}
	without := bare("https://a")
	without.Sealer = nil
	if _, err := New(without); err == nil {
		t.Error("a server without a sealer was made")
	}
}
