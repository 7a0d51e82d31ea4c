package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"signservice/bitrix/simulator"
)

// FuzzREST sends bodies of all kinds to all kinds of methods: whatever
// comes, the answer is JSON with a result or an error.
func FuzzREST(f *testing.F) {
	for _, seed := range []struct{ method, kind, body string }{
		{"batch", "application/json", `{"halt":0,"cmd":{"a":"crm.deal.get?id=1","b":"user.get?ID=$result[a][ASSIGNED_BY_ID]"}}`},
		{"batch", "application/x-www-form-urlencoded", `cmd[0]=profile&cmd[]=crm.item.list%3FentityTypeId%3D2%26filter[%253Eid]%3D$result[0][ID]`},
		{"crm.item.update", "application/json", `{"entityTypeId":2,"id":1,"useOriginalUfNames":"Y","fields":{"UF_CRM_F":[["a.pdf","JVBERg=="],{"id":30001}]}}`},
		{"crm.deal.update", "application/x-www-form-urlencoded", `id=1&fields[UF_CRM_F][0][fileData][0]=a&fields[UF_CRM_F][0][fileData][1]=JVBE`},
		{"crm.activity.configurable.add", "application/json", `{"ownerTypeId":2,"ownerId":1,"layout":{"icon":{"code":"document"},"header":{"title":"x"},"body":{"blocks":{"a":{"type":"withTitle","properties":{"block":{"type":"link"}}}}},"footer":{"buttons":{"s":{"type":"primary","title":"S","action":{"type":"openRestApp"}}}}}}`},
		{"placement.bind", "application/json", `{"PLACEMENT":"CRM_DEAL_DETAIL_TAB","HANDLER":"http://a.test/","LANG_ALL":{"en":{"TITLE":"x"}}}`},
		{"crm.timeline.comment.add", "application/json", `{"fields":{"ENTITY_ID":1,"ENTITY_TYPE":"deal","COMMENT":"x","FILES":[["a","YQ=="]]}}`},
		{"disk.folder.uploadfile", "application/json", `{"id":901,"data":{"NAME":"../x"},"fileContent":["a","YQ=="]}`},
		{"bizproc.robot.add", "application/json", `{"CODE":"x","HANDLER":"http://127.0.0.1:1/","NAME":"x","PROPERTIES":{"a":{"Type":"user"}}}`},
		{"user.get", "application/json", `[[[[]]]]`},
		{"crm.item.get", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n1\r\n--x--"},
	} {
		f.Add(seed.method, seed.kind, seed.body)
	}
	cloud := simulator.New(simulator.Config{})
	p := cloud.AddPortal(simulator.PortalConfig{Limits: simulator.Limits{Off: true}})
	p.SetURL("http://portal.test")
	cloud.Auth.SetURL("http://oauth.test")
	admin := p.AddUser(simulator.User{Name: "A", Admin: true})
	p.AddFileField("F", "F", true)
	app := p.AddApp(simulator.LocalApp{HandlerURL: "http://127.0.0.1:1/", Scopes: strings.Split(allScopes, ",")})
	handler := p.Handler()
	cookie, err := p.SignIn(admin)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, kind, body string) {
		deal := p.AddDeal(simulator.Deal{ID: 1, Title: "Crane", Responsible: admin})
		tok, err := p.Grant(admin, app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/rest/x?auth="+tok.Access, strings.NewReader(body))
		r.URL.Path = "/rest/" + method
		r.Header.Set("Content-Type", kind)
		r.Header.Set("User-Agent", "fuzz")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("answer is no JSON: %s", w.Body)
		}
		page := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/crm/deal/details/%d/", deal), nil)
		page.AddCookie(cookie)
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, page)
		if w.Code != http.StatusOK && w.Code != http.StatusNotFound {
			t.Errorf("the card answers %d: %s", w.Code, w.Body)
		}
	})
}

// TestMany: many callers at once, colleagues between them, and nothing is left behind.
func TestMany(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cloud := simulator.New(simulator.Config{Seed: 7})
	p := cloud.AddPortal(simulator.PortalConfig{Limits: simulator.Limits{Off: true}})
	if err := cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	box := &inbox{}
	srv := httptest.NewServer(box)
	user := p.AddUser(simulator.User{Name: "A", Admin: true})
	field := p.AddFileField("F", "F", true)
	deal := p.AddDeal(simulator.Deal{Title: "Crane", Responsible: user})
	app := p.AddApp(simulator.LocalApp{HandlerURL: srv.URL, Scopes: []string{"crm"}})
	tok, err := p.Grant(user, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	post := func(method, body string) {
		if _, err := fetch("POST", p.URL()+"/rest/"+method, "application/json", strings.Replace(body, "{", fmt.Sprintf(`{"auth":%q,`, tok.Access), 1)); err != nil {
			t.Error(err)
		}
	}
	post("event.bind", fmt.Sprintf(`{"event":"OnCrmDealUpdate","handler":%q}`, srv.URL))
	p.BeforeUpdate(func(simulator.Update) { p.PutFile(deal, field, "theirs.pdf", []byte("t")) })
	p.SetEvents(simulator.EventOptions{Duplicate: 0.2, Drop: 0.1, Reorder: true})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				post("crm.item.update", fmt.Sprintf(`{"entityTypeId":2,"id":%d,"useOriginalUfNames":"Y","fields":{%q:[["a.pdf","YQ=="]]}}`, deal, field))
				post("batch", `{"cmd":{"a":"profile","b":"crm.item.list?entityTypeId=2"}}`)
				p.DealFiles(deal, field)
				p.Calls()
			}
		})
	}
	wg.Wait()
	if err := p.Settle(context.Background()); err != nil {
		t.Error(err)
	}
	if files := p.DealFiles(deal, field); len(files) != 1 {
		t.Errorf("%d files", len(files))
	}
	if len(box.all()) < 100 {
		t.Errorf("only %d events", len(box.all()))
	}
	srv.Close()
	if err := cloud.Close(); err != nil {
		t.Error(err)
	}
}

// TestNoTokenInLog: the log at its loudest names no token and no secret.
func TestNoTokenInLog(t *testing.T) {
	var log bytes.Buffer
	var mu sync.Mutex
	cloud := simulator.New(simulator.Config{Logger: slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	p := cloud.AddPortal(simulator.PortalConfig{Name: "Acme"})
	if err := cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	user := p.AddUser(simulator.User{Name: "A", Admin: true})
	app := p.AddApp(simulator.LocalApp{HandlerURL: "http://127.0.0.1:1/", Scopes: []string{"crm"}})
	tok, err := p.Grant(user, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{
		p.URL() + "/rest/profile?auth=" + tok.Access, cloud.Auth.URL() + "/rest/app.info?auth=" + tok.Access,
		p.URL() + "/rest/event.bind?event=ONCRMDEALADD&handler=http://127.0.0.1:1/&auth=" + tok.Access,
		cloud.Auth.URL() + "/oauth/token/?" + url.Values{"grant_type": {"refresh_token"}, "client_id": {app.ClientID}, "client_secret": {app.ClientSecret}, "refresh_token": {tok.Refresh}}.Encode(),
	} {
		if a, err := fetch("GET", address, "", ""); err != nil || a.status != 200 {
			t.Fatalf("%v %s", err, a.raw)
		}
	}
	p.AddDeal(simulator.Deal{Title: "x", Responsible: user})
	if err := p.Settle(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := cloud.Close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, secret := range []string{tok.Access, tok.Refresh, app.ClientSecret, app.ApplicationToken} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("a secret is in the log: %s", log.String())
		}
	}
	if !strings.Contains(log.String(), "method=profile") || !strings.Contains(log.String(), "seed=") || !strings.Contains(log.String(), "event not delivered") {
		t.Errorf("log is %s", log.String())
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
