package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix/simulator"
)

// TestBehaviour31: people are told by scope, never with a login; who was dismissed cannot call.
func TestBehaviour31(t *testing.T) {
	w := newWorld(t)
	w.portal.AddUser(simulator.User{Name: "Mail", Type: "email"})
	left := w.portal.AddUser(simulator.User{Name: "Left", Inactive: true})
	for scope, want := range map[string]bool{"user_brief": false, "user_basic": true, "user": true} {
		app := w.portal.AddApp(simulator.LocalApp{Title: scope, HandlerURL: w.inbox.url + "/app", Scopes: []string{scope}})
		a := w.callWith(w.grant(w.portal, w.mary, app.ClientID).Access, "user.get", map[string]any{"ID": w.mary})
		u, _ := a.at("result", 0).(map[string]any)
		if _, has := u["EMAIL"]; has != want {
			t.Errorf("%s: e-mail told is %t", scope, has)
		}
		if _, has := u["LOGIN"]; has || u["ID"] != fmt.Sprint(w.mary) || u["ACTIVE"] != true {
			t.Errorf("%s: user is %v", scope, u)
		}
	}
	ids := func(params map[string]any) string {
		var out []string
		for _, u := range w.ok(w.mary, "user.get", params).at("result").([]any) {
			out = append(out, fmt.Sprint(u.(map[string]any)["ID"]))
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct {
		params map[string]any
		want   string
	}{
		{nil, fmt.Sprintf("1 2 %d", left)},
		{map[string]any{"FILTER": map[string]any{"ACTIVE": true}}, "1 2"},
		{map[string]any{"filter": map[string]any{"ID": []int{2, 1}}, "ORDER": "DESC"}, "2 1"},
		{map[string]any{"FILTER": map[string]any{"%NAME": "ann"}}, "1"},
		{map[string]any{"FILTER": map[string]any{"FIND": "иванова"}}, "2"},
		{map[string]any{"FILTER": map[string]any{"USER_TYPE": "extranet"}}, ""},
	} {
		if got := ids(tt.params); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.params, got, tt.want)
		}
	}
	tok := w.token(w.mary)
	if err := w.portal.SetUser(w.mary, func(u *simulator.User) { u.Inactive = true }); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.callWith(tok, "profile", nil), 401, "authorization_error", "Unable to authorize user")
}

// TestBehaviour32: a notification that fails says false and nothing more.
func TestBehaviour32(t *testing.T) {
	w := newWorld(t)
	send := func(params map[string]any) answer { return w.call(w.anna, "im.notify.personal.add", params) }
	if a := send(map[string]any{"USER_ID": w.mary, "MESSAGE": "Sign [B]this[/B]", "TAG": "t1"}); a.at("result") != 1.0 {
		t.Errorf("sent: %s", a.raw)
	}
	send(map[string]any{"USER_ID": w.mary, "MESSAGE": "Sign that", "TAG": "t1"})
	w.ok(w.anna, "im.notify.system.add", map[string]any{"user_id": w.mary, "message": "System"})
	got := w.portal.Notifications(w.mary)
	want := []simulator.Notification{
		{ID: 2, User: w.mary, Author: w.anna, App: w.app.ClientID, Message: "Sign that", Tag: "t1", Created: w.clock.Now()},
		{ID: 3, User: w.mary, App: w.app.ClientID, Message: "System", Created: w.clock.Now()},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notifications (-want +got):\n%s", diff)
	}
	wantError(t, send(map[string]any{"MESSAGE": "x"}), 400, "USER_ID_EMPTY", "")
	wantError(t, send(map[string]any{"USER_ID": 2}), 400, "MESSAGE_EMPTY", "")
	hook := w.portal.AddWebhook(w.anna, "im")
	wantError(t, w.fetch("POST", hook+"im.notify.personal.add", "application/json", `{"USER_ID":2,"MESSAGE":"x"}`), 403, "WRONG_AUTH_TYPE", "")
	w.portal.SetQuirks(simulator.Quirks{NotifyFails: true})
	if a := send(map[string]any{"USER_ID": w.mary, "MESSAGE": "x"}); a.status != 200 || a.at("result") != false {
		t.Errorf("failing: %s", a.raw)
	}
}

// TestBehaviour33: a robot's POST, and its one answer.
func TestBehaviour33(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	robot := map[string]any{
		"CODE": "sign_request", "HANDLER": w.inbox.url + "/robot", "AUTH_USER_ID": w.anna, "USE_SUBSCRIPTION": "Y",
		"NAME":       map[string]string{"en": "Request a signature"},
		"PROPERTIES": map[string]any{"signer": map[string]any{"Name": "Signer", "Type": "user"}},
	}
	with := func(key string, v any) map[string]any {
		out := map[string]any{}
		for k, x := range robot {
			out[k] = x
		}
		out[key] = v
		return out
	}
	wantError(t, w.call(w.mary, "bizproc.robot.add", robot), 403, "ACCESS_DENIED", "")
	wantError(t, w.call(w.anna, "bizproc.robot.add", with("CODE", "")), 400, "ERROR_ACTIVITY_VALIDATION_FAILURE", "Empty activity code!")
	wantError(t, w.call(w.anna, "bizproc.robot.add", with("HANDLER", "http://localhost/")), 400, "ERROR_WRONG_HANDLER_URL", "")
	wantError(t, w.call(w.anna, "bizproc.robot.add", with("HANDLER", "http://other.test/")), 400, "ERROR_WRONG_HANDLER_URL", "")
	w.ok(w.anna, "bizproc.robot.add", robot)
	wantError(t, w.call(w.anna, "bizproc.robot.add", robot), 400, "ERROR_ACTIVITY_ALREADY_INSTALLED", "")
	if got := w.ok(w.anna, "bizproc.robot.list", nil).at("result"); fmt.Sprint(got) != "[sign_request]" {
		t.Errorf("robots %v", got)
	}
	run, err := w.portal.RunRobot(w.app.ClientID, "sign_request", deal, map[string]string{"signer": fmt.Sprintf("user_%d", w.mary)})
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	f := w.inbox.all()[0]
	for key, want := range map[string]string{
		"PATH": "/robot", "code": "sign_request", "document_id[2]": fmt.Sprintf("DEAL_%d", deal), "document_type[2]": "DEAL",
		"properties[signer]": "user_2", "use_subscription": "Y", "auth[user_id]": "1", "auth[application_token]": w.app.ApplicationToken,
	} {
		if f.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, f.Get(key), want)
		}
	}
	if f.Get("auth[refresh_token]") == "" || f.Get("event_token") == "" {
		t.Error("no refresh token or event token")
	}
	answer := map[string]any{"event_token": f.Get("event_token"), "return_values": map[string]any{"status": "signed"}, "log_message": "done"}
	wantError(t, w.call(w.anna, "bizproc.event.send", map[string]any{"event_token": "x"}), 403, "ACCESS_DENIED", "")
	w.ok(w.anna, "bizproc.activity.log", map[string]any{"event_token": f.Get("event_token"), "log_message": "asked"})
	w.ok(w.anna, "bizproc.event.send", answer)
	wantError(t, w.call(w.anna, "bizproc.event.send", answer), 403, "ACCESS_DENIED", "")
	got := w.portal.RobotRuns()[0]
	want := simulator.RobotRun{
		ID: run, App: w.app.ClientID, Code: "sign_request", Deal: deal, Properties: map[string]string{"signer": "user_2"},
		Log: []string{"asked", "done"}, Done: true, Values: map[string]any{"status": "signed"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
}

// TestConfigurable: an app's own activity, its buttons, its limits.
func TestConfigurable(t *testing.T) {
	w := newWorld(t)
	w.ok(w.anna, "event.bind", map[string]any{"event": "onCrmTimelineItemAction", "handler": w.inbox.url + "/action"})
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	layout := func() map[string]any {
		return map[string]any{
			"icon":   map[string]any{"code": "document"},
			"header": map[string]any{"title": map[string]any{"en": "Signature requested"}, "tags": map[string]any{"st": map[string]any{"type": "warning", "title": "Waiting"}}},
			"body":   map[string]any{"blocks": map[string]any{"file": map[string]any{"type": "text", "properties": map[string]any{"value": "contract.pdf"}}}},
			"footer": map[string]any{"buttons": map[string]any{
				"sign":    map[string]any{"title": "Sign", "type": "primary", "action": map[string]any{"type": "openRestApp", "actionParams": map[string]any{"file": "7"}}},
				"decline": map[string]any{"title": "Decline", "type": "secondary", "action": map[string]any{"type": "restEvent", "id": "decline", "actionParams": map[string]any{"why": "no"}}},
			}},
		}
	}
	add := func(l map[string]any, fields map[string]any) answer {
		return w.call(w.mary, "crm.activity.configurable.add", map[string]any{"ownerTypeId": 2, "ownerId": deal, "layout": l, "fields": fields})
	}
	for code, change := range map[string]func(map[string]any){
		"ERROR_EMPTY_LAYOUT": func(l map[string]any) { clear(l) },
		"FIELD_IS_REQUIRED":  func(l map[string]any) { delete(l, "icon") },
		"FIELD_IS_REDUNDANT": func(l map[string]any) { l["colour"] = "red" },
		"ENUM_FIELD": func(l map[string]any) {
			l["header"].(map[string]any)["tags"].(map[string]any)["st"].(map[string]any)["type"] = "pink"
		},
		"KEY_CONTAIN_WRONG_SYMBOLS": func(l map[string]any) {
			l["body"].(map[string]any)["blocks"].(map[string]any)["a b"] = map[string]any{"type": "text"}
		},
		"TOO_MANY_ITEMS": func(l map[string]any) {
			b := l["footer"].(map[string]any)["buttons"].(map[string]any)
			b["third"] = b["sign"]
		},
	} {
		l := layout()
		change(l)
		wantError(t, add(l, nil), 400, code, "")
	}
	wantError(t, add(layout(), map[string]any{"deadline": "2026-09-01T12:00:00+03:00", "isIncomingChannel": "Y"}), 400, "INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE", "")
	if n := len(w.portal.Activities(2, deal)); n != 0 {
		t.Errorf("%d activities are left of failures", n)
	}
	a := add(layout(), map[string]any{"completed": false, "responsibleId": w.anna, "deadline": "2026-09-01T12:00:00+03:00"})
	id := int(a.at("result", "activity", "id").(float64))
	got := w.portal.Activities(2, deal)[0]
	if got.ID != id || got.Subject != "Signature requested" || got.Responsible != w.anna || got.App != w.app.ClientID ||
		!got.Deadline.Equal(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("activity %+v", got)
	}
	f, err := w.portal.PressButton(id, "sign", w.anna)
	if err != nil {
		t.Fatal(err)
	}
	if f.Form.Get("PLACEMENT") != "DEFAULT" || f.Form.Get("PLACEMENT_OPTIONS") != fmt.Sprintf(`{"activityId":%d,"entityId":%d,"entityTypeId":2,"file":"7"}`, id, deal) {
		t.Errorf("frame %v", f.Form)
	}
	if _, err := w.portal.PressButton(id, "decline", w.anna); err != nil {
		t.Fatal(err)
	}
	w.settle()
	ev := w.inbox.all()[0]
	if ev.Get("event") != "ONCRMTIMELINEITEMACTION" || ev.Get("data[id]") != "decline" || ev.Get("data[why]") != "no" || ev.Get("data[userId]") != "1" {
		t.Errorf("event %v", ev)
	}
	other := w.addApp(w.portal)
	foreign := w.callWith(w.grant(w.portal, w.mary, other.ClientID).Access, "crm.activity.configurable.update", map[string]any{"id": id})
	wantError(t, foreign, 400, "ERROR_WRONG_APPLICATION", "")
	w.ok(w.mary, "crm.activity.configurable.update", map[string]any{"id": id, "fields": map[string]any{"completed": true}})
	view := w.ok(w.mary, "crm.activity.configurable.get", map[string]any{"id": id})
	if view.at("result", "activity", "fields", "completed") != true || view.at("result", "activity", "layout", "icon", "code") != "document" {
		t.Errorf("read back %s", view.raw)
	}
	todo := w.ok(w.mary, "crm.activity.todo.add", map[string]any{"ownerTypeId": 2, "ownerId": deal, "deadline": "2026-09-01T12:00:00+03:00", "title": "Sign", "responsibleId": w.anna})
	wantError(t, w.call(w.mary, "crm.activity.todo.add", map[string]any{"ownerTypeId": 2, "ownerId": deal, "deadline": "soon"}), 400, "WRONG_DATETIME_FORMAT", "")
	w.ok(w.mary, "crm.activity.update", map[string]any{"id": todo.at("result", "id"), "fields": map[string]any{"COMPLETED": "Y"}})
	if got := w.portal.Activities(2, deal)[1]; !got.Completed || got.Provider != simulator.ProviderTodo {
		t.Errorf("to-do %+v", got)
	}
}

// TestPhone holds the phone against the vectors of RFC 6238, appendix B.
func TestPhone(t *testing.T) {
	key := func(n int) string { return strings.Repeat("1234567890", 7)[:n] }
	for _, tt := range []struct {
		at        int64
		algorithm string
		secret    string
		want      string
	}{
		{59, "SHA1", key(20), "94287082"},
		{1111111109, "SHA1", key(20), "07081804"},
		{20000000000, "SHA1", key(20), "65353130"},
		{59, "SHA256", key(32), "46119246"},
		{1111111111, "SHA256", key(32), "67062674"},
		{59, "SHA512", key(64), "90693936"},
		{2000000000, "SHA512", key(64), "38618901"},
	} {
		cloud := simulator.New(simulator.Config{Clock: func() time.Time { return time.Unix(tt.at, 0) }})
		p := cloud.AddPortal(simulator.PortalConfig{})
		ph := p.Phone(p.AddUser(simulator.User{Name: "Mary"}))
		if ph.Code() != "" {
			t.Error("a code before the scan")
		}
		if err := ph.Scan(fmt.Sprintf("otpauth://totp/X:mary?secret=%s&algorithm=%s&digits=8&issuer=X", base32of(tt.secret), tt.algorithm)); err != nil {
			t.Fatal(err)
		}
		if got := ph.Code(); got != tt.want {
			t.Errorf("%s at %d: %s, want %s", tt.algorithm, tt.at, got, tt.want)
		}
	}
	p := simulator.New(simulator.Config{}).AddPortal(simulator.PortalConfig{})
	ph := p.Phone(1)
	for _, wrong := range []string{"", "otpauth://hotp/x?secret=AAAA", "otpauth://totp/x", "not base32!", "otpauth://totp/x?secret=AAAA&algorithm=MD5", "otpauth://totp/x?secret=AAAA&digits=40"} {
		if err := ph.Scan(wrong); err == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	if err := ph.Scan("jbsw y3dp-ehpk 3pxp"); err != nil || len(ph.Code()) != 6 {
		t.Errorf("a typed key: %v, %q", err, ph.Code())
	}
}
