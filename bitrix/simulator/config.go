package simulator

import (
	"crypto/rand"
	"io"
	"log/slog"
	mrand "math/rand/v2"
	"net/http"
	"time"
)

// Config says how a [Cloud] is made. The zero value works.
type Config struct {
	// Clock tells the time of tokens, entries and links; time.Now when nil.
	// Rate limits run on real time (see [Limits]), so that a frozen clock does
	// not block a portal for ever.
	Clock func() time.Time
	// Rand gives tokens and ids; crypto/rand when nil.
	Rand io.Reader
	// Seed decides on faults with a probability and on shuffled events. Zero
	// takes a random seed; [Cloud.Seed] tells it and the log prints it.
	Seed uint64
	// Logger hears of requests at level Debug and of failed deliveries at Warn.
	// No token is ever logged. Nil discards.
	Logger *slog.Logger
	// Transport carries events to the handlers of apps; a plain one when nil.
	Transport http.RoundTripper
	// AuthAddr is where the authorization server listens after [Cloud.Start];
	// "127.0.0.1:0" when empty.
	AuthAddr string
	// AccessLifetime of access tokens; one hour when zero.
	AccessLifetime time.Duration
	// Phones adds "Mary's phone" to each portal: a page that takes an
	// enrolment link of a one-time-code generator and shows the codes.
	Phones bool
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Seed == 0 {
		c.Seed = mrand.Uint64() //nolint:gosec // chance of faults, not a secret
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Second}
	}
	if c.AuthAddr == "" {
		c.AuthAddr = "127.0.0.1:0"
	}
	if c.AccessLifetime == 0 {
		c.AccessLifetime = time.Hour
	}
	return c
}

// PortalConfig says how one portal is made. The zero value works.
type PortalConfig struct {
	// Name of the company; "Portal N" when empty.
	Name string
	// Addr is where the portal listens after [Cloud.Start]; "127.0.0.1:0" when
	// empty. 127.0.0.2 and its like give a portal a host of its own.
	Addr string
	// Host is the name in the portal's addresses when it is not that of Addr,
	// such as "acme.localhost"; the port is added.
	Host string
	// MemberID is the portal's lasting id, 32 hexadecimal digits; random when empty.
	MemberID string
	// Language of the portal as Bitrix24 writes it ("en", "la", "br", "ua", "sc"); "en" when empty.
	Language string
	// Location is the portal's time zone; UTC when nil.
	Location *time.Location
	// License as app.info tells it; "en_pro100" when empty.
	License string
	// Limits of calls; the zero value is a paid cloud plan. See [Limits].
	Limits Limits
	// Quirks in which portals differ.
	Quirks Quirks
}

func (c PortalConfig) withDefaults() PortalConfig {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.Language == "" {
		c.Language = "en"
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.License == "" {
		c.License = "en_pro100"
	}
	return c
}
