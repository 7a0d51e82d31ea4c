package admin

import (
	"context"

	"signservice/app"
)

// openLinks gives the portal's open links by user, without their secrets.
func (s *Service) openLinks(ctx context.Context, portal app.PortalID) (map[app.UserID]*app.Enrolment, error) {
	all, err := s.config.Store.Enrolments(ctx, portal)
	if err != nil {
		return nil, err
	}
	now := s.config.Now()
	open := map[app.UserID]*app.Enrolment{}
	for _, e := range all {
		if last := open[e.User]; e.Open(now) && (last == nil || last.CreatedAt.Before(e.CreatedAt)) {
			e.Pending = ""
			open[e.User] = &e
		}
	}
	return open, nil
}

// CreateLink makes a link that binds a phone to an account within
// app.EnrolmentLife. The token is the link's secret part and is given this
// once; an earlier open link of the account ends.
func (s *Service) CreateLink(ctx context.Context, v app.Visit, user app.UserID) (app.Secret, app.Enrolment, error) {
	const op = "create link"
	s.changes.Lock()
	defer s.changes.Unlock()
	account, err := s.account(ctx, v, op, user)
	if err != nil {
		return "", app.Enrolment{}, err
	}
	token, e, err := s.config.Enrolments.Create(ctx, v, account)
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	e.Pending = ""
	return token, e, nil
}

// WithdrawLink ends an open link of this portal, by its id.
func (s *Service) WithdrawLink(ctx context.Context, v app.Visit, id string) error {
	const op = "withdraw link"
	if err := allow(v, op); err != nil {
		return err
	}
	all, err := s.config.Store.Enrolments(ctx, v.Portal)
	if err != nil {
		return app.Wrap(op, err)
	}
	for _, e := range all {
		if e.ID == id {
			return app.Wrap(op, s.config.Enrolments.Withdraw(ctx, v, id))
		}
	}
	return app.Fail(app.NotFound, op, "link.unknown")
}
