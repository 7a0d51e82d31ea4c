package store

import (
	"context"

	"signservice/app"
)

func assignmentKey(portal app.PortalID, user app.UserID, certificate app.CertificateID) string {
	return path(string(portal), string(user), string(certificate))
}

// Assign lets an account use a certificate of the same portal; both must exist.
// Assigning again changes and records nothing.
func (s *Store) Assign(ctx context.Context, a app.Assignment, entries ...app.AuditEntry) error {
	key := assignmentKey(a.Portal, a.User, a.Certificate)
	return app.Wrap("assign", s.backend.Update(ctx, func(tx Tx) error {
		if _, err := s.account(tx, a.Portal, a.User); err != nil {
			return err
		}
		if _, err := s.certificate(tx, a.Portal, a.Certificate); err != nil {
			return err
		}
		if there, err := exists(tx, assignmentBucket, key); there || err != nil {
			return err
		}
		if err := put(s.codec, tx, assignmentBucket, key, a); err != nil {
			return err
		}
		return s.chain(tx, entries)
	}))
}

// Unassign takes the right back. It fails with kind app.NotFound where there is
// none.
func (s *Store) Unassign(ctx context.Context, portal app.PortalID, user app.UserID, certificate app.CertificateID, entries ...app.AuditEntry) error {
	key := assignmentKey(portal, user, certificate)
	return s.update(ctx, "unassign", entries, func(tx Tx) error {
		if _, err := tx.Get(assignmentBucket, key); err != nil {
			return unknown(err, "assignment.unknown")
		}
		return tx.Delete(assignmentBucket, key)
	})
}

// Assignments gives the assignments of a portal, by user.
func (s *Store) Assignments(ctx context.Context, portal app.PortalID) ([]app.Assignment, error) {
	return list[app.Assignment](ctx, s, "list assignments", assignmentBucket, below(string(portal)))
}

// AssignedTo gives the assignments of an account.
func (s *Store) AssignedTo(ctx context.Context, portal app.PortalID, user app.UserID) ([]app.Assignment, error) {
	return list[app.Assignment](ctx, s, "list assignments", assignmentBucket, below(string(portal), string(user)))
}

// Assigned tells whether an account may use a certificate.
func (s *Store) Assigned(ctx context.Context, portal app.PortalID, user app.UserID, certificate app.CertificateID) (yes bool, err error) {
	key := assignmentKey(portal, user, certificate)
	err = s.view(ctx, "read assignment", func(tx Tx) error {
		yes, err = exists(tx, assignmentBucket, key)
		return err
	})
	return yes, err
}
