package admin

import (
	"context"
	"encoding/pem"
	"errors"
	"net/mail"

	"signservice/app"
	"signservice/signer/keys"
)

// The fields of the forms about tokens.
var (
	pinField = field{
		missing: "token.pin-missing-typed", long: "token.pin-long", characters: "token.pin-characters", max: 64,
	}
	labelField = field{
		missing: "token.label-missing", long: "token.label-long", characters: "token.label-characters", max: MaxName,
	}
)

// EnterPIN keeps the PIN of a token, sealed, and opens the token with it at
// once. It is sent to the token once; one that is refused is forgotten.
//
// Errors: app.NotFound token.unknown; app.Invalid token.pin-wrong,
// token.pin-latched; app.Unavailable where the token cannot be opened for
// another reason: the PIN is kept then.
func (s *Service) EnterPIN(ctx context.Context, v app.Visit, serial string, pin app.Secret) error {
	const op = "enter PIN"
	if err := s.allowToken(v, op); err != nil {
		return err
	}
	typed, err := pinField.read(op, pin.Reveal())
	if err != nil {
		return err
	}
	return pinFailure(op, s.config.Tokens.EnterPIN(ctx, v.Portal, serial, app.Secret(typed), entry(v, app.ActTokenPIN, serial)))
}

// AllowPIN lets the PIN of a token be sent once more that was refused before, or
// whose login was never answered, and opens the token with it.
//
// Errors: as EnterPIN.
func (s *Service) AllowPIN(ctx context.Context, v app.Visit, serial string) error {
	const op = "allow PIN"
	if err := s.allowToken(v, op); err != nil {
		return err
	}
	err := s.config.Tokens.AllowPIN(ctx, v.Portal, serial)
	if errors.Is(err, app.NotFound) {
		return err
	}
	// The latch was reset whatever the token said.
	if bad := s.config.Store.Audit(ctx, entry(v, app.ActTokenPINAllowed, serial)); bad != nil {
		return errors.Join(pinFailure(op, err), app.Wrap(op, bad))
	}
	return pinFailure(op, err)
}

// allowToken refuses whoever is no administrator; without tokens there is none
// of any name.
func (s *Service) allowToken(v app.Visit, op string) error {
	if err := allow(v, op); err != nil {
		return err
	}
	if s.config.Tokens == nil {
		return app.Fail(app.NotFound, op, "token.unknown")
	}
	return nil
}

// pinFailure tells an administrator what a token thought of a PIN.
func pinFailure(op string, err error) error {
	switch {
	case errors.Is(err, keys.ErrPINWrong):
		return app.Fail(app.Invalid, op, "token.pin-wrong").Because(err)
	case errors.Is(err, keys.ErrPINLatched):
		return app.Fail(app.Invalid, op, "token.pin-latched").Because(err)
	}
	return tokenFailure(op, err)
}

// tokenFailure tells an administrator why a token did not do what was asked.
func tokenFailure(op string, err error) error {
	var known *app.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, keys.ErrKeyAbsent):
		return app.Fail(app.NotFound, op, "token.key-unknown").Because(err)
	case errors.Is(err, keys.ErrKeyAmbiguous), errors.Is(err, keys.ErrKeyUnsupported):
		return app.Fail(app.Invalid, op, keyProblem(err)).Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return app.Wrap(op, err)
	}
	return app.Fail(app.Unavailable, op, tokenNote(err)).Because(err)
}

// TokenKey is a key to be made on a token.
type TokenKey struct {
	// Kind is "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072" or "rsa-4096".
	Kind string
	// Label is how people call it, at most MaxName characters.
	Label string
}

// TokenKinds are the kinds of keys that tokens make, the usual one first.
func TokenKinds() []string {
	return []string{"ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"}
}

// GenerateKey has a token make a key, which never leaves it, and gives its
// CKA_ID.
//
// Errors: app.NotFound token.unknown; app.Invalid where the form or the kind is
// wrong; app.Unavailable where the token cannot be used.
func (s *Service) GenerateKey(ctx context.Context, v app.Visit, serial string, in TokenKey) (string, error) {
	const op = "make key"
	if err := s.allowToken(v, op); err != nil {
		return "", err
	}
	label, err := labelField.read(op, in.Label)
	if err != nil {
		return "", err
	}
	kind, ok := map[string]keys.Kind{
		"ecdsa-p256": keys.P256, "ecdsa-p384": keys.P384, "rsa-2048": keys.RSA2048, "rsa-3072": keys.RSA3072, "rsa-4096": keys.RSA4096,
	}[in.Kind]
	if !ok {
		return "", app.Fail(app.Invalid, op, "token.key-kind")
	}
	id, err := s.config.Tokens.GenerateKey(ctx, v.Portal, serial, keys.NewKey{Kind: kind, Label: label})
	if errors.Is(err, keys.ErrKeyUnsupported) {
		return "", app.Fail(app.Invalid, op, "token.key-kind").Because(err)
	}
	if err != nil {
		return "", tokenFailure(op, err)
	}
	e := entry(v, app.ActTokenKey, serial)
	e.Detail = id.ID
	return id.ID, app.Wrap(op, s.config.Store.Audit(ctx, e))
}

// TokenRequest is what a certificate is requested with.
type TokenRequest struct {
	Serial, KeyID string
	// Name is required; Organisation, Country (two letters) and Email may be "".
	Name, Organisation, Country, Email string
}

// RequestCertificate makes a certificate request for a key on a token: PKCS #10
// in PEM form (RFC 7468).
//
// Errors: app.NotFound token.unknown, token.key-unknown; app.Invalid where the
// form or the key is wrong; app.Unavailable where the token cannot be used.
func (s *Service) RequestCertificate(ctx context.Context, v app.Visit, in TokenRequest) ([]byte, error) {
	const op = "request certificate"
	if err := s.allowToken(v, op); err != nil {
		return nil, err
	}
	subject, err := in.subject(op)
	if err != nil {
		return nil, err
	}
	der, err := s.config.Tokens.CertificateRequest(ctx, v.Portal, keys.KeyID{Token: in.Serial, ID: in.KeyID}, subject)
	if err != nil {
		return nil, tokenFailure(op, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

func (in TokenRequest) subject(op string) (s keys.Subject, err error) {
	if s.CommonName, err = nameField.read(op, in.Name); err != nil {
		return s, err
	}
	if s.Organization, err = organisationField.read(op, in.Organisation); err != nil {
		return s, err
	}
	if s.Country = in.Country; s.Country != "" && !country.MatchString(s.Country) {
		return s, app.Fail(app.Invalid, op, "token.country-wrong")
	}
	if s.Email = in.Email; s.Email != "" {
		// An address alone, in ASCII as rfc822Name wants it (RFC 5280, 4.2.1.6).
		a, err := mail.ParseAddress(s.Email)
		if err != nil || a.Address != s.Email || len(s.Email) > 254 || !ascii(s.Email) {
			return s, app.Fail(app.Invalid, op, "token.email-wrong")
		}
	}
	return s, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// WriteCertificate writes the certificate that was issued for a key on a token
// beside it, from a file of certificates (PEM or DER), and takes it into use;
// its issuers come from the file where the token has none.
//
// Errors: app.NotFound token.unknown; app.Invalid token.certificate-unreadable,
// token.certificate-unrelated, token.certificate-odd, or as AddFromToken;
// app.Conflict certificate.exists; app.Unavailable where the token cannot be
// used.
func (s *Service) WriteCertificate(ctx context.Context, v app.Visit, serial string, file []byte) (app.Certificate, error) {
	const op = "write certificate"
	if err := s.allowToken(v, op); err != nil {
		return app.Certificate{}, err
	}
	if err := checkFile(op, file); err != nil {
		return app.Certificate{}, err
	}
	found, err := keys.ReadCertificates(file)
	if err != nil || len(found) == 0 {
		key := "token.certificate-unreadable"
		if errors.Is(err, keys.ErrKeyUnsupported) {
			key = "token.certificate-odd"
		}
		return app.Certificate{}, app.Fail(app.Invalid, op, key).Because(err)
	}
	for _, c := range found {
		id, err := s.config.Tokens.ImportCertificate(ctx, v.Portal, serial, c.Raw)
		switch {
		case errors.Is(err, keys.ErrKeyMismatch): // an issuer
			continue
		case errors.Is(err, keys.ErrKeyUnsupported):
			return app.Certificate{}, app.Fail(app.Invalid, op, "token.certificate-odd").Because(err)
		case err != nil:
			return app.Certificate{}, tokenFailure(op, err)
		}
		e := certificateEntry(v, app.ActTokenWritten, app.CertificateID(id.Certificate))
		e.Detail = serial
		if err := s.config.Store.Audit(ctx, e); err != nil {
			return app.Certificate{}, app.Wrap(op, err)
		}
		return s.takeWritten(ctx, v, id, file)
	}
	return app.Certificate{}, app.Fail(app.Invalid, op, "token.certificate-unrelated")
}

// takeWritten takes a certificate into use that was just written onto a token.
func (s *Service) takeWritten(ctx context.Context, v app.Visit, id keys.KeyID, file []byte) (app.Certificate, error) {
	c, err := s.AddFromToken(ctx, v, id.Token, id.ID, app.CertificateID(id.Certificate))
	if err != nil || len(c.Chain) > 0 || c.SelfSigned {
		return c, err
	}
	with, err := s.AddChain(ctx, v, c.ID, file)
	if app.KindOf(err) == app.Invalid { // no issuer in the file: it may be added later
		return c, nil
	}
	return with, err
}
