package bitrix_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signservice/bitrix"
)

// token is the access token of the tests: no message may hold it.
const token = "tok-5acb9865007f3c1b"

var start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// clock does not wait: sleeping moves its hands.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	step  time.Duration // by which each look at it moves it

	beforeSleep func() // may be nil
}

func newClock() *clock { return &clock{now: start} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.step)
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if c.beforeSleep != nil && d > 0 {
		c.beforeSleep()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if d > 0 {
		c.now = c.now.Add(d)
		c.slept = append(c.slept, d)
	}
	return nil
}

func (c *clock) total() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var sum time.Duration
	for _, d := range c.slept {
		sum += d
	}
	return sum
}

// call is what arrived at a portal.
type call struct {
	Method string
	Params map[string]any // without auth
	Auth   string
	HTTP   *http.Request
}

// portal is a server at which the tests decide about each answer.
type portal struct {
	*httptest.Server
	clock *clock

	mu    sync.Mutex
	calls []call
}

// newPortal answers REST calls by the given function.
func newPortal(t *testing.T, answer func(w http.ResponseWriter, c call)) *portal {
	t.Helper()
	p := &portal{clock: newClock()}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := call{Method: strings.TrimPrefix(r.URL.Path, "/rest/"), HTTP: r}
		if r.Method == http.MethodPost {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				return // the client went away
			}
			if err := json.Unmarshal(data, &c.Params); err != nil {
				t.Errorf("%s: body is not JSON: %v", c.Method, err)
			}
			c.Auth, _ = c.Params["auth"].(string)
			delete(c.Params, "auth")
		}
		p.mu.Lock()
		p.calls = append(p.calls, c)
		p.mu.Unlock()
		answer(w, c)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *portal) host() string { return strings.TrimPrefix(p.URL, "http://") }

func (p *portal) seen() []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]call(nil), p.calls...)
}

// config is what a client of this portal needs.
func (p *portal) config() bitrix.Config {
	cfg := configFor(p.Server)
	cfg.Clock = p.clock
	return cfg
}

// serve starts a server on loopback.
func serve(h http.HandlerFunc) *httptest.Server { return httptest.NewServer(h) }

// configFor is what a client of a portal at this server needs.
func configFor(s *httptest.Server) bitrix.Config {
	return bitrix.Config{
		Endpoint:   s.URL + "/rest/",
		PlainHosts: []string{strings.TrimPrefix(s.URL, "http://")},
		Tokens:     bitrix.StaticToken(token),
		Transport:  loopback(),
		Clock:      newClock(),
		Jitter:     func() float64 { return 0.5 },
	}
}

func (p *portal) client(t *testing.T) *bitrix.Client {
	t.Helper()
	return newClient(t, p.config())
}

func newClient(t *testing.T, cfg bitrix.Config) *bitrix.Client {
	t.Helper()
	c, err := bitrix.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// loopback is a transport that may connect to this machine.
func loopback() *http.Transport {
	return bitrix.NewTransport(bitrix.TransportConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

// say answers with a status and a body.
func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// hangUp closes the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// script answers the n-th call by its n-th entry, and all further ones by the
// last.
func script(answers ...func(http.ResponseWriter)) func(http.ResponseWriter, call) {
	var n atomic.Int64
	return func(w http.ResponseWriter, _ call) {
		i := min(int(n.Add(1)), len(answers)) - 1
		answers[i](w)
	}
}

func reply(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { say(w, status, body) }
}

func refusal(status int, code, description string) func(http.ResponseWriter) {
	return reply(status, fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, description))
}

// mustNotTell fails if a text holds what must stay secret.
func mustNotTell(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		if s != "" && (strings.Contains(text, s) || strings.Contains(text, url.QueryEscape(s))) {
			t.Errorf("%q tells the secret %q", text, s)
		}
	}
}

func isKind(err, kind error) bool { return errors.Is(err, kind) }
