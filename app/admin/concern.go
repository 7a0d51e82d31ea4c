package admin

import (
	"context"

	"signservice/app"
)

// later is what is done when an act's locks are free again: deferred before they
// are taken.
type later []func()

func (l *later) add(f func()) { *l = append(*l, f) }

func (l *later) run() {
	for _, f := range *l {
		f()
	}
}

// concern tells people what an administrator did that concerns them. The journal
// has it in any case: where no notice can be shown, the act stands. Nobody is
// told of their own acts. The message's first argument is the administrator.
func (s *Service) concern(ctx context.Context, v app.Visit, to []app.UserID, key string, args ...any) {
	s.tell(ctx, v.Portal, others(to, v.User), notice{by: v.User, key: key, args: append([]any{v.Name}, args...)})
}

// concernAdministrators is concern for the other administrators of the portal.
func (s *Service) concernAdministrators(ctx context.Context, v app.Visit, key string, args ...any) {
	if s.config.Notices == nil {
		return
	}
	s.concern(ctx, v, s.administrators(ctx, v.Portal), key, args...)
}

// PhoneBound tells the person and the administrators that a phone was bound by a
// link: who got hold of somebody's link signs in that person's name from then on.
func (s *Service) PhoneBound(ctx context.Context, e app.Enrolment) {
	if s.config.Notices == nil {
		return
	}
	s.tell(ctx, e.Portal, []app.UserID{e.User}, notice{by: e.User, key: "concern.phone-own"})
	name := s.personName(ctx, e.Portal, e.User)
	s.tell(ctx, e.Portal, others(s.administrators(ctx, e.Portal), e.User), notice{by: e.User, key: "concern.phone", args: []any{name}})
}

// CertificatesRevoked tells the holders of certificates that were revoked;
// AuthorityConfig.Revoked is given it.
func (s *Service) CertificatesRevoked(ctx context.Context, v app.Visit, list []app.IssuedCertificate) {
	if s.config.Notices == nil {
		return
	}
	var all []addressed
	for _, i := range list {
		n := notice{by: v.User, key: "concern.revoked", args: []any{v.Name, i.Name}}
		for _, to := range others(append(s.holders(ctx, v.Portal, i.Certificate), i.User), v.User) {
			all = append(all, addressed{n, to})
		}
	}
	s.tellAll(ctx, v.Portal, all)
}

// holders are the owner of a certificate and those who may use it.
func (s *Service) holders(ctx context.Context, portal app.PortalID, id app.CertificateID) []app.UserID {
	var list []app.UserID
	if c, err := s.config.Store.Certificate(ctx, portal, id); err == nil { // one for a request is not here
		list = append(list, c.Owner)
	}
	assigned, err := s.config.Store.Assignments(ctx, portal)
	if err != nil {
		s.untold(ctx, "", err)
	}
	for _, a := range assigned {
		if a.Certificate == id {
			list = append(list, a.User)
		}
	}
	return list
}

// personName is an account's name, else the user's number.
func (s *Service) personName(ctx context.Context, portal app.PortalID, user app.UserID) string {
	if a, err := s.config.Store.Account(ctx, portal, user); err == nil && a.Name != "" {
		return a.Name
	}
	return string(user)
}
