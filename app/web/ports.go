package web

import (
	"context"
	"io"
	"iter"
	"net/url"
	"time"

	"signservice/app"
	"signservice/app/otp"
	"signservice/app/signing"
)

// Sealer seals what leaves the house and comes back: Sessions and the state of
// the sign-in at a portal. What was sealed with other associated data does not
// open.
type Sealer interface {
	Seal(plain, associated []byte) ([]byte, error)
	Open(sealed, associated []byte) ([]byte, error)
}

// Visitors tells who a visitor is, by asking the portal's authorization server.
type Visitors interface {
	// Identify reads what a portal's frame posts, query and body together.
	Identify(ctx context.Context, form url.Values) (app.Visit, error)
	// IdentifyCode exchanges the code of a sign-in at the portal.
	IdentifyCode(ctx context.Context, portal app.PortalID, code string) (app.Visit, error)
	// AuthorizeURL is where a visitor signs in at the portal.
	AuthorizeURL(ctx context.Context, portal app.PortalID, state string) (string, error)
	// Recheck asks the portal who the user is now.
	Recheck(ctx context.Context, portal app.PortalID, user app.UserID) (app.Visit, error)
	// Event takes a verified event of the portal's server.
	Event(ctx context.Context, form url.Values) error
	// Robot verifies the call of a portal's workflow.
	Robot(ctx context.Context, form url.Values) (app.RobotCall, error)
}

// Portals knows the portals that the app is installed in.
type Portals interface {
	Portal(ctx context.Context, id app.PortalID) (app.Portal, error)
}

// Installer finishes the installation in a portal, for its administrator.
type Installer interface {
	Install(ctx context.Context, v app.Visit) error
}

// Signing is the use case of the Sign tab; *signing.Service is it.
type Signing interface {
	Documents(ctx context.Context, v app.Visit) ([]app.Document, error)
	// Details tells of the documents that are Pending, each as it becomes known.
	Details(ctx context.Context, v app.Visit) iter.Seq2[app.Detail, error]
	Freeze(ctx context.Context, v app.Visit, ref signing.DocumentRef) (app.Request, error)
	// FreezeAll gives each as soon as it is known what became of it; fewer where
	// ctx ends.
	FreezeAll(ctx context.Context, v app.Visit, refs []signing.DocumentRef) iter.Seq[signing.Frozen]
	Choices(ctx context.Context, v app.Visit) (signing.Choices, error)
	Sign(ctx context.Context, v app.Visit, in signing.OrderInput) (app.Order, error)
	Pages
	Requests
	Orders
	Themes
	Rehearsals
	Stuck
}

// Rehearsals are signatures of a sample, to see whether signing works.
type Rehearsals interface {
	Rehearse(ctx context.Context, v app.Visit, name string, in signing.OrderInput) (app.Request, error)
	// Rehearsed gives one of the visitor's, with what is found in its file.
	Rehearsed(ctx context.Context, v app.Visit, id app.RequestID) (signing.Rehearsal, error)
}

// Stuck are the documents of a portal that do not go on by themselves, for an
// administrator.
type Stuck interface {
	Stuck(ctx context.Context, v app.Visit) ([]app.Request, error)
	// Push has the queue take one up now.
	Push(ctx context.Context, v app.Visit, id app.RequestID) (app.Request, error)
}

// Themes remembers how people want the pages to look.
type Themes interface {
	Theme(ctx context.Context, v app.Visit) app.Theme
	SetTheme(ctx context.Context, v app.Visit, t app.Theme) error
}

// Pages shows the pages of the visitor's frozen documents.
type Pages interface {
	Sheet(ctx context.Context, v app.Visit, id app.RequestID, look signing.PageLook) (signing.Sheet, error)
	Picture(ctx context.Context, v app.Visit, id app.RequestID, look signing.PageLook) ([]byte, error)
	PageText(ctx context.Context, v app.Visit, id app.RequestID, page int) (string, error)
	// Signatures tells who has signed documents, each as it becomes known; Known
	// gives how many signatures one has that was looked at before.
	Signatures(ctx context.Context, v app.Visit, refs []signing.DocumentRef) iter.Seq2[signing.Found, error]
	Known(v app.Visit, d app.Document) (count int, ok bool)
	// Refused tells whether one is known not to be signable.
	Refused(v app.Visit, d app.Document) bool
	// Check verifies the signed file of one of the visitor's Requests.
	Check(ctx context.Context, v app.Visit, id app.RequestID) ([]signing.Signature, error)
	// SamplePicture draws a sample page with a signet that is tried.
	SamplePicture(ctx context.Context, v app.Visit, look signing.SampleLook) ([]byte, error)
	// SignedPicture shows the page of a signed file that its signet is on.
	SignedPicture(ctx context.Context, v app.Visit, id app.RequestID, width int) ([]byte, error)
	// Pictured tells whether pages can be shown at all.
	Pictured() bool
}

// Requests are the visitor's own Requests at an element.
type Requests interface {
	Request(ctx context.Context, v app.Visit, id app.RequestID) (app.Request, error)
	Recent(ctx context.Context, v app.Visit) ([]app.Request, error)
	Retry(ctx context.Context, v app.Visit, id app.RequestID) (app.Request, error)
	Cancel(ctx context.Context, v app.Visit, id app.RequestID) error
	Open(ctx context.Context, v app.Visit, id app.RequestID, which signing.Which) (io.ReadCloser, int64, string, error)
	// Next waits until the Request is no longer as seen, or patience is over.
	Next(ctx context.Context, v app.Visit, id app.RequestID, seen app.Request, patience time.Duration) (app.Request, error)
}

// Orders are the visitor's own orders of several documents.
type Orders interface {
	// Batch gives the Requests of one Order, in its order.
	Batch(ctx context.Context, v app.Visit, id app.OrderID) ([]app.Request, error)
	// NextOf waits until one of them is no longer as seen, or patience is over.
	NextOf(ctx context.Context, v app.Visit, id app.OrderID, seen []app.Request, patience time.Duration) ([]app.Request, error)
}

// Enrolments is what the enrolment page needs; *otp.Enrolments is it. A link is
// its token or its id, but to Find the token alone.
type Enrolments interface {
	Find(ctx context.Context, token string) (app.Enrolment, error)
	FindID(ctx context.Context, id string) (app.Enrolment, error)
	Look(ctx context.Context, link string, v app.Visit) (app.Enrolment, error)
	Show(ctx context.Context, link string, v app.Visit) (otp.Shown, error)
	Confirm(ctx context.Context, link string, v app.Visit, code string) error
}
