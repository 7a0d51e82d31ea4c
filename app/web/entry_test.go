package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"signservice/bitrix/simulator"
)

// TestFramePages holds what every page in a portal's frame promises.
func TestFramePages(t *testing.T) {
	w := newWorld(t)
	for name, f := range map[string]simulator.Frame{
		"tab":      w.frame(w.acme, simulator.Opening{User: w.acme.mary, Placement: "CRM_DEAL_DETAIL_TAB", Item: w.acme.deal}),
		"settings": w.frame(w.acme, simulator.Opening{User: w.acme.anna}),
	} {
		a := w.post(f)
		csp := a.header.Get("Content-Security-Policy")
		if a.code != http.StatusOK || !strings.HasSuffix(csp, "frame-ancestors "+w.acme.URL()) {
			t.Errorf("%s: %d, policy %q", name, a.code, csp)
		}
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "", "Set-Cookie": "",
		} {
			if got := a.header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
		for _, secret := range []string{f.Form.Get("AUTH_ID"), f.Form.Get("REFRESH_ID"), w.acme.app.ClientSecret} {
			if strings.Contains(a.text(), secret) || strings.Contains(w.log.String(), secret) {
				t.Errorf("%s: a token is on the page or in the log", name)
			}
		}
	}
}

// TestForgedPosts sends every forgery that the simulator knows to every page
// of a frame: what must be refused gets no Session, and never one of somebody else.
func TestForgedPosts(t *testing.T) {
	w := newWorld(t)
	other := w.frame(w.bolt, simulator.Opening{User: w.bolt.mary})
	stranger := w.acme.AddApp(simulator.LocalApp{Title: "Other", HandlerURL: w.base + "/bx/app", Scopes: []string{"crm"}})
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the forger's address was called") }))
	defer evil.Close()
	forgeries, err := w.acme.Forgeries(
		simulator.Opening{User: w.acme.mary, ClientID: w.acme.app.ClientID, Placement: "CRM_DEAL_DETAIL_TAB", Item: w.acme.deal},
		simulator.ForgeryKit{
			Other: other, OtherApp: w.frame(w.acme, simulator.Opening{User: w.acme.mary, ClientID: stranger.ClientID}), Attacker: evil.URL,
		})
	if err != nil || len(forgeries) < 5 {
		t.Fatalf("%d forgeries, %v", len(forgeries), err)
	}
	for _, f := range forgeries {
		a := w.post(f.Frame)
		opened := sessionIn.MatchString(a.text())
		switch {
		case f.Refuse && (opened || a.code == http.StatusOK):
			t.Errorf("%s was let in", f.Name)
		case !opened && strings.Contains(a.text(), "<script"):
			t.Errorf("%s: the refusal has a script", f.Name)
		case !opened && strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors"):
			t.Errorf("%s: the refusal cannot be seen in a frame", f.Name)
		}
	}
}

// TestWhoMayOpen tries the pages as those who may not.
func TestWhoMayOpen(t *testing.T) {
	w := newWorld(t)
	tab := func(user int) simulator.Frame {
		return w.frame(w.acme, simulator.Opening{User: user, Placement: "CRM_DEAL_DETAIL_TAB", Item: w.acme.deal})
	}
	newDeal := w.frame(w.acme, simulator.Opening{User: w.acme.mary, Placement: "CRM_DEAL_DETAIL_TAB", Options: map[string]any{"ID": "0"}})
	swapped := tab(w.acme.mary)
	swapped.Action = strings.Replace(swapped.Action, "/bx/deal-tab", "/bx/app", 1)
	twice := w.frame(w.acme, simulator.Opening{User: w.acme.anna})
	twice.Action = strings.Replace(twice.Action, "/bx/app", "/bx/deal-tab", 1)
	install := w.frame(w.acme, simulator.Opening{User: w.acme.mary})
	install.Action = strings.Replace(install.Action, "/bx/app", "/bx/install", 1)
	for _, c := range []struct {
		name string
		f    simulator.Frame
		code int
		says string
	}{
		{"an employee the settings", w.frame(w.acme, simulator.Opening{User: w.acme.mary}), http.StatusForbidden, "The settings are for the administrators"},
		{"an employee the installation", install, http.StatusForbidden, "Only an administrator"},
		{"a deal that is not saved", newDeal, http.StatusUnprocessableEntity, "Save the card first"},
		{"the settings from a tab", swapped, http.StatusUnprocessableEntity, "does not know"},
		{"the tab without a deal", twice, http.StatusUnprocessableEntity, "does not know"},
	} {
		a := w.post(c.f)
		if a.code != c.code || !strings.Contains(a.text(), c.says) || sessionIn.MatchString(a.text()) {
			t.Errorf("%s: %d %s", c.name, a.code, a.text())
		}
	}
}

// TestLanguages holds that pages and refusals follow the portal's language.
func TestLanguages(t *testing.T) {
	w := newWorld(t)
	for lang, want := range map[string]string{
		"ru": "Ищем документы", "de": "Die Dokumente werden gesucht", "la": "Buscando los documentos", "br": "Looking for the documents",
	} {
		f := w.frame(w.acme, simulator.Opening{User: w.acme.mary, Placement: "CRM_DEAL_DETAIL_TAB", Item: w.acme.deal})
		f.Action = regexpLang.ReplaceAllString(f.Action, "LANG="+lang)
		if a := w.post(f); !strings.Contains(a.text(), want) {
			t.Errorf("%s: %s", lang, a.text())
		}
	}
	if a := w.get("/nowhere", "Accept-Language", "ru-RU,ru;q=0.9"); !strings.Contains(a.text(), "По этому адресу нет страницы") {
		t.Errorf("a refusal in Russian: %s", a.text())
	}
}

// TestBadPosts are forms that no portal sends.
func TestBadPosts(t *testing.T) {
	w := newWorld(t)
	for name, body := range map[string]string{
		"nothing": "", "no token": "member_id=" + w.acme.MemberID(), "percent": "AUTH_ID=%zz", "huge": "AUTH_ID=" + strings.Repeat("a", 1<<20),
		"control characters": "AUTH_ID=" + url.QueryEscape("a\r\nb\x00"), "an array": "AUTH_ID[]=1",
	} {
		for _, path := range []string{"/bx/app", "/bx/deal-tab", "/bx/install", "/bx/event"} {
			r := httptest.NewRequest(http.MethodPost, path+"?LANG=en&DOMAIN=evil.test&PROTOCOL=1", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := w.serve(r); a.code < 400 || a.code >= 500 || sessionIn.MatchString(a.text()) {
				t.Errorf("%s to %s: %d %s", name, path, a.code, a.text())
			}
		}
	}
}
