package ca_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestCeremony carries a request to the root on a machine apart and back.
func TestCeremony(t *testing.T) {
	w := newWorld(t, keys.P384, keys.P256)
	file, err := ca.SealRoot(w.root.Certificate, pkcs8(t, w.rootKey), "a long passphrase 7")
	if err != nil {
		t.Fatal(err)
	}
	key := w.key(keys.P256)
	name := ca.Name{CommonName: "Пример Issuing CA 2", Organization: "ООО «Пример»", Country: "RU"}
	where := ca.Addresses{List: "http://sign.example.org/ca/0/list.crl", Issuer: "http://sign.example.org/ca/0/issuer.cer"}
	text, err := ca.NewRequest(key, name, where)
	if err != nil {
		t.Fatal(err)
	}
	signertest.OpenSSL(t, "req", "-verify", "-noout", "-in", signertest.WriteFile(t, "r.pem", text))

	root, err := ca.OpenRoot(file, "a long passphrase 7")
	if err != nil {
		t.Fatal(err)
	}
	csr, err := ca.ParseRequest(text)
	if err != nil {
		t.Fatal(err)
	}
	gotName, err := ca.RequestedName(csr)
	if diff := cmp.Diff(name, gotName); diff != "" || err != nil {
		t.Error(err, diff)
	}
	gotWhere, err := ca.RequestedAddresses(csr)
	if diff := cmp.Diff(where, gotWhere); diff != "" || err != nil {
		t.Error(err, diff)
	}
	c, err := root.IssueAuthority(ca.AuthorityRequest{Public: csr.PublicKey, Name: gotName, Addresses: gotWhere, Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	w.issuing = ca.Authority{Certificate: c, Key: key}
	leaf, _ := w.issue("mary.ivanova")
	w.judged(leaf)
}

// TestRequestsRefused reads what is none.
func TestRequestsRefused(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	good, err := ca.NewRequest(w.key(keys.P256), ca.Name{CommonName: "x"}, ca.Addresses{})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(good)
	if _, err := ca.ParseRequest(block.Bytes); err != nil {
		t.Errorf("DER: %v", err)
	}
	forged := append([]byte{}, block.Bytes...)
	forged[len(forged)-1] ^= 1
	old, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, old)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":                {nil, ca.ErrRequest},
		"a certificate":          {signertest.CertificatesPEM(w.root.Certificate), ca.ErrRequest},
		"of somebody's else key": {forged, ca.ErrRequest},
		"too long":               {make([]byte, 65<<10), ca.ErrRequest},
		"unknown curve":          {curve, ca.ErrKey},
	} {
		if _, err := ca.ParseRequest(p.data); err == nil {
			t.Errorf("%s is read", name)
		} else {
			wants(t, err, p.want)
		}
	}
	_, err = ca.NewRequest(w.key(keys.P256), ca.Name{CommonName: "a\x00"}, ca.Addresses{})
	wants(t, err, ca.ErrName)
	_, err = ca.NewRequest(w.key(keys.P256), ca.Name{CommonName: "a"}, ca.Addresses{List: "c:\\"})
	wants(t, err, ca.ErrAddress)
	odd, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "a\tb"}, ExtraExtensions: []pkix.Extension{{Id: []int{2, 5, 29, 31}, Value: []byte{1, 2, 3}}},
	}, w.key(keys.P256))
	if err != nil {
		t.Fatal(err)
	}
	csr, err := ca.ParseRequest(odd)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ca.RequestedName(csr)
	wants(t, err, ca.ErrName)
	_, err = ca.RequestedAddresses(csr)
	wants(t, err, ca.ErrAddress)
}

// FuzzParseRequest promises that no stranger's request does harm.
func FuzzParseRequest(f *testing.F) {
	w := newWorldFor(f)
	good, err := ca.NewRequest(w.issuing.Key, ca.Name{CommonName: "x"}, addresses)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		csr, err := ca.ParseRequest(data)
		if err != nil {
			return
		}
		if n, err := ca.RequestedName(csr); err == nil && n.CommonName == "" {
			t.Error("a name without a name")
		}
		_, _ = ca.RequestedAddresses(csr)
	})
}

// pkcs8 is the key in PKCS#8.
func pkcs8(t testing.TB, key *keys.SoftKey) []byte {
	t.Helper()
	der, err := key.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	return der
}
