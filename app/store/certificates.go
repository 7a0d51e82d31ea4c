package store

import (
	"context"
	"errors"

	"signservice/app"
)

const (
	certificateBucket = "certificates"
	softwareKeyBucket = "software_keys"
	tokenClaimBucket  = "token_claims"
	assignmentBucket  = "assignments"
)

// softwareKeyRecord is a private key, sealed, apart from its certificate, so
// that lists never touch it.
type softwareKeyRecord struct {
	PKCS8 []byte
}

// claimRecord tells which portal uses a token's certificate. A token is the
// whole server's: without it an administrator of one portal could take the key
// of another's.
type claimRecord struct {
	Portal app.PortalID
}

func certificateKey(portal app.PortalID, id app.CertificateID) string {
	return path(string(portal), string(id))
}

// Certificate gives a certificate of a portal.
func (s *Store) Certificate(ctx context.Context, portal app.PortalID, id app.CertificateID) (c app.Certificate, err error) {
	err = s.view(ctx, "read certificate", func(tx Tx) (err error) {
		c, err = s.certificate(tx, portal, id)
		return err
	})
	return c, err
}

func (s *Store) certificate(tx Tx, portal app.PortalID, id app.CertificateID) (app.Certificate, error) {
	c, err := get[app.Certificate](s.codec, tx, certificateBucket, certificateKey(portal, id))
	return c, unknown(err, "certificate.unknown")
}

// Certificates gives the certificates of a portal.
func (s *Store) Certificates(ctx context.Context, portal app.PortalID) ([]app.Certificate, error) {
	return list[app.Certificate](ctx, s, "list certificates", certificateBucket, below(string(portal)))
}

// SaveCertificate writes a certificate, new or changed. key is the private key
// in PKCS#8 of a software certificate, and nil for one on a token or where the
// key is already kept. It fails with kind app.Conflict and key
// "certificate.claimed" when another portal uses the token's certificate.
func (s *Store) SaveCertificate(ctx context.Context, c app.Certificate, key []byte, entries ...app.AuditEntry) error {
	if err := errors.Join(named("certificate", c.Portal), named("certificate", c.ID)); err != nil {
		return err
	}
	if c.Source != app.KeySoftware && key != nil {
		return app.Fail(app.Internal, "save certificate", "").Because(errors.New("a private key came with a token's certificate"))
	}
	k := certificateKey(c.Portal, c.ID)
	sealed, err := s.codec.seal(softwareKeyBucket, k, "PKCS8", key)
	if err != nil {
		return err
	}
	return s.update(ctx, "save certificate", entries, func(tx Tx) error {
		switch {
		case c.Source == app.KeyToken:
			if err := s.claim(tx, c); err != nil {
				return err
			}
		case key != nil:
			if err := put(s.codec, tx, softwareKeyBucket, k, softwareKeyRecord{sealed}); err != nil {
				return err
			}
		default:
			if err := keyKept(tx, k); err != nil {
				return err
			}
		}
		return put(s.codec, tx, certificateBucket, k, c)
	})
}

func keyKept(tx Tx, key string) error {
	kept, err := exists(tx, softwareKeyBucket, key)
	if err == nil && !kept {
		err = app.Fail(app.Internal, "save certificate", "").Because(errors.New("its private key is missing"))
	}
	return err
}

// claim takes a token's certificate for its portal.
func (s *Store) claim(tx Tx, c app.Certificate) error {
	key := systemPath(string(c.ID))
	owner, err := get[claimRecord](s.codec, tx, tokenClaimBucket, key)
	switch {
	case errors.Is(err, app.NotFound):
		return put(s.codec, tx, tokenClaimBucket, key, claimRecord{c.Portal})
	case err != nil:
		return err
	case owner.Portal != c.Portal:
		return app.Fail(app.Conflict, "claim certificate", "certificate.claimed")
	}
	return nil
}

// DeleteCertificate removes a certificate and destroys its software key. It
// fails with kind app.Conflict while the certificate is assigned
// ("certificate.assigned") or a Request that is not finished needs it
// ("certificate.busy").
func (s *Store) DeleteCertificate(ctx context.Context, portal app.PortalID, id app.CertificateID, entries ...app.AuditEntry) error {
	return s.update(ctx, "delete certificate", entries, func(tx Tx) error {
		c, err := s.certificate(tx, portal, id)
		if err != nil {
			return err
		}
		if err := s.unused(tx, c); err != nil {
			return err
		}
		key := certificateKey(portal, id)
		if c.Source == app.KeyToken {
			if err := tx.Delete(tokenClaimBucket, systemPath(string(id))); err != nil {
				return err
			}
		}
		return errors.Join(tx.Delete(certificateBucket, key), tx.Delete(softwareKeyBucket, key))
	})
}

// unused refuses a certificate that someone may still sign with.
func (s *Store) unused(tx Tx, c app.Certificate) error {
	prefix := below(string(c.Portal))
	for a, err := range scan[app.Assignment](s.codec, tx, assignmentBucket, Range{Prefix: prefix}) {
		if err != nil {
			return err
		}
		if a.Certificate == c.ID {
			return app.Fail(app.Conflict, "check certificate", "certificate.assigned")
		}
	}
	for ref, err := range scan[RequestRef](s.codec, tx, unfinishedBucket, Range{Prefix: prefix}) {
		if err != nil {
			return err
		}
		r, err := s.request(tx, ref.Portal, ref.ID)
		if err != nil {
			return err
		}
		if r.Certificate == c.ID {
			return app.Fail(app.Conflict, "check certificate", "certificate.busy")
		}
	}
	return nil
}

// SoftwareKey gives the private key of a software certificate, in PKCS#8. The
// caller wipes it.
func (s *Store) SoftwareKey(ctx context.Context, portal app.PortalID, id app.CertificateID) (pkcs8 []byte, err error) {
	key := certificateKey(portal, id)
	err = s.view(ctx, "read software key", func(tx Tx) error {
		r, err := get[softwareKeyRecord](s.codec, tx, softwareKeyBucket, key)
		if err != nil {
			return unknown(err, "certificate.unknown")
		}
		pkcs8, err = s.codec.open(softwareKeyBucket, key, "PKCS8", r.PKCS8)
		return err
	})
	return pkcs8, err
}

// Assigned tells whether an account may use a certificate.
func (s *Store) Assigned(ctx context.Context, portal app.PortalID, user app.UserID, id app.CertificateID) (bool, error) {
	a, err := view(ctx, s, func(tx Tx) (*app.Assignment, error) {
		return optional(get[app.Assignment](s, tx, bucketAssignments, assignmentKey(portal, user, id), nil))
	})
	return a != nil, err
}
