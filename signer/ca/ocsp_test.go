package ca_test

import (
	"crypto"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// TestOCSP has openssl and our own reader ask and believe the answers.
func TestOCSP(t *testing.T) {
	for _, kind := range []keys.Kind{keys.P256, keys.P384, keys.RSA2048} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, keys.P256, kind)
			mary, _ := w.issue("Mary")
			paul, _ := w.issue("Paul")
			root, issuing, _ := w.files(mary)
			responder := w.responder(mary)
			w.ourReader(mary, true)
			w.ourReader(paul, false)
			for _, hash := range []string{"-sha1", "-sha256", "-sha384"} {
				for leaf, want := range map[string]string{
					signertest.WriteFile(t, "mary.pem", signertest.CertificatesPEM(mary)): "revoked",
					signertest.WriteFile(t, "paul.pem", signertest.CertificatesPEM(paul)): "good",
				} {
					out := signertest.OpenSSL(t, "ocsp", "-url", responder, "-CAfile", root, "-verify_other", issuing, "-issuer", issuing, hash, "-cert", leaf)
					if !strings.Contains(out, leaf+": "+want) {
						t.Errorf("openssl with %s says %q, want %s", hash, out, want)
					}
				}
			}
		})
	}
}

// responder answers for the issuing authority over HTTP and gives its address.
func (w *world) responder(gone ...*x509.Certificate) string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.Method == http.MethodGet {
			body, err = ca.OCSPFromPath(r.URL.EscapedPath())
		}
		if err != nil {
			w.t.Error(err)
		}
		rw.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = rw.Write(w.answer(body, gone...)) // the client's loss
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

// answer answers a request; the certificates that are gone were revoked.
func (w *world) answer(request []byte, gone ...*x509.Certificate) []byte {
	q, err := ca.ParseOCSPRequest(request, w.issuing.Certificate)
	if err != nil {
		w.t.Error(err)
		return ca.OCSPMalformed()
	}
	a := ca.OCSPAnswer{OCSPRequest: q, ThisUpdate: w.now, NextUpdate: w.now.Add(time.Hour)}
	for _, c := range gone {
		if c.SerialNumber.Cmp(q.Serial) == 0 {
			a.Revoked = &ca.Revoked{Serial: q.Serial, At: w.now, Reason: ca.AffiliationChanged}
		}
	}
	der, err := w.issuing.AnswerOCSP(a)
	if err != nil {
		w.t.Error(err)
	}
	return der
}

// ourReader holds what package revocation reads from an answer.
func (w *world) ourReader(c *x509.Certificate, revoked bool) {
	w.t.Helper()
	request, err := ocsp.CreateRequest(c, w.issuing.Certificate, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	gone := []*x509.Certificate{}
	if revoked {
		gone = append(gone, c)
	}
	s, err := revocation.ReadOCSP(w.answer(request, gone...), c, w.issuing.Certificate)
	if err != nil || s.Revoked != revoked || s.Responder != nil || !s.Fresh(w.now) {
		w.t.Errorf("our reader on %s: %+v, %v", c.Subject.CommonName, s, err)
	}
}

// TestOCSPRequests tells what is none, and what is another's.
func TestOCSPRequests(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	mary, _ := w.issue("Mary")
	good, err := ocsp.CreateRequest(mary, w.issuing.Certificate, &ocsp.RequestOptions{Hash: crypto.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	if q, err := ca.ParseOCSPRequest(good, w.issuing.Certificate); err != nil || q.Serial.Cmp(mary.SerialNumber) != 0 || q.Hash != crypto.SHA256 {
		t.Errorf("got %+v, %v", q, err)
	}
	_, err = ca.ParseOCSPRequest(good, w.root.Certificate)
	wants(t, err, ca.ErrOCSPIssuer)
	_, err = ca.ParseOCSPRequest(good, w.authority(keys.P256, "Пример Issuing CA 1").Certificate)
	wants(t, err, ca.ErrOCSPIssuer)
	for _, bad := range [][]byte{nil, []byte("x"), good[:len(good)-3]} {
		_, err = ca.ParseOCSPRequest(bad, w.issuing.Certificate)
		wants(t, err, ca.ErrOCSPRequest)
	}
	for _, bad := range []string{"", "/%zz", "/x"} {
		if der, err := ca.OCSPFromPath(bad); err == nil && len(der) > 0 {
			t.Errorf("%q is read", bad)
		}
	}
	for _, unsigned := range [][]byte{ca.OCSPMalformed(), ca.OCSPUnauthorized(), ca.OCSPTryLater()} {
		if _, err := ocsp.ParseResponse(unsigned, nil); err == nil {
			t.Errorf("%x passes for a good answer", unsigned)
		}
	}
	if _, err := person(w).AnswerOCSP(ca.OCSPAnswer{}); err == nil {
		t.Error("a person answers")
	}
}

// FuzzParseOCSPRequest promises that no stranger's request does harm.
func FuzzParseOCSPRequest(f *testing.F) {
	w := newWorldFor(f)
	mary := w.root.Certificate
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		good, err := ocsp.CreateRequest(mary, w.issuing.Certificate, &ocsp.RequestOptions{Hash: hash})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(good)
	}
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, der []byte) {
		q, err := ca.ParseOCSPRequest(der, w.issuing.Certificate)
		if err == nil && (q.Serial == nil || !q.Hash.Available()) {
			t.Errorf("read %+v", q)
		}
	})
}
