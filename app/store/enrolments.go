package store

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

func enrolmentSecrets(e *app.Enrolment) secrets { return secrets{"pending": &e.Pending} }

// refusal tells an app.Error that belongs to the person, whose traces are
// stored, from a failure of ours, which undoes the transaction.
func refusal(err error) (refused, failed error) {
	var e *app.Error
	if errors.As(err, &e) && e.Kind != app.Internal && e.Kind != app.Unavailable {
		return err, nil
	}
	return nil, err
}

// enrolmentMemory is how long a link that no longer works is kept; the audit
// log keeps the fact.
const enrolmentMemory = 30 * 24 * time.Hour

// SaveEnrolment writes a new link of an account that is there (kind app.NotFound,
// key "account.unknown") and withdraws the account's other open ones, each with
// an audit entry. Its id must be new.
func (s *Store) SaveEnrolment(ctx context.Context, e app.Enrolment, entries ...app.AuditEntry) error {
	return s.backend.Update(ctx, func(tx Tx) error {
		if _, err := s.account(tx, e.Portal, e.User); err != nil {
			return known(err, "account.unknown")
		}
		there, err := optional(tx.Get(bucketEnrolmentIDs, systemKey(e.ID)))
		if err != nil {
			return err
		}
		if there != nil {
			return impossible("save enrolment", "there is one with this id")
		}
		withdrawn, err := s.withdrawOpen(tx, e.Portal, e.User)
		if err != nil {
			return err
		}
		for _, w := range withdrawn {
			entry := app.AuditEntry{
				Action: app.ActEnrolmentWithdrawn, Portal: w.Portal, User: e.CreatedBy, Subject: string(w.User),
				Detail: "enrolment.withdrawn",
			}
			if err := s.chain(tx, entry); err != nil {
				return err
			}
		}
		if err := put(s, tx, bucketEnrolmentIDs, systemKey(e.ID), e.Portal, nil); err != nil {
			return err
		}
		if err := s.putEnrolment(tx, e); err != nil {
			return err
		}
		return s.chain(tx, entries...)
	})
}

func (s *Store) putEnrolment(tx Tx, e app.Enrolment) error {
	return put(s, tx, bucketEnrolments, key(string(e.Portal), e.ID), e, enrolmentSecrets(&e))
}

// withdrawOpen ends the open links of an account, and gives those that still
// worked. It forgets old ones.
func (s *Store) withdrawOpen(tx Tx, portal app.PortalID, user app.UserID) ([]app.Enrolment, error) {
	all, err := list[app.Enrolment](s, tx, bucketEnrolments, Range{Prefix: prefix(string(portal))}, nil)
	if err != nil {
		return nil, err
	}
	var worked []app.Enrolment
	for _, e := range all {
		switch {
		case e.User != user:
		case tx.Now().Sub(e.ExpiresAt) > enrolmentMemory:
			if err := tx.Delete(bucketEnrolmentIDs, systemKey(e.ID)); err != nil {
				return nil, err
			}
			if err := tx.Delete(bucketEnrolments, key(string(portal), e.ID)); err != nil {
				return nil, err
			}
		case e.State == app.EnrolmentOpen:
			if e.Open(tx.Now()) {
				worked = append(worked, e)
			}
			e.State, e.Pending = app.EnrolmentWithdrawn, ""
			if err := s.putEnrolment(tx, e); err != nil {
				return nil, err
			}
		}
	}
	return worked, nil
}

// Enrolment gives a link by its id, of whichever portal.
func (s *Store) Enrolment(ctx context.Context, id string) (app.Enrolment, error) {
	return view(ctx, s, func(tx Tx) (app.Enrolment, error) { return s.enrolment(tx, id) })
}

func (s *Store) enrolment(tx Tx, id string) (app.Enrolment, error) {
	portal, err := get[app.PortalID](s, tx, bucketEnrolmentIDs, systemKey(id), nil)
	if err != nil {
		return app.Enrolment{}, err
	}
	return get(s, tx, bucketEnrolments, key(string(portal), id), enrolmentSecrets)
}

// Enrolments gives a portal's links, whatever their state, without the secrets
// that wait in them.
func (s *Store) Enrolments(ctx context.Context, portal app.PortalID) ([]app.Enrolment, error) {
	all, err := view(ctx, s, func(tx Tx) ([]app.Enrolment, error) {
		return list[app.Enrolment](s, tx, bucketEnrolments, Range{Prefix: prefix(string(portal))}, nil)
	})
	for i := range all {
		all[i].Pending = ""
	}
	return all, err
}

// UpdateEnrolment changes a link and, where change fills it in, the account's
// code generator. authenticator is the one in use, or a blank one. What change
// did is stored also when it returns an app.Error, since a refusal counts.
func (s *Store) UpdateEnrolment(ctx context.Context, id string,
	change func(e *app.Enrolment, authenticator *app.Authenticator, now time.Time) ([]app.AuditEntry, error),
) error {
	var refused error
	err := s.backend.Update(ctx, func(tx Tx) error {
		refused = nil
		e, err := s.enrolment(tx, id)
		if err != nil {
			return err
		}
		a, err := optional(s.authenticator(tx, e.Portal, e.User))
		if err != nil {
			return err
		}
		if a == nil {
			a = &app.Authenticator{Portal: e.Portal, User: e.User}
		}
		id, portal, user, before := e.ID, e.Portal, e.User, *a
		entries, err := change(&e, a, tx.Now())
		if refused, err = refusal(err); err != nil {
			return err
		}
		if e.ID != id || e.Portal != portal || e.User != user {
			return impossible("update enrolment", "it became another's")
		}
		if err := s.putEnrolment(tx, e); err != nil {
			return err
		}
		if a.Secret != "" {
			if err := s.putAuthenticator(tx, before, *a); err != nil {
				return err
			}
		}
		return s.chain(tx, entries...)
	})
	if err != nil {
		return err
	}
	return refused
}
