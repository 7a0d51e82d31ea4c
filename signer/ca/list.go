package ca

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// ListLife is how long a list of an issuing authority is good, RootListLife one
// of a root, for which a key has to be fetched from its safe.
const (
	ListLife     = 7 * 24 * time.Hour
	RootListLife = 366 * 24 * time.Hour
)

// clockTolerance is how far the clock may lie behind an earlier list: a
// correction over the network is smaller.
const clockTolerance = 5 * time.Minute

// Reason is why a certificate was revoked (RFC 5280, 5.3.1).
type Reason int

// The reasons in use.
const (
	Unspecified        Reason = 0
	KeyCompromise      Reason = 1
	CACompromise       Reason = 2
	AffiliationChanged Reason = 3
	Superseded         Reason = 4
	Cessation          Reason = 5
)

// Known tells whether the reason is one of those in use.
func (r Reason) Known() bool { return r >= Unspecified && r <= Cessation }

// Revoked is a certificate that was revoked.
type Revoked struct {
	Serial *big.Int
	At     time.Time
	Reason Reason
}

// RevocationList makes the authority's next list. previous is the list before
// it, nil for the first; its entries are carried over, and the new number is one
// higher. A certificate that is on the list already stays as it is. life is how
// long the list is good.
//
// Errors: ErrNotIssuer; ErrList when previous is not this authority's; ErrClock
// when now lies before previous; ErrLint.
func (a Authority) RevocationList(previous []byte, revoked []Revoked, now time.Time, life time.Duration) ([]byte, error) {
	der, err := a.revocationList(previous, revoked, now, life)
	if err != nil {
		return nil, fmt.Errorf("make a revocation list: %w", err)
	}
	return der, nil
}

func (a Authority) revocationList(previous []byte, revoked []Revoked, now time.Time, life time.Duration) ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: moment(now), NextUpdate: moment(now.Add(life))}
	known := map[string]bool{}
	add := func(serial *big.Int, at time.Time, reason int) {
		if !known[serial.String()] {
			known[serial.String()] = true
			template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, entry(serial, at, reason))
		}
	}
	if previous != nil {
		before, err := ParseList(previous, a.Certificate)
		if err != nil {
			return nil, err
		}
		if now.Add(clockTolerance).Before(before.ThisUpdate) {
			return nil, fmt.Errorf("%w: it stands at %v, the list before is of %v", ErrClock, now, before.ThisUpdate)
		}
		template.Number.Add(before.Number, template.Number)
		for _, e := range before.RevokedCertificateEntries {
			add(e.SerialNumber, e.RevocationTime, e.ReasonCode)
		}
	}
	for _, r := range revoked {
		add(r.Serial, r.At, int(r.Reason))
	}
	slices.SortFunc(template.RevokedCertificateEntries, func(a, b x509.RevocationListEntry) int {
		return a.SerialNumber.Cmp(b.SerialNumber)
	})
	der, err := x509.CreateRevocationList(rand.Reader, template, a.Certificate, a.Key)
	if err != nil {
		return nil, err
	}
	return der, lintList(der)
}

// entry is a line of the list. A reason of 0 is left out (RFC 5280, 5.3.1).
func entry(serial *big.Int, at time.Time, reason int) x509.RevocationListEntry {
	return x509.RevocationListEntry{SerialNumber: serial, RevocationTime: moment(at), ReasonCode: reason}
}

// ParseList reads a list of an issuer in DER, with ErrList for anything else.
func ParseList(der []byte, issuer *x509.Certificate) (*x509.RevocationList, error) {
	l, err := x509.ParseRevocationList(der)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	case !bytes.Equal(l.RawIssuer, issuer.RawSubject) || l.Number == nil:
		return nil, fmt.Errorf("%w: of another issuer, or without a number", ErrList)
	}
	if err := l.CheckSignatureFrom(issuer); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrList, err)
	}
	return l, nil
}
