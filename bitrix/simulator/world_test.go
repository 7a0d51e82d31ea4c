package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/bitrix/simulator"
)

// world is a cloud with one portal on loopback, an app whose handlers are a
// test server, an administrator and an employee.
type world struct {
	t      *testing.T
	cloud  *simulator.Cloud
	portal *simulator.Portal
	anna   int // administrator
	mary   int
	app    simulator.App
	clock  *clock
	inbox  *inbox
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// inbox is the app: it keeps what is posted to it.
type inbox struct {
	mu    sync.Mutex
	forms []url.Values
	url   string
}

func (i *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	i.mu.Lock()
	defer i.mu.Unlock()
	form := r.Form
	form.Set("PATH", r.URL.Path)
	i.forms = append(i.forms, form)
}

func (i *inbox) all() []url.Values {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]url.Values(nil), i.forms...)
}

const allScopes = "crm,placement,disk,user_basic,im,bizproc,documentgenerator"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}, inbox: &inbox{}}
	w.cloud = simulator.New(simulator.Config{Clock: w.clock.Now, Seed: 1})
	w.portal = w.cloud.AddPortal(simulator.PortalConfig{Name: "Acme", Location: time.FixedZone("", 3*3600)})
	w.start()
	w.anna = w.portal.AddUser(simulator.User{Name: "Anna", LastName: "Berg", Email: "anna@acme.test", Admin: true})
	w.mary = w.portal.AddUser(simulator.User{Name: "Мария", LastName: "Иванова", Email: "mary@acme.test"})
	srv := httptest.NewServer(w.inbox)
	t.Cleanup(srv.Close)
	w.inbox.url = srv.URL
	w.app = w.addApp(w.portal)
	return w
}

func (w *world) start() {
	w.t.Helper()
	if err := w.cloud.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := w.cloud.Close(); err != nil {
			w.t.Error(err)
		}
	})
}

// addApp adds an app that counts as installed.
func (w *world) addApp(p *simulator.Portal) simulator.App {
	return p.AddApp(simulator.LocalApp{
		Title: "Sign", HandlerURL: w.inbox.url + "/app", Scopes: strings.Split(allScopes, ","),
	})
}

// token gives a user's access token for the app.
func (w *world) token(user int) string {
	w.t.Helper()
	return w.grant(w.portal, user, w.app.ClientID).Access
}

func (w *world) grant(p *simulator.Portal, user int, clientID string) simulator.Tokens {
	w.t.Helper()
	tok, err := p.Grant(user, clientID)
	if err != nil {
		w.t.Fatal(err)
	}
	return tok
}

// answer is what a REST call has brought.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// code is the error's code, or "" and whether there was an error at all.
func (a answer) code() (string, bool) {
	c, ok := a.body["error"].(string)
	return c, ok
}

func (a answer) desc() string {
	d, _ := a.body["error_description"].(string)
	return d
}

// at walks into the answer: at("result", "item", "id").
func (a answer) at(path ...any) any { return dig(any(a.body), path...) }

func dig(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

// call makes a REST call with a JSON body, as user.
func (w *world) call(user int, method string, params map[string]any) answer {
	w.t.Helper()
	return w.callWith(w.token(user), method, params)
}

func (w *world) callWith(token, method string, params map[string]any) answer {
	w.t.Helper()
	body := map[string]any{}
	for k, v := range params {
		body[k] = v
	}
	if token != "" {
		body["auth"] = token
	}
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.fetch("POST", w.portal.URL()+"/rest/"+method+".json", "application/json", string(raw))
}

// ok is call for calls that must succeed.
func (w *world) ok(user int, method string, params map[string]any) answer {
	w.t.Helper()
	a := w.call(user, method, params)
	if a.status != 200 || a.body == nil || a.body["error"] != nil {
		w.t.Fatalf("%s: status %d: %s", method, a.status, a.raw)
	}
	return a
}

func (w *world) fetch(method, address, kind, body string) answer {
	w.t.Helper()
	a, err := fetch(method, address, kind, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func fetch(method, address, kind, body string) (answer, error) {
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return do(req)
}

func do(req *http.Request) (answer, error) {
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableKeepAlives: true},
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	out := answer{status: res.StatusCode, header: res.Header, raw: raw}
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		if json.Unmarshal(raw, &out.body) != nil {
			out.body = nil // a broken answer has no members
		}
	}
	return out, nil
}

// settle waits for the portal's events.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.portal.Settle(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// wantError checks the three members of a failure.
func wantError(t *testing.T, a answer, status int, code, desc string) {
	t.Helper()
	got, isErr := a.code()
	if a.status != status || !isErr || got != code || !strings.Contains(a.desc(), desc) {
		t.Errorf("got status %d, error %q (%t) %q; want %d, %q, %q", a.status, got, isErr, a.desc(), status, code, desc)
	}
}
