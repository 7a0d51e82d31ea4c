package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
)

// TestSetupLink has the running service make a link for an administrator: it is
// printed alone, works for that account, and the journal says whose word it was.
func TestSetupLink(t *testing.T) {
	c := sickbed(t)
	run := func(portal, user string) (code int, out, text string) {
		t.Helper()
		var std, errs bytes.Buffer
		l := setupLinkCommand{Dir: c.Dir, Portal: portal, User: user}
		code = report(&errs, l.Run(t.Context(), streams{out: &std, err: &errs}))
		return code, std.String(), errs.String()
	}
	if code, out, text := run("acme.bitrix24.com", "7"); code != exitBad || out != "" || !strings.Contains(text, "not running") || !strings.Contains(text, "--dir") {
		t.Errorf("without a service: %d, %s%s", code, out, text)
	}
	s := start(t, c)
	for range 500 {
		if _, err := os.Stat(filepath.Join(c.Dir, controlName)); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	const acme = app.PortalID("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	p := app.Portal{ID: acme, Domain: "acme.bitrix24.com", InstalledAt: time.Now(), InstalledBy: "7"}
	if err := s.store.SavePortal(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := s.store.SaveAccount(t.Context(), app.Account{Portal: acme, User: "7", Name: "Anna Berg", Login: "anna"}); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]struct{ portal, user, says string }{
		"another portal":     {"bolt.bitrix24.com", "7", "installed in no portal"},
		"nobody":             {"acme.bitrix24.com", "8", "no account at SignService"},
		"no number":          {"acme.bitrix24.com", "7; 8", "no account at SignService"},
		"a portal's address": {"https://acme.bitrix24.com/", "7", "installed in no portal"},
	} {
		if code, out, text := run(wrong.portal, wrong.user); code != exitBad || out != "" || !strings.Contains(text, wrong.says) {
			t.Errorf("%s: %d, %s%s", name, code, out, text)
		}
	}
	code, out, text := run("acme.bitrix24.com", "7")
	link := regexp.MustCompile(`^http://127\.0\.0\.1:1/enrol/([A-Za-z0-9_-]{43})\n$`).FindStringSubmatch(out)
	if code != 0 || link == nil || !strings.Contains(text, "Anna Berg") || strings.Contains(text, "/enrol/") {
		t.Fatalf("%d, %s%s", code, out, text)
	}
	e, err := s.store.Enrolment(t.Context(), otp.ID(link[1]))
	if err != nil || e.Portal != acme || e.User != "7" || !e.Open(time.Now()) {
		t.Errorf("stored is %+v, %v", e, err)
	}
	entries, err := s.store.AuditEntries(t.Context(), acme, app.AuditQuery{Action: app.ActEnrolmentCreated})
	if err != nil || len(entries) != 1 || entries[0].User != "" || entries[0].Detail != "enrolment.operator" {
		t.Errorf("the journal has %+v, %v", entries, err)
	}
}

// hourAhead is an authorization server whose clock is an hour ahead.
func hourAhead(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestServiceClock: the service takes no code by a clock that the doctor finds to
// be wrong, and is not ready.
func TestServiceClock(t *testing.T) {
	c := sickbed(t)
	s, err := build(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	if err := s.ready(t.Context()); err != nil {
		t.Errorf("before anybody has told the time: %v", err)
	}
	s.doctor.Examine(t.Context())
	if err := s.ready(t.Context()); err != nil {
		t.Errorf("by a right clock: %v", err)
	}
	c.AuthServers = []string{hourAhead(t)}
	s.doctor = newDoctor(&c, s.store, nil)
	s.doctor.Examine(t.Context())
	if err := s.ready(t.Context()); app.KindOf(err) != app.Unavailable {
		t.Errorf("by a clock that is an hour off: %v", err)
	}
}
