package revocation_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// loopback lets a gatherer ask the servers of a test.
func loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func gatherer(t *testing.T, c revocation.Config) *revocation.Gatherer {
	t.Helper()
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second // a slow machine's patience
	}
	g := revocation.New(c)
	t.Cleanup(g.Close)
	return g
}

func serving(t *testing.T) *signertest.CA {
	t.Helper()
	ca := signertest.NewCA(t, signertest.CAOptions{})
	ca.Serve(t)
	return ca
}

// withRoot gives the chain as Gather wants it.
func withRoot(ca *signertest.CA, id *signertest.Identity) []*x509.Certificate {
	return []*x509.Certificate{id.Certificate, ca.Issuing.Certificate, ca.Root.Certificate}
}

// TestGather gathers for a whole chain and has openssl judge what was found.
func TestGather(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	ca.ServeChain(t)
	who := ca.Issue(t, signertest.Leaf{})
	g := gatherer(t, revocation.Config{Allow: loopback()})
	m, err := g.Gather(t.Context(), withRoot(ca, who))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.OCSPs) != 2 || len(m.CRLs) != 0 || len(m.Certificates) != 3 || len(m.Statuses) != 2 {
		t.Fatalf("%d answers, %d lists, %d certificates, %d statuses", len(m.OCSPs), len(m.CRLs), len(m.Certificates), len(m.Statuses))
	}
	for i, c := range withRoot(ca, who)[:2] {
		s := m.Statuses[string(c.Raw)]
		if s.Revoked || !s.Fresh(time.Now()) || s.Responder != nil {
			t.Errorf("status %d: %+v", i, s)
		}
	}
	out := signertest.OpenSSL(t, "ocsp", "-respin", signertest.WriteFile(t, "r", m.OCSPs[0]),
		"-issuer", signertest.WriteFile(t, "i.pem", ca.Issuing.CertificatePEM()), "-cert", signertest.WriteFile(t, "c.pem", who.CertificatePEM()),
		"-CAfile", signertest.WriteFile(t, "root.pem", ca.Root.CertificatePEM()), "-verify_other", signertest.WriteFile(t, "o.pem", ca.Issuing.CertificatePEM()))
	if !strings.Contains(out, ": good") {
		t.Errorf("openssl: %s", out)
	}
}

// TestGatherTable is the table of authorities in good and bad days.
func TestGatherTable(t *testing.T) {
	down := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) }
	send := func(der func() []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(der()) }
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, ca *signertest.CA, who *signertest.Identity)
		want    error
		crls    int // lists instead of answers
	}{
		"good": {func(*testing.T, *signertest.CA, *signertest.Identity) {}, nil, 0},
		"OCSP down": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
		}, nil, 1},
		"OCSP garbage": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, send(func() []byte { return []byte{0x30, 3, 0x0a, 1, 6} }))
		}, nil, 1},
		"OCSP too large": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, send(func() []byte { return make([]byte, 1<<20) }))
		}, nil, 1},
		"OCSP about another": {func(t *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			other := ca.Issue(t, signertest.Leaf{})
			ca.Override(signertest.PathOCSP, send(func() []byte { return ca.OCSP(t, other.Certificate, nil, time.Now()) }))
		}, nil, 1},
		"OCSP of last week": {func(t *testing.T, ca *signertest.CA, who *signertest.Identity) {
			ca.Override(signertest.PathOCSP, send(func() []byte { return ca.OCSP(t, who.Certificate, nil, time.Now().AddDate(0, 0, -7)) }))
		}, nil, 1},
		"OCSP of tomorrow": {func(t *testing.T, ca *signertest.CA, who *signertest.Identity) {
			ca.Override(signertest.PathOCSP, send(func() []byte { return ca.OCSP(t, who.Certificate, nil, time.Now().AddDate(0, 0, 1)) }))
		}, nil, 1},
		"OCSP by any certificate": {func(t *testing.T, ca *signertest.CA, who *signertest.Identity) {
			ca.Override(signertest.PathOCSP, send(func() []byte { return ca.OCSP(t, who.Certificate, who, time.Now()) }))
		}, nil, 1},
		"OCSP by another authority's responder": {func(t *testing.T, ca *signertest.CA, who *signertest.Identity) {
			stranger := signertest.NewCA(t, signertest.CAOptions{}).Issue(t, signertest.Leaf{Purpose: signertest.Responses})
			ca.Override(signertest.PathOCSP, send(func() []byte { return ca.OCSP(t, who.Certificate, stranger, time.Now()) }))
		}, nil, 1},
		"OCSP by an expired responder": {func(t *testing.T, ca *signertest.CA, who *signertest.Identity) {
			expired := ca.Issue(t, signertest.Leaf{Purpose: signertest.Responses, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, 0, -1)})
			ca.Override(signertest.PathOCSP, send(func() []byte { return ca.OCSP(t, who.Certificate, expired, time.Now()) }))
		}, nil, 1},
		"revoked": {func(_ *testing.T, ca *signertest.CA, who *signertest.Identity) {
			ca.Revoke(who.Certificate, time.Now().Add(-time.Hour), 1)
		}, revocation.ErrRevoked, 0},
		"revoked, by list": {func(_ *testing.T, ca *signertest.CA, who *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Revoke(who.Certificate, time.Now().Add(-time.Hour), 1)
		}, revocation.ErrRevoked, 0},
		"all down": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, down)
		}, revocation.ErrUnavailable, 0},
		"list of last month": {func(t *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, send(func() []byte { return ca.CRL(t, time.Now().AddDate(0, -1, 0)) }))
		}, revocation.ErrStale, 0},
		"list of another authority": {func(t *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			stranger := signertest.NewCA(t, signertest.CAOptions{})
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, send(func() []byte { return stranger.CRL(t, time.Now()) }))
		}, revocation.ErrMaterial, 0},
		"list garbage": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, send(func() []byte { return []byte("<html>") }))
		}, revocation.ErrMaterial, 0},
		"list too large": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, send(func() []byte { return make([]byte, 2<<20) }))
		}, revocation.ErrUnavailable, 0},
		"redirected": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/moved.crl", http.StatusFound) })
			ca.Override("/moved.crl", send(func() []byte { return ca.CRL(t, time.Now()) }))
		}, nil, 1},
		"redirected in a circle": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, signertest.PathCRL, http.StatusFound)
			})
		}, revocation.ErrForbidden, 0},
		"redirected to a file": {func(_ *testing.T, ca *signertest.CA, _ *signertest.Identity) {
			ca.Override(signertest.PathOCSP, down)
			ca.Override(signertest.PathCRL, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
			})
		}, revocation.ErrForbidden, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ca := serving(t)
			who := ca.Issue(t, signertest.Leaf{})
			c.prepare(t, ca, who)
			// The issuing certificate says nowhere to ask: only the leaf is looked at.
			chain := []*x509.Certificate{who.Certificate, ca.Issuing.Certificate}
			m, err := gatherer(t, revocation.Config{Allow: loopback(), MaxCRL: 1 << 20}).Gather(t.Context(), chain)
			s, known := m.Statuses[string(who.Certificate.Raw)]
			if c.want == nil {
				if !known || s.Revoked || len(m.CRLs) != c.crls || len(m.OCSPs) != 1-c.crls {
					t.Errorf("%d answers, %d lists, known=%t (%v)", len(m.OCSPs), len(m.CRLs), known, err)
				}
				return
			}
			if !errors.Is(err, c.want) || known && !s.Revoked {
				t.Errorf("%+v, %v, want %v", s, err, c.want)
			}
		})
	}
}

// TestResponder holds that a delegated responder is accepted, that its
// certificate is among the material, and that it is looked after unless it says
// otherwise.
func TestResponder(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		revoke bool
		pieces int
		want   error
	}{
		"no check needed": {nil, false, 1, nil},
		"check needed":    {func(c *x509.Certificate) { c.ExtraExtensions = nil }, false, 2, nil},
		"revoked":         {func(c *x509.Certificate) { c.ExtraExtensions = nil }, true, 2, revocation.ErrRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			ca := serving(t)
			who := ca.Issue(t, signertest.Leaf{})
			responder := ca.Issue(t, signertest.Leaf{Purpose: signertest.Responses, Change: func(x *x509.Certificate) {
				x.OCSPServer = nil // its own status comes by list
				if c.change != nil {
					c.change(x)
				}
			}})
			if c.revoke {
				ca.Revoke(responder.Certificate, time.Now().Add(-time.Hour), 1)
			}
			ca.Override(signertest.PathOCSP, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(ca.OCSP(t, who.Certificate, responder, time.Now()))
			})
			m, err := gatherer(t, revocation.Config{Allow: loopback()}).Gather(t.Context(), withRoot(ca, who))
			if c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if got := len(m.OCSPs) + len(m.CRLs); got != c.pieces || !m.Certificates[len(m.Certificates)-1].Equal(responder.Certificate) {
				t.Errorf("%d pieces, %d certificates", got, len(m.Certificates))
			}
		})
	}
}

// TestOpenSSLResponder asks a responder written by others.
func TestOpenSSLResponder(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	responder := ca.Issue(t, signertest.Leaf{Purpose: signertest.Responses, Algorithm: signertest.RSA2048})
	var index string
	url := signertest.OpenSSLResponder(t, ca.Issuing, responder, func() string { return index })
	who := ca.Issue(t, signertest.Leaf{Change: func(c *x509.Certificate) { c.OCSPServer = []string{url} }})
	other := ca.Issue(t, signertest.Leaf{})
	for status, want := range map[string]error{
		signertest.IndexLine(who, time.Time{}):                                 nil,
		signertest.IndexLine(who, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)): revocation.ErrRevoked,
		signertest.IndexLine(other, time.Time{}):                               revocation.ErrUnknown,
	} {
		index = status
		m, err := gatherer(t, revocation.Config{Allow: loopback()}).Gather(t.Context(), []*x509.Certificate{who.Certificate, ca.Issuing.Certificate})
		s, known := m.Statuses[string(who.Certificate.Raw)]
		if want == nil && (!known || !s.Responder.Equal(responder.Certificate)) || want != nil && !errors.Is(err, want) {
			t.Errorf("%.1s: %+v, %v, want %v", status, s, err, want)
		}
		if errors.Is(want, revocation.ErrRevoked) && (s.Reason != 1 || s.RevokedAt.Year() != 2026 || !s.Good(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))) {
			t.Errorf("revoked: %+v", s)
		}
	}
}

// TestPrivateAddresses holds that not one connection is made to an address that
// is not public, however it is written.
func TestPrivateAddresses(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int64
	server := &httptest.Server{Listener: listener, Config: &http.Server{
		Handler:           http.NotFoundHandler(),
		ReadHeaderTimeout: time.Minute,
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				connections.Add(1)
			}
		},
	}}
	server.Start()
	t.Cleanup(server.Close)
	port := listener.Addr().(*net.TCPAddr).Port
	ca := signertest.NewCA(t, signertest.CAOptions{})
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
		"user@127.0.0.1", "127.0.0.1.", "①②⑦.⓪.⓪.①", "[::1]", "[::]", "localhost.",
	} {
		address := "http://" + host + ":" + strconv.Itoa(port) + "/x"
		who := ca.Issue(t, signertest.Leaf{Change: func(c *x509.Certificate) {
			c.OCSPServer, c.CRLDistributionPoints, c.IssuingCertificateURL = []string{address}, []string{address}, []string{address}
		}})
		g := gatherer(t, revocation.Config{})
		if _, err := g.Gather(t.Context(), []*x509.Certificate{who.Certificate, ca.Issuing.Certificate}); !errors.Is(err, revocation.ErrUnknown) {
			t.Errorf("%s: Gather: %v", host, err)
		}
		if _, err := g.Complete(t.Context(), who.Certificate, nil); !errors.Is(err, revocation.ErrIncomplete) {
			t.Errorf("%s: Complete: %v", host, err)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// TestNoProxy holds that the environment's proxy is not used.
func TestNoProxy(t *testing.T) {
	asked := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	ca := serving(t)
	who := ca.Issue(t, signertest.Leaf{})
	if _, err := gatherer(t, revocation.Config{Allow: loopback()}).Gather(t.Context(), withRoot(ca, who)); asked {
		t.Errorf("the proxy was asked (%v)", err)
	}
}

// TestTimeout holds that an authority that hangs ends with the timeout, and that
// a cancelled request ends at once.
func TestTimeout(t *testing.T) {
	ca := serving(t)
	who := ca.Issue(t, signertest.Leaf{})
	reached := make(chan struct{}, 8)
	hang := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reached <- struct{}{}
		<-r.Context().Done()
	}
	ca.Override(signertest.PathOCSP, hang)
	ca.Override(signertest.PathCRL, hang)
	chain := []*x509.Certificate{who.Certificate, ca.Issuing.Certificate}
	_, err := gatherer(t, revocation.Config{Allow: loopback(), Timeout: 200 * time.Millisecond}).Gather(t.Context(), chain)
	if !errors.Is(err, revocation.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("timeout: %v", err)
	}
	for len(reached) > 0 {
		<-reached
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-reached; cancel() }()
	if _, err := gatherer(t, revocation.Config{Allow: loopback()}).Gather(ctx, chain); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestNoSources holds that a certificate which says nowhere to ask is unknown,
// and a root alone needs nothing.
func TestNoSources(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	g := gatherer(t, revocation.Config{})
	if _, err := g.Gather(t.Context(), withRoot(ca, ca.Issue(t, signertest.Leaf{}))); !errors.Is(err, revocation.ErrUnknown) {
		t.Errorf("no sources: %v", err)
	}
	m, err := g.Gather(t.Context(), []*x509.Certificate{signertest.SelfSigned(t, signertest.Leaf{}).Certificate})
	if err != nil || len(m.OCSPs)+len(m.CRLs) != 0 {
		t.Errorf("a root alone: %v", err)
	}
	if _, err := g.Gather(t.Context(), []*x509.Certificate{ca.Issue(t, signertest.Leaf{}).Certificate}); !errors.Is(err, revocation.ErrIncomplete) {
		t.Errorf("no issuer: %v", err)
	}
}
