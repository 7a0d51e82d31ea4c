package signertest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// OpenSSLTSA starts a time-stamping authority written by others, openssl ts, and
// gives its address. The identity's certificate is one for Timestamps.
func OpenSSLTSA(tb testing.TB, id *Identity) string {
	tb.Helper()
	Need(tb, "openssl")
	dir := tb.TempDir()
	key, cert, chain := id.Files(tb)
	config := WriteFile(tb, "tsa.cnf", []byte(strings.Join([]string{
		"[tsa]", "default_tsa = a", "[a]", "serial = " + filepath.Join(dir, "serial"), "signer_digest = sha256",
		"default_policy = 1.2.3.4", "digests = sha256, sha384, sha512", "accuracy = secs:1, millisecs:500, microsecs:100",
		"ordering = yes", "tsa_name = yes", "ess_cert_id_chain = yes", "ess_cert_id_alg = sha256", "",
	}, "\n")))
	return answering(tb, func(query, reply string) ([]byte, error) {
		return Try(tb, "openssl", "ts", "-reply", "-config", config, "-queryfile", query, "-signer", cert, "-inkey", key, "-chain", chain, "-out", reply)
	})
}

// OpenSSLResponder starts an OCSP responder written by others, openssl ocsp, for
// certificates of an issuer, and gives its address. Its answers last a day.
// index gives the authority's database at each question: see IndexLine.
func OpenSSLResponder(tb testing.TB, issuer, responder *Identity, index func() string) string {
	tb.Helper()
	Need(tb, "openssl")
	key, cert, _ := responder.Files(tb)
	authority := WriteFile(tb, "ca.pem", issuer.CertificatePEM())
	return answering(tb, func(query, reply string) ([]byte, error) {
		return Try(tb, "openssl", "ocsp", "-index", WriteFile(tb, "index.txt", []byte(index())), "-CA", authority, "-rsigner", cert, "-rkey", key,
			"-reqin", query, "-respout", reply, "-ndays", "1")
	})
}

// IndexLine is a certificate's line in the database of openssl ca: good when
// revoked is zero.
func IndexLine(id *Identity, revoked time.Time) string {
	const layout = "060102150405Z"
	state, since := "V", ""
	if !revoked.IsZero() {
		state, since = "R", revoked.UTC().Format(layout)+",keyCompromise"
	}
	serial := strings.ToUpper(id.Certificate.SerialNumber.Text(16))
	return strings.Join([]string{state, id.Certificate.NotAfter.UTC().Format(layout), since, serial, "unknown", "/CN=" + serial}, "\t") + "\n"
}

// answering serves questions from files to files.
func answering(tb testing.TB, answer func(query, reply string) ([]byte, error)) string {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		reply := filepath.Join(tb.TempDir(), "reply")
		if err == nil {
			_, err = answer(WriteFile(tb, "query", body), reply)
		}
		der, readErr := os.ReadFile(reply)
		if err = errors.Join(err, readErr); err != nil {
			tb.Error(err) // in the server's goroutine: Fatal would end that one
			http.Error(w, "no answer", http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(der) // the client's loss
	}))
	tb.Cleanup(server.Close)
	return server.URL
}
