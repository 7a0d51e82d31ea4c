package store

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

const (
	accountBucket       = "accounts"
	authenticatorBucket = "authenticators"
	rememberedBucket    = "remembered"
)

// userKey is the key of what belongs to one user of a portal.
func userKey(portal app.PortalID, user app.UserID) string { return path(string(portal), string(user)) }

// Account gives the account of a user.
func (s *Store) Account(ctx context.Context, portal app.PortalID, user app.UserID) (a app.Account, err error) {
	err = s.view(ctx, "read account", func(tx Tx) (err error) {
		a, err = s.account(tx, portal, user)
		return err
	})
	return a, err
}

func (s *Store) account(tx Tx, portal app.PortalID, user app.UserID) (app.Account, error) {
	a, err := get[app.Account](s.codec, tx, accountBucket, userKey(portal, user))
	return a, unknown(err, "account.unknown")
}

// Accounts gives the accounts of a portal.
func (s *Store) Accounts(ctx context.Context, portal app.PortalID) ([]app.Account, error) {
	return list[app.Account](ctx, s, "list accounts", accountBucket, below(string(portal)))
}

// SaveAccount writes an account, new or changed.
func (s *Store) SaveAccount(ctx context.Context, a app.Account, entries ...app.AuditEntry) error {
	if err := errors.Join(named("account", a.Portal), named("account", a.User)); err != nil {
		return err
	}
	return s.update(ctx, "save account", entries, func(tx Tx) error {
		return put(s.codec, tx, accountBucket, userKey(a.Portal, a.User), a)
	})
}

// DeleteAccount removes an account with its phone, its assignments and what it
// remembered, and withdraws its open links. Its Requests stay.
func (s *Store) DeleteAccount(ctx context.Context, portal app.PortalID, user app.UserID, entries ...app.AuditEntry) error {
	return s.update(ctx, "delete account", entries, func(tx Tx) error {
		if _, err := s.account(tx, portal, user); err != nil {
			return err
		}
		if _, err := s.withdrawAll(tx, portal, user, ""); err != nil {
			return err
		}
		key := userKey(portal, user)
		return errors.Join(tx.Delete(accountBucket, key), tx.Delete(authenticatorBucket, key), tx.Delete(rememberedBucket, key),
			deleteAll(tx, assignmentBucket, Range{Prefix: below(string(portal), string(user))}))
	})
}

// authenticatorRecord is an Authenticator as it is kept: its secret sealed.
type authenticatorRecord struct {
	app.Authenticator
	Secret []byte
}

// Authenticator gives the bound phone of an account.
func (s *Store) Authenticator(ctx context.Context, portal app.PortalID, user app.UserID) (a app.Authenticator, err error) {
	err = s.view(ctx, "read authenticator", func(tx Tx) (err error) {
		a, err = s.authenticator(tx, portal, user)
		return err
	})
	return a, err
}

func (s *Store) authenticator(tx Tx, portal app.PortalID, user app.UserID) (app.Authenticator, error) {
	key := userKey(portal, user)
	r, err := get[authenticatorRecord](s.codec, tx, authenticatorBucket, key)
	if err != nil {
		return app.Authenticator{}, unknown(err, "code.no-phone")
	}
	r.Authenticator.Secret, err = s.codec.openText(authenticatorBucket, key, "Secret", r.Secret)
	return r.Authenticator, err
}

// errBackwards is the cause when a caller would make a used step usable again.
var errBackwards = errors.New("the last step of an authenticator went backwards")

// putAuthenticator writes an authenticator in place of before; the last step of
// one secret only grows.
func (s *Store) putAuthenticator(tx Tx, before, a app.Authenticator) error {
	if a.Secret == before.Secret && a.LastStep < before.LastStep {
		return app.Fail(app.Internal, "save authenticator", "").Because(errBackwards)
	}
	key := userKey(before.Portal, before.User)
	a.Portal, a.User = before.Portal, before.User
	sealed, err := s.codec.sealText(authenticatorBucket, key, "Secret", a.Secret)
	if err != nil {
		return err
	}
	return put(s.codec, tx, authenticatorBucket, key, authenticatorRecord{a, sealed})
}

// UpdateAuthenticator changes the bound phone of an account in one transaction
// with its audit entries. change may run more than once. When it returns an
// *app.Error, what it changed, a counter say, is stored all the same, and the
// error is returned; any other error stores nothing.
func (s *Store) UpdateAuthenticator(ctx context.Context, portal app.PortalID, user app.UserID,
	change func(a *app.Authenticator, now time.Time) ([]app.AuditEntry, error),
) error {
	var refused error
	err := s.backend.Update(ctx, func(tx Tx) error {
		before, err := s.authenticator(tx, portal, user)
		if err != nil {
			return err
		}
		a := before
		entries, err := change(&a, tx.Now())
		if refused = err; err != nil && !refusal(err) {
			return err
		}
		if err := s.putAuthenticator(tx, before, a); err != nil {
			return err
		}
		return s.chain(tx, entries)
	})
	return app.Wrap("update authenticator", errors.Join(err, refused))
}

// refusal tells an answer to the person from a failure.
func refusal(err error) bool {
	var known *app.Error
	return errors.As(err, &known)
}

// Remembered gives what a user chose last.
func (s *Store) Remembered(ctx context.Context, portal app.PortalID, user app.UserID) (r app.Remembered, err error) {
	err = s.view(ctx, "read choices", func(tx Tx) (err error) {
		r, err = get[app.Remembered](s.codec, tx, rememberedBucket, userKey(portal, user))
		return err
	})
	return r, err
}

// SaveRemembered keeps what a user chose.
func (s *Store) SaveRemembered(ctx context.Context, portal app.PortalID, user app.UserID, r app.Remembered) error {
	if err := errors.Join(named("choices", portal), named("choices", user)); err != nil {
		return err
	}
	return s.update(ctx, "save choices", nil, func(tx Tx) error {
		return put(s.codec, tx, rememberedBucket, userKey(portal, user), r)
	})
}

// list gives the records of a bucket whose keys have a prefix.
func list[R any](ctx context.Context, s *Store, op, bucket, prefix string) (all []R, err error) {
	err = s.view(ctx, op, func(tx Tx) error {
		all = nil
		for r, err := range scan[R](s.codec, tx, bucket, Range{Prefix: prefix}) {
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		return nil
	})
	return all, err
}
