package admin

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

// Assignments lists who may use which certificate of the portal.
func (s *Service) Assignments(ctx context.Context, v app.Visit) ([]app.Assignment, error) {
	if err := allow(v, "list assignments"); err != nil {
		return nil, err
	}
	list, err := s.config.Store.Assignments(ctx, v.Portal)
	return list, app.Wrap("list assignments", err)
}

// Assign lets an account use a certificate. To assign again does nothing. It
// wants the administrator's code unless the certificate is known to be the
// person's own: one that is nobody's may name anybody.
func (s *Service) Assign(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID) error {
	const op = "assign certificate"
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	assigned, err := s.assigned(ctx, v, op, user, certificate)
	if err != nil || assigned {
		return err
	}
	person, err := s.account(ctx, v, op, user)
	if err != nil {
		return err
	}
	if err := s.hasCertificate(ctx, v, op, certificate); err != nil {
		return err
	}
	c, err := s.config.Store.Certificate(ctx, v.Portal, certificate)
	if err != nil {
		return app.Wrap(op, err)
	}
	if c.Owner != user { // somebody will sign in another's name
		if err := s.confirm(ctx, v, op); err != nil {
			return err
		}
	}
	a := app.Assignment{Portal: v.Portal, User: user, Certificate: certificate, CreatedAt: s.config.Now().UTC(), CreatedBy: v.User}
	if err := s.config.Store.Assign(ctx, a, named(assignmentEntry(v, app.ActAssigned, user, certificate), c.Name)); err != nil {
		return app.Wrap(op, err)
	}
	if c.Owner != user {
		notices.add(func() { s.concernAssigned(ctx, v, c, person) })
	}
	return nil
}

// concernAssigned tells the owner that another person may sign with their
// certificate, and where it has none, those who may sign with it too.
func (s *Service) concernAssigned(ctx context.Context, v app.Visit, c app.Certificate, person app.Account) {
	if c.Owner != "" {
		s.concern(ctx, v, []app.UserID{c.Owner}, "concern.assigned", c.Name, person.Name)
		return
	}
	s.concern(ctx, v, others(s.holders(ctx, c.Portal, c.ID), person.User), "concern.shared", c.Name, person.Name)
}

// Limits are the time in which an account may use a certificate: from From on,
// and no longer at Until. A zero time is no limit.
type Limits struct{ From, Until time.Time }

// widens tells whether l lets a sign at a time at which it may not now.
func (l Limits) widens(a app.Assignment) bool {
	earlier := !a.ValidFrom.IsZero() && l.From.Before(a.ValidFrom)
	later := !a.ValidUntil.IsZero() && (l.Until.IsZero() || l.Until.After(a.ValidUntil))
	return earlier || later
}

// Limit sets the time in which an assignment holds. It counts at once, also for
// what is ordered and not yet signed. To widen it wants the administrator's code,
// as to assign anew.
//
// Errors: app.Invalid assignment.limits-wrong, assignment.limits-past;
// app.NotFound assignment.unknown.
func (s *Service) Limit(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID, l Limits) (app.Assignment, error) {
	const op = "limit assignment"
	l.From, l.Until = l.From.UTC(), l.Until.UTC()
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	if _, err := s.assigned(ctx, v, op, user, certificate); err != nil {
		return app.Assignment{}, err
	}
	switch {
	case !l.Until.IsZero() && !l.From.Before(l.Until):
		return app.Assignment{}, app.Fail(app.Invalid, op, "assignment.limits-wrong")
	case !l.Until.IsZero() && !s.config.Now().Before(l.Until):
		return app.Assignment{}, app.Fail(app.Invalid, op, "assignment.limits-past")
	}
	a, err := s.assignment(ctx, v, op, user, certificate)
	if err != nil || a.ValidFrom.Equal(l.From) && a.ValidUntil.Equal(l.Until) {
		return a, err
	}
	if l.widens(a) {
		if err := s.confirm(ctx, v, op); err != nil {
			return app.Assignment{}, err
		}
		notices.add(func() { s.concernWidened(ctx, v, a) })
	}
	a.ValidFrom, a.ValidUntil = l.From, l.Until
	e := assignmentEntry(v, app.ActAssignmentLimited, user, certificate)
	e.Detail = l.String()
	if err := s.config.Store.Assign(ctx, a, e); err != nil {
		notices = nil
		return app.Assignment{}, app.Wrap(op, err)
	}
	return a, nil
}

// assignment finds the assignment of a certificate to an account.
func (s *Service) assignment(ctx context.Context, v app.Visit, op string, user app.UserID, id app.CertificateID) (app.Assignment, error) {
	all, err := s.config.Store.Assignments(ctx, v.Portal)
	if err != nil {
		return app.Assignment{}, app.Wrap(op, err)
	}
	for _, a := range all {
		if a.User == user && a.Certificate == id {
			return a, nil
		}
	}
	return app.Assignment{}, app.Fail(app.NotFound, op, "assignment.unknown")
}

// concernWidened tells the owner that another person may sign with their
// certificate for longer.
func (s *Service) concernWidened(ctx context.Context, v app.Visit, a app.Assignment) {
	c, err := s.config.Store.Certificate(ctx, a.Portal, a.Certificate)
	if err != nil {
		s.untold(ctx, "concern.widened", err)
		return
	}
	if c.Owner != a.User {
		s.concern(ctx, v, []app.UserID{c.Owner}, "concern.widened", c.Name, s.personName(ctx, a.Portal, a.User))
	}
}

// String gives the limits as the journal keeps them: two times as of RFC 3339
// with a stroke between, either of which may be missing (ISO 8601-2, 9).
func (l Limits) String() string {
	text := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return text(l.From) + "/" + text(l.Until)
}

// Unassign ends what Assign began, also for what is ordered and not yet signed.
// Where nothing is assigned it does nothing.
func (s *Service) Unassign(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID) error {
	const op = "unassign certificate"
	s.changes.Lock()
	defer s.changes.Unlock()
	assigned, err := s.assigned(ctx, v, op, user, certificate)
	if err != nil || !assigned {
		return err
	}
	return app.Wrap(op, s.config.Store.Unassign(ctx, v.Portal, user, certificate, assignmentEntry(v, app.ActUnassigned, user, certificate)))
}

// assigned tells an administrator whether the account may use the certificate.
func (s *Service) assigned(ctx context.Context, v app.Visit, op string, user app.UserID, certificate app.CertificateID) (bool, error) {
	if err := allowUser(v, op, user); err != nil {
		return false, err
	}
	if err := allowCertificate(v, op, certificate); err != nil {
		return false, err
	}
	assigned, err := s.config.Store.Assigned(ctx, v.Portal, user, certificate)
	return assigned, app.Wrap(op, err)
}

// hasCertificate refuses a certificate that is not there.
func (s *Service) hasCertificate(ctx context.Context, v app.Visit, op string, id app.CertificateID) error {
	_, err := s.config.Store.Certificate(ctx, v.Portal, id)
	if errors.Is(err, app.NotFound) {
		return app.Fail(app.NotFound, op, "certificate.unknown").Because(err)
	}
	return app.Wrap(op, err)
}

// assignmentEntry is the audit entry of an assignment.
func assignmentEntry(v app.Visit, action app.Action, user app.UserID, id app.CertificateID) app.AuditEntry {
	e := certificateEntry(v, action, id)
	e.Subject = string(user)
	return e
}
