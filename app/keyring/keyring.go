package keyring

import (
	"context"
	"crypto"
	"errors"
	"io"
	"log/slog"
	"time"

	"signservice/app"
	"signservice/signer/keys"
)

// Tokens are the PKCS#11 tokens: *keys.Tokens and *remote.Tokens are some.
type Tokens interface {
	Status() []keys.Status // in the order of the configuration, as in List
	List(ctx context.Context) []keys.Contents
	Retry(ctx context.Context, serial string) error
	Signer(ctx context.Context, id keys.KeyID) (*keys.Signer, error)
	GenerateKey(ctx context.Context, token string, k keys.NewKey) (keys.KeyID, error)
	CertificateRequest(ctx context.Context, id keys.KeyID, s keys.Subject) ([]byte, error)
	ImportCertificate(ctx context.Context, token string, der []byte) (keys.KeyID, error)
}

// Store keeps software keys, and what belongs to tokens; *store.Store is one.
type Store interface {
	Portal(ctx context.Context, id app.PortalID) (app.Portal, error)
	// SoftwareKey gives a key in PKCS#8, which the caller wipes.
	SoftwareKey(ctx context.Context, portal app.PortalID, id app.CertificateID) ([]byte, error)
	ClaimToken(ctx context.Context, serial string) (app.PortalID, error)
	TokenPIN(ctx context.Context, serial string) (app.Secret, error)
	SaveTokenPIN(ctx context.Context, serial string, pin app.Secret, entries ...app.AuditEntry) error
}

// Rule says what the configuration holds about a token beside its name.
type Rule struct {
	// Portals are those that may use it, by member id or address; none: see the
	// package.
	Portals []string
	// Typed: its PIN comes from an administrator. The token must be configured by
	// serial number, so that the PIN never reaches another one of its label.
	Typed bool
}

// Latch is the PIN latch of the tokens; *keys.FileLatch is one.
type Latch interface {
	Reset(ctx context.Context, tokenSerial string) error
}

// Config is what the ring is made of. Store is required.
type Config struct {
	Store  Store
	Tokens Tokens // nil where there are none
	// Rules are those of the tokens, in the order of the configuration. A token
	// beyond their end has an empty one.
	Rules []Rule
	// Latch is required for AllowPIN.
	Latch Latch
	Log   *slog.Logger // nil: nothing is logged
}

// Ring gives keys. Its methods may be called from any goroutine.
type Ring struct{ config Config }

// New makes a Ring.
func New(c Config) *Ring {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Ring{c}
}

// Signer opens the key of a certificate; the function ends its use. The signer's
// errors about tokens are app.Unavailable as well.
//
// Errors: app.Unavailable certificate.token-absent or certificate.token-fault.
func (r *Ring) Signer(ctx context.Context, c app.Certificate) (crypto.Signer, func(), error) {
	none := func() {}
	if c.Source == app.KeySoftware {
		der, err := r.config.Store.SoftwareKey(ctx, c.Portal, c.ID)
		if err != nil {
			return nil, none, err
		}
		defer clear(der)
		key, err := keys.ParsePKCS8(der)
		return key, none, err
	}
	if _, err := r.find(ctx, c.Portal, c.TokenSerial); err != nil {
		if errors.Is(err, app.NotFound) {
			err = tokenFailure("open token", keys.ErrTokenAbsent)
		}
		return nil, none, err
	}
	key, err := r.config.Tokens.Signer(ctx, keys.KeyID{Token: c.TokenSerial, ID: c.KeyID, Certificate: string(c.ID)})
	if err != nil {
		return nil, none, tokenFailure("open token", err)
	}
	return tokenKey{key}, none, nil
}

// tokenKey speaks of the token's failures in the domain's words.
type tokenKey struct{ *keys.Signer }

// Sign signs a digest: see keys.Signer.
func (k tokenKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	value, err := k.Signer.Sign(random, digest, opts)
	if err != nil {
		return nil, tokenFailure("sign", err)
	}
	return value, nil
}

// tokenFailure tells a user that a token cannot be used now. What a mistake of
// ours or a false signature is stays one.
func tokenFailure(op string, err error) error {
	for _, absent := range []error{keys.ErrTokenAbsent, keys.ErrTokenAmbiguous} {
		if errors.Is(err, absent) {
			return app.Fail(app.Unavailable, op, "certificate.token-absent").Because(err)
		}
	}
	for _, fault := range []error{
		keys.ErrToken, keys.ErrTokenUnready, keys.ErrModule, keys.ErrNoPKCS11, keys.ErrKeyAbsent, keys.ErrKeyAmbiguous, keys.ErrKeyUnsupported,
		keys.ErrPINMissing, keys.ErrPINWrong, keys.ErrPINLatched, keys.ErrPINFinalTry, keys.ErrPINLocked, keys.ErrClosed,
	} {
		if errors.Is(err, fault) {
			return app.Fail(app.Unavailable, op, "certificate.token-fault").Because(err)
		}
	}
	return app.Wrap(op, err)
}

// Absent tells since when a certificate's key cannot be reached; the zero time
// with true where nobody knows.
func (r *Ring) Absent(ctx context.Context, c app.Certificate) (time.Time, bool) {
	if c.Source == app.KeySoftware {
		return time.Time{}, false
	}
	s, err := r.find(ctx, c.Portal, c.TokenSerial)
	if err != nil {
		return time.Time{}, true
	}
	ready := s.State == keys.StateReady || s.State == keys.StateUnknown
	return s.Since, !ready
}
