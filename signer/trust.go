package signer

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"signservice/signer/cms"
	"signservice/signer/revocation"
	"signservice/signer/tsp"
)

// stamp is a time-stamp that holds: over a signature value, or a document
// time-stamp.
type stamp struct {
	token  *tsp.Token
	source TimeSource
	weak   cms.Finding // see verification.weak
	// trusted: its authority is, at the time when its word was last vouched for.
	trusted bool
}

// proof gives what the stamp says.
func (s *stamp) proof() Proof {
	p := Proof{At: s.token.Time, Source: s.source, Authority: nameOf509(s.token.Certificate()), Trusted: s.trusted}
	if c := s.token.Certificate(); c != nil {
		p.Expires = c.NotAfter
	}
	return p
}

// nameOf509 gives the common name of a certificate, or its whole subject.
func nameOf509(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

// judge decides since when a signature provably exists, and whether its signer
// is trusted.
//
// A time-stamp is the word of a certificate that grows old itself: it counts
// while that certificate is good, or was at a time for which a newer document
// time-stamp vouches (EN 319 102-1, 5.6.2.4: past validation). So a chain of
// time-stamps is as strong as each one's renewal was timely.
func (v *verification) judge(ctx context.Context) {
	known := v.knownAt()
	for _, s := range v.stamps {
		if len(v.options.Roots) > 0 {
			if err := v.trustStamp(ctx, s, known); err != nil {
				v.problem("time-stamp not trusted", err)
			} else {
				s.trusted = true
			}
		}
	}
	v.report.Time = v.earliest()
	if v.report.stamp() {
		v.judgeStamp(ctx, known)
		return
	}
	v.trust(ctx)
	v.report.Level = v.level()
}

// knownAt gives the time for which the newest trusted document time-stamp over
// the signature vouches; now without one.
func (v *verification) knownAt() time.Time {
	at := v.now
	for _, d := range v.covering() {
		if d.report.Time.Trusted && d.report.Time.At.Before(at) {
			at = d.report.Time.At
		}
	}
	return at
}

// covering gives the intact document time-stamps that cover the signature.
func (v *verification) covering() []*verification {
	var all []*verification
	for _, d := range v.all {
		if d != v && d.report.Intact && d.report.stamp() && v.signature.End() <= d.signature.ByteRange[1] {
			all = append(all, d)
		}
	}
	return all
}

// earliest gives the earliest proof of existence: a trusted one where there is
// one, then any; the signer's claim at last.
func (v *verification) earliest() Proof {
	best := Proof{At: v.report.Claimed, Source: TimeClaimed}
	consider := func(p Proof) {
		better := best.Source == TimeClaimed || p.Trusted && !best.Trusted ||
			p.Trusted == best.Trusted && p.At.Before(best.At)
		if better {
			best = p
		}
	}
	for _, s := range v.stamps {
		consider(s.proof())
	}
	if v.report.stamp() {
		return best
	}
	for _, d := range v.covering() {
		consider(d.report.Time)
	}
	return best
}

// judgeStamp writes the trust in a document time-stamp's authority.
func (v *verification) judgeStamp(ctx context.Context, known time.Time) {
	v.report.Trusted = v.report.Time.Trusted
	if len(v.stamps) == 0 {
		return
	}
	c := v.stamps[0].token.Certificate()
	chain, _ := v.evidence.path(c, nil, v.options.Roots)
	v.report.Revocation = v.revocation(ctx, chain, known)
}

// clockSkew is how far an authority's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

// trustStamp tells why the authority of a time-stamp is not believed at a time.
func (v *verification) trustStamp(ctx context.Context, s *stamp, at time.Time) error {
	if s.weak != "" {
		return errors.New(string(s.weak))
	}
	if s.token.Time.After(v.now.Add(clockSkew)) {
		return fmt.Errorf("it is of the future: %s", s.token.Time.Format(time.RFC3339))
	}
	if at.Before(s.token.Time) { // stamped before what it covers: clocks differ
		at = s.token.Time
	}
	c := s.token.Certificate()
	chain, err := v.chain(ctx, c, at, x509.ExtKeyUsageTimeStamping)
	if err != nil {
		if c != nil && at.After(c.NotAfter) {
			return fmt.Errorf("the authority's certificate expired on %s, and no newer time-stamp was made before: %w", c.NotAfter.Format(time.DateOnly), err)
		}
		return err
	}
	r := v.revocation(ctx, chain, at)
	switch {
	case r == nil || r.Status == StandingGood:
		return nil
	case r.Status == StandingRevoked && retired(r.Reason) && s.token.Time.Before(r.Since):
		return nil
	case r.Status == StandingRevoked:
		return fmt.Errorf("%w since %s: %s", revocation.ErrRevoked, r.Since.Format(time.RFC3339), r.Certificate)
	case v.options.RequireRevocation:
		return fmt.Errorf("%w: %s", revocation.ErrUnknown, r.Certificate)
	}
	return nil
}

// retired tells whether an authority was revoked for a reason that leaves its
// earlier time-stamps good: its key did not get into other hands (RFC 3161, 4).
// A missing reason, which reads as "unspecified" here, is not among them.
func retired(reason string) bool {
	return slices.Contains([]string{"affiliationChanged", "superseded", "cessationOfOperation"}, reason)
}

// trust judges the signer's certificate at the proven time; without a proof,
// now, since anybody can claim a time at which a stolen or expired certificate
// was good.
func (v *verification) trust(ctx context.Context) {
	c := v.signed.Signer.Certificate
	at, proven := v.now, v.report.Time.Trusted
	if proven {
		at = v.report.Time.At
	}
	if len(v.options.Roots) == 0 {
		chain, _ := v.evidence.path(c, nil, nil)
		if p := v.report.Time; p.Source != TimeClaimed {
			at = p.At
		}
		v.report.Revocation = v.revocation(ctx, chain, at)
		return
	}
	chain, err := v.chain(ctx, c, at, x509.ExtKeyUsageAny)
	if err == nil && !proven && !v.report.Claimed.IsZero() && !validAt(c, v.report.Claimed) {
		err = errors.New("the certificate was not valid at the claimed time of signing")
	}
	if err != nil {
		v.problem("not trusted", err)
		if c != nil && !proven && at.After(c.NotAfter) && v.options.Revocation != RevocationNone {
			v.report.Revocation = &Revocation{Status: StandingExpired, Certificate: c.Subject.String(), Since: c.NotAfter}
		}
		return
	}
	if len(chain) == 1 && !selfSigned(c) { // itself a root: who issued it may still have revoked it
		chain, _ = v.evidence.path(c, nil, nil)
	}
	v.report.Revocation = v.revocation(ctx, chain, at)
	if err := v.acceptable(chain); err != nil {
		v.problem("not trusted", err)
		return
	}
	v.report.Trusted = true
}

// validAt tells whether a time is within a certificate's validity.
func validAt(c *x509.Certificate, at time.Time) bool {
	return !at.Before(c.NotBefore) && !at.After(c.NotAfter)
}

// acceptable tells why a chain that leads to a root is not trusted: by what is
// known of its revocation, or because the signature itself is weak.
func (v *verification) acceptable(chain []*x509.Certificate) error {
	r := v.report.Revocation
	switch {
	case v.weak != "":
		return errors.New(string(v.weak))
	case r == nil || r.Status == StandingGood:
		return nil
	case r.Status == StandingRevoked:
		return fmt.Errorf("%w since %s: %s", revocation.ErrRevoked, r.Since.Format(time.RFC3339), r.Certificate)
	case v.options.RequireRevocation:
		return fmt.Errorf("%w: %s", revocation.ErrUnknown, r.Certificate)
	case v.now.After(chain[0].NotAfter):
		return fmt.Errorf("the certificate expired on %s: %w before", chain[0].NotAfter.Format(time.DateOnly), revocation.ErrUnknown)
	}
	return nil
}

// revocation tells how the certificates of a chain stood at a time: of the first
// that was revoked, else of the first about which nothing is known, else of the
// signer's. Nil when it was not asked for, or there is nobody to ask about.
func (v *verification) revocation(ctx context.Context, chain []*x509.Certificate, at time.Time) *Revocation {
	if v.options.Revocation == RevocationNone || len(chain) < 2 {
		return nil
	}
	var out *Revocation
	for i := range len(chain) - 1 {
		v.ask(ctx, chain[i], chain[i+1])
		r := v.evidence.standing(chain[i], chain[i+1], at)
		switch {
		case out == nil, r.Status == StandingRevoked && out.Status != StandingRevoked,
			r.Status == StandingUnknown && out.Status == StandingGood:
			out = &r
		}
	}
	return out
}

// ask fetches what the authorities say now of a certificate, once.
func (v *verification) ask(ctx context.Context, c, issuer *x509.Certificate) {
	key := string(c.Raw)
	if v.now.After(c.NotAfter) || !v.mayAsk(key) {
		return
	}
	var m revocation.Material
	if err := v.options.Source.About(ctx, &m, c, issuer); err != nil && !errors.Is(err, revocation.ErrRevoked) {
		v.report.Remarks = append(v.report.Remarks, "revocation was asked for in vain: "+err.Error())
	}
	v.evidence.addMaterial(&m)
}

// maxAsked bounds how often the network is asked for one file.
const maxAsked = 64

// mayAsk tells whether the network is asked a question, each once.
func (v *verification) mayAsk(question string) bool {
	if v.options.Revocation != RevocationNetwork || v.options.Source == nil || v.asked[question] || len(v.asked) >= maxAsked {
		return false
	}
	v.asked[question] = true
	return true
}

// chain builds the way to one of the given roots, as it was at a time. With
// RevocationNetwork missing issuers are fetched.
func (v *verification) chain(ctx context.Context, c *x509.Certificate, at time.Time, purpose x509.ExtKeyUsage) ([]*x509.Certificate, error) {
	chain, err := chainTo(c, v.evidence.certificates, v.options.Roots, at, purpose)
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) || !v.mayAsk("issuers of "+string(c.Raw)) {
		return chain, err
	}
	fetched, _ := v.options.Source.Complete(ctx, c, slices.Concat(v.evidence.certificates, v.options.Roots))
	v.evidence.addCertificates(fetched...)
	return chainTo(c, v.evidence.certificates, v.options.Roots, at, purpose)
}

// chainTo gives the way from a certificate to one of the roots, or tells why
// there is none.
func chainTo(c *x509.Certificate, with, roots []*x509.Certificate, at time.Time, purpose x509.ExtKeyUsage) ([]*x509.Certificate, error) {
	if c == nil {
		return nil, cms.ErrNoCertificate
	}
	if slices.ContainsFunc(roots, c.Equal) { // the signer is itself a root, as a self-signed one is
		if !validAt(c, at) {
			return nil, errors.New("the certificate was not valid at the time of signing")
		}
		return []*x509.Certificate{c}, nil
	}
	o := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{purpose},
	}
	for _, r := range roots {
		o.Roots.AddCert(r)
	}
	for _, i := range with {
		o.Intermediates.AddCert(i)
	}
	chains, err := c.Verify(o)
	if err != nil {
		return nil, err
	}
	return chains[0], nil
}
