package app

import "time"

// Account is a Bitrix24 user known to SignService. It is linked by portal and
// user id; the login is the administrator's text, since a portal never tells it.
type Account struct {
	Portal PortalID
	User   UserID
	// Name is the user's name when the account was made or last seen.
	Name string
	// Login and Description are the administrator's own words.
	Login       string
	Description string
	// CodeOff lets the account sign without a one-time code. CodeOffReason says
	// why, and is required with it.
	CodeOff       bool
	CodeOffReason string
	// SelfEnrol marks the account as one whose first phone its owner may bind
	// alone, where the portal's settings ask for such a mark.
	SelfEnrol bool `json:",omitempty"`
	// Blocked keeps the account from signing.
	Blocked   bool
	CreatedAt time.Time
	CreatedBy UserID
	UpdatedAt time.Time
}

// Authenticator is the bound code generator of an account (RFC 6238).
// The account has none until a phone is bound.
type Authenticator struct {
	Portal PortalID
	User   UserID
	// Secret is the shared secret, base32 without padding.
	Secret Secret
	// LastStep is the last time step that was used up; a code of this or an
	// earlier step is never accepted again.
	LastStep int64
	// Failures counts wrong codes since the last right one.
	Failures int
	// WaitUntil is the time before which no attempt is looked at.
	WaitUntil time.Time
	// Recent are the times of wrong codes within the last 24 hours, which a
	// right code does not clear.
	Recent []time.Time
	// Locked stays until an administrator sends a new link.
	Locked     bool
	EnrolledAt time.Time
}

// EnrolmentState is the life of an Enrolment.
type EnrolmentState string

// The states. An open Enrolment past its ExpiresAt is expired.
const (
	EnrolmentOpen      EnrolmentState = "open"
	EnrolmentUsed      EnrolmentState = "used"
	EnrolmentWithdrawn EnrolmentState = "withdrawn"
)

// EnrolmentLife is how long a link works.
const EnrolmentLife = time.Hour

// Enrolment is the binding of a phone's code generator to an account, by a
// link that works once, for one hour.
type Enrolment struct {
	// ID is the hexadecimal SHA-256 of the link's token; the token itself is
	// never stored.
	ID     string
	Portal PortalID
	User   UserID
	State  EnrolmentState
	// Pending is the new secret, made when the page is first shown to its owner;
	// it replaces the old one only after one right code.
	Pending Secret
	// Failures counts wrong confirming codes.
	Failures  int
	CreatedAt time.Time
	CreatedBy UserID
	ExpiresAt time.Time
	UsedAt    time.Time
}

// Open tells whether the link still works at the time now.
func (e Enrolment) Open(now time.Time) bool {
	return e.State == EnrolmentOpen && now.Before(e.ExpiresAt)
}
