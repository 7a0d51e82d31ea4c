package web_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/keyring"
	"signservice/app/otp"
	"signservice/app/portal"
	"signservice/app/queue"
	"signservice/app/secret"
	"signservice/app/signing"
	"signservice/app/spool"
	"signservice/app/store"
	"signservice/app/store/bolt"
	"signservice/app/web"
	"signservice/bitrix"
	"signservice/bitrix/simulator"
	"signservice/install"
	"signservice/signer/keys"
)

// world is the whole service, put together as the program does it, with two
// simulated companies that have installed it.
type world struct {
	t          testing.TB
	clock      *clock
	cloud      *simulator.Cloud
	acme, bolt *company
	store      *store.Store
	server     *web.Server
	http       *http.Server
	base       string
	log        *journal
	tokens     keyring.Tokens // nil where the test has none
	rule       keyring.Rule   // of the only token
	latch      *keys.FileLatch
	ring       *keyring.Ring
	// findings are what the service found about itself, at the time looked.
	findings []app.Finding
	looked   time.Time
	// clockOff is what the service found its clock to be off by.
	clockOff time.Duration
	pictures signing.Pictures
	asks     *signing.Invitations
	// letters, where set, takes e-mails.
	letters *mailbox
	// between stands between the browser and the service; nil lets all through.
	between func(http.Handler) http.Handler
	maxSize int64 // of a document; 0 is 1 MB
}

// company is a simulated portal with its people and one deal.
type company struct {
	*simulator.Portal
	app              simulator.App
	anna, mary, paul int // an administrator and two employees
	deal             int
	field            string
}

func (c *company) id() app.PortalID { return app.PortalID(c.MemberID()) }

// clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.forward(d)
	return ctx.Err()
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}

// journal keeps the log, to be searched for what must not be in it.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// newWorld puts everything together; the app is installed in both companies
// by their administrators.
func newWorld(t testing.TB) *world { return newWorldWith(t, nil) }

// newWorldWith has the tokens too, and what setup changes before all is put
// together.
func newWorldWith(t testing.TB, tokens keyring.Tokens, setup ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, tokens: tokens, clock: &clock{now: time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)}, log: &journal{}}
	w.cloud = simulator.New(simulator.Config{Clock: w.clock.Now, Seed: 1})
	t.Cleanup(func() { _ = w.cloud.Close() })
	for _, change := range setup {
		change(w)
	}
	listener := httptest.NewUnstartedServer(nil)
	w.base = "http://" + listener.Listener.Addr().String()
	w.acme, w.bolt = w.company("Acme"), w.company("Bolt")
	if err := w.cloud.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.assemble()
	w.http = w.server.HTTP("")
	if w.between != nil {
		w.http.Handler = w.between(w.http.Handler)
	}
	listener.Config = w.http
	listener.Start()
	t.Cleanup(listener.Close)
	w.install(w.acme)
	w.install(w.bolt)
	return w
}

func (w *world) company(name string) *company {
	p := w.cloud.AddPortal(simulator.PortalConfig{Name: name, Addr: "127.0.0.2:0", Limits: simulator.Limits{Off: true}})
	c := &company{Portal: p}
	c.anna = p.AddUser(simulator.User{Name: "Anna", LastName: "Berg", Admin: true})
	c.mary = p.AddUser(simulator.User{Name: "Мария", LastName: "Иванова", Position: "Lawyer", Email: "mary@acme.example"})
	c.paul = p.AddUser(simulator.User{Name: "Paul", LastName: "Ott", Position: "Sales"})
	c.field = p.AddFileField("CONTRACT", "Contract", false)
	c.deal = p.AddDeal(simulator.Deal{Title: "Delivery of a crane", Responsible: c.mary})
	c.app = p.AddApp(simulator.LocalApp{
		Title: "SignService", HandlerURL: w.base + "/bx/app", InstallURL: w.base + "/bx/install",
		Scopes: []string{"crm", "placement", "user_basic", "im", "disk", "bizproc"},
	})
	return c
}

// assemble builds the service top to bottom.
func (w *world) assemble() {
	t := w.t
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	dir := t.TempDir()
	keeper, err := secret.New(bytes.Repeat([]byte{7}, secret.MasterSize))
	must(err)
	backend, err := bolt.Open(filepath.Join(dir, "store.db"), bolt.Options{Now: w.clock.Now})
	must(err)
	var jobs *queue.Local
	w.store, err = store.New(t.Context(), backend, keeper, store.Options{
		Enqueue: func(tx store.Tx, p app.PortalID, id app.RequestID) error { return jobs.Enqueue(tx, p, id) },
	})
	must(err)
	if len(w.rule.Portals) == 0 { // both companies are there from the beginning
		w.rule.Portals = []string{string(w.acme.id())}
	}
	w.ring = keyring.New(keyring.Config{Store: w.store, Tokens: w.tokens, Rules: []keyring.Rule{w.rule}, Latch: w.latch, Log: log})
	files, err := spool.New(filepath.Join(dir, "spool"), keeper)
	must(err)
	portals, err := portal.New(portal.Config{
		Apps: []portal.App{w.acme.credentials(), w.bolt.credentials()}, AuthServers: []string{w.cloud.Auth.URL()},
		PlainHosts: []string{w.acme.host(t), w.bolt.host(t)}, Store: w.store, Clock: w.clock, Log: log,
		Rate:      bitrix.BucketConfig{Rate: -1},
		Transport: bitrix.NewTransport(bitrix.TransportConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	})
	must(err)
	asks, err := signing.NewInvitations(signing.InvitationsConfig{Store: w.store, Herald: portals, Now: w.clock.Now, Log: log})
	must(err)
	w.asks = asks
	signatures, err := signing.New(signing.Config{
		Store: w.store, Spool: room{files}, Portal: portals, Keys: w.ring, CheckCode: otp.Verify, Clock: w.clockGood,
		Delivered: asks.Delivered, Wake: func() { jobs.Wake() }, Hurry: func(p app.PortalID, id app.RequestID) { jobs.Hurry(p, id) }, Now: w.clock.Now, Log: log, MaxSize: cmp.Or(w.maxSize, 1<<20), Pictures: w.pictures,
	})
	must(err)
	jobs, err = queue.New(queue.Config{Source: w.store, Handler: signatures.Run, Workers: 2, Now: w.clock.Now, Log: log})
	must(err)
	w.run(jobs)
	enrolments := &otp.Enrolments{Store: w.store, Now: w.clock.Now, Clock: w.clockGood}
	settings := admin.Config{
		Store: w.store, Directory: portals, Fields: portals, CheckCode: otp.Verify, Clock: w.clockGood, Messenger: portals, Notices: portals,
		Recheck: portals.Recheck, Enrolments: enrolments, Now: w.clock.Now, Log: log,
	}
	if w.letters != nil {
		settings.Letters = w.letters
	}
	if w.tokens != nil {
		settings.Tokens = w.ring
	}
	office, err := admin.New(settings)
	must(err)
	enrolments.Bound = office.PhoneBound
	authorities, err := admin.NewAuthorities(admin.AuthorityConfig{Store: w.store, Base: w.base + "/ca", Confirm: office.Confirm, Revoked: office.CertificatesRevoked, Now: w.clock.Now, Log: log})
	must(err)
	installer := install.New(portals, w.base).With(w.store)
	w.server, err = web.New(web.Config{
		Places:      installer,
		Authorities: authorities,
		Public:      w.base, Sealer: keeper, Visitors: portals, Portals: w.store, Installer: installer,
		Signing: signatures, Invitations: asks, Admin: office, Enrolments: enrolments, Ready: func(ctx context.Context) error { return errors.Join(w.store.Ping(ctx), w.clockGood()) }, Health: func() ([]app.Finding, time.Time) { return w.findings, w.looked }, Version: "test", Now: w.clock.Now, Log: log,
	})
	must(err)
}

// clockGood refuses as the program's own does, see doctor.ClockGood.
func (w *world) clockGood() error {
	if w.clockOff == 0 {
		return nil
	}
	return app.Fail(app.Unavailable, "check clock", "clock.off", w.clockOff)
}

// run has the queue work until the test ends, and closes the store after it.
func (w *world) run(jobs *queue.Local) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- jobs.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, w.store.Close()); err != nil {
			w.t.Error(err)
		}
	})
}

// room joins the spool to signing, as the program does.
type room struct{ *spool.Spool }

func (r room) Create(ctx context.Context, name string) (signing.SpoolWriter, error) {
	return r.Spool.Create(ctx, name)
}

func (r room) Open(ctx context.Context, name string) (signing.SpoolReader, error) {
	return r.Spool.Open(ctx, name)
}

func (c *company) credentials() portal.App {
	return portal.App{ClientID: c.app.ClientID, Secret: app.Secret(c.app.ClientSecret)}
}

func (c *company) host(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// until waits for something that happens by itself.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("%s does not come", what)
}

// install has the administrator install the app.
func (w *world) install(c *company) {
	w.t.Helper()
	if a := w.post(w.frame(c, simulator.Opening{User: c.anna})); a.code != http.StatusOK {
		w.t.Fatalf("install: %d %s", a.code, a.text())
	}
	if err := c.FinishInstall(c.app.ClientID, c.anna); err != nil {
		w.t.Fatal(err)
	}
}

// frame is what the portal posts when a user opens a page of the app.
func (w *world) frame(c *company, o simulator.Opening) simulator.Frame {
	w.t.Helper()
	if o.ClientID == "" {
		o.ClientID = c.app.ClientID
	}
	f, err := c.Open(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// tab opens the Sign tab of the company's deal.
func (w *world) tab(c *company, user int) *page {
	w.t.Helper()
	return w.page(w.frame(c, simulator.Opening{User: user, Placement: "CRM_DEAL_DETAIL_TAB", Item: c.deal}))
}

// settings opens the app's own page.
func (w *world) settings(c *company, user int) *page {
	w.t.Helper()
	return w.page(w.frame(c, simulator.Opening{User: user}))
}

// post sends a frame's form to the service.
func (w *world) post(f simulator.Frame) *answer {
	w.t.Helper()
	r, err := f.Request(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	r.RemoteAddr = "203.0.113.7:40000"
	return w.serve(r)
}

// get fetches a page as a browser does.
func (w *world) get(path string, headers ...string) *answer {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return w.serve(r)
}

func (w *world) serve(r *http.Request) *answer {
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	return &answer{code: recorder.Code, header: recorder.Header(), body: recorder.Body.Bytes()}
}

// answer is what the service answers.
type answer struct {
	code   int
	header http.Header
	body   []byte
}

func (a *answer) text() string { return string(a.body) }

// field is a field of a JSON answer, as text; "" where it is absent.
func (a *answer) field(name string) string {
	var all map[string]any
	if json.Unmarshal(a.body, &all) != nil || all[name] == nil {
		return ""
	}
	if s, ok := all[name].(string); ok {
		return s
	}
	b, _ := json.Marshal(all[name])
	return string(b)
}

// page is an open page, with its Session.
type page struct {
	*world
	session string
	html    string
	// confirm is the administrator's own code, for dangerous acts.
	confirm string
}

var (
	sessionIn  = regexp.MustCompile(`data-session="([^"]+)"`)
	keyIn      = regexp.MustCompile(`class="mono key">([A-Z2-7 ]+)<`)
	regexpLang = regexp.MustCompile(`LANG=[a-z]+`)
	linkIn     = regexp.MustCompile(`/enrol/[A-Za-z0-9_-]+`)
)

// page opens a page of the app, which must succeed.
func (w *world) page(f simulator.Frame) *page {
	w.t.Helper()
	return w.opened(w.post(f))
}

// opened reads the Session from a page.
func (w *world) opened(a *answer) *page {
	w.t.Helper()
	m := sessionIn.FindStringSubmatch(a.text())
	if a.code != http.StatusOK || m == nil {
		w.t.Fatalf("no page was opened: %d %s", a.code, a.text())
	}
	return &page{world: w, session: html.UnescapeString(m[1]), html: a.text()}
}

// call does what the page's script does.
func (p *page) call(method, path string, body any) *answer {
	p.t.Helper()
	var content io.Reader
	if method != http.MethodGet {
		text, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, content)
	r.RemoteAddr = "203.0.113.7:40000"
	r.Header.Set("Authorization", "Bearer "+p.session)
	if p.confirm != "" {
		r.Header.Set("X-Confirmation-Code", p.confirm)
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return p.serve(r)
}

// ok is call where nothing but success is right.
func (p *page) ok(method, path string, body any) *answer {
	p.t.Helper()
	a := p.call(method, path, body)
	if a.code != http.StatusOK {
		p.t.Fatalf("%s %s: %d %s", method, path, a.code, a.text())
	}
	return a
}

// wants checks how a call was refused.
func (p *page) wants(a *answer, code int, key string) {
	p.t.Helper()
	if a.code != code || a.field("key") != key {
		p.t.Errorf("answered %d %s, want %d with key %q", a.code, a.text(), code, key)
	}
}

type object = map[string]any

// account makes an account for the user.
func (p *page) account(user int, login string) {
	p.t.Helper()
	p.ok("POST", "/api/admin/accounts", object{"create": "yes", "user": strconv.Itoa(user), "login": login})
}

// certificate makes a certificate, assigns it to the user, and gives its id.
func (p *page) certificate(user int, name string) string {
	p.t.Helper()
	p.ok("POST", "/api/admin/certificates", object{"name": name, "organisation": "Acme", "years": "1", "key": "ecdsa-p256"})
	m := regexp.MustCompile(`/api/admin/certificates/([0-9a-f]{64})/delete`).FindAllStringSubmatch(p.ok("GET", "/api/admin/certificates", nil).field("html"), -1)
	if m == nil {
		p.t.Fatal("the certificate is not listed")
	}
	id := m[len(m)-1][1]
	p.ok("POST", "/api/admin/assignments", object{"user": strconv.Itoa(user), "certificate": id, "assigned": true})
	return id
}

// phone is a phone with a code generator.
type phone struct {
	w      *world
	secret app.Secret
}

// code is the code that the phone shows now.
func (p phone) code() string {
	p.w.t.Helper()
	code, err := otp.Code(p.secret, otp.Step(p.w.clock.Now()))
	if err != nil {
		p.w.t.Fatal(err)
	}
	return code
}

// link has the administrator make a setup link and gives its path.
func (p *page) link(user int) string {
	p.t.Helper()
	link := linkIn.FindString(p.ok("POST", "/api/admin/accounts/"+strconv.Itoa(user)+"/link", object{}).field("html"))
	if link == "" {
		p.t.Fatal("no link was made")
	}
	return link
}

// signIn goes the way of a setup link through the sign-in at the portal.
func (w *world) signIn(c *company, link string, user int) *answer {
	w.t.Helper()
	return w.get(w.signInAddress(c, link, user))
}

// signInAddress is where the portal sends the browser after the sign-in;
// without a link the state is a stranger's.
func (w *world) signInAddress(c *company, link string, user int) string {
	w.t.Helper()
	state := "none"
	if link != "" {
		a := w.get(link)
		m := regexp.MustCompile(`href="(http[^"]+/oauth/authorize/[^"]*)"`).FindStringSubmatch(a.text())
		if a.code != http.StatusOK || m == nil {
			w.t.Fatalf("the link's page: %d %s", a.code, a.text())
		}
		u, err := url.Parse(html.UnescapeString(m[1]))
		if err != nil {
			w.t.Fatal(err)
		}
		state = u.Query().Get("state")
	}
	back, err := c.Authorize(user, c.app.ClientID, state)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimPrefix(back, w.base)
}

// bind sets a phone up, by a link and one code.
func (w *world) bind(c *company, admin *page, user int) phone {
	w.t.Helper()
	owner := w.opened(w.signIn(c, admin.link(user), user))
	m := keyIn.FindStringSubmatch(owner.ok("POST", "/api/enrolment/show", object{}).field("html"))
	if m == nil {
		w.t.Fatal("no key is shown")
	}
	p := phone{w, app.Secret(strings.ReplaceAll(m[1], " ", ""))}
	owner.ok("POST", "/api/enrolment/confirm", object{"code": p.code()})
	w.clock.forward(otp.Period) // that code is used up
	return p
}
