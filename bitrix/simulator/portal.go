package simulator

import (
	"net/http"
	"net/url"
	"time"
)

// Portal is one Bitrix24 of the world. Make it with [Cloud.AddPortal].
type Portal struct {
	cloud *Cloud
	cfg   PortalConfig // guarded by cloud.mu as everything below
	n     int          // 1, 2, …: tells apart the cookies of portals on one host

	url       *url.URL        // nil until it listens
	listening string          // address of the listener, "" without one
	oldHosts  map[string]bool // names it had before [Portal.Rename]
	state     portalState
	key       string // of download links
	shared    string // of application tokens

	ids      map[string]int // last id by kind
	users    []*User
	sessions map[string]*session // by cookie
	apps     []*app
	webhooks map[string]*webhook // by its secret
	types    map[int]string      // smart processes
	fields   []*Field
	items    map[itemKey]*item
	blobs    map[int]*blob
	storages []*storage
	objects  map[int]*object
	timeline []*entry
	acts     []*activity
	docs     []*document
	runs     []*robotRun
	phones   map[int]*Phone
	notices  []*Notification

	hooks   []func(Update)
	faults  faultList
	calls   []Call
	limiter limiter
	events  eventQueue
}

type portalState int

const (
	portalAlive portalState = iota
	portalDeleted
	portalGone // answers PORTAL_DELETED rather than 404
)

func newPortal(c *Cloud, cfg PortalConfig, n int) *Portal {
	return &Portal{
		cloud: c, cfg: cfg, n: n,
		key: c.hex(32), shared: c.hex(16),
		oldHosts: map[string]bool{},
		ids:      map[string]int{"file": 30000, "placement": 40, "event": 700, "disk": 900, "timeline": 6000, "comment": 900},
		sessions: map[string]*session{},
		webhooks: map[string]*webhook{},
		items:    map[itemKey]*item{},
		blobs:    map[int]*blob{},
		types:    map[int]string{},
		objects:  map[int]*object{},
		phones:   map[int]*Phone{},
	}
}

// Name of the company.
func (p *Portal) Name() string { return p.cfg.Name }

// MemberID is the portal's lasting id.
func (p *Portal) MemberID() string { return p.cfg.MemberID }

// URL is the portal's address without a final slash, "" before it listens.
func (p *Portal) URL() string {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.base()
}

// SetURL tells where tests serve [Portal.Handler] themselves. It panics when
// raw is no address.
func (p *Portal) SetURL(raw string) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.url = parseURL(raw)
}

// Handler serves the portal: pages, REST, files.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	p.routeREST(mux)
	p.routePages(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.answerForGone(w, r) {
			mux.ServeHTTP(w, r)
		}
	})
}

func (p *Portal) base() string {
	if p.url == nil {
		return ""
	}
	return p.url.String()
}

func (p *Portal) host() string {
	if p.url == nil {
		return ""
	}
	return p.url.Host
}

// next gives the next id of a kind.
func (p *Portal) next(kind string) int {
	p.ids[kind]++
	return p.ids[kind]
}

// stamp writes a time as the portal does: ISO 8601 with its own offset.
func (p *Portal) stamp(t time.Time) string {
	return t.In(p.cfg.Location).Format("2006-01-02T15:04:05-07:00")
}

// Update is a write that has arrived and has had no effect yet.
type Update struct {
	Method string // "crm.item.update", "disk.file.uploadVersion", …
	User   int    // whose token it bears
	// EntityType and ID name the item or, for Drive, comments and activities,
	// 0 and the id of that object.
	EntityType, ID int
}

// BeforeUpdate runs fn between the arrival of a write and its effect, without
// any lock, so fn may use the portal: replace the file, delete the deal, take
// the rights away. It stays until the returned function is called.
func (p *Portal) BeforeUpdate(fn func(Update)) (remove func()) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	i := len(p.hooks)
	p.hooks = append(p.hooks, fn)
	return func() {
		p.cloud.mu.Lock()
		defer p.cloud.mu.Unlock()
		p.hooks[i] = nil
	}
}
