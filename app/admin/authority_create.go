package admin

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"signservice/app"
	"signservice/signer/ca"
	"signservice/signer/keys"
)

// MaxAuthorityName is the longest name of a company in an authority's name, which
// goes on with " Root CA", in characters.
const MaxAuthorityName = 48

// NewAuthority is an authority to be made.
type NewAuthority struct {
	// Organisation is the company's name, required, at most MaxAuthorityName
	// characters: the root is called by it.
	Organisation string
	// Country is two letters (ISO 3166) or empty.
	Country string
	// Key is "ecdsa", which "" stands for, or "rsa", for old readers.
	Key string
}

// keyKinds are the kinds of the root's and the issuing authority's key.
func (in NewAuthority) keyKinds(op string) (root, issuer keys.Kind, err error) {
	switch in.Key {
	case "", "ecdsa":
		return keys.P384, keys.P256, nil
	case "rsa":
		return keys.RSA4096, keys.RSA3072, nil
	}
	return "", "", app.Fail(app.Invalid, op, "certificate.kind-unknown")
}

var (
	authorityName = field{
		missing: "authority.organisation-missing", long: "authority.organisation-long",
		characters: "authority.organisation-characters", max: MaxAuthorityName,
	}
	country = regexp.MustCompile(`^[A-Z]{2}$`)
)

// Create makes a root and the first issuing authority below it, both with keys
// that the store seals. The root's key should be exported and removed soon.
//
// Errors: app.Invalid with the field's message.
func (a *Authorities) Create(ctx context.Context, v app.Visit, in NewAuthority) (app.RootAuthority, error) {
	const op = "create authority"
	if err := allow(v, op); err != nil {
		return app.RootAuthority{}, err
	}
	organisation, err := authorityName.read(op, in.Organisation)
	if err != nil {
		return app.RootAuthority{}, err
	}
	if in.Country != "" && !country.MatchString(in.Country) {
		return app.RootAuthority{}, app.Fail(app.Invalid, op, "authority.country-wrong")
	}
	kind, issuerKind, err := in.keyKinds(op)
	if err != nil {
		return app.RootAuthority{}, err
	}
	if err := a.ready(ctx, v, op); err != nil {
		return app.RootAuthority{}, err
	}
	a.changes.Lock()
	defer a.changes.Unlock()
	r := app.RootAuthority{
		Portal: v.Portal, Organisation: organisation, Country: in.Country, CreatedAt: a.config.Now().UTC(), CreatedBy: v.User,
	}
	if r.Name, err = a.rootName(ctx, v.Portal, organisation); err != nil {
		return app.RootAuthority{}, app.Wrap(op, err)
	}
	if err := a.createRoot(ctx, v, &r, kind); err != nil {
		return app.RootAuthority{}, authorityError(op, err)
	}
	if _, err := a.next(ctx, v, r, issuerKind); err != nil {
		return app.RootAuthority{}, authorityError(op, err)
	}
	return a.config.Store.Root(ctx, v.Portal, r.ID)
}

// rootName is a name that no root of the portal has: readers look for issuers by
// name first, and two of one name, with different keys, confuse some.
func (a *Authorities) rootName(ctx context.Context, portal app.PortalID, organisation string) (string, error) {
	roots, err := a.config.Store.Roots(ctx, portal)
	if err != nil {
		return "", err
	}
	name := organisation + " Root CA"
	for n := 2; slices.ContainsFunc(roots, func(r app.RootAuthority) bool { return r.Name == name }); n++ {
		name = fmt.Sprintf("%s Root CA %d", organisation, n)
	}
	return name, nil
}

// createRoot makes the key and the certificate of a root and stores both.
func (a *Authorities) createRoot(ctx context.Context, v app.Visit, r *app.RootAuthority, kind keys.Kind) error {
	key, err := keys.Generate(kind)
	if err != nil {
		return err
	}
	c, err := ca.NewRoot(ca.AuthorityRequest{
		Key: key, Now: r.CreatedAt, Name: ca.Name{CommonName: r.Name, Organization: r.Organisation, Country: r.Country},
	})
	if err != nil {
		return err
	}
	if r.ID, err = newAuthorityID(); err != nil {
		return err
	}
	r.DER, r.NotBefore, r.NotAfter = c.Raw, c.NotBefore, c.NotAfter
	if r.List, err = makeList(ca.Authority{Certificate: c, Key: key}, app.RevocationList{}, nil, r.CreatedAt, ca.RootListLife); err != nil {
		return err
	}
	sealed, err := key.PKCS8()
	if err != nil {
		return err
	}
	defer clear(sealed)
	return a.config.Store.CreateRoot(ctx, *r, sealed, entry(v, app.ActAuthorityCreated, string(r.ID)))
}

// Next begins the next issuing authority of a root, which takes over from the one
// before as soon as it is certified: at once where the root's key is here,
// otherwise after a ceremony where the key is, with the request that waits in the
// answer.
//
// Errors: app.NotFound; app.Conflict "authority.waiting" while another waits.
func (a *Authorities) Next(ctx context.Context, v app.Visit, root app.AuthorityID) (app.IssuingAuthority, error) {
	const op = "begin next authority"
	if err := allowAuthority(v, op, root); err != nil {
		return app.IssuingAuthority{}, err
	}
	if err := a.ready(ctx, v, op); err != nil {
		return app.IssuingAuthority{}, err
	}
	a.changes.Lock()
	defer a.changes.Unlock()
	r, err := a.config.Store.Root(ctx, v.Portal, root)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	c, err := x509.ParseCertificate(r.DER)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	kind := keys.P256
	if c.PublicKeyAlgorithm == x509.RSA {
		kind = keys.RSA3072
	}
	i, err := a.next(ctx, v, r, kind)
	return i, authorityError(op, err)
}

// next makes an issuing authority with its key.
func (a *Authorities) next(ctx context.Context, v app.Visit, r app.RootAuthority, kind keys.Kind) (app.IssuingAuthority, error) {
	i := app.IssuingAuthority{Portal: r.Portal, Root: r.ID, CreatedAt: a.config.Now().UTC(), CreatedBy: v.User}
	var err error
	if i.Name, err = a.nextName(ctx, r); err != nil {
		return i, err
	}
	if i.ID, err = newAuthorityID(); err != nil {
		return i, err
	}
	key, err := keys.Generate(kind)
	if err != nil {
		return i, err
	}
	name := ca.Name{CommonName: i.Name, Organization: r.Organisation, Country: r.Country}
	where := ca.Addresses{List: a.listAddress(r.ID), Issuer: a.certificateAddress(r.ID)}
	if r.KeyHere() {
		root, err := a.open(ctx, r.Portal, r.ID, r.DER)
		if err != nil {
			return i, err
		}
		c, err := root.IssueAuthority(ca.AuthorityRequest{Public: key.Public(), Name: name, Addresses: where, Now: i.CreatedAt})
		if err != nil {
			return i, err
		}
		certified(&i, c, i.CreatedAt)
		if i.List, err = makeList(ca.Authority{Certificate: c, Key: key}, i.List, nil, i.CreatedAt, ca.ListLife); err != nil {
			return i, err
		}
	} else if i.Request, err = ca.NewRequest(key, name, where); err != nil {
		return i, err
	}
	sealed, err := key.PKCS8()
	if err != nil {
		return i, err
	}
	defer clear(sealed)
	return i, a.config.Store.CreateIssuer(ctx, i, sealed, entry(v, app.ActAuthorityNext, string(i.ID)))
}

// nextName counts the issuing authorities of the portal, so that none is called
// as another, and refuses a further one of a root while one waits.
func (a *Authorities) nextName(ctx context.Context, r app.RootAuthority) (string, error) {
	issuers, err := a.config.Store.Issuers(ctx, r.Portal)
	if err != nil {
		return "", err
	}
	for _, i := range issuers {
		if i.Root == r.ID && i.Waiting() {
			return "", app.Fail(app.Conflict, "name authority", "authority.waiting")
		}
	}
	return fmt.Sprintf("%s CA %d", r.Organisation, len(issuers)+1), nil
}

// certified sets what the root has certified.
func certified(i *app.IssuingAuthority, c *x509.Certificate, now time.Time) {
	i.DER, i.NotBefore, i.NotAfter, i.CertifiedAt = c.Raw, c.NotBefore, c.NotAfter, now
}

// Certify takes the certificate that the root has made elsewhere for an issuing
// authority that waits: PEM or DER. It must be of that root, for that key, and may
// issue certificates.
//
// Errors: app.NotFound; app.Conflict "authority.not-waiting"; app.Invalid
// "authority.certificate-bad", "authority.certificate-other".
func (a *Authorities) Certify(ctx context.Context, v app.Visit, id app.AuthorityID, file []byte) (app.IssuingAuthority, error) {
	const op = "certify authority"
	if err := allowAuthority(v, op, id); err != nil {
		return app.IssuingAuthority{}, err
	}
	if err := a.ready(ctx, v, op); err != nil {
		return app.IssuingAuthority{}, err
	}
	list, err := keys.ReadCertificates(file)
	if err != nil || len(list) == 0 {
		return app.IssuingAuthority{}, app.Fail(app.Invalid, op, "authority.certificate-bad").Because(err)
	}
	i, err := a.config.Store.Issuer(ctx, v.Portal, id)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	if !i.Waiting() {
		return app.IssuingAuthority{}, app.Fail(app.Conflict, op, "authority.not-waiting")
	}
	r, err := a.config.Store.Root(ctx, v.Portal, i.Root)
	if err != nil {
		return app.IssuingAuthority{}, app.Wrap(op, err)
	}
	now := a.config.Now().UTC()
	first, c, err := a.firstList(ctx, i, r, list, now)
	if err != nil {
		return app.IssuingAuthority{}, app.Fail(app.Invalid, op, "authority.certificate-other").Because(err)
	}
	i, err = a.config.Store.UpdateIssuer(ctx, v.Portal, id, func(i *app.IssuingAuthority, _ time.Time) ([]app.AuditEntry, error) {
		if !i.Waiting() {
			return nil, app.Fail(app.Conflict, op, "authority.not-waiting")
		}
		certified(i, c, now)
		i.Request, i.List = nil, first
		return []app.AuditEntry{entry(v, app.ActAuthorityCertified, string(id))}, nil
	})
	return i, app.Wrap(op, err)
}

// firstList finds the authority's certificate among those of a file and makes its
// first list, which shows that key and certificate belong together and may issue.
func (a *Authorities) firstList(ctx context.Context, i app.IssuingAuthority, r app.RootAuthority, found []*x509.Certificate, now time.Time) (app.RevocationList, *x509.Certificate, error) {
	root, err := x509.ParseCertificate(r.DER)
	if err != nil {
		return app.RevocationList{}, nil, err
	}
	err = errors.New("the file holds no certificate of this root")
	for _, c := range found {
		if bytes.Equal(c.Raw, r.DER) || c.CheckSignatureFrom(root) != nil {
			continue
		}
		issuer, openErr := a.open(ctx, i.Portal, i.ID, c.Raw)
		if openErr != nil {
			return app.RevocationList{}, nil, openErr
		}
		if err = issuer.MayIssue(now); err != nil {
			continue
		}
		l, listErr := makeList(issuer, app.RevocationList{}, nil, now, ca.ListLife)
		return l, c, listErr
	}
	return app.RevocationList{}, nil, err
}
