package bitrix_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix"
)

func TestCallSendsTheTokenInTheBodyOnly(t *testing.T) {
	p := newPortal(t, script(reply(200, `{"result":{"ID":"7","ADMIN":true}}`)))
	got, err := p.client(t).Profile(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bitrix.Profile{ID: 7, Admin: true}, got); diff != "" {
		t.Error(diff)
	}
	c := p.seen()[0]
	if c.Auth != token || c.Method != "profile" || c.HTTP.Method != http.MethodPost {
		t.Errorf("got %s %s with token %q", c.HTTP.Method, c.Method, c.Auth)
	}
	mustNotTell(t, c.HTTP.RequestURI+fmt.Sprint(c.HTTP.Header), token)
	if got := c.HTTP.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
}

const good = `{"result":{"ID":"7"}}`

// TestRepetition is the policy of repetition: what is called again, how long
// that waits, and what is left if nothing helps.
func TestRepetition(t *testing.T) {
	html := reply(502, "<html>bad gateway</html>")
	for _, tt := range []struct {
		name   string
		answer []func(http.ResponseWriter)
		read   string // kinds of the error; "ok" for success
		reads  int    // calls
		write  string
		writes int
		waits  time.Duration // of the read
	}{
		{"good", []func(http.ResponseWriter){reply(200, good)}, "ok", 1, "ok", 1, 0},
		{"503 once", []func(http.ResponseWriter){refusal(503, "QUERY_LIMIT_EXCEEDED", "Too many requests"), reply(200, good)}, "ok", 2, "ok", 2, 1500 * time.Millisecond},
		{"503 for ever", []func(http.ResponseWriter){refusal(503, "QUERY_LIMIT_EXCEEDED", "")}, "queries", 5, "queries", 5, 6 * time.Second},
		{"429, free in a moment", []func(http.ResponseWriter){
			reply(429, `{"error":"OPERATION_TIME_LIMIT","time":{"operating_reset_at":1795428010}}`), reply(200, good),
		}, "ok", 2, "ok", 2, 10 * time.Second},
		{"429, free in ten minutes", []func(http.ResponseWriter){
			reply(429, `{"error":"OPERATION_TIME_LIMIT","time":{"operating_reset_at":1795428600}}`),
		}, "time", 1, "time", 1, 0},
		{"429, nobody knows", []func(http.ResponseWriter){refusal(429, "OPERATION_TIME_LIMIT", "")}, "time", 1, "time", 1, 0},
		{"429 again and again", []func(http.ResponseWriter){
			reply(429, `{"error":"OPERATION_TIME_LIMIT","time":{"operating_reset_at":1795428010}}`),
		}, "time", 2, "time", 2, 10 * time.Second},
		{"429 by the front end", []func(http.ResponseWriter){reply(429, "slow down"), reply(200, good)}, "ok", 2, "lost unexpected", 1, 1500 * time.Millisecond},
		{"html once", []func(http.ResponseWriter){html, reply(200, good)}, "ok", 2, "lost unexpected", 1, 1500 * time.Millisecond},
		{"html for ever", []func(http.ResponseWriter){html}, "unexpected", 3, "lost unexpected", 1, 4500 * time.Millisecond},
		{"html with status 200", []func(http.ResponseWriter){reply(200, "<!doctype html>"), reply(200, good)}, "ok", 2, "lost unexpected", 1, 1500 * time.Millisecond},
		{"nothing with status 200", []func(http.ResponseWriter){reply(200, ""), reply(200, good)}, "ok", 2, "lost unexpected", 1, 1500 * time.Millisecond},
		{"a list in the place of the object", []func(http.ResponseWriter){reply(200, "[]")}, "unexpected", 3, "lost unexpected", 1, 4500 * time.Millisecond},
		{"half an answer", []func(http.ResponseWriter){reply(200, `{"result":{"ID`), reply(200, good)}, "ok", 2, "lost unexpected", 1, 1500 * time.Millisecond},
		{"no result", []func(http.ResponseWriter){reply(200, `{"time":{}}`), reply(200, good)}, "ok", 2, "lost unexpected", 1, 1500 * time.Millisecond},
		{"html with status 404", []func(http.ResponseWriter){reply(404, "<html>")}, "unexpected", 1, "lost unexpected", 1, 0},
		{"html with status 413", []func(http.ResponseWriter){reply(413, "<html>")}, "unexpected", 1, "unexpected", 1, 0},
		{"500 of the portal", []func(http.ResponseWriter){refusal(500, "INTERNAL_SERVER_ERROR", ""), reply(200, good)}, "ok", 2, "lost", 1, 1500 * time.Millisecond},
		{"a clear refusal with status 500", []func(http.ResponseWriter){refusal(500, "ACCESS_DENIED", "")}, "denied", 1, "denied", 1, 0},
		{"connection closed once", []func(http.ResponseWriter){hangUp, reply(200, good)}, "ok", 2, "lost unreachable", 1, 1500 * time.Millisecond},
		{"connection closed always", []func(http.ResponseWriter){hangUp}, "unreachable", 3, "lost unreachable", 1, 4500 * time.Millisecond},
		{"connection closed amid the answer", []func(http.ResponseWriter){cutOff, reply(200, good)}, "ok", 2, "lost unreachable", 1, 1500 * time.Millisecond},
		{"business error", []func(http.ResponseWriter){refusal(400, "ERROR_ARGUMENT", "")}, "", 1, "", 1, 0},
		{"result of another shape", []func(http.ResponseWriter){reply(200, `{"result":"seven"}`)}, "unexpected", 1, "lost unexpected", 1, 0},
		{"redirect to another host", []func(http.ResponseWriter){redirectTo("https://new.example/rest/profile?auth=" + token)}, "moved", 1, "moved", 1, 0},
		{"redirect to a page of the host", []func(http.ResponseWriter){redirectTo("/auth/?backurl=" + token)}, "unexpected", 1, "lost unexpected", 1, 0},
		{"redirect to nowhere", []func(http.ResponseWriter){redirectTo("")}, "unexpected", 1, "lost unexpected", 1, 0},
		{"redirect to nonsense", []func(http.ResponseWriter){redirectTo("https://0x7f000001/" + token)}, "unexpected", 1, "lost unexpected", 1, 0},
		{"token refused", []func(http.ResponseWriter){refusal(401, "expired_token", "")}, "expired", 1, "expired", 1, 0},
		{"too large", []func(http.ResponseWriter){reply(200, `{"result":"`+strings.Repeat("x", 4<<20)+`"}`)}, "large", 1, "large lost", 1, 0},
	} {
		for _, write := range []bool{false, true} {
			name, want, calls := tt.name+", read", tt.read, tt.reads
			if write {
				name, want, calls = tt.name+", write", tt.write, tt.writes
			}
			t.Run(name, func(t *testing.T) {
				p := newPortal(t, script(tt.answer...))
				cmd := bitrix.Read[bitrix.Profile]("profile", nil)
				if write {
					cmd = bitrix.Write[bitrix.Profile]("profile", nil)
				}
				got, err := bitrix.Call(context.Background(), p.client(t), cmd)
				if want == "ok" && (err != nil || got.ID != 7) || want != "ok" && (err == nil || kindsOf(err) != want) {
					t.Errorf("got %v, %v of kinds %q, want %q", got, err, kindsOf(err), want)
				}
				if n := len(p.seen()); n != calls {
					t.Errorf("%d calls, want %d", n, calls)
				}
				if waited := p.clock.total(); !write && waited != tt.waits {
					t.Errorf("waited %s, want %s", waited, tt.waits)
				}
				mustNotTell(t, fmt.Sprint(err), token)
			})
		}
	}
}

// cutOff announces more than it sends.
func cutOff(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"result":`))
}

func redirectTo(location string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(http.StatusFound)
	}
}

func TestMovedTellsTheHostAlone(t *testing.T) {
	p := newPortal(t, script(redirectTo("https://New.Example:443/rest/profile?auth="+token)))
	_, err := p.client(t).Profile(context.Background())
	var own *bitrix.Error
	if !errors.As(err, &own) || own.MovedTo != "new.example" {
		t.Errorf("got %v", err)
	}
	mustNotTell(t, err.Error(), token)
}

// A write that cannot have left the machine is safe to repeat.
func TestWriteIsRepeatedIfNothingWasSent(t *testing.T) {
	p := newPortal(t, script(reply(200, good)))
	cfg := p.config()
	failing := &failOnce{next: loopback()}
	cfg.Transport = failing
	_, err := bitrix.Call(context.Background(), newClient(t, cfg), bitrix.Write[bitrix.Profile]("profile", nil))
	if err == nil || kindsOf(err) != "lost unreachable" {
		t.Errorf("a transport that tells nothing of its connections: got %v, want a lost answer", err)
	}
	closed := newPortal(t, script(reply(200, good)))
	closed.Close() // nobody listens
	_, err = bitrix.Call(context.Background(), closed.client(t), bitrix.Write[bitrix.Profile]("profile", nil))
	if kindsOf(err) != "unreachable" {
		t.Errorf("refused connection: got %v", err)
	}
	if got := closed.clock.total(); got != 4500*time.Millisecond {
		t.Errorf("refused connection: waited %s", got)
	}
}

// failOnce fails the first exchange without a word about its connection.
type failOnce struct {
	next http.RoundTripper
	once sync.Once
}

func (f *failOnce) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	err = nil
	f.once.Do(func() { err = errors.New("broken pipe") })
	if err != nil {
		return nil, err
	}
	return f.next.RoundTrip(r)
}

func TestCallEndsWithItsContext(t *testing.T) {
	for _, write := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		p := newPortal(t, func(_ http.ResponseWriter, c call) {
			cancel()
			<-c.HTTP.Context().Done()
		})
		cmd := bitrix.Read[bitrix.Profile]("profile", nil)
		want := "unreachable"
		if write {
			cmd, want = bitrix.Write[bitrix.Profile]("profile", nil), "lost unreachable"
		}
		_, err := bitrix.Call(ctx, p.client(t), cmd)
		if !errors.Is(err, context.Canceled) || kindsOf(err) != want {
			t.Errorf("write %v: got %v", write, err)
		}
		if n := len(p.seen()); n != 1 {
			t.Errorf("write %v: %d calls", write, n)
		}
	}
}

func TestCallGivesUpOnASlowPortal(t *testing.T) {
	p := newPortal(t, func(_ http.ResponseWriter, c call) { <-c.HTTP.Context().Done() })
	cfg := p.config()
	cfg.Timeout = 20 * time.Millisecond
	_, err := newClient(t, cfg).Profile(context.Background())
	if kindsOf(err) != "unreachable" || !strings.Contains(err.Error(), "no answer in 20ms") {
		t.Errorf("got %v", err)
	}
}

func TestBlockedMethodTellsWhenItIsFree(t *testing.T) {
	free := start.Add(5 * time.Minute)
	p := newPortal(t, script(
		reply(200, fmt.Sprintf(`{"result":{"ID":1},"time":{"operating":470.5,"operating_reset_at":%d}}`, free.Unix())),
		refusal(429, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit."),
	))
	c := p.client(t)
	if _, err := c.Profile(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, err := c.Profile(context.Background())
	var own *bitrix.Error
	if !errors.As(err, &own) || !own.RetryAt.Equal(free) {
		t.Errorf("got %v, free at %v", err, own.RetryAt)
	}
}

func TestBlockedMethodReadsRetryAfter(t *testing.T) {
	p := newPortal(t, script(func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "7")
		say(w, 429, `{"error":"OPERATION_TIME_LIMIT"}`)
	}, reply(200, good)))
	if _, err := p.client(t).Profile(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := p.clock.total(); got != 7*time.Second {
		t.Errorf("waited %s", got)
	}
}

// tokens hands out the given tokens one after another.
type tokens struct {
	mu      sync.Mutex
	left    []bitrix.Secret
	err     error
	refused []string
}

func (s *tokens) Token(_ context.Context, refused bitrix.Secret) (bitrix.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, refused.Reveal())
	if len(s.left) == 0 {
		return "", s.err
	}
	next := s.left[0]
	s.left = s.left[1:]
	return next, nil
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source *tokens
		good   string // the token that the portal accepts
		calls  int
		want   string
	}{
		{"another one is good", &tokens{left: []bitrix.Secret{"old", "new"}}, "new", 2, "ok"},
		{"another one is bad as well", &tokens{left: []bitrix.Secret{"old", "new", "newer"}}, "none", 2, "expired"},
		{"no other", &tokens{left: []bitrix.Secret{"old"}, err: bitrix.ErrExpiredToken}, "none", 1, "expired"},
		{"no grant any more", &tokens{left: []bitrix.Secret{"old"}, err: bitrix.ErrInvalidGrant}, "none", 1, "grant"},
		{"none at all", &tokens{err: bitrix.ErrInvalidGrant}, "none", 0, "grant"},
	} {
		for _, write := range []bool{false, true} {
			t.Run(fmt.Sprint(tt.name, write), func(t *testing.T) {
				p := newPortal(t, func(w http.ResponseWriter, c call) {
					if c.Auth == tt.good {
						say(w, 200, good)
					} else {
						refusal(401, "expired_token", "")(w)
					}
				})
				cfg := p.config()
				source := &tokens{left: tt.source.left, err: tt.source.err}
				cfg.Tokens = source
				cmd := bitrix.Read[bitrix.Profile]("profile", nil)
				if write {
					cmd = bitrix.Write[bitrix.Profile]("profile", nil)
				}
				_, err := bitrix.Call(context.Background(), newClient(t, cfg), cmd)
				if got := kindsOf(err); tt.want == "ok" && err != nil || tt.want != "ok" && got != tt.want {
					t.Errorf("got %v of kinds %q", err, got)
				}
				if n := len(p.seen()); n != tt.calls {
					t.Errorf("%d calls", n)
				}
				if len(source.refused) > 1 && source.refused[1] != "old" {
					t.Errorf("the source was told that %q was refused", source.refused[1])
				}
			})
		}
	}
}

func TestMethodNameCannotLeaveTheInterface(t *testing.T) {
	p := newPortal(t, script(reply(200, good)))
	for _, method := range []string{"../bitrix/admin", "a/b", "a?x=1", "a#b", "a b", "a%2e%2e"} {
		if _, err := bitrix.Call(context.Background(), p.client(t), bitrix.Read[bitrix.Profile](method, nil)); err == nil {
			t.Errorf("%q is accepted", method)
		}
	}
	if n := len(p.seen()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestNewRefuses(t *testing.T) {
	source := bitrix.StaticToken(token)
	for name, cfg := range map[string]bitrix.Config{
		"no token source": {Endpoint: "https://acme.example/rest/"},
		"no endpoint":     {Tokens: source},
		"plain http":      {Endpoint: "http://acme.example/rest/", Tokens: source},
		"another port":    {Endpoint: "http://127.0.0.1:81/rest/", PlainHosts: []string{"127.0.0.1:80"}, Tokens: source},
		"another path":    {Endpoint: "https://acme.example/", Tokens: source},
		"a user":          {Endpoint: "https://u:p@acme.example/rest/", Tokens: source},
		"a query":         {Endpoint: "https://acme.example/rest/?x=1", Tokens: source},
		"another scheme":  {Endpoint: "file:///rest/", Tokens: source},
	} {
		if _, err := bitrix.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, endpoint := range []string{"https://acme.example/rest/", "https://ACME.example:443/rest", "https://box.example:8443/rest/", "https://xn--e1afmkfd.example/rest/", "https://[2001:db8::1]/rest/"} {
		if _, err := bitrix.New(bitrix.Config{Endpoint: endpoint, Tokens: source}); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}
