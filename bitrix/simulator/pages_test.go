package simulator_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"signservice/bitrix/simulator"
)

// visitor is a person at a browser without a browser.
type visitor struct {
	w      *world
	cookie *http.Cookie
}

func (w *world) visit(user int) visitor {
	w.t.Helper()
	c, err := w.portal.SignIn(user)
	if err != nil {
		w.t.Fatal(err)
	}
	return visitor{w, c}
}

func (v visitor) get(path string) answer {
	v.w.t.Helper()
	req, err := http.NewRequest("GET", v.w.portal.URL()+path, nil)
	if err != nil {
		v.w.t.Fatal(err)
	}
	if v.cookie != nil {
		req.AddCookie(v.cookie)
	}
	a, err := do(req)
	if err != nil {
		v.w.t.Fatal(err)
	}
	return a
}

func (v visitor) sessid() string {
	m := regexp.MustCompile(`data-sessid="([0-9a-f]+)"`).FindSubmatch(v.get("/").raw)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// post sends a form, with a file where name is not empty.
func (v visitor) post(path string, form url.Values, name string, content []byte) answer {
	v.w.t.Helper()
	var body bytes.Buffer
	mw := multipart.NewWriter(&body)
	if !form.Has("sessid") {
		form.Set("sessid", v.sessid())
	}
	for k := range form {
		_ = mw.WriteField(k, form.Get(k))
	}
	if name != "" {
		part, err := mw.CreateFormFile("file", name)
		if err != nil {
			v.w.t.Fatal(err)
		}
		_, _ = part.Write(content)
	}
	_ = mw.Close()
	req, err := http.NewRequest("POST", v.w.portal.URL()+path, &body)
	if err != nil {
		v.w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", mw.FormDataContentType())
	if v.cookie != nil {
		req.AddCookie(v.cookie)
	}
	a, err := do(req)
	if err != nil {
		v.w.t.Fatal(err)
	}
	return a
}

// TestPages opens every page as everybody and looks for what must and must
// not be there.
func TestPages(t *testing.T) {
	w := newWorld(t)
	field := w.portal.AddFileField("CONTRACT", "Contract", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane <b>", Responsible: w.mary})
	secret := w.portal.AddDeal(simulator.Deal{Title: "Secret"})
	if err := w.portal.SetDealAccess(secret, w.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	spa := w.portal.AddType("Projects")
	project := w.portal.AddItem(spa, simulator.Item{Title: "Bridge", Responsible: w.mary})
	w.portal.AddItem(simulator.EntityCompany, simulator.Item{Title: "Client"})
	file := w.portal.PutFile(deal, field, "a.pdf", []byte("%PDF"))
	w.portal.AddComment(deal, simulator.Comment{Author: w.mary, Text: `[B]x[/B] <script> [URL=javascript:alert(1)]y[/URL] [URL=https://a.test]z[/URL]`})
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_LIST_MENU", "/tab")
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_DETAIL_TOOLBAR", "/tab")
	w.ok(w.anna, "im.notify.personal.add", map[string]any{"USER_ID": w.mary, "MESSAGE": "Please [URL=https://sign.test/e/1]enrol[/URL]"})
	card := fmt.Sprintf("/crm/deal/details/%d/", deal)
	people := fmt.Sprintf("/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&entityTypeId=2&id=%d&fieldName=%s&fileId=%d", deal, field, file)
	anna, mary := w.visit(w.anna), w.visit(w.mary)
	for _, tt := range []struct {
		name   string
		who    visitor
		path   string
		status int
		has    []string
		hasNot []string
	}{
		{"home", mary, "/", 200, []string{"Crane &lt;b&gt;", "Мария Иванова", `<a href="https://sign.test/e/1"`}, []string{"Secret", "Developer resources", "<b>\""}},
		{"home of an administrator", anna, "/", 200, []string{"Developer resources", "Secret"}, nil},
		{"deals", mary, "/crm/deal/", 200, []string{"Crane &lt;b&gt;", `data-open-app="1"`}, []string{"Secret"}},
		{"smart process", mary, fmt.Sprintf("/crm/type/%d/list/", spa), 200, []string{"Projects", "Bridge"}, nil},
		{"its card", mary, fmt.Sprintf("/crm/type/%d/details/%d/", spa, project), 200, []string{"Bridge"}, nil},
		{"companies", mary, "/crm/company/list/", 200, []string{"Client"}, nil},
		{"unknown kind", mary, "/crm/dragon/", 404, nil, nil},
		{"card", mary, card, 200, []string{"a.pdf", "<b>x</b> &lt;script&gt; y", `href="https://a.test"`, "Replace"}, []string{"javascript:", "<script> ["}},
		{"part of a card", mary, card + "?part=timeline", 200, []string{"<b>x</b>"}, []string{"<html"}},
		{"unknown part", mary, card + "?part=shell", 404, nil, nil},
		{"card in a panel", mary, card + "?IFRAME=Y", 200, []string{"in-slider"}, nil},
		{"somebody else's deal", mary, fmt.Sprintf("/crm/deal/details/%d/", secret), 404, nil, []string{"Secret"}},
		{"developer's menu", mary, "/devops/", 404, []string{"only administrators"}, nil},
		{"developer's menu", anna, "/devops/", 200, []string{"installed"}, []string{w.app.ClientSecret}},
		{"an app's form", mary, "/devops/edit/application-local/1/", 404, nil, []string{w.app.ClientSecret}},
		{"an app's form", anna, "/devops/edit/application-local/1/", 200, []string{w.app.ClientID, w.app.ClientSecret, "CRM_DEAL_LIST_MENU"}, nil},
		{"employees", mary, "/company/", 200, []string{"Anna Berg"}, []string{"/phone/"}},
		{"own profile", mary, "/company/personal/user/2/", 200, []string{"Notifications", "enrol"}, nil},
		{"another's profile", anna, "/company/personal/user/2/", 200, []string{"mary@acme.test"}, []string{"enrol"}},
		{"a file", mary, people, 200, []string{"%PDF"}, nil},
		{"phones are off", mary, "/phone/2", 404, nil, nil},
		{"without a session", visitor{w: w}, card, 302, nil, []string{"Crane"}},
		{"a made-up session", visitor{w, &http.Cookie{Name: "PORTAL1_SESSION", Value: "x"}}, card, 302, nil, nil},
		{"assets", visitor{w: w}, "/portal/assets/portal.css", 200, nil, nil},
		{"no other assets", visitor{w: w}, "/portal/assets/shell.html", 404, nil, nil},
		{"people for the dialogs", mary, "/portal/data/users", 200, []string{`"id":"1"`, "Anna Berg"}, nil},
		{"deals for the dialogs", mary, "/portal/data/crm?types=deal,company,dragon", 200, []string{"Client", "D_1"}, []string{"Secret"}},
		{"dialogs without a session", visitor{w: w}, "/portal/data/users", 404, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := tt.who.get(tt.path)
			if a.status != tt.status {
				t.Errorf("status %d, want %d", a.status, tt.status)
			}
			for _, s := range tt.has {
				if !strings.Contains(string(a.raw), s) {
					t.Errorf("no %q in %s", s, a.raw)
				}
			}
			for _, s := range tt.hasNot {
				if strings.Contains(string(a.raw), s) {
					t.Errorf("%q is in the page", s)
				}
			}
		})
	}
}

// TestCardByHand: what people do in the card, and what others may not.
func TestCardByHand(t *testing.T) {
	w := newWorld(t)
	field := w.portal.AddFileField("CONTRACT", "Contract", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	w.ok(w.anna, "event.bind", map[string]any{"event": "OnCrmDealUpdate", "handler": w.inbox.url + "/event"})
	w.ok(w.anna, "bizproc.robot.add", map[string]any{
		"CODE": "ask", "HANDLER": w.inbox.url + "/robot", "NAME": "Ask", "PROPERTIES": map[string]any{"signer": map[string]any{"Name": "Signer", "Type": "user"}},
	})
	mary := w.visit(w.mary)
	form := func(action string, more ...string) url.Values {
		f := url.Values{"type": {"2"}, "id": {fmt.Sprint(deal)}, "action": {action}, "field": {field}}
		for i := 0; i < len(more); i += 2 {
			f.Set(more[i], more[i+1])
		}
		return f
	}
	to := fmt.Sprintf("/crm/deal/details/%d/", deal)
	send := func(f url.Values, name, content string, status int) {
		t.Helper()
		a := mary.post("/portal/card", f, name, []byte(content))
		if a.status != status {
			t.Fatalf("%s: status %d: %s", f.Get("action"), a.status, a.raw)
		}
		if status == 303 && a.header.Get("Location") != to {
			t.Errorf("%s leads to %s", f.Get("action"), a.header.Get("Location"))
		}
	}
	send(form("upload"), "one.pdf", "one", 303)
	send(form("upload"), "two.pdf", "two", 303)
	files := w.portal.DealFiles(deal, field)
	if len(files) != 1 || files[0].Name != "two.pdf" {
		t.Errorf("files %v", files)
	}
	send(form("upload"), "empty.pdf", "", 403)
	send(form("remove", "file", "1"), "", "", 403)
	send(form("remove", "file", fmt.Sprint(files[0].ID)), "", "", 303)
	send(form("comment", "text", "Hello"), "c.pdf", "c", 303)
	send(form("comment"), "", "", 403)
	send(form("explode"), "", "", 403)
	send(form("robot", "app", "1", "code", "ask", "prop_signer", "user_2"), "", "", 303)
	if a := mary.post("/portal/card", url.Values{"type": {"2"}, "action": {"add"}}, "", nil); a.status != 303 || len(w.portal.Items(simulator.EntityDeal)) != 2 {
		t.Errorf("add: status %d", a.status)
	}
	w.settle()
	var events []string
	for _, f := range w.inbox.all() {
		events = append(events, f.Get("event")+f.Get("code")+f.Get("properties[signer]"))
	}
	if got := strings.Join(events, " "); got != "ONCRMDEALUPDATE ONCRMDEALUPDATE ONCRMDEALUPDATE askuser_2" {
		t.Errorf("events %s", got)
	}
	if tl := w.portal.Timeline(deal); len(tl) != 1 || tl[0].Text != "Hello" || len(tl[0].Files) != 1 {
		t.Errorf("timeline %v", tl)
	} else if a := mary.get(fmt.Sprintf("/disk/downloadFile/%d/?&ncc=1", tl[0].Files[0].ID)); string(a.raw) != "c" {
		t.Errorf("the comment's file: %s", a.raw)
	}
	if a := mary.post("/portal/card", form("comment", "sessid", "wrong", "text", "forged"), "", nil); a.status != 302 {
		t.Errorf("a form of another site: status %d", a.status)
	}
	if err := w.portal.SetDealAccess(deal, w.mary, simulator.ReadAccess); err != nil {
		t.Fatal(err)
	}
	send(form("upload"), "x.pdf", "x", 403)
}

// TestAppForm: the developer's form refuses what the real one refuses.
func TestAppForm(t *testing.T) {
	w := newWorld(t)
	post := func(who visitor, path string, f url.Values) answer { return who.post(path, f, "", nil) }
	good := func() url.Values {
		return url.Values{"action": {"save"}, "handler": {"http://app.localhost/x"}, "title": {"New"}, "scope": {"crm"}}
	}
	anna := w.visit(w.anna)
	const path = "/devops/edit/application-local/"
	if a := post(w.visit(w.mary), path, good()); a.status != 403 {
		t.Errorf("an employee: status %d", a.status)
	}
	for _, wrong := range []string{"http://localhost/x", "ftp://a.test/", "", "x"} {
		f := good()
		f.Set("handler", wrong)
		if a := post(anna, path, f); a.status != 422 || !strings.Contains(string(a.raw), `value="New"`) {
			t.Errorf("%q: status %d", wrong, a.status)
		}
	}
	f := good()
	f.Set("install", "http://localhost/")
	if a := post(anna, path, f); a.status != 422 {
		t.Errorf("installation path: status %d", a.status)
	}
	a := post(anna, path, good())
	if a.status != 303 || a.header.Get("Location") != path+"2/" {
		t.Fatalf("status %d to %s", a.status, a.header.Get("Location"))
	}
	made := w.portal.Apps()[1]
	if made.Title != "New" || !made.Installed || len(made.Scopes) != 1 {
		t.Errorf("made %+v", made)
	}
	f = good()
	f.Set("install", "http://app.localhost/install")
	post(anna, path+"2/", f)
	if next := w.portal.Apps()[1]; next.Installed || next.ClientID != made.ClientID || next.ClientSecret != made.ClientSecret {
		t.Errorf("edited %+v", next)
	}
	if err := w.portal.EditApp(made.ClientID, simulator.LocalApp{Title: "Newer", HandlerURL: "http://app.localhost/y"}); err != nil {
		t.Fatal(err)
	}
	post(anna, path+"2/", url.Values{"action": {"reinstall"}})
	if w.portal.Apps()[1].Installed {
		t.Error("still installed after Reinstall")
	}
	post(anna, path+"2/", url.Values{"action": {"delete"}})
	if len(w.portal.Apps()) != 1 {
		t.Error("not deleted")
	}
}

// TestLogin: choosing who to be, and no open redirect.
func TestLogin(t *testing.T) {
	w := newWorld(t)
	left := w.portal.AddUser(simulator.User{Name: "Left", Inactive: true})
	a := w.fetch("GET", w.portal.URL()+"/login/?backurl=/crm/deal/", "", "")
	if !strings.Contains(string(a.raw), "Anna Berg") || strings.Contains(string(a.raw), "Left") || !strings.Contains(string(a.raw), `value="/crm/deal/"`) {
		t.Errorf("page %s", a.raw)
	}
	post := func(user int, back string) answer {
		return w.fetch("POST", w.portal.URL()+"/login/", "application/x-www-form-urlencoded", url.Values{"user": {fmt.Sprint(user)}, "backurl": {back}}.Encode())
	}
	for back, want := range map[string]string{"/crm/deal/": "/crm/deal/", "https://evil.test/": "/", "//evil.test": "/", `/\evil.test`: "/"} {
		a := post(w.mary, back)
		if a.status != 303 || a.header.Get("Location") != want || !strings.Contains(a.header.Get("Set-Cookie"), "HttpOnly; SameSite=Lax") {
			t.Errorf("%s: status %d to %s", back, a.status, a.header.Get("Location"))
		}
	}
	if a := post(left, "/"); a.status != 403 {
		t.Errorf("the dismissed: status %d", a.status)
	}
	mary := w.visit(w.mary)
	mary.post("/logout/", url.Values{}, "", nil)
	if a := mary.get("/"); a.status != 302 {
		t.Errorf("after signing out: status %d", a.status)
	}
}

// TestCardShowsActivities: an app's activity with its buttons, documents with the
// button of an app, and what a click on them does.
func TestCardShowsActivities(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_DOCUMENTGENERATOR_BUTTON", "/doc")
	w.ok(w.anna, "event.bind", map[string]any{"event": "onCrmTimelineItemAction", "handler": w.inbox.url + "/action"})
	doc := w.portal.AddDocument(deal, simulator.GeneratedDocument{Title: "Offer", DOCX: []byte("PK"), PDF: []byte("%PDF")})
	text := func(s string) map[string]any {
		return map[string]any{"type": "text", "properties": map[string]any{"value": s}}
	}
	w.ok(w.anna, "crm.activity.configurable.add", map[string]any{"ownerTypeId": 2, "ownerId": deal, "layout": map[string]any{
		"icon":   map[string]any{"code": "document"},
		"header": map[string]any{"title": "Signature requested", "tags": map[string]any{"s": map[string]any{"type": "warning", "title": "Waiting"}}},
		"body": map[string]any{"blocks": map[string]any{
			"a": map[string]any{"type": "withTitle", "properties": map[string]any{"title": "File", "block": text("contract.pdf")}},
			"b": map[string]any{"type": "link", "properties": map[string]any{"text": "Verify", "action": map[string]any{"type": "redirect", "uri": "https://sign.test/v/1"}}},
			"c": map[string]any{"type": "link", "properties": map[string]any{"text": "Bad", "action": map[string]any{"uri": "javascript:alert(1)"}}},
		}},
		"footer": map[string]any{"buttons": map[string]any{
			"sign": map[string]any{"title": "Sign", "type": "primary", "action": map[string]any{
				"type": "openRestApp", "actionParams": map[string]any{"file": "7"}, "sliderParams": map[string]any{"title": "Signing", "width": 900},
			}},
			"no": map[string]any{"title": "Decline", "type": "secondary", "action": map[string]any{"type": "restEvent", "id": "decline"}},
		}},
	}})
	w.ok(w.anna, "crm.activity.todo.add", map[string]any{"ownerTypeId": 2, "ownerId": deal, "deadline": "2026-03-05T10:00:00Z", "title": "Call"})
	w.ok(w.anna, "crm.activity.update", map[string]any{"id": 2, "fields": map[string]any{"COMPLETED": "Y"}})
	mary := w.visit(w.mary)
	page := string(mary.get(fmt.Sprintf("/crm/deal/details/%d/", deal)).raw)
	for _, part := range []string{
		"Signature requested", `<span class="badge warn">Waiting</span>`, `<span class="muted small">File</span> contract.pdf`,
		`href="https://sign.test/v/1"`, `data-open-app="1"`, `&#34;file&#34;:&#34;7&#34;`, `&#34;bx24_title&#34;:&#34;Signing&#34;`, "Decline",
		`<span class="badge good">completed</span>`, fmt.Sprintf("getPdf&amp;SITE_ID=s1&amp;id=%d", doc), `&#34;DOCUMENT_ID&#34;:&#34;1&#34;`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s in the card", part)
		}
	}
	if strings.Contains(page, "javascript:") {
		t.Error("a script got into the card")
	}
	press := url.Values{"type": {"2"}, "id": {fmt.Sprint(deal)}, "action": {"restevent"}, "entry": {"1"}, "button": {"no"}}
	if a := mary.post("/portal/card", press, "", nil); a.status != 303 {
		t.Errorf("decline: status %d", a.status)
	}
	w.settle()
	if f := w.inbox.all(); len(f) != 1 || f[0].Get("data[id]") != "decline" || f[0].Get("auth[user_id]") != "2" {
		t.Errorf("the app heard %v", f)
	}
	for _, wrong := range []string{"sign", "x"} {
		press.Set("button", wrong)
		if a := mary.post("/portal/card", press, "", nil); a.status != 403 {
			t.Errorf("%s: status %d", wrong, a.status)
		}
	}
	for path, want := range map[string]string{"getPdf": "%PDF", "download": "PK"} {
		if a := mary.get(fmt.Sprintf("/bitrix/services/main/ajax.php?action=crm.documentgenerator.document.%s&id=%d", path, doc)); string(a.raw) != want {
			t.Errorf("%s: %s", path, a.raw)
		}
	}
	if a := mary.get("/bitrix/services/main/ajax.php?action=format.disk"); a.status != 404 {
		t.Errorf("unknown action: status %d", a.status)
	}
}

// TestLayoutActions: what frames ask of the server is theirs alone who may.
func TestLayoutActions(t *testing.T) {
	w := newWorld(t)
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_DETAIL_TAB", "/tab")
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary})
	secret := w.portal.AddDeal(simulator.Deal{Title: "Secret"})
	if err := w.portal.SetDealAccess(secret, w.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	tab := func(id int) url.Values {
		return url.Values{
			"PARAMS[params][ID]": {"1"}, "PARAMS[params][PLACEMENT]": {"CRM_DEAL_DETAIL_TAB"}, "PARAMS[params][PLACEMENT_OPTIONS][ID]": {fmt.Sprint(id)},
		}
	}
	act := func(action string, more url.Values) url.Values {
		more.Set("action", action)
		more.Set("PARAMS[params][ID]", "1")
		return more
	}
	for _, tt := range []struct {
		name   string
		user   int
		form   url.Values
		has    string
		hasNot string
	}{
		{"a tab", w.mary, tab(deal), `name="AUTH_ID"`, "app-refused"},
		{"a tab of a forbidden deal", w.mary, tab(secret), "app-refused", "AUTH_ID"},
		{"a tab of no deal", w.mary, tab(99), "app-refused", "AUTH_ID"},
		{"no app", w.mary, url.Values{"PARAMS[params][ID]": {"9"}}, "app-refused", "AUTH_ID"},
		{"fresh tokens", w.mary, act("access_refresh", url.Values{}), `"access_token":"`, ""},
		{"an app's option by an employee", w.mary, act("set_option", url.Values{"options[0][name]": {"a"}, "options[0][value]": {"1"}}), "access_denied", ""},
		{"an app's option", w.anna, act("set_option", url.Values{"options[0][name]": {"a"}, "options[0][value]": {`{"x":1}`}}), `{"a":{"x":1}}`, ""},
		{"a user's option", w.mary, act("set_user_option", url.Values{"name": {"b"}, "value": {"plain"}}), `"result":true`, ""},
		{"an unknown action", w.mary, act("explode", url.Values{}), "unknown action", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cookie, err := w.portal.SignIn(tt.user)
			if err != nil {
				t.Fatal(err)
			}
			got := postLayout(t, w.portal, cookie, tt.form)
			if !strings.Contains(got, tt.has) || tt.hasNot != "" && strings.Contains(got, tt.hasNot) {
				t.Errorf("answer %s", got)
			}
		})
	}
	a := w.fetch("POST", w.portal.URL()+"/bitrix/components/bitrix/app.layout/lazyload.ajax.php", "application/x-www-form-urlencoded", tab(deal).Encode())
	if a.status != 403 {
		t.Errorf("without a session: status %d", a.status)
	}
	if a := w.ok(w.mary, "user.option.get", nil); a.at("result", "b") != "plain" {
		t.Errorf("option %s", a.raw)
	}
	if err := w.portal.RestrictApp(w.app.ClientID, w.anna); err != nil {
		t.Fatal(err)
	}
	cookie, err := w.portal.SignIn(w.mary)
	if err != nil {
		t.Fatal(err)
	}
	if got := postLayout(t, w.portal, cookie, act("access_refresh", url.Values{})); !strings.Contains(got, "user_access_error") {
		t.Errorf("answer %s", got)
	}
}
