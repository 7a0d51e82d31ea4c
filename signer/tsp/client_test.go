package tsp_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"signservice/signer/cms"
	"signservice/signer/signertest"
	"signservice/signer/tsp"
)

// client asks the authorities with a slow machine's patience.
func client(urls ...string) tsp.Client {
	return tsp.Client{URLs: urls, HTTP: &http.Client{}, Timeout: 20 * time.Second}
}

// TestStamp holds for each kind of key that openssl accepts the token that we
// got, and that it says what it should.
func TestStamp(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	for _, a := range signertest.Algorithms() {
		t.Run(string(a), func(t *testing.T) {
			tsa := signertest.NewTSA(t, ca, ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, Algorithm: a}))
			c := client(tsa.URL)
			c.Roots, c.Policy = ca.Pool(), signertest.TestPolicy()
			data := []byte("data")
			digest := sha512.Sum512(data)
			token, err := c.Stamp(t.Context(), crypto.SHA512, digest[:])
			if err != nil {
				t.Fatal(err)
			}
			if err := signertest.VerifyTimestamp(t, token.Raw, data, tsa.Identity, ca.Root.Certificate); err != nil {
				t.Errorf("openssl: %v", err)
			}
			if age := time.Since(token.Time); age < -2*time.Second || age > time.Minute || token.Accuracy != time.Second || token.Hash != crypto.SHA512 {
				t.Errorf("token %+v", token)
			}
			if findings, err := token.VerifySignature(data); err != nil || len(findings) > 0 {
				t.Errorf("VerifySignature: %v, %v", findings, err)
			}
		})
	}
}

// TestFaults is the table of authorities that misbehave: none of them gives a
// token, and the next is asked.
func TestFaults(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	digest := sha256.Sum256([]byte("data"))
	good := signertest.NewTSA(t, ca, nil)
	for fault, want := range map[signertest.Fault]error{
		signertest.WrongNonce:     tsp.ErrMismatch,
		signertest.NoNonce:        tsp.ErrMismatch,
		signertest.WrongImprint:   tsp.ErrMismatch,
		signertest.WrongHash:      tsp.ErrMismatch,
		signertest.WrongPolicy:    tsp.ErrMismatch,
		signertest.WrongSignature: cms.ErrSignature,
		signertest.NoCertificate:  cms.ErrNoCertificate,
		signertest.Rejection:      tsp.ErrRefused,
		signertest.NoToken:        tsp.ErrMalformed,
		signertest.Garbage:        tsp.ErrMalformed,
		signertest.TrailingData:   tsp.ErrMalformed,
		signertest.PlainData:      tsp.ErrMalformed,
		signertest.HTML:           tsp.ErrMalformed,
		signertest.TooLarge:       tsp.ErrUnavailable,
		signertest.Endless:        tsp.ErrUnavailable,
		signertest.HTTPError:      tsp.ErrUnavailable,
		signertest.Hanging:        context.DeadlineExceeded,
	} {
		t.Run(string(fault), func(t *testing.T) {
			bad := signertest.NewTSA(t, ca, nil)
			bad.SetFault(fault)
			c := client(bad.URL)
			c.Policy = signertest.TestPolicy()
			if fault == signertest.Hanging {
				c.Timeout = 2 * time.Second
			}
			token, err := c.Stamp(t.Context(), crypto.SHA256, digest[:])
			if token != nil || !errors.Is(err, want) {
				t.Errorf("got %v and %v, want %v", token, err, want)
			}
			var log bytes.Buffer
			c.URLs, c.Log = append(c.URLs, good.URL), slog.New(slog.NewTextHandler(&log, nil))
			if token, err = c.Stamp(t.Context(), crypto.SHA256, digest[:]); err != nil || token == nil {
				t.Errorf("the second authority was not asked: %v", err)
			}
			if !strings.Contains(log.String(), "time-stamp authority failed") {
				t.Error("the failure is not in the log")
			}
		})
	}
}

// TestFractionalSeconds holds that a token with a fraction of a second is good.
func TestFractionalSeconds(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	tsa := signertest.NewTSA(t, ca, nil)
	tsa.SetFault(signertest.FractionalSeconds)
	digest := sha256.Sum256([]byte("data"))
	token, err := client(tsa.URL).Stamp(t.Context(), crypto.SHA256, digest[:])
	if err != nil || token.Time.Nanosecond() != 250_000_000 {
		t.Errorf("%v, %v", token, err)
	}
}

// TestAuthorities is the table of certificates that are no authority's.
func TestAuthorities(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	stranger := signertest.NewCA(t, signertest.CAOptions{Name: "Other"})
	stamping := []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	for name, c := range map[string]struct {
		id    *signertest.Identity
		roots *x509.CertPool
		want  error // nil for any
	}{
		"for documents": {ca.Issue(t, signertest.Leaf{}), nil, tsp.ErrCertificate},
		"not critical": {ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, Change: func(c *x509.Certificate) {
			c.ExtraExtensions, c.ExtKeyUsage = nil, stamping
		}}), nil, tsp.ErrCertificate},
		"for more": {ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, Change: func(c *x509.Certificate) {
			c.ExtraExtensions, c.ExtKeyUsage = nil, append(stamping, x509.ExtKeyUsageCodeSigning)
		}}), nil, tsp.ErrCertificate},
		"for all": {ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, Change: func(c *x509.Certificate) {
			c.ExtraExtensions = nil
		}}), nil, tsp.ErrCertificate},
		"expired":       {ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().Add(-time.Hour)}), nil, tsp.ErrCertificate},
		"of a stranger": {stranger.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps}), ca.Pool(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			client := client(signertest.NewTSA(t, ca, c.id).URL)
			client.Roots = c.roots
			digest := sha256.Sum256([]byte("data"))
			if token, err := client.Stamp(t.Context(), crypto.SHA256, digest[:]); err == nil || token != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestOpenSSLAuthority asks an authority written by others: openssl ts.
func TestOpenSSLAuthority(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	id := ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, Algorithm: signertest.RSA2048})
	c := client(signertest.OpenSSLTSA(t, id))
	c.Roots = ca.Pool()
	for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		h := hash.New()
		h.Write([]byte("data"))
		token, err := c.Stamp(t.Context(), hash, h.Sum(nil))
		if err != nil {
			t.Fatalf("%v: %v", hash, err)
		}
		if token.Accuracy != 1500100*time.Microsecond || token.Policy.String() != "1.2.3.4" || token.Hash != hash {
			t.Errorf("%v: token %+v", hash, token)
		}
	}
}

// TestInSignature holds that a container with a time-stamp is accepted by
// openssl, and the time-stamp with it.
func TestInSignature(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	tsa := signertest.NewTSA(t, ca, nil)
	who := ca.Issue(t, signertest.Leaf{})
	digest := sha256.Sum256([]byte("content"))
	o := cms.Options{Certificate: who.Certificate, Chain: who.Chain, Timestamp: client(tsa.URL).StampSignature}
	der, err := cms.Sign(t.Context(), digest[:], who.Key, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := signertest.VerifyCMS(t, der, []byte("content"), ca.Root.Certificate); err != nil {
		t.Errorf("openssl: %v", err)
	}
	sd, err := cms.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	token, err := tsp.Parse(sd.Signer.Timestamps()[0])
	if err != nil {
		t.Fatal(err)
	}
	if findings, err := token.VerifySignature(sd.Signer.Signature); err != nil || len(findings) > 0 {
		t.Errorf("%v, %v", findings, err)
	}
	if _, err := token.VerifySignature([]byte("another value")); !errors.Is(err, tsp.ErrMismatch) {
		t.Errorf("over another value: %v", err)
	}
	if err := signertest.VerifyTimestamp(t, token.Raw, sd.Signer.Signature, tsa.Identity, ca.Root.Certificate); err != nil {
		t.Errorf("openssl: %v", err)
	}
}

// TestQuietAboutSecrets holds that a password in an authority's address stays out
// of errors and log.
func TestQuietAboutSecrets(t *testing.T) {
	var log bytes.Buffer
	for _, address := range []string{"http://user:canary@127.0.0.1:1/path?key=canary", "http://user:canary@%zz", "canary"} {
		c := client(address)
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		_, err := c.Stamp(t.Context(), crypto.SHA256, make([]byte, 32))
		if !errors.Is(err, tsp.ErrUnavailable) || strings.Contains(err.Error()+log.String(), "canary") {
			t.Errorf("%v; log %s", err, log.String())
		}
	}
}

// TestPassword holds that user and password of an address are sent.
func TestPassword(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		asked = ok && user == "mary" && password == "secret"
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	_, err := client(strings.Replace(server.URL, "http://", "http://mary:secret@", 1)).Stamp(t.Context(), crypto.SHA256, make([]byte, 32))
	if !errors.Is(err, tsp.ErrUnavailable) || !asked {
		t.Errorf("asked=%t, %v", asked, err)
	}
}

// TestCancelled holds that a cancelled request asks nobody else.
func TestCancelled(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	first, second := signertest.NewTSA(t, ca, nil), signertest.NewTSA(t, ca, nil)
	ctx, cancel := context.WithCancel(t.Context())
	first.SetFault(signertest.Hanging)
	c := client(first.URL, second.URL)
	go func() {
		for first.Requests() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if _, err := c.Stamp(ctx, crypto.SHA256, make([]byte, 32)); !errors.Is(err, context.Canceled) || second.Requests() != 0 {
		t.Errorf("%v, the second was asked %d times", err, second.Requests())
	}
}

// TestRefusesToAsk is the table of what a client is not asked.
func TestRefusesToAsk(t *testing.T) {
	for name, f := range map[string]func() error{
		"no authority": func() error {
			_, err := tsp.Client{HTTP: &http.Client{}}.Stamp(t.Context(), crypto.SHA256, make([]byte, 32))
			return err
		},
		"no HTTP client": func() error {
			_, err := tsp.Client{URLs: []string{"http://127.0.0.1:1"}}.Stamp(t.Context(), crypto.SHA256, make([]byte, 32))
			return err
		},
		"short digest": func() error {
			_, err := client("http://127.0.0.1:1").Stamp(t.Context(), crypto.SHA256, make([]byte, 31))
			return err
		},
		"SHA-1": func() error {
			_, err := client("http://127.0.0.1:1").Stamp(t.Context(), crypto.SHA1, make([]byte, 20))
			return err
		},
		"no nonce": func() error {
			c := client("http://127.0.0.1:1")
			c.Rand = strings.NewReader("short")
			_, err := c.Stamp(t.Context(), crypto.SHA256, make([]byte, 32))
			return err
		},
	} {
		if err := f(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
