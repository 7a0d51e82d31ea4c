package simulator

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// LocalApp is the form in which an administrator of a portal adds an app.
type LocalApp struct {
	Title      string // the menu item's text; without one there is no menu entry
	HandlerURL string // "Your handler path"
	InstallURL string // "Initial installation path"; without one the app counts as installed at once
	Scopes     []string
	// ScriptOnly apps have no pages; InstallURL gets ONAPPINSTALL instead.
	ScriptOnly bool
}

// App is an app as its portal knows it. Id and secret exist once it is saved.
type App struct {
	ID int // the portal's number of the app, as in its pages' addresses
	LocalApp
	ClientID         string
	ClientSecret     string
	ApplicationToken string // proves events
	Installed        bool
	Placements       []Placement
	Events           []EventBinding
	Robots           []string
}

// app is the living App with what its pages have stored.
type app struct {
	App
	portal      *Portal
	created     time.Time
	deleted     bool
	users       []int // who may use it; everybody when nil
	options     map[string]any
	userOptions map[int]map[string]any
	ran         map[int]bool // users who have sent setInstall: FIRST_RUN is over
	robots      []*robot
}

// AddApp saves a local app, which gives it its id and secret. It panics when
// an address is one that the form refuses (see CheckHandler), since then the
// test is wrong; the form itself tells the visitor.
func (p *Portal) AddApp(l LocalApp) App {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.addApp(l, 0)
	if err != nil {
		panic(fmt.Sprintf("simulator: add app: %v", err))
	}
	return a.snapshot()
}

func (p *Portal) addApp(l LocalApp, by int) (*app, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	n := p.next("app")
	now := p.cloud.now()
	a := &app{
		App:    App{ID: n, LocalApp: l},
		portal: p, created: now,
		options: map[string]any{}, userOptions: map[int]map[string]any{}, ran: map[int]bool{},
	}
	a.ClientID = fmt.Sprintf("local.%s.%08d", p.cloud.hex(7), now.UnixNano()%100_000_000)
	a.ClientSecret = p.cloud.alnum(50)
	a.ApplicationToken = digest(p.cfg.MemberID, fmt.Sprint(n), a.ClientSecret, p.shared)
	a.Installed = l.InstallURL == "" || l.ScriptOnly
	p.apps = append(p.apps, a)
	p.cloud.apps[a.ClientID] = a
	if l.ScriptOnly && l.InstallURL != "" {
		a.Events = append(a.Events, EventBinding{ID: p.next("event"), Event: "ONAPPINSTALL", Handler: l.InstallURL})
		p.fireInstall(a, by)
	}
	return a, nil
}

func (l LocalApp) check() error {
	if fail := checkHandler(l.HandlerURL); fail != nil {
		return fmt.Errorf("handler path: %w", fail)
	}
	if l.InstallURL != "" {
		if fail := checkHandler(l.InstallURL); fail != nil {
			return fmt.Errorf("installation path: %w", fail)
		}
	}
	return nil
}

// checkHandler is syntactic, as in rest/lib/handlerhelper.php: "localhost" has
// no dot and is refused, "127.0.0.1" and "app.localhost" pass.
func checkHandler(raw string) *restError {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" && (u.Scheme == "http" || u.Scheme == "https"):
		return bad("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return bad("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")
	case strings.Index(u.Hostname(), ".") <= 0:
		return bad("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
	}
	return nil
}

// Apps are the portal's apps in the order in which they were saved.
func (p *Portal) Apps() []App {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	out := make([]App, 0, len(p.apps))
	for _, a := range p.apps {
		out = append(out, a.snapshot())
	}
	return out
}

// App returns an app by its client id.
func (p *Portal) App(clientID string) (App, bool) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return App{}, false
	}
	return a.snapshot(), true
}

func (a *app) snapshot() App {
	out := a.App
	out.Scopes = slices.Clone(a.Scopes)
	out.Placements = slices.Clone(a.Placements)
	out.Events = slices.Clone(a.Events)
	for _, r := range a.robots {
		out.Robots = append(out.Robots, r.Code)
	}
	return out
}

// EditApp changes what the form holds, as the administrator does when an
// address has changed. With an installation path the app must be installed
// anew. Id and secret stay.
func (p *Portal) EditApp(clientID string, l LocalApp) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return err
	}
	return p.editApp(a, l)
}

func (p *Portal) editApp(a *app, l LocalApp) error {
	if err := l.check(); err != nil {
		return err
	}
	a.LocalApp = l
	a.Installed = l.InstallURL == "" || l.ScriptOnly
	return nil
}

// ReinstallApp presses the Reinstall button: INSTALLED is N again, and the
// app's tabs vanish until it finishes the installation.
func (p *Portal) ReinstallApp(clientID string) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return err
	}
	p.setInstalled(a, false, 0)
	return nil
}

// FinishInstall does what installFinish in the app's page does.
func (p *Portal) FinishInstall(clientID string, user int) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return err
	}
	p.setInstalled(a, true, user)
	return nil
}

func (p *Portal) setInstalled(a *app, on bool, user int) {
	was := a.Installed
	a.Installed = on
	if on && !was {
		p.fireInstall(a, user)
	}
}

// DeleteApp removes an app: its tokens die at once, its placements, events and
// robots go, ONAPPUNINSTALL with CLEAN=1 is on its way. (Deleting a
// local app always cleans.)
func (p *Portal) DeleteApp(clientID string) error { return p.deleteApp(clientID, true) }

// UninstallApp removes an app as the dialogue of a Marketplace app does, which
// asks whether to clean.
func (p *Portal) UninstallApp(clientID string, clean bool) error { return p.deleteApp(clientID, clean) }

func (p *Portal) deleteApp(clientID string, clean bool) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return err
	}
	p.removeApp(a, clean)
	return nil
}

func (p *Portal) removeApp(a *app, clean bool) {
	p.fireUninstall(a, clean)
	a.deleted, a.Installed = true, false
	a.Placements, a.Events, a.robots = nil, nil, nil
	p.apps = slices.DeleteFunc(p.apps, func(b *app) bool { return a == b })
}

// RestrictApp lets only these users use the app; without users everybody may.
func (p *Portal) RestrictApp(clientID string, users ...int) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a, err := p.findApp(clientID)
	if err != nil {
		return err
	}
	a.users = slices.Clone(users)
	return nil
}

func (a *app) allows(user int) bool { return len(a.users) == 0 || slices.Contains(a.users, user) }

func (p *Portal) findApp(clientID string) (*app, error) {
	for _, a := range p.apps {
		if a.ClientID == clientID {
			return a, nil
		}
	}
	return nil, unknown("app", clientID)
}

func (p *Portal) appByID(id int) *app {
	for _, a := range p.apps {
		if a.ID == id {
			return a
		}
	}
	return nil
}
