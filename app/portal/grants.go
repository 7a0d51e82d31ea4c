package portal

import (
	"context"
	"errors"
	"net/url"

	"signservice/app"
	"signservice/bitrix"
)

// grantStore keeps the grants of package bitrix as those of the domain. What
// the domain knows of the portal (client id, authorization server, address) is
// not repeated in each grant.
type grantStore struct{ portals *Portals }

// LoadGrant implements bitrix.GrantStore.
func (s *grantStore) LoadGrant(ctx context.Context, key bitrix.GrantKey) (bitrix.Grant, error) {
	portal, user := app.PortalID(key.MemberID), app.UserID(key.UserID.String())
	record, err := s.portals.installed(ctx, portal)
	if err != nil {
		return bitrix.Grant{}, err
	}
	g, err := s.portals.store.Grant(ctx, portal, user)
	if errors.Is(err, app.NotFound) {
		return bitrix.Grant{}, bitrix.ErrNoGrant
	}
	if err != nil {
		return bitrix.Grant{}, err
	}
	return bitrix.Grant{
		GrantKey: key, ClientID: record.ClientID, AuthServer: record.AuthServer, Endpoint: record.Endpoint,
		AccessToken: bitrix.Secret(g.Access), RefreshToken: bitrix.Secret(g.Refresh), Expires: g.ExpiresAt,
	}, nil
}

// SaveGrant implements bitrix.GrantStore. The answer of a renewal is verified,
// so a portal's new address is learned from it as well.
func (s *grantStore) SaveGrant(ctx context.Context, g bitrix.Grant) error {
	portal := app.PortalID(g.MemberID)
	err := s.portals.store.SaveGrant(ctx, app.Grant{
		Portal: portal, User: app.UserID(g.UserID.String()),
		Access: app.Secret(g.AccessToken), Refresh: app.Secret(g.RefreshToken),
		ExpiresAt: g.Expires, UpdatedAt: s.portals.clock.Now(),
	})
	if err != nil {
		return err
	}
	u, err := url.Parse(g.Endpoint)
	if err != nil {
		return err
	}
	_, err = s.portals.moveTo(ctx, portal, g.Endpoint, u.Host)
	return err
}

func grantKey(portal app.PortalID, user app.UserID) (bitrix.GrantKey, error) {
	id, ok := number(string(user))
	if !ok {
		return bitrix.GrantKey{}, app.Fail(app.NotFound, "find user", "user.unknown")
	}
	return bitrix.GrantKey{MemberID: string(portal), UserID: id}, nil
}
