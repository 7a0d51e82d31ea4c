package signertest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Where Serve answers, below CA.URL.
const (
	PathOCSP    = "/ocsp"
	PathCRL     = "/issuing.crl"
	PathRootCRL = "/root.crl"
	PathIssuing = "/issuing.cer"
	PathRoot    = "/root.cer"
)

// Handler answers in place of the CA: see CA.Override.
type Handler = http.HandlerFunc

// Serve starts the CA's HTTP server on loopback. Certificates issued from now on
// name its addresses.
func (ca *CA) Serve(tb testing.TB) {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(ca.serve))
	tb.Cleanup(server.Close)
	ca.URL = server.URL
}

// ServeChain is Serve for chains of which every link can be asked about: the
// issuing certificate is made anew, with addresses.
func (ca *CA) ServeChain(tb testing.TB) {
	tb.Helper()
	ca.Serve(tb)
	ca.Issuing = ca.Issue(tb, Leaf{
		Name: ca.Issuing.Certificate.Subject.CommonName, Key: ca.Issuing.Key, Issuer: ca.Root, NotAfter: time.Now().AddDate(5, 0, 0),
		Change: func(c *x509.Certificate) {
			c.Subject = ca.Issuing.Certificate.Subject
			c.IsCA, c.BasicConstraintsValid, c.MaxPathLenZero = true, true, true
			c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
			c.UnknownExtKeyUsage, c.ExtKeyUsage = nil, nil
			c.CRLDistributionPoints = []string{ca.URL + PathRootCRL}
			c.IssuingCertificateURL = []string{ca.URL + PathRoot}
		},
	})
}

// Override lets h answer below a path, to misbehave; nil restores the CA.
func (ca *CA) Override(path string, h Handler) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	ca.override[path] = h
}

// Revoke puts the certificate on the CRL and into OCSP answers. The reason is
// one of RFC 5280, 5.3.1.
func (ca *CA) Revoke(c *x509.Certificate, at time.Time, reason int) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	ca.revoked[c.SerialNumber.String()] = revocation{serial: c.SerialNumber, at: at, reason: reason}
}

func (ca *CA) serve(w http.ResponseWriter, r *http.Request) {
	ca.mu.Lock()
	h := ca.override[r.URL.Path]
	ca.mu.Unlock()
	switch {
	case h != nil:
		h(w, r)
	case r.URL.Path == PathOCSP && r.Method == http.MethodPost:
		ca.answerOCSP(w, r)
	case r.URL.Path == PathCRL:
		answer(w, "application/pkix-crl", func() ([]byte, error) { return ca.crlOf(ca.Issuing, time.Now()) })
	case r.URL.Path == PathRootCRL:
		answer(w, "application/pkix-crl", func() ([]byte, error) { return ca.crlOf(ca.Root, time.Now()) })
	case r.URL.Path == PathIssuing:
		answer(w, "application/pkix-cert", func() ([]byte, error) { return ca.Issuing.Certificate.Raw, nil })
	case r.URL.Path == PathRoot:
		answer(w, "application/pkix-cert", func() ([]byte, error) { return ca.Root.Certificate.Raw, nil })
	default:
		http.NotFound(w, r)
	}
}

func answer(w http.ResponseWriter, kind string, body func() ([]byte, error)) {
	der, err := body()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(der) // the client's loss
}

// CRL gives a new revocation list of the issuing CA, valid for a week from at.
func (ca *CA) CRL(tb testing.TB, at time.Time) []byte {
	tb.Helper()
	der, err := ca.crlOf(ca.Issuing, at)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func (ca *CA) crlOf(issuer *Identity, at time.Time) ([]byte, error) {
	ca.mu.Lock()
	ca.crl++
	list := &x509.RevocationList{Number: big.NewInt(ca.crl), ThisUpdate: at, NextUpdate: at.AddDate(0, 0, 7)}
	for _, r := range ca.revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: r.serial, RevocationTime: r.at, ReasonCode: r.reason})
	}
	ca.mu.Unlock()
	slices.SortFunc(list.RevokedCertificateEntries, func(a, b x509.RevocationListEntry) int {
		return a.SerialNumber.Cmp(b.SerialNumber)
	})
	return x509.CreateRevocationList(rand.Reader, list, issuer.Certificate, issuer.Key)
}

func (ca *CA) answerOCSP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request, err := ocsp.ParseRequest(body)
	if err != nil {
		answer(w, "application/ocsp-response", func() ([]byte, error) { return ocsp.MalformedRequestErrorResponse, nil })
		return
	}
	answer(w, "application/ocsp-response", func() ([]byte, error) { return ca.ocspFor(request) })
}

func (ca *CA) ocspFor(request *ocsp.Request) ([]byte, error) {
	issuer := ca.Issuing
	if bytes.Equal(request.IssuerNameHash, digest(request.HashAlgorithm, ca.Root.Certificate.RawSubject)) {
		issuer = ca.Root
	}
	return ca.ocspBy(issuer, issuer, request.SerialNumber, time.Now())
}

// OCSP gives an answer about a certificate of the issuing CA, valid for a day
// from at and signed by the responder: the issuing CA itself when nil.
func (ca *CA) OCSP(tb testing.TB, c *x509.Certificate, responder *Identity, at time.Time) []byte {
	tb.Helper()
	if responder == nil {
		responder = ca.Issuing
	}
	der, err := ca.ocspBy(ca.Issuing, responder, c.SerialNumber, at)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func (ca *CA) ocspBy(issuer, responder *Identity, serial *big.Int, at time.Time) ([]byte, error) {
	template := ocsp.Response{
		Status: ocsp.Good, SerialNumber: serial, ThisUpdate: at, NextUpdate: at.AddDate(0, 0, 1), IssuerHash: crypto.SHA1,
	}
	if responder != issuer {
		template.Certificate = responder.Certificate
	}
	ca.mu.Lock()
	if r, ok := ca.revoked[serial.String()]; ok {
		template.Status, template.RevokedAt, template.RevocationReason = ocsp.Revoked, r.at, r.reason
	}
	ca.mu.Unlock()
	return ocsp.CreateResponse(issuer.Certificate, responder.Certificate, template, responder.Key)
}

func digest(h crypto.Hash, data []byte) []byte {
	if !h.Available() {
		return nil
	}
	hash := h.New()
	hash.Write(data)
	return hash.Sum(nil)
}
