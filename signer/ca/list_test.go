package ca_test

import (
	"crypto"
	"crypto/x509"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// counting counts how often a key signs.
type counting struct {
	*keys.SoftKey
	used int
}

func (c *counting) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c.used++
	return c.SoftKey.Sign(random, digest, opts)
}

// TestList makes one list after the other: numbers grow, entries stay, and
// openssl and our own reader believe them.
func TestList(t *testing.T) {
	w := newWorld(t, keys.P384, keys.P256)
	mary, _ := w.issue("Mary")
	paul, _ := w.issue("Paul")
	gone := ca.Revoked{Serial: mary.SerialNumber, At: w.now, Reason: ca.KeyCompromise}
	first := w.list(nil, nil, w.now)
	second := w.list(first, []ca.Revoked{gone}, w.now.Add(time.Minute))
	// The third is told of another reason and of nothing: neither changes what was said.
	gone.Reason, gone.At = ca.Superseded, w.now.Add(time.Hour)
	third := w.list(second, []ca.Revoked{gone}, w.now.Add(2*time.Minute))
	fourth := w.list(third, nil, w.now.Add(3*time.Minute))
	for i, der := range [][]byte{first, second, third, fourth} {
		l, err := ca.ParseList(der, w.issuing.Certificate)
		if err != nil || l.Number.Int64() != int64(i+1) || l.NextUpdate.Sub(l.ThisUpdate) != ca.ListLife {
			t.Fatalf("list %d: %v, %+v", i+1, err, l)
		}
		m, err := revocation.ReadCRL(der, mary, w.issuing.Certificate)
		if err != nil || m.Revoked != (i > 0) || i > 0 && (m.Reason != int(ca.KeyCompromise) || !m.RevokedAt.Equal(w.now)) {
			t.Errorf("list %d on Mary: %+v, %v", i+1, m, err)
		}
		if p, err := revocation.ReadCRL(der, paul, w.issuing.Certificate); err != nil || p.Revoked {
			t.Errorf("list %d on Paul: %+v, %v", i+1, p, err)
		}
	}
	text := signertest.OpenSSL(t, "crl", "-inform", "DER", "-noout", "-text", "-in", signertest.WriteFile(t, "l.crl", fourth))
	for _, want := range []string{"Key Compromise", "X509v3 CRL Number: \n                4", "Authority Key Identifier"} {
		if !strings.Contains(text, want) {
			t.Errorf("openssl shows no %q:\n%s", want, text)
		}
	}
	w.openSSLChecks(fourth, mary, false)
	w.openSSLChecks(fourth, paul, true)
}

// list makes a list of the issuing authority.
func (w *world) list(previous []byte, revoked []ca.Revoked, now time.Time) []byte {
	w.t.Helper()
	der, err := w.issuing.RevocationList(previous, revoked, now, ca.ListLife)
	if err != nil {
		w.t.Fatal(err)
	}
	return der
}

// openSSLChecks has openssl check a certificate with the lists of both levels.
func (w *world) openSSLChecks(der []byte, leaf *x509.Certificate, good bool) {
	w.t.Helper()
	rootList, err := w.root.RevocationList(nil, nil, w.now.Add(-time.Minute), ca.RootListLife)
	if err != nil {
		w.t.Fatal(err)
	}
	root, issuing, file := w.files(leaf)
	args := []string{"verify", "-x509_strict", "-crl_check_all", "-attime", itoa(w.now.Add(10 * time.Minute).Unix()), "-CAfile", root, "-untrusted", issuing}
	for _, list := range [][]byte{rootList, der} {
		pem := signertest.Run(w.t, "openssl", "crl", "-inform", "DER", "-in", signertest.WriteFile(w.t, "l.crl", list))
		args = append(args, "-CRLfile", signertest.WriteFile(w.t, "l.pem", pem))
	}
	_, err = signertest.Try(w.t, "openssl", append(args, file)...)
	if (err == nil) != good {
		w.t.Errorf("%s: openssl with lists: %v", leaf.Subject.CommonName, err)
	}
	if err != nil && !strings.Contains(err.Error(), "certificate revoked") {
		w.t.Errorf("%s: refused for another reason: %v", leaf.Subject.CommonName, err)
	}
}

func itoa(n int64) string { return big.NewInt(n).String() }

// TestListRefused: the clock was set back, the list before is another's, or the
// one who signs is no authority.
func TestListRefused(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	before := w.list(nil, nil, w.now)
	_, err := w.issuing.RevocationList(before, nil, w.now.Add(-time.Hour), ca.ListLife)
	wants(t, err, ca.ErrClock)
	if _, err := w.issuing.RevocationList(before, nil, w.now.Add(-time.Minute), ca.ListLife); err != nil {
		t.Errorf("a small correction of the clock: %v", err)
	}
	other := w.authority(keys.P256, "Пример Issuing CA 1") // of the same name, with another key
	for name, previous := range map[string][]byte{
		"of the root": second(w.root.RevocationList(nil, nil, w.now, ca.ListLife)), "of a namesake": second(other.RevocationList(nil, nil, w.now, ca.ListLife)),
		"empty": {}, "no list": []byte("list"), "cut": before[:len(before)-1],
	} {
		if _, err := w.issuing.RevocationList(previous, nil, w.now, ca.ListLife); err == nil {
			t.Errorf("a list after one %s", name)
		} else {
			wants(t, err, ca.ErrList)
		}
	}
	_, err = person(w).RevocationList(nil, nil, w.now, ca.ListLife)
	wants(t, err, ca.ErrNotIssuer)
}

func second[T any](v T, _ error) T { return v }
