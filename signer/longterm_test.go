package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/cms"
	"signservice/signer/keys"
	"signservice/signer/pdf"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// days is a time from now, for those who look back.
func days(n int) time.Time { return time.Now().AddDate(0, 0, n) }

// shortLived is a certificate that expires in a day.
func shortLived(t *testing.T, ca *signertest.CA, p signertest.Purpose) *signertest.Identity {
	t.Helper()
	return ca.Issue(t, signertest.Leaf{Purpose: p, NotAfter: days(1)})
}

// TestPastValidation is the table of what a certificate that has expired is
// worth: what was proven before counts, what was claimed does not.
func TestPastValidation(t *testing.T) {
	a := newAuthorities(t)
	id := shortLived(t, a.ca, signertest.Documents)
	for _, c := range []struct {
		level    signer.Level
		policy   signer.RevocationPolicy
		trusted  bool
		standing signer.Standing // "" for no report
	}{
		{signer.LevelB, signer.RevocationEmbedded, false, signer.StandingExpired},
		{signer.LevelB, signer.RevocationNone, false, ""},
		{signer.LevelT, signer.RevocationEmbedded, false, signer.StandingUnknown}, // it may have been revoked before
		{signer.LevelT, signer.RevocationNone, true, ""},
		{signer.LevelLT, signer.RevocationEmbedded, true, signer.StandingGood},
		{signer.LevelLTA, signer.RevocationEmbedded, true, signer.StandingGood},
	} {
		t.Run(fmt.Sprintf("%v/%d", c.level, c.policy), func(t *testing.T) {
			out := a.signAt(t, signertest.PDF{}.Bytes(), id, c.level)
			roots := []*x509.Certificate{a.ca.Root.Certificate}
			for _, now := range []time.Time{days(0), days(30)} {
				r := verifyWith(t, out, signer.VerifyOptions{Roots: roots, Revocation: c.policy, Now: now})
				s := r.Signatures[0]
				wantTrust := c.trusted || now.Before(days(1))
				if s.Trusted != wantTrust || s.Level != c.level || !s.Good() {
					t.Errorf("trusted %t at %v: %+v", s.Trusted, now, s)
				}
				if now.Before(days(1)) {
					continue
				}
				if got := s.Revocation; c.standing == "" && got != nil || c.standing != "" && got.Status != c.standing {
					t.Errorf("revocation %+v, want %q", got, c.standing)
				}
				if (len(s.Problems) > 0) == c.trusted {
					t.Errorf("problems %q", s.Problems)
				}
			}
		})
	}
}

// TestRevoked is the table of certificates that were revoked before or after the
// time that is proven, and of what is asked.
func TestRevoked(t *testing.T) {
	hour := time.Hour
	for name, c := range map[string]struct {
		level    signer.Level
		revoked  time.Duration // from now; 0 not at all
		policy   signer.RevocationPolicy
		require  bool
		trusted  bool
		standing signer.Standing
		later    bool // a revocation is told that does not count
	}{
		"B-B, nobody asked":               {signer.LevelB, -hour, signer.RevocationNone, false, true, "", false},
		"B-B, nothing in the file":        {signer.LevelB, -hour, signer.RevocationEmbedded, false, true, signer.StandingUnknown, false},
		"B-B, must be known":              {signer.LevelB, -hour, signer.RevocationEmbedded, true, false, signer.StandingUnknown, false},
		"B-B, asked":                      {signer.LevelB, -hour, signer.RevocationNetwork, false, false, signer.StandingRevoked, false},
		"B-B, asked, good":                {signer.LevelB, 0, signer.RevocationNetwork, true, true, signer.StandingGood, false},
		"B-T, revoked before":             {signer.LevelT, -hour, signer.RevocationNetwork, false, false, signer.StandingRevoked, false},
		"B-T, revoked after":              {signer.LevelT, hour, signer.RevocationNetwork, false, true, signer.StandingGood, true},
		"B-LT, revoked after, not asked":  {signer.LevelLT, hour, signer.RevocationEmbedded, true, true, signer.StandingGood, false},
		"B-LT, revoked after, asked":      {signer.LevelLT, hour, signer.RevocationNetwork, true, true, signer.StandingGood, true},
		"B-LT, found out later, asked":    {signer.LevelLT, -hour, signer.RevocationNetwork, false, false, signer.StandingRevoked, false},
		"B-LTA, found out later, unasked": {signer.LevelLTA, -hour, signer.RevocationEmbedded, false, true, signer.StandingGood, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthorities(t)
			id := a.ca.Issue(t, signertest.Leaf{NotBefore: days(-1)})
			out := a.signAt(t, signertest.PDF{}.Bytes(), id, c.level)
			if c.revoked != 0 {
				a.ca.Revoke(id.Certificate, time.Now().Add(c.revoked), 1)
			}
			r := verifyWith(t, out, signer.VerifyOptions{
				Roots: []*x509.Certificate{a.ca.Root.Certificate}, Revocation: c.policy, RequireRevocation: c.require, Source: gatherer(t),
			})
			s := r.Signatures[0]
			if s.Trusted != c.trusted || !s.Good() || r.Good(true) != c.trusted {
				t.Errorf("trusted %t: %q", s.Trusted, s.Problems)
			}
			if got := s.Revocation; c.standing == "" && got != nil || c.standing != "" && (got == nil || got.Status != c.standing) {
				t.Fatalf("revocation %+v, want %q", got, c.standing)
			}
			if s.Revocation == nil {
				return
			}
			if wantSince := c.later || c.standing == signer.StandingRevoked; s.Revocation.Since.IsZero() == wantSince || wantSince && s.Revocation.Reason != "keyCompromise" {
				t.Errorf("since %v (%s)", s.Revocation.Since, s.Revocation.Reason)
			}
			if c.standing == signer.StandingRevoked && (r.Good(false) || !strings.Contains(strings.Join(s.Findings(), "\n"), "REVOKED since")) {
				t.Errorf("known to be revoked, and yet: %q", s.Findings())
			}
		})
	}
}

// TestRevokedIssuer: who issues counts as much as who signs.
func TestRevokedIssuer(t *testing.T) {
	a := newAuthorities(t)
	out := a.signAt(t, signertest.PDF{}.Bytes(), a.ca.Issue(t, signertest.Leaf{}), signer.LevelB)
	a.ca.Revoke(a.ca.Issuing.Certificate, time.Now().Add(-time.Minute), 2)
	r := verifyWith(t, out, signer.VerifyOptions{Roots: []*x509.Certificate{a.ca.Root.Certificate}, Revocation: signer.RevocationNetwork, Source: gatherer(t)})
	s := r.Signatures[0]
	if s.Trusted || s.Revocation.Status != signer.StandingRevoked || s.Revocation.Reason != "cACompromise" || !strings.Contains(s.Revocation.Certificate, "Issuing") {
		t.Errorf("%+v", s)
	}
}

// TestRevokedAuthority is the table of time-stamp authorities that were revoked:
// for retiring, which leaves what they said before (RFC 3161, 4), or worse.
func TestRevokedAuthority(t *testing.T) {
	for reason, trusted := range map[int]bool{0: false, 1: false, 3: true, 4: true, 5: true, 9: false} {
		a := newAuthorities(t)
		a.tsa.SetClock(func() time.Time { return time.Now().Add(-10 * time.Minute) })
		out := a.signAt(t, signertest.PDF{}.Bytes(), a.ca.Issue(t, signertest.Leaf{}), signer.LevelT)
		a.ca.Revoke(a.tsa.Identity.Certificate, time.Now().Add(-time.Minute), reason)
		r := verifyWith(t, out, signer.VerifyOptions{Roots: []*x509.Certificate{a.ca.Root.Certificate}, Revocation: signer.RevocationNetwork, Source: gatherer(t)})
		if s := r.Signatures[0]; s.Time.Trusted != trusted || !s.Trusted {
			t.Errorf("reason %d: %+v %q", reason, s.Time, s.Problems)
		}
	}
}

// TestStrangeAuthority: the word of an authority that does not lead to a root
// does not move the time.
func TestStrangeAuthority(t *testing.T) {
	a := newAuthorities(t)
	strange := newAuthorities(t)
	id := shortLived(t, a.ca, signertest.Documents)
	o := a.order(t, id, signer.LevelT)
	o.Timestamps = stamps(strange.tsa.URL)
	out, _, err := signOut(t, signertest.PDF{}.Bytes(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		roots   []*x509.Certificate
		trusted bool
	}{
		{[]*x509.Certificate{a.ca.Root.Certificate}, false},
		{[]*x509.Certificate{a.ca.Root.Certificate, strange.ca.Root.Certificate}, true},
	} {
		r := verifyWith(t, out, signer.VerifyOptions{Roots: c.roots, Now: days(10), Revocation: signer.RevocationNone})
		if s := r.Signatures[0]; s.Trusted != c.trusted || s.Time.Trusted != c.trusted || s.Time.Authority != "Test TSA" || s.Level != signer.LevelT {
			t.Errorf("%d roots: %+v", len(c.roots), s)
		}
	}
}

// TestRenewal: an archive time-stamp is good as long as its authority's
// certificate is, and after that if a newer one was made in time.
func TestRenewal(t *testing.T) {
	a := newAuthorities(t)
	a.tsa = signertest.NewTSA(t, a.ca, shortLived(t, a.ca, signertest.Timestamps))
	id := shortLived(t, a.ca, signertest.Documents)
	archived := a.signAt(t, signertest.PDF{}.Bytes(), id, signer.LevelLTA)
	next := signertest.NewTSA(t, a.ca, nil)
	renew := func(at time.Time) []byte {
		next.SetClock(func() time.Time { return at })
		s := a.sources(t)
		s.Timestamps = stamps(next.URL)
		out, e, err := raise(t, archived, signer.ExtendOptions{Sources: s, Now: at})
		if err != nil || e.Level != signer.LevelLTA {
			t.Fatalf("%+v, %v", e, err)
		}
		return out
	}
	for name, c := range map[string]struct {
		in      []byte
		now     time.Time
		trusted bool
		proven  bool // since some time
	}{
		"not renewed, in time":     {archived, days(0), true, true},
		"not renewed, too late":    {archived, days(30), false, false},
		"renewed in time":          {renew(days(0)), days(30), true, true},
		"renewed in time, at once": {renew(days(0)), days(0), true, true},
		"renewed too late":         {renew(days(10)), days(30), false, true},
		"both expired":             {renew(days(0)), days(1000), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := verifyWith(t, c.in, signer.VerifyOptions{Roots: []*x509.Certificate{a.ca.Root.Certificate}, Now: c.now})
			s := r.Signatures[0]
			if s.Trusted != c.trusted || s.Time.Trusted != c.proven || s.Level != signer.LevelLTA || !s.Good() {
				t.Errorf("trusted %t, time %+v, %q", s.Trusted, s.Time, s.Problems)
			}
			if !c.trusted && !strings.Contains(strings.Join(s.Problems, "\n"), "expired") {
				t.Errorf("it is not said why: %q", s.Problems)
			}
		})
	}
}

// TestLevelsCount is the table of files that look like a higher level than they
// have: what does not hold does not count.
func TestLevelsCount(t *testing.T) {
	a, other := newAuthorities(t), newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	stamped := a.signAt(t, signertest.PDF{}.Bytes(), id, signer.LevelT)
	full := storeOf(t, a.signAt(t, signertest.PDF{}.Bytes(), id, signer.LevelLT))
	ocsp := func(c *x509.Certificate) []byte { return a.ca.OCSP(t, c, nil, time.Now()) }
	tsa := a.tsa.Identity.Certificate
	rootCRL := fetch(t, a.ca.URL+signertest.PathRootCRL)
	for name, c := range map[string]struct {
		store pdf.SecurityStore
		want  signer.Level
	}{
		"all":                       {pdf.SecurityStore{Certs: full.Certs, OCSPs: full.OCSPs, CRLs: full.CRLs}, signer.LevelLT},
		"all, under its name alone": {pdf.SecurityStore{Related: full.Related}, signer.LevelLT},
		"by lists":                  {pdf.SecurityStore{Certs: full.Certs, CRLs: [][]byte{a.ca.CRL(t, time.Now()), rootCRL}}, signer.LevelLT},
		"nothing":                   {pdf.SecurityStore{}, signer.LevelT},
		"no root":                   {pdf.SecurityStore{OCSPs: full.OCSPs, CRLs: full.CRLs}, signer.LevelT},
		"certificates alone":        {pdf.SecurityStore{Certs: full.Certs}, signer.LevelT},
		"nothing of the authority":  {pdf.SecurityStore{Certs: full.Certs, OCSPs: [][]byte{ocsp(id.Certificate)}, CRLs: [][]byte{rootCRL}}, signer.LevelT},
		"nothing of the signer":     {pdf.SecurityStore{Certs: full.Certs, OCSPs: [][]byte{ocsp(tsa)}, CRLs: [][]byte{rootCRL}}, signer.LevelT},
		"nothing of the issuer":     {pdf.SecurityStore{Certs: full.Certs, OCSPs: [][]byte{ocsp(tsa), ocsp(id.Certificate)}}, signer.LevelT},
		"of another authority": {pdf.SecurityStore{
			Certs: full.Certs, OCSPs: [][]byte{other.ca.OCSP(t, id.Certificate, nil, time.Now()), ocsp(tsa)}, CRLs: [][]byte{rootCRL},
		}, signer.LevelT},
		"by somebody else": {pdf.SecurityStore{
			Certs: full.Certs, OCSPs: [][]byte{a.ca.OCSP(t, id.Certificate, id, time.Now()), ocsp(tsa)}, CRLs: [][]byte{rootCRL},
		}, signer.LevelT},
		"of last month": {pdf.SecurityStore{
			Certs: full.Certs, OCSPs: [][]byte{a.ca.OCSP(t, id.Certificate, nil, days(-30)), ocsp(tsa)}, CRLs: [][]byte{rootCRL},
		}, signer.LevelT},
		"garbage": {pdf.SecurityStore{Certs: [][]byte{[]byte("x")}, OCSPs: [][]byte{[]byte("y")}, CRLs: [][]byte{[]byte("z"), nil}}, signer.LevelT},
	} {
		t.Run(name, func(t *testing.T) {
			if got := verify(t, withStore(t, stamped, c.store)).Level(); got != c.want {
				t.Errorf("level %v, want %v", got, c.want)
			}
		})
	}
	t.Run("material behind the archive time-stamp", func(t *testing.T) {
		out, _, err := raise(t, stamped, signer.ExtendOptions{Sources: a.sources(t), Level: signer.LevelT})
		if err != nil {
			t.Fatal(err)
		}
		out = documentStamp(t, out, a.tsa)
		out = withStore(t, out, *full)
		if got := verify(t, out).Level(); got != signer.LevelLT {
			t.Errorf("level %v, want B-LT: the time-stamp does not cover the material", got)
		}
		if got := verify(t, documentStamp(t, out, a.tsa)).Level(); got != signer.LevelLTA {
			t.Errorf("level %v, want B-LTA", got)
		}
	})
}

// storeOf reads a security store.
func storeOf(tb testing.TB, in []byte) *pdf.SecurityStore {
	tb.Helper()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	store, err := f.SecurityStore()
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// withStore appends a security store.
func withStore(tb testing.TB, in []byte, store pdf.SecurityStore) []byte {
	tb.Helper()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.AppendSecurityStore(tb.Context(), &out, store, nil); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// documentStamp appends a document time-stamp and nothing else.
func documentStamp(tb testing.TB, in []byte, tsa *signertest.TSA) []byte {
	tb.Helper()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	r, err := f.AppendSignature(tb.Context(), &out, pdf.SignatureSpec{Type: pdf.DocTimeStamp})
	if err != nil {
		tb.Fatal(err)
	}
	tail, err := r.Fill(tsa.Stamp(tb, r.Digest))
	if err != nil {
		tb.Fatal(err)
	}
	return append(bytes.Clone(in), tail...)
}

// fetch gets what a server of the test gives.
func fetch(t *testing.T, url string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var out bytes.Buffer
	if _, err := out.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// strangerLevels are levels of other programs' files, by their makers' word and
// by what is in them: in 01429, called B-LT, the OCSP answer is 25 years older
// than the signature.
var strangerLevels = map[string]string{
	"00085.pdf": "B-LTA", "01405.pdf": "B-LTA", "01429.pdf": "B-T", "01423.pdf": "B-T",
	"00571.pdf": "B-B,B-B", "01369.pdf": "B-T,B-T", "01243.pdf": "", "00547.pdf": ",B-T,B-T",
}

func TestStrangersLevels(t *testing.T) {
	for name, want := range strangerLevels {
		var got []string
		for _, s := range verify(t, stranger(t, name)).Signatures {
			if s.Type == "Sig" {
				got = append(got, s.Level.String())
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestOthersAuthorities reaches B-LTA with the servers of OpenSSL: a time-stamp
// authority and OCSP responders for both levels of the chain.
func TestOthersAuthorities(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	rootResponder := ca.Issue(t, signertest.Leaf{Name: "Root responder", Purpose: signertest.Responses, Issuer: ca.Root})
	rootURL := signertest.OpenSSLResponder(t, ca.Root, rootResponder, func() string { return signertest.IndexLine(ca.Issuing, time.Time{}) })
	ca.Issuing = ca.Issue(t, signertest.Leaf{Name: "Issuing", Key: ca.Issuing.Key, Issuer: ca.Root, NotAfter: days(1000), Change: func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.MaxPathLenZero = true, true, true
		c.KeyUsage, c.UnknownExtKeyUsage, c.ExtKeyUsage = x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil, nil
		c.OCSPServer = []string{rootURL}
	}})
	responder := ca.Issue(t, signertest.Leaf{Name: "Responder", Purpose: signertest.Responses})
	var index string
	url := signertest.OpenSSLResponder(t, ca.Issuing, responder, func() string { return index })
	withURL := func(c *x509.Certificate) {
		c.OCSPServer, c.CRLDistributionPoints = []string{url}, []string{"http://127.0.0.1:1/none.crl"}
	}
	id := ca.Issue(t, signertest.Leaf{Change: withURL})
	authority := ca.Issue(t, signertest.Leaf{Name: "OpenSSL TSA", Purpose: signertest.Timestamps, Algorithm: signertest.RSA2048, Change: withURL})
	index = signertest.IndexLine(id, time.Time{}) + signertest.IndexLine(authority, time.Time{})
	a := &authorities{tb: t, ca: ca, tsa: &signertest.TSA{URL: signertest.OpenSSLTSA(t, authority), Identity: authority}}
	out := a.signAt(t, signertest.PDF{TextField: true}.Bytes(), id, signer.LevelLTA)
	judgeLevel(t, out, a, signer.LevelLTA)
	r := verifyWith(t, out, signer.VerifyOptions{Roots: []*x509.Certificate{ca.Root.Certificate}, RequireRevocation: true})
	if s := r.Signatures[0]; !r.Good(true) || s.Level != signer.LevelLTA || s.Revocation.Status != signer.StandingGood || s.Time.Authority != "OpenSSL TSA" {
		t.Errorf("%+v", s)
	}
	index = signertest.IndexLine(id, time.Now().Add(-time.Hour)) + signertest.IndexLine(authority, time.Time{})
	if _, _, err := signOut(t, signertest.PDF{}.Bytes(), a.order(t, id, signer.LevelLT)); !errors.Is(err, revocation.ErrRevoked) {
		t.Errorf("revoked before signing: %v", err)
	}
}

// TestAlgorithms holds for every kind of key, digest and padding that openssl
// and we accept what is in the file.
func TestAlgorithms(t *testing.T) {
	a := newAuthorities(t)
	for _, algorithm := range signertest.Algorithms() {
		id := a.ca.Issue(t, signertest.Leaf{Algorithm: algorithm})
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, pss := range []bool{false, true} {
				if pss && !strings.HasPrefix(string(algorithm), "RSA") {
					continue
				}
				o := a.order(t, id, signer.LevelT)
				o.Options.Hash, o.PSS = hash, pss
				out, _, err := signOut(t, signertest.PDF{}.Bytes(), o)
				if err != nil {
					t.Fatal(err)
				}
				if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelT {
					t.Errorf("%s %v pss=%t: %+v", algorithm, hash, pss, r.Signatures)
				}
				container, covered := signatureOf(t, out)
				if err := signertest.VerifyCMS(t, container, covered, a.ca.Root.Certificate); err != nil {
					t.Errorf("%s %v pss=%t: openssl: %v", algorithm, hash, pss, err)
				}
			}
		}
	}
}

// signatureOf gives the container of the first signature and what it covers.
func signatureOf(tb testing.TB, in []byte) (container, covered []byte) {
	tb.Helper()
	f, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	all, err := f.Signatures()
	if err != nil {
		tb.Fatal(err)
	}
	sd, err := cms.Parse(all[0].Contents)
	if err != nil {
		tb.Fatal(err)
	}
	r := all[0].ByteRange
	return sd.Raw, append(bytes.Clone(in[:r[1]]), in[r[2]:all[0].End()]...)
}

// TestFinishedByAnotherProcess: what one process prepared, another one that knows
// nothing but the stored JSON signs, stamps and embeds.
func TestFinishedByAnotherProcess(t *testing.T) {
	if dir := os.Getenv("SIGNER_TEST_FINISH"); dir != "" {
		finish(t, dir)
		return
	}
	a := newAuthorities(t)
	id := a.ca.Issue(t, signertest.Leaf{})
	dir := t.TempDir()
	in := signertest.PDF{TextField: true, XRefStream: true}.Bytes()
	o := options(id)
	o.Level = signer.LevelT
	p, err := signer.Prepare(t.Context(), bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"in.pdf": in, "prepared.json": stored, "key.pem": id.KeyPEM(t), "tsa": []byte(a.tsa.URL)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFinishedByAnotherProcess$", "-test.v")
	other.Env = append(os.Environ(), "SIGNER_TEST_FINISH="+dir)
	if text, err := other.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	out, err := os.ReadFile(filepath.Join(dir, "out.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := check(t, in, out, p); err != nil {
		t.Error(err)
	}
	if r := verify(t, out, a.ca.Root.Certificate); !r.Good(true) || r.Level() != signer.LevelT {
		t.Errorf("%+v", r.Signatures)
	}
	judgeLevel(t, out, a, signer.LevelT)
}

// finish is the other process of TestFinishedByAnotherProcess.
func finish(t *testing.T, dir string) {
	t.Helper()
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var p signer.Prepared
	if err := json.Unmarshal(read("prepared.json"), &p); err != nil {
		t.Fatal(err)
	}
	container, err := signer.Sign(t.Context(), &p, readKey(t, read("key.pem")))
	if err != nil {
		t.Fatal(err)
	}
	if container, err = signer.Stamp(t.Context(), &p, container, stamps(string(read("tsa")))); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "out.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(signer.Embed(context.WithoutCancel(t.Context()), out, bytes.NewReader(read("in.pdf")), &p, container), out.Close()); err != nil {
		t.Fatal(err)
	}
}

// readKey reads a private key.
func readKey(t *testing.T, in []byte) crypto.Signer {
	t.Helper()
	key, err := keys.ReadPEM(in)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
