package simulator_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"signservice/bitrix/simulator"
)

// TestFaultsOfDownloads: each kind of address of a file fails under its own name.
func TestFaultsOfDownloads(t *testing.T) {
	w := newWorld(t)
	field := w.portal.AddFileField("F", "F", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	content := "%PDF-" + strings.Repeat("x", 4000)
	w.portal.PutFile(deal, field, "a.pdf", []byte(content))
	object := w.portal.AddDriveFile(w.mary, "d.pdf", []byte(content))
	doc := w.portal.AddDocument(deal, simulator.GeneratedDocument{Title: "Offer", PDF: []byte(content)})
	act := w.portal.AddActivity(simulator.Activity{
		Owner: simulator.Binding{EntityType: 2, ID: deal}, Provider: simulator.ProviderEmail, Author: w.mary, Files: []simulator.File{{Name: "m.pdf", Content: []byte(content)}},
	})
	link := func(method string, params map[string]any, path ...any) string {
		s, _ := w.ok(w.mary, method, params).at(append([]any{"result"}, path...)...).(string)
		if strings.HasPrefix(s, "/") {
			s = w.portal.URL() + s
		}
		return s
	}
	addresses := map[string]string{
		"crm.controller.item.getFile":           link("crm.item.get", m{"entityTypeId": 2, "id": deal, "useOriginalUfNames": "Y"}, "item", field, "urlMachine"),
		"show_file":                             link("crm.deal.get", m{"id": deal}, field, "downloadUrl"),
		"download":                              link("disk.file.get", m{"id": object}, "DOWNLOAD_URL"),
		"crm.documentgenerator.document.getPdf": link("crm.documentgenerator.document.get", m{"id": doc}, "document", "pdfUrlMachine"),
		"crm_show_file":                         link("crm.activity.get", m{"id": act}, "FILES", 0, "url"),
	}
	get := func(address string) (string, int, error) {
		res, err := http.Get(address) //nolint:noctx // a test's own server
		if err != nil {
			return "", 0, err
		}
		defer func() { _ = res.Body.Close() }()
		raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		return string(raw), res.StatusCode, err
	}
	for method, address := range addresses {
		t.Run(method, func(t *testing.T) {
			if got, _, err := get(address); err != nil || got != content {
				t.Fatalf("healthy: %v, %d bytes", err, len(got))
			}
			for _, tt := range []struct {
				kind   simulator.FaultKind
				status int
				check  func(got string, err error) bool
			}{
				{simulator.PlainText, 200, func(got string, _ error) bool { return got == "Access denied." }},
				{simulator.Maintenance, 200, func(got string, _ error) bool { return strings.Contains(got, "<html>") }},
				{simulator.EmptyBody, 200, func(got string, _ error) bool { return got == "" }},
				{simulator.BadGateway, 502, func(got string, _ error) bool { return strings.Contains(got, "<html>") }},
				{simulator.ExpiredToken, 401, func(got string, _ error) bool { return strings.Contains(got, "expired_token") }},
				{simulator.Truncated, 200, func(got string, err error) bool { return err != nil && len(got) < len(content) }},
				{simulator.Corrupt, 200, func(got string, _ error) bool { return len(got) == len(content) && got != content }},
				{simulator.Endless, 200, func(got string, _ error) bool { return len(got) == 1<<20 && strings.HasPrefix(got, content) }},
				{simulator.Reset, 0, func(_ string, err error) bool { return err != nil }},
			} {
				hit := w.portal.Inject(simulator.Fault{Method: method, Kind: tt.kind, Count: 1})
				got, status, err := get(address)
				if status != tt.status || !tt.check(got, err) || hit.Hits() != 1 {
					t.Errorf("%s: status %d, %v, %d bytes, %d hits", tt.kind, status, err, len(got), hit.Hits())
				}
			}
			struck := 0
			for _, c := range w.portal.Calls() {
				if c.Fault != "" && strings.EqualFold(c.Method, method) {
					struck++
				}
			}
			if struck != 9 {
				t.Errorf("%d faults are recorded", struck)
			}
		})
	}
}

// TestTwoPortals: nothing of one portal is good in the other, though they
// share a host and thereby cookies.
func TestTwoPortals(t *testing.T) {
	w := newWorld(t)
	other := w.cloud.AddPortal(simulator.PortalConfig{Name: "Other"})
	if err := w.cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	eve := other.AddUser(simulator.User{Name: "Eve", Admin: true})
	deal := other.AddDeal(simulator.Deal{Title: "Theirs", Responsible: eve})
	app := w.addApp(other)
	if other.MemberID() == w.portal.MemberID() || app.ClientID == w.app.ClientID {
		t.Fatal("the portals are not two")
	}
	one, err := w.portal.SignIn(w.anna)
	if err != nil {
		t.Fatal(err)
	}
	two, err := other.SignIn(eve)
	if err != nil {
		t.Fatal(err)
	}
	look := func(p *simulator.Portal, cookies ...*http.Cookie) string {
		req, err := http.NewRequest("GET", p.URL()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			req.AddCookie(c)
		}
		a, err := do(req)
		if err != nil {
			t.Fatal(err)
		}
		return string(a.raw)
	}
	if s := look(other, one, two); !strings.Contains(s, "Eve") || strings.Contains(s, "Anna") {
		t.Error("the other portal mixed the sessions up")
	}
	if s := look(other, one); strings.Contains(s, "Eve") || strings.Contains(s, "Anna") {
		t.Error("a session of one portal is good in the other")
	}
	tok := w.grant(w.portal, w.anna, w.app.ClientID)
	a, err := fetch("POST", other.URL()+"/rest/crm.deal.get", "application/json", fmt.Sprintf(`{"auth":%q,"id":%d}`, tok.Access, deal))
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, a, 401, "NO_AUTH_FOUND", "")
	form := w.refreshForm(tok.Refresh)
	form.Set("client_id", app.ClientID)
	form.Set("client_secret", app.ClientSecret)
	wantError(t, w.exchange(form), 400, "invalid_grant", "")

	if err := w.portal.SetUser(w.anna, func(u *simulator.User) { u.Inactive = true }); err != nil {
		t.Fatal(err)
	}
	if s := look(w.portal, one); strings.Contains(s, "Anna") {
		t.Error("a session of somebody who was dismissed is good")
	}
}

// TestEventsOfOthers: auth_type, refresh tokens where a quirk sends them, the people's events.
func TestEventsOfOthers(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	for event, as := range map[string]int{"OnCrmDealUpdate": w.anna, "OnUserAdd": 0, "OnCrmTimelineCommentAdd": 0, "OnCrmDealDelete": 0} {
		w.ok(w.anna, "event.bind", m{"event": event, "handler": w.inbox.url + "/event", "auth_type": as})
	}
	w.portal.SetQuirks(simulator.Quirks{RefreshInEvents: true})
	w.ok(w.mary, "crm.item.update", m{"entityTypeId": 2, "id": deal, "fields": m{"title": "x"}})
	w.ok(w.mary, "crm.item.update", m{"entityTypeId": 2, "id": deal, "fields": m{"title": "x"}}) // nothing changed: no event
	w.ok(w.mary, "crm.timeline.comment.add", m{"fields": m{"ENTITY_ID": deal, "ENTITY_TYPE": "deal", "COMMENT": "c"}})
	w.portal.AddUser(simulator.User{Name: "New"})
	if err := w.portal.DeleteDeal(deal); err != nil {
		t.Fatal(err)
	}
	w.settle()
	var got []string
	for _, f := range w.inbox.all() {
		got = append(got, fmt.Sprintf("%s by %s refresh %t", f.Get("event"), f.Get("auth[user_id]"), f.Has("auth[refresh_token]")))
	}
	want := []string{
		"ONCRMDEALUPDATE by 1 refresh true", "ONCRMTIMELINECOMMENTADD by 2 refresh true", "ONUSERADD by  refresh false", "ONCRMDEALDELETE by 1 refresh true",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, d := range w.portal.Deliveries() {
		if d.Status != 200 || d.App != w.app.ClientID || d.Time.IsZero() {
			t.Errorf("delivery %+v", d)
		}
	}
}

// TestLifetimes: lifetimes and names of a cloud's own making.
func TestLifetimes(t *testing.T) {
	c := &clock{now: time.Unix(1_800_000_000, 0)}
	cloud := simulator.New(simulator.Config{
		Clock: c.Now, Rand: bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 1000)), AccessLifetime: 5 * time.Second, AuthAddr: "127.0.0.1:0",
	})
	p := cloud.AddPortal(simulator.PortalConfig{Host: "acme.localhost", MemberID: strings.Repeat("a", 32), Language: "ru", License: "ru_selfhosted"})
	if err := cloud.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cloud.Close() }()
	if !strings.HasPrefix(p.URL(), "http://acme.localhost:") || p.MemberID() != strings.Repeat("a", 32) {
		t.Errorf("portal at %s", p.URL())
	}
	u := p.AddUser(simulator.User{Name: "A"})
	app := p.AddApp(simulator.LocalApp{HandlerURL: "http://127.0.0.1:1/"})
	tok, err := p.Grant(u, app.ClientID)
	if err != nil || tok.Expires.Sub(c.Now()) != 5*time.Second || len(tok.Access) != 70 || !strings.HasPrefix(tok.Access, "05d2496b") {
		t.Errorf("token %+v, %v", tok, err)
	}
	addr, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	a, err := fetch("GET", "http://127.0.0.1:"+addr.Port()+"/rest/app.info?auth="+tok.Access, "", "")
	if err != nil || a.at("result", "LICENSE") != "ru_selfhosted" || a.at("result", "LICENSE_TYPE") != "selfhosted" || a.at("result", "LANGUAGE_ID") != "ru" {
		t.Errorf("app.info: %v %s", err, a.raw)
	}
	c.Add(6 * time.Second)
	if a, err := fetch("GET", "http://127.0.0.1:"+addr.Port()+"/rest/app.info?auth="+tok.Access, "", ""); err != nil || a.status != 401 {
		t.Errorf("after 6 s: %v %s", err, a.raw)
	}
}
