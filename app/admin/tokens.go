package admin

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"signservice/app"
	"signservice/app/keyring"
	"signservice/signer/keys"
)

// TokenView is a configured token, with what is on it.
type TokenView struct {
	Serial, Label, Model string
	// Module is the file of the PKCS#11 library, without its folder: where the
	// server keeps it is its operator's. Slot is the number of the token's slot; ""
	// before it was seen.
	Module, Slot string
	// PIN tells where the PIN stands.
	PIN PINState
	// Note is the key of a message that tells why the token cannot be used; ""
	// when it can. Since is when that began, zero where nobody knows.
	Note  string
	Since time.Time
	// TypePIN: an administrator may type the PIN; PINStored: one did. AllowPIN: it
	// is not sent since it was sent before. PINLow: a wrong one was sent to the
	// token since the last right one, by whomever.
	TypePIN, PINStored, AllowPIN, PINLow bool
	Certificates                         []TokenCertificate
	// Others are what cannot be taken into use: keys without a certificate, and
	// certificates that cannot be read.
	Others []TokenObject
}

// PINState is where a token's PIN comes from, or what is wrong with it.
type PINState string

// The states of PINs.
const (
	PINConfigured PINState = "configured" // it comes from the server's configuration
	PINTyped      PINState = "typed"      // an administrator typed it; the store keeps it sealed
	PINNeeded     PINState = "needed"     // nobody gave it yet
	PINRefused    PINState = "refused"    // the token refused it, or never answered
	PINLastTry    PINState = "last-try"   // one more wrong one would lock the token
	PINLocked     PINState = "locked"
)

// pinState tells where the PIN of a token stands.
func pinState(on keyring.Token) PINState {
	for _, fault := range []struct {
		err   error
		state PINState
	}{
		{keys.ErrPINFinalTry, PINLastTry},
		{keys.ErrPINLocked, PINLocked},
		{keys.ErrPINMissing, PINNeeded},
		{keys.ErrPINWrong, PINRefused},
		{keys.ErrPINLatched, PINRefused},
	} {
		if errors.Is(on.Err, fault.err) {
			return fault.state
		}
	}
	switch {
	case on.Typed && on.Stored:
		return PINTyped
	case on.Typed:
		return PINNeeded
	}
	return PINConfigured
}

// fileName is a path's last part; "" for none.
func fileName(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// TokenObject is a key without a certificate, or a certificate that cannot be
// read.
type TokenObject struct {
	Label string
	// KeyID is the hexadecimal CKA_ID.
	KeyID string
	// Key: it is a key; Kind is which, as "RSA 2048", or "" where that is unknown.
	Key  bool
	Kind string
	// Unusable is the key of a message that tells why no certificate can be
	// requested for it; "" when one can.
	Unusable string
}

// TokenCertificate is a certificate on a token. Its ID, TokenSerial and KeyID
// are what AddFromToken is told.
type TokenCertificate struct {
	app.Certificate
	// Label is what the token calls it.
	Label string
	// Added: it is in use in this portal.
	Added bool
	// Unusable is the key of a message that tells why it cannot be taken into
	// use; "" when it can.
	Unusable string
}

// Tokens lists the tokens that the portal may use, with what is on them.
// Issuers' certificates are left out.
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
	list, err := s.config.Tokens.List(ctx, v.Portal)
	if err != nil {
		return nil, app.Wrap(op, err)
	}
	var views []TokenView
	for _, t := range list {
		view := s.tokenView(t)
		for i, c := range view.Certificates {
			view.Certificates[i].Added = added[c.ID]
		}
		views = append(views, view)
	}
	return views, nil
}

// tokenView is a token in the domain's words.
func (s *Service) tokenView(on keyring.Token) TokenView {
	t := on.Token
	view := TokenView{
		Serial: t.Serial, Label: shown(t.Label), Model: shown(t.Model), Module: fileName(t.Module), Slot: t.Slot, PIN: pinState(on),
		TypePIN: on.Typed, PINStored: on.Stored, PINLow: on.Status.PINCountLow,
	}
	if on.Err != nil {
		view.Note, view.Since = tokenNote(on.Err), on.Status.Since
		view.AllowPIN = errors.Is(on.Err, keys.ErrPINLatched)
		if on.Typed && errors.Is(on.Err, keys.ErrPINMissing) {
			view.Note = "token.pin-untyped"
		}
	}
	for _, e := range on.Entries {
		switch {
		case e.Certificate == nil:
			view.Others = append(view.Others, tokenObject(e))
			continue
		case e.Certificate.IsCA && !e.HasKey:
			continue
		}
		c := describe(e.Certificate)
		c.Source, c.TokenSerial, c.KeyID = app.KeyToken, t.Serial, e.ID.ID
		for _, issuer := range e.Chain {
			c.Chain = append(c.Chain, issuer.Raw)
		}
		view.Certificates = append(view.Certificates, TokenCertificate{Certificate: c, Label: shown(e.Label), Unusable: unusable(e, c, s.config.Now())})
	}
	return view
}

// tokenObject is what lies on a token without a certificate that can be read.
func tokenObject(e keys.Entry) TokenObject {
	o := TokenObject{Label: shown(e.Label), KeyID: e.ID.ID, Key: e.HasKey, Unusable: keyProblem(e.Problem)}
	switch public := e.Public.(type) {
	case *rsa.PublicKey:
		o.Kind = "RSA " + strconv.Itoa(public.N.BitLen())
	case *ecdsa.PublicKey:
		o.Kind = "ECDSA " + public.Params().Name
	case nil:
		if o.Unusable == "" && o.Key { // nothing can be requested for an unknown key
			o.Unusable = "token.key-odd"
		}
	}
	return o
}

// keyProblem is the message that tells why a key cannot sign, or "".
func keyProblem(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, keys.ErrKeyAmbiguous):
		return "token.key-ambiguous"
	case errors.Is(err, keys.ErrKeyUnsupported):
		return "token.key-odd"
	}
	return "certificate.key-unusable"
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
		{keys.ErrNoPKCS11, "token.module"},
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
		return keyProblem(e.Problem)
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
	found, err := s.onToken(ctx, v, op, serial, keyID, id)
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
	if err := s.config.Store.SaveCertificate(ctx, c, nil, named(certificateEntry(v, app.ActCertificateAdded, id), c.Name)); err != nil {
		return app.Certificate{}, app.Wrap(op, err)
	}
	return c, nil
}

// onToken finds a certificate on a token.
func (s *Service) onToken(ctx context.Context, v app.Visit, op, serial, keyID string, id app.CertificateID) (TokenCertificate, error) {
	unknown := app.Fail(app.NotFound, op, "certificate.unknown")
	if s.config.Tokens == nil {
		return TokenCertificate{}, unknown
	}
	list, err := s.config.Tokens.List(ctx, v.Portal)
	if err != nil {
		return TokenCertificate{}, app.Wrap(op, err)
	}
	for _, contents := range list {
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
