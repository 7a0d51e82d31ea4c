package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

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
//
// It wants the administrator's code where the link could put a phone in the place
// of another, where it suffices by itself, and for an account of an
// administrator: whoever has a signed-in administrator's browser but no code
// would make the phone that gives one.
func (s *Service) CreateLink(ctx context.Context, v app.Visit, user app.UserID) (app.Secret, app.Enrolment, error) {
	const op = "create link"
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	account, err := s.account(ctx, v, op, user)
	if err != nil {
		return "", app.Enrolment{}, err
	}
	danger, bound, err := s.linkDanger(ctx, v, user)
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	if danger {
		if err := s.confirm(ctx, v, op); err != nil {
			return "", app.Enrolment{}, err
		}
	}
	token, e, err := s.config.Enrolments.Create(ctx, v, account)
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	if bound {
		notices.add(func() { s.concern(ctx, v, []app.UserID{user}, "concern.link") })
	}
	e.Pending = ""
	return token, e, nil
}

// linkDanger tells whether a link for the user wants a code, and whether the user
// has a phone already.
func (s *Service) linkDanger(ctx context.Context, v app.Visit, user app.UserID) (danger, bound bool, err error) {
	p, err := s.config.Store.Portal(ctx, v.Portal)
	if err != nil {
		return false, false, err
	}
	_, err = s.config.Store.Authenticator(ctx, v.Portal, user)
	if err != nil && !errors.Is(err, app.NotFound) {
		return false, false, err
	}
	bound = err == nil
	seen, err := s.config.Store.Visitor(ctx, v.Portal, user)
	if err != nil && !errors.Is(err, app.NotFound) {
		return false, false, err
	}
	return bound || p.LinkAlone || seen.Admin || user == v.User || user == p.InstalledBy, bound, nil
}

// OperatorLink makes a setup link by the word of the server's operator, for the
// portal of a domain: the way back for an administrator whose phone is lost where
// no other one can confirm a link. The person and the administrators are told.
//
// Errors: app.NotFound link.portal-unknown, link.account-unknown.
func (s *Service) OperatorLink(ctx context.Context, domain string, user app.UserID) (app.Secret, app.Enrolment, error) {
	const op = "create operator's link"
	all, err := s.config.Store.Portals(ctx)
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	at := slices.IndexFunc(all, func(p app.Portal) bool { return p.Installed() && strings.EqualFold(p.Domain, domain) })
	if at < 0 {
		return "", app.Enrolment{}, app.Fail(app.NotFound, op, "link.portal-unknown")
	}
	portal := all[at].ID
	account, err := s.config.Store.Account(ctx, portal, user)
	if errors.Is(err, app.NotFound) {
		return "", app.Enrolment{}, app.Fail(app.NotFound, op, "link.account-unknown").Because(err)
	}
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	token, e, err := s.config.Enrolments.CreateByOperator(ctx, account)
	if err != nil {
		return "", app.Enrolment{}, app.Wrap(op, err)
	}
	e.Pending = ""
	n := notice{by: user, key: "concern.link-operator", args: []any{s.personName(ctx, portal, user)}}
	s.tell(ctx, portal, append(s.administrators(ctx, portal), user), n)
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
