package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/cms"
	"signservice/signer/pdf"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
	"signservice/signer/tsp"
)

// authorities are a CA that answers about every link of its chains, and a
// time-stamp authority that it certified.
type authorities struct {
	ca  *signertest.CA
	tsa *signertest.TSA
	tb  testing.TB // of the whole test
	nss string     // for pdfsig, made when it is asked for
}

// trust gives the folder that has pdfsig trust the root.
func (a *authorities) trust() string {
	if a.nss == "" {
		a.nss = signertest.NSS(a.tb, a.ca.Root.Certificate)
	}
	return a.nss
}

func newAuthorities(tb testing.TB) *authorities {
	tb.Helper()
	return newAuthoritiesOf(tb, signertest.CAOptions{})
}

func newAuthoritiesOf(tb testing.TB, o signertest.CAOptions) *authorities {
	tb.Helper()
	ca := signertest.NewCA(tb, o)
	ca.ServeChain(tb)
	return &authorities{ca: ca, tsa: signertest.NewTSA(tb, ca, nil), tb: tb}
}

// gatherer may ask the servers of a test, which are on loopback.
func gatherer(tb testing.TB) *revocation.Gatherer {
	tb.Helper()
	g := revocation.New(revocation.Config{
		Timeout: 20 * time.Second, // a slow machine's patience
		Allow:   []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	})
	tb.Cleanup(g.Close)
	return g
}

// stamps asks authorities in order.
func stamps(urls ...string) tsp.Client {
	return tsp.Client{URLs: urls, HTTP: &http.Client{}, Timeout: 20 * time.Second}
}

// sources ask the authorities of a test.
func (a *authorities) sources(tb testing.TB) signer.Sources {
	tb.Helper()
	return signer.Sources{
		Timestamps: stamps(a.tsa.URL), Revocation: gatherer(tb), Known: []*x509.Certificate{a.ca.Root.Certificate},
	}
}

// order is one for a signature of a level.
func (a *authorities) order(tb testing.TB, id *signertest.Identity, level signer.Level) signer.Order {
	tb.Helper()
	o := signer.Order{Options: options(id), Sources: a.sources(tb), Key: id.Key, Check: true}
	o.Options.Level = level
	return o
}

// signOut signs into a file of the test and gives what is in it.
func signOut(tb testing.TB, in []byte, o signer.Order) ([]byte, *signer.Outcome, error) {
	tb.Helper()
	f, err := os.Create(filepath.Join(tb.TempDir(), "out.pdf"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	result, err := signer.SignFile(tb.Context(), f, bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		return nil, nil, err
	}
	out, err := os.ReadFile(f.Name())
	if err != nil {
		tb.Fatal(err)
	}
	return out, result, nil
}

// signAt signs at a level that must be reached.
func (a *authorities) signAt(tb testing.TB, in []byte, id *signertest.Identity, level signer.Level) []byte {
	tb.Helper()
	out, result, err := signOut(tb, in, a.order(tb, id, level))
	if err != nil || result.Level != level || result.Short != nil {
		tb.Fatalf("level %v: %+v, %v", level, result, err)
	}
	return out
}

// raise raises a document.
func raise(tb testing.TB, in []byte, o signer.ExtendOptions) ([]byte, *signer.Extension, error) {
	tb.Helper()
	var out bytes.Buffer
	e, err := signer.Extend(tb.Context(), &out, bytes.NewReader(in), int64(len(in)), o)
	if err == nil && !bytes.Equal(out.Bytes(), append(bytes.Clone(in), e.Increment...)) {
		tb.Error("Extend does not write the document and the increment")
	}
	return out.Bytes(), e, err
}

// verifyWith verifies with options; the file must be readable.
func verifyWith(tb testing.TB, in []byte, o signer.VerifyOptions) *signer.Report {
	tb.Helper()
	r, err := signer.Verify(tb.Context(), bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// TestLevels holds for each level and shape of document that it is reached, that
// our verification finds it with all that belongs to it, and that strangers
// accept signature and time-stamps.
func TestLevels(t *testing.T) {
	a := newAuthorities(t)
	root := a.ca.Root.Certificate
	for name, document := range documents {
		for _, level := range []signer.Level{signer.LevelB, signer.LevelT, signer.LevelLT, signer.LevelLTA} {
			t.Run(fmt.Sprintf("%s/%v", name, level), func(t *testing.T) {
				in := document.Bytes()
				out := a.signAt(t, in, a.ca.Issue(t, signertest.Leaf{Algorithm: signertest.RSA2048}), level)
				if !bytes.HasPrefix(out, in) {
					t.Fatal("the input is no prefix")
				}
				r := verify(t, out, root)
				s := r.Signatures[0]
				if !r.Good(true) || s.Level != level || r.Level() != level {
					t.Fatalf("level %v: %+v", s.Level, s)
				}
				wantSource, wantStanding := signer.TimeSignatureStamp, signer.StandingUnknown
				if level == signer.LevelB {
					wantSource = signer.TimeClaimed
				}
				if level >= signer.LevelLT {
					wantStanding = signer.StandingGood
				}
				if s.Time.Source != wantSource || s.Time.Trusted != (level > signer.LevelB) || s.Revocation.Status != wantStanding {
					t.Errorf("time %+v, revocation %+v", s.Time, s.Revocation)
				}
				judgeLevel(t, out, a, level)
			})
		}
	}
}

// judgeLevel asks the programs of others about a file.
func judgeLevel(t *testing.T, out []byte, a *authorities, level signer.Level) {
	t.Helper()
	name := signertest.WriteFile(t, "signed.pdf", out)
	results := signertest.PdfsigOffline(t, name, a.trust())
	if len(results) == 0 || !results[0].Valid() || !results[0].Trusted() || results[0].SubFilter != "ETSI.CAdES.detached" {
		t.Errorf("pdfsig: %+v", results)
	}
	if err := signertest.QPDFCheck(t, name); err != nil {
		t.Errorf("qpdf: %v", err)
	}
	f, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	stamped := 0
	for _, s := range all {
		covered := append(bytes.Clone(out[:s.ByteRange[1]]), out[s.ByteRange[2]:s.End()]...)
		sd, err := cms.Parse(s.Contents)
		if err != nil {
			t.Fatal(err)
		}
		tokens, over := sd.Signer.Timestamps(), sd.Signer.Signature
		if s.Type == pdf.DocTimeStamp {
			tokens, over = [][]byte{sd.Raw}, covered
		} else if err := signertest.VerifyCMS(t, sd.Raw, covered, a.ca.Root.Certificate); err != nil {
			t.Errorf("openssl cms: %v", err)
		}
		for _, token := range tokens {
			stamped++
			if err := signertest.VerifyTimestamp(t, token, over, a.tsa.Identity, a.ca.Root.Certificate); err != nil {
				t.Errorf("openssl ts: %v", err)
			}
		}
	}
	if want := map[signer.Level]int{signer.LevelT: 1, signer.LevelLT: 1, signer.LevelLTA: 2}[level]; stamped != want {
		t.Errorf("%d time-stamps, want %d", stamped, want)
	}
}

// TestRaise is the table of ways from one level to another. A signature that is
// in the file can only be stamped by a document time-stamp.
func TestRaise(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	at := map[signer.Level][]byte{}
	for _, level := range []signer.Level{signer.LevelB, signer.LevelT, signer.LevelLT, signer.LevelLTA} {
		at[level] = a.signAt(t, documents["object stream"].Bytes(), id, level)
	}
	for _, c := range []struct {
		from, to signer.Level
		stamps   int // document time-stamps in the result
	}{
		{signer.LevelB, signer.LevelT, 1},
		{signer.LevelB, signer.LevelLT, 1},
		{signer.LevelB, signer.LevelLTA, 2},
		{signer.LevelT, signer.LevelT, 0},
		{signer.LevelT, signer.LevelLT, 0},
		{signer.LevelT, signer.LevelLTA, 1},
		{signer.LevelLT, signer.LevelT, 0},
		{signer.LevelLT, signer.LevelLT, 0},
		{signer.LevelLT, signer.LevelLTA, 1},
		{signer.LevelLTA, signer.LevelLT, 1},
		{signer.LevelLTA, signer.LevelLTA, 2},
		{signer.LevelLTA, 0, 2},
	} {
		t.Run(fmt.Sprintf("%v to %v", c.from, c.to), func(t *testing.T) {
			out, e, err := raise(t, at[c.from], signer.ExtendOptions{Sources: a.sources(t), Level: c.to})
			if err != nil {
				t.Fatal(err)
			}
			want := max(c.from, c.to)
			r := verify(t, out, a.ca.Root.Certificate)
			if e.Level != want || e.Short != nil || r.Level() != want || !r.Good(true) {
				t.Errorf("extension %v %v; report %+v", e.Level, e.Short, r.Signatures)
			}
			if got := len(r.Signatures) - 1; got != c.stamps {
				t.Errorf("%d document time-stamps, want %d", got, c.stamps)
			}
			if nothing := c.from >= c.to && c.to != 0 && c.to != signer.LevelLTA; nothing != (len(e.Increment) == 0) {
				t.Errorf("an increment of %d bytes", len(e.Increment))
			}
			name := signertest.WriteFile(t, "raised.pdf", out)
			if err := signertest.QPDFCheck(t, name); err != nil {
				t.Errorf("qpdf: %v", err)
			}
			if all := signertest.PdfsigOffline(t, name, a.trust()); len(all) == 0 || !all[0].Valid() {
				t.Errorf("pdfsig: %+v", all)
			}
		})
	}
}

// TestRaiseCertified: what forbids every change permits material and time-stamps
// (ISO 32000-2, 12.8.2.2).
func TestRaiseCertified(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	for p := 1; p <= 3; p++ {
		o := a.order(t, id, signer.LevelLTA)
		o.Certify = p
		out, result, err := signOut(t, signertest.PDF{TextField: true}.Bytes(), o)
		if err != nil || result.Level != signer.LevelLTA {
			t.Fatalf("P=%d: %+v, %v", p, result, err)
		}
		out, _, err = raise(t, out, signer.ExtendOptions{Sources: a.sources(t)})
		if err != nil {
			t.Fatalf("P=%d: %v", p, err)
		}
		if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelLTA {
			t.Errorf("P=%d: %+v", p, r.Signatures)
		}
	}
}

// TestStoreOfTwo: two signers raise the file one after the other. The store is
// merged, each piece stands in it once, each signature has its entry.
func TestStoreOfTwo(t *testing.T) {
	a := newAuthorities(t)
	mary, eve := a.ca.Issue(t, signertest.Leaf{}), a.ca.Issue(t, signertest.Leaf{Name: "Eve"})
	first := a.signAt(t, signertest.PDF{}.Bytes(), mary, signer.LevelLT)
	second := a.signAt(t, first, eve, signer.LevelLT)
	store := func(in []byte) *pdf.SecurityStore {
		f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.SecurityStore()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before, after := store(first), store(second)
	for name, lists := range map[string][2][][]byte{
		"certificates": {before.Certs, after.Certs}, "answers": {before.OCSPs, after.OCSPs}, "lists": {before.CRLs, after.CRLs},
	} {
		for i, der := range lists[0] {
			if !bytes.Equal(der, lists[1][i]) {
				t.Errorf("%s: number %d is not where it was", name, i)
			}
		}
		seen := map[string]bool{}
		for _, der := range lists[1] {
			if seen[string(der)] {
				t.Errorf("%s: one stands twice", name)
			}
			seen[string(der)] = true
		}
	}
	// The signer, issuing and root certificates, the authority's; Eve's is new.
	if len(before.Certs) != 4 || len(after.Certs) != 5 || len(before.Related) != 1 || len(after.Related) != 2 {
		t.Errorf("%d, then %d certificates; %d, then %d entries", len(before.Certs), len(after.Certs), len(before.Related), len(after.Related))
	}
	// Nothing that the store has already is fetched again.
	if len(after.OCSPs) != len(before.OCSPs)+1 {
		t.Errorf("%d, then %d answers", len(before.OCSPs), len(after.OCSPs))
	}
	if r := verify(t, second, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelLT || len(r.Signatures) != 2 {
		t.Errorf("%+v", r.Signatures)
	}
}

// TestRaiseOne: a signature of somebody else about whom nothing can be found does
// not keep ours from its level.
func TestRaiseOne(t *testing.T) {
	a := newAuthorities(t)
	silent := signertest.NewCA(t, signertest.CAOptions{Name: "Silent"}).Issue(t, signertest.Leaf{Name: "Silent"})
	first, _ := sign(t, signertest.PDF{}.Bytes(), silent.Key, options(silent))
	out := a.signAt(t, first, a.ca.Issue(t, signertest.Leaf{}), signer.LevelLTA)
	r := verify(t, out)
	if !r.Good(false) || r.Signatures[0].Level != signer.LevelT || r.Signatures[1].Level != signer.LevelLTA {
		t.Errorf("%+v", r.Signatures)
	}
	_, _, err := raise(t, out, signer.ExtendOptions{Sources: a.sources(t)})
	if !errors.Is(err, signer.ErrMaterial) || !errors.Is(err, revocation.ErrIncomplete) {
		t.Errorf("all of them: %v", err)
	}
	if _, e, err := raise(t, out, signer.ExtendOptions{Sources: a.sources(t), Fields: []string{r.Signatures[1].Field}}); err != nil || e.Level != signer.LevelLTA {
		t.Errorf("ours alone: %v", err)
	}
}

// TestRaiseRefuses is the table of what is not raised.
func TestRaiseRefuses(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	plain := signertest.PDF{}.Bytes()
	signed, p := sign(t, plain, id.Key, options(id))
	damaged := bytes.Clone(signed)
	damaged[p.Reserved.ContentsOffset+900] ^= 1
	silent := signertest.NewCA(t, signertest.CAOptions{Name: "Silent"}).Issue(t, signertest.Leaf{})
	unknown, _ := sign(t, plain, silent.Key, options(silent))
	revoked := a.ca.Issue(t, signertest.Leaf{})
	a.ca.Revoke(revoked.Certificate, time.Now().Add(-time.Hour), 1)
	byRevoked, _ := sign(t, plain, revoked.Key, options(revoked))
	all := a.sources(t)
	for name, c := range map[string]struct {
		in   []byte
		o    signer.ExtendOptions
		want error
	}{
		"unsigned":                {plain, signer.ExtendOptions{Sources: all}, signer.ErrNoSignature},
		"no PDF":                  {[]byte("x"), signer.ExtendOptions{Sources: all}, signer.ErrNotPDF},
		"another field":           {signed, signer.ExtendOptions{Sources: all, Fields: []string{"other"}}, signer.ErrNoSignature},
		"damaged":                 {damaged, signer.ExtendOptions{Sources: all}, signer.ErrNotGood},
		"changed":                 {append(bytes.Clone(signed), "4 0 obj null endobj"...), signer.ExtendOptions{Sources: all}, signer.ErrNotGood},
		"no time-stamps":          {signed, signer.ExtendOptions{Sources: signer.Sources{Revocation: all.Revocation}}, signer.ErrSource},
		"no revocation source":    {signed, signer.ExtendOptions{Sources: signer.Sources{Timestamps: all.Timestamps}}, signer.ErrSource},
		"nobody knows the signer": {unknown, signer.ExtendOptions{Sources: all}, signer.ErrMaterial},
		"revoked before":          {byRevoked, signer.ExtendOptions{Sources: all}, revocation.ErrRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := raise(t, c.in, c.o); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("older format", func(t *testing.T) {
		in := stranger(t, "01243.pdf") // adbe.pkcs7.detached
		if _, _, err := raise(t, in, signer.ExtendOptions{Sources: all}); !errors.Is(err, signer.ErrNotBaseline) {
			t.Error(err)
		}
	})
}

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

// TestRaiseStrangers: signatures that other programs made get a document
// time-stamp, and those that were good stay so.
func TestRaiseStrangers(t *testing.T) {
	a := newAuthorities(t)
	raised := 0
	for _, row := range corpus(t) {
		in := stranger(t, row["file"])
		if !bytes.Contains(in, []byte("ETSI.CAdES.detached")) {
			continue
		}
		before, err := signer.Verify(t.Context(), bytes.NewReader(in), int64(len(in)), signer.VerifyOptions{})
		if err != nil || !before.Good(false) || before.Level() < signer.LevelB {
			continue
		}
		out, e, err := raise(t, in, signer.ExtendOptions{Sources: a.sources(t), Level: signer.LevelT})
		if err != nil {
			t.Errorf("%s: %v", row["file"], err)
			continue
		}
		raised++
		if r := verify(t, out); e.Level < signer.LevelT || !r.Good(false) || r.Level() < signer.LevelT {
			t.Errorf("%s: %v %+v", row["file"], e.Level, r.Signatures)
		}
	}
	if raised < 20 {
		t.Errorf("only %d files were raised", raised)
	}
	t.Logf("%d files of other programs raised", raised)
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

// TestCancelledRaise: cancelling is no shortfall.
func TestCancelledRaise(t *testing.T) {
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	in, _ := sign(t, signertest.PDF{}.Bytes(), id.Key, options(id))
	ctx, cancel := context.WithCancel(t.Context())
	a.tsa.SetFault(signertest.Hanging)
	go func() {
		for a.tsa.Requests() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	o := signer.ExtendOptions{Sources: a.sources(t)}
	o.Shortfall = signer.Lower
	if _, err := signer.Raise(ctx, bytes.NewReader(in), int64(len(in)), o); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestRaiseEncrypted: material and time-stamps go into encrypted files as their
// handler demands.
func TestRaiseEncrypted(t *testing.T) {
	a := newAuthorities(t)
	plain := signertest.WriteFile(t, "plain.pdf", signertest.PDF{}.Bytes())
	for _, args := range [][]string{{"40"}, {"128", "--use-aes=n"}, {"128", "--use-aes=y"}, {"256"}} {
		name := plain + args[0]
		encrypt := append([]string{"--allow-weak-crypto", "--encrypt", "", "owner"}, args...)
		signertest.Run(t, "qpdf", append(encrypt, "--", plain, name)...)
		in, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out := a.signAt(t, in, a.ca.Issue(t, signertest.Leaf{}), signer.LevelLTA)
		if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelLTA {
			t.Errorf("%v: %+v", args, r.Signatures)
		}
	}
}

// TestLevelText: levels survive JSON, and are read as people write them.
func TestLevelText(t *testing.T) {
	for _, l := range []signer.Level{signer.LevelNone, signer.LevelB, signer.LevelT, signer.LevelLT, signer.LevelLTA} {
		text, err := json.Marshal(l)
		var back signer.Level
		if err != nil || json.Unmarshal(text, &back) != nil || back != l {
			t.Errorf("%v became %s became %v", l, text, back)
		}
	}
	for in, want := range map[string]signer.Level{"b": 1, "T": 2, "lt": 3, "B-LTA": 4, "b-b": 1} {
		if got, err := signer.ParseLevel(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "x", "B-", "lta "} {
		if got, err := signer.ParseLevel(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}
