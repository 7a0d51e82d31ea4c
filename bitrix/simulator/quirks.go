package simulator

import "time"

// Quirks are ways in which portals differ from each other, or in which the
// documentation and the code of Bitrix24 do. The zero value follows the code of a cloud
// portal.
type Quirks struct {
	// CloudFields adds SERVER_ENDPOINT, APPLICATION_TOKEN and APPLICATION_SCOPE
	// to what a frame gets, as documented for newer clouds.
	CloudFields bool
	// DocumentedStatuses answers with the status of the documentation (403)
	// where the code has another (401).
	DocumentedStatuses bool
	// NoREST refuses all calls: the plan does not include REST.
	NoREST bool
	// NoDriveHistory takes disk.file.getVersions away, as smaller plans do.
	NoDriveHistory bool
	// RefreshInEvents sends a refresh token with each event, as the
	// documentation's samples show; the code does so with few of them.
	RefreshInEvents bool
	// RefreshGrace is how long a used refresh token stays good.
	RefreshGrace time.Duration
	// Options says how PLACEMENT_OPTIONS are sent.
	Options OptionsQuirk
	// NotifyFails makes im.notify.* answer false without an error.
	NotifyFails bool
	// AnyUserAgent lets downloads without a User-Agent pass. A cloud's front end
	// answers them with 404.
	AnyUserAgent bool
	// PlacementMax is how many handlers one app may bind to one placement
	// before ERROR_PLACEMENT_MAX_COUNT; zero means no limit.
	PlacementMax int
}

// OptionsQuirk is a way of sending PLACEMENT_OPTIONS.
type OptionsQuirk int

// The ways that have been seen.
const (
	OptionsSent      OptionsQuirk = iota // as JSON
	OptionsMissing                       // not at all
	OptionsUndefined                     // the word "undefined"
)

// SetQuirks replaces the portal's quirks.
func (p *Portal) SetQuirks(q Quirks) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.cfg.Quirks = q
}
