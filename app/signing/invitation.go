package signing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"signservice/app"
)

// InvitationStore keeps Invitations. Every method is durable when it returns.
type InvitationStore interface {
	// SaveInvitation writes a new one; app.Conflict when there is one of its id.
	SaveInvitation(ctx context.Context, i app.Invitation, entries ...app.AuditEntry) error
	Invitation(ctx context.Context, portal app.PortalID, id app.InvitationID) (app.Invitation, error)
	Invitations(ctx context.Context, portal app.PortalID, q app.InvitationQuery) ([]app.Invitation, error)
	// UpdateInvitation changes one in one transaction with its audit entries.
	UpdateInvitation(ctx context.Context, portal app.PortalID, id app.InvitationID,
		change func(i *app.Invitation, now time.Time) ([]app.AuditEntry, error)) (app.Invitation, error)
	// Untold gives those of all portals whose state the portal was not told.
	Untold(ctx context.Context) ([]app.Invitation, error)
}

// Herald tells portals of Invitations. Announce and Conclude may be repeated.
type Herald interface {
	// Documents gives the PDFs at the visit's element, none of them Pending.
	Documents(ctx context.Context, v app.Visit) ([]app.Document, error)
	// User reads a user of the portal with the rights of another, Users those
	// that match a query.
	User(ctx context.Context, portal app.PortalID, as, id app.UserID) (app.User, error)
	Users(ctx context.Context, portal app.PortalID, as app.UserID, query string) ([]app.User, error)
	// Announce shows an open one and gives the id of its entry in the timeline.
	Announce(ctx context.Context, i app.Invitation, a app.Announcement) (activity string, err error)
	// Conclude shows how it has ended.
	Conclude(ctx context.Context, i app.Invitation, a app.Announcement) error
}

// InvitationsConfig is what [Invitations] is made of. Store and Herald are
// required; the zero value of the rest works.
type InvitationsConfig struct {
	Store  InvitationStore
	Herald Herald
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Invitations has colleagues asked to sign documents. An Invitation gives no
// right and takes none: it is a wish, shown in the timeline, in a notice and in
// the Sign tab, that ends when its document is signed by the one who was
// asked, or when it is declined or withdrawn. What it is about is stored first;
// the portal is told behind it, and again until it has been told.
type Invitations struct {
	InvitationsConfig
	wake chan struct{}
}

// NewInvitations checks the configuration.
func NewInvitations(c InvitationsConfig) (*Invitations, error) {
	if c.Store == nil || c.Herald == nil {
		return nil, errors.New("signing: invitations need a store and a herald")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Invitations{InvitationsConfig: c, wake: make(chan struct{}, 1)}, nil
}

// InviteInput is the form as the person sent it.
type InviteInput struct {
	Document DocumentRef
	To       app.UserID
	Note     string
}

// Invite asks a colleague to sign a document of the visit's element. The
// visitor must see the document; the colleague must work in the portal.
//
// Errors: app.Invalid invitation.self, invitation.person, invitation.text;
// app.NotFound document.gone; app.Conflict invitation.already when the
// colleague has been asked for this document.
func (s *Invitations) Invite(ctx context.Context, v app.Visit, in InviteInput) (app.Invitation, error) {
	const op = "invite"
	note, err := checkText(op, in.Note)
	if err != nil {
		return app.Invitation{}, err
	}
	if in.To == v.User {
		return app.Invitation{}, app.Fail(app.Invalid, op, "invitation.self")
	}
	to, err := s.colleague(ctx, v, in.To)
	if err != nil {
		return app.Invitation{}, err
	}
	list, err := s.Herald.Documents(ctx, v)
	if err != nil {
		return app.Invitation{}, app.Wrap(op, err)
	}
	at := slices.IndexFunc(list, func(d app.Document) bool {
		return d.Source == in.Document.Source && d.Field == in.Document.Field && d.FileID == in.Document.FileID
	})
	if at < 0 {
		return app.Invitation{}, app.Fail(app.NotFound, op, "document.gone")
	}
	open, err := s.Store.Invitations(ctx, v.Portal, app.InvitationQuery{Entity: v.Entity, To: to.ID, Open: true})
	if err != nil {
		return app.Invitation{}, err
	}
	if slices.ContainsFunc(open, func(i app.Invitation) bool { return i.Document.Ref() == list[at].Ref() }) {
		return app.Invitation{}, app.Fail(app.Conflict, op, "invitation.already")
	}
	var id [16]byte
	if _, err := io.ReadFull(s.Random, id[:]); err != nil {
		return app.Invitation{}, app.Wrap("make an id", err)
	}
	return s.begin(ctx, v, app.Invitation{
		ID: app.InvitationID(hex.EncodeToString(id[:])), Document: list[at], To: to.ID, ToName: to.Name, Note: note,
	})
}

// InviteByRobot does so for a workflow, in the name of the user whom its robot
// acts for. A call that comes twice invites once. It is stored as it came, since
// a portal does not repeat it; whom and what it means is found out behind it.
// Where there is no such document or nobody to ask, the workflow is told so.
func (s *Invitations) InviteByRobot(ctx context.Context, call app.RobotCall) error {
	sum := sha256.Sum256([]byte("robot\x00" + string(call.Visit.Portal) + "\x00" + call.Step.EventToken.Reveal()))
	i := app.Invitation{ID: app.InvitationID(hex.EncodeToString(sum[:16])), To: call.To, Note: call.Note, Robot: call.Step}
	i.Robot.Document, i.Document.Entity = call.Document, call.Visit.Entity
	_, err := s.begin(ctx, call.Visit, i)
	var failure *app.Error
	if errors.As(err, &failure) && failure.Key == "invitation.already" {
		return nil
	}
	return app.Wrap("invite by robot", err)
}

// resolve finds out whom a robot has invited, and to sign what.
func (s *Invitations) resolve(ctx context.Context, i app.Invitation) (app.Invitation, error) {
	v := app.Visit{Portal: i.Portal, User: i.From, Entity: i.Document.Entity}
	to, err := s.colleague(ctx, v, i.To)
	if errors.Is(err, app.NotFound) || errors.Is(err, app.Invalid) {
		return s.unresolved(ctx, i, app.RobotNoSigner)
	}
	if err != nil {
		return i, err
	}
	list, err := s.Herald.Documents(ctx, v)
	if errors.Is(err, app.NotFound) || errors.Is(err, app.Forbidden) {
		return s.unresolved(ctx, i, app.RobotNoDocument)
	}
	if err != nil {
		return i, err
	}
	d, ok := chosen(list, i.Robot.Document)
	if !ok {
		return s.unresolved(ctx, i, app.RobotNoDocument)
	}
	return s.Store.UpdateInvitation(ctx, i.Portal, i.ID, func(now *app.Invitation, _ time.Time) ([]app.AuditEntry, error) {
		now.Document, now.ToName = d, to.Name
		return nil, nil
	})
}

// unresolved ends an Invitation that never reached anybody.
func (s *Invitations) unresolved(ctx context.Context, i app.Invitation, why string) (app.Invitation, error) {
	return s.finish(ctx, i.Portal, i.ID, i.From, app.InvitationGone, func(i *app.Invitation) { i.Robot.Failure = why })
}

// chosen gives the document that the author of a workflow means: the newest
// one in the field of that code, or with that part of a name, or of all.
func chosen(list []app.Document, words string) (app.Document, bool) {
	var best app.Document
	found := false
	for _, d := range list {
		fits := words == "" || strings.EqualFold(d.Field, words) ||
			strings.Contains(strings.ToLower(d.Name), strings.ToLower(words))
		if d.Unreadable == "" && fits && (!found || newer(d, best)) {
			best, found = d, true
		}
	}
	return best, found
}

// newer prefers files in fields, whose ids grow and which have no date.
func newer(a, b app.Document) bool {
	if a.Date.IsZero() != b.Date.IsZero() {
		return a.Date.IsZero()
	}
	if !a.Date.Equal(b.Date) {
		return a.Date.After(b.Date)
	}
	return len(a.FileID) > len(b.FileID) || len(a.FileID) == len(b.FileID) && a.FileID > b.FileID
}

// colleague gives a user who can be asked.
func (s *Invitations) colleague(ctx context.Context, v app.Visit, id app.UserID) (app.User, error) {
	u, err := s.Herald.User(ctx, v.Portal, v.User, id)
	if err != nil {
		return app.User{}, app.Wrap("find colleague", err)
	}
	if !u.Active || !u.Employee {
		return app.User{}, app.Fail(app.Invalid, "find colleague", "invitation.person")
	}
	return u, nil
}

// People searches for colleagues, with the visitor's own rights.
func (s *Invitations) People(ctx context.Context, v app.Visit, query string) ([]app.User, error) {
	all, err := s.Herald.Users(ctx, v.Portal, v.User, strings.TrimSpace(query))
	return all, app.Wrap("search people", err)
}

// begin stores an Invitation, of which the portal is then told.
func (s *Invitations) begin(ctx context.Context, v app.Visit, i app.Invitation) (app.Invitation, error) {
	i.Portal, i.From, i.FromName, i.Language = v.Portal, v.User, v.Name, v.Language
	i.State, i.CreatedAt = app.InvitationOpen, s.Now()
	if err := s.Store.SaveInvitation(ctx, i, invitationEntry(i, v.User, app.ActInvited)); err != nil {
		return app.Invitation{}, err
	}
	s.Wake()
	return i, nil
}

// At lists the Invitations at the visit's element that concern the visitor:
// those to sign, and those sent, newest first.
func (s *Invitations) At(ctx context.Context, v app.Visit) ([]app.Invitation, error) {
	all, err := s.Store.Invitations(ctx, v.Portal, app.InvitationQuery{Entity: v.Entity})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(i app.Invitation) bool {
		return i.To != v.User && i.From != v.User || i.Document.FileID == ""
	}), nil
}

// Find gives an Invitation that concerns the visitor, at the visit's element.
// Any other does not exist for the visitor: app.NotFound invitation.unknown.
func (s *Invitations) Find(ctx context.Context, v app.Visit, id app.InvitationID) (app.Invitation, error) {
	i, err := s.Store.Invitation(ctx, v.Portal, id)
	if errors.Is(err, app.NotFound) || err == nil && (i.Document.Entity != v.Entity || i.To != v.User && i.From != v.User) {
		return app.Invitation{}, app.Fail(app.NotFound, "find invitation", "invitation.unknown")
	}
	return i, err
}

// Decline ends an Invitation by the one who was asked, who says why.
func (s *Invitations) Decline(ctx context.Context, v app.Visit, id app.InvitationID, reason string) (app.Invitation, error) {
	const op = "decline invitation"
	reason, err := checkText(op, reason)
	if err != nil {
		return app.Invitation{}, err
	}
	if reason == "" {
		return app.Invitation{}, app.Fail(app.Invalid, op, "invitation.reason")
	}
	if i, err := s.Find(ctx, v, id); err != nil || i.To != v.User {
		return app.Invitation{}, errors.Join(err, app.Fail(app.NotFound, op, "invitation.unknown"))
	}
	return s.finish(ctx, v.Portal, id, v.User, app.InvitationDeclined, func(i *app.Invitation) { i.Reason = reason })
}

// Withdraw ends an Invitation by the one who has sent it.
func (s *Invitations) Withdraw(ctx context.Context, v app.Visit, id app.InvitationID) (app.Invitation, error) {
	if i, err := s.Find(ctx, v, id); err != nil || i.From != v.User {
		return app.Invitation{}, errors.Join(err, app.Fail(app.NotFound, "withdraw invitation", "invitation.unknown"))
	}
	return s.finish(ctx, v.Portal, id, v.User, app.InvitationWithdrawn, func(*app.Invitation) {})
}

// Delivered is told of each signed document: the signer's Invitation for it has
// come to its end, and those of others follow the file to its new id. It may
// be told twice.
func (s *Invitations) Delivered(ctx context.Context, r app.Request) error {
	open, err := s.Store.Invitations(ctx, r.Portal, app.InvitationQuery{Entity: r.Document.Entity, Open: true})
	if err != nil {
		return app.Wrap("find invitations", err)
	}
	for _, i := range open {
		if i.Document.Ref() != r.Document.Ref() {
			continue
		}
		if i.To == r.User {
			_, err = s.finish(ctx, i.Portal, i.ID, r.User, app.InvitationSigned, func(i *app.Invitation) { i.Request = r.ID })
		} else if r.Document.Target == app.TargetSlot && r.DeliveredID != "" {
			_, err = s.Store.UpdateInvitation(ctx, i.Portal, i.ID, func(i *app.Invitation, _ time.Time) ([]app.AuditEntry, error) {
				i.Document.FileID = r.DeliveredID
				return nil, nil
			})
		}
		if err != nil && !errors.Is(err, app.Conflict) { // ended meanwhile
			return app.Wrap("end invitation", err)
		}
	}
	return nil
}

// Gone is told of elements that were deleted: their Invitations are over.
func (s *Invitations) Gone(ctx context.Context, portal app.PortalID, e app.Entity) error {
	open, err := s.Store.Invitations(ctx, portal, app.InvitationQuery{Entity: e, Open: true})
	if err != nil {
		return app.Wrap("find invitations", err)
	}
	for _, i := range open {
		_, err := s.finish(ctx, portal, i.ID, "", app.InvitationGone, func(*app.Invitation) {})
		if err != nil && !errors.Is(err, app.Conflict) {
			return err
		}
	}
	return nil
}

// finish gives an open Invitation its last state. One that has it already is
// given as it is; one with another end is app.Conflict invitation.ended.
func (s *Invitations) finish(ctx context.Context, portal app.PortalID, id app.InvitationID, by app.UserID,
	state app.InvitationState, change func(*app.Invitation),
) (app.Invitation, error) {
	i, err := s.Store.UpdateInvitation(ctx, portal, id, func(i *app.Invitation, now time.Time) ([]app.AuditEntry, error) {
		if i.State == state {
			return nil, nil
		}
		if !i.Open() {
			return nil, app.Fail(app.Conflict, "end invitation", "invitation.ended")
		}
		change(i)
		i.State, i.EndedAt, i.EndedBy, i.Attempts, i.RetryAt = state, now, by, 0, time.Time{}
		actions := map[app.InvitationState]app.Action{
			app.InvitationSigned: app.ActInvitationSigned, app.InvitationDeclined: app.ActInvitationDeclined,
		}
		action := actions[state]
		if action == "" {
			action = app.ActInvitationEnded
		}
		return []app.AuditEntry{invitationEntry(*i, by, action)}, nil
	})
	if err == nil {
		s.Wake()
	}
	return i, err
}

func invitationEntry(i app.Invitation, by app.UserID, a app.Action) app.AuditEntry {
	return app.AuditEntry{
		Action: a, Portal: i.Portal, User: by, Subject: string(i.To), Request: i.Request,
		Entity: i.Document.Entity, File: i.Document.Name, FileID: i.Document.FileID, Detail: i.Robot.Failure,
	}
}

// checkText gives what a person typed without blanks around it.
func checkText(op, text string) (string, error) {
	text = strings.TrimSpace(text)
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, bad) || utf8.RuneCountInString(text) > app.MaxInvitationText {
		return "", app.Fail(app.Invalid, op, "invitation.text", app.MaxInvitationText)
	}
	return text, nil
}
