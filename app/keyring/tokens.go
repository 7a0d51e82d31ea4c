package keyring

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signservice/app"
	"signservice/signer/keys"
)

// Token is a token that a portal may use.
type Token struct {
	keys.Contents
	Status keys.Status
	// Typed: its PIN comes from an administrator; Stored: it did.
	Typed, Stored bool
}

// unknown is what a token of another portal is.
func unknown(op string) error { return app.Fail(app.NotFound, op, "token.unknown") }

// rule gives what the configuration says about a token.
func (r *Ring) rule(number int) Rule {
	if number < len(r.config.Rules) {
		return r.config.Rules[number]
	}
	return Rule{}
}

// may tells whether a portal may use a token.
func (r *Ring) may(ctx context.Context, portal app.PortalID, number int, serial string) (bool, error) {
	if named := r.rule(number).Portals; len(named) > 0 {
		if slices.Contains(named, string(portal)) {
			return true, nil
		}
		p, err := r.config.Store.Portal(ctx, portal)
		if err != nil {
			return false, app.Wrap("find portal", err)
		}
		return slices.ContainsFunc(named, func(name string) bool { return p.Domain != "" && strings.EqualFold(name, p.Domain) }), nil
	}
	owner, err := r.config.Store.ClaimToken(ctx, serial)
	return owner != "" && owner == portal, err
}

// find gives the state of a token that the portal may use.
func (r *Ring) find(ctx context.Context, portal app.PortalID, serial string) (keys.Status, error) {
	const op = "find token"
	if r.config.Tokens == nil || serial == "" {
		return keys.Status{}, unknown(op)
	}
	for i, s := range r.config.Tokens.Status() {
		if s.Token.Serial != serial {
			continue
		}
		may, err := r.may(ctx, portal, i, serial)
		if err != nil {
			return keys.Status{}, err
		}
		if may {
			return s, nil
		}
	}
	return keys.Status{}, unknown(op)
}

// List reads what is on the tokens that a portal may use. One that cannot be
// read is there with the reason. One that was never seen under a label alone has
// no serial number yet: it is shown where its rule names the portal.
func (r *Ring) List(ctx context.Context, portal app.PortalID) ([]Token, error) {
	if r.config.Tokens == nil {
		return nil, nil
	}
	all, states := r.config.Tokens.List(ctx), r.config.Tokens.Status()
	var mine []Token
	for i, contents := range all {
		may, err := r.may(ctx, portal, i, contents.Token.Serial)
		if err != nil {
			return nil, err
		}
		if !may {
			continue
		}
		t := Token{Contents: contents, Status: states[i], Typed: r.rule(i).Typed}
		if t.Typed {
			pin, err := r.config.Store.TokenPIN(ctx, contents.Token.Serial)
			if err != nil {
				return nil, err
			}
			t.Stored = pin != ""
		}
		mine = append(mine, t)
	}
	return mine, nil
}

// EnterPIN keeps a PIN that an administrator typed, and opens the token with it.
// A PIN that the token refuses is forgotten.
//
// Errors: app.NotFound token.unknown; app.Conflict token.pin-configured where
// the PIN comes from the configuration; those of Retry.
func (r *Ring) EnterPIN(ctx context.Context, portal app.PortalID, serial string, pin app.Secret, entries ...app.AuditEntry) error {
	const op = "enter PIN"
	if _, err := r.find(ctx, portal, serial); err != nil {
		return err
	}
	if !r.typed(serial) {
		return app.Fail(app.Conflict, op, "token.pin-configured")
	}
	if err := r.config.Store.SaveTokenPIN(ctx, serial, pin, entries...); err != nil {
		return app.Wrap(op, err)
	}
	err := r.config.Tokens.Retry(ctx, serial)
	if errors.Is(err, keys.ErrPINWrong) || errors.Is(err, keys.ErrPINLatched) {
		return errors.Join(err, r.config.Store.SaveTokenPIN(ctx, serial, ""))
	}
	return err
}

// typed tells whether the PIN of a token comes from administrators.
func (r *Ring) typed(serial string) bool {
	for i, s := range r.config.Tokens.Status() {
		if s.Token.Serial == serial {
			return r.rule(i).Typed
		}
	}
	return false
}

// TypedPIN gives a token's PIN that an administrator typed, to be its
// keys.PINSource.
func TypedPIN(store Store, serial string) keys.PINSource {
	return func(ctx context.Context) (keys.PIN, error) {
		pin, err := store.TokenPIN(ctx, serial)
		if err != nil {
			return keys.PIN{}, err
		}
		if pin == "" {
			return keys.PIN{}, errors.New("no administrator has typed it yet")
		}
		return keys.NewPIN([]byte(pin.Reveal())), nil
	}
}

// AllowPIN lets a PIN be sent once more that was refused before, or never
// answered, and opens the token with it.
//
// Errors: app.NotFound token.unknown; those of keys.Tokens.Retry.
func (r *Ring) AllowPIN(ctx context.Context, portal app.PortalID, serial string) error {
	if _, err := r.find(ctx, portal, serial); err != nil {
		return err
	}
	if err := r.config.Latch.Reset(ctx, serial); err != nil {
		return app.Wrap("allow PIN", err)
	}
	return r.config.Tokens.Retry(ctx, serial)
}

// GenerateKey has a token that the portal may use make a key: see keys.Tokens.
func (r *Ring) GenerateKey(ctx context.Context, portal app.PortalID, serial string, k keys.NewKey) (keys.KeyID, error) {
	if _, err := r.find(ctx, portal, serial); err != nil {
		return keys.KeyID{}, err
	}
	return r.config.Tokens.GenerateKey(ctx, serial, k)
}

// CertificateRequest makes a certificate request for a key of a token that the
// portal may use: see keys.Tokens.
func (r *Ring) CertificateRequest(ctx context.Context, portal app.PortalID, id keys.KeyID, s keys.Subject) ([]byte, error) {
	if _, err := r.find(ctx, portal, id.Token); err != nil {
		return nil, err
	}
	return r.config.Tokens.CertificateRequest(ctx, id, s)
}

// ImportCertificate writes a certificate onto a token that the portal may use:
// see keys.Tokens.
func (r *Ring) ImportCertificate(ctx context.Context, portal app.PortalID, serial string, der []byte) (keys.KeyID, error) {
	if _, err := r.find(ctx, portal, serial); err != nil {
		return keys.KeyID{}, err
	}
	return r.config.Tokens.ImportCertificate(ctx, serial, der)
}
