package store

import (
	"context"
	"time"

	"signservice/app"
)

func issuedKey(portal app.PortalID, authority app.AuthorityID, serial string) string {
	return key(string(portal), string(authority), serial)
}

// SaveIssued remembers a certificate that an authority is about to hand out,
// and, unless c is nil, takes it into use with its software key in PKCS#8 (nil
// with a token's), all in one transaction. A serial number is given once.
func (s *Store) SaveIssued(ctx context.Context, i app.IssuedCertificate, c *app.Certificate, pkcs8 []byte, entries ...app.AuditEntry) error {
	save := func(Tx) error { return nil }
	if c != nil {
		var err error
		if save, err = s.newCertificate(*c, pkcs8); err != nil {
			return err
		}
	}
	return s.update(ctx, func(tx Tx) error {
		if _, err := s.issuer(tx, i.Portal, i.Authority); err != nil {
			return err
		}
		at := issuedKey(i.Portal, i.Authority, i.Serial)
		taken, err := optional(get[app.IssuedCertificate](s, tx, bucketIssued, at, nil))
		switch {
		case err != nil:
			return err
		case taken != nil:
			return impossible("save issued certificate", "its serial number is taken")
		}
		if err := save(tx); err != nil {
			return err
		}
		return put(s, tx, bucketIssued, at, i, nil)
	}, entries...)
}

// Issued gives what an authority has issued under a serial number, hexadecimal:
// app.NotFound, "certificate.unknown", where there is nothing.
func (s *Store) Issued(ctx context.Context, portal app.PortalID, authority app.AuthorityID, serial string) (app.IssuedCertificate, error) {
	return view(ctx, s, func(tx Tx) (app.IssuedCertificate, error) { return s.issued(tx, portal, authority, serial) })
}

func (s *Store) issued(tx Tx, portal app.PortalID, authority app.AuthorityID, serial string) (app.IssuedCertificate, error) {
	i, err := get[app.IssuedCertificate](s, tx, bucketIssued, issuedKey(portal, authority, serial), nil)
	return i, known(err, "certificate.unknown")
}

// AllIssued gives what the portal's authorities have issued; an authority of ""
// is all of them.
func (s *Store) AllIssued(ctx context.Context, portal app.PortalID, authority app.AuthorityID) ([]app.IssuedCertificate, error) {
	below := prefix(string(portal))
	if authority != "" {
		below = prefix(string(portal), string(authority))
	}
	return view(ctx, s, func(tx Tx) ([]app.IssuedCertificate, error) {
		return list[app.IssuedCertificate](s, tx, bucketIssued, Range{Prefix: below}, nil)
	})
}

// UpdateIssued changes what is remembered of a certificate. Where change revokes
// it, the certificate signs no more from this very transaction on, and the
// authority's list is due. change may run more than once; when it returns an
// error nothing is stored.
func (s *Store) UpdateIssued(ctx context.Context, portal app.PortalID, authority app.AuthorityID, serial string,
	change func(i *app.IssuedCertificate, now time.Time) ([]app.AuditEntry, error),
) (app.IssuedCertificate, error) {
	var i app.IssuedCertificate
	err := s.backend.Update(ctx, func(tx Tx) error {
		before, err := s.issued(tx, portal, authority, serial)
		if err != nil {
			return err
		}
		i = before
		entries, err := change(&i, tx.Now())
		if err != nil {
			return err
		}
		if i.Portal != before.Portal || i.Authority != before.Authority || i.Serial != before.Serial || i.Certificate != before.Certificate {
			return impossible("update issued certificate", "it would become another certificate")
		}
		if !before.RevokedAt.IsZero() && !i.RevokedAt.Equal(before.RevokedAt) {
			return impossible("update issued certificate", "a revocation is for ever")
		}
		if before.RevokedAt.IsZero() && !i.RevokedAt.IsZero() {
			if err := s.revoked(tx, i); err != nil {
				return err
			}
		}
		if err := put(s, tx, bucketIssued, issuedKey(portal, authority, serial), i, nil); err != nil {
			return err
		}
		return s.chain(tx, entries...)
	})
	return i, err
}

// revoked stops the certificate, where it is still here, and asks for a list.
func (s *Store) revoked(tx Tx, i app.IssuedCertificate) error {
	c, err := optional(s.certificate(tx, i.Portal, i.Certificate))
	if err != nil {
		return err
	}
	if c != nil && c.RevokedAt.IsZero() {
		c.RevokedAt = i.RevokedAt
		if err := put(s, tx, bucketCertificates, key(string(i.Portal), string(c.ID)), *c, nil); err != nil {
			return err
		}
	}
	a, err := s.issuer(tx, i.Portal, i.Authority)
	if err != nil {
		return err
	}
	a.Revocations++
	return put(s, tx, bucketIssuers, authorityKey(i.Portal, i.Authority), a, nil)
}

// origin says of a certificate that is taken into use, from a token or a file,
// which authority of the portal issued it, and whether that has revoked it since.
func (s *Store) origin(tx Tx, c *app.Certificate) error {
	issuers, err := list[app.IssuingAuthority](s, tx, bucketIssuers, Range{Prefix: prefix(string(c.Portal))}, nil)
	if err != nil {
		return err
	}
	for _, i := range issuers {
		found, err := optional(s.issued(tx, c.Portal, i.ID, c.Serial))
		if err != nil {
			return err
		}
		if found == nil || found.Certificate != c.ID {
			continue
		}
		c.Authority = i.ID
		if c.RevokedAt.IsZero() {
			c.RevokedAt = found.RevokedAt
		}
		if len(c.Chain) == 0 {
			c.Chain = [][]byte{i.DER}
		}
	}
	return nil
}
