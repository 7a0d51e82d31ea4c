package signing

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"signservice/app"
)

// OrderInput is the form as the person sent it.
type OrderInput struct {
	Requests    []app.RequestID
	Certificate app.CertificateID
	Signet      app.Signet
	// Places are where the signets of single Requests lie, if elsewhere than
	// Signet says.
	Places map[app.RequestID]app.Placement
	// Code is the one-time code; Confirm stands for it where the account's code
	// is off.
	Code    string
	Confirm bool
	// Address is the visitor's network address, for the audit log.
	Address string
}

// signet is the one of a single Request.
func (in OrderInput) signet(id app.RequestID) app.Signet {
	g := in.Signet
	if p, ok := in.Places[id]; ok {
		g.Placement = p
	}
	return g
}

// maxRequests is how many documents one order may hold.
const maxRequests = 50

// Sign takes the order: everything that can be refused is refused before the
// code is looked at, so that a code is used up only by an order that is
// carried out. When it returns without an error the Requests are authorized
// and waiting in the queue; they will be carried out also if the process ends
// now.
//
// Wrong codes fail with kind app.Unauthenticated, locked accounts with
// app.Locked, too many attempts with app.RateLimited.
func (s *Service) Sign(ctx context.Context, v app.Visit, in OrderInput) (app.Order, error) {
	in.Signet.Reason = strings.TrimSpace(in.Signet.Reason)
	if err := checkInput(in); err != nil {
		return app.Order{}, err
	}
	account, err := s.account(ctx, v)
	if err != nil {
		return app.Order{}, err
	}
	if account.CodeOff && !in.Confirm {
		return app.Order{}, app.Fail(app.Invalid, "check order", "order.confirm")
	}
	if err := s.clockGood(ctx); err != nil {
		return app.Order{}, err
	}
	if !account.CodeOff && s.Clock != nil {
		if err := s.Clock(); err != nil {
			return app.Order{}, err
		}
	}
	cert, err := s.certificate(ctx, v, in.Certificate)
	if err != nil {
		return app.Order{}, err
	}
	requests, err := s.orderable(ctx, v, &in)
	if err != nil {
		return app.Order{}, err
	}
	if err := s.idle(ctx, v, requests); err != nil {
		return app.Order{}, err
	}
	for _, r := range requests {
		signAs(&r, v, cert, in.signet(r.ID))
		if err := s.fits(ctx, r, cert); err != nil {
			return app.Order{}, err
		}
	}
	now, err := s.Portal.Recheck(ctx, v.Portal, v.User)
	if err != nil {
		return app.Order{}, app.Wrap("check user", err)
	}
	in.Requests = in.Requests[:0:0] // each once
	for _, r := range requests {
		in.Requests = append(in.Requests, r.ID)
		if r.Sample {
			continue // it lies in no portal
		}
		if err := s.Portal.Ready(ctx, v.Portal, v.User, r.Document); err != nil {
			return app.Order{}, app.Wrap("check document", err)
		}
	}
	o, err := s.createOrder(ctx, v, now, in, cert)
	if err != nil {
		return app.Order{}, err
	}
	if o, err = s.authorize(ctx, v, o, in); err != nil {
		return app.Order{}, err
	}
	s.Wake()
	for _, id := range o.Requests {
		s.watch.wake(id)
	}
	if requests[0].Sample { // no choice of the person's
		return o, nil
	}
	err = s.remember(ctx, v, func(r *app.Remembered) { r.Certificate, r.Signet = in.Certificate, in.Signet })
	if err != nil { // the order stands: it must not look refused
		s.Log.WarnContext(ctx, "remember choices", "error", err)
	}
	return o, nil
}

// checkInput refuses what the form itself tells to be wrong.
func checkInput(in OrderInput) error {
	switch {
	case len(in.Requests) == 0 || len(in.Requests) > maxRequests:
		return app.Fail(app.Invalid, "check order", "order.documents", maxRequests)
	case in.Certificate == "":
		return app.Fail(app.Invalid, "check order", "order.certificate")
	}
	for id := range in.Places {
		if err := checkSignet(in.signet(id)); err != nil {
			return err
		}
	}
	return checkSignet(in.Signet)
}

// checkSignet refuses a signet that cannot be drawn anywhere.
func checkSignet(g app.Signet) error {
	switch {
	case g.Visible && !g.Placement.Valid():
		return app.Fail(app.Invalid, "check order", "order.placement")
	case utf8.RuneCountInString(g.Reason) > app.MaxReason:
		return app.Fail(app.Invalid, "check order", "order.reason-long", app.MaxReason)
	case !utf8.ValidString(g.Reason) || strings.ContainsFunc(g.Reason, unicode.IsControl):
		return app.Fail(app.Invalid, "check order", "order.reason-characters")
	}
	return nil
}

// signAs writes into a Request what an order chose. v is the user as the
// portal tells it now.
func signAs(r *app.Request, v app.Visit, c app.Certificate, g app.Signet) {
	r.Certificate, r.Signet = c.ID, g
	r.UserName, r.OwnerName, r.Owner = v.Name, c.Name, c.Owner
	if v.TimeZone != "" {
		r.TimeZone = v.TimeZone
	}
}

// certificate gives the certificate if it is assigned to the visitor and can
// sign now. One that is not assigned looks like one that does not exist.
func (s *Service) certificate(ctx context.Context, v app.Visit, id app.CertificateID) (app.Certificate, error) {
	assigned, err := s.Store.AssignedTo(ctx, v.Portal, v.User)
	if err != nil {
		return app.Certificate{}, err
	}
	for _, a := range assigned {
		if a.Certificate != id || !a.Active(s.Now()) {
			continue
		}
		c, err := s.choice(ctx, a)
		if errors.Is(err, app.NotFound) {
			break
		}
		if err != nil {
			return app.Certificate{}, err
		}
		if c.Unusable != "" {
			kind := app.Forbidden
			if !c.AbsentSince.IsZero() || c.Unusable == "certificate.token-absent" {
				kind = app.Unavailable
			}
			return app.Certificate{}, app.Fail(kind, "check certificate", c.Unusable)
		}
		return c.Certificate, nil
	}
	return app.Certificate{}, app.Fail(app.Forbidden, "check certificate", "certificate.not-assigned")
}

// orderable gives the visitor's own frozen Requests at the visit's element, each
// once. Where one waited too long another takes its place; see current.
func (s *Service) orderable(ctx context.Context, v app.Visit, in *OrderInput) ([]app.Request, error) {
	var list []app.Request
	seen, places := map[app.RequestID]bool{}, map[app.RequestID]app.Placement{}
	for _, id := range in.Requests {
		r, err := s.current(ctx, v, id)
		if err != nil {
			return nil, err
		}
		if seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		if p, ok := in.Places[id]; ok {
			places[r.ID] = p
		}
		list = append(list, r)
	}
	in.Places = places
	return list, nil
}

// idle refuses a document that the visitor has ordered already, in another tab:
// a second code would be used up for nothing but a conflict.
func (s *Service) idle(ctx context.Context, v app.Visit, requests []app.Request) error {
	busy, err := s.Store.Requests(ctx, v.Portal, app.RequestQuery{
		User: v.User, Entity: v.Entity, States: []app.State{app.Authorized, app.Prepared, app.Signed},
	})
	if err != nil {
		return err
	}
	for _, b := range busy {
		for _, r := range requests {
			d := b.Document
			if d.Source == r.Document.Source && d.Field == r.Document.Field && d.FileID == r.Document.FileID {
				return app.Fail(app.Conflict, "check request", "request.already")
			}
		}
	}
	return nil
}

// checkOrderable refuses a Request that is no longer waiting for an order.
func checkOrderable(r app.Request, now time.Time) error {
	switch {
	case r.State == app.Expired || r.State == app.Frozen && !now.Before(r.ExpiresAt):
		return app.Fail(app.Conflict, "check request", "request.expired")
	case r.State != app.Frozen:
		return app.Fail(app.Conflict, "check request", "request.already")
	}
	return nil
}

// createOrder stores the Order and writes the choices into its Requests.
// rechecked is the user as the portal tells it now.
func (s *Service) createOrder(ctx context.Context, v, rechecked app.Visit, in OrderInput, cert app.Certificate) (app.Order, error) {
	id, err := s.newID()
	if err != nil {
		return app.Order{}, err
	}
	o := app.Order{
		ID: app.OrderID(id), Portal: v.Portal, User: v.User, Requests: in.Requests,
		CreatedAt: s.Now(), ExpiresAt: s.Now().Add(app.OrderLife),
	}
	entry := app.AuditEntry{
		Action: app.ActOrdered, Portal: v.Portal, User: v.User, Order: o.ID, Entity: v.Entity,
		Certificate: cert.ID, OwnerName: cert.Name, Address: in.Address,
	}
	err = s.Store.CreateOrder(ctx, o, func(r *app.Request, now time.Time) error {
		if err := checkOrderable(*r, now); err != nil {
			return err
		}
		if r.User != v.User || r.Document.Entity != v.Entity {
			return app.Fail(app.NotFound, "check request", "request.unknown")
		}
		r.Order = o.ID
		signAs(r, rechecked, cert, in.signet(r.ID))
		return nil
	}, entry)
	return o, err
}

// authorize has the code looked at for this Order, and gives it as it was
// authorized: to read it anew could fail, and make the order look refused.
func (s *Service) authorize(ctx context.Context, v app.Visit, o app.Order, in OrderInput) (app.Order, error) {
	check := func(a *app.Authenticator, account *app.Account, now time.Time) (int64, app.AuthMethod, error) {
		switch {
		case account == nil:
			return 0, "", app.Fail(app.NotFound, "check code", "account.none")
		case account.Blocked:
			return 0, "", app.Fail(app.Forbidden, "check code", "account.blocked")
		case account.CodeOff && in.Confirm:
			return 0, app.ByPortal, nil
		case a == nil:
			return 0, "", app.Fail(app.Forbidden, "check code", "code.no-phone")
		}
		step, err := s.CheckCode(a, in.Code, now)
		return step, app.ByCode, err
	}
	var authorized app.Order
	entries := func(o app.Order, err error) []app.AuditEntry {
		authorized = o
		e := app.AuditEntry{
			Action: app.ActCodeRight, Portal: o.Portal, User: o.User, Order: o.ID, Method: o.Method,
			Entity: v.Entity, Certificate: in.Certificate, Address: in.Address,
		}
		if err != nil {
			e.Action, e.Method = app.ActCodeWrong, ""
			var failure *app.Error
			if errors.As(err, &failure) {
				e.Detail = failure.MessageKey()
			}
		}
		return []app.AuditEntry{e}
	}
	err := s.Store.Authorize(ctx, o.Portal, o.ID, check, entries)
	return authorized, err
}
