package admin

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"signservice/app"
	"signservice/signer/keys"
)

// Certificates lists the portal's certificates by name, those that last longer
// first among equals.
func (s *Service) Certificates(ctx context.Context, v app.Visit) ([]app.Certificate, error) {
	if err := allow(v, "list certificates"); err != nil {
		return nil, err
	}
	list, err := s.config.Store.Certificates(ctx, v.Portal)
	if err != nil {
		return nil, app.Wrap("list certificates", err)
	}
	slices.SortFunc(list, func(a, b app.Certificate) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), b.NotAfter.Compare(a.NotAfter), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// SelfSigned is a certificate to be made.
type SelfSigned struct {
	// Name is the person's, required; Organisation may be empty. Each has at most
	// MaxName characters.
	Name, Organisation string
	// Years is its life, 1 or 2: see keys.MaxSelfSigned.
	Years int
	// Key is "ecdsa-p256", which "" stands for, or "rsa-3072".
	Key string
	// Owner is the account that the certificate belongs to; "" for nobody's.
	Owner app.UserID
}

// The fields of a self-signed certificate.
var (
	nameField = field{
		missing: "certificate.name-missing", long: "certificate.name-long", characters: "certificate.name-characters", max: MaxName,
	}
	organisationField = field{
		long: "certificate.organisation-long", characters: "certificate.organisation-characters", max: MaxName,
	}
)

// MaxYears is the longest life of a self-signed certificate.
const MaxYears = 2

// request gives what package keys is asked for, without the key.
func (in SelfSigned) request(op string) (keys.SelfSignedRequest, keys.Kind, error) {
	var r keys.SelfSignedRequest
	var err error
	if r.CommonName, err = nameField.read(op, in.Name); err != nil {
		return r, "", err
	}
	if r.Organization, err = organisationField.read(op, in.Organisation); err != nil {
		return r, "", err
	}
	if in.Years < 1 || in.Years > MaxYears {
		return r, "", app.Fail(app.Invalid, op, "certificate.years-wrong", MaxYears)
	}
	kinds := map[string]keys.Kind{"": keys.P256, "ecdsa-p256": keys.P256, "rsa-3072": keys.RSA3072}
	kind, ok := kinds[in.Key]
	if !ok {
		return r, "", app.Fail(app.Invalid, op, "certificate.kind-unknown")
	}
	return r, kind, nil
}

// CreateSelfSigned makes a software key and a certificate that signs itself,
// for documents inside the company. The key is sealed by the store.
func (s *Service) CreateSelfSigned(ctx context.Context, v app.Visit, in SelfSigned) (app.Certificate, error) {
	const op = "create certificate"
	if err := allow(v, op); err != nil {
		return app.Certificate{}, err
	}
	request, kind, err := in.request(op)
	if err != nil {
		return app.Certificate{}, err
	}
	if err := s.owner(ctx, v, op, in.Owner); err != nil {
		return app.Certificate{}, err
	}
	key, err := keys.Generate(kind)
	if err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	now := s.config.Now().UTC()
	request.Key, request.NotBefore, request.NotAfter = key, now, now.AddDate(in.Years, 0, 0)
	der, err := keys.SelfSigned(request)
	if err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return app.Certificate{}, fmt.Errorf("%s: read it back: %w", op, err)
	}
	c := describe(parsed)
	c.Portal, c.Source, c.Owner, c.CreatedAt, c.CreatedBy = v.Portal, app.KeySoftware, in.Owner, now, v.User
	sealed, err := key.PKCS8()
	if err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	defer clear(sealed)
	if err := s.config.Store.SaveCertificate(ctx, c, sealed, named(certificateEntry(v, app.ActCertificateCreated, c.ID), c.Name)); err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	return c, nil
}

// RemoveCertificate takes a certificate out of use and destroys its software
// key. It fails with app.Conflict while the certificate is assigned or at work.
func (s *Service) RemoveCertificate(ctx context.Context, v app.Visit, id app.CertificateID) error {
	const op = "remove certificate"
	if err := allowCertificate(v, op, id); err != nil {
		return err
	}
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	if err := s.hasCertificate(ctx, v, op, id); err != nil {
		return err
	}
	c, err := s.config.Store.Certificate(ctx, v.Portal, id)
	if err != nil {
		return app.Wrap(op, err)
	}
	if err := s.confirm(ctx, v, op); err != nil {
		return err
	}
	if err := s.config.Store.DeleteCertificate(ctx, v.Portal, id, named(certificateEntry(v, app.ActCertificateRemoved, id), c.Name)); err != nil {
		return app.Wrap(op, err)
	}
	notices.add(func() { s.concern(ctx, v, []app.UserID{c.Owner}, "concern.certificate-removed", c.Name) })
	return nil
}

// certificateEntry begins the audit entry of what is done with a certificate.
func certificateEntry(v app.Visit, action app.Action, id app.CertificateID) app.AuditEntry {
	e := entry(v, action, string(id))
	e.Certificate = id
	return e
}

// named keeps in an entry whom its certificate names, since the certificate may
// be removed later.
func named(e app.AuditEntry, name string) app.AuditEntry {
	e.OwnerName = name
	return e
}
