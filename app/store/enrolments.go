package store

import (
	"context"
	"encoding/json"
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

// SaveEnrolment writes a new link and withdraws the account's other open ones.
func (s *Store) SaveEnrolment(ctx context.Context, e app.Enrolment, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		if _, err := s.account(tx, e.Portal, e.User); err != nil {
			return known(err, "account.unknown")
		}
		if err := s.withdrawOpen(tx, e.Portal, e.User, e.ID); err != nil {
			return err
		}
		portal, err := json.Marshal(e.Portal)
		if err != nil {
			return err
		}
		if err := tx.Put(bucketEnrolmentIDs, key(system, e.ID), portal); err != nil {
			return err
		}
		return s.putEnrolment(tx, e)
	}, entries...)
}

func (s *Store) putEnrolment(tx Tx, e app.Enrolment) error {
	return put(s, tx, bucketEnrolments, key(string(e.Portal), e.ID), e, enrolmentSecrets(&e))
}

// withdrawOpen ends the open links of an account but the one named.
func (s *Store) withdrawOpen(tx Tx, portal app.PortalID, user app.UserID, but string) error {
	all, err := list(s, tx, bucketEnrolments, Range{Prefix: prefix(string(portal))}, enrolmentSecrets)
	if err != nil {
		return err
	}
	for _, e := range all {
		if e.User != user || e.ID == but || e.State != app.EnrolmentOpen {
			continue
		}
		e.State, e.Pending = app.EnrolmentWithdrawn, ""
		if err := s.putEnrolment(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// Enrolment gives a link by its id, of whichever portal.
func (s *Store) Enrolment(ctx context.Context, id string) (app.Enrolment, error) {
	return view(ctx, s, func(tx Tx) (app.Enrolment, error) { return s.enrolment(tx, id) })
}

func (s *Store) enrolment(tx Tx, id string) (app.Enrolment, error) {
	value, err := tx.Get(bucketEnrolmentIDs, key(system, id))
	if err != nil {
		return app.Enrolment{}, err
	}
	var portal app.PortalID
	if err := json.Unmarshal(value, &portal); err != nil {
		return app.Enrolment{}, app.Fail(app.Internal, "find enrolment", "").Because(err)
	}
	return get(s, tx, bucketEnrolments, key(string(portal), id), enrolmentSecrets)
}

// Enrolments gives a portal's links, whatever their state.
func (s *Store) Enrolments(ctx context.Context, portal app.PortalID) ([]app.Enrolment, error) {
	return view(ctx, s, func(tx Tx) ([]app.Enrolment, error) {
		return list(s, tx, bucketEnrolments, Range{Prefix: prefix(string(portal))}, enrolmentSecrets)
	})
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
		entries, err := change(&e, a, tx.Now())
		if refused, err = refusal(err); err != nil {
			return err
		}
		if err := s.putEnrolment(tx, e); err != nil {
			return err
		}
		if a.Secret != "" {
			if err := s.putAuthenticator(tx, *a); err != nil {
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
