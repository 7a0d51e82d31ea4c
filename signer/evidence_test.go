package signer_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/pdf"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// TestResponders reaches B-LT with OCSP responders to whom the CA delegated: one
// who is exempt from being asked about, and one about whom material is needed,
// which is gathered too. A responder who was revoked is not believed.
func TestResponders(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*x509.Certificate)
		revoked bool
		want    error
	}{
		"exempt":  {func(*x509.Certificate) {}, false, nil},
		"asked":   {func(c *x509.Certificate) { c.ExtraExtensions = nil }, false, nil},
		"revoked": {func(c *x509.Certificate) { c.ExtraExtensions = nil }, true, signer.ErrMaterial},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthorities(t)
			responder := a.ca.Issue(t, signertest.Leaf{Name: "Responder", Purpose: signertest.Responses, Change: func(x *x509.Certificate) {
				x.CRLDistributionPoints = nil // a list would speak of the signer as well
				c.change(x)
			}})
			if c.revoked {
				a.ca.Revoke(responder.Certificate, time.Now().Add(-time.Hour), 1)
			}
			id := a.ca.Issue(t, signertest.Leaf{Change: func(x *x509.Certificate) {
				x.OCSPServer, x.CRLDistributionPoints = []string{a.ca.URL + "/delegated"}, nil
			}})
			a.ca.Override("/delegated", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(a.ca.OCSP(t, id.Certificate, responder, time.Now()))
			})
			out, result, err := signOut(t, signertest.PDF{}.Bytes(), a.order(t, id, signer.LevelLT))
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err != nil {
				return
			}
			store := storeOf(t, out)
			// About the signer, the authority, and their issuer; and the responder.
			if want := map[string]int{"exempt": 3, "asked": 4}[name]; result.Level != signer.LevelLT || len(store.OCSPs) != want {
				t.Errorf("level %v, %d answers, want %d", result.Level, len(store.OCSPs), want)
			}
			if has := bytes.Contains(bytes.Join(store.Certs, nil), responder.Certificate.Raw); !has {
				t.Error("the responder's certificate is not in the store")
			}
		})
	}
}

// TestHold: a certificate that was on hold may become good again, one that was
// revoked may not.
func TestHold(t *testing.T) {
	for reason, trusted := range map[int]bool{6: true, 1: false} {
		a := newAuthorities(t)
		id := a.ca.Issue(t, signertest.Leaf{NotBefore: days(-3)})
		signed := a.signAt(t, signertest.PDF{}.Bytes(), id, signer.LevelT)
		good := a.ca.OCSP(t, id.Certificate, nil, time.Now())
		a.ca.Revoke(id.Certificate, days(-2), reason)
		bad := a.ca.OCSP(t, id.Certificate, nil, days(-1).Add(time.Hour))
		out := withStore(t, signed, pdf.SecurityStore{OCSPs: [][]byte{bad, good}})
		if s := verify(t, out, a.ca.Root.Certificate).Signatures[0]; s.Trusted != trusted {
			t.Errorf("reason %d: %+v %+v", reason, s, s.Revocation)
		}
	}
}

// TestMissingIssuer: an issuer that the signer left out is fetched where the
// policy permits it.
func TestMissingIssuer(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	id.Chain = nil
	out, _ := sign(t, signertest.PDF{}.Bytes(), id.Key, options(id))
	for policy, trusted := range map[signer.RevocationPolicy]bool{
		signer.RevocationNone: false, signer.RevocationEmbedded: false, signer.RevocationNetwork: true,
	} {
		r := verifyWith(t, out, signer.VerifyOptions{Roots: []*x509.Certificate{a.ca.Root.Certificate}, Revocation: policy, Source: gatherer(t)})
		if s := r.Signatures[0]; s.Trusted != trusted {
			t.Errorf("policy %d: %q", policy, s.Problems)
		}
	}
	raised, e, err := raise(t, out, signer.ExtendOptions{Sources: a.sources(t)})
	if err != nil || e.Level != signer.LevelLTA {
		t.Fatal(err)
	}
	if !verify(t, raised, a.ca.Root.Certificate).Good(true) {
		t.Error("with the issuer in the store it is still not trusted")
	}
}

// TestAskedInVain: authorities that do not answer are told of, and do no harm
// where that is the policy.
func TestAskedInVain(t *testing.T) {
	a := newAuthorities(t)
	out := a.signAt(t, signertest.PDF{}.Bytes(), a.ca.Issue(t, signertest.Leaf{}), signer.LevelB)
	o := signer.VerifyOptions{
		Roots: []*x509.Certificate{a.ca.Root.Certificate}, Revocation: signer.RevocationNetwork,
		Source: revocation.New(revocation.Config{}), // loopback is not asked
	}
	for _, require := range []bool{false, true} {
		o.RequireRevocation = require
		s := verifyWith(t, out, o).Signatures[0]
		if s.Trusted == require || s.Revocation.Status != signer.StandingUnknown || !strings.Contains(strings.Join(s.Remarks, "\n"), "in vain") {
			t.Errorf("require=%t: %+v", require, s)
		}
	}
}

// TestFutureStamp: an authority whose clock is ahead proves nothing yet.
func TestFutureStamp(t *testing.T) {
	a := newAuthorities(t)
	a.tsa.SetClock(func() time.Time { return time.Now().Add(time.Hour) })
	out := a.signAt(t, signertest.PDF{}.Bytes(), a.ca.Issue(t, signertest.Leaf{}), signer.LevelT)
	s := verify(t, out, a.ca.Root.Certificate).Signatures[0]
	if s.Time.Trusted || !s.Trusted || !strings.Contains(strings.Join(s.Problems, "\n"), "of the future") {
		t.Errorf("%+v", s)
	}
}

// TestWeak: what can be forged is not trusted, though it is intact.
func TestWeak(t *testing.T) {
	in := stranger(t, "00607.pdf") // time-stamps over SHA-1, of 2014
	var roots []*x509.Certificate
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := f.SecurityStore()
	if err != nil {
		t.Fatal(err)
	}
	for _, der := range store.Certs {
		if c, err := x509.ParseCertificate(der); err == nil {
			roots = append(roots, c)
		}
	}
	r := verifyWith(t, in, signer.VerifyOptions{Roots: roots, Now: time.Date(2014, 12, 1, 0, 0, 0, 0, time.UTC), Revocation: signer.RevocationNone})
	weak := 0
	for _, s := range r.Signatures {
		if s.Time.Trusted && strings.Contains(strings.Join(s.Remarks, "\n"), "weak") {
			t.Errorf("trusted: %+v", s)
		}
		weak += strings.Count(strings.Join(s.Problems, "\n"), "weak digest")
	}
	if weak == 0 {
		t.Errorf("nothing is said of SHA-1: %+v", r.Signatures)
	}
}

// TestHostileStore: a store full of material that is nearly about the signer
// costs no more than a bounded number of checks.
func TestHostileStore(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	signed := a.signAt(t, signertest.PDF{}.Bytes(), id, signer.LevelT)
	var store pdf.SecurityStore
	forger := signertest.NewCA(t, signertest.CAOptions{})
	for i := range 600 {
		at := time.Now().Add(-time.Duration(i) * time.Second)
		store.OCSPs = append(store.OCSPs, forger.OCSP(t, id.Certificate, nil, at))
		twin := forger.Issue(t, signertest.Leaf{Change: func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 9}, Value: make([]byte, 10+i)})
		}})
		store.Certs = append(store.Certs, twin.Certificate.Raw)
	}
	store.CRLs = [][]byte{forger.CRL(t, time.Now())}
	s := verify(t, withStore(t, signed, store), a.ca.Root.Certificate).Signatures[0]
	if !s.Trusted || s.Level != signer.LevelT || s.Revocation.Status != signer.StandingUnknown {
		t.Errorf("%+v", s)
	}
}

// asking counts what a source is asked.
type asking struct {
	signer.RevocationSource
	abouts, completes int
}

func (a *asking) About(context.Context, *revocation.Material, *x509.Certificate, *x509.Certificate) error {
	a.abouts++
	return revocation.ErrUnknown
}

func (a *asking) Complete(_ context.Context, c *x509.Certificate, _ []*x509.Certificate) ([]*x509.Certificate, error) {
	a.completes++
	return []*x509.Certificate{c}, revocation.ErrIncomplete
}

// TestAskedOnce: a file with many signatures asks about each certificate once,
// and about no more than a bounded number of them.
func TestAskedOnce(t *testing.T) {
	ca, other := signertest.NewCA(t, signertest.CAOptions{}), signertest.NewCA(t, signertest.CAOptions{Name: "Other"})
	mary, eve := ca.Issue(t, signertest.Leaf{}), other.Issue(t, signertest.Leaf{Name: "Eve"})
	out := signertest.PDF{}.Bytes()
	for _, id := range []*signertest.Identity{mary, eve, mary, eve} {
		out, _ = sign(t, out, id.Key, options(id))
	}
	var source asking
	verifyWith(t, out, signer.VerifyOptions{Roots: []*x509.Certificate{ca.Root.Certificate}, Revocation: signer.RevocationNetwork, Source: &source})
	if source.abouts != 2 || source.completes != 1 { // Mary and her issuer; Eve's issuers
		t.Errorf("asked %d times about certificates and %d times for issuers", source.abouts, source.completes)
	}
	for range 70 {
		id := ca.Issue(t, signertest.Leaf{})
		out, _ = sign(t, out, id.Key, options(id))
	}
	source = asking{}
	verifyWith(t, out, signer.VerifyOptions{Roots: []*x509.Certificate{ca.Root.Certificate}, Revocation: signer.RevocationNetwork, Source: &source})
	if n := source.abouts + source.completes; n != 64 {
		t.Errorf("asked %d times", n)
	}
}
