package simulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix/simulator"
)

// TestBehaviour21: placement.bind and its refusals.
func TestBehaviour21(t *testing.T) {
	w := newWorld(t)
	noCRM := w.portal.AddApp(simulator.LocalApp{Title: "No CRM", HandlerURL: w.inbox.url + "/app", Scopes: []string{"placement"}})
	bind := func(user int, code, handler string) answer {
		return w.call(user, "placement.bind", map[string]any{"PLACEMENT": code, "HANDLER": handler, "TITLE": "Sign"})
	}
	tab := "CRM_DEAL_DETAIL_TAB"
	wantError(t, bind(w.mary, tab, w.inbox.url+"/tab"), 403, "ACCESS_DENIED", "")
	hook := w.portal.AddWebhook(w.anna, "placement", "crm")
	a := w.fetch("POST", hook+"placement.bind", "application/json", fmt.Sprintf(`{"PLACEMENT":%q,"HANDLER":"%s/tab"}`, tab, w.inbox.url))
	wantError(t, a, 403, "WRONG_AUTH_TYPE", "Application context required")
	wantError(t, bind(w.anna, "CRM_NOTHING", w.inbox.url+"/tab"), 400, "ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
	a = w.callWith(w.grant(w.portal, w.anna, noCRM.ClientID).Access, "placement.bind", map[string]any{"PLACEMENT": tab, "HANDLER": w.inbox.url + "/tab"})
	wantError(t, a, 400, "ERROR_PLACEMENT_NOT_FOUND", "")
	for handler, code := range map[string]string{
		"http://localhost/tab": "ERROR_WRONG_HANDLER_URL", "ftp://app.test/tab": "ERROR_UNSUPPORTED_PROTOCOL", "http://.test/": "ERROR_WRONG_HANDLER_URL",
		"nonsense": "ERROR_UNSUPPORTED_PROTOCOL",
	} {
		wantError(t, bind(w.anna, tab, handler), 400, code, "")
	}
	for _, handler := range []string{"http://app.localhost/tab", w.inbox.url + "/tab"} {
		if a := bind(w.anna, tab, handler); a.at("result") != true {
			t.Errorf("%s: %s", handler, a.raw)
		}
	}
	wantError(t, bind(w.anna, tab, w.inbox.url+"/tab"), 400, "ERROR_CORE", "Unable to set placement handler: Handler already binded")
	got := w.ok(w.anna, "placement.get", nil)
	if n := len(got.at("result").([]any)); n != 2 {
		t.Errorf("%d placements, want two tabs", n)
	}
	if l, ok := got.at("result", 0, "options").([]any); !ok || len(l) != 0 {
		t.Errorf("options are %v", got.at("result", 0, "options"))
	}
	unbound := w.ok(w.anna, "placement.unbind", map[string]any{"PLACEMENT": tab})
	if unbound.at("result", "count") != 4.0 {
		t.Errorf("unbind counts %v", unbound.at("result"))
	}
	w.portal.SetQuirks(simulator.Quirks{PlacementMax: 1})
	w.bind(w.portal, w.app.ClientID, tab, "/a")
	wantError(t, bind(w.anna, tab, w.inbox.url+"/b"), 400, "ERROR_PLACEMENT_MAX_COUNT", "")
	spa := w.portal.AddType("Projects")
	if a := bind(w.anna, fmt.Sprintf("CRM_DYNAMIC_%d_DETAIL_TAB", spa), w.inbox.url+"/tab"); a.status != 200 {
		t.Errorf("smart process: %s", a.raw)
	}
	wantError(t, bind(w.anna, "CRM_DYNAMIC_999_DETAIL_TAB", w.inbox.url+"/tab"), 400, "ERROR_PLACEMENT_NOT_FOUND", "")
	codes := fmt.Sprint(w.ok(w.mary, "placement.list", nil).at("result"))
	if !strings.Contains(codes, tab) || strings.Contains(codes, "DEFAULT") {
		t.Errorf("list is %s", codes)
	}
}

// TestBehaviour22: what events carry, and how they can travel.
func TestBehaviour22(t *testing.T) {
	setup := func(t *testing.T, o simulator.EventOptions) (*world, int) {
		w := newWorld(t)
		for _, e := range []string{"OnCrmDealUpdate", "OnAppInstall", "ONAPPUNINSTALL"} {
			w.ok(w.anna, "event.bind", map[string]any{"event": e, "handler": w.inbox.url + "/event"})
		}
		deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
		w.portal.SetEvents(o)
		return w, deal
	}
	rename := func(w *world, deal int, title string) {
		w.ok(w.mary, "crm.item.update", map[string]any{"entityTypeId": 2, "id": deal, "fields": map[string]any{"title": title}})
	}
	t.Run("a deal's event", func(t *testing.T) {
		w, deal := setup(t, simulator.EventOptions{})
		rename(w, deal, "New")
		w.settle()
		forms := w.inbox.all()
		if len(forms) != 1 {
			t.Fatalf("%d events", len(forms))
		}
		f := forms[0]
		tok := f.Get("auth[access_token]")
		want := url.Values{
			"PATH": {"/event"}, "event": {"ONCRMDEALUPDATE"}, "event_handler_id": {"701"}, "ts": f["ts"], "data[FIELDS][ID]": {fmt.Sprint(deal)},
			"auth[access_token]": {tok}, "auth[expires]": f["auth[expires]"], "auth[expires_in]": {"3600"}, "auth[scope]": {allScopes},
			"auth[domain]": {strings.TrimPrefix(w.portal.URL(), "http://")}, "auth[server_endpoint]": {w.cloud.Auth.URL() + "/rest/"},
			"auth[status]": {"L"}, "auth[client_endpoint]": {w.portal.URL() + "/rest/"}, "auth[member_id]": {w.portal.MemberID()},
			"auth[user_id]": {fmt.Sprint(w.mary)}, "auth[application_token]": {w.app.ApplicationToken},
		}
		if diff := cmp.Diff(want, f); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if a := w.callWith(tok, "profile", nil); a.at("result", "ID") != fmt.Sprint(w.mary) {
			t.Errorf("the event's token: %s", a.raw)
		}
	})
	t.Run("install and uninstall", func(t *testing.T) {
		w, _ := setup(t, simulator.EventOptions{})
		if err := w.portal.ReinstallApp(w.app.ClientID); err != nil {
			t.Fatal(err)
		}
		if err := w.portal.FinishInstall(w.app.ClientID, w.anna); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if err := w.portal.UninstallApp(w.app.ClientID, false); err != nil {
			t.Fatal(err)
		}
		w.settle()
		forms := w.inbox.all()
		if len(forms) != 2 {
			t.Fatalf("%d events", len(forms))
		}
		if forms[0].Get("event") != "ONAPPINSTALL" || forms[0].Get("auth[refresh_token]") == "" || forms[0].Get("data[VERSION]") != "1" {
			t.Errorf("install is %v", forms[0])
		}
		un := forms[1]
		if un.Get("event") != "ONAPPUNINSTALL" || un.Get("data[CLEAN]") != "0" || un.Get("auth[application_token]") != w.app.ApplicationToken ||
			un.Has("auth[access_token]") || un.Has("auth[refresh_token]") || un.Has("auth[user_id]") {
			t.Errorf("uninstall is %v", un)
		}
	})
	t.Run("nothing while the app is not installed", func(t *testing.T) {
		w, deal := setup(t, simulator.EventOptions{})
		if err := w.portal.ReinstallApp(w.app.ClientID); err != nil {
			t.Fatal(err)
		}
		w.portal.PutFile(deal, w.portal.AddFileField("F", "F", false), "a", []byte("a"))
		w.settle()
		if n := len(w.inbox.all()); n != 0 {
			t.Errorf("%d events", n)
		}
	})
	t.Run("duplicated", func(t *testing.T) {
		w, deal := setup(t, simulator.EventOptions{Duplicate: 1})
		rename(w, deal, "New")
		w.settle()
		forms := w.inbox.all()
		if len(forms) != 2 || forms[0].Get("ts") != forms[1].Get("ts") {
			t.Errorf("%d events", len(forms))
		}
	})
	t.Run("dropped", func(t *testing.T) {
		w, deal := setup(t, simulator.EventOptions{Drop: 1})
		rename(w, deal, "New")
		w.settle()
		if n := len(w.inbox.all()); n != 0 {
			t.Errorf("%d events", n)
		}
		if d := w.portal.Deliveries(); len(d) != 1 || d[0].Err != "dropped" {
			t.Errorf("deliveries %+v", d)
		}
	})
	t.Run("wrong application_token", func(t *testing.T) {
		w, deal := setup(t, simulator.EventOptions{WrongToken: true})
		rename(w, deal, "New")
		w.settle()
		if tok := w.inbox.all()[0].Get("auth[application_token]"); tok == w.app.ApplicationToken || len(tok) != 32 {
			t.Errorf("token is %s", tok)
		}
	})
	t.Run("held, then shuffled", func(t *testing.T) {
		w, first := setup(t, simulator.EventOptions{Hold: true, Reorder: true})
		ids := []string{fmt.Sprint(first)}
		for range 9 {
			ids = append(ids, fmt.Sprint(w.portal.AddDeal(simulator.Deal{Title: "x", Responsible: w.mary})))
		}
		for _, id := range ids {
			w.ok(w.mary, "crm.item.update", map[string]any{"entityTypeId": 2, "id": id, "fields": map[string]any{"title": "y"}})
		}
		w.settle()
		if n := len(w.inbox.all()); n != 0 {
			t.Errorf("%d events while held", n)
		}
		w.portal.SetEvents(simulator.EventOptions{Reorder: true, Delay: time.Millisecond})
		w.settle()
		var got []string
		for _, f := range w.inbox.all() {
			got = append(got, f.Get("data[FIELDS][ID]"))
		}
		if len(got) != 10 || strings.Join(got, " ") == strings.Join(ids, " ") {
			t.Errorf("order is %v", got)
		}
	})
	t.Run("a handler that is not there", func(t *testing.T) {
		w, deal := setup(t, simulator.EventOptions{})
		w.ok(w.anna, "event.unbind", map[string]any{"event": "OnCrmDealUpdate"})
		w.ok(w.anna, "event.bind", map[string]any{"event": "OnCrmDealUpdate", "handler": "http://127.0.0.1:1/event"})
		rename(w, deal, "New")
		w.settle()
		if d := w.portal.Deliveries(); len(d) != 1 || d[0].Status != 0 || d[0].Err == "" {
			t.Errorf("deliveries %+v", d)
		}
	})
	t.Run("event.bind", func(t *testing.T) {
		w, _ := setup(t, simulator.EventOptions{})
		wantError(t, w.call(w.anna, "event.bind", map[string]any{"event": "OnCrmDealUpdate", "handler": w.inbox.url + "/event"}), 400, "ERROR_CORE", "Unable to set event handler: Handler already binded")
		wantError(t, w.call(w.anna, "event.bind", map[string]any{"event": "OnNothing", "handler": w.inbox.url}), 400, "ERROR_EVENT_NOT_FOUND", "")
		wantError(t, w.call(w.anna, "event.bind", map[string]any{"event": "OnCrmDealAdd", "handler": "http://localhost/"}), 400, "ERROR_WRONG_HANDLER_URL", "")
		w.ok(w.mary, "event.bind", map[string]any{"event": "OnCrmDealUpdate", "handler": w.inbox.url + "/event"}) // as herself
		if n := len(w.ok(w.anna, "event.get", nil).at("result").([]any)); n != 4 {
			t.Errorf("%d bindings", n)
		}
		if c := w.ok(w.anna, "event.unbind", map[string]any{"event": "ONCRMDEALUPDATE"}).at("result", "count"); c != 2.0 {
			t.Errorf("unbound %v", c)
		}
	})
	t.Run("events of events end", func(t *testing.T) {
		w, deal := setup(t, simulator.EventOptions{})
		rename(w, deal, "start")
		for i := range 20 {
			w.settle()
			forms := w.inbox.all()
			last := forms[len(forms)-1]
			w.callWith(last.Get("auth[access_token]"), "crm.item.update", map[string]any{"entityTypeId": 2, "id": deal, "fields": map[string]any{"title": fmt.Sprint(i)}})
		}
		w.settle()
		if n := len(w.inbox.all()); n != 7 {
			t.Errorf("%d events in a row, want 7", n)
		}
	})
	t.Run("script-only apps hear of their installation", func(t *testing.T) {
		w := newWorld(t)
		w.portal.AddApp(simulator.LocalApp{HandlerURL: w.inbox.url + "/app", InstallURL: w.inbox.url + "/hello", ScriptOnly: true})
		w.settle()
		if f := w.inbox.all(); len(f) != 1 || f[0].Get("PATH") != "/hello" || f[0].Get("event") != "ONAPPINSTALL" {
			t.Errorf("heard %v", f)
		}
	})
}

// TestBehaviour23: an app that is deleted is dead at once; a new one is another.
func TestBehaviour23(t *testing.T) {
	w := newWorld(t)
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_DETAIL_TAB", "/tab")
	tok := w.grant(w.portal, w.mary, w.app.ClientID)
	if err := w.portal.DeleteApp(w.app.ClientID); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.callWith(tok.Access, "profile", nil), 401, "invalid_token", "Unable to get application by token")
	wantError(t, w.exchange(w.refreshForm(tok.Refresh)), 401, "NOT_INSTALLED", "")
	wantError(t, w.fetch("GET", w.cloud.Auth.URL()+"/rest/app.info?auth="+tok.Access, "", ""), 401, "NOT_INSTALLED", "")
	next := w.addApp(w.portal)
	if next.ClientID == w.app.ClientID || next.ApplicationToken == w.app.ApplicationToken || next.ClientSecret == w.app.ClientSecret || len(next.Placements) != 0 {
		t.Errorf("the new app is %+v", next)
	}
	wantError(t, w.callWith(tok.Access, "profile", nil), 401, "invalid_token", "")
}
