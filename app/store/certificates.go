package store

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"signservice/app"
)

// keyRow holds a software key, PKCS#8 in base64, as a secret.
type keyRow struct{ Key app.Secret }

func keySecrets(k *keyRow) secrets { return secrets{"key": &k.Key} }

// Certificate gives a certificate of a portal.
func (s *Store) Certificate(ctx context.Context, portal app.PortalID, id app.CertificateID) (app.Certificate, error) {
	return view(ctx, s, func(tx Tx) (app.Certificate, error) { return s.certificate(tx, portal, id) })
}

func (s *Store) certificate(tx Tx, portal app.PortalID, id app.CertificateID) (app.Certificate, error) {
	return get[app.Certificate](s, tx, bucketCertificates, key(string(portal), string(id)), nil)
}

// Certificates gives a portal's certificates.
func (s *Store) Certificates(ctx context.Context, portal app.PortalID) ([]app.Certificate, error) {
	return view(ctx, s, func(tx Tx) ([]app.Certificate, error) {
		return list[app.Certificate](s, tx, bucketCertificates, Range{Prefix: prefix(string(portal))}, nil)
	})
}

// SaveCertificate writes a certificate and, for a software one, its key in
// PKCS#8. A token's certificate belongs to the portal that claims it first:
// kind app.Conflict, key "certificate.claimed", for another.
func (s *Store) SaveCertificate(ctx context.Context, c app.Certificate, pkcs8 []byte, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		if c.Source == app.KeyToken {
			if err := claim(tx, c); err != nil {
				return err
			}
		}
		at := key(string(c.Portal), string(c.ID))
		if pkcs8 != nil {
			k := keyRow{Key: app.Secret(base64.StdEncoding.EncodeToString(pkcs8))}
			if err := put(s, tx, bucketKeys, at, k, keySecrets(&k)); err != nil {
				return err
			}
		}
		return put(s, tx, bucketCertificates, at, c, nil)
	}, entries...)
}

// claim keeps a token's certificate for one portal.
func claim(tx Tx, c app.Certificate) error {
	at := key(system, string(c.ID))
	owner, err := optional(tx.Get(bucketClaims, at))
	if err != nil {
		return err
	}
	if owner != nil {
		var portal app.PortalID
		if err := json.Unmarshal(*owner, &portal); err != nil {
			return app.Fail(app.Internal, "claim certificate", "").Because(err)
		}
		if portal != c.Portal {
			return app.Fail(app.Conflict, "claim certificate", "certificate.claimed")
		}
		return nil
	}
	value, err := json.Marshal(c.Portal)
	if err != nil {
		return err
	}
	return tx.Put(bucketClaims, at, value)
}

// DeleteCertificate removes a certificate and its key. It refuses, with kind
// app.Conflict, one that is assigned or that a Request is being signed with.
func (s *Store) DeleteCertificate(ctx context.Context, portal app.PortalID, id app.CertificateID, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		c, err := s.certificate(tx, portal, id)
		if err != nil {
			return known(err, "certificate.unknown")
		}
		assigned, err := s.assignments(tx, portal)
		if err != nil {
			return err
		}
		for _, a := range assigned {
			if a.Certificate == id {
				return app.Fail(app.Conflict, "delete certificate", "certificate.assigned")
			}
		}
		working, err := s.unfinished(tx, prefix(system, string(portal)))
		if err != nil {
			return err
		}
		for _, r := range working {
			if r.Certificate == id {
				return app.Fail(app.Conflict, "delete certificate", "certificate.busy")
			}
		}
		if c.Source == app.KeyToken {
			if err := tx.Delete(bucketClaims, key(system, string(id))); err != nil {
				return err
			}
		}
		at := key(string(portal), string(id))
		if err := tx.Delete(bucketKeys, at); err != nil {
			return err
		}
		return tx.Delete(bucketCertificates, at)
	}, entries...)
}

// SoftwareKey gives the private key of a software certificate in PKCS#8. The
// caller wipes it.
func (s *Store) SoftwareKey(ctx context.Context, portal app.PortalID, id app.CertificateID) ([]byte, error) {
	k, err := view(ctx, s, func(tx Tx) (keyRow, error) {
		return get(s, tx, bucketKeys, key(string(portal), string(id)), keySecrets)
	})
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(k.Key.Reveal())
}

func assignmentKey(portal app.PortalID, user app.UserID, id app.CertificateID) string {
	return key(string(portal), string(user), string(id))
}

// Assign gives an account the right to use a certificate. Both must be there:
// kind app.NotFound, key "account.unknown" or "certificate.unknown".
func (s *Store) Assign(ctx context.Context, a app.Assignment, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		if _, err := s.account(tx, a.Portal, a.User); err != nil {
			return known(err, "account.unknown")
		}
		if _, err := s.certificate(tx, a.Portal, a.Certificate); err != nil {
			return known(err, "certificate.unknown")
		}
		return put(s, tx, bucketAssignments, assignmentKey(a.Portal, a.User, a.Certificate), a, nil)
	}, entries...)
}

// Unassign takes the right away; what is not assigned is no error.
func (s *Store) Unassign(ctx context.Context, portal app.PortalID, user app.UserID, id app.CertificateID, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		return tx.Delete(bucketAssignments, assignmentKey(portal, user, id))
	}, entries...)
}

// Assignments gives all assignments of a portal.
func (s *Store) Assignments(ctx context.Context, portal app.PortalID) ([]app.Assignment, error) {
	return view(ctx, s, func(tx Tx) ([]app.Assignment, error) { return s.assignments(tx, portal) })
}

func (s *Store) assignments(tx Tx, portal app.PortalID) ([]app.Assignment, error) {
	return list[app.Assignment](s, tx, bucketAssignments, Range{Prefix: prefix(string(portal))}, nil)
}

// AssignedTo gives the assignments of one account.
func (s *Store) AssignedTo(ctx context.Context, portal app.PortalID, user app.UserID) ([]app.Assignment, error) {
	return view(ctx, s, func(tx Tx) ([]app.Assignment, error) { return s.assignedTo(tx, portal, user) })
}

func (s *Store) assignedTo(tx Tx, portal app.PortalID, user app.UserID) ([]app.Assignment, error) {
	return list[app.Assignment](s, tx, bucketAssignments, Range{Prefix: prefix(string(portal), string(user))}, nil)
}

// Assigned tells whether an account may use a certificate.
func (s *Store) Assigned(ctx context.Context, portal app.PortalID, user app.UserID, id app.CertificateID) (bool, error) {
	a, err := view(ctx, s, func(tx Tx) (*app.Assignment, error) {
		return optional(get[app.Assignment](s, tx, bucketAssignments, assignmentKey(portal, user, id), nil))
	})
	return a != nil, err
}
