package store

import (
	"context"

	"signservice/app"
)

// Settings gives what the administrators of a portal decided; the zero
// Settings of the portal where they decided nothing.
func (s *Store) Settings(ctx context.Context, portal app.PortalID) (app.Settings, error) {
	return view(ctx, s, func(tx Tx) (app.Settings, error) { return s.settings(tx, portal) })
}

func (s *Store) settings(tx Tx, portal app.PortalID) (app.Settings, error) {
	found, err := optional(get[app.Settings](s, tx, bucketSettings, key(string(portal)), nil))
	if err != nil || found == nil {
		return app.Settings{Portal: portal}, err
	}
	return *found, nil
}

// SaveSettings writes the settings of a portal.
func (s *Store) SaveSettings(ctx context.Context, v app.Settings, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		return put(s, tx, bucketSettings, key(string(v.Portal)), v, nil)
	}, entries...)
}
