package bitrix

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Defaults of [Config].
const (
	// DefaultTimeout is how long one attempt may take: a portal stops a
	// request after 60 seconds.
	DefaultTimeout = 75 * time.Second
	// DefaultMaxWait is how long a call waits for a method that is blocked
	// for its running time.
	DefaultMaxWait = 30 * time.Second
	// DefaultUserAgent is sent with every request. Downloads without a
	// browser-like one may be answered with 404:
	// https://apidocs.bitrix24.com/settings/how-to-call-rest-api/general-principles.html
	DefaultUserAgent = "Mozilla/5.0 (compatible; bitrix-go/1.0)"
)

// Config describes one user at one portal. Endpoint and Tokens are required.
type Config struct {
	// Endpoint is the address of the portal's REST interface, such as
	// https://acme.bitrix24.com/rest/, from [OAuth.Identify] or from a
	// [Grant]. Never take it from a form.
	Endpoint string
	// PlainHosts lists hosts, with their port if they have one, that may be
	// asked over plain HTTP: simulated portals.
	PlainHosts []string
	// Tokens hands out the user's access tokens.
	Tokens TokenSource
	// Transport connects; nil means NewTransport(TransportConfig{}). Share
	// one between clients, so that they share connections. It must not
	// follow redirects.
	Transport http.RoundTripper
	// Buckets limits the calls to the portal; nil means a limit for this
	// Client alone. Share one between the clients of a process.
	Buckets *Buckets
	// DownloadHosts lists further hosts to which a download may be
	// redirected, such as a cloud storage. No token is sent there by us.
	DownloadHosts []string
	UserAgent     string         // "" means DefaultUserAgent
	Timeout       time.Duration  // of one attempt, and of silence in a download; 0 means DefaultTimeout. Uploads get more, by their size
	MaxWait       time.Duration  // for a blocked method; 0 means DefaultMaxWait, below 0 no waiting
	Clock         Clock          // nil means SystemClock
	Jitter        func() float64 // from [0, 1), spreads repetitions; nil means random
}

// TokenSource hands out access tokens of one user of one portal. It may be
// used from several goroutines.
type TokenSource interface {
	// Token returns an access token. refused is the one that the portal has
	// just refused, empty at first: the source returns another one then, or
	// an error.
	Token(ctx context.Context, refused Secret) (Secret, error)
}

// StaticToken returns a source that knows this token only, such as the one a
// portal's page has posted. When the portal refuses it, there is no other:
// the call fails with [ErrExpiredToken].
func StaticToken(token Secret) TokenSource { return &staticToken{token: token} }

// staticToken is used by pointer, so that fmt prints no more than an address
// wherever it is part of a printed struct.
type staticToken struct{ token Secret }

// Format implements [fmt.Formatter], so that no verb prints the token.
func (s *staticToken) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "bitrix static token") }

func (s *staticToken) Token(_ context.Context, refused Secret) (Secret, error) {
	if s.token == "" || refused == s.token {
		return "", ErrExpiredToken
	}
	return s.token, nil
}

// Client calls the REST methods of one portal as one user. It may be used
// from several goroutines.
type Client struct {
	base    *url.URL
	sender  *sender
	tokens  TokenSource
	bucket  *Bucket
	clock   Clock
	jitter  func() float64
	maxWait time.Duration
	extra   []string // hosts to which downloads may be redirected

	mu      sync.Mutex
	resetAt map[string]time.Time // by method: when its running time is forgotten
}

// New makes a client. It connects to nothing yet. An endpoint that is
// malformed or not allowed is [ErrForbiddenHost].
func New(cfg Config) (*Client, error) {
	base, err := parseEndpoint(cfg.Endpoint, cfg.PlainHosts)
	if err != nil {
		return nil, err
	}
	if cfg.Tokens == nil {
		return nil, errors.New("bitrix client without token source")
	}
	clock := clockOr(cfg.Clock)
	if cfg.Buckets == nil {
		cfg.Buckets = NewBuckets(BucketConfig{Clock: clock})
	}
	return &Client{
		base:    base,
		sender:  newSender(cfg.Transport, cfg.UserAgent, cfg.Timeout),
		tokens:  cfg.Tokens,
		bucket:  cfg.Buckets.For(base.Host),
		clock:   clock,
		jitter:  jitterOr(cfg.Jitter),
		maxWait: orDefault(cfg.MaxWait, DefaultMaxWait),
		extra:   cfg.DownloadHosts,
		resetAt: make(map[string]time.Time),
	}, nil
}

// Host returns the portal's host, with its port if it is not the usual one.
func (c *Client) Host() string { return c.base.Host }

// String tells the portal.
func (c *Client) String() string { return fmt.Sprintf("bitrix client of %s", c.base.Host) }

// Format implements [fmt.Formatter], so that no verb prints the fields.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

func newSender(transport http.RoundTripper, userAgent string, timeout time.Duration) *sender {
	if transport == nil {
		transport = NewTransport(TransportConfig{})
	}
	return &sender{
		transport: transport,
		userAgent: orDefault(userAgent, DefaultUserAgent),
		timeout:   orDefault(timeout, DefaultTimeout),
	}
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

func jitterOr(f func() float64) func() float64 {
	if f == nil {
		return rand.Float64
	}
	return f
}
