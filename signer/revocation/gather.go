package revocation

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/ocsp"
)

// Material is what was gathered for a chain, each piece once, in DER.
type Material struct {
	OCSPs [][]byte
	CRLs  [][]byte
	// Certificates holds the delegated responders' and the chain's.
	Certificates []*x509.Certificate
	// Statuses tells for each certificate, by its DER as a string, what the
	// material says.
	Statuses map[string]Status
}

// Gather gets the material for every certificate of a chain, leaf first and root
// last, as Complete gives it. The root needs none.
//
// Errors: ErrRevoked, ErrUnknown for each certificate about which nobody could be
// asked, with the reasons. What was found is given beside the error.
func (g *Gatherer) Gather(ctx context.Context, chain []*x509.Certificate) (*Material, error) {
	m := &Material{Certificates: slices.Clone(chain)}
	var errs []error
	for i, c := range chain {
		if isRoot(c) {
			continue
		}
		if i+1 == len(chain) {
			errs = append(errs, fmt.Errorf("%q: %w", c.Subject, ErrIncomplete))
			continue
		}
		if err := g.About(ctx, m, c, chain[i+1]); err != nil {
			errs = append(errs, err)
		}
	}
	return m, errors.Join(errs...)
}

// About gets the material for one certificate of an issuer and adds it to m; the
// zero Material is an empty one. What m has already is not asked for again.
//
// Errors: ErrRevoked, with the material in m, and ErrUnknown.
func (g *Gatherer) About(ctx context.Context, m *Material, certificate, issuer *x509.Certificate) error {
	if m.Statuses == nil {
		m.Statuses = map[string]Status{}
	}
	if err := g.about(ctx, m, certificate, issuer, 0); err != nil {
		return fmt.Errorf("%q: %w", certificate.Subject, err)
	}
	return nil
}

// maxResponders bounds how many responders look after each other.
const maxResponders = 2

// about gets the material for one certificate, and for the responder who spoke
// of it.
func (g *Gatherer) about(ctx context.Context, m *Material, c, issuer *x509.Certificate, depth int) error {
	if s, ok := m.Statuses[string(c.Raw)]; ok {
		return s.asError()
	}
	s, err := g.ask(ctx, m, c, issuer)
	if err != nil {
		return err
	}
	m.Statuses[string(c.Raw)] = s
	return errors.Join(s.asError(), g.responder(ctx, m, s, issuer, depth))
}

// responder gets the material for the responder who gave a status.
func (g *Gatherer) responder(ctx context.Context, m *Material, s Status, issuer *x509.Certificate, depth int) error {
	if s.Responder == nil {
		return nil
	}
	if !slices.ContainsFunc(m.Certificates, s.Responder.Equal) {
		m.Certificates = append(m.Certificates, s.Responder)
	}
	if s.Exempt {
		return nil
	}
	if depth == maxResponders {
		return fmt.Errorf("%w: OCSP responders vouch for each other", ErrUnknown)
	}
	if err := g.about(ctx, m, s.Responder, issuer, depth+1); err != nil {
		return fmt.Errorf("OCSP responder: %w", err)
	}
	return nil
}

func (s Status) asError() error {
	if s.Revoked {
		return fmt.Errorf("%w since %v", ErrRevoked, s.RevokedAt)
	}
	return nil
}

// ask tries the OCSP responders, then the revocation lists.
func (g *Gatherer) ask(ctx context.Context, m *Material, c, issuer *x509.Certificate) (Status, error) {
	var errs []error
	failed := func(err error) {
		errs = append(errs, err)
		g.config.Log.WarnContext(ctx, "revocation source failed", "certificate", c.Subject.String(), "error", err)
	}
	for _, address := range first(c.OCSPServer) {
		der, s, err := g.askOCSP(ctx, address, c, issuer)
		if err == nil {
			m.OCSPs = append(m.OCSPs, der)
			return s, nil
		}
		failed(err)
	}
	for _, address := range first(c.CRLDistributionPoints) {
		der, s, err := g.askCRL(ctx, address, c, issuer)
		if err == nil {
			m.CRLs = appendOnce(m.CRLs, der)
			return s, nil
		}
		failed(err)
	}
	if err := ctx.Err(); err != nil {
		return Status{}, err
	}
	if len(errs) == 0 {
		return Status{}, fmt.Errorf("%w: it does not say where to ask", ErrUnknown)
	}
	return Status{}, fmt.Errorf("%w: %w", ErrUnknown, errors.Join(errs...))
}

// askOCSP asks a responder. Issuers are named by SHA-1, as all responders
// understand (RFC 5019, 2.1.1); there is no nonce, since what proves the time is
// the time-stamp in the document.
func (g *Gatherer) askOCSP(ctx context.Context, address string, c, issuer *x509.Certificate) ([]byte, Status, error) {
	request, err := ocsp.CreateRequest(c, issuer, &ocsp.RequestOptions{Hash: crypto.SHA1})
	if err != nil {
		return nil, Status{}, fmt.Errorf("make the OCSP request: %w", err)
	}
	der, err := g.fetch(ctx, address, request, "application/ocsp-request", maxOCSP)
	if err != nil {
		return nil, Status{}, err
	}
	s, err := ReadOCSP(der, c, issuer)
	if err != nil {
		return nil, Status{}, err
	}
	return der, s, s.check(g.config.Now())
}

func (g *Gatherer) askCRL(ctx context.Context, address string, c, issuer *x509.Certificate) ([]byte, Status, error) {
	der, err := g.fetch(ctx, address, nil, "", g.config.MaxCRL)
	if err != nil {
		return nil, Status{}, err
	}
	s, err := ReadCRL(der, c, issuer)
	if err != nil {
		return nil, Status{}, err
	}
	return der, s, s.check(g.config.Now())
}

// appendOnce adds a list that is not there yet: one serves several certificates.
func appendOnce(all [][]byte, der []byte) [][]byte {
	if slices.ContainsFunc(all, func(other []byte) bool { return string(other) == string(der) }) {
		return all
	}
	return append(all, der)
}
