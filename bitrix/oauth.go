package bitrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Credentials are the id and secret of an application, which a portal or the
// vendor's site shows when it is registered. A local application has another
// pair in each portal.
// https://apidocs.bitrix24.com/settings/oauth/index.html
type Credentials struct {
	ClientID     string
	ClientSecret Secret
}

// DefaultAuthServers returns the two authorization servers of Bitrix24. A
// portal's region decides to which of them its tokens belong.
func DefaultAuthServers() []string { return []string{AuthServerWorld, AuthServerEast} }

// OAuthConfig describes the applications and whom to believe about tokens.
type OAuthConfig struct {
	// Applications are the pairs that are ours. At least one is needed.
	Applications []Credentials
	// AuthServers is the allow-list of authorization servers, as scheme and
	// host; nil means DefaultAuthServers. Client secrets go to these hosts
	// and to no other. Plain HTTP is accepted for loopback addresses only,
	// which is where a simulated server lives.
	AuthServers []string
	// PlainHosts lists portals that may be asked over plain HTTP; see
	// [Config].
	PlainHosts []string

	Transport http.RoundTripper // nil means NewTransport(TransportConfig{})
	Buckets   *Buckets          // for the portals asked by Identify; nil means its own
	UserAgent string            // "" means DefaultUserAgent
	Timeout   time.Duration     // of one attempt; 0 means 20 seconds
	Clock     Clock             // nil means SystemClock
	Jitter    func() float64    // see [Config]
}

// OAuth talks to the authorization servers. It may be used from several
// goroutines.
type OAuth struct {
	apps    []Credentials
	servers []*url.URL
	config  OAuthConfig
	sender  *sender
	clock   Clock
	jitter  func() float64
}

// authTimeout is how long an authorization server may take: somebody is
// looking at an empty frame.
const authTimeout = 20 * time.Second

// NewOAuth checks the configuration and connects to nothing yet.
func NewOAuth(cfg OAuthConfig) (*OAuth, error) {
	if len(cfg.Applications) == 0 {
		return nil, errors.New("no application: client id and secret are needed")
	}
	for _, app := range cfg.Applications {
		if app.ClientID == "" || app.ClientSecret == "" {
			return nil, errors.New("application without client id or secret")
		}
	}
	if cfg.AuthServers == nil {
		cfg.AuthServers = DefaultAuthServers()
	}
	cfg.Clock = clockOr(cfg.Clock)
	if cfg.Buckets == nil {
		cfg.Buckets = NewBuckets(BucketConfig{Clock: cfg.Clock})
	}
	if cfg.Transport == nil {
		cfg.Transport = NewTransport(TransportConfig{})
	}
	o := &OAuth{
		apps:   slices.Clone(cfg.Applications),
		config: cfg,
		sender: newSender(cfg.Transport, cfg.UserAgent, orDefault(cfg.Timeout, authTimeout)),
		clock:  cfg.Clock,
		jitter: jitterOr(cfg.Jitter),
	}
	for _, raw := range cfg.AuthServers {
		server, err := parseAuthServer(raw)
		if err != nil {
			return nil, fmt.Errorf("authorization server: %w", err)
		}
		o.servers = append(o.servers, server)
	}
	if len(o.servers) == 0 {
		return nil, errors.New("no authorization server")
	}
	return o, nil
}

func parseAuthServer(raw string) (*url.URL, error) {
	u, err := parseBase(raw)
	switch {
	case err != nil:
		return nil, err
	case u.Path != "/":
		return nil, fmt.Errorf("%s: a path is not allowed", hostOf(u))
	case u.Scheme == "http" && !isLoopback(u):
		return nil, fmt.Errorf("%w: %s is not https", ErrForbiddenHost, hostOf(u))
	}
	return u, nil
}

// String tells the servers.
func (o *OAuth) String() string {
	hosts := make([]string, len(o.servers))
	for i, s := range o.servers {
		hosts[i] = s.Host
	}
	return "bitrix oauth at " + strings.Join(hosts, ", ")
}

// Format implements [fmt.Formatter], so that no verb prints the secrets.
func (o *OAuth) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// ours returns the application with the given client id.
func (o *OAuth) ours(clientID string) (Credentials, bool) {
	i := slices.IndexFunc(o.apps, func(c Credentials) bool { return c.ClientID == clientID })
	if i < 0 {
		return Credentials{}, false
	}
	return o.apps[i], true
}

// ordered returns the allow-listed servers, the hinted one first. A hint that
// is not on the list changes nothing.
func (o *OAuth) ordered(hint string) []*url.URL {
	servers := slices.Clone(o.servers)
	wanted, err := url.Parse(hint)
	if err != nil {
		return servers
	}
	slices.SortStableFunc(servers, func(a, b *url.URL) int {
		return hinted(b, wanted) - hinted(a, wanted)
	})
	return servers
}

func hinted(server, wanted *url.URL) int {
	if server.Scheme == wanted.Scheme && server.Host == normalHost(wanted.Host, wanted.Scheme) {
		return 1
	}
	return 0
}

// ask runs a request at one server after another until one knows the token or
// code. If none does, an error that may pass comes before a refusal: the
// server that did not answer may be the one that knows.
func (o *OAuth) ask(servers []*url.URL, at func(*url.URL) error) error {
	var worst error
	for _, server := range servers {
		err := at(server)
		if err == nil {
			return nil
		}
		if worst == nil || isRefusal(worst) && !isRefusal(err) {
			worst = err
		}
		if !isRefusal(err) && !isPassing(err) {
			break // a decision: not ours, no REST in this plan, …
		}
	}
	return worst
}

func isRefusal(err error) bool {
	for _, kind := range []error{ErrExpiredToken, ErrInvalidClient, ErrInvalidGrant} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func isPassing(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnexpectedAnswer)
}

// send posts to an authorization server, again after failures that pass.
func (o *OAuth) send(ctx context.Context, doing string, newRequest func() (*http.Request, error)) (fields, error) {
	for attempt := 1; ; attempt++ {
		req, err := newRequest()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, unwrapURL(err))
		}
		f, failed := o.once(ctx, req)
		if failed == nil {
			return f, nil
		}
		failed.Method, failed.Host = doing, req.URL.Host
		if !failed.transient() || attempt == maxTransient {
			return nil, failed
		}
		wait := time.Duration((1 + o.jitter()) * float64(attempt) * float64(time.Second) / 2)
		if o.clock.Sleep(ctx, wait) != nil {
			return nil, failed
		}
	}
}

func (o *OAuth) once(ctx context.Context, req *http.Request) (fields, *Error) {
	a, failed := o.sender.exchange(ctx, req)
	if failed != nil {
		return nil, &Error{Err: failed.err}
	}
	if moved := redirect(a, req.URL); moved != nil {
		return nil, moved
	}
	return readAnswer(a)
}
