package simulator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	mrand "math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Cloud is one authorization server with its portals.
type Cloud struct {
	// Auth is the authorization server, oauth.bitrix.info of this world.
	Auth *AuthServer

	cfg    Config
	log    *slog.Logger
	client *http.Client       // carries events
	ctx    context.Context    //nolint:containedctx // the life of the delivery goroutines, ended by Close
	cancel context.CancelFunc // ends ctx
	work   sync.WaitGroup     // servers and deliveries
	reg    registry           // REST methods by lower-case name
	pages  pageSet

	// mu guards everything below and everything in the portals: one world, one
	// lock. Unexported methods expect it held unless they say otherwise; no
	// request leaves and no foreign function runs under it.
	mu      sync.Mutex
	rand    *mrand.Rand
	portals []*Portal
	access  map[string]*token // by access token
	refresh map[string]*token // by refresh token, used ones included
	codes   map[string]*code
	apps    map[string]*app // by client id, deleted ones included
	servers []func() error  // each ends one listener
	closed  bool
}

// New makes an empty world. It listens nowhere until [Cloud.Start]; tests may
// serve [AuthServer.Handler] and [Portal.Handler] themselves instead and tell
// the addresses with SetURL.
func New(cfg Config) *Cloud {
	cfg = cfg.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	c := &Cloud{
		cfg: cfg, log: cfg.Logger, ctx: ctx, cancel: cancel,
		client: &http.Client{
			Transport:     cfg.Transport,
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		reg:   methods(),
		pages: parsePages(),
		rand:  mrand.New(mrand.NewPCG(cfg.Seed, 0)), //nolint:gosec // chance of faults, not a secret

		access:  map[string]*token{},
		refresh: map[string]*token{},
		codes:   map[string]*code{},
		apps:    map[string]*app{},
	}
	c.Auth = newAuthServer(c)
	c.log.Info("simulated Bitrix24", "seed", cfg.Seed)
	return c
}

// Seed tells what decides on faults with a probability: give it as
// [Config.Seed] to see the same run again.
func (c *Cloud) Seed() uint64 { return c.cfg.Seed }

// AddPortal makes a portal without users. Call [Cloud.Start] afterwards, or
// again, to have it listen.
func (c *Cloud) AddPortal(cfg PortalConfig) *Portal {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cfg.Name == "" {
		cfg.Name = fmt.Sprintf("Portal %d", len(c.portals)+1)
	}
	if cfg.MemberID == "" {
		cfg.MemberID = c.hex(16)
	}
	p := newPortal(c, cfg.withDefaults(), len(c.portals)+1)
	c.portals = append(c.portals, p)
	return p
}

// Portals are all portals in the order in which they were made.
func (c *Cloud) Portals() []*Portal {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*Portal(nil), c.portals...)
}

func (c *Cloud) now() time.Time { return c.cfg.Clock() }

// hex gives n random bytes as hexadecimal digits.
func (c *Cloud) hex(n int) string {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.cfg.Rand, b); err != nil {
		panic(fmt.Sprintf("simulator: read randomness: %v", err)) // as crypto/rand does
	}
	return hex.EncodeToString(b)
}

// alnum gives n random letters and digits, as a client secret has them.
func (c *Cloud) alnum(n int) string {
	const set = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	raw, err := hex.DecodeString(c.hex(n))
	if err != nil {
		panic(err) // hex made it
	}
	for i, b := range raw {
		raw[i] = set[int(b)%len(set)]
	}
	return string(raw)
}

func (c *Cloud) chance(p float64) bool { return p > 0 && (p >= 1 || c.rand.Float64() < p) }

// digest is a stable id made of parts, 32 hexadecimal digits.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d|%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
