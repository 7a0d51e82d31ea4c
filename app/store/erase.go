package store

import (
	"context"
	"time"

	"signservice/app"
)

// Erase removes all records of a portal that has removed the app and whose time
// to come back is over (app.Portal.EraseAt): keys, accounts, certificates,
// authorities, Requests, and the portal itself. The audit log stays as it is: it
// proves what was signed, and a chain with a hole proves nothing.
//
// It fails with app.Conflict while the portal is installed, may still come back,
// or has unfinished Requests. The files of its Requests are the caller's to
// delete, before.
func (s *Store) Erase(ctx context.Context, portal app.PortalID, now time.Time, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		p, err := get(s, tx, bucketPortals, key(string(portal)), portalSecrets)
		if err != nil {
			return err
		}
		if !p.Erasable(now) {
			return app.Fail(app.Conflict, "erase portal", "portal.in-use")
		}
		working, err := s.unfinished(tx, systemKey(string(portal))+"/")
		if err != nil {
			return err
		}
		if len(working) > 0 {
			return app.Fail(app.Conflict, "erase portal", "portal.in-use")
		}
		if err := s.eraseIndexes(tx, portal); err != nil {
			return err
		}
		for _, bucket := range Buckets() {
			if bucket == bucketAudit || bucket == bucketAuditPortals {
				continue
			}
			if err := tx.Delete(bucket, key(string(portal))); err != nil {
				return err
			}
			if err := eraseRows(tx, bucket, prefix(string(portal)), func(Row) (bool, error) { return true, nil }); err != nil {
				return err
			}
		}
		return nil
	}, entries...)
}

// eraseIndexes removes the rows below no portal's key that lead to records of
// the portal.
func (s *Store) eraseIndexes(tx Tx, portal app.PortalID) error {
	of := map[string]func(k string, value []byte) (app.PortalID, error){
		bucketEnrolmentIDs: func(k string, value []byte) (app.PortalID, error) {
			return decode[app.PortalID](s, bucketEnrolmentIDs, k, value, nil)
		},
		bucketClaims: func(k string, value []byte) (app.PortalID, error) {
			return decode[app.PortalID](s, bucketClaims, k, value, nil)
		},
		bucketDue: func(k string, value []byte) (app.PortalID, error) {
			ref, err := decode[RequestRef](s, bucketDue, k, value, nil)
			return ref.Portal, err
		},
		bucketUntold: func(k string, value []byte) (app.PortalID, error) {
			ref, err := decode[invitationRef](s, bucketUntold, k, value, nil)
			return ref.Portal, err
		},
		bucketAuthorityIDs: func(k string, value []byte) (app.PortalID, error) {
			at, err := decode[place](s, bucketAuthorityIDs, k, value, nil)
			return at.Portal, err
		},
	}
	for bucket, owner := range of {
		err := eraseRows(tx, bucket, system+"/", func(r Row) (bool, error) {
			found, err := owner(r.Key, r.Value)
			return found == portal, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseRows removes those of the rows below a prefix that are chosen.
func eraseRows(tx Tx, bucket, below string, chosen func(Row) (bool, error)) error {
	var gone []string
	for row, err := range tx.Scan(bucket, Range{Prefix: below}) {
		if err != nil {
			return err
		}
		yes, err := chosen(row)
		if err != nil {
			return err
		}
		if yes {
			gone = append(gone, row.Key)
		}
	}
	for _, k := range gone {
		if err := tx.Delete(bucket, k); err != nil {
			return err
		}
	}
	return nil
}
