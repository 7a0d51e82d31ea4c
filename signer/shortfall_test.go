package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/pdf"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
	"signservice/signer/tsp"
)

// TestShortfall is the table of authorities in bad days: the level is refused,
// or lowered and the result says so, as the policy has it; what is made is good.
func TestShortfall(t *testing.T) {
	down := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) }
	for name, c := range map[string]struct {
		break_ func(a *authorities)
		level  signer.Level // asked for
		lower  signer.Level // reached by Lower
		want   error
	}{
		"no time-stamp":         {func(a *authorities) { a.tsa.SetFault(signertest.HTTPError) }, signer.LevelT, signer.LevelB, tsp.ErrUnavailable},
		"refused time-stamp":    {func(a *authorities) { a.tsa.SetFault(signertest.Rejection) }, signer.LevelT, signer.LevelB, tsp.ErrRefused},
		"another's time-stamp":  {func(a *authorities) { a.tsa.SetFault(signertest.WrongImprint) }, signer.LevelT, signer.LevelB, tsp.ErrMismatch},
		"no time-stamp for LTA": {func(a *authorities) { a.tsa.SetFault(signertest.Garbage) }, signer.LevelLTA, signer.LevelB, tsp.ErrMalformed},
		"no revocation": {func(a *authorities) {
			a.ca.Override(signertest.PathOCSP, down)
			a.ca.Override(signertest.PathCRL, down)
		}, signer.LevelLT, signer.LevelT, revocation.ErrUnavailable},
		"lists in place of answers": {func(a *authorities) { a.ca.Override(signertest.PathOCSP, down) }, signer.LevelLT, signer.LevelLT, nil},
		"nothing about the issuer": {func(a *authorities) {
			a.ca.Override(signertest.PathOCSP, down)
			a.ca.Override(signertest.PathRootCRL, down)
		}, signer.LevelLTA, signer.LevelT, revocation.ErrUnavailable},
		"answers of last week": {func(a *authorities) {
			a.ca.Override(signertest.PathOCSP, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(a.ca.OCSP(t, a.tsa.Identity.Certificate, nil, time.Now().AddDate(0, 0, -7)))
			})
			a.ca.Override(signertest.PathCRL, down)
		}, signer.LevelLT, signer.LevelT, revocation.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthorities(t)
			id := a.ca.Issue(t, signertest.Leaf{})
			c.break_(a)
			o := a.order(t, id, c.level)
			if _, _, err := signOut(t, signertest.PDF{}.Bytes(), o); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("Fail: %v, want %v", err, c.want)
			}
			o.Shortfall = signer.Lower
			out, result, err := signOut(t, signertest.PDF{}.Bytes(), o)
			if err != nil || result.Level != c.lower || !errors.Is(result.Short, c.want) || (result.Short == nil) != (c.want == nil) {
				t.Fatalf("Lower: %+v, %v", result, err)
			}
			if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != c.lower {
				t.Errorf("%+v", r.Signatures)
			}
		})
	}
}

// TestSecondAuthority: the next authority is asked when one fails.
func TestSecondAuthority(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	in := signertest.PDF{}.Bytes()
	for _, fault := range []signertest.Fault{
		signertest.WrongNonce, signertest.NoNonce, signertest.WrongImprint, signertest.WrongHash, signertest.WrongSignature,
		signertest.NoCertificate, signertest.Rejection, signertest.NoToken, signertest.Garbage, signertest.TrailingData,
		signertest.TooLarge, signertest.Endless, signertest.Hanging, signertest.HTTPError, signertest.HTML, signertest.PlainData,
	} {
		bad := signertest.NewTSA(t, a.ca, nil)
		bad.SetFault(fault)
		impatient := tsp.Client{URLs: []string{bad.URL}, HTTP: &http.Client{}, Timeout: time.Second}
		o := a.order(t, id, signer.LevelT)
		o.Timestamps = impatient
		if _, _, err := signOut(t, in, o); err == nil {
			t.Errorf("%s: stamped", fault)
		}
		impatient.URLs = append(impatient.URLs, a.tsa.URL)
		o.Timestamps = second{t, impatient}
		out, result, err := signOut(t, in, o)
		if err != nil || result.Level != signer.LevelT || bad.Requests() != 2 {
			t.Errorf("%s: %+v, %v", fault, result, err)
			continue
		}
		if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelT {
			t.Errorf("%s: %+v", fault, r.Signatures)
		}
	}
}

// second gives an authority that hangs a moment and the next one a slow
// machine's patience.
type second struct {
	t *testing.T
	tsp.Client
}

func (s second) Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*tsp.Token, error) {
	token, err := s.Client.Stamp(ctx, hash, digest)
	if errors.Is(err, context.DeadlineExceeded) {
		return stamps(s.URLs[1]).Stamp(ctx, hash, digest)
	}
	return token, err
}

// huge is a source whose authority certifies with as large a chain as it likes.
func huge(t *testing.T, a *authorities, size int) *signertest.TSA {
	t.Helper()
	return signertest.NewTSA(t, a.ca, a.ca.Issue(t, signertest.Leaf{Name: "Huge TSA", Purpose: signertest.Timestamps, Change: func(c *x509.Certificate) {
		for len(c.PolicyIdentifiers)*20 < size {
			c.PolicyIdentifiers = append(c.PolicyIdentifiers, []int{1, 3, 6, 1, 4, 1, 32473, 1 << 20, 1 << 20, 1 << 20, len(c.PolicyIdentifiers)})
		}
		c.Policies = nil
		for _, id := range c.PolicyIdentifiers {
			parts := make([]uint64, len(id))
			for i, n := range id {
				parts[i] = uint64(n)
			}
			oid, err := x509.OIDFromInts(parts)
			if err != nil {
				t.Fatal(err)
			}
			c.Policies = append(c.Policies, oid)
		}
	}}))
}

// TestHugeStamp: an authority's token is larger than the room that was
// reserved. The whole increment is made anew, and the first try leaves no trace.
func TestHugeStamp(t *testing.T) {
	a := newAuthorities(t)
	a.tsa = huge(t, a, 20_000)
	id := a.ca.Issue(t, signertest.Leaf{})
	in := signertest.PDF{TextField: true}.Bytes()
	out := a.signAt(t, in, id, signer.LevelLTA)
	judgeLevel(t, out, a, signer.LevelLTA)
	if a.tsa.Requests() != 4 { // twice too large, twice not
		t.Errorf("asked %d times", a.tsa.Requests())
	}
	f, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if revisions, err := f.Revisions(); err != nil || len(revisions) != 3 {
		t.Errorf("%d revisions, want the document's, the signature's and the time-stamp's; %v", len(revisions), err)
	}
	// Step by step the same: the container comes beside the error.
	o := options(id)
	o.Level = signer.LevelT
	p, err := signer.Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		t.Fatal(err)
	}
	container, err := signer.Sign(t.Context(), p, id.Key)
	if err != nil {
		t.Fatal(err)
	}
	stamped, err := signer.Stamp(t.Context(), p, container, stamps(a.tsa.URL))
	if !errors.Is(err, signer.ErrRoom) || len(stamped) < 20_000 {
		t.Fatalf("%d bytes, %v", len(stamped), err)
	}
	var w bytes.Buffer
	if err := signer.Embed(t.Context(), &w, bytes.NewReader(in), p, stamped); !errors.Is(err, signer.ErrRoom) || w.Len() > 0 {
		t.Errorf("Embed: %d bytes, %v", w.Len(), err)
	}
	if err := signer.Embed(t.Context(), &w, bytes.NewReader(in), p, container); err != nil {
		t.Errorf("the container without a stamp: %v", err)
	}
}

// TestStampSize: where an authority was measured before, the key is asked once.
func TestStampSize(t *testing.T) {
	a := newAuthorities(t)
	a.tsa = huge(t, a, 20_000)
	size, err := signer.StampSize(t.Context(), stamps(a.tsa.URL))
	if err != nil || size < 20_000 {
		t.Fatalf("%d bytes, %v", size, err)
	}
	id := a.ca.Issue(t, signertest.Leaf{})
	key := &counted{Signer: id.Key}
	o := a.order(t, id, signer.LevelT)
	o.StampSize, o.Key = size, key
	if _, result, err := signOut(t, signertest.PDF{}.Bytes(), o); err != nil || result.Level != signer.LevelT || key.asked != 1 {
		t.Errorf("%+v, %v; the key was asked %d times", result, err, key.asked)
	}
	a.tsa.SetFault(signertest.HTTPError)
	if _, err := signer.StampSize(t.Context(), stamps(a.tsa.URL)); !errors.Is(err, signer.ErrStampUnavailable) {
		t.Error(err)
	}
}

// counted is a key that counts.
type counted struct {
	crypto.Signer
	asked int
}

func (c *counted) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c.asked++
	return c.Signer.Sign(random, digest, opts)
}

// growing is a source whose tokens never fit.
type growing struct {
	t    *testing.T
	a    *authorities
	size int
}

func (g *growing) Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*tsp.Token, error) {
	g.size += 9000
	return stamps(huge(g.t, g.a, g.size).URL).Stamp(ctx, hash, digest)
}

func TestGrowingStamp(t *testing.T) {
	a := newAuthorities(t)
	o := a.order(t, a.ca.Issue(t, signertest.Leaf{}), signer.LevelT)
	o.Timestamps = &growing{t: t, a: a}
	if _, _, err := signOut(t, signertest.PDF{}.Bytes(), o); !errors.Is(err, signer.ErrRoom) {
		t.Errorf("signing: %v", err)
	}
	in, _ := sign(t, signertest.PDF{}.Bytes(), o.Key, o.Options)
	if _, _, err := raise(t, in, signer.ExtendOptions{Sources: signer.Sources{Timestamps: &growing{t: t, a: a}}, Level: signer.LevelT}); !errors.Is(err, signer.ErrRoom) {
		t.Errorf("raising: %v", err)
	}
}

// liar is a source that gives a token over something else.
type liar struct{ tsp.Client }

func (l liar) Stamp(ctx context.Context, hash crypto.Hash, _ []byte) (*tsp.Token, error) {
	other := sha256.Sum256([]byte("other"))
	return l.Client.Stamp(ctx, hash, other[:])
}

// TestLyingSource: what a source gives is verified before it goes into a file.
func TestLyingSource(t *testing.T) {
	a := newAuthorities(t)
	o := a.order(t, a.ca.Issue(t, signertest.Leaf{}), signer.LevelT)
	o.Timestamps = liar{stamps(a.tsa.URL)}
	if _, _, err := signOut(t, signertest.PDF{}.Bytes(), o); !errors.Is(err, tsp.ErrMismatch) {
		t.Error(err)
	}
}
