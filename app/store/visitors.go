package store

import (
	"context"

	"signservice/app"
)

// Visitor gives a user as they were at their last visit.
func (s *Store) Visitor(ctx context.Context, portal app.PortalID, user app.UserID) (app.Visitor, error) {
	return view(ctx, s, func(tx Tx) (app.Visitor, error) {
		return get[app.Visitor](s, tx, bucketVisitors, key(string(portal), string(user)), nil)
	})
}

// Visitors gives all users of a portal who have opened a page of ours.
func (s *Store) Visitors(ctx context.Context, portal app.PortalID) ([]app.Visitor, error) {
	return view(ctx, s, func(tx Tx) ([]app.Visitor, error) {
		return list[app.Visitor](s, tx, bucketVisitors, Range{Prefix: prefix(string(portal))}, nil)
	})
}

// SaveVisitor writes how a user was at their last visit.
func (s *Store) SaveVisitor(ctx context.Context, v app.Visitor) error {
	return s.update(ctx, func(tx Tx) error {
		return put(s, tx, bucketVisitors, key(string(v.Portal), string(v.User)), v, nil)
	})
}
