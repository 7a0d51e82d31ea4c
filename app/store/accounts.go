package store

import (
	"context"
	"time"

	"signservice/app"
)

func authenticatorSecrets(a *app.Authenticator) secrets { return secrets{"secret": &a.Secret} }

// Account gives a user's account.
func (s *Store) Account(ctx context.Context, portal app.PortalID, user app.UserID) (app.Account, error) {
	return view(ctx, s, func(tx Tx) (app.Account, error) { return s.account(tx, portal, user) })
}

func (s *Store) account(tx Tx, portal app.PortalID, user app.UserID) (app.Account, error) {
	return get[app.Account](s, tx, bucketAccounts, key(string(portal), string(user)), nil)
}

// Accounts gives a portal's accounts.
func (s *Store) Accounts(ctx context.Context, portal app.PortalID) ([]app.Account, error) {
	return view(ctx, s, func(tx Tx) ([]app.Account, error) {
		return list[app.Account](s, tx, bucketAccounts, Range{Prefix: prefix(string(portal))}, nil)
	})
}

// SaveAccount writes an account.
func (s *Store) SaveAccount(ctx context.Context, a app.Account, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		return put(s, tx, bucketAccounts, key(string(a.Portal), string(a.User)), a, nil)
	}, entries...)
}

// DeleteAccount removes an account with its phone, its assignments, its open
// links and what was remembered of its choices.
func (s *Store) DeleteAccount(ctx context.Context, portal app.PortalID, user app.UserID, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		if _, err := s.account(tx, portal, user); err != nil {
			return known(err, "account.unknown")
		}
		at := key(string(portal), string(user))
		for _, bucket := range []string{bucketAccounts, bucketAuthenticators, bucketRemembered} {
			if err := tx.Delete(bucket, at); err != nil {
				return err
			}
		}
		assigned, err := s.assignedTo(tx, portal, user)
		if err != nil {
			return err
		}
		for _, a := range assigned {
			if err := tx.Delete(bucketAssignments, assignmentKey(a.Portal, a.User, a.Certificate)); err != nil {
				return err
			}
		}
		_, err = s.withdrawOpen(tx, portal, user)
		return err
	}, entries...)
}

// Authenticator gives the bound code generator of an account.
func (s *Store) Authenticator(ctx context.Context, portal app.PortalID, user app.UserID) (app.Authenticator, error) {
	return view(ctx, s, func(tx Tx) (app.Authenticator, error) { return s.authenticator(tx, portal, user) })
}

func (s *Store) authenticator(tx Tx, portal app.PortalID, user app.UserID) (app.Authenticator, error) {
	return get(s, tx, bucketAuthenticators, key(string(portal), string(user)), authenticatorSecrets)
}

// putAuthenticator writes a in place of before, whose owner it keeps. The last
// step of one secret only grows: what was used up stays so.
func (s *Store) putAuthenticator(tx Tx, before, a app.Authenticator) error {
	if a.Secret == before.Secret && a.LastStep < before.LastStep {
		return impossible("store authenticator", "the last step went backwards")
	}
	a.Portal, a.User = before.Portal, before.User
	return put(s, tx, bucketAuthenticators, key(string(a.Portal), string(a.User)), a, authenticatorSecrets(&a))
}

// UpdateAuthenticator changes a code generator. What change did is stored also
// when it returns an app.Error, since a refusal counts.
func (s *Store) UpdateAuthenticator(ctx context.Context, portal app.PortalID, user app.UserID,
	change func(a *app.Authenticator, now time.Time) ([]app.AuditEntry, error),
) error {
	var refused error
	err := s.backend.Update(ctx, func(tx Tx) error {
		refused = nil
		before, err := s.authenticator(tx, portal, user)
		if err != nil {
			return err
		}
		a := before
		entries, err := change(&a, tx.Now())
		if refused, err = refusal(err); err != nil {
			return err
		}
		if err := s.putAuthenticator(tx, before, a); err != nil {
			return err
		}
		return s.chain(tx, entries...)
	})
	if err != nil {
		return err
	}
	return refused
}

// Remembered gives a user's last choices.
func (s *Store) Remembered(ctx context.Context, portal app.PortalID, user app.UserID) (app.Remembered, error) {
	return view(ctx, s, func(tx Tx) (app.Remembered, error) {
		return get[app.Remembered](s, tx, bucketRemembered, key(string(portal), string(user)), nil)
	})
}

// SaveRemembered writes a user's last choices.
func (s *Store) SaveRemembered(ctx context.Context, portal app.PortalID, user app.UserID, r app.Remembered) error {
	return s.update(ctx, func(tx Tx) error {
		return put(s, tx, bucketRemembered, key(string(portal), string(user)), r, nil)
	})
}
