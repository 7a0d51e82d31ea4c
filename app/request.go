package app

import (
	"strings"
	"time"
)

// OrderID and RequestID are random 128-bit values, hexadecimal.
type (
	OrderID   string
	RequestID string
)

// State is how far a Request has come.
type State string

// The states, in the order of the way; the last four are ends, as is Done.
// app/signing/doc.go tells what is left if the power fails in each.
const (
	Frozen     State = "frozen"     // the bytes are in the spool
	Authorized State = "authorized" // the code was right
	Prepared   State = "prepared"   // the increment is stored
	Signed     State = "signed"     // the signed file is in the spool, checked
	Delivered  State = "delivered"  // the portal has it, read back
	Done       State = "done"       // the timeline tells it
	Failed     State = "failed"
	Conflicted State = "conflict"
	Expired    State = "expired"
	Cancelled  State = "cancelled"
)

// Ended tells whether nothing more will happen in this state.
func (s State) Ended() bool {
	switch s {
	case Done, Failed, Conflicted, Expired, Cancelled:
		return true
	}
	return false
}

// AuthMethod tells what authorized an Order.
type AuthMethod string

// The methods.
const (
	ByCode   AuthMethod = "code"        // a one-time code
	ByPortal AuthMethod = "portal-only" // the portal's session alone: code off
)

// Order is what one code authorizes: one or more Requests of one user.
type Order struct {
	ID        OrderID
	Portal    PortalID
	User      UserID
	Requests  []RequestID
	CreatedAt time.Time
	// ExpiresAt ends the time in which the order can be authorized.
	ExpiresAt time.Time
	// AuthorizedAt is zero until the code was right. Step is the time step that
	// was used up; 0 when Method is ByPortal.
	AuthorizedAt time.Time
	Method       AuthMethod
	Step         int64
}

// OrderLife is how long an Order waits for its code.
const OrderLife = 5 * time.Minute

// StuckAfter is how long a Request may be under way before it counts as stuck:
// longer than any attempt but those that wait for a portal.
const StuckAfter = 10 * time.Minute

// FrozenLife is how long frozen bytes wait for an Order.
const FrozenLife = 15 * time.Minute

// Retention is how long original and result stay in the spool after the end.
const Retention = 30 * 24 * time.Hour

// Failure is why a Request ended without success, as the person is told.
type Failure struct {
	Kind        Kind      `json:"kind"`
	Key         string    `json:"key"`
	Args        []any     `json:"args,omitempty"`
	FileChanged bool      `json:"fileChanged,omitempty"`
	At          time.Time `json:"at"`
	// Retryable tells that Retry may continue the Request without a new code:
	// the signed file is kept, only delivering it failed.
	Retryable bool `json:"retryable,omitempty"`
	// RetryUntil is when Retry stops to begin a Request anew without a new code:
	// nothing was signed yet, and the code of its Order was given a moment ago. It
	// is zero where that is not possible.
	RetryUntil time.Time `json:"retryUntil,omitzero"`
}

// RetryLife is how long after its code an Order's failed Requests may be begun
// anew: for the same frozen bytes, with the same certificate.
const RetryLife = 5 * time.Minute

// Request is the frozen order to sign one document, and its state.
type Request struct {
	ID       RequestID
	Portal   PortalID
	User     UserID
	Order    OrderID // "" while frozen
	Document Document
	Original Original
	State    State
	// Certificate and Signet are set by the Order.
	Certificate CertificateID
	Signet      Signet
	// UserName and OwnerName are who pressed the button, and whom the
	// certificate names. Owner is the certificate's owner as a user of the
	// portal; "" where it is nobody's.
	UserName  string
	OwnerName string
	Owner     UserID `json:",omitempty"`
	// TimeZone is the signing user's, for the date in the signet.
	TimeZone string

	CreatedAt time.Time
	ExpiresAt time.Time
	UpdatedAt time.Time

	// Keep is how long the files are kept after the end; 0 means Retention.
	Keep time.Duration `json:",omitempty"`

	// Prepared is what signer.Prepare left: its JSON form, increment included.
	Prepared []byte
	// StampSize is the room for a time-stamp in bytes, known from one that was
	// too large; 0 means an estimate.
	StampSize int `json:",omitempty"`
	// Digest is what the intent names: the digest that the key is asked to sign
	// for, hexadecimal.
	Digest string
	// SignedAt is the claimed signing time.
	SignedAt time.Time
	// ResultSHA256 and ResultSize are of the signed file.
	ResultSHA256 string
	ResultSize   int64
	// Level is the level that the signature reached; "" before it is made.
	Level Level `json:",omitempty"`
	// DeliveredID is the portal's id of the signed file.
	DeliveredID string
	// Method is what authorized its Order; "" before.
	Method AuthMethod `json:",omitempty"`
	// Attempts counts how often the present step failed for a passing reason.
	Attempts int
	// RetryAt is when the next attempt may start, Delay why the last one failed;
	// nil where none did.
	RetryAt time.Time
	Delay   *Failure `json:",omitempty"`
	Failure *Failure
	// Sample: the document is one of ours, signed to see whether signing works. It
	// goes to no portal.
	Sample bool `json:",omitempty"`
}

// ForOther tells whether the person who pressed is not the one whom the
// certificate names: then both are named wherever the signature is spoken of.
// Where the certificate has no owner among the portal's users their names
// decide; those that differ in more than case and blanks count as two people.
func (r Request) ForOther() bool {
	if r.Owner != "" {
		return r.Owner != r.User
	}
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	return fold(r.UserName) != fold(r.OwnerName)
}

// KeepFor is how long the files are kept after the end.
func (r Request) KeepFor() time.Duration {
	if r.Keep <= 0 {
		return Retention
	}
	return r.Keep
}
