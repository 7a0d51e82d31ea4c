package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix/simulator"
)

func (w *world) bind(p *simulator.Portal, clientID, placement, path string) {
	w.t.Helper()
	tok := w.grant(p, w.anna, clientID)
	a := w.callWith(tok.Access, "placement.bind", map[string]any{"PLACEMENT": placement, "HANDLER": w.inbox.url + path, "TITLE": "Sign"})
	if a.status != 200 {
		w.t.Fatalf("bind: %s", a.raw)
	}
}

// TestBehaviour01: what the tab POSTs; each render has its own frame id and tokens.
func TestBehaviour01(t *testing.T) {
	w := newWorld(t)
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_DETAIL_TAB", "/tab?x=1")
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	o := simulator.Opening{User: w.mary, ClientID: w.app.ClientID, Placement: "CRM_DEAL_DETAIL_TAB", Item: deal}
	one, err := w.portal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	two, err := w.portal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(w.portal.URL(), "http://")
	want := url.Values{
		"AUTH_ID": one.Form["AUTH_ID"], "AUTH_EXPIRES": {"3600"}, "REFRESH_ID": one.Form["REFRESH_ID"], "member_id": {w.portal.MemberID()},
		"status": {"L"}, "PLACEMENT": {"CRM_DEAL_DETAIL_TAB"},
		"PLACEMENT_OPTIONS": {`{"ID":"1","URI":"/crm/deal/details/1/?IFRAME=Y\u0026IFRAME_TYPE=SIDE_SLIDER"}`},
	}
	if diff := cmp.Diff(want, one.Form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	if one.Name != host+"|0|"+one.SID || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(one.SID) {
		t.Errorf("frame is named %s", one.Name)
	}
	if want := w.inbox.url + "/tab?x=1&DOMAIN=" + url.QueryEscape(host) + "&PROTOCOL=0&LANG=en&APP_SID=" + one.SID; one.Action != want {
		t.Errorf("action is %s, want %s", one.Action, want)
	}
	for _, name := range []string{"AUTH_ID", "REFRESH_ID"} {
		if one.Form.Get(name) == two.Form.Get(name) {
			t.Errorf("%s is the same twice", name)
		}
	}
	if one.SID == two.SID {
		t.Error("the frame's id is the same twice")
	}
}

// TestBehaviour02: the main page, the installation in its place, the refusal.
func TestBehaviour02(t *testing.T) {
	w := newWorld(t)
	app := w.portal.AddApp(simulator.LocalApp{Title: "New", HandlerURL: w.inbox.url + "/app", InstallURL: w.inbox.url + "/install"})
	for _, tt := range []struct {
		name    string
		user    int
		prepare func() error
		path    string // "" is a refusal
		install bool
	}{
		{name: "administrator before the installation", user: w.anna, path: "/install", install: true},
		{name: "employee before the installation", user: w.mary},
		{name: "after it", user: w.mary, prepare: func() error { return w.portal.FinishInstall(app.ClientID, w.anna) }, path: "/app"},
		{name: "reinstall, employee", user: w.mary, prepare: func() error { return w.portal.ReinstallApp(app.ClientID) }},
		{name: "reinstall, administrator", user: w.anna, path: "/install", install: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.prepare != nil {
				if err := tt.prepare(); err != nil {
					t.Fatal(err)
				}
			}
			f, err := w.portal.Open(simulator.Opening{User: tt.user, ClientID: app.ClientID, Options: map[string]any{"any": "thing"}})
			if tt.path == "" {
				if !errors.Is(err, simulator.ErrRefused) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(f.Action, w.inbox.url+tt.path+"?") || f.Install != tt.install {
				t.Errorf("opened %s, installing %t", f.Action, f.Install)
			}
			if f.Form.Get("PLACEMENT") != "DEFAULT" || f.Form.Get("PLACEMENT_OPTIONS") != `{"any":"thing"}` {
				t.Errorf("form is %v", f.Form)
			}
		})
	}
}

// TestBehaviour03: newer clouds send three more fields.
func TestBehaviour03(t *testing.T) {
	w := newWorld(t)
	open := func() url.Values {
		f, err := w.portal.Open(simulator.Opening{User: w.mary, ClientID: w.app.ClientID})
		if err != nil {
			t.Fatal(err)
		}
		return f.Form
	}
	for _, name := range []string{"SERVER_ENDPOINT", "APPLICATION_TOKEN", "APPLICATION_SCOPE"} {
		if open().Has(name) {
			t.Errorf("%s is sent by default", name)
		}
	}
	w.portal.SetQuirks(simulator.Quirks{CloudFields: true})
	form := open()
	if form.Get("SERVER_ENDPOINT") != w.cloud.Auth.URL()+"/rest/" || form.Get("APPLICATION_TOKEN") != w.app.ApplicationToken || form.Get("APPLICATION_SCOPE") != allScopes {
		t.Errorf("form is %v", form)
	}
}

// TestBehaviour06: the end of an installation is the administrators', and tells the app.
func TestBehaviour06(t *testing.T) {
	w := newWorld(t)
	app := w.portal.AddApp(simulator.LocalApp{Title: "New", HandlerURL: w.inbox.url + "/app", InstallURL: w.inbox.url + "/install"})
	if app.Installed {
		t.Fatal("installed at once")
	}
	tok := w.grant(w.portal, w.anna, app.ClientID)
	if a := w.callWith(tok.Access, "event.bind", map[string]any{"event": "OnAppInstall", "handler": w.inbox.url + "/event"}); a.status != 200 {
		t.Fatalf("bind: %s", a.raw)
	}
	finish := func(user int) string {
		cookie, err := w.portal.SignIn(user)
		if err != nil {
			t.Fatal(err)
		}
		return postLayout(t, w.portal, cookie, url.Values{"action": {"set_installed"}, "v": {"Y"}, "PARAMS[params][ID]": {"2"}})
	}
	if got := finish(w.mary); got != `{"result":false}` {
		t.Errorf("an employee got %s", got)
	}
	if got := finish(w.anna); got != `{"result":true}` {
		t.Errorf("the administrator got %s", got)
	}
	w.settle()
	if a, _ := w.portal.App(app.ClientID); !a.Installed {
		t.Error("not installed")
	}
	forms := w.inbox.all()
	if len(forms) != 1 || forms[0].Get("event") != "ONAPPINSTALL" || forms[0].Get("data[INSTALLED]") != "Y" {
		t.Fatalf("the app heard %v", forms)
	}
}

// postLayout does what the portal's own script does.
func postLayout(t *testing.T, p *simulator.Portal, cookie *http.Cookie, form url.Values) string {
	t.Helper()
	home, err := http.NewRequest("GET", p.URL()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	home.AddCookie(cookie)
	a, err := do(home)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`data-sessid="([0-9a-f]+)"`).FindSubmatch(a.raw)
	if m == nil {
		t.Fatalf("no sessid in %s", a.raw)
	}
	form.Set("sessid", string(m[1]))
	req, err := http.NewRequest("POST", p.URL()+"/bitrix/components/bitrix/app.layout/lazyload.ajax.php", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.AddCookie(cookie)
	if a, err = do(req); err != nil {
		t.Fatal(err)
	}
	return string(a.raw)
}

// TestBehaviour07: tabs are hidden until the app is installed, and from those who
// may not use it.
func TestBehaviour07(t *testing.T) {
	w := newWorld(t)
	app := w.portal.AddApp(simulator.LocalApp{
		Title: "New", HandlerURL: w.inbox.url + "/app", InstallURL: w.inbox.url + "/install", Scopes: []string{"crm", "placement"},
	})
	w.bind(w.portal, app.ClientID, "CRM_DEAL_DETAIL_TAB", "/tab")
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	tabs := func(user int) int {
		cookie, err := w.portal.SignIn(user)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest("GET", w.portal.URL()+"/crm/deal/details/1/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(cookie)
		a, err := do(req)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(a.raw), `id="tab_rest_`)
	}
	if n := tabs(w.anna) + tabs(w.mary); n != 0 {
		t.Errorf("%d tabs before the installation", n)
	}
	if _, err := w.portal.Open(simulator.Opening{User: w.anna, ClientID: app.ClientID, Placement: "CRM_DEAL_DETAIL_TAB", Item: deal}); !errors.Is(err, simulator.ErrRefused) {
		t.Errorf("opened before the installation: %v", err)
	}
	if err := w.portal.FinishInstall(app.ClientID, w.anna); err != nil {
		t.Fatal(err)
	}
	if tabs(w.anna) != 1 || tabs(w.mary) != 1 {
		t.Error("the tab is not shown after the installation")
	}
	if err := w.portal.RestrictApp(app.ClientID, w.anna); err != nil {
		t.Fatal(err)
	}
	if tabs(w.anna) != 1 || tabs(w.mary) != 0 {
		t.Error("the tab is shown to somebody who may not use the app")
	}
	a := w.callWith(w.grant(w.portal, w.mary, app.ClientID).Access, "profile", nil)
	wantError(t, a, 401, "user_access_error", "")
}

// TestBehaviour08: forged POSTs differ from a good one in what they claim.
func TestBehaviour08(t *testing.T) {
	w := newWorld(t)
	other := w.cloud.AddPortal(simulator.PortalConfig{Name: "Other"})
	if err := w.cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	eve := other.AddUser(simulator.User{Name: "Eve", Admin: true})
	otherApp := w.addApp(other)
	second := w.addApp(w.portal)
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_DETAIL_TAB", "/tab")
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	secret := w.portal.AddDeal(simulator.Deal{Title: "Secret", Responsible: w.anna})
	if err := w.portal.SetDealAccess(secret, w.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	otherFrame, err := other.Open(simulator.Opening{User: eve, ClientID: otherApp.ClientID})
	if err != nil {
		t.Fatal(err)
	}
	secondFrame, err := w.portal.Open(simulator.Opening{User: w.mary, ClientID: second.ClientID})
	if err != nil {
		t.Fatal(err)
	}
	forged, err := w.portal.Forgeries(
		simulator.Opening{User: w.mary, ClientID: w.app.ClientID, Placement: "CRM_DEAL_DETAIL_TAB", Item: deal},
		simulator.ForgeryKit{Other: otherFrame, OtherApp: secondFrame, ForbiddenItem: secret, Attacker: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range forged {
		if seen[f.Name] {
			t.Errorf("%s comes twice", f.Name)
		}
		seen[f.Name] = true
		info := w.fetch("GET", w.cloud.Auth.URL()+"/rest/app.info?auth="+url.QueryEscape(f.Frame.Form.Get("AUTH_ID")), "", "")
		good := info.status == 200 && info.at("result", "client_id") == w.app.ClientID
		if f.Refuse == good && f.Name != "a forbidden item" {
			t.Errorf("%s: refuse is %t, but the token is good: %t", f.Name, f.Refuse, good)
		}
	}
	if len(forged) < 18 {
		t.Errorf("only %d forgeries", len(forged))
	}
}

// TestBehaviour34 and 35: languages with their own names, options that are missing or wrong.
func TestBehaviour34(t *testing.T) {
	for _, lang := range []string{"la", "br", "ua", "sc"} {
		w := newWorld(t)
		user := w.portal.AddUser(simulator.User{Name: "X", Language: lang})
		f, err := w.portal.Open(simulator.Opening{User: user, ClientID: w.app.ClientID})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(f.Action, "&LANG="+lang+"&") {
			t.Errorf("action is %s", f.Action)
		}
	}
}

func TestBehaviour35(t *testing.T) {
	w := newWorld(t)
	for quirk, want := range map[simulator.OptionsQuirk][]string{
		simulator.OptionsSent: {`{"ID":"1"}`}, simulator.OptionsMissing: nil, simulator.OptionsUndefined: {"undefined"},
	} {
		w.portal.SetQuirks(simulator.Quirks{Options: quirk})
		f, err := w.portal.Open(simulator.Opening{User: w.mary, ClientID: w.app.ClientID, Options: map[string]any{"ID": "1"}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, f.Form["PLACEMENT_OPTIONS"]); diff != "" {
			t.Errorf("quirk %d (-want +got):\n%s", quirk, diff)
		}
	}
}
