package revocation_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// TestComplete is the table of ways in which authorities publish issuers.
func TestComplete(t *testing.T) {
	publish := func(data func(t *testing.T, ca *signertest.CA) []byte) func(*testing.T, *signertest.CA) {
		return func(t *testing.T, ca *signertest.CA) {
			body := data(t, ca)
			ca.Override(signertest.PathIssuing, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
		}
	}
	for name, c := range map[string]struct {
		prepare func(*testing.T, *signertest.CA)
		known   func(*signertest.CA) []*x509.Certificate
		length  int
		want    error
	}{
		"DER": {nil, nil, 3, nil},
		"all known": {nil, func(ca *signertest.CA) []*x509.Certificate {
			return []*x509.Certificate{ca.Root.Certificate, ca.Issuing.Certificate}
		}, 3, nil},
		"PEM": {publish(func(_ *testing.T, ca *signertest.CA) []byte { return ca.Issuing.CertificatePEM() }), nil, 3, nil},
		"PKCS#7": {publish(func(t *testing.T, ca *signertest.CA) []byte {
			out := filepath.Join(t.TempDir(), "a.p7c")
			all := signertest.WriteFile(t, "all.pem", signertest.CertificatesPEM(ca.Root.Certificate, ca.Issuing.Certificate))
			signertest.OpenSSL(t, "crl2pkcs7", "-nocrl", "-certfile", all, "-outform", "DER", "-out", out)
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}), nil, 3, nil},
		"another's certificate": {publish(func(t *testing.T, _ *signertest.CA) []byte {
			return signertest.NewCA(t, signertest.CAOptions{}).Issuing.Certificate.Raw
		}), nil, 1, revocation.ErrIncomplete},
		"garbage":   {publish(func(*testing.T, *signertest.CA) []byte { return []byte("garbage") }), nil, 1, revocation.ErrIncomplete},
		"too large": {publish(func(*testing.T, *signertest.CA) []byte { return make([]byte, 1<<20) }), nil, 1, revocation.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			ca := serving(t)
			ca.ServeChain(t)
			who := ca.Issue(t, signertest.Leaf{})
			if c.prepare != nil {
				c.prepare(t, ca)
			}
			var known []*x509.Certificate
			if c.known != nil {
				known = c.known(ca)
			}
			chain, err := gatherer(t, revocation.Config{Allow: loopback()}).Complete(t.Context(), who.Certificate, known)
			if !errors.Is(err, c.want) || len(chain) != c.length || !chain[0].Equal(who.Certificate) {
				t.Errorf("chain of %d, %v", len(chain), err)
			}
			if c.want == nil && !chain[2].Equal(ca.Root.Certificate) {
				t.Error("the last is not the root")
			}
		})
	}
}

// TestCompleteEndless holds that authorities which certify each other in a
// circle come to an end.
func TestCompleteEndless(t *testing.T) {
	a := signertest.NewCA(t, signertest.CAOptions{Name: "A"})
	b := signertest.NewCA(t, signertest.CAOptions{Name: "B"})
	cross := func(name string, issuer, subject *signertest.Identity) *signertest.Identity {
		return a.Issue(t, signertest.Leaf{Name: name, Key: subject.Key, Issuer: issuer, NotAfter: time.Now().AddDate(1, 0, 0), Change: func(c *x509.Certificate) {
			c.Subject = subject.Certificate.Subject
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
			c.UnknownExtKeyUsage, c.ExtKeyUsage = nil, nil
		}})
	}
	ab, ba := cross("ab", a.Root, b.Root), cross("ba", b.Root, a.Root)
	who := a.Issue(t, signertest.Leaf{Issuer: a.Root})
	chain, err := gatherer(t, revocation.Config{}).Complete(t.Context(), who.Certificate, []*x509.Certificate{ab.Certificate, ba.Certificate})
	if !errors.Is(err, revocation.ErrIncomplete) || len(chain) > 12 {
		t.Errorf("chain of %d, %v", len(chain), err)
	}
}
