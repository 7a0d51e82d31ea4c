package signer_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
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
