package revocation_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// TestReadCRLScope is the table of lists that are not for a certificate.
func TestReadCRLScope(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, signertest.Leaf{})
	scope := func(value ...byte) []pkix.Extension {
		return []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: value}}
	}
	for name, c := range map[string]struct {
		extensions []pkix.Extension
		entry      []pkix.Extension
		ok         bool
	}{
		"all":                  {nil, nil, true},
		"users":                {scope(0x30, 3, 0x81, 1, 0xff), nil, true},
		"a distribution point": {scope(0x30, 9, 0xa0, 7, 0xa0, 5, 0x86, 3, 'u', ':', 'x'), nil, true},
		"point and users":      {scope(0x30, 12, 0xa0, 7, 0xa0, 5, 0x86, 3, 'u', ':', 'x', 0x81, 1, 0xff), nil, true},
		"authorities":          {scope(0x30, 3, 0x82, 1, 0xff), nil, false},
		"some reasons":         {scope(0x30, 4, 0x83, 2, 1, 2), nil, false},
		"indirect":             {scope(0x30, 3, 0x84, 1, 0xff), nil, false},
		"attributes":           {scope(0x30, 3, 0x85, 1, 0xff), nil, false},
		"malformed scope":      {scope(0x31, 0), nil, false},
		"delta":                {[]pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}}, nil, false},
		"unknown, critical":    {[]pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}, nil, false},
		"unknown":              {[]pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}}, nil, true},
		"entry of another issuer": {
			nil,
			[]pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 29}, Critical: true, Value: []byte{0x30, 0}}},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := &x509.RevocationList{
				Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().AddDate(0, 0, 1), ExtraExtensions: c.extensions,
				RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(5), RevocationTime: time.Now(), ExtraExtensions: c.entry}},
			}
			der, err := x509.CreateRevocationList(rand.Reader, list, ca.Issuing.Certificate, ca.Issuing.Key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := revocation.ReadCRL(der, who.Certificate, ca.Issuing.Certificate); (err == nil) != c.ok || err != nil && !errors.Is(err, revocation.ErrMaterial) {
				t.Errorf("%v, want ok=%t", err, c.ok)
			}
		})
	}
}

// TestReadOCSPSerial holds that an answer about another issuer's certificate of
// the same serial number is refused, though the same responder signs it.
func TestReadOCSPSerial(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, signertest.Leaf{})
	// Another authority with the same key under another name.
	other := ca.Issue(t, signertest.Leaf{Name: "Other", Key: ca.Issuing.Key, Issuer: ca.Root, Change: func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
		c.UnknownExtKeyUsage, c.ExtKeyUsage = nil, nil
	}})
	der := ca.OCSP(t, who.Certificate, nil, time.Now())
	if _, err := revocation.ReadOCSP(der, who.Certificate, ca.Issuing.Certificate); err != nil {
		t.Errorf("its own issuer: %v", err)
	}
	if _, err := revocation.ReadOCSP(der, who.Certificate, other.Certificate); !errors.Is(err, revocation.ErrMaterial) {
		t.Errorf("another issuer: %v", err)
	}
}

// TestReadMutations changes every byte: nothing that still holds may say
// otherwise.
func TestReadMutations(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, signertest.Leaf{})
	ca.Revoke(who.Certificate, time.Now().Add(-time.Hour), 1)
	for name, c := range map[string]struct {
		der  []byte
		read func([]byte, *x509.Certificate, *x509.Certificate) (revocation.Status, error)
	}{
		"OCSP": {ca.OCSP(t, who.Certificate, nil, time.Now()), revocation.ReadOCSP},
		"CRL":  {ca.CRL(t, time.Now()), revocation.ReadCRL},
	} {
		honest, err := c.read(c.der, who.Certificate, ca.Issuing.Certificate)
		if err != nil || !honest.Revoked {
			t.Fatalf("%s: %+v, %v", name, honest, err)
		}
		for i := range c.der {
			for _, flip := range []byte{1, 0x80, 0xff} {
				mutated := bytes.Clone(c.der)
				mutated[i] ^= flip
				if s, err := c.read(mutated, who.Certificate, ca.Issuing.Certificate); err == nil && s != honest {
					t.Errorf("%s: byte %d ^ %#x gives %+v", name, i, flip, s)
				}
			}
		}
	}
}

// TestStatus is the table of times.
func TestStatus(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	s := revocation.Status{ThisUpdate: noon, NextUpdate: noon.Add(time.Hour)}
	open := revocation.Status{ThisUpdate: noon}
	gone := revocation.Status{Revoked: true, RevokedAt: noon}
	for name, c := range map[string]struct{ got, want bool }{
		"at once":                   {s.Fresh(noon), true},
		"clock a little behind":     {s.Fresh(noon.Add(-4 * time.Minute)), true},
		"clock far behind":          {s.Fresh(noon.Add(-6 * time.Minute)), false},
		"at its end":                {s.Fresh(noon.Add(time.Hour)), true},
		"after its end":             {s.Fresh(noon.Add(66 * time.Minute)), false},
		"without end, same day":     {open.Fresh(noon.Add(23 * time.Hour)), true},
		"without end, two days":     {open.Fresh(noon.Add(48 * time.Hour)), false},
		"good before a revocation":  {gone.Good(noon.Add(-time.Second)), true},
		"not at the revocation":     {gone.Good(noon), false},
		"never revoked, hence good": {s.Good(noon), true},
	} {
		if c.got != c.want {
			t.Errorf("%s: %t", name, c.got)
		}
	}
}

// FuzzReadOCSP and FuzzReadCRL hold that nothing panics, and that nothing that
// nobody signed holds.
func FuzzReadOCSP(f *testing.F) {
	ca := signertest.NewCA(f, signertest.CAOptions{})
	who, other := ca.Issue(f, signertest.Leaf{}), ca.Issue(f, signertest.Leaf{})
	f.Add(ca.OCSP(f, who.Certificate, nil, time.Now()))
	f.Add(ca.OCSP(f, who.Certificate, ca.Issue(f, signertest.Leaf{Purpose: signertest.Responses}), time.Now()))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := revocation.ReadOCSP(in, other.Certificate, ca.Issuing.Certificate); err == nil {
			t.Fatal("an answer that nobody gave")
		}
		_, _ = revocation.ReadOCSP(in, who.Certificate, ca.Issuing.Certificate) // must not panic
	})
}

func FuzzReadCRL(f *testing.F) {
	ca, stranger := signertest.NewCA(f, signertest.CAOptions{}), signertest.NewCA(f, signertest.CAOptions{})
	who := ca.Issue(f, signertest.Leaf{})
	ca.Revoke(who.Certificate, time.Now(), 1)
	f.Add(ca.CRL(f, time.Now()))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := revocation.ReadCRL(in, who.Certificate, stranger.Issuing.Certificate); err == nil {
			t.Fatal("a list that nobody made")
		}
		_, _ = revocation.ReadCRL(in, who.Certificate, ca.Issuing.Certificate) // must not panic
	})
}
