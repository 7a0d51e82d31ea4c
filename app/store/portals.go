package store

import (
	"context"
	"errors"

	"signservice/app"
)

const (
	portalBucket = "portals"
	grantBucket  = "grants"
)

// portalRecord is a Portal as it is kept: its secret sealed. The field of the
// same name hides the one of app.Portal from the encoder.
type portalRecord struct {
	app.Portal
	ApplicationToken []byte
}

func portalKey(id app.PortalID) string { return path(string(id)) }

// Portal gives a portal, installed or not.
func (s *Store) Portal(ctx context.Context, id app.PortalID) (p app.Portal, err error) {
	err = s.view(ctx, "read portal", func(tx Tx) error {
		r, err := get[portalRecord](s.codec, tx, portalBucket, portalKey(id))
		if err != nil {
			return unknown(err, "portal.unknown")
		}
		p, err = s.openPortal(r)
		return err
	})
	return p, err
}

// Portals gives every portal that was ever installed.
func (s *Store) Portals(ctx context.Context) (list []app.Portal, err error) {
	err = s.view(ctx, "list portals", func(tx Tx) error {
		list = nil
		for r, err := range scan[portalRecord](s.codec, tx, portalBucket, Range{}) {
			if err != nil {
				return err
			}
			p, err := s.openPortal(r)
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return nil
	})
	return list, err
}

func (s *Store) openPortal(r portalRecord) (app.Portal, error) {
	token, err := s.codec.openText(portalBucket, portalKey(r.ID), "ApplicationToken", r.ApplicationToken)
	r.Portal.ApplicationToken = token
	return r.Portal, err
}

// SavePortal writes a portal, new or changed.
func (s *Store) SavePortal(ctx context.Context, p app.Portal, entries ...app.AuditEntry) error {
	if err := named("portal", p.ID); err != nil {
		return err
	}
	key := portalKey(p.ID)
	token, err := s.codec.sealText(portalBucket, key, "ApplicationToken", p.ApplicationToken)
	if err != nil {
		return err
	}
	return s.update(ctx, "save portal", entries, func(tx Tx) error {
		return put(s.codec, tx, portalBucket, key, portalRecord{p, token})
	})
}

// grantRecord is a Grant as it is kept: its tokens sealed.
type grantRecord struct {
	app.Grant
	Access, Refresh []byte
}

func grantKey(portal app.PortalID, user app.UserID) string { return path(string(portal), string(user)) }

// Grant gives the tokens of a user of a portal.
func (s *Store) Grant(ctx context.Context, portal app.PortalID, user app.UserID) (g app.Grant, err error) {
	key := grantKey(portal, user)
	err = s.view(ctx, "read grant", func(tx Tx) error {
		r, err := get[grantRecord](s.codec, tx, grantBucket, key)
		if err != nil {
			return err
		}
		g = r.Grant
		if g.Access, err = s.codec.openText(grantBucket, key, "Access", r.Access); err != nil {
			return err
		}
		g.Refresh, err = s.codec.openText(grantBucket, key, "Refresh", r.Refresh)
		return err
	})
	return g, err
}

// SaveGrant writes the tokens of a user, new or renewed.
func (s *Store) SaveGrant(ctx context.Context, g app.Grant) error {
	if err := errors.Join(named("grant", g.Portal), named("grant", g.User)); err != nil {
		return err
	}
	key := grantKey(g.Portal, g.User)
	access, err := s.codec.sealText(grantBucket, key, "Access", g.Access)
	if err != nil {
		return err
	}
	refresh, err := s.codec.sealText(grantBucket, key, "Refresh", g.Refresh)
	if err != nil {
		return err
	}
	return s.update(ctx, "save grant", nil, func(tx Tx) error {
		return put(s.codec, tx, grantBucket, key, grantRecord{g, access, refresh})
	})
}

// DeleteGrants removes the tokens of all users of a portal.
func (s *Store) DeleteGrants(ctx context.Context, portal app.PortalID) error {
	return s.update(ctx, "delete grants", nil, func(tx Tx) error {
		return deleteAll(tx, grantBucket, Range{Prefix: below(string(portal))})
	})
}
