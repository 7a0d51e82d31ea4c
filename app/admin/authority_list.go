package admin

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"signservice/app"
	"signservice/signer/ca"
)

// rootListEvery is how often the list of a root is made anew while its key is
// here. Once the key is elsewhere, the list is made there, once a year.
const rootListEvery = 30 * 24 * time.Hour

// publishEvery is how often is looked for lists that are due.
const publishEvery = time.Minute

// Run makes the lists that are due until ctx ends.
func (a *Authorities) Run(ctx context.Context) error {
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for {
		if err := a.Publish(ctx); err != nil && ctx.Err() == nil {
			a.config.Log.ErrorContext(ctx, "make revocation lists", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Publish makes the lists that are due, of all portals. One that fails does not
// hold up the others.
func (a *Authorities) Publish(ctx context.Context) error {
	portals, err := a.config.Store.Portals(ctx)
	if err != nil {
		return app.Wrap("list portals", err)
	}
	var errs []error
	for _, p := range portals {
		errs = append(errs, a.publishPortal(ctx, p.ID))
	}
	return errors.Join(errs...)
}

func (a *Authorities) publishPortal(ctx context.Context, portal app.PortalID) error {
	issuers, err := a.config.Store.Issuers(ctx, portal)
	if err != nil {
		return app.Wrap("list authorities", err)
	}
	now := a.config.Now().UTC()
	var errs []error
	for _, i := range issuers {
		// Of an authority that has ended nobody asks for a list any more.
		if i.ListDue(now) && now.Before(i.NotAfter) {
			errs = append(errs, a.publish(ctx, portal, i.ID))
		}
	}
	roots, err := a.config.Store.Roots(ctx, portal)
	if err != nil {
		return errors.Join(append(errs, app.Wrap("list roots", err))...)
	}
	for _, r := range roots {
		if r.KeyHere() && !now.Before(r.List.ThisUpdate.Add(rootListEvery)) && now.Before(r.NotAfter) {
			errs = append(errs, a.publishRoot(ctx, r, nil))
		}
	}
	return errors.Join(errs...)
}

// publish makes the next list of an issuing authority. What is revoked while the
// key signs is not on it, and the authority stays due.
func (a *Authorities) publish(ctx context.Context, portal app.PortalID, id app.AuthorityID) error {
	op := "make list of authority " + string(id)
	i, err := a.config.Store.Issuer(ctx, portal, id)
	if err != nil {
		return app.Wrap(op, err)
	}
	issued, err := a.config.Store.AllIssued(ctx, portal, id)
	if err != nil {
		return app.Wrap(op, err)
	}
	var gone []ca.Revoked
	for _, c := range issued {
		if c.RevokedAt.IsZero() {
			continue
		}
		r, err := revoked(c.Serial, c.RevokedAt, c.Reason)
		if err != nil {
			return app.Wrap(op, err)
		}
		gone = append(gone, r)
	}
	key, err := a.open(ctx, portal, id, i.DER)
	if err != nil {
		return app.Wrap(op, err)
	}
	next, err := makeList(key, i.List, gone, a.config.Now().UTC(), ca.ListLife)
	if err != nil {
		return authorityError(op, err)
	}
	next.Covers = i.Revocations
	_, err = a.config.Store.UpdateIssuer(ctx, portal, id, func(i *app.IssuingAuthority, _ time.Time) ([]app.AuditEntry, error) {
		i.List = next
		return nil, nil
	})
	return app.Wrap(op, err)
}

// publishRoot makes the next list of a root whose key is here.
func (a *Authorities) publishRoot(ctx context.Context, r app.RootAuthority, gone []ca.Revoked) error {
	op := "make list of root " + string(r.ID)
	key, err := a.open(ctx, r.Portal, r.ID, r.DER)
	if err != nil {
		return app.Wrap(op, err)
	}
	next, err := makeList(key, r.List, gone, a.config.Now().UTC(), ca.RootListLife)
	if err != nil {
		return authorityError(op, err)
	}
	_, err = a.config.Store.UpdateRoot(ctx, r.Portal, r.ID, func(r *app.RootAuthority, _ time.Time) ([]app.AuditEntry, error) {
		r.List = next
		return nil, nil
	})
	return app.Wrap(op, err)
}

// makeList makes the list after the one before.
func makeList(key ca.Authority, before app.RevocationList, gone []ca.Revoked, now time.Time, life time.Duration) (app.RevocationList, error) {
	var previous []byte
	if len(before.DER) > 0 {
		previous = before.DER
	}
	der, err := key.RevocationList(previous, gone, now, life)
	if err != nil {
		return app.RevocationList{}, err
	}
	return readList(der, key.Certificate)
}

// readList describes a list of an authority.
func readList(der []byte, issuer *x509.Certificate) (app.RevocationList, error) {
	l, err := ca.ParseList(der, issuer)
	if err != nil {
		return app.RevocationList{}, err
	}
	if !l.Number.IsInt64() {
		return app.RevocationList{}, fmt.Errorf("%w: number %v", ca.ErrList, l.Number)
	}
	return app.RevocationList{Number: l.Number.Int64(), DER: der, ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate}, nil
}

// revoked is a line of a list.
func revoked(serial string, at time.Time, reason int) (ca.Revoked, error) {
	n, ok := new(big.Int).SetString(serial, 16)
	if !ok {
		return ca.Revoked{}, fmt.Errorf("serial number %q is none", serial)
	}
	return ca.Revoked{Serial: n, At: at, Reason: ca.Reason(reason)}, nil
}
