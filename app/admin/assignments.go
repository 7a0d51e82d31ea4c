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

// Assign lets an account use a certificate. To assign again does nothing.
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
	if c.Owner != "" && c.Owner != user { // another person will sign in the owner's name
		if err := s.confirm(ctx, v, op); err != nil {
			return err
		}
	}
	a := app.Assignment{Portal: v.Portal, User: user, Certificate: certificate, CreatedAt: s.config.Now().UTC(), CreatedBy: v.User}
	if err := s.config.Store.Assign(ctx, a, named(assignmentEntry(v, app.ActAssigned, user, certificate), c.Name)); err != nil {
		return app.Wrap(op, err)
	}
	if c.Owner != "" && c.Owner != user {
		notices.add(func() { s.concern(ctx, v, c.Owner, "concern.assigned", c.Name, person.Name) })
	}
	return nil
}

// Limits are the time in which an account may use a certificate: from From on,
// and no longer at Until. A zero time is no limit.
type Limits struct{ From, Until time.Time }

// Limit sets the time in which an assignment holds. It counts at once, also for
// what is ordered and not yet signed.
//
// Errors: app.Invalid assignment.limits-wrong, assignment.limits-past;
// app.NotFound assignment.unknown.
func (s *Service) Limit(ctx context.Context, v app.Visit, user app.UserID, certificate app.CertificateID, l Limits) (app.Assignment, error) {
	const op = "limit assignment"
	l.From, l.Until = l.From.UTC(), l.Until.UTC()
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
	all, err := s.config.Store.Assignments(ctx, v.Portal)
	if err != nil {
		return app.Assignment{}, app.Wrap(op, err)
	}
	for _, a := range all {
		if a.User != user || a.Certificate != certificate {
			continue
		}
		if a.ValidFrom.Equal(l.From) && a.ValidUntil.Equal(l.Until) {
			return a, nil
		}
		a.ValidFrom, a.ValidUntil = l.From, l.Until
		e := assignmentEntry(v, app.ActAssignmentLimited, user, certificate)
		e.Detail = l.String()
		return a, app.Wrap(op, s.config.Store.Assign(ctx, a, e))
	}
	return app.Assignment{}, app.Fail(app.NotFound, op, "assignment.unknown")
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
