package signertest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"signservice/signer/signertest"
)

// TestPDF holds that a stranger finds nothing to say about the documents.
func TestPDF(t *testing.T) {
	for _, p := range []signertest.PDF{
		{},
		{Pages: 7, Rotate: 90, EOL: "\r\n"},
		{XRefStream: true},
		{XRefStream: true, ObjectStream: true, Pages: 3, TextField: true, EmptySignature: "Signature1"},
		{TextField: true},
		{EmptySignature: "Здесь", Version: "1.4"},
		{CropBox: [4]float64{-10, 20, 300, 400}, MediaBox: [4]float64{-50, -50, 500, 700}, Rotate: 270, Inherit: true, UserUnit: 2},
		{Size: 100_000},
	} {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			doc := p.Bytes()
			if len(doc) < p.Size {
				t.Errorf("got %d bytes, want at least %d", len(doc), p.Size)
			}
			file := signertest.WriteFile(t, "a.pdf", doc)
			if err := signertest.QPDFCheck(t, file); err != nil {
				t.Error(err)
			}
			pages := strings.TrimSpace(string(signertest.Run(t, "qpdf", "--show-npages", file)))
			if want := fmt.Sprint(max(1, p.Pages)); pages != want {
				t.Errorf("qpdf counts %s pages, want %s", pages, want)
			}
			if got := signertest.Pdfsig(t, file, ""); len(got) != 0 {
				t.Errorf("pdfsig finds %+v in an unsigned file", got)
			}
		})
	}
}

// TestCA holds that openssl accepts the chain, for each kind of key, and sees a
// revocation.
func TestCA(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	roots := signertest.WriteFile(t, "root.pem", ca.Root.CertificatePEM())
	for _, a := range signertest.Algorithms() {
		_, cert, chain := ca.Issue(t, signertest.Leaf{Algorithm: a}).Files(t)
		signertest.OpenSSL(t, "verify", "-CAfile", roots, "-untrusted", chain, cert)
	}
	tsa := ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps})
	_, cert, chain := tsa.Files(t)
	signertest.OpenSSL(t, "verify", "-purpose", "timestampsign", "-CAfile", roots, "-untrusted", chain, cert)
}

// TestResponder holds that openssl gets the status from OCSP and from the CRL.
func TestResponder(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	ca.Serve(t)
	good, bad := ca.Issue(t, signertest.Leaf{}), ca.Issue(t, signertest.Leaf{})
	ca.Revoke(bad.Certificate, time.Now().Add(-time.Minute), 1)
	roots := signertest.WriteFile(t, "root.pem", ca.Root.CertificatePEM())
	crl := signertest.WriteFile(t, "ca.crl", ca.CRL(t, time.Now()))
	for want, id := range map[string]*signertest.Identity{"good": good, "revoked": bad} {
		_, cert, chain := id.Files(t)
		out := signertest.OpenSSL(t, "ocsp", "-url", ca.URL+signertest.PathOCSP, "-issuer", chain, "-cert", cert,
			"-CAfile", roots, "-verify_other", chain, "-no_nonce")
		if !strings.Contains(out, ": "+want) {
			t.Errorf("openssl ocsp says %q, want %s", out, want)
		}
		_, err := signertest.Try(t, "openssl", "verify", "-crl_check", "-CRLfile", crl, "-CAfile", roots, "-untrusted", chain, cert)
		if (err == nil) != (want == "good") {
			t.Errorf("openssl verify -crl_check of the %s certificate: %v", want, err)
		}
	}
}

// TestHSM holds that a token keeps what is put into it, and can be unplugged.
func TestHSM(t *testing.T) {
	hsm := signertest.NewHSM(t)
	token := hsm.NewToken(t, "one")
	other := hsm.NewToken(t, "one")
	if token.Serial == other.Serial || len(token.Serial) != 16 {
		t.Fatalf("serial numbers %q and %q", token.Serial, other.Serial)
	}
	ca := signertest.NewCA(t, signertest.CAOptions{})
	for i, a := range []signertest.Algorithm{signertest.RSA2048, signertest.P256, signertest.P384} {
		token.Put(t, []byte{byte(i + 1)}, "key", ca.Issue(t, signertest.Leaf{Algorithm: a}))
	}
	list := func() string {
		return string(signertest.Run(t, "pkcs11-tool", "--module", hsm.Module, "--slot", token.Slot, "--login", "--pin", token.PIN, "-O"))
	}
	out := list()
	for what, want := range map[string]int{"Private Key Object": 3, "Public Key Object": 3, "Certificate Object": 3} {
		if got := strings.Count(out, what); got != want {
			t.Errorf("%d of %s, want %d:\n%s", got, what, want, out)
		}
	}
	if public := token.Generate(t, []byte{9}, "made", signertest.P384, true); public.(*ecdsa.PublicKey).Curve.Params().BitSize != 384 {
		t.Errorf("made %v", public)
	}
	token.Unplug(t)
	if _, err := signertest.Try(t, "pkcs11-tool", "--module", hsm.Module, "--slot", token.Slot, "-O"); err == nil {
		t.Error("an unplugged token answers")
	}
	token.Plug(t)
	if out := list(); !strings.Contains(out, "made") {
		t.Errorf("a token plugged in again has lost its key:\n%s", out)
	}
}

// TestVerifyCMS holds that openssl's verdict comes through.
func TestVerifyCMS(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	key, cert, chain := ca.Issue(t, signertest.Leaf{}).Files(t)
	content := []byte("content")
	der := signertest.Run(t, "openssl", "cms", "-sign", "-binary", "-outform", "DER", "-signer", cert, "-inkey", key,
		"-certfile", chain, "-in", signertest.WriteFile(t, "in", content))
	if err := signertest.VerifyCMS(t, der, content, ca.Root.Certificate); err != nil {
		t.Error(err)
	}
	if err := signertest.VerifyCMS(t, der, bytes.ToUpper(content)); err == nil {
		t.Error("other content verifies")
	}
	stranger := signertest.NewCA(t, signertest.CAOptions{Name: "Other"})
	if err := signertest.VerifyCMS(t, der, content, stranger.Root.Certificate); err == nil {
		t.Error("a strange root verifies")
	}
}

// TestSelfSigned holds that the certificate verifies itself.
func TestSelfSigned(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	pool := x509.NewCertPool()
	pool.AddCert(id.Certificate)
	if _, err := id.Certificate.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
}

// TestTSA holds that openssl accepts the tokens.
func TestTSA(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	for _, a := range signertest.Algorithms() {
		tsa := signertest.NewTSA(t, ca, ca.Issue(t, signertest.Leaf{Purpose: signertest.Timestamps, Algorithm: a}))
		data := []byte("data")
		sum := sha256.Sum256(data)
		token := tsa.Stamp(t, sum[:])
		if err := signertest.VerifyTimestamp(t, token, data, tsa.Identity, ca.Root.Certificate); err != nil {
			t.Errorf("%s: %v", a, err)
		}
		if err := signertest.VerifyTimestamp(t, token, []byte("other"), tsa.Identity, ca.Root.Certificate); err == nil {
			t.Errorf("%s: other data verifies", a)
		}
	}
}
