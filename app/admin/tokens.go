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

// TokenView is a configured token, with what is on it.
type TokenView struct {
	Serial, Label, Model string
	// Note is the key of a message that tells why the token cannot be used; ""
	// when it can.
	Note         string
	Certificates []TokenCertificate
}

// TokenCertificate is a certificate on a token. Its ID, TokenSerial and KeyID
// are what AddFromToken is told.
type TokenCertificate struct {
	app.Certificate
	// Added: it is in use in this portal.
	Added bool
	// Unusable is the key of a message that tells why it cannot be taken into
	// use; "" when it can.
	Unusable string
}

// Tokens lists the configured tokens with their certificates. Issuers'
// certificates and keys without a certificate are left out.
func (s *Service) Tokens(ctx context.Context, v app.Visit) ([]TokenView, error) {
	const op = "list tokens"
	if err := allow(v, op); err != nil {
		return nil, err
	}
	if s.config.Tokens == nil {
		return nil, nil
	}
	known, err := s.config.Store.Certificates(ctx, v.Portal)
	if err != nil {
		return nil, app.Wrap(op, err)
	}
	added := map[app.CertificateID]bool{}
	for _, c := range known {
		added[c.ID] = true
	}
	var views []TokenView
	for _, contents := range s.config.Tokens.List(ctx) {
		view := s.tokenView(contents)
		for i, c := range view.Certificates {
			view.Certificates[i].Added = added[c.ID]
		}
		views = append(views, view)
	}
	return views, nil
}

// tokenView is a token in the domain's words.
func (s *Service) tokenView(contents keys.Contents) TokenView {
	t := contents.Token
	view := TokenView{Serial: t.Serial, Label: shown(t.Label), Model: shown(t.Model)}
	if contents.Err != nil {
		view.Note = tokenNote(contents.Err)
	}
	for _, e := range contents.Entries {
		if e.Certificate == nil || e.Certificate.IsCA && !e.HasKey {
			continue
		}
		c := describe(e.Certificate)
		c.Source, c.TokenSerial, c.KeyID = app.KeyToken, t.Serial, e.ID.ID
		for _, issuer := range e.Chain {
			c.Chain = append(c.Chain, issuer.Raw)
		}
		view.Certificates = append(view.Certificates, TokenCertificate{Certificate: c, Unusable: unusable(e, c, s.config.Now())})
	}
	return view
}

// tokenNote is the message about a token that cannot be read.
func tokenNote(err error) string {
	for _, known := range []struct {
		err error
		key string
	}{
		{keys.ErrTokenAbsent, "token.absent"},
		{keys.ErrTokenAmbiguous, "token.ambiguous"},
		{keys.ErrTokenUnready, "token.unready"},
		{keys.ErrPINMissing, "token.pin-missing"},
		{keys.ErrPINWrong, "token.pin-refused"},
		{keys.ErrPINLatched, "token.pin-refused"},
		{keys.ErrPINFinalTry, "token.pin-final"},
		{keys.ErrPINLocked, "token.pin-locked"},
		{keys.ErrModule, "token.module"},
	} {
		if errors.Is(err, known.err) {
			return known.key
		}
	}
	return "token.failed"
}

// unusable is the message that tells why a certificate on a token cannot be
// taken into use, or "".
func unusable(e keys.Entry, c app.Certificate, now time.Time) string {
	const documents = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	usage := e.Certificate.KeyUsage
	switch {
	case !e.HasKey:
		return "certificate.no-key"
	case !e.Usable():
		return "certificate.key-unusable"
	case e.Certificate.IsCA || usage != 0 && usage&documents == 0: // RFC 5280, 4.2.1.3
		return "certificate.other-purpose"
	}
	switch c.Usable(now) {
	case "":
		return ""
	case "certificate.not-yet":
		return "certificates.badge-not-yet"
	case "certificate.last-day":
		return "certificates.badge-last-day"
	}
	return "certificates.badge-expired"
}

// AddFromToken takes a certificate that lies on a token into use: the token's
// serial number, the key's CKA_ID and the certificate's fingerprint, all as
// Tokens gave them.
//
// Errors: app.NotFound certificate.unknown; app.Conflict certificate.exists,
// certificate.claimed; app.Invalid where it cannot sign; app.Unavailable where
// the token cannot be read.
func (s *Service) AddFromToken(ctx context.Context, v app.Visit, serial, keyID string, id app.CertificateID) (app.Certificate, error) {
	const op = "add certificate"
	if err := allowCertificate(v, op, id); err != nil {
		return app.Certificate{}, err
	}
	found, err := s.onToken(ctx, op, serial, keyID, id)
	if err != nil {
		return app.Certificate{}, err
	}
	if found.Unusable != "" {
		return app.Certificate{}, app.Fail(app.Invalid, op, found.Unusable)
	}
	c := found.Certificate
	c.Portal, c.CreatedAt, c.CreatedBy = v.Portal, s.config.Now().UTC(), v.User
	s.changes.Lock()
	defer s.changes.Unlock()
	switch _, err := s.config.Store.Certificate(ctx, v.Portal, id); {
	case err == nil:
		return app.Certificate{}, app.Fail(app.Conflict, op, "certificate.exists")
	case !errors.Is(err, app.NotFound):
		return app.Certificate{}, app.Wrap(op, err)
	}
	if err := s.config.Store.SaveCertificate(ctx, c, nil, certificateEntry(v, app.ActCertificateAdded, id)); err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	return c, nil
}

// onToken finds a certificate on a token.
func (s *Service) onToken(ctx context.Context, op, serial, keyID string, id app.CertificateID) (TokenCertificate, error) {
	unknown := app.Fail(app.NotFound, op, "certificate.unknown")
	if s.config.Tokens == nil {
		return TokenCertificate{}, unknown
	}
	for _, contents := range s.config.Tokens.List(ctx) {
		if contents.Token.Serial != serial {
			continue
		}
		view := s.tokenView(contents)
		at := slices.IndexFunc(view.Certificates, func(c TokenCertificate) bool { return c.ID == id && c.KeyID == keyID })
		switch {
		case at >= 0:
			return view.Certificates[at], nil
		case view.Note != "":
			return TokenCertificate{}, app.Fail(app.Unavailable, op, view.Note).Because(contents.Err)
		}
	}
	return TokenCertificate{}, unknown
}
