package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"signservice/app"
)

func invitationSecrets(i *app.Invitation) secrets { return secrets{"eventToken": &i.Robot.EventToken} }

// invitationRef names an Invitation.
type invitationRef struct {
	Portal app.PortalID     `json:"portal"`
	ID     app.InvitationID `json:"id"`
}

// SaveInvitation writes a new Invitation; app.Conflict (invitation.already)
// when there is one of its id.
func (s *Store) SaveInvitation(ctx context.Context, i app.Invitation, entries ...app.AuditEntry) error {
	return s.update(ctx, func(tx Tx) error {
		_, err := s.invitation(tx, i.Portal, i.ID)
		if err == nil {
			return app.Fail(app.Conflict, "save invitation", "invitation.already")
		}
		if !errors.Is(err, app.NotFound) {
			return err
		}
		return s.putInvitation(tx, i)
	}, entries...)
}

// Invitation gives an Invitation of a portal.
func (s *Store) Invitation(ctx context.Context, portal app.PortalID, id app.InvitationID) (app.Invitation, error) {
	return view(ctx, s, func(tx Tx) (app.Invitation, error) { return s.invitation(tx, portal, id) })
}

func (s *Store) invitation(tx Tx, portal app.PortalID, id app.InvitationID) (app.Invitation, error) {
	return get(s, tx, bucketInvitations, key(string(portal), string(id)), invitationSecrets)
}

// putInvitation writes an Invitation and its indexes: by element, and among
// those whose state the portal has not been told.
func (s *Store) putInvitation(tx Tx, i app.Invitation) error {
	if err := put(s, tx, bucketInvitations, key(string(i.Portal), string(i.ID)), i, invitationSecrets(&i)); err != nil {
		return err
	}
	ref := invitationRef{i.Portal, i.ID}
	at := key(string(i.Portal), entityKey(i.Document.Entity), stamp(i.CreatedAt), string(i.ID))
	if err := put(s, tx, bucketInvitationTimes, at, ref, nil); err != nil {
		return err
	}
	untold := systemKey(string(i.Portal), string(i.ID))
	if i.Told != i.State {
		return put(s, tx, bucketUntold, untold, ref, nil)
	}
	return tx.Delete(bucketUntold, untold)
}

// Invitations lists a portal's Invitations, newest first.
func (s *Store) Invitations(ctx context.Context, portal app.PortalID, q app.InvitationQuery) ([]app.Invitation, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	parts := []string{string(portal)}
	if q.Entity != (app.Entity{}) {
		parts = append(parts, entityKey(q.Entity))
	}
	return view(ctx, s, func(tx Tx) ([]app.Invitation, error) {
		found := []app.Invitation{}
		for ref, err := range each[invitationRef](s, tx, bucketInvitationTimes, Range{Prefix: prefix(parts...), Reverse: true}, nil) {
			if err != nil {
				return nil, err
			}
			i, err := s.invitation(tx, ref.Portal, ref.ID)
			if err != nil {
				return nil, err
			}
			if q.To != "" && i.To != q.To || q.Open && !i.Open() {
				continue
			}
			found = append(found, i)
		}
		slices.SortStableFunc(found, func(a, b app.Invitation) int { return b.CreatedAt.Compare(a.CreatedAt) })
		return found[:min(limit, len(found))], nil
	})
}

// UpdateInvitation changes an Invitation in one transaction with its audit
// entries. change may run more than once; when it returns an error nothing is
// stored. What has ended does not begin again.
func (s *Store) UpdateInvitation(ctx context.Context, portal app.PortalID, id app.InvitationID,
	change func(i *app.Invitation, now time.Time) ([]app.AuditEntry, error),
) (app.Invitation, error) {
	var out app.Invitation
	err := s.backend.Update(ctx, func(tx Tx) error {
		old, err := s.invitation(tx, portal, id)
		if err != nil {
			return err
		}
		i := old
		entries, err := change(&i, tx.Now())
		if err != nil {
			return err
		}
		switch {
		case i.ID != old.ID || i.Portal != old.Portal || i.From != old.From || i.To != old.To ||
			i.Document.Entity != old.Document.Entity || !i.CreatedAt.Equal(old.CreatedAt):
			return impossible("change invitation", "it became another one")
		case !old.Open() && i.State != old.State:
			return impossible("change invitation", "it had ended")
		}
		if err := s.putInvitation(tx, i); err != nil {
			return err
		}
		out = i
		return s.chain(tx, entries...)
	})
	if err != nil {
		return app.Invitation{}, err
	}
	return out, nil
}

// Untold gives the Invitations of all portals whose state the portal has not
// been told.
func (s *Store) Untold(ctx context.Context) ([]app.Invitation, error) {
	return view(ctx, s, func(tx Tx) ([]app.Invitation, error) {
		refs, err := list[invitationRef](s, tx, bucketUntold, Range{Prefix: system + "/"}, nil)
		if err != nil {
			return nil, err
		}
		var all []app.Invitation
		for _, ref := range refs {
			i, err := s.invitation(tx, ref.Portal, ref.ID)
			if err != nil {
				return nil, err
			}
			all = append(all, i)
		}
		return all, nil
	})
}
