package store

import (
	"bytes"
	"context"
	"time"

	"signservice/app"
)

// place says to which portal an authority belongs, and which of the two it is:
// whoever fetches a list knows the authority's id alone.
type place struct {
	Portal app.PortalID
	Root   bool
}

func authorityKey(portal app.PortalID, id app.AuthorityID) string {
	return key(string(portal), string(id))
}

// FindAuthority tells of which portal an authority is, and whether it is a root.
func (s *Store) FindAuthority(ctx context.Context, id app.AuthorityID) (portal app.PortalID, root bool, err error) {
	p, err := view(ctx, s, func(tx Tx) (place, error) {
		return get[place](s, tx, bucketAuthorityIDs, systemKey(string(id)), nil)
	})
	return p.Portal, p.Root, known(err, "authority.unknown")
}

// Root gives a root of a portal.
func (s *Store) Root(ctx context.Context, portal app.PortalID, id app.AuthorityID) (app.RootAuthority, error) {
	return view(ctx, s, func(tx Tx) (app.RootAuthority, error) { return s.root(tx, portal, id) })
}

func (s *Store) root(tx Tx, portal app.PortalID, id app.AuthorityID) (app.RootAuthority, error) {
	r, err := get[app.RootAuthority](s, tx, bucketRoots, authorityKey(portal, id), nil)
	return r, known(err, "authority.unknown")
}

// Roots gives the roots of a portal.
func (s *Store) Roots(ctx context.Context, portal app.PortalID) ([]app.RootAuthority, error) {
	return view(ctx, s, func(tx Tx) ([]app.RootAuthority, error) {
		return list[app.RootAuthority](s, tx, bucketRoots, Range{Prefix: prefix(string(portal))}, nil)
	})
}

// Issuer gives an issuing authority of a portal.
func (s *Store) Issuer(ctx context.Context, portal app.PortalID, id app.AuthorityID) (app.IssuingAuthority, error) {
	return view(ctx, s, func(tx Tx) (app.IssuingAuthority, error) { return s.issuer(tx, portal, id) })
}

func (s *Store) issuer(tx Tx, portal app.PortalID, id app.AuthorityID) (app.IssuingAuthority, error) {
	i, err := get[app.IssuingAuthority](s, tx, bucketIssuers, authorityKey(portal, id), nil)
	return i, known(err, "authority.unknown")
}

// Issuers gives the issuing authorities of a portal.
func (s *Store) Issuers(ctx context.Context, portal app.PortalID) ([]app.IssuingAuthority, error) {
	return view(ctx, s, func(tx Tx) ([]app.IssuingAuthority, error) {
		return list[app.IssuingAuthority](s, tx, bucketIssuers, Range{Prefix: prefix(string(portal))}, nil)
	})
}

// CreateRoot writes a new root with its key in PKCS#8, which is sealed.
func (s *Store) CreateRoot(ctx context.Context, r app.RootAuthority, pkcs8 []byte, entries ...app.AuditEntry) error {
	create, err := s.newAuthority(r.Portal, r.ID, pkcs8, true)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx Tx) error {
		if err := create(tx); err != nil {
			return err
		}
		return put(s, tx, bucketRoots, authorityKey(r.Portal, r.ID), r, nil)
	}, entries...)
}

// CreateIssuer writes a new issuing authority with its key in PKCS#8, which is
// sealed. Its root must be there: app.NotFound, "authority.unknown".
func (s *Store) CreateIssuer(ctx context.Context, i app.IssuingAuthority, pkcs8 []byte, entries ...app.AuditEntry) error {
	create, err := s.newAuthority(i.Portal, i.ID, pkcs8, false)
	if err != nil {
		return err
	}
	return s.update(ctx, func(tx Tx) error {
		if _, err := s.root(tx, i.Portal, i.Root); err != nil {
			return err
		}
		if err := create(tx); err != nil {
			return err
		}
		return put(s, tx, bucketIssuers, authorityKey(i.Portal, i.ID), i, nil)
	}, entries...)
}

// newAuthority gives what takes an id and keeps its key: an id is given once on
// the whole server.
func (s *Store) newAuthority(portal app.PortalID, id app.AuthorityID, pkcs8 []byte, root bool) (func(Tx) error, error) {
	if id == "" || len(pkcs8) == 0 {
		return nil, impossible("create authority", "it has no id or no key")
	}
	at := authorityKey(portal, id)
	sealed, err := s.keeper.Seal(pkcs8, associated(bucketAuthorityKeys, at, "key"))
	if err != nil {
		return nil, err
	}
	return func(tx Tx) error {
		taken, err := optional(get[place](s, tx, bucketAuthorityIDs, systemKey(string(id)), nil))
		switch {
		case err != nil:
			return err
		case taken != nil:
			return impossible("create authority", "its id is taken")
		}
		if err := put(s, tx, bucketAuthorityIDs, systemKey(string(id)), place{portal, root}, nil); err != nil {
			return err
		}
		return put(s, tx, bucketAuthorityKeys, at, keyRow{sealed}, nil)
	}, nil
}

// UpdateRoot changes what is kept beside a root's certificate. change may run
// more than once; when it returns an error nothing is stored. When it sets
// RemovedAt the key is destroyed in the same transaction.
func (s *Store) UpdateRoot(ctx context.Context, portal app.PortalID, id app.AuthorityID,
	change func(r *app.RootAuthority, now time.Time) ([]app.AuditEntry, error),
) (app.RootAuthority, error) {
	var r app.RootAuthority
	err := s.backend.Update(ctx, func(tx Tx) error {
		before, err := s.root(tx, portal, id)
		if err != nil {
			return err
		}
		r = before
		entries, err := change(&r, tx.Now())
		if err != nil {
			return err
		}
		switch {
		case r.ID != before.ID || r.Portal != before.Portal || !bytes.Equal(r.DER, before.DER):
			return impossible("update root", "it would become another root")
		case !before.RemovedAt.IsZero() && r.RemovedAt.IsZero():
			return impossible("update root", "a key that was destroyed does not come back")
		}
		if err := s.grows(before.List, r.List); err != nil {
			return err
		}
		if before.RemovedAt.IsZero() && !r.RemovedAt.IsZero() {
			if err := tx.Delete(bucketAuthorityKeys, authorityKey(portal, id)); err != nil {
				return err
			}
		}
		if err := put(s, tx, bucketRoots, authorityKey(portal, id), r, nil); err != nil {
			return err
		}
		return s.chain(tx, entries...)
	})
	return r, err
}

// UpdateIssuer changes what is kept beside an issuing authority; its certificate
// comes once, when the root has made it. change may run more than once; when it
// returns an error nothing is stored.
func (s *Store) UpdateIssuer(ctx context.Context, portal app.PortalID, id app.AuthorityID,
	change func(i *app.IssuingAuthority, now time.Time) ([]app.AuditEntry, error),
) (app.IssuingAuthority, error) {
	var i app.IssuingAuthority
	err := s.backend.Update(ctx, func(tx Tx) error {
		before, err := s.issuer(tx, portal, id)
		if err != nil {
			return err
		}
		i = before
		entries, err := change(&i, tx.Now())
		if err != nil {
			return err
		}
		switch {
		case i.ID != before.ID || i.Portal != before.Portal || i.Root != before.Root || len(before.DER) > 0 && !bytes.Equal(i.DER, before.DER):
			return impossible("update issuer", "it would become another authority")
		case !before.RevokedAt.IsZero() && i.RevokedAt.IsZero():
			return impossible("update issuer", "a revocation is for ever")
		}
		if err := s.grows(before.List, i.List); err != nil {
			return err
		}
		if err := put(s, tx, bucketIssuers, authorityKey(portal, id), i, nil); err != nil {
			return err
		}
		return s.chain(tx, entries...)
	})
	return i, err
}

// grows refuses a list that is not newer than the one before it: kind
// app.Conflict, so that two who make one at once do not both succeed.
func (s *Store) grows(before, after app.RevocationList) error {
	if bytes.Equal(before.DER, after.DER) && before.Number == after.Number || after.Number > before.Number {
		return nil
	}
	return app.Fail(app.Conflict, "save revocation list", "authority.list-old")
}

// AuthorityKey gives the private key of a root or an issuing authority in
// PKCS#8. The caller wipes it. A key that was destroyed is app.NotFound,
// "authority.key-away".
func (s *Store) AuthorityKey(ctx context.Context, portal app.PortalID, id app.AuthorityID) ([]byte, error) {
	at := authorityKey(portal, id)
	k, err := view(ctx, s, func(tx Tx) (keyRow, error) { return get[keyRow](s, tx, bucketAuthorityKeys, at, nil) })
	if err != nil {
		return nil, known(err, "authority.key-away")
	}
	return s.keeper.Open(k.Sealed, associated(bucketAuthorityKeys, at, "key"))
}
