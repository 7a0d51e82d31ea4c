package signing

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"hash"
	"slices"

	"signservice/app"
	"signservice/signer"
)

// Anchors are what tells whose signatures are known in a portal.
type Anchors interface {
	Roots(ctx context.Context, portal app.PortalID) ([]app.RootAuthority, error)
	Issuers(ctx context.Context, portal app.PortalID) ([]app.IssuingAuthority, error)
	Certificates(ctx context.Context, portal app.PortalID) ([]app.Certificate, error)
}

// trust is what a portal's people may believe: a signature leads to the root of
// an internal authority, to a root that the operator named, or was made with one
// of the portal's own certificates. Anybody can make a certificate with
// anybody's name, so that one of these is needed before a name counts.
type trust struct {
	signer.VerifyOptions
	// print changes with what is trusted.
	print [sha256.Size]byte
	// authorities are the subjects of the portal's internal ones.
	authorities map[string]bool
}

// internal tells whether one of the portal's internal authorities issued the
// certificate of a signature.
func (t trust) internal(r signer.SignatureReport) bool { return r.Trusted && t.authorities[r.Issuer] }

// trusting gathers what is trusted in a portal.
func (s *Service) trusting(ctx context.Context, portal app.PortalID) (trust, error) {
	t := trust{VerifyOptions: signer.VerifyOptions{Now: s.Now(), Roots: slices.Clone(s.Roots)}, authorities: map[string]bool{}}
	g := gathering{&t, sha256.New()}
	roots, err := s.Store.Roots(ctx, portal)
	if err != nil {
		return trust{}, app.Wrap("list roots", err)
	}
	for _, r := range roots {
		g.authority(g.root(r.DER))
		g.list(r.List)
	}
	issuers, err := s.Store.Issuers(ctx, portal)
	if err != nil {
		return trust{}, app.Wrap("list issuing authorities", err)
	}
	for _, i := range issuers {
		g.authority(g.issuer(i.DER))
		g.list(i.List)
	}
	own, err := s.Store.Certificates(ctx, portal)
	if err != nil {
		return trust{}, app.Wrap("list certificates", err)
	}
	for _, c := range own {
		// What an internal authority issued leads to its root, by whose lists it
		// may have been revoked.
		if c.Authority == "" && c.RevokedAt.IsZero() {
			g.root(c.DER)
		}
		for _, der := range c.Chain {
			g.issuer(der)
		}
	}
	g.hash.Sum(t.print[:0])
	return t, nil
}

// gathering adds to what is trusted. What cannot be read is passed over: it
// makes nothing trusted.
type gathering struct {
	trust *trust
	hash  hash.Hash
}

func (g gathering) root(der []byte) *x509.Certificate {
	c := g.read("root", der)
	if c != nil {
		g.trust.Roots = append(g.trust.Roots, c)
	}
	return c
}

func (g gathering) issuer(der []byte) *x509.Certificate {
	c := g.read("issuer", der)
	if c != nil {
		g.trust.Certificates = append(g.trust.Certificates, c)
	}
	return c
}

func (g gathering) authority(c *x509.Certificate) {
	if c != nil {
		g.trust.authorities[c.Subject.String()] = true
	}
}

func (g gathering) list(l app.RevocationList) {
	if len(l.DER) > 0 {
		g.add("list", l.DER)
		g.trust.Lists = append(g.trust.Lists, l.DER)
	}
}

func (g gathering) read(what string, der []byte) *x509.Certificate {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	g.add(what, der)
	return c
}

func (g gathering) add(what string, der []byte) {
	sum := sha256.Sum256(der)
	g.hash.Write([]byte(what)) //nolint:errcheck // a hash never fails
	g.hash.Write(sum[:])       //nolint:errcheck // a hash never fails
}
