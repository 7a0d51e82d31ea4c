package store

import (
	"context"

	"signservice/app"
)

// tokenRow is what is kept of a PKCS#11 token, which is the whole server's: its
// key begins with system.
type tokenRow struct {
	// Portal is the one portal that may use the token where the configuration
	// names none; "" where it does.
	Portal app.PortalID `json:"portal,omitempty"`
	// PIN was typed by an administrator. It is sealed.
	PIN app.Secret `json:"-"`
}

func tokenSecrets(r *tokenRow) secrets { return secrets{"pin": &r.PIN} }

func tokenKey(serial string) string { return systemKey("token", serial) }

func (s *Store) token(tx Tx, serial string) (tokenRow, error) {
	row, err := optional(get(s, tx, bucketSystem, tokenKey(serial), tokenSecrets))
	if err != nil || row == nil {
		return tokenRow{}, err
	}
	return *row, nil
}

// ClaimToken gives the portal that a token belongs to. A token that belongs to
// none becomes the portal's that is the only one installed, for good; where
// several are it stays nobody's: "". One without a serial number, which was not
// seen yet, is told of but not kept.
func (s *Store) ClaimToken(ctx context.Context, serial string) (app.PortalID, error) {
	row, err := view(ctx, s, func(tx Tx) (tokenRow, error) { return s.token(tx, serial) })
	if err != nil || row.Portal != "" {
		return row.Portal, err
	}
	var owner app.PortalID
	err = s.update(ctx, func(tx Tx) error {
		owner = ""
		row, err := s.token(tx, serial)
		if err != nil || row.Portal != "" {
			owner = row.Portal
			return err
		}
		if row.Portal, err = s.onlyPortal(tx); err != nil || row.Portal == "" {
			return err
		}
		if owner = row.Portal; serial == "" {
			return nil
		}
		return put(s, tx, bucketSystem, tokenKey(serial), row, tokenSecrets(&row))
	})
	return owner, err
}

// onlyPortal gives the one portal where the app is installed, or "".
func (s *Store) onlyPortal(tx Tx) (only app.PortalID, err error) {
	for p, err := range each(s, tx, bucketPortals, Range{}, portalSecrets) {
		switch {
		case err != nil:
			return "", err
		case !p.Installed():
		case only != "":
			return "", nil
		default:
			only = p.ID
		}
	}
	return only, nil
}

// TokenPIN gives the PIN of a token that an administrator typed; "" where there
// is none.
func (s *Store) TokenPIN(ctx context.Context, serial string) (app.Secret, error) {
	row, err := view(ctx, s, func(tx Tx) (tokenRow, error) { return s.token(tx, serial) })
	return row.PIN, err
}

// SaveTokenPIN keeps the PIN of a token, sealed, in place of an earlier one; ""
// forgets it.
func (s *Store) SaveTokenPIN(ctx context.Context, serial string, pin app.Secret, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		row, err := s.token(tx, serial)
		if err != nil {
			return err
		}
		row.PIN = pin
		return put(s, tx, bucketSystem, tokenKey(serial), row, tokenSecrets(&row))
	}, entries...)
}
