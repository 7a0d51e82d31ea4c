package signer

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"signservice/signer/pdf"
	"signservice/signer/revocation"
)

// gather gets what the security store lacks to validate the signatures in
// question, and their time-stamps, long after. What the document holds and what
// still speaks of its time is not asked for again: authorities forget.
func (r *raising) gather(ctx context.Context) (*pdf.SecurityStore, error) {
	if r.options.Revocation == nil {
		return nil, fmt.Errorf("%w: of revocation material", ErrSource)
	}
	g := &gathering{raising: r, evidence: r.now.stored}
	g.evidence.addCertificates(r.options.Known...)
	store := &pdf.SecurityStore{}
	var errs []error
	for _, v := range r.targets {
		if err := g.signature(ctx, v, store); err != nil {
			errs = append(errs, fmt.Errorf("field %q: %w", v.report.Field, err))
		}
	}
	return store, errors.Join(errs...)
}

// gathering is one run of gather.
type gathering struct {
	*raising
	evidence *evidence
}

// signature gathers for a signature, its time-stamps, and the document
// time-stamps over it, each under the name of the value that it belongs to. One
// time-stamp for which everything was found suffices; but the newest document
// time-stamp, which the next one will cover, must be among them.
func (g *gathering) signature(ctx context.Context, v *verification, store *pdf.SecurityStore) error {
	own := pdf.RelatedMaterial{Contents: v.signature.Contents}
	var errs []error
	complete := false
	try := func(s *stamp, related *pdf.RelatedMaterial) error {
		err := errors.Join(
			g.chain(ctx, s.token.Certificate(), s, v, related),
			g.chain(ctx, v.signed.Signer.Certificate, s, v, &own),
		)
		complete = complete || err == nil
		errs = append(errs, err)
		return err
	}
	for _, s := range v.stamps {
		_ = try(s, &own) // kept in errs
	}
	var newest error
	for i, d := range g.now.newestFirst(v.covering()) {
		related := pdf.RelatedMaterial{Contents: d.signature.Contents}
		if err := try(d.stamps[0], &related); i == 0 {
			newest = err
		}
		store.Related = append(store.Related, related)
	}
	store.Related = append(store.Related, own)
	if !complete {
		return errors.Join(errs...)
	}
	return newest
}

// chain gathers for a chain at the time of a time-stamp, and adds it to what is
// related.
func (g *gathering) chain(ctx context.Context, c *x509.Certificate, s *stamp, v *verification, related *pdf.RelatedMaterial) error {
	came := slices.Concat(v.certificates(), s.token.Signed.Certificates)
	path, complete := g.evidence.path(c, came, nil)
	if !complete {
		more, err := g.options.Revocation.Complete(ctx, c, slices.Concat(came, g.evidence.certificates))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrMaterial, err)
		}
		path = more
	}
	for _, one := range path {
		related.Certs = appendDER(related.Certs, one.Raw)
	}
	var errs []error
	var m revocation.Material
	tried := map[string]bool{}
	for again := true; again; { // a responder's own material may be lacking in turn
		again = false
		for _, gap := range g.evidence.gaps(path, s.token.Time) {
			if key := string(gap.certificate.Raw); !tried[key] {
				tried[key], again = true, true
				if err := g.options.Revocation.About(ctx, &m, gap.certificate, gap.issuer); err != nil {
					errs = append(errs, err)
				}
			}
		}
		g.evidence.addMaterial(&m)
	}
	relate(related, g.evidence.support(path, s.token.Time))
	if left := g.evidence.gaps(path, s.token.Time); len(left) > 0 {
		return fmt.Errorf("%w: %q: %w", ErrMaterial, left[0].certificate.Subject, errors.Join(errs...))
	}
	return g.refuseRevoked(path, s)
}

// refuseRevoked fails for a certificate that was revoked when it signed: such a
// signature is not worth keeping.
func (g *gathering) refuseRevoked(path []*x509.Certificate, s *stamp) error {
	for i := range len(path) - 1 {
		r := g.evidence.standing(path[i], path[i+1], s.token.Time)
		if r.Status == StandingRevoked {
			return fmt.Errorf("%w since %v: %q", revocation.ErrRevoked, r.Since, r.Certificate)
		}
	}
	return nil
}

// relate adds what speaks of a chain, and the responders who say so.
func relate(to *pdf.RelatedMaterial, all []statement) {
	for _, s := range all {
		if s.isList {
			to.CRLs = appendDER(to.CRLs, s.der)
		} else {
			to.OCSPs = appendDER(to.OCSPs, s.der)
		}
		if s.Responder != nil {
			to.Certs = appendDER(to.Certs, s.Responder.Raw)
		}
	}
}

// appendDER adds what is not there yet.
func appendDER(all [][]byte, der []byte) [][]byte {
	if slices.ContainsFunc(all, func(other []byte) bool { return string(other) == string(der) }) {
		return all
	}
	return append(all, der)
}
