package admin

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"signservice/app"
	"signservice/signer/keys"
)

// MaxCertificateFile is the largest file that ImportCertificate and AddChain
// take, in bytes: a key with a long chain is a tenth of it.
const MaxCertificateFile = 256 << 10

// maxFilePassword is the longest password of a file, in bytes.
const maxFilePassword = 1024

// Import is a PKCS#12 file (.p12, .pfx) that an administrator brings.
type Import struct {
	File     []byte
	Password app.Secret
	// Owner is the account that the certificate belongs to; "" for nobody's.
	Owner app.UserID
}

// ImportCertificate takes a software key with its certificate and chain from a
// PKCS#12 file. The key is sealed by the store and never given out again. One
// file is opened at a time, since that may cost a processor seconds.
//
// Errors: app.Invalid with a key "certificate.file-…" that says what is wrong
// with the file or its password, or why its certificate cannot sign;
// app.Conflict certificate.exists.
func (s *Service) ImportCertificate(ctx context.Context, v app.Visit, in Import) (app.Certificate, error) {
	const op = "import certificate"
	if err := allow(v, op); err != nil {
		return app.Certificate{}, err
	}
	if err := s.owner(ctx, v, op, in.Owner); err != nil {
		return app.Certificate{}, err
	}
	if err := checkFile(op, in.File); err != nil {
		return app.Certificate{}, err
	}
	if len(in.Password) > maxFilePassword {
		return app.Certificate{}, app.Fail(app.Invalid, op, "certificate.file-password")
	}
	got, err := s.openFile(in)
	if err != nil {
		return app.Certificate{}, app.Fail(app.Invalid, op, fileFault(err)).Because(err)
	}
	now := s.config.Now().UTC()
	c := describe(got.Certificate)
	if why := unfit(got.Certificate, c, now); why != "" {
		return app.Certificate{}, app.Fail(app.Invalid, op, why)
	}
	for _, issuer := range got.Chain {
		c.Chain = append(c.Chain, issuer.Raw)
	}
	c.Portal, c.Source, c.Owner, c.CreatedAt, c.CreatedBy = v.Portal, app.KeySoftware, in.Owner, now, v.User
	pkcs8, err := got.Key.PKCS8()
	if err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	defer clear(pkcs8)
	s.changes.Lock()
	defer s.changes.Unlock()
	if err := s.newCertificate(ctx, v, op, c.ID); err != nil {
		return app.Certificate{}, err
	}
	if err := s.config.Store.SaveCertificate(ctx, c, pkcs8, named(certificateEntry(v, app.ActCertificateImport, c.ID), c.Name)); err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	return c, nil
}

// openFile opens one file at a time.
func (s *Service) openFile(in Import) (*keys.Imported, error) {
	s.files.Lock()
	defer s.files.Unlock()
	return keys.ImportPKCS12(in.File, in.Password.Reveal())
}

// checkFile refuses what is no file at all.
func checkFile(op string, file []byte) error {
	switch {
	case len(file) == 0:
		return app.Fail(app.Invalid, op, "certificate.file-missing")
	case len(file) > MaxCertificateFile:
		return app.Fail(app.TooLarge, op, "certificate.file-large", MaxCertificateFile>>10)
	}
	return nil
}

// fileFault is the message about a file that does not open.
func fileFault(err error) string {
	for _, known := range []struct {
		err error
		key string
	}{
		{keys.ErrPassword, "certificate.file-password"},
		{keys.ErrSeveralKeys, "certificate.file-several-keys"},
		{keys.ErrKeyAbsent, "certificate.file-no-key"},
		{keys.ErrKeyUnsupported, "certificate.file-key-kind"},
		{keys.ErrPKCS12Unsupported, "certificate.file-unsupported"},
		{keys.ErrPKCS12Cost, "certificate.file-cost"},
	} {
		if errors.Is(err, known.err) {
			return known.key
		}
	}
	return "certificate.file-unreadable"
}

// unfit is the message that tells why a certificate of a file cannot be taken
// into use, or "". One that is valid from a later day on can.
func unfit(parsed *x509.Certificate, c app.Certificate, now time.Time) string {
	const documents = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	usage := parsed.KeyUsage
	switch {
	case parsed.IsCA || usage != 0 && usage&documents == 0: // RFC 5280, 4.2.1.3
		return "certificate.other-purpose"
	case c.Usable(now) == "certificate.expired":
		return "certificate.file-expired"
	}
	return ""
}

// newCertificate refuses one that is there already.
func (s *Service) newCertificate(ctx context.Context, v app.Visit, op string, id app.CertificateID) error {
	switch _, err := s.config.Store.Certificate(ctx, v.Portal, id); {
	case err == nil:
		return app.Fail(app.Conflict, op, "certificate.exists")
	case !errors.Is(err, app.NotFound):
		return app.Wrap(op, err)
	}
	return nil
}

// owner refuses an owner who has no account; "" is nobody.
func (s *Service) owner(ctx context.Context, v app.Visit, op string, user app.UserID) error {
	if user == "" {
		return nil
	}
	_, err := s.account(ctx, v, op, user)
	return err
}

// SetOwner says to which account a certificate belongs; "" to nobody's. Whoever
// else signs with it is named beside the owner. It wants the administrator's
// code, or another's certificate could be made to look like one's own; those who
// lose it and those who sign with it are told.
func (s *Service) SetOwner(ctx context.Context, v app.Visit, id app.CertificateID, owner app.UserID) (app.Certificate, error) {
	const op = "set owner"
	if err := allowCertificate(v, op, id); err != nil {
		return app.Certificate{}, err
	}
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	if err := s.owner(ctx, v, op, owner); err != nil {
		return app.Certificate{}, err
	}
	if err := s.hasCertificate(ctx, v, op, id); err != nil {
		return app.Certificate{}, err
	}
	before, err := s.config.Store.Certificate(ctx, v.Portal, id)
	if err != nil || before.Owner == owner {
		return before, app.Wrap(op, err)
	}
	if err := s.confirm(ctx, v, op); err != nil {
		return app.Certificate{}, err
	}
	after, err := s.changeCertificate(ctx, v, op, id, func(c *app.Certificate) (string, error) {
		if c.Owner == owner {
			return "", nil
		}
		c.Owner = owner
		return "certificate.owner-set", nil
	})
	if err == nil {
		notices.add(func() { s.concernOwner(ctx, v, before, owner) })
	}
	return after, err
}

// concernOwner tells who was the owner of a certificate until now, and those who
// sign with it.
func (s *Service) concernOwner(ctx context.Context, v app.Visit, before app.Certificate, owner app.UserID) {
	s.concern(ctx, v, []app.UserID{before.Owner}, "concern.owner-lost", before.Name)
	using := others(s.holders(ctx, before.Portal, before.ID), before.Owner, owner)
	s.concern(ctx, v, using, "concern.owner-changed", before.Name)
}

// AddChain adds the issuers of a certificate from a file of certificates, PEM or
// DER: a token often holds the leaf alone. What in the file belongs to other
// certificates is passed over, as is a root.
//
// Errors: app.Invalid certificate.chain-unreadable, certificate.chain-unrelated.
func (s *Service) AddChain(ctx context.Context, v app.Visit, id app.CertificateID, file []byte) (app.Certificate, error) {
	const op = "add chain"
	if err := allowCertificate(v, op, id); err != nil {
		return app.Certificate{}, err
	}
	if err := checkFile(op, file); err != nil {
		return app.Certificate{}, err
	}
	found, err := keys.ReadCertificates(file)
	if err != nil {
		return app.Certificate{}, app.Fail(app.Invalid, op, "certificate.chain-unreadable").Because(err)
	}
	return s.changeCertificate(ctx, v, op, id, func(c *app.Certificate) (string, error) {
		leaf, err := x509.ParseCertificate(c.DER)
		if err != nil {
			return "", app.Fail(app.Internal, op, "").Because(err)
		}
		all := found
		for _, der := range c.Chain {
			if issuer, err := x509.ParseCertificate(der); err == nil {
				all = append(slices.Clip(all), issuer)
			}
		}
		chain := keys.Chain(leaf, all)
		if len(chain) == 0 {
			return "", app.Fail(app.Invalid, op, "certificate.chain-unrelated")
		}
		if len(chain) == len(c.Chain) {
			return "", nil
		}
		c.Chain = nil
		for _, issuer := range chain {
			c.Chain = append(c.Chain, issuer.Raw)
		}
		return "certificate.chain-added", nil
	})
}

// changeCertificate changes what is kept beside a certificate; change gives what
// the journal tells of it, or "" where nothing changed.
func (s *Service) changeCertificate(ctx context.Context, v app.Visit, op string, id app.CertificateID,
	change func(c *app.Certificate) (detail string, err error),
) (app.Certificate, error) {
	c, err := s.config.Store.UpdateCertificate(ctx, v.Portal, id, func(c *app.Certificate, _ time.Time) ([]app.AuditEntry, error) {
		detail, err := change(c)
		if err != nil || detail == "" {
			return nil, err
		}
		e := certificateEntry(v, app.ActCertificateChanged, id)
		e.Detail = detail
		return []app.AuditEntry{e}, nil
	})
	if errors.Is(err, app.NotFound) {
		return app.Certificate{}, app.Fail(app.NotFound, op, "certificate.unknown").Because(err)
	}
	return c, app.Wrap(op, err)
}
