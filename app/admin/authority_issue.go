package admin

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"regexp"
	"time"

	"signservice/app"
	"signservice/signer/ca"
	"signservice/signer/keys"
)

// NewIssue is a certificate to be issued to an account.
type NewIssue struct {
	// User is the account, required. Name is the person's as it shall stand in
	// the certificate; "" for the account's.
	User app.UserID
	Name string
	// Years is its life, 1 or 2, cut off at the end of the authority's.
	Years int
	// Key is the kind of software key to be made: "ecdsa-p256", which "" stands
	// for, or "rsa-3072".
	Key string
	// Request is a certificate request (PKCS#10, PEM or DER) for a key that is
	// elsewhere, as on a token: then no key is made, and of the request nothing is
	// taken but the public key.
	Request []byte
}

// Issue issues a certificate to an account. One with a software key is in use at
// once and assigned to the account; one for a request is only handed out, to be
// brought to its key.
//
// Errors: app.NotFound "account.unknown"; app.Conflict "authority.none" where no
// authority may issue now, "authority.ends-soon"; app.Invalid with the field's
// message.
func (a *Authorities) Issue(ctx context.Context, v app.Visit, in NewIssue) (app.IssuedCertificate, error) {
	const op = "issue certificate"
	if err := allowUser(v, op, in.User); err != nil {
		return app.IssuedCertificate{}, err
	}
	account, err := a.config.Store.Account(ctx, v.Portal, in.User)
	if err != nil {
		return app.IssuedCertificate{}, app.Wrap(op, err)
	}
	if in.Name == "" {
		in.Name = account.Name
	}
	o := order{user: in.User, action: app.ActCertificateIssued}
	if o.name, err = nameField.read(op, in.Name); err != nil {
		return app.IssuedCertificate{}, err
	}
	if in.Years < 1 || in.Years > ca.MaxLeafYears {
		return app.IssuedCertificate{}, app.Fail(app.Invalid, op, "authority.years-wrong", ca.MaxLeafYears)
	}
	o.years = in.Years
	if len(in.Request) > 0 {
		r, err := ca.ParseRequest(in.Request)
		if err != nil {
			return app.IssuedCertificate{}, authorityError(op, err)
		}
		o.public = r.PublicKey
	} else if o.kind, err = leafKind(op, in.Key); err != nil {
		return app.IssuedCertificate{}, err
	}
	return a.issue(ctx, v, op, o)
}

// leafKind is the kind of a person's software key.
func leafKind(op, name string) (keys.Kind, error) {
	switch name {
	case "", "ecdsa-p256":
		return keys.P256, nil
	case "rsa-3072":
		return keys.RSA3072, nil
	}
	return "", app.Fail(app.Invalid, op, "certificate.kind-unknown")
}

// order is what issue is told.
type order struct {
	action app.Action
	user   app.UserID
	name   string
	years  int
	// public is the key of a request; nil has a software key of the kind made.
	public crypto.PublicKey
	kind   keys.Kind
}

// issue has the newest authority issue, and takes the certificate into use.
func (a *Authorities) issue(ctx context.Context, v app.Visit, op string, o order) (app.IssuedCertificate, error) {
	if err := a.ready(ctx, v, op); err != nil {
		return app.IssuedCertificate{}, err
	}
	root, issuer, err := a.active(ctx, v.Portal, op)
	if err != nil {
		return app.IssuedCertificate{}, err
	}
	var sealed []byte
	if o.public == nil {
		key, err := keys.Generate(o.kind)
		if err != nil {
			return app.IssuedCertificate{}, app.Wrap(op, err)
		}
		if sealed, err = key.PKCS8(); err != nil {
			return app.IssuedCertificate{}, app.Wrap(op, err)
		}
		defer clear(sealed)
		o.public = key.Public()
	}
	leaf, err := a.certify(ctx, root, issuer, o)
	if err != nil {
		return app.IssuedCertificate{}, authorityError(op, err)
	}
	c := describe(leaf)
	i := a.remembered(v, issuer, o, c)
	e := certificateEntry(v, o.action, c.ID)
	e.Subject = string(o.user)
	if sealed == nil {
		return i, app.Wrap(op, a.config.Store.SaveIssued(ctx, i, nil, nil, e))
	}
	c.Portal, c.Source, c.Owner, c.Authority = v.Portal, app.KeySoftware, o.user, issuer.ID
	c.Chain, c.CreatedAt, c.CreatedBy = [][]byte{issuer.DER}, i.IssuedAt, v.User
	if err := a.config.Store.SaveIssued(ctx, i, &c, sealed, e); err != nil {
		return app.IssuedCertificate{}, app.Wrap(op, err)
	}
	return i, a.assign(ctx, v, app.Assignment{User: o.user, Certificate: c.ID})
}

// certify signs the person's certificate.
func (a *Authorities) certify(ctx context.Context, root app.RootAuthority, issuer app.IssuingAuthority, o order) (*x509.Certificate, error) {
	key, err := a.open(ctx, issuer.Portal, issuer.ID, issuer.DER)
	if err != nil {
		return nil, err
	}
	now := a.config.Now().UTC()
	end := now.AddDate(o.years, 0, 0)
	if end.After(issuer.NotAfter) {
		end = issuer.NotAfter
	}
	if !end.After(now.Add(app.LastHours)) {
		return nil, ca.ErrLife
	}
	return key.Issue(ca.LeafRequest{
		Public: o.public, Now: now, NotAfter: end,
		Name: ca.Name{CommonName: o.name, Organization: root.Organisation, SerialNumber: string(o.user)},
		Addresses: ca.Addresses{
			List: a.listAddress(issuer.ID), OCSP: a.ocspAddress(issuer.ID), Issuer: a.certificateAddress(issuer.ID),
		},
	})
}

func (a *Authorities) remembered(v app.Visit, issuer app.IssuingAuthority, o order, c app.Certificate) app.IssuedCertificate {
	return app.IssuedCertificate{
		Portal: v.Portal, Authority: issuer.ID, Serial: c.Serial, Certificate: c.ID, DER: c.DER, Name: c.Name, User: o.user,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, IssuedAt: a.config.Now().UTC(), IssuedBy: v.User,
	}
}

// active gives the newest authority that may issue, and its root.
func (a *Authorities) active(ctx context.Context, portal app.PortalID, op string) (app.RootAuthority, app.IssuingAuthority, error) {
	roots, err := a.roots(ctx, portal)
	if err != nil {
		return app.RootAuthority{}, app.IssuingAuthority{}, app.Wrap(op, err)
	}
	now := a.config.Now()
	for _, r := range roots {
		if i := r.Active(now); i != nil && now.Before(r.NotAfter) {
			return r.RootAuthority, *i, nil
		}
	}
	return app.RootAuthority{}, app.IssuingAuthority{}, app.Fail(app.Conflict, op, "authority.none")
}

// assign lets the account use the certificate.
func (a *Authorities) assign(ctx context.Context, v app.Visit, as app.Assignment) error {
	as.Portal, as.CreatedAt, as.CreatedBy = v.Portal, a.config.Now().UTC(), v.User
	return app.Wrap("assign certificate", a.config.Store.Assign(ctx, as, assignmentEntry(v, app.ActAssigned, as.User, as.Certificate)))
}

// Renew issues a certificate in the place of another that ends: for the same
// person, with a new software key, assigned to the same accounts. The old one
// stays in use until it ends or is revoked.
//
// Errors: app.NotFound; app.Conflict "authority.renewed", "authority.revoked",
// "authority.renew-request" where the key is elsewhere and a request is needed,
// and those of Issue.
func (a *Authorities) Renew(ctx context.Context, v app.Visit, id app.AuthorityID, serial string) (app.IssuedCertificate, error) {
	const op = "renew certificate"
	if err := allowIssued(v, op, id, serial); err != nil {
		return app.IssuedCertificate{}, err
	}
	a.changes.Lock()
	defer a.changes.Unlock()
	old, err := a.config.Store.Issued(ctx, v.Portal, id, serial)
	if err != nil {
		return app.IssuedCertificate{}, app.Wrap(op, err)
	}
	o, err := a.renewal(ctx, op, old)
	if err != nil {
		return app.IssuedCertificate{}, err
	}
	fresh, err := a.issue(ctx, v, op, o)
	if err != nil {
		return app.IssuedCertificate{}, err
	}
	all, err := a.config.Store.Assignments(ctx, v.Portal)
	if err != nil {
		return app.IssuedCertificate{}, app.Wrap(op, err)
	}
	for _, as := range all {
		if as.Certificate != old.Certificate || as.User == old.User {
			continue
		}
		as.Certificate = fresh.Certificate
		if err := a.assign(ctx, v, as); err != nil {
			return app.IssuedCertificate{}, err
		}
	}
	_, err = a.config.Store.UpdateIssued(ctx, v.Portal, id, serial, func(i *app.IssuedCertificate, _ time.Time) ([]app.AuditEntry, error) {
		i.ReplacedBy = fresh.Certificate
		return nil, nil
	})
	return fresh, app.Wrap(op, err)
}

// renewal is the order that renews what was issued.
func (a *Authorities) renewal(ctx context.Context, op string, old app.IssuedCertificate) (order, error) {
	if old.ReplacedBy != "" {
		return order{}, app.Fail(app.Conflict, op, "authority.renewed")
	}
	if !old.RevokedAt.IsZero() {
		return order{}, app.Fail(app.Conflict, op, "authority.already-revoked")
	}
	c, err := a.config.Store.Certificate(ctx, old.Portal, old.Certificate)
	if app.KindOf(err) == app.NotFound || err == nil && c.Source != app.KeySoftware {
		return order{}, app.Fail(app.Conflict, op, "authority.renew-request").Because(err)
	}
	if err != nil {
		return order{}, app.Wrap(op, err)
	}
	leaf, err := x509.ParseCertificate(old.DER)
	if err != nil {
		return order{}, app.Wrap(op, err)
	}
	o := order{action: app.ActCertificateRenewed, user: old.User, name: leaf.Subject.CommonName, years: 1, kind: keys.P256}
	if leaf.PublicKeyAlgorithm == x509.RSA {
		o.kind = keys.RSA3072
	}
	if old.NotAfter.Sub(old.NotBefore) > 400*24*time.Hour {
		o.years = ca.MaxLeafYears
	}
	return o, nil
}

// IssuedFile gives a certificate that was issued, with its issuing authority, in
// PEM.
func (a *Authorities) IssuedFile(ctx context.Context, v app.Visit, id app.AuthorityID, serial string) ([]byte, error) {
	const op = "give certificate"
	if err := allowIssued(v, op, id, serial); err != nil {
		return nil, err
	}
	i, err := a.config.Store.Issued(ctx, v.Portal, id, serial)
	if err != nil {
		return nil, app.Wrap(op, err)
	}
	issuer, err := a.config.Store.Issuer(ctx, v.Portal, id)
	if err != nil {
		return nil, app.Wrap(op, err)
	}
	return certificatesPEM(i.DER, issuer.DER), nil
}

func certificatesPEM(certificates ...[]byte) []byte {
	var b bytes.Buffer
	for _, der := range certificates {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return b.Bytes()
}

// serialNumber is how serial numbers look.
var serialNumber = regexp.MustCompile(`^[0-9a-f]{1,40}$`)

// allowIssued refuses whoever is no administrator, and what was never issued.
func allowIssued(v app.Visit, op string, id app.AuthorityID, serial string) error {
	if err := allowAuthority(v, op, id); err != nil {
		return err
	}
	if !serialNumber.MatchString(serial) {
		return app.Fail(app.NotFound, op, "certificate.unknown")
	}
	return nil
}
