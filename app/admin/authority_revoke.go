package admin

import (
	"context"
	"crypto/x509"
	"time"

	"signservice/app"
	"signservice/signer/ca"
)

// Reasons lists why a person's certificate may be revoked, as RFC 5280, 5.3.1
// numbers them, the usual one first: left the company, replaced, key stolen or
// lost, no longer needed.
func Reasons() []int {
	return []int{int(ca.AffiliationChanged), int(ca.Superseded), int(ca.KeyCompromise), int(ca.Cessation)}
}

// Revoke revokes a certificate. It signs no more from the moment that this is
// stored, and the list that says so is made at once; where making it fails,
// that is tried again every minute.
//
// Errors: app.NotFound; app.Invalid "authority.reason-wrong"; app.Conflict
// "authority.already-revoked".
func (a *Authorities) Revoke(ctx context.Context, v app.Visit, id app.AuthorityID, serial string, reason int) (app.IssuedCertificate, error) {
	const op = "revoke certificate"
	if err := allowIssued(v, op, id, serial); err != nil {
		return app.IssuedCertificate{}, err
	}
	if !ca.Reason(reason).Known() || ca.Reason(reason) == ca.CACompromise {
		return app.IssuedCertificate{}, app.Fail(app.Invalid, op, "authority.reason-wrong")
	}
	if err := a.ready(ctx, v, op); err != nil {
		return app.IssuedCertificate{}, err
	}
	now := a.config.Now().UTC()
	i, err := a.config.Store.UpdateIssued(ctx, v.Portal, id, serial, func(i *app.IssuedCertificate, _ time.Time) ([]app.AuditEntry, error) {
		if !i.RevokedAt.IsZero() {
			return nil, app.Fail(app.Conflict, op, "authority.already-revoked")
		}
		i.RevokedAt, i.Reason = now, reason
		e := certificateEntry(v, app.ActCertificateRevoked, i.Certificate)
		e.Subject = string(i.User)
		e.Detail = ReasonKey(reason)
		return []app.AuditEntry{e}, nil
	})
	if err != nil {
		return app.IssuedCertificate{}, app.Wrap(op, err)
	}
	if err := a.publish(ctx, v.Portal, id); err != nil {
		a.config.Log.ErrorContext(ctx, "make revocation list after a revocation", "error", err)
	}
	a.config.Revoked(ctx, v, []app.IssuedCertificate{i})
	return i, nil
}

// ReasonKey is the message that names a reason.
func ReasonKey(reason int) string {
	switch ca.Reason(reason) {
	case ca.KeyCompromise:
		return "authority.reason-stolen"
	case ca.CACompromise:
		return "authority.reason-authority"
	case ca.AffiliationChanged:
		return "authority.reason-left"
	case ca.Superseded:
		return "authority.reason-replaced"
	case ca.Cessation:
		return "authority.reason-unneeded"
	}
	return "authority.reason-none"
}

// RevokeIssuer revokes an issuing authority, and with it all that it issued:
// readers of documents believe none of it any more. The root's key must be here;
// where it is not, signservice ca makes the list, and ImportList takes it.
//
// Errors: app.NotFound, "authority.key-away" where the key is elsewhere;
// app.Conflict "authority.already-revoked".
func (a *Authorities) RevokeIssuer(ctx context.Context, v app.Visit, id app.AuthorityID) (app.IssuingAuthority, error) {
	const op = "revoke authority"
	if err := allowAuthority(v, op, id); err != nil {
		return app.IssuingAuthority{}, err
	}
	if err := a.ready(ctx, v, op); err != nil {
		return app.IssuingAuthority{}, err
	}
	var notices later
	defer notices.run()
	a.changes.Lock()
	defer a.changes.Unlock()
	i, err := a.config.Store.Issuer(ctx, v.Portal, id)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	if i.Waiting() || !i.RevokedAt.IsZero() {
		return app.IssuingAuthority{}, app.Fail(app.Conflict, op, "authority.already-revoked")
	}
	r, err := a.config.Store.Root(ctx, v.Portal, i.Root)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	c, err := x509.ParseCertificate(i.DER)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	now := a.config.Now().UTC()
	gone := ca.Revoked{Serial: c.SerialNumber, At: now, Reason: ca.CACompromise}
	if err := a.publishRoot(ctx, r, []ca.Revoked{gone}); err != nil { // first: without it the record would say what nobody can see
		return app.IssuingAuthority{}, err
	}
	return a.issuerRevoked(ctx, v, id, gone, &notices)
}

// issuerRevoked records what the root's list says, and stops all that the
// authority issued; the holders are told later.
func (a *Authorities) issuerRevoked(ctx context.Context, v app.Visit, id app.AuthorityID, gone ca.Revoked, notices *later) (app.IssuingAuthority, error) {
	const op = "revoke authority"
	i, err := a.config.Store.UpdateIssuer(ctx, v.Portal, id, func(i *app.IssuingAuthority, _ time.Time) ([]app.AuditEntry, error) {
		if !i.RevokedAt.IsZero() {
			return nil, nil
		}
		i.RevokedAt, i.Reason = gone.At, int(gone.Reason)
		return []app.AuditEntry{entry(v, app.ActAuthorityRevoked, string(id))}, nil
	})
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	issued, err := a.config.Store.AllIssued(ctx, v.Portal, id)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	var stopped []app.IssuedCertificate
	notices.add(func() { a.config.Revoked(ctx, v, stopped) })
	for _, c := range issued {
		_, err := a.config.Store.UpdateIssued(ctx, v.Portal, id, c.Serial, func(c *app.IssuedCertificate, _ time.Time) ([]app.AuditEntry, error) {
			if !c.RevokedAt.IsZero() {
				return nil, nil
			}
			c.RevokedAt, c.Reason = gone.At, int(gone.Reason)
			e := certificateEntry(v, app.ActCertificateRevoked, c.Certificate)
			e.Subject, e.Detail = string(c.User), ReasonKey(c.Reason)
			return []app.AuditEntry{e}, nil
		})
		if err != nil {
			return app.IssuingAuthority{}, app.Wrap(op, err)
		}
		if c.RevokedAt.IsZero() {
			stopped = append(stopped, c)
		}
	}
	return i, nil
}
