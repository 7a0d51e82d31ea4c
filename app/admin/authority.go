package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"signservice/app"
	"signservice/signer/ca"
	"signservice/signer/keys"
)

// AuthorityConfig is what the internal authorities are made of. Store and Base
// are required.
type AuthorityConfig struct {
	Store AuthorityStore
	// Base is the address below which lists, certificates and the responder are
	// reached: "http://sign.example.org/ca". It goes into certificates and must
	// last as long as they do.
	Base string
	// Confirm lets a dangerous act pass that the administrator has confirmed with
	// a code; Service.Confirm is one. Nil asks for none.
	Confirm func(ctx context.Context, v app.Visit, op string) error
	// Revoked hears of certificates that were revoked, when that is stored, to tell
	// their holders; Service.CertificatesRevoked is one. Nil tells nobody.
	Revoked func(ctx context.Context, v app.Visit, list []app.IssuedCertificate)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log hears of lists that cannot be made; nil discards it.
	Log *slog.Logger
}

// Authorities are the internal certificate authorities of all portals. Each
// portal has its own and sees no other. Methods that take a Visit are the
// administrator's; the others are for anybody and tell what is public. All may
// be called at the same time from any goroutine.
type Authorities struct {
	config AuthorityConfig
	// changes lets one change at a time look and store.
	changes sync.Mutex
	answers answers
}

// NewAuthorities checks the configuration.
func NewAuthorities(c AuthorityConfig) (*Authorities, error) {
	u, err := url.Parse(c.Base)
	if c.Store == nil || err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("admin: authorities need a store and an address like http://sign.example.org/ca, not %q", c.Base)
	}
	c.Base = strings.TrimSuffix(c.Base, "/")
	if c.Confirm == nil {
		c.Confirm = func(context.Context, app.Visit, string) error { return nil }
	}
	if c.Revoked == nil {
		c.Revoked = func(context.Context, app.Visit, []app.IssuedCertificate) {}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Authorities{config: c, answers: newAnswers()}, nil
}

// RootView is a root with the issuing authorities below it, the newest first.
type RootView struct {
	app.RootAuthority
	// Fingerprint is the hexadecimal SHA-256 of the root's certificate.
	Fingerprint string
	Issuers     []app.IssuingAuthority
}

// Active is the authority that issues now: the newest that may; nil for none.
func (r RootView) Active(now time.Time) *app.IssuingAuthority {
	for i := range r.Issuers {
		if r.Issuers[i].Usable(now) {
			return &r.Issuers[i]
		}
	}
	return nil
}

// Waiting is an authority that its root has not certified yet; nil for none.
func (r RootView) Waiting() *app.IssuingAuthority {
	for i := range r.Issuers {
		if r.Issuers[i].Waiting() {
			return &r.Issuers[i]
		}
	}
	return nil
}

// AuthorityView is all of a portal's internal authority.
type AuthorityView struct {
	// Roots has the newest first, Issued the newest first of all roots.
	Roots  []RootView
	Issued []app.IssuedCertificate
}

// View shows the portal's authorities.
func (a *Authorities) View(ctx context.Context, v app.Visit) (AuthorityView, error) {
	const op = "show authorities"
	if err := allow(v, op); err != nil {
		return AuthorityView{}, err
	}
	var view AuthorityView
	var err error
	if view.Roots, err = a.roots(ctx, v.Portal); err != nil {
		return AuthorityView{}, app.Wrap(op, err)
	}
	if view.Issued, err = a.config.Store.AllIssued(ctx, v.Portal, ""); err != nil {
		return AuthorityView{}, app.Wrap(op, err)
	}
	slices.SortFunc(view.Issued, func(x, y app.IssuedCertificate) int {
		return cmp.Or(y.IssuedAt.Compare(x.IssuedAt), cmp.Compare(x.Serial, y.Serial))
	})
	return view, nil
}

// roots gives the roots with their issuing authorities, the newest first.
func (a *Authorities) roots(ctx context.Context, portal app.PortalID) ([]RootView, error) {
	roots, err := a.config.Store.Roots(ctx, portal)
	if err != nil {
		return nil, err
	}
	issuers, err := a.config.Store.Issuers(ctx, portal)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(issuers, func(x, y app.IssuingAuthority) int {
		return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), cmp.Compare(x.ID, y.ID))
	})
	slices.SortFunc(roots, func(x, y app.RootAuthority) int {
		return cmp.Or(y.CreatedAt.Compare(x.CreatedAt), cmp.Compare(x.ID, y.ID))
	})
	var views []RootView
	for _, r := range roots {
		view := RootView{RootAuthority: r, Fingerprint: keys.Fingerprint(r.DER)}
		for _, i := range issuers {
			if i.Root == r.ID {
				view.Issuers = append(view.Issuers, i)
			}
		}
		views = append(views, view)
	}
	return views, nil
}

// authorityID is how ids look; others are not asked for.
var authorityID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// newAuthorityID gives a random id.
func newAuthorityID() (app.AuthorityID, error) {
	var b [8]byte
	if _, err := io.ReadFull(rand.Reader, b[:]); err != nil {
		return "", err
	}
	return app.AuthorityID(hex.EncodeToString(b[:])), nil
}

// allowAuthority refuses whoever is no administrator, and ids that none has.
func allowAuthority(v app.Visit, op string, id app.AuthorityID) error {
	if err := allow(v, op); err != nil {
		return err
	}
	if !authorityID.MatchString(string(id)) {
		return app.Fail(app.NotFound, op, "authority.unknown")
	}
	return nil
}

// The addresses of what belongs to an authority, without a query, in plain
// letters: they stand in certificates for years.
func (a *Authorities) listAddress(id app.AuthorityID) string {
	return a.config.Base + "/" + string(id) + "/list.crl"
}

func (a *Authorities) certificateAddress(id app.AuthorityID) string {
	return a.config.Base + "/" + string(id) + "/ca.cer"
}

func (a *Authorities) ocspAddress(id app.AuthorityID) string {
	return a.config.Base + "/" + string(id) + "/ocsp"
}

// open gives an authority with its key, and what forgets the key.
func (a *Authorities) open(ctx context.Context, portal app.PortalID, id app.AuthorityID, der []byte) (ca.Authority, error) {
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return ca.Authority{}, fmt.Errorf("read authority's certificate: %w", err)
	}
	sealed, err := a.config.Store.AuthorityKey(ctx, portal, id)
	if err != nil {
		return ca.Authority{}, app.Wrap("open authority's key", err)
	}
	defer clear(sealed)
	key, err := keys.ParsePKCS8(sealed)
	if err != nil {
		return ca.Authority{}, fmt.Errorf("read authority's key: %w", err)
	}
	return ca.Authority{Certificate: certificate, Key: key}, nil
}

// ready lets an act pass that makes or ends trust: confirmed by the
// administrator, at a time that can be right.
func (a *Authorities) ready(ctx context.Context, v app.Visit, op string) error {
	if err := a.clockGood(ctx, op); err != nil {
		return err
	}
	return a.config.Confirm(ctx, v, op)
}

// clockGood refuses to issue while the clock stands before what the audit log
// has seen: what is issued then would lie about its time.
func (a *Authorities) clockGood(ctx context.Context, op string) error {
	latest, err := a.config.Store.Latest(ctx)
	if err != nil {
		return app.Wrap(op, err)
	}
	if app.ClockBack(a.config.Now(), latest) {
		return app.Fail(app.Unavailable, op, "clock.back")
	}
	return nil
}

// authorityError says in the domain's words what package ca refuses.
func authorityError(op string, err error) error {
	for _, known := range []struct {
		err  error
		kind app.Kind
		key  string
	}{
		{ca.ErrName, app.Invalid, "certificate.name-characters"},
		{ca.ErrKey, app.Invalid, "authority.request-key"},
		{ca.ErrRequest, app.Invalid, "authority.request-bad"},
		{ca.ErrLife, app.Conflict, "authority.ends-soon"},
		{ca.ErrClock, app.Unavailable, "clock.back"},
		{ca.ErrLint, app.Invalid, "authority.against-rules"},
		{ca.ErrPassword, app.Invalid, "authority.password-weak"},
		{ca.ErrList, app.Invalid, "authority.list-bad"},
	} {
		if errors.Is(err, known.err) {
			return app.Fail(known.kind, op, known.key).Because(err)
		}
	}
	return app.Wrap(op, err)
}
