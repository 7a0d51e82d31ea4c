package revocation

import (
	"crypto/x509"
	"fmt"
	"time"
)

// skew is how far clocks may differ.
const skew = 5 * time.Minute

// noNextUpdate is how long material is fresh that does not say when there will
// be newer.
const noNextUpdate = 24 * time.Hour

// Status is what a verified piece of material says of a certificate.
type Status struct {
	// Revoked, with when and why (RFC 5280, 5.3.1).
	Revoked   bool
	RevokedAt time.Time
	Reason    int
	// ThisUpdate is when it was so; NextUpdate, when there will be newer material,
	// is zero where that is not said.
	ThisUpdate time.Time
	NextUpdate time.Time
	// Responder is the delegated responder who signed; nil when the issuer did.
	// Exempt tells that its certificate says that its own revocation is not to be
	// asked for.
	Responder *x509.Certificate
	Exempt    bool
}

// Fresh tells whether the material speaks of the time at: made before, and not
// yet replaced.
func (s Status) Fresh(at time.Time) bool {
	until := s.NextUpdate
	if until.IsZero() {
		until = s.ThisUpdate.Add(noNextUpdate)
	}
	return !s.ThisUpdate.After(at.Add(skew)) && !until.Before(at.Add(-skew))
}

// Good tells whether the certificate was not revoked at the time at, which may
// lie before the material was made: a revocation counts from RevokedAt on.
func (s Status) Good(at time.Time) bool { return !s.Revoked || at.Before(s.RevokedAt) }

// SpeaksOf tells whether the material can say how a certificate stood at the
// time at: it was fresh then, or was made later while the certificate had not
// expired, so that it would tell of an earlier revocation. (Authorities drop
// expired certificates from their lists: RFC 5280, 3.3.)
func (s Status) SpeaksOf(c *x509.Certificate, at time.Time) bool {
	return s.Fresh(at) || !s.ThisUpdate.Before(at) && !s.ThisUpdate.After(c.NotAfter)
}

// check holds fetched material against the clock.
func (s Status) check(now time.Time) error {
	if !s.Fresh(now) {
		return fmt.Errorf("%w: from %v to %v", ErrStale, s.ThisUpdate, s.NextUpdate)
	}
	return nil
}
