package simulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/bitrix/simulator"
)

// browser is a real Chromium with one tab.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	allowed []string // parts of console errors that the test means to provoke
}

// expectConsole lets console errors pass that have one of these parts.
func (b *browser) expectConsole(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = append(b.allowed, parts...)
}

func (b *browser) complain(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.ContainsFunc(b.allowed, func(part string) bool { return strings.Contains(text, part) }) {
		b.t.Errorf("browser console: %s", text)
	}
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing")
		}
		t.Skip("chromium is not on this machine")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1280, 860),
		chromedp.Flag("test-third-party-cookie-phaseout", true))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	b.do(chromedp.Navigate("about:blank"))
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == "error" || m.Type == chromedp.ConsoleException {
				b.complain(m.Text)
			}
		}
	}()
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx := b.ctx
	if chromedp.FromContext(ctx) != nil && chromedp.FromContext(ctx).Target != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

// js evaluates an expression in the top page.
func (b *browser) js(expression string) any {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// until waits for an expression to be true.
func (b *browser) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[any](expression, chromedp.WithPollingInterval(50*time.Millisecond))); err != nil {
		b.t.Fatalf("wait for %s: %v", expression, err)
	}
}

// shot keeps a picture where SIMULATOR_SHOTS names a folder.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SIMULATOR_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// login chooses a person on the page of choice.
func (b *browser) login(p *simulator.Portal, user int) {
	b.t.Helper()
	b.do(chromedp.Navigate(p.URL()+"/login/"),
		chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[name=user][value="%d"]`, user))),
		chromedp.WaitVisible(chromedp.CSS(".who")))
}

// tinyApp is an app of another site whose pages run a script and report
// what it returns.
type tinyApp struct {
	srv     *httptest.Server
	reports chan map[string]any
	forms   chan map[string]string

	mu     sync.Mutex
	script map[string]string           // by path: what the page runs
	pages  map[string]http.HandlerFunc // by path: pages of another make
}

// run says what the page of a path runs.
func (a *tinyApp) run(path, script string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.script[path] = script
}

func (a *tinyApp) handle(path string, h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pages[path] = h
}

const tinyPage = `<!doctype html><title>tiny</title><style>body{font:14px sans-serif;margin:16px}</style>
<h1>A tiny app</h1><p id="state">running</p><script>
const [DOMAIN, PROTOCOL, SID] = window.name.split("|");
const ORIGIN = (PROTOCOL === "1" ? "https://" : "http://") + DOMAIN;
let n = 0; const waiting = {};
window.addEventListener("message", e => {
  if (e.origin !== ORIGIN || typeof e.data !== "string") return;
  const i = e.data.indexOf(":"), key = e.data.slice(0, i), rest = e.data.slice(i + 1);
  if (waiting[key]) waiting[key](rest ? JSON.parse(rest) : "called back");
});
const send = (method, params, sid = SID) => { const key = "k" + (++n);
  parent.postMessage(method + (params === undefined ? "" : ":" + JSON.stringify(params)) + ":" + key + ":" + sid, ORIGIN);
  return new Promise(done => waiting[key] = done); };
// silent tells whether a message stays without an answer for as long as a later one takes.
const silent = async (method, params, sid) => { let heard = false; send(method, params, sid).then(() => heard = true);
  await send("getInitData"); return !heard; };
const report = (what) => fetch("/report", {method: "POST", body: JSON.stringify(what)});
(async () => { const out = await (async () => { %s })(); if (out !== undefined) await report(out); document.getElementById("state").textContent = "done"; })();
</script>`

func newTinyApp(t *testing.T) *tinyApp {
	a := &tinyApp{reports: make(chan map[string]any, 16), forms: make(chan map[string]string, 16), script: map[string]string{}, pages: map[string]http.HandlerFunc{}}
	a.srv = httptest.NewServer(a)
	t.Cleanup(a.srv.Close)
	return a
}

func (a *tinyApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/favicon.ico" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if r.URL.Path == "/report" {
		var got map[string]any
		_ = json.NewDecoder(r.Body).Decode(&got)
		a.reports <- got
		return
	}
	a.mu.Lock()
	page, script := a.pages[r.URL.Path], a.script[r.URL.Path]
	a.mu.Unlock()
	if page != nil {
		page(w, r)
		return
	}
	_ = r.ParseForm()
	form := map[string]string{"PATH": r.URL.Path}
	for k := range r.Form {
		form[k] = r.Form.Get(k)
	}
	a.forms <- form
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, tinyPage, script)
}

func receive[T any](t *testing.T, c chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatalf("no %s arrived", what)
		panic("unreachable")
	}
}

// browserWorld has a portal on 127.0.0.2, the app on 127.0.0.1: two sites.
type browserWorld struct {
	*browser
	cloud  *simulator.Cloud
	portal *simulator.Portal
	app    *tinyApp
	admin  int
	mary   int
	deal   int
	field  string
}

func newBrowserWorld(t *testing.T) *browserWorld {
	w := &browserWorld{browser: newBrowser(t), app: newTinyApp(t)}
	w.cloud = simulator.New(simulator.Config{Phones: true, Seed: 1})
	w.portal = w.cloud.AddPortal(simulator.PortalConfig{Name: "Northwind Cranes", Addr: "127.0.0.2:0"})
	if err := w.cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cloud.Close() })
	w.admin = w.portal.AddUser(simulator.User{Name: "Anna", LastName: "Berg", Email: "anna@example.test", Position: "IT manager", Admin: true})
	w.mary = w.portal.AddUser(simulator.User{Name: "Мария", LastName: "Иванова", Email: "mary@example.test", Position: "Sales manager"})
	w.portal.AddUser(simulator.User{Name: "John", LastName: "Smith", Position: "Director"})
	w.field = w.portal.AddFileField("CONTRACT", "Contract", false)
	papers := w.portal.AddFileField("PAPERS", "Further papers", true)
	w.deal = w.portal.AddDeal(simulator.Deal{Title: "Delivery of a tower crane", Responsible: w.mary, Amount: 125000, Stage: "PREPARATION"})
	w.portal.PutFile(w.deal, w.field, "Договор поставки.pdf", []byte("%PDF-1.7 contract"))
	w.portal.PutFile(w.deal, papers, "Specification.pdf", []byte("%PDF-1.7 spec"))
	w.portal.PutFile(w.deal, papers, "Photo.jpg", []byte("jpeg"))
	w.portal.AddComment(w.deal, simulator.Comment{Author: w.mary, Text: "The client agrees, please [B]sign[/B].", Files: []simulator.File{{Name: "offer.pdf", Content: []byte("%PDF-1.7 offer")}}})
	w.portal.AddActivity(simulator.Activity{
		Owner: simulator.Binding{EntityType: simulator.EntityDeal, ID: w.deal}, Provider: simulator.ProviderEmail, Subject: "Re: contract", Incoming: true,
		Text: "See the attachment.", Author: w.mary, Files: []simulator.File{{Name: "signed by client.pdf", Content: []byte("%PDF-1.7 mail")}},
	})
	w.portal.AddDocument(w.deal, simulator.GeneratedDocument{Title: "Offer 2026-002", Author: w.mary, DOCX: []byte("PK"), PDF: []byte("%PDF-1.7 generated")})
	w.portal.AddDeal(simulator.Deal{Title: "Maintenance of two cranes", Responsible: w.admin, Amount: 8000})
	return w
}

// install adds an app whose tab is bound already.
func (w *browserWorld) install() simulator.App {
	w.t.Helper()
	app := w.portal.AddApp(simulator.LocalApp{Title: "Tiny", HandlerURL: w.app.srv.URL + "/main", Scopes: []string{"crm", "placement", "bizproc", "im"}})
	tok, err := w.portal.Grant(w.admin, app.ClientID)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, code := range []string{"CRM_DEAL_DETAIL_TAB", "CRM_DEAL_DETAIL_TOOLBAR"} {
		a, err := fetch("POST", w.portal.URL()+"/rest/placement.bind", "application/json",
			fmt.Sprintf(`{"auth":%q,"PLACEMENT":%q,"HANDLER":"%s/tab","TITLE":"Sign","LANG_ALL":{"en":{"TITLE":"Sign it"}}}`, tok.Access, code, w.app.srv.URL))
		if err != nil || a.status != 200 {
			w.t.Fatalf("bind: %v %s", err, a.raw)
		}
	}
	for method, body := range map[string]string{
		"crm.activity.configurable.add": fmt.Sprintf(`"ownerTypeId":2,"ownerId":%d,"layout":{"icon":{"code":"document"},
			"header":{"title":"Signature requested","tags":{"s":{"type":"warning","title":"Waiting"}}},
			"body":{"blocks":{"f":{"type":"withTitle","properties":{"title":"File","block":{"type":"text","properties":{"value":"contract.pdf"}}}}}},
			"footer":{"buttons":{"sign":{"title":"Sign","type":"primary","action":{"type":"openRestApp"}},
				"no":{"title":"Decline","type":"secondary","action":{"type":"restEvent","id":"no"}}}}}`, w.deal),
		"crm.timeline.logmessage.add": fmt.Sprintf(`"fields":{"entityTypeId":2,"entityId":%d,"title":"Signed","text":"Contract.pdf, by Anna Berg","iconCode":"document"}`, w.deal),
		"bizproc.robot.add": fmt.Sprintf(`"CODE":"ask","HANDLER":"%s/robot","NAME":{"en":"Request a signature"},
			"PROPERTIES":{"signer":{"Name":{"en":"Signer"},"Type":"user"},"field":{"Name":"Field","Type":"string","Default":"UF_CRM_CONTRACT"}}`, w.app.srv.URL),
		"im.notify.personal.add": fmt.Sprintf(`"USER_ID":%d,"MESSAGE":"Please [URL=https://sign.example.org/e/1]bind your phone[/URL]"`, w.mary),
	} {
		if a, err := fetch("POST", w.portal.URL()+"/rest/"+method, "application/json", fmt.Sprintf(`{"auth":%q,%s}`, tok.Access, body)); err != nil || a.status != 200 {
			w.t.Fatalf("%s: %v %s", method, err, a.raw)
		}
	}
	app, _ = w.portal.App(app.ClientID)
	return app
}
