package store

import (
	"context"

	"signservice/app"
)

func portalSecrets(p *app.Portal) secrets { return secrets{"applicationToken": &p.ApplicationToken} }

// Portal gives a portal by its member id.
func (s *Store) Portal(ctx context.Context, id app.PortalID) (app.Portal, error) {
	return view(ctx, s, func(tx Tx) (app.Portal, error) {
		return get(s, tx, bucketPortals, key(string(id)), portalSecrets)
	})
}

// Portals gives all portals, uninstalled ones included.
func (s *Store) Portals(ctx context.Context) ([]app.Portal, error) {
	return view(ctx, s, func(tx Tx) ([]app.Portal, error) {
		return list(s, tx, bucketPortals, Range{}, portalSecrets)
	})
}

// SavePortal writes a portal.
func (s *Store) SavePortal(ctx context.Context, p app.Portal, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		return put(s, tx, bucketPortals, key(string(p.ID)), p, portalSecrets(&p))
	}, entries...)
}

func grantSecrets(g *app.Grant) secrets {
	return secrets{"access": &g.Access, "refresh": &g.Refresh}
}

// Grant gives the tokens with which to act for a user.
func (s *Store) Grant(ctx context.Context, portal app.PortalID, user app.UserID) (app.Grant, error) {
	return view(ctx, s, func(tx Tx) (app.Grant, error) {
		return get(s, tx, bucketGrants, key(string(portal), string(user)), grantSecrets)
	})
}

// SaveGrant writes the tokens of a user; they are durable when it returns.
func (s *Store) SaveGrant(ctx context.Context, g app.Grant) error {
	return s.update(ctx, func(tx Tx) error {
		return put(s, tx, bucketGrants, key(string(g.Portal), string(g.User)), g, grantSecrets(&g))
	})
}

// DeleteGrants forgets all tokens of a portal.
func (s *Store) DeleteGrants(ctx context.Context, portal app.PortalID) error {
	return s.update(ctx, func(tx Tx) error {
		grants, err := list[app.Grant](s, tx, bucketGrants, Range{Prefix: prefix(string(portal))}, nil)
		if err != nil {
			return err
		}
		for _, g := range grants {
			if err := tx.Delete(bucketGrants, key(string(portal), string(g.User))); err != nil {
				return err
			}
		}
		return nil
	})
}
