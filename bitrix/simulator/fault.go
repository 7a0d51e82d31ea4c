package simulator

import (
	"bytes"
	"net/http"
	"path"
	"strings"
	"time"
)

// FaultKind is a way in which a call goes wrong.
type FaultKind string

// The ways that have been seen, and some that a client must be ready for.
const (
	// Errors of REST: the call has no effect. They also strike inside a batch.
	QueryLimit     FaultKind = "query limit"     // 503 QUERY_LIMIT_EXCEEDED
	OperationLimit FaultKind = "operation limit" // 429 OPERATION_TIME_LIMIT
	Overload       FaultKind = "overload"        // 503 OVERLOAD_LIMIT
	ExpiredToken   FaultKind = "expired token"   // 401 expired_token
	InvalidToken   FaultKind = "invalid token"   // 401 invalid_token
	AccessDenied   FaultKind = "access denied"   // 403 ACCESS_DENIED
	InternalError  FaultKind = "internal error"  // 500 INTERNAL_SERVER_ERROR
	QuotaExceeded  FaultKind = "quota"           // 400 DISK_BASE_SERVICE_22001
	CustomError    FaultKind = "custom"          // Status, Code and Text of the Fault

	// Answers that are no REST: the call has no effect.
	BadGateway     FaultKind = "502"         // HTML
	GatewayTimeout FaultKind = "504"         // HTML
	Maintenance    FaultKind = "maintenance" // HTML with status 200
	PlainText      FaultKind = "plain text"  // Text ("Access denied." when empty) with status 200, as show_file.php fails
	EmptyBody      FaultKind = "empty body"  // status 200 without a byte
	Redirect       FaultKind = "redirect"    // 302 to the same path at To
	Reset          FaultKind = "reset"       // the connection breaks before the call is read

	// The call has its effect.
	LostAnswer  FaultKind = "lost answer"  // then the connection breaks
	LateGateway FaultKind = "late gateway" // then 504 HTML comes back
	Truncated   FaultKind = "truncated"    // half of the answer arrives, then the connection breaks
	Endless     FaultKind = "endless"      // the answer is followed by blanks until the client gives up
	Corrupt     FaultKind = "corrupt"      // a byte in the middle of the answer is another one
	Slow        FaultKind = "slow"         // the answer waits for Delay
	Twice       FaultKind = "twice"        // the call is carried out two times
)

// Fault is one way of failing and when it happens.
type Fault struct {
	// Method is the REST method that fails, as in path.Match ("crm.item.*"); ""
	// is every method. File addresses have methods too: "download" (Drive),
	// "crm.controller.item.getFile", "show_file", "crm_show_file" and the
	// document generator's; the authorization server has "oauth/token" and "app.info".
	Method string
	Kind   FaultKind
	// User and App narrow the fault to one user or client id where not empty.
	User int
	App  string
	// Skip lets so many calls pass first.
	Skip int
	// Count is how often it strikes; 0 has no end.
	Count int
	// Probability of striking, 0 meaning always; decided by the Cloud's seed.
	Probability float64
	// Delay of Slow; 20 seconds when zero.
	Delay time.Duration
	// To is where Redirect leads, as "http://host".
	To string
	// Status, Code and Text of CustomError, Text of PlainText.
	Status int
	Code   string
	Text   string
}

// Injected is a fault at work.
type Injected struct {
	cloud   *Cloud
	fault   Fault
	skip    int
	hits    int
	removed bool
}

// Hits tells how often the fault has struck.
func (i *Injected) Hits() int {
	i.cloud.mu.Lock()
	defer i.cloud.mu.Unlock()
	return i.hits
}

// Remove ends the fault.
func (i *Injected) Remove() {
	i.cloud.mu.Lock()
	defer i.cloud.mu.Unlock()
	i.removed = true
}

// Inject adds a fault of this portal. Several may be at work: the oldest that
// matches strikes.
func (p *Portal) Inject(f Fault) *Injected {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.faults.add(p.cloud, f)
}

// Heal removes all faults of the portal.
func (p *Portal) Heal() {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	for _, i := range p.faults {
		i.removed = true
	}
	p.faults = nil
}

type faultList []*Injected

func (l *faultList) add(c *Cloud, f Fault) *Injected {
	f.Method = strings.ToLower(f.Method)
	i := &Injected{cloud: c, fault: f, skip: f.Skip}
	*l = append(*l, i)
	return i
}

// match finds the fault that strikes this call and counts it. The world must be locked.
func (l faultList) match(c *Cloud, method string, user int, clientID string) *Fault {
	for _, i := range l {
		f := &i.fault
		if i.removed || f.Count > 0 && i.hits >= f.Count ||
			f.User != 0 && f.User != user || f.App != "" && f.App != clientID {
			continue
		}
		if f.Method != "" {
			if ok, err := path.Match(f.Method, strings.ToLower(method)); err != nil || !ok {
				continue
			}
		}
		if i.skip > 0 {
			i.skip--
			continue
		}
		if f.Probability > 0 && !c.chance(f.Probability) {
			continue
		}
		i.hits++
		hit := *f
		return &hit
	}
	return nil
}

// rest is the fault as an error of REST, nil when it is of another kind.
func (f *Fault) rest() *restError {
	if f == nil {
		return nil
	}
	switch f.Kind {
	case QueryLimit:
		return errQueryLimit()
	case OperationLimit:
		return errOperationLimit()
	case Overload:
		return &restError{Status: 503, Code: "OVERLOAD_LIMIT", Desc: "REST API is blocked due to overload."}
	case ExpiredToken:
		return errExpired()
	case InvalidToken:
		return errInvalidToken()
	case AccessDenied:
		return &restError{Status: 403, Code: "ACCESS_DENIED", Desc: "Access denied!"}
	case InternalError:
		return &restError{Status: 500, Code: "INTERNAL_SERVER_ERROR", Desc: "Internal server error"}
	case QuotaExceeded:
		return &restError{Status: 400, Code: "DISK_BASE_SERVICE_22001", Desc: "Disk quota exceeded."}
	case CustomError:
		return &restError{Status: f.Status, Code: f.Code, Desc: f.Text}
	}
	return nil
}

func (f *Fault) twice() bool { return f != nil && f.Kind == Twice }

// before answers in place of the call and tells so. The world must not be locked.
func (f *Fault) before(w http.ResponseWriter, r *http.Request) bool {
	if f == nil {
		return false
	}
	if e := f.rest(); e != nil {
		e.write(w)
		return true
	}
	switch f.Kind {
	case BadGateway:
		writeHTML(w, http.StatusBadGateway, "502 Bad Gateway")
	case GatewayTimeout:
		writeHTML(w, http.StatusGatewayTimeout, "504 Gateway Time-out")
	case Maintenance:
		writeHTML(w, http.StatusOK, "The portal is being maintained")
	case PlainText:
		text := f.Text
		if text == "" {
			text = "Access denied."
		}
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		_, _ = w.Write([]byte(text))
	case EmptyBody:
		w.WriteHeader(http.StatusOK)
	case Redirect:
		w.Header().Set("Location", f.To+r.URL.RequestURI())
		w.WriteHeader(http.StatusFound)
	case Reset:
		hangUp()
	default:
		return false
	}
	return true
}

// wrap gives the writer through which the call answers, for faults that strike
// after the effect; the returned function ends the answer.
func (f *Fault) wrap(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, func()) {
	if f == nil {
		return w, func() {}
	}
	switch f.Kind {
	case LostAnswer, LateGateway, Truncated, Endless, Corrupt, Slow:
	default:
		return w, func() {}
	}
	held := &heldAnswer{header: http.Header{}}
	return held, func() { f.release(w, r, held) }
}

// heldAnswer keeps an answer back.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header         { return h.header }
func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }
func (h *heldAnswer) WriteHeader(status int)      { h.status = status }

func (f *Fault) release(w http.ResponseWriter, r *http.Request, held *heldAnswer) {
	body := held.body.Bytes()
	switch f.Kind {
	case LostAnswer:
		hangUp()
	case LateGateway:
		writeHTML(w, http.StatusGatewayTimeout, "504 Gateway Time-out")
		return
	case Slow:
		wait(r, f.Delay)
	case Corrupt:
		body = bytes.Clone(body)
		if len(body) > 0 {
			body[len(body)/2] ^= 0x20
		}
	}
	for k, v := range held.header {
		w.Header()[k] = v
	}
	if f.Kind == Endless {
		w.Header().Del("Content-Length")
	}
	if held.status != 0 {
		w.WriteHeader(held.status)
	}
	switch f.Kind {
	case Truncated:
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp()
	case Endless:
		_, _ = w.Write(body)
		blanks(w, r)
	default:
		_, _ = w.Write(body)
	}
}

// hangUp breaks the connection: net/http does so without a word in its log.
func hangUp() { panic(http.ErrAbortHandler) }

func wait(r *http.Request, d time.Duration) {
	if d == 0 {
		d = 20 * time.Second
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

func blanks(w http.ResponseWriter, r *http.Request) {
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}
