package store

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

const (
	enrolmentBucket   = "enrolments"
	enrolmentIDBucket = "enrolment_ids"
)

// enrolmentMemory is how long an enrolment that no longer works is kept; the
// audit log keeps the fact.
const enrolmentMemory = 30 * 24 * time.Hour

// enrolmentRecord is an Enrolment as it is kept: its pending secret sealed.
type enrolmentRecord struct {
	app.Enrolment
	Pending []byte
}

// enrolmentRef tells whose an enrolment is: a visitor brings its id alone.
type enrolmentRef struct {
	Portal app.PortalID
	User   app.UserID
}

func enrolmentKey(portal app.PortalID, user app.UserID, id string) string {
	return path(string(portal), string(user), id)
}

// SaveEnrolment writes a new enrolment of an account that exists, and withdraws
// the account's other open ones, so that at most one link works.
func (s *Store) SaveEnrolment(ctx context.Context, e app.Enrolment, entries ...app.AuditEntry) error {
	if err := errors.Join(named("enrolment", e.Portal), named("enrolment", e.User), named("enrolment", e.ID)); err != nil {
		return err
	}
	return app.Wrap("save enrolment", s.backend.Update(ctx, func(tx Tx) error {
		if _, err := s.account(tx, e.Portal, e.User); err != nil {
			return err
		}
		if there, err := exists(tx, enrolmentIDBucket, systemPath(e.ID)); err != nil || there {
			return errors.Join(err, app.Fail(app.Conflict, "", "enrolment.used"))
		}
		withdrawn, err := s.withdrawAll(tx, e.Portal, e.User, e.CreatedBy)
		if err != nil {
			return err
		}
		if err := s.putEnrolment(tx, e); err != nil {
			return err
		}
		if err := put(s.codec, tx, enrolmentIDBucket, systemPath(e.ID), enrolmentRef{e.Portal, e.User}); err != nil {
			return err
		}
		return s.chain(tx, append(withdrawn, entries...))
	}))
}

// withdrawAll withdraws the open enrolments of an account and forgets its old
// ones. It gives the audit entries of what by withdrew.
func (s *Store) withdrawAll(tx Tx, portal app.PortalID, user, by app.UserID) ([]app.AuditEntry, error) {
	var all []app.Enrolment
	for r, err := range scan[enrolmentRecord](s.codec, tx, enrolmentBucket, Range{Prefix: below(string(portal), string(user))}) {
		if err != nil {
			return nil, err
		}
		all = append(all, r.Enrolment)
	}
	var entries []app.AuditEntry
	for _, e := range all {
		if tx.Now().Sub(e.ExpiresAt) > enrolmentMemory {
			if err := errors.Join(tx.Delete(enrolmentBucket, enrolmentKey(portal, user, e.ID)),
				tx.Delete(enrolmentIDBucket, systemPath(e.ID))); err != nil {
				return nil, err
			}
			continue
		}
		if e.State != app.EnrolmentOpen {
			continue
		}
		if e.Open(tx.Now()) {
			entries = append(entries, app.AuditEntry{
				Action: app.ActEnrolmentWithdrawn, Portal: portal, User: by, Subject: string(user),
			})
		}
		e.State, e.Pending = app.EnrolmentWithdrawn, ""
		if err := s.putEnrolment(tx, e); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func (s *Store) putEnrolment(tx Tx, e app.Enrolment) error {
	key := enrolmentKey(e.Portal, e.User, e.ID)
	sealed, err := s.codec.sealText(enrolmentBucket, key, "Pending", e.Pending)
	if err != nil {
		return err
	}
	return put(s.codec, tx, enrolmentBucket, key, enrolmentRecord{e, sealed})
}

// Enrolment gives an enrolment of any portal by its id.
func (s *Store) Enrolment(ctx context.Context, id string) (e app.Enrolment, err error) {
	err = s.view(ctx, "read enrolment", func(tx Tx) (err error) {
		e, err = s.enrolment(tx, id)
		return err
	})
	return e, err
}

func (s *Store) enrolment(tx Tx, id string) (app.Enrolment, error) {
	ref, err := get[enrolmentRef](s.codec, tx, enrolmentIDBucket, systemPath(id))
	if err != nil {
		return app.Enrolment{}, unknown(err, "enrolment.unknown")
	}
	key := enrolmentKey(ref.Portal, ref.User, id)
	r, err := get[enrolmentRecord](s.codec, tx, enrolmentBucket, key)
	if err != nil {
		return app.Enrolment{}, unknown(err, "enrolment.unknown")
	}
	r.Enrolment.Pending, err = s.codec.openText(enrolmentBucket, key, "Pending", r.Pending)
	return r.Enrolment, err
}

// Enrolments gives the enrolments of a portal, without their pending secrets.
func (s *Store) Enrolments(ctx context.Context, portal app.PortalID) ([]app.Enrolment, error) {
	records, err := list[enrolmentRecord](ctx, s, "list enrolments", enrolmentBucket, below(string(portal)))
	var all []app.Enrolment
	for _, r := range records {
		r.Enrolment.Pending = ""
		all = append(all, r.Enrolment)
	}
	return all, err
}

// UpdateEnrolment changes an enrolment, and binds a phone where change gives
// the authenticator a secret, in one transaction with its audit entries. The
// authenticator is the account's present one, or an empty one. change may run
// more than once. When it returns an *app.Error, what it changed, a counter
// say, is stored all the same, and the error is returned; any other error
// stores nothing.
func (s *Store) UpdateEnrolment(ctx context.Context, id string,
	change func(e *app.Enrolment, a *app.Authenticator, now time.Time) ([]app.AuditEntry, error),
) error {
	var refused error
	err := s.backend.Update(ctx, func(tx Tx) error {
		refused = nil
		e, err := s.enrolment(tx, id)
		if err != nil {
			return err
		}
		before, err := s.authenticator(tx, e.Portal, e.User)
		if errors.Is(err, app.NotFound) {
			before, err = app.Authenticator{Portal: e.Portal, User: e.User}, nil
		}
		if err != nil {
			return err
		}
		a, owner := before, e
		entries, err := change(&e, &a, tx.Now())
		if refused = err; err != nil && !refusal(err) {
			return err
		}
		e.ID, e.Portal, e.User = owner.ID, owner.Portal, owner.User
		if err := s.putEnrolment(tx, e); err != nil {
			return err
		}
		if a.Secret != "" {
			if err := s.putAuthenticator(tx, before, a); err != nil {
				return err
			}
		}
		return s.chain(tx, entries)
	})
	return app.Wrap("update enrolment", errors.Join(err, refused))
}
