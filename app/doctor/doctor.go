package doctor

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"signservice/app"
)

// Store is what of the store is examined; *store.Store is one.
type Store interface {
	Ping(ctx context.Context) error
	// VerifyAudit goes through the whole audit log: how many entries it has, and
	// the first that is not as it was written, or 0.
	VerifyAudit(ctx context.Context) (count, bad int64, err error)
	// Latest is the latest time that the audit log has seen.
	Latest(ctx context.Context) (time.Time, error)
	Portals(ctx context.Context) ([]app.Portal, error)
	// LastBackup is the backup that was made last; app.NotFound where there is none.
	LastBackup(ctx context.Context) (app.Backup, error)
	// Unfinished are the Requests that are authorized and have not ended.
	Unfinished(ctx context.Context) ([]app.Request, error)
	// Settings names the time-stamp servers that a portal uses.
	Settings(ctx context.Context, portal app.PortalID) (app.Settings, error)
}

// Token is a configured token: its name, and the message that says why it
// cannot be used, or "".
type Token struct{ Name, Fault string }

// File is a file or folder that must be there. One that is Private can be
// read by its owner alone.
type File struct {
	Path    string
	Private bool
}

// Config is what there is to examine. Whatever is missing is not.
type Config struct {
	// Dir is the folder of the store and the spool, whose disk is looked at.
	Dir   string
	Files []File
	Store Store
	// Tokens gives the configured tokens, each tried.
	Tokens func(ctx context.Context) []Token
	// AuthServers are the addresses of the authorization servers. The portals are
	// those of the store.
	AuthServers []string
	// Transport reaches the hosts, as the service itself does; nil asks none.
	Transport http.RoundTripper
	// Inside tells whether the Transport refused a host because it lies in a
	// network that is not public; nil is never.
	Inside func(error) bool
	// Stamp asks the time-stamp server at an address for a time-stamp over anything;
	// nil asks none. It must end with ctx.
	Stamp func(ctx context.Context, address string) error
	// Patience is how long an examination may take; 0 is 8 seconds.
	Patience time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Doctor examines the service. Its methods may be called at the same time from
// any goroutine.
type Doctor struct {
	config Config

	mu sync.Mutex
	// latest is what was found last, at the time at; guarded by mu.
	latest []app.Finding
	at     time.Time
	// audited is what the audit log looked like at the time auditedAt.
	audited   []app.Finding
	auditedAt time.Time
	// stamps is what the time-stamp servers last did, by address; the map is
	// replaced, never changed.
	stamps map[string]stamped
	// off is by how much the clock was off at the time offAt, the zero time where
	// nobody has told yet.
	off   time.Duration
	offAt time.Time

	// again asks Run to look at once.
	again chan struct{}
}

// New gives a Doctor for what there is.
func New(c Config) *Doctor {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Inside == nil {
		c.Inside = func(error) bool { return false }
	}
	if c.Patience <= 0 {
		c.Patience = 8 * time.Second
	}
	return &Doctor{config: c, again: make(chan struct{}, 1)}
}

// Examine does every check and gives what was found, in the order in which
// faults are to be mended: what stands first may be the cause of what follows.
func (d *Doctor) Examine(ctx context.Context) []app.Finding {
	ctx, cancel := context.WithTimeout(ctx, d.config.Patience)
	defer cancel()
	asked := make(chan []answer, 1)
	go func() { asked <- d.ask(ctx) }()
	stamps := make(chan []app.Finding, 1)
	go func() { stamps <- d.timestamps(ctx) }()
	var all []app.Finding
	all = append(all, d.files()...)
	all = append(all, d.disk()...)
	all = append(all, d.store(ctx)...)
	all = append(all, d.backup(ctx)...)
	all = append(all, d.tokens(ctx)...)
	requests := d.requests(ctx) // now: who hangs must not take it from the report
	answers := <-asked
	all = append(all, d.clock(ctx, answers)...)
	all = append(all, d.hosts(answers)...)
	all = append(all, <-stamps...)
	all = append(all, requests...)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.latest, d.at = all, d.config.Now()
	return all
}

// examineEvery is how often a service looks after itself.
const examineEvery = 5 * time.Minute

// Run examines again and again, until ctx ends, so that Latest is never old.
func (d *Doctor) Run(ctx context.Context) {
	tick := time.NewTicker(examineEvery)
	defer tick.Stop()
	for {
		d.Examine(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.again:
		}
	}
}

// Latest gives what was found last, and when; nothing and the zero time before
// the first examination.
func (d *Doctor) Latest() ([]app.Finding, time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.latest, d.at
}

// tokens tries the configured tokens.
func (d *Doctor) tokens(ctx context.Context) []app.Finding {
	if d.config.Tokens == nil {
		return nil
	}
	given := make(chan []Token, 1)
	go func() { given <- d.config.Tokens(ctx) }()
	var list []app.Finding
	select {
	case tokens := <-given:
		for _, t := range tokens {
			f := app.Finding{Check: "token", Health: app.Healthy, Subject: t.Name, Key: "doctor.good"}
			if t.Fault != "" {
				f.Health, f.Key = app.Broken, t.Fault // which says what to do
			}
			list = append(list, f)
		}
	case <-ctx.Done(): // a vendor's library that hangs
		list = append(list, app.Finding{Check: "token", Health: app.Broken, Key: "token.failed"})
	}
	return list
}

// cause is an error's text for the operator.
func cause(err error) string {
	var failure *app.Error
	if errors.As(err, &failure) && failure.Err != nil {
		return failure.Err.Error()
	}
	return err.Error()
}
