package install

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// The paths below the service's address that a portal is told. Local apps are
// registered with PathInstall and PathMain by hand.
const (
	PathInstall = "/bx/install"  // initial installation path
	PathMain    = "/bx/app"      // handler path: the app's own page
	PathDealTab = "/bx/deal-tab" // the Sign tab; called after its first slot
	PathEvent   = "/bx/event"    // events
	PathRobot   = "/bx/robot"    // the robot that asks for a signature
)

// Portals gives clients and translates their errors; *portal.Portals is it.
type Portals interface {
	// Client acts as a user of a portal.
	Client(ctx context.Context, portal app.PortalID, user app.UserID) (*bitrix.Client, error)
	// Translate turns errors of package bitrix into the domain's.
	Translate(op string, err error) error
}

// Settings tells what the administrators of a portal have decided.
type Settings interface {
	Settings(ctx context.Context, portal app.PortalID) (app.Settings, error)
	SaveSettings(ctx context.Context, s app.Settings, entries ...app.AuditEntry) error
}

// Installer installs the app in portals.
type Installer struct {
	portals  Portals
	baseURL  string
	settings Settings
}

// New makes an Installer for a service at an address such as
// https://sign.example.org, without a path.
func New(portals Portals, baseURL string) *Installer {
	return &Installer{portals: portals, baseURL: strings.TrimSuffix(baseURL, "/")}
}

// With gives the Installer with the settings that name smart processes.
func (i *Installer) With(s Settings) *Installer {
	return &Installer{portals: i.portals, baseURL: i.baseURL, settings: s}
}

// Install binds the slots, the events and the robot with the grant of an
// administrator. It is called again when the settings change.
//
// Errors: app.Forbidden install.administrators-only for anybody else, and
// portal.scope with the permissions that the app lacks in the portal;
// app.Invalid install.address when the portal cannot use the service's
// address; otherwise those of every call to a portal.
func (i *Installer) Install(ctx context.Context, v app.Visit) error {
	const op = "install"
	if !v.Admin {
		return app.Fail(app.Forbidden, op, "install.administrators-only")
	}
	c, err := i.portals.Client(ctx, v.Portal, v.User)
	if err != nil {
		return i.portals.Translate(op, err)
	}
	cfg := Config{BaseURL: i.baseURL}
	if i.settings != nil {
		s, err := i.settings.Settings(ctx, v.Portal)
		if err != nil {
			return app.Wrap(op, err)
		}
		cfg.Processes, cfg.Omitted = s.Processes, s.Omitted
	}
	return i.portals.Translate(op, Register(ctx, c, cfg))
}

// Config says what is registered.
type Config struct {
	// BaseURL is the address of the service, without a path.
	BaseURL string
	// Processes are the smart processes, by their entityTypeId, whose cards get
	// the slots beside those of the kinds that every portal has.
	Processes []int
	// Omitted are those of the kinds that every portal has which get none.
	Omitted []int

	scope []string // the app's permissions; nil when the portal does not tell
}

func (c Config) tab() string   { return c.BaseURL + PathDealTab }
func (c Config) event() string { return c.BaseURL + PathEvent }
func (c Config) robot() string { return c.BaseURL + PathRobot }

// Register is Install with a client at hand. Errors are the domain's where
// this package knows more than the client, otherwise those of package bitrix.
func Register(ctx context.Context, c *bitrix.Client, cfg Config) error {
	if u, err := url.Parse(cfg.BaseURL); err != nil || u.Host == "" {
		return app.Fail(app.Invalid, "register", "install.address", cfg.BaseURL)
	}
	have, err := checkScope(ctx, c)
	if err != nil {
		return explain(err, cfg)
	}
	cfg.scope = have
	if err := bindSlots(ctx, c, cfg); err != nil {
		return explain(err, cfg)
	}
	if err := bindEvents(ctx, c, cfg); err != nil {
		return explain(err, cfg)
	}
	return explain(bindRobot(ctx, c, cfg), cfg)
}

// explain says what a refusal means at an installation.
func explain(err error, cfg Config) error {
	var said *bitrix.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bitrix.ErrAccessDenied):
		return app.Fail(app.Forbidden, "register", "install.administrators-only").Because(err)
	case !errors.As(err, &said):
		return err
	case said.HasCode(bitrix.CodePlacementNotFound), said.HasCode(bitrix.CodeEventNotFound):
		// So a portal says that the permission for deals is missing.
		return app.Fail(app.Forbidden, "register", "portal.scope", "crm").Because(err)
	case said.HasCode(bitrix.CodeWrongHandlerURL), said.HasCode(bitrix.CodeUnsupportedProtocol):
		return app.Fail(app.Invalid, "register", "install.address", cfg.BaseURL).Because(err)
	}
	return err
}
