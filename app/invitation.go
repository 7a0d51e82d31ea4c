package app

import "time"

// InvitationID is a random 128-bit value, hexadecimal.
type InvitationID string

// InvitationState is how far an Invitation has come.
type InvitationState string

// The states. All but the first are ends.
const (
	InvitationOpen      InvitationState = "open"
	InvitationSigned    InvitationState = "signed"
	InvitationDeclined  InvitationState = "declined"
	InvitationWithdrawn InvitationState = "withdrawn" // by who has invited, or an administrator
	InvitationGone      InvitationState = "gone"      // the element was deleted
)

// MaxInvitationText is the longest note or reason, in characters.
const MaxInvitationText = 500

// Invitation is the wish that a colleague signs a document. It gives no right:
// who is invited signs with an account, a certificate and a code as always, or
// cannot.
type Invitation struct {
	ID     InvitationID
	Portal PortalID
	// Document is the one to be signed; it follows a field's file when somebody
	// else has signed it.
	Document Document
	// From has invited, To is invited; with their names at that time.
	From, To         UserID
	FromName, ToName string
	// Note says what it is about, Reason why it was declined; both may be empty.
	Note   string
	Reason string
	// Language is that of the words in the portal.
	Language string

	State     InvitationState
	CreatedAt time.Time
	// EndedAt is when it got its last state; zero while it is open. EndedBy is
	// who did it.
	EndedAt time.Time
	EndedBy UserID
	// Request is the one by which it was signed.
	Request RequestID

	// Told is the state that the portal was told; "" is none yet. Activity is the
	// entry in the timeline; "" where there is none.
	Told     InvitationState
	Activity string
	// Attempts counts how often telling failed, RetryAt is when it may be tried again.
	Attempts int
	RetryAt  time.Time

	// Robot is the step of a workflow that waits for the end; zero where a
	// person has invited.
	Robot RobotStep
}

// RobotStep is a step of a workflow that waits for an Invitation.
type RobotStep struct {
	// EventToken lets the workflow go on, once.
	EventToken Secret
	// Workflow is the portal's id of it, for the log.
	Workflow string
	// Document is how the workflow's author names the document, until it is found.
	Document string
	// Failure is the result where nobody could be invited: RobotNoDocument or
	// RobotNoSigner; "" otherwise.
	Failure string
}

// Results of a robot's step, beside the last states of an Invitation.
const (
	RobotNoDocument = "no-document"
	RobotNoSigner   = "no-signer"
)

// RobotCall is a verified call of the robot: a workflow wants a signature.
type RobotCall struct {
	// Visit is the user in whose name the robot acts, at the workflow's element.
	Visit Visit
	// To is who shall sign, "" when the workflow named nobody.
	To UserID
	// Document chooses: the code of a file field, or a part of a file's name; ""
	// is the newest one.
	Document string
	Note     string
	Step     RobotStep
}

// Open tells whether the Invitation still waits.
func (i Invitation) Open() bool { return i.State == InvitationOpen }

// InvitationQuery narrows a list of Invitations, newest first. Zero fields do
// not narrow.
type InvitationQuery struct {
	Entity Entity
	To     UserID
	// Open gives only those that still wait.
	Open bool
	// Limit is the most rows to give; 0 means 100.
	Limit int
}

// Announcement is what a portal shows of an Invitation, in words.
type Announcement struct {
	// Title heads the entry in the timeline, Status is its badge with Tone
	// "warning", "success", "failure" or "secondary".
	Title, Status, Tone string
	// Facts are its rows.
	Facts []Fact
	// Button opens the document's page; "" for none.
	Button string
	// Notice is sent to NoticeTo; "" sends none.
	Notice   string
	NoticeTo UserID
	// Result is what a waiting workflow is given, Log what its log tells.
	Result map[string]string
	Log    string
}

// Fact is a label with a text.
type Fact struct{ Label, Text string }
