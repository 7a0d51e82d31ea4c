package store

import (
	"bytes"
	"context"
	"time"

	"signservice/app"
)

// keyRow holds a software key in PKCS#8, sealed. It is apart from its
// certificate, so that lists never touch it, and never a text, which could not
// be wiped.
type keyRow struct {
	Sealed []byte `json:"sealed"`
}

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
// PKCS#8; nil leaves the key that is kept. A token's certificate belongs to the
// portal that claims it first, since a token is the whole server's: kind
// app.Conflict, key "certificate.claimed", for another.
func (s *Store) SaveCertificate(ctx context.Context, c app.Certificate, pkcs8 []byte, entries ...app.AuditEntry) error {
	save, err := s.newCertificate(c, pkcs8)
	if err != nil {
		return err
	}
	return s.update(ctx, save, entries...)
}

// newCertificate gives what writes a certificate with its key.
func (s *Store) newCertificate(c app.Certificate, pkcs8 []byte) (func(Tx) error, error) {
	at := key(string(c.Portal), string(c.ID))
	if pkcs8 != nil && c.Source != app.KeySoftware {
		return nil, impossible("save certificate", "a private key came with a token's certificate")
	}
	sealed, err := s.keeper.Seal(pkcs8, associated(bucketKeys, at, "key"))
	if err != nil {
		return nil, err
	}
	return func(tx Tx) error {
		switch {
		case c.Source == app.KeyToken:
			if err := s.claim(tx, c); err != nil {
				return err
			}
		case pkcs8 != nil:
			if err := put(s, tx, bucketKeys, at, keyRow{sealed}, nil); err != nil {
				return err
			}
		default:
			if _, err := tx.Get(bucketKeys, at); err != nil {
				return known(err, "certificate.unknown")
			}
		}
		kept := c
		if err := s.origin(tx, &kept); err != nil {
			return err
		}
		return put(s, tx, bucketCertificates, at, kept, nil)
	}, nil
}

// UpdateCertificate changes what is kept beside a certificate: its owner, its
// chain, whether it was revoked. change may run more than once; when it returns
// an error nothing is stored. What the certificate is does not change.
func (s *Store) UpdateCertificate(ctx context.Context, portal app.PortalID, id app.CertificateID,
	change func(c *app.Certificate, now time.Time) ([]app.AuditEntry, error),
) (app.Certificate, error) {
	var c app.Certificate
	err := s.backend.Update(ctx, func(tx Tx) error {
		before, err := s.certificate(tx, portal, id)
		if err != nil {
			return known(err, "certificate.unknown")
		}
		c = before
		entries, err := change(&c, tx.Now())
		if err != nil {
			return err
		}
		if c.ID != before.ID || c.Portal != before.Portal || c.Source != before.Source || !bytes.Equal(c.DER, before.DER) ||
			c.TokenSerial != before.TokenSerial || c.KeyID != before.KeyID {
			return impossible("update certificate", "it would become another certificate")
		}
		if !before.RevokedAt.IsZero() && c.RevokedAt.IsZero() {
			return impossible("update certificate", "a revocation is for ever")
		}
		if err := put(s, tx, bucketCertificates, key(string(portal), string(id)), c, nil); err != nil {
			return err
		}
		return s.chain(tx, entries...)
	})
	return c, err
}

// claim keeps a token's certificate for one portal.
func (s *Store) claim(tx Tx, c app.Certificate) error {
	at := systemKey(string(c.ID))
	owner, err := optional(get[app.PortalID](s, tx, bucketClaims, at, nil))
	switch {
	case err != nil:
		return err
	case owner == nil:
		return put(s, tx, bucketClaims, at, c.Portal, nil)
	case *owner != c.Portal:
		return app.Fail(app.Conflict, "claim certificate", "certificate.claimed")
	}
	return nil
}

// DeleteCertificate removes a certificate and its key. It refuses, with kind
// app.Conflict, one that is assigned or that a Request is being signed with.
func (s *Store) DeleteCertificate(ctx context.Context, portal app.PortalID, id app.CertificateID, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		c, err := s.certificate(tx, portal, id)
		if err != nil {
			return known(err, "certificate.unknown")
		}
		if err := s.unused(tx, portal, id); err != nil {
			return err
		}
		if c.Source == app.KeyToken {
			if err := tx.Delete(bucketClaims, systemKey(string(id))); err != nil {
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

// unused refuses a certificate that someone may still sign with.
func (s *Store) unused(tx Tx, portal app.PortalID, id app.CertificateID) error {
	assigned, err := s.assignments(tx, portal)
	if err != nil {
		return err
	}
	for _, a := range assigned {
		if a.Certificate == id {
			return app.Fail(app.Conflict, "delete certificate", "certificate.assigned")
		}
	}
	working, err := s.unfinished(tx, systemKey(string(portal))+"/")
	if err != nil {
		return err
	}
	for _, r := range working {
		if r.Certificate == id {
			return app.Fail(app.Conflict, "delete certificate", "certificate.busy")
		}
	}
	return nil
}

// SoftwareKey gives the private key of a software certificate in PKCS#8. The
// caller wipes it.
func (s *Store) SoftwareKey(ctx context.Context, portal app.PortalID, id app.CertificateID) ([]byte, error) {
	at := key(string(portal), string(id))
	k, err := view(ctx, s, func(tx Tx) (keyRow, error) { return get[keyRow](s, tx, bucketKeys, at, nil) })
	if err != nil {
		return nil, err
	}
	return s.keeper.Open(k.Sealed, associated(bucketKeys, at, "key"))
}
