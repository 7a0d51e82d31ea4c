package signing_test

import (
	"bytes"
	"crypto/x509"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/signer"
	"signservice/signer/keys"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
	"signservice/signer/tsp"
)

// authorities are a certificate authority and a time-stamp server on loopback.
type authorities struct {
	ca     *signertest.CA
	tsa    *signertest.TSA
	gather *revocation.Gatherer
}

func (a *authorities) Sources(rules app.Settings) signer.Sources {
	return signer.Sources{
		Timestamps: tsp.Client{URLs: rules.Timestamps, HTTP: &http.Client{}, Timeout: 2 * time.Second},
		Revocation: a.gather, Known: []*x509.Certificate{a.ca.Root.Certificate},
	}
}

// newLeveled is a world of today, whose Mary has a certificate of the authority.
func newLeveled(t *testing.T) (*world, *authorities) {
	t.Helper()
	w := newWorld(t)
	w.clock.set(time.Now())
	a := &authorities{ca: signertest.NewCA(t, signertest.CAOptions{})}
	a.ca.ServeChain(t)
	a.tsa = signertest.NewTSA(t, a.ca, nil)
	a.gather = revocation.New(revocation.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 5 * time.Second})
	t.Cleanup(a.gather.Close)
	key, err := keys.Generate(keys.P256)
	w.must(err)
	id := a.ca.Issue(t, signertest.Leaf{Name: "Мария Иванова", Key: key})
	w.cert = app.Certificate{
		ID: app.CertificateID(keys.Fingerprint(id.Certificate.Raw)), Portal: w.id(), Source: app.KeySoftware,
		DER: id.Certificate.Raw, Name: "Мария Иванова", NotBefore: id.Certificate.NotBefore, NotAfter: id.Certificate.NotAfter,
	}
	for _, c := range id.Chain {
		w.cert.Chain = append(w.cert.Chain, c.Raw)
	}
	pkcs8, err := key.PKCS8()
	w.must(err)
	w.must(w.store.SaveCertificate(t.Context(), w.cert, pkcs8))
	w.assign(w.mary, w.cert.ID)
	w.config.Authorities = a
	w.serve(w.config)
	return w, a
}

// delivered gives the signed file in the deal and what a stranger finds in it.
func (w *world) delivered(a *authorities) *signer.Report {
	w.t.Helper()
	files := w.held()
	if len(files) != 1 || !bytes.HasPrefix(files[0], w.original) {
		w.t.Fatalf("%d files, or the original is not the beginning", len(files))
	}
	report, err := signer.Verify(w.t.Context(), bytes.NewReader(files[0]), int64(len(files[0])), signer.VerifyOptions{
		Roots: []*x509.Certificate{a.ca.Root.Certificate}, Now: w.clock.Now(),
	})
	w.must(err)
	return report
}

// TestLevels: the file in the deal has the level that the portal's settings ask
// for, and the journal says which.
func TestLevels(t *testing.T) {
	for level, want := range map[app.Level]signer.Level{
		app.LevelB: signer.LevelB, app.LevelT: signer.LevelT, app.LevelLT: signer.LevelLT, app.LevelLTA: signer.LevelLTA,
	} {
		t.Run(string(level), func(t *testing.T) {
			w, a := newLeveled(t)
			w.rule(app.Settings{Level: level, Timestamps: []string{a.tsa.URL}, LevelStrict: true})
			_, r := w.order(w.mary)
			done := w.run(r.ID)
			if done.State != app.Done || done.Level != level {
				t.Fatalf("%s at level %q: %+v", done.State, done.Level, done.Failure)
			}
			report := w.delivered(a)
			s := report.Signatures[0]
			if s.Level != want || !report.Good(true) {
				t.Errorf("a stranger finds %v: %q", s.Level, s.Findings())
			}
			if got := w.detail(app.ActSigned); got != "level."+string(level) {
				t.Errorf("the journal says %q", got)
			}
		})
	}
}

// detail is that of the newest entry of an action.
func (w *world) detail(action app.Action) string {
	w.t.Helper()
	entries, err := w.store.AuditEntries(w.t.Context(), w.id(), app.AuditQuery{Action: action, Limit: 1})
	w.must(err)
	if len(entries) == 0 {
		return ""
	}
	return entries[0].Detail
}

// TestNoTimestamp: where no server answers, the signature is delivered with the
// level that it has, or nothing is, as was decided; the second server is asked
// after the first.
func TestNoTimestamp(t *testing.T) {
	t.Run("lower", func(t *testing.T) {
		w, a := newLeveled(t)
		a.tsa.SetFault(signertest.HTTPError)
		w.rule(app.Settings{Level: app.LevelLTA, Timestamps: []string{a.tsa.URL}})
		_, r := w.order(w.mary)
		if done := w.run(r.ID); done.State != app.Done || done.Level != app.LevelB {
			t.Fatalf("%s at %q", done.State, done.Level)
		}
		if s := w.delivered(a).Signatures[0]; s.Level != signer.LevelB || !s.Good() {
			t.Errorf("a stranger finds %q", s.Findings())
		}
	})
	t.Run("strict", func(t *testing.T) {
		w, a := newLeveled(t)
		a.tsa.SetFault(signertest.Rejection)
		w.rule(app.Settings{Level: app.LevelT, Timestamps: []string{a.tsa.URL}, LevelStrict: true})
		_, r := w.order(w.mary)
		end := w.run(r.ID)
		if end.State != app.Failed || end.Failure.Key != "request.timestamp" || end.Failure.FileChanged {
			t.Fatalf("%s: %+v", end.State, end.Failure)
		}
		if files := w.held(); len(files) != 1 || !bytes.Equal(files[0], w.original) {
			t.Error("the document was changed")
		}
	})
	t.Run("the second server", func(t *testing.T) {
		w, a := newLeveled(t)
		dead := signertest.NewTSA(t, a.ca, nil)
		dead.SetFault(signertest.HTML)
		w.rule(app.Settings{Level: app.LevelT, Timestamps: []string{dead.URL, a.tsa.URL}, LevelStrict: true})
		_, r := w.order(w.mary)
		if done := w.run(r.ID); done.State != app.Done || done.Level != app.LevelT {
			t.Fatalf("%s at %q", done.State, done.Level)
		}
		if dead.Requests() == 0 || a.tsa.Requests() == 0 {
			t.Error("the servers were not asked in order")
		}
	})
	t.Run("back again", func(t *testing.T) {
		w, a := newLeveled(t)
		a.tsa.SetFault(signertest.HTTPError)
		w.rule(app.Settings{Level: app.LevelT, Timestamps: []string{a.tsa.URL}, LevelStrict: true})
		_, r := w.order(w.mary)
		if _, err := w.Run(t.Context(), w.id(), r.ID); err == nil {
			t.Fatal("no error for the log")
		}
		a.tsa.SetFault(signertest.NoFault)
		if done := w.run(r.ID); done.State != app.Done || done.Level != app.LevelT {
			t.Fatalf("%s at %q", done.State, done.Level)
		}
	})
}

// TestLargeTimestamp: a token that is larger than its room has the increment
// made anew, with an intent of its own, and is delivered once.
func TestLargeTimestamp(t *testing.T) {
	w, a := newLeveled(t)
	large := a.ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, Name: strings.Repeat("t", 64), Change: func(c *x509.Certificate) {
		for i := range 600 {
			c.DNSNames = append(c.DNSNames, strings.Repeat("x", 40)+string(rune('a'+i%26))+".example")
		}
	}})
	tsa := signertest.NewTSA(t, a.ca, large)
	w.rule(app.Settings{Level: app.LevelT, Timestamps: []string{tsa.URL}, LevelStrict: true})
	_, r := w.order(w.mary)
	done := w.run(r.ID)
	if done.State != app.Done || done.Level != app.LevelT || done.StampSize == 0 {
		t.Fatalf("%s at %q, room %d: %+v", done.State, done.Level, done.StampSize, done.Failure)
	}
	if s := w.delivered(a).Signatures[0]; s.Level != signer.LevelT || !s.Good() {
		t.Errorf("a stranger finds %q", s.Findings())
	}
	entries, err := w.store.AuditEntries(t.Context(), w.id(), app.AuditQuery{Action: app.ActIntent})
	if err != nil || len(entries) != 2 || entries[0].Digest == entries[1].Digest {
		t.Errorf("%d intents, %v", len(entries), err)
	}
}

var _ signing.Authorities = (*authorities)(nil)
