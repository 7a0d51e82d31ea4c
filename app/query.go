package app

import (
	"slices"
	"strings"
	"time"
)

// RequestQuery narrows a list of Requests, newest first. Zero fields do not
// narrow.
type RequestQuery struct {
	User   UserID
	Entity Entity
	States []State
	// Limit is the most rows to give; 0 means 100.
	Limit int
}

// AuditQuery narrows a list of audit entries, newest first. Zero fields do not
// narrow.
type AuditQuery struct {
	// Before gives only entries with a smaller Seq; 0 starts at the newest.
	Before int64
	// User is who did it, or whom it concerns.
	User   UserID
	Action Action
	// Actions are several of which any will do.
	Actions []Action
	// Topics are those of the actions; see Action.Topic.
	Topics []string
	// From is the first moment, Until the first that no longer counts.
	From, Until time.Time
	// File is a part of the document's name; capitals do not matter.
	File string
	// Element is the number of a CRM element, of whatever kind.
	Element int64
	// Certificate is the one that was used, or that it was about.
	Certificate CertificateID
	// Limit is the most rows to give; 0 means 100.
	Limit int
}

// Matches tells whether an entry is one of those that q asks for. It does not
// look at Before and Limit.
func (q AuditQuery) Matches(e AuditEntry) bool {
	switch {
	case q.User != "" && e.User != q.User && e.Subject != string(q.User),
		q.Action != "" && e.Action != q.Action,
		len(q.Actions) > 0 && !slices.Contains(q.Actions, e.Action),
		len(q.Topics) > 0 && !slices.Contains(q.Topics, e.Action.Topic()),
		e.At.Before(q.From),
		!q.Until.IsZero() && !e.At.Before(q.Until),
		q.Element != 0 && e.Entity.ID != q.Element,
		q.Certificate != "" && e.Certificate != q.Certificate,
		q.File != "" && !strings.Contains(strings.ToLower(e.File), strings.ToLower(q.File)):
		return false
	}
	return true
}

// Remembered is what a user chose last, offered again. Never the code.
type Remembered struct {
	Certificate CertificateID `json:"certificate"`
	Signet      Signet        `json:"signet"`
	Theme       Theme         `json:"theme,omitempty"`
}

// Theme is how the pages look to a user; "" is light.
type Theme string

// The themes.
const (
	ThemeLight  Theme = "light"
	ThemeDark   Theme = "dark"
	ThemeDevice Theme = "device" // as the device is set
)

// Valid tells whether it is a theme.
func (t Theme) Valid() bool { return t == ThemeLight || t == ThemeDark || t == ThemeDevice }
