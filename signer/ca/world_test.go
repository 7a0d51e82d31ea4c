package ca_test

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// world is an authority as a company has it: a root and an issuing level.
type world struct {
	t       testing.TB
	now     time.Time
	rootKey *keys.SoftKey
	root    ca.Authority
	issuing ca.Authority
}

// addresses are where the tests' certificates say that help is.
var addresses = ca.Addresses{
	List: "http://sign.example.org/ca/1/list.crl", OCSP: "http://sign.example.org/ca/1/ocsp", Issuer: "http://sign.example.org/ca/1/issuer.cer",
}

// newWorld makes the two levels with keys of the kinds.
func newWorld(t testing.TB, rootKind, issuingKind keys.Kind) *world {
	t.Helper()
	// Now, since openssl and pdfsig look at the machine's clock.
	w := &world{t: t, now: time.Now().UTC().Truncate(time.Second)}
	w.rootKey = w.key(rootKind)
	root, err := ca.NewRoot(ca.AuthorityRequest{
		Key: w.rootKey, Now: w.now, Name: ca.Name{CommonName: "Пример Root CA", Organization: "ООО «Пример»", Country: "RU"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.root = ca.Authority{Certificate: root, Key: w.rootKey}
	w.issuing = w.authority(issuingKind, "Пример Issuing CA 1")
	return w
}

// newWorldFor is one with keys that are quickly made.
func newWorldFor(t testing.TB) *world { return newWorld(t, keys.P256, keys.P256) }

// authority is an issuing authority of the root.
func (w *world) authority(kind keys.Kind, name string) ca.Authority {
	w.t.Helper()
	key := w.key(kind)
	c, err := w.root.IssueAuthority(ca.AuthorityRequest{
		Public: key.Public(), Now: w.now, Addresses: ca.Addresses{List: "http://sign.example.org/ca/0/list.crl", Issuer: "http://sign.example.org/ca/0/issuer.cer"},
		Name: ca.Name{CommonName: name, Organization: "ООО «Пример»", Country: "RU"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ca.Authority{Certificate: c, Key: key}
}

func (w *world) key(kind keys.Kind) *keys.SoftKey {
	w.t.Helper()
	key, err := keys.Generate(kind)
	if err != nil {
		w.t.Fatal(err)
	}
	return key
}

// leaf is a good request.
func (w *world) leaf(name string) (*keys.SoftKey, ca.LeafRequest) {
	key := w.key(keys.P256)
	return key, ca.LeafRequest{
		Public: key.Public(), Name: ca.Name{CommonName: name, Organization: "ООО «Пример»"},
		Now: w.now, NotAfter: w.now.AddDate(1, 0, 0), Addresses: addresses,
	}
}

// issue issues a certificate for a person.
func (w *world) issue(name string) (*x509.Certificate, *keys.SoftKey) {
	w.t.Helper()
	key, r := w.leaf(name)
	c, err := w.issuing.Issue(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return c, key
}

// files writes the chain for openssl and gives root, issuing, leaf.
func (w *world) files(leaf *x509.Certificate) (root, issuing, file string) {
	w.t.Helper()
	return signertest.WriteFile(w.t, "root.pem", signertest.CertificatesPEM(w.root.Certificate)),
		signertest.WriteFile(w.t, "issuing.pem", signertest.CertificatesPEM(w.issuing.Certificate)),
		signertest.WriteFile(w.t, "leaf.pem", signertest.CertificatesPEM(leaf))
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
