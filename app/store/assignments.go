package store

import (
	"context"

	"signservice/app"
)

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
