package portal

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"signservice/app"
	"signservice/bitrix"
)

// App is the pair of a local app: a portal shows it when the app is saved.
type App struct {
	ClientID string
	Secret   app.Secret
}

// Store keeps what is known of portals and the grants of their users. Every
// method is durable when it returns; what is absent is an error of kind
// app.NotFound.
type Store interface {
	Portal(ctx context.Context, id app.PortalID) (app.Portal, error)
	// SavePortal stores the portal together with the audit entries.
	SavePortal(ctx context.Context, p app.Portal, entries ...app.AuditEntry) error
	Grant(ctx context.Context, portal app.PortalID, user app.UserID) (app.Grant, error)
	SaveGrant(ctx context.Context, g app.Grant) error
	DeleteGrants(ctx context.Context, portal app.PortalID) error
}

// Config is what [Portals] is made of. Apps and Store are required; the zero
// value of the rest works.
type Config struct {
	// Apps lists the local apps that are ours, one or more per portal.
	Apps []App
	// AuthServers is the allow-list of authorization servers; nil means the
	// two of Bitrix24. Client secrets go nowhere else.
	AuthServers []string
	// PlainHosts lists portals, as host:port, that may be asked over plain
	// HTTP: simulated ones. All others must speak https.
	PlainHosts []string
	Store      Store
	// Transport connects to portals and authorization servers; nil means one
	// that reaches public addresses only. Portals in the own network need one
	// that allows theirs: see bitrix.NewTransport.
	Transport http.RoundTripper
	// Rate limits the calls to each portal; the zero value is a cloud portal's.
	Rate bitrix.BucketConfig
	// Clock tells the time and waits; nil means the machine's.
	Clock bitrix.Clock
	// Deleted is told of elements that were deleted in a portal; nil tells
	// nobody. It may be told twice, late, or never.
	Deleted func(ctx context.Context, portal app.PortalID, e app.Entity) error
	// Log hears of what was odd but did not fail; nil discards it.
	Log *slog.Logger
}

// Portals is Bitrix24 in the domain's words. Its methods may be called from
// several goroutines.
type Portals struct {
	store   Store
	oauth   *bitrix.OAuth
	grants  *bitrix.Grants
	client  bitrix.Config // all but Endpoint and Tokens
	clock   bitrix.Clock
	log     *slog.Logger
	deleted func(ctx context.Context, portal app.PortalID, e app.Entity) error
	facts   facts
	shelf   shelf
	portals locks[app.PortalID] // one registration of a portal at a time
	fields  locks[elementKey]   // one replacement at an element at a time
}

// New checks the configuration. It connects to nothing yet.
func New(c Config) (*Portals, error) {
	if c.Store == nil {
		return nil, errors.New("portal: a store is required")
	}
	if c.Clock == nil {
		c.Clock = bitrix.SystemClock()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Transport == nil {
		c.Transport = bitrix.NewTransport(bitrix.TransportConfig{})
	}
	if c.Rate.Clock == nil {
		c.Rate.Clock = c.Clock
	}
	buckets := bitrix.NewBuckets(c.Rate)
	credentials := make([]bitrix.Credentials, len(c.Apps))
	for i, a := range c.Apps {
		credentials[i] = bitrix.Credentials{ClientID: a.ClientID, ClientSecret: bitrix.Secret(a.Secret)}
	}
	oauth, err := bitrix.NewOAuth(bitrix.OAuthConfig{
		Applications: credentials, AuthServers: c.AuthServers, PlainHosts: c.PlainHosts,
		Transport: c.Transport, Buckets: buckets, Clock: c.Clock,
	})
	if err != nil {
		return nil, app.Wrap("portal", err)
	}
	p := &Portals{
		store: c.Store, oauth: oauth, clock: c.Clock, log: c.Log, deleted: c.Deleted,
		client: bitrix.Config{PlainHosts: c.PlainHosts, Transport: c.Transport, Buckets: buckets, Clock: c.Clock},
	}
	p.grants = bitrix.NewGrants(oauth, &grantStore{portals: p})
	return p, nil
}

// Client gives a client that acts as the user, for package install. It fails
// with kind app.Forbidden when the app is not installed in the portal.
func (p *Portals) Client(ctx context.Context, portal app.PortalID, user app.UserID) (*bitrix.Client, error) {
	record, err := p.installed(ctx, portal)
	if err != nil {
		return nil, err
	}
	key, err := grantKey(portal, user)
	if err != nil {
		return nil, err
	}
	cfg := p.client
	cfg.Endpoint, cfg.Tokens = record.Endpoint, p.grants.Source(key)
	return bitrix.New(cfg)
}

// as runs do with a client of the user and translates its error. Where the
// portal turns out to have moved, the new address is verified, stored, and do
// is run once more: so do must bear to be repeated.
func (p *Portals) as(ctx context.Context, portal app.PortalID, user app.UserID, op string, do func(*bitrix.Client) error) error {
	c, err := p.Client(ctx, portal, user)
	if err != nil {
		return p.Translate(op, err)
	}
	err = do(c)
	if errors.Is(err, bitrix.ErrMoved) {
		moved, again := p.relocate(ctx, portal, user)
		switch {
		case again != nil:
			err = errors.Join(again, err)
		case moved:
			if c, err = p.Client(ctx, portal, user); err == nil {
				err = do(c)
			}
		}
	}
	return p.Translate(op, err)
}

// relocate asks the authorization server where the portal is now, and stores
// a new address. The redirect itself is not believed.
func (p *Portals) relocate(ctx context.Context, portal app.PortalID, user app.UserID) (moved bool, err error) {
	key, err := grantKey(portal, user)
	if err != nil {
		return false, err
	}
	grant, err := p.grants.Grant(ctx, key, "")
	if err != nil {
		return false, err
	}
	info, err := p.oauth.AppInfo(ctx, grant.AccessToken, grant.AuthServer)
	if err != nil {
		return false, err
	}
	if info.MemberID != string(portal) {
		return false, bitrix.ErrForged
	}
	return p.moveTo(ctx, portal, info.Endpoint, info.Domain)
}

// moveTo stores a portal's new address, which must be verified.
func (p *Portals) moveTo(ctx context.Context, portal app.PortalID, endpoint, domain string) (moved bool, err error) {
	release, err := p.portals.acquire(ctx, portal)
	if err != nil {
		return false, err
	}
	defer release()
	record, err := p.store.Portal(ctx, portal)
	if err != nil || record.Endpoint == endpoint {
		return false, err
	}
	p.log.InfoContext(ctx, "portal has moved", "portal", portal, "from", record.Domain, "to", domain)
	record.Endpoint, record.Domain = endpoint, domain
	return true, p.store.SavePortal(ctx, record)
}

// installed gives the portal's record while the app is in use there.
func (p *Portals) installed(ctx context.Context, portal app.PortalID) (app.Portal, error) {
	record, err := p.store.Portal(ctx, portal)
	switch {
	case errors.Is(err, app.NotFound), err == nil && !record.Installed():
		return app.Portal{}, app.Fail(app.Forbidden, "look up portal", "portal.not-installed").Because(err)
	case err != nil:
		return app.Portal{}, app.Wrap("look up portal", err)
	}
	return record, nil
}

// number reads a user's or file's id.
func number(id string) (bitrix.ID, bool) {
	n, err := strconv.ParseInt(id, 10, 64)
	return bitrix.ID(n), err == nil && n > 0 && strconv.FormatInt(n, 10) == id
}

// numberOf is number for an id that a call has been made with: 0 when it is none.
func numberOf(id app.UserID) bitrix.ID {
	n, _ := number(string(id))
	return n
}
