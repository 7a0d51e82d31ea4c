package revocation_test

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// TestSpeaksOf is the table of what material can say of a time that has passed.
func TestSpeaksOf(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return at.AddDate(0, 0, n) }
	c := &x509.Certificate{NotAfter: day(30)}
	for name, s := range map[string]struct {
		this, next time.Time
		want       bool
	}{
		"fresh then":                         {day(-1), day(1), true},
		"made a minute before, no next":      {at.Add(-time.Minute), time.Time{}, true},
		"made then":                          {at, day(1), true},
		"made later":                         {day(10), day(11), true},
		"made on the certificate's last day": {day(30), day(37), true},
		"made after the certificate expired": {day(31), day(38), false},
		"replaced before":                    {day(-10), day(-3), false},
		"old, no next":                       {day(-3), time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (revocation.Status{ThisUpdate: s.this, NextUpdate: s.next}).SpeaksOf(c, at); got != s.want {
				t.Errorf("%t, want %t", got, s.want)
			}
		})
	}
}

// TestAbout: a certificate that m knows is not asked for again, and the material
// of a revoked one is kept: it may have been revoked later than what is judged.
func TestAbout(t *testing.T) {
	ca := serving(t)
	good, bad := ca.Issue(t, signertest.Leaf{}), ca.Issue(t, signertest.Leaf{})
	ca.Revoke(bad.Certificate, time.Now().Add(-time.Hour), 1)
	g := gatherer(t, revocation.Config{Allow: loopback()})
	var m revocation.Material
	for range 2 {
		if err := g.About(t.Context(), &m, good.Certificate, ca.Issuing.Certificate); err != nil {
			t.Error(err)
		}
		if err := g.About(t.Context(), &m, bad.Certificate, ca.Issuing.Certificate); !errors.Is(err, revocation.ErrRevoked) {
			t.Error(err)
		}
	}
	if len(m.OCSPs) != 2 || len(m.Statuses) != 2 || !m.Statuses[string(bad.Certificate.Raw)].Revoked {
		t.Errorf("%d answers, %d statuses", len(m.OCSPs), len(m.Statuses))
	}
}

// TestCRLServesMany: one list read once speaks of several certificates, and not
// for another issuer of the same name.
func TestCRLServesMany(t *testing.T) {
	ca, twin := signertest.NewCA(t, signertest.CAOptions{}), signertest.NewCA(t, signertest.CAOptions{})
	good, bad := ca.Issue(t, signertest.Leaf{}), ca.Issue(t, signertest.Leaf{})
	ca.Revoke(bad.Certificate, time.Now(), 0)
	list, err := revocation.ParseCRL(ca.CRL(t, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	for id, revoked := range map[*signertest.Identity]bool{good: false, bad: true} {
		if s, err := list.Status(id.Certificate, ca.Issuing.Certificate); err != nil || s.Revoked != revoked {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := list.Status(id.Certificate, twin.Issuing.Certificate); !errors.Is(err, revocation.ErrMaterial) {
			t.Errorf("the twin: %v", err)
		}
	}
}
