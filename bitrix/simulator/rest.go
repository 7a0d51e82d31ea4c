package simulator

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// method is one REST method.
type method struct {
	scope   string // "" is open to every app; "a|b" asks for one of them
	appOnly bool   // refuses webhooks
	admin   bool   // refuses everybody but administrators
	// target tells what a write is going to change, nil for reads.
	target func(*array) (entityType, id int)
	// run carries the method out, in the locked world. Its results must not
	// share memory with the world.
	run func(*call) (any, *restError)
}

// registry has the methods by their names in lower case.
type registry map[string]method

// call is one REST call at work.
type call struct {
	p       *Portal
	name    string
	params  *array
	auth    string // the token as it came in a parameter, for links; "" when in a header
	token   *token // nil for a webhook
	webhook *webhook
	app     *app // nil for a webhook
	user    int
	http    *http.Request
}

// list is a page of a listing.
type list struct {
	items any
	total int
	next  int // 0 on the last page
}

// Call is the record of a REST call. It never holds a token.
type Call struct {
	Time   time.Time
	Method string // in lower case
	App    string // client id, "" for a webhook or where no token was good
	User   int
	Status int
	Error  string // code of the error
	Failed bool   // an error whose code may be empty
	Batch  bool   // carried out inside a batch
	Fault  FaultKind
}

// Calls are the REST calls that this portal has had, in their order, downloads included.
func (p *Portal) Calls() []Call {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return append([]Call(nil), p.calls...)
}

// ForgetCalls empties the record.
func (p *Portal) ForgetCalls() {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.calls = nil
}

func (p *Portal) routeREST(mux *http.ServeMux) {
	mux.HandleFunc("/rest/", p.rest)
}

// rest serves /rest/….
func (p *Portal) rest(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Headers", "origin, content-type, accept")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusOK)
		return
	}
	params, err := readParams(r)
	if err != nil {
		bad("INVALID_REQUEST", "Malformed request").write(w)
		return
	}
	c := p.newCall(r, params)
	p.cloud.mu.Lock()
	hit := p.faults.match(p.cloud, c.name, c.peekUser(), c.peekApp())
	if hit != nil && hit.Kind != Slow && hit.Kind != Twice {
		p.record(c, Call{Fault: hit.Kind})
	}
	p.cloud.mu.Unlock()
	if hit.before(w, r) {
		return
	}
	w, done := hit.wrap(w, r)
	if hit.twice() {
		c.do() //nolint:errcheck // of two runs the second answers
	}
	c.answer(w)
	done()
}

// newCall takes the method and the token from where they may stand.
func (p *Portal) newCall(r *http.Request, params *array) *call {
	c := &call{p: p, params: params, http: r}
	path, isREST := strings.CutPrefix(r.URL.Path, "/rest/")
	path = strings.Trim(path, "/")
	if seg := strings.Split(path, "/"); isREST && len(seg) == 3 && seg[0] != "api" {
		c.webhook = &webhook{user: integer(seg[0]), secret: seg[1]}
		path = seg[2]
	}
	c.name = methodName(path)
	for _, key := range []string{"auth", "access_token"} {
		if c.auth == "" {
			c.auth = params.str(key)
		}
	}
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	c.token = p.cloud.access[c.auth]
	if c.auth == "" {
		if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			c.token = p.cloud.access[strings.TrimSpace(bearer)]
		}
	}
	return c
}

func (c *call) peekUser() int {
	if c.token == nil {
		return 0
	}
	return c.token.user
}

func (c *call) peekApp() string {
	if c.token == nil {
		return ""
	}
	return c.token.app.ClientID
}

// record keeps a call, in the locked world.
func (p *Portal) record(c *call, out Call) {
	out.Time, out.Method, out.User, out.App = p.cloud.now(), c.name, c.peekUser(), c.peekApp()
	p.cloud.log.Debug("call", "portal", p.cfg.Name, "method", out.Method, "user", out.User, "status", out.Status, "error", out.Error, "fault", out.Fault)
	p.calls = append(p.calls, out)
	if len(p.calls) > 100_000 {
		p.calls = p.calls[50_000:]
	}
}

// answer carries the call out and writes what came of it.
func (c *call) answer(w http.ResponseWriter) {
	start := time.Now()
	out, fail := c.do()
	switch out := out.(type) {
	case fileAnswer:
		if fail == nil {
			out.serve(w, c.http)
			return
		}
	case list:
		if fail == nil {
			body := obj{"result": out.items, "time": c.timing(start)}
			if c.params.str("start") != "-1" {
				body["total"] = out.total
				if out.next > 0 {
					body["next"] = out.next
				}
			}
			writeJSON(w, http.StatusOK, body)
			return
		}
	}
	if fail != nil {
		fail.write(w)
		return
	}
	writeJSON(w, http.StatusOK, obj{"result": out, "time": c.timing(start)})
}

// timing is the block "time" of an answer.
func (c *call) timing(start time.Time) obj {
	c.p.cloud.mu.Lock()
	defer c.p.cloud.mu.Unlock()
	return c.timingLocked(start)
}

func (c *call) timingLocked(start time.Time) obj {
	took := time.Since(start)
	finish := c.p.cloud.now()
	begin := finish.Add(-took)
	out := obj{
		"start": unixFloat(begin), "finish": unixFloat(finish),
		"duration": took.Seconds(), "processing": took.Seconds(),
		"date_start": c.p.stamp(begin), "date_finish": c.p.stamp(finish),
	}
	if used, reset, on := c.p.limiter.usage(c); on {
		out["operating"] = used.Seconds()
		out["operating_reset_at"] = reset.Unix()
	}
	return out
}

func unixFloat(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// do checks and carries out the call and records it. The world must not be locked.
func (c *call) do() (any, *restError) {
	c.p.cloud.mu.Lock()
	defer c.p.cloud.mu.Unlock()
	out, fail := c.checked()
	entry := Call{Status: http.StatusOK}
	if fail != nil {
		entry.Status, entry.Error, entry.Failed = fail.Status, fail.Code, true
	}
	c.p.record(c, entry)
	return out, fail
}

// checked runs the checks in the portal's order, then the method: it exists,
// the token is good, the app may be used, the scope suffices, the limits hold.
func (c *call) checked() (any, *restError) {
	m, ok := c.p.cloud.reg[c.name]
	if !ok || c.p.withoutMethod(c.name) {
		return nil, errMethod()
	}
	if fail := c.authorize(m); fail != nil {
		return nil, fail
	}
	if fail := c.p.limiter.take(c); fail != nil {
		return nil, fail
	}
	return c.invoke(m)
}

// invoke runs the method, with the hooks of a write before it.
func (c *call) invoke(m method) (any, *restError) {
	if m.appOnly && c.app == nil {
		return nil, errWrongAuthType()
	}
	if m.admin && !c.p.isAdmin(c.user) {
		return nil, errDenied()
	}
	if m.target != nil {
		typ, id := m.target(c.params)
		c.runHooks(Update{Method: c.name, User: c.user, EntityType: typ, ID: id})
	}
	return m.run(c)
}

// runHooks leaves the lock for as long as the hooks run.
func (c *call) runHooks(u Update) {
	hooks := append([]func(Update){}, c.p.hooks...)
	if len(hooks) == 0 {
		return
	}
	c.p.cloud.mu.Unlock()
	defer c.p.cloud.mu.Lock()
	for _, hook := range hooks {
		if hook != nil {
			hook(u)
		}
	}
}

// authorize finds out for whom the call is made.
func (c *call) authorize(m method) *restError {
	if c.webhook != nil {
		return c.authorizeWebhook(m)
	}
	now := c.p.cloud.now()
	t := c.token
	switch {
	case t == nil, t.revoked, t.app.portal != c.p:
		return errNoAuth()
	case now.After(t.expires):
		return errExpired()
	case t.app.deleted:
		return errInvalidToken()
	case !c.p.activeUser(t.user):
		return &restError{Status: 401, Code: "authorization_error", Desc: "Unable to authorize user"}
	case c.p.cfg.Quirks.NoREST:
		return c.refusal("ACCESS_DENIED", "REST is available only on commercial plans.")
	case !t.app.allows(t.user):
		return c.refusal("user_access_error", "The user does not have access to the application.")
	case !t.hasScope(m.scope):
		return c.refusal("insufficient_scope", "The request requires higher privileges than provided by the access token")
	}
	c.app, c.user = t.app, t.user
	return nil
}

// refusal has the status on which code (401) and documentation (403) differ.
func (c *call) refusal(code, desc string) *restError {
	if c.p.cfg.Quirks.DocumentedStatuses {
		return &restError{Status: http.StatusForbidden, Code: code, Desc: desc}
	}
	return &restError{Status: http.StatusUnauthorized, Code: code, Desc: desc}
}

// withoutMethod tells of methods that this portal's plan lacks.
func (p *Portal) withoutMethod(name string) bool {
	return p.cfg.Quirks.NoDriveHistory &&
		(name == "disk.file.getversions" || name == "disk.file.restorefromversion")
}

// start is the parameter "start" of a listing.
func (c *call) start() int {
	for _, key := range []string{"start", "START"} {
		if n := c.params.num(key); n > 0 {
			return n
		}
	}
	return 0
}

// paged cuts a page out of all rows.
func paged[T any](c *call, rows []T, size int) (page []T, next int) {
	from := min(c.start(), len(rows))
	to := min(from+size, len(rows))
	if to < len(rows) {
		next = to
	}
	return append([]T{}, rows[from:to]...), next // never null
}

// clientIP is where the call comes from: the leaky bucket is per portal and address.
func (c *call) clientIP() string {
	host, _, err := net.SplitHostPort(c.http.RemoteAddr)
	if err != nil {
		return c.http.RemoteAddr
	}
	return host
}

func itoa(n int) string { return strconv.Itoa(n) }
