package signing

import (
	"context"
	"crypto"
	"io"
	"iter"
	"time"

	"signservice/app"
)

// Requests keeps the Requests. Every method is durable when it returns.
type Requests interface {
	SaveRequest(ctx context.Context, r app.Request, entries ...app.AuditEntry) error
	Request(ctx context.Context, portal app.PortalID, id app.RequestID) (app.Request, error)
	Requests(ctx context.Context, portal app.PortalID, q app.RequestQuery) ([]app.Request, error)
	// UpdateRequest changes a Request in one transaction with its audit entries.
	// change may run more than once; when it returns an error nothing is stored.
	UpdateRequest(ctx context.Context, portal app.PortalID, id app.RequestID,
		change func(r *app.Request, now time.Time) ([]app.AuditEntry, error)) (app.Request, error)
	// Waiting gives the portal's Requests that are authorized and have not ended,
	// and those that were signed and not delivered.
	Waiting(ctx context.Context, portal app.PortalID) ([]app.Request, error)
}

// Orders keeps the Orders and holds the one door through which a Request
// becomes authorized.
type Orders interface {
	// CreateOrder stores an Order and changes its Requests, in one transaction.
	CreateOrder(ctx context.Context, o app.Order,
		change func(r *app.Request, now time.Time) error, entries ...app.AuditEntry) error
	Order(ctx context.Context, portal app.PortalID, id app.OrderID) (app.Order, error)
	// Authorize uses up a time step for the Order, makes its Requests
	// authorized, chains the audit entries and enqueues the Requests, all in one
	// transaction. check is pure; what it did to the authenticator's counters is
	// stored also when it refuses.
	Authorize(ctx context.Context, portal app.PortalID, id app.OrderID,
		check func(a *app.Authenticator, account *app.Account, now time.Time) (step int64, method app.AuthMethod, err error),
		entries func(o app.Order, err error) []app.AuditEntry) error
}

// People tells who may sign, and as whom.
type People interface {
	Account(ctx context.Context, portal app.PortalID, user app.UserID) (app.Account, error)
	Authenticator(ctx context.Context, portal app.PortalID, user app.UserID) (app.Authenticator, error)
	Certificate(ctx context.Context, portal app.PortalID, id app.CertificateID) (app.Certificate, error)
	AssignedTo(ctx context.Context, portal app.PortalID, user app.UserID) ([]app.Assignment, error)
	Remembered(ctx context.Context, portal app.PortalID, user app.UserID) (app.Remembered, error)
	SaveRemembered(ctx context.Context, portal app.PortalID, user app.UserID, r app.Remembered) error
}

// Rules are what the administrators of a portal decided.
type Rules interface {
	// Settings gives the zero Settings where nothing was decided.
	Settings(ctx context.Context, portal app.PortalID) (app.Settings, error)
}

// Times tells the latest time that the audit log has seen, by which a clock
// that was set back is noticed.
type Times interface {
	Latest(ctx context.Context) (time.Time, error)
}

// Store is all that signing keeps.
type Store interface {
	Requests
	Orders
	People
	Rules
	Times
	Anchors
}

// Spool keeps sealed files: "<request id>/original" and "<request id>/signed".
type Spool interface {
	// Create begins a file, which exists only after Commit.
	Create(ctx context.Context, name string) (SpoolWriter, error)
	// Open gives a file, or an error of kind app.NotFound.
	Open(ctx context.Context, name string) (SpoolReader, error)
	Delete(ctx context.Context, name string) error
}

// SpoolWriter is a file in the making. Commit makes it durable; Abort after
// Commit does nothing.
type SpoolWriter interface {
	io.Writer
	Commit() error
	Abort() error
}

// SpoolReader is an opened file.
type SpoolReader interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Portal is Bitrix24 in domain words. Each method acts with the rights of the
// user named.
type Portal interface {
	// List gives the PDFs at the visit's element; one that is Pending may turn
	// out to be none.
	List(ctx context.Context, v app.Visit) ([]app.Document, error)
	// Details tells of the Pending ones, each as it becomes known.
	Details(ctx context.Context, v app.Visit) iter.Seq2[app.Detail, error]
	// Fetch writes the document's bytes to w, at most limit of them, and gives
	// the document with its name and size, and where its signed copy will go.
	Fetch(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document, w io.Writer, limit int64) (app.Document, error)
	// Ready tells whether d still lies in its place and the user may replace it;
	// an error of kind app.Conflict, app.NotFound or app.Forbidden otherwise.
	Ready(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document) error
	// Replace puts the signed file where the document's Target says. Asked again
	// after a crash it recognises its own earlier work.
	Replace(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document, in app.Replacement) (fileID string, err error)
	// Tell writes the timeline entry once, recognising an earlier one.
	Tell(ctx context.Context, portal app.PortalID, user app.UserID, e app.Entity, s app.Story) error
	// Recheck asks the portal who the user is now; an error where the user may
	// no longer be let in.
	Recheck(ctx context.Context, portal app.PortalID, user app.UserID) (app.Visit, error)
}

// Keys gives the private key of a certificate as a signer of digests; keys
// never meet documents. Absent tells since when a key cannot be reached: the
// zero time when it can.
type Keys interface {
	Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error)
	Absent(ctx context.Context, c app.Certificate) (since time.Time, absent bool)
}

// CheckCode looks at a code; it changes the authenticator's counters and gives
// the time step used up. See app/otp.
type CheckCode func(a *app.Authenticator, code string, now time.Time) (step int64, err error)
