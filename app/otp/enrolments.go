package otp

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"signservice/app"
)

// Store keeps Enrolments and Authenticators. Every method is durable when it
// returns; a missing row is an error of kind app.NotFound.
type Store interface {
	Portal(ctx context.Context, id app.PortalID) (app.Portal, error)
	Account(ctx context.Context, portal app.PortalID, user app.UserID) (app.Account, error)
	// SaveEnrolment stores a new Enrolment and withdraws the account's other open
	// ones.
	SaveEnrolment(ctx context.Context, e app.Enrolment, entries ...app.AuditEntry) error
	Enrolment(ctx context.Context, id string) (app.Enrolment, error)
	// UpdateEnrolment changes an Enrolment, and the Authenticator of its account,
	// in one transaction with the audit entries. a is never nil; without a phone
	// it is the zero value, and one without a Secret is not stored. When change
	// returns an *app.Error, what it changed and its entries are stored all the
	// same, and the error is returned. change may run more than once.
	UpdateEnrolment(ctx context.Context, id string,
		change func(e *app.Enrolment, a *app.Authenticator, now time.Time) ([]app.AuditEntry, error)) error
}

// maxFailures is how many wrong codes end a link.
const maxFailures = 10

// Enrolments binds phones to accounts. Store is required; the zero value of the
// rest works. Its methods may be called at the same time from any goroutine.
//
// A proven owner gives a link by its token or by the Enrolment's ID, so that the
// ID alone can travel through a sign-in; everybody else by its token. A link that does not exist is an error of kind
// app.NotFound with key link.unknown.
type Enrolments struct {
	Store Store
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Random gives tokens and secrets; nil means crypto/rand.
	Random io.Reader
	// Clock refuses while the clock is too wrong to look at a code; nil trusts it.
	Clock func() error
	// Bound hears of each phone that was bound, when that is stored; nil tells
	// nobody.
	Bound func(ctx context.Context, e app.Enrolment)
}

// Create makes a link for an account. The caller has rechecked that by is an
// administrator now. The token is told only here.
func (s *Enrolments) Create(ctx context.Context, by app.Visit, account app.Account) (app.Secret, app.Enrolment, error) {
	if !by.Admin || by.Portal != account.Portal {
		return "", app.Enrolment{}, app.Fail(app.Forbidden, "create link", "settings.administrators-only")
	}
	return s.create(ctx, by, account)
}

// CreateOwn makes a link for the visitor's own account. The caller has made sure
// that the portal's administrators allow it, and that no phone is bound yet.
func (s *Enrolments) CreateOwn(ctx context.Context, by app.Visit, account app.Account) (app.Secret, app.Enrolment, error) {
	if by.User == "" || by.User != account.User || by.Portal != account.Portal {
		return "", app.Enrolment{}, app.Fail(app.Forbidden, "create link", "link.other")
	}
	return s.create(ctx, by, account)
}

// CreateByOperator makes a link for an account by the word of the server's
// operator, where no administrator can confirm one.
func (s *Enrolments) CreateByOperator(ctx context.Context, account app.Account) (app.Secret, app.Enrolment, error) {
	return s.create(ctx, app.Visit{}, account)
}

func (s *Enrolments) create(ctx context.Context, by app.Visit, account app.Account) (app.Secret, app.Enrolment, error) {
	token, err := newToken(s.random())
	if err != nil {
		return "", app.Enrolment{}, app.Fail(app.Internal, "create link", "").Because(err)
	}
	now := s.now()
	e := app.Enrolment{
		ID: ID(token.Reveal()), Portal: account.Portal, User: account.User, State: app.EnrolmentOpen,
		CreatedAt: now, CreatedBy: by.User, ExpiresAt: now.Add(app.EnrolmentLife),
	}
	made := entry(app.ActEnrolmentCreated, by, e)
	if by.User == "" {
		made.Detail = "enrolment.operator"
	}
	if err := s.Store.SaveEnrolment(ctx, e, made); err != nil {
		return "", app.Enrolment{}, app.Wrap("create link", err)
	}
	return token, e, nil
}

// Withdraw ends an open link of the administrator's portal. One that is
// withdrawn already stays so; a used one is a Conflict, link.used.
func (s *Enrolments) Withdraw(ctx context.Context, by app.Visit, id string) error {
	if !by.Admin {
		return app.Fail(app.Forbidden, "withdraw link", "settings.administrators-only")
	}
	return s.update(ctx, "withdraw link", id, func(e *app.Enrolment, _ *app.Authenticator, _ time.Time) ([]app.AuditEntry, error) {
		switch {
		case e.Portal != by.Portal:
			return nil, app.Fail(app.NotFound, "withdraw link", "link.unknown")
		case e.State == app.EnrolmentUsed:
			return nil, app.Fail(app.Conflict, "withdraw link", "link.used")
		case e.State == app.EnrolmentWithdrawn:
			return nil, nil
		}
		e.State, e.Pending = app.EnrolmentWithdrawn, ""
		return []app.AuditEntry{entry(app.ActEnrolmentWithdrawn, by, *e)}, nil
	})
}

// Find gives the Enrolment of a link's token, in whatever state it is, without
// proof: it tells which portal to ask who the visitor is. Pending is blank. An
// ID finds nothing: it lies in the store and in administrators' pages, and must
// open no link.
func (s *Enrolments) Find(ctx context.Context, token string) (app.Enrolment, error) {
	return s.FindID(ctx, ID(token))
}

// FindID is Find by the Enrolment's ID, for who has it sealed by us.
func (s *Enrolments) FindID(ctx context.Context, id string) (app.Enrolment, error) {
	e, err := s.Store.Enrolment(ctx, id)
	if err != nil {
		return app.Enrolment{}, lost("find link", err)
	}
	e.Pending = ""
	return e, nil
}

// Look gives the Enrolment of a link to its owner, in whatever state it is;
// to others an error of kind app.Forbidden, link.other. It changes nothing.
// Pending is blank.
func (s *Enrolments) Look(ctx context.Context, link string, v app.Visit) (app.Enrolment, error) {
	e, err := s.FindID(ctx, idOf(link))
	if err != nil {
		return app.Enrolment{}, err
	}
	if err := owned(e, v); err != nil {
		return app.Enrolment{}, err
	}
	return e, nil
}

// update is UpdateEnrolment, with an unknown link told as such.
func (s *Enrolments) update(ctx context.Context, op, link string,
	change func(*app.Enrolment, *app.Authenticator, time.Time) ([]app.AuditEntry, error),
) error {
	if err := s.Store.UpdateEnrolment(ctx, idOf(link), change); err != nil {
		return lost(op, err)
	}
	return nil
}

// lost tells a link that does not exist from other failures of the store.
func lost(op string, err error) error {
	var failure *app.Error
	if errors.Is(err, app.NotFound) && !(errors.As(err, &failure) && failure.Key != "") {
		return app.Fail(app.NotFound, op, "link.unknown").Because(err)
	}
	return app.Wrap(op, err)
}

// owned refuses everybody but the person whom the link is for.
func owned(e app.Enrolment, v app.Visit) error {
	if e.User == "" || e.Portal != v.Portal || e.User != v.User {
		return app.Fail(app.Forbidden, "open link", "link.other")
	}
	return nil
}

// works refuses other people, and a link that is used, withdrawn or too old.
func works(e app.Enrolment, v app.Visit, now time.Time) error {
	if err := owned(e, v); err != nil {
		return err
	}
	switch {
	case e.State == app.EnrolmentUsed:
		return app.Fail(app.Conflict, "open link", "link.used")
	case e.State == app.EnrolmentWithdrawn:
		return app.Fail(app.Conflict, "open link", "link.withdrawn")
	case !e.Open(now):
		return app.Fail(app.Conflict, "open link", "link.expired")
	}
	return nil
}

// entry is what the audit log keeps of an act on an Enrolment.
func entry(action app.Action, v app.Visit, e app.Enrolment) app.AuditEntry {
	made := app.AuditEntry{Action: action, Portal: e.Portal, User: v.User, Subject: string(e.User), Address: v.Address}
	if v.Unproven {
		made.Detail = "enrolment.link-alone"
	}
	return made
}

func (s *Enrolments) now() time.Time {
	if s.Now == nil {
		return time.Now().UTC()
	}
	return s.Now()
}

func (s *Enrolments) random() io.Reader {
	if s.Random == nil {
		return rand.Reader
	}
	return s.Random
}
