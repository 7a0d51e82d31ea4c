package app

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// Level is how long a signature can be proven, the baseline levels of ETSI
// EN 319 142-1.
type Level string

// The levels.
const (
	LevelB   Level = "b"   // the signature alone
	LevelT   Level = "t"   // and a timestamp
	LevelLT  Level = "lt"  // and what its verification needs: chains, OCSP, CRL
	LevelLTA Level = "lta" // and a timestamp over all of it
)

// Levels lists the levels, the lowest first.
func Levels() []Level { return []Level{LevelB, LevelT, LevelLT, LevelLTA} }

// SignetPreset is how the visible mark looks.
type SignetPreset string

// The presets. "" is the one that suits the language of the mark's words.
const (
	PresetEU      SignetPreset = "eu"
	PresetRussian SignetPreset = "ru"
	PresetPlain   SignetPreset = "plain"
)

// Limits of Settings.
const (
	MaxTimestampServers = 5
	MaxRetentionDays    = 3650
	MaxLogo             = 256 << 10 // bytes of the picture's file
)

// Settings are what the administrators of a portal decide for everybody in it.
// The zero value is what holds before they decided anything.
type Settings struct {
	Portal PortalID
	// Fields are the codes of the file fields whose documents are offered; none
	// means all of them.
	Fields []string
	// Processes are the smart processes, by their entityTypeId, whose cards show
	// SignService as well.
	Processes []int `json:",omitempty"`
	// Omitted are the kinds of elements that every portal has (see Kinds) whose
	// cards do not show SignService.
	Omitted []int `json:",omitempty"`
	// Signet is where the mark goes for a person who has not chosen yet; the
	// zero Placement is the bottom right of the last page.
	Signet SignetSettings
	// CodeRequired lets nobody sign without a one-time code, whatever their
	// account says.
	CodeRequired bool
	// SelfEnrolment lets a person with an account and no phone bind one without
	// asking an administrator.
	SelfEnrolment bool
	// SelfMarked narrows SelfEnrolment to the accounts that are marked for it.
	SelfMarked bool `json:",omitempty"`
	// RetentionDays is how long original and result are kept; 0 means Retention.
	RetentionDays int
	// Level is the level asked for; "" is LevelB. Timestamps are the addresses
	// of the timestamp servers (RFC 3161) in the order in which they are asked.
	Level      Level
	Timestamps []string
	// LevelStrict fails a signature that does not reach the level; otherwise it
	// is delivered with the level that it has, which is told.
	LevelStrict bool

	UpdatedBy UserID
	UpdatedAt time.Time
}

// SignetSettings are how marks look in a portal.
type SignetSettings struct {
	Preset SignetPreset
	// Logo is a PNG or JPEG of at most MaxLogo bytes; none means no picture.
	Logo []byte
	// Link adds a QR code that leads to the text, an https address; "" adds none.
	Link string
	// Hidden leaves the mark off for a person who has not chosen yet.
	Hidden    bool
	Placement Placement
}

// Process is a smart process of a portal, by its entityTypeId, and whether its
// cards show SignService.
type Process struct {
	Kind   int
	Title  string
	Chosen bool
}

// FileField is a field of deals that can hold documents: its code and what
// people call it.
type FileField struct {
	Code, Label string
}

// Summary names what differs from what was decided before, for the audit log:
// names of fields of Settings, never a value.
func (s Settings) Summary(old Settings) string {
	var changed []string
	note := func(name string, differs bool) {
		if differs {
			changed = append(changed, name)
		}
	}
	note("fields", !slices.Equal(s.Fields, old.Fields))
	note("smart processes", !slices.Equal(s.Processes, old.Processes))
	note("kinds of cards", !slices.Equal(s.Omitted, old.Omitted))
	note("code required", s.CodeRequired != old.CodeRequired)
	note("self-enrolment", s.SelfEnrolment != old.SelfEnrolment || s.SelfMarked != old.SelfMarked)
	note("retention", s.KeepFor() != old.KeepFor())
	note("level", s.Level != old.Level || s.LevelStrict != old.LevelStrict)
	note("timestamp servers", !slices.Equal(s.Timestamps, old.Timestamps))
	note("signet", s.Signet.Preset != old.Signet.Preset || s.Signet.Link != old.Signet.Link || !bytes.Equal(s.Signet.Logo, old.Signet.Logo))
	note("placement", s.DefaultPlacement() != old.DefaultPlacement() || s.Signet.Hidden != old.Signet.Hidden)
	return strings.Join(changed, ", ")
}

// MayEnrol tells whether a person may bind the first phone of the account without
// an administrator.
func (s Settings) MayEnrol(a Account) bool { return s.SelfEnrolment && (!s.SelfMarked || a.SelfEnrol) }

// Kinds are those of the kinds of elements that every portal has whose cards show
// SignService.
func (s Settings) Kinds() []int {
	return slices.DeleteFunc(Kinds(), func(kind int) bool { return slices.Contains(s.Omitted, kind) })
}

// KeepFor is how long original and result of a Request are kept after its end.
func (s Settings) KeepFor() time.Duration {
	if s.RetentionDays <= 0 {
		return Retention
	}
	return time.Duration(s.RetentionDays) * 24 * time.Hour
}

// DefaultPlacement is where a mark goes for a person who has not chosen yet:
// at the bottom right of the last page, where people sign.
func (s Settings) DefaultPlacement() Placement {
	if s.Signet.Placement.Valid() {
		return s.Signet.Placement
	}
	return Placement{Page: LastPage, Position: BottomRight}
}
