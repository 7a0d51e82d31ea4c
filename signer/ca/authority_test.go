package ca_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/ca"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// profile is what matters of a certificate.
type profile struct {
	Subject, Issuer     string
	CA                  bool
	Below               int
	Usage               x509.KeyUsage
	Extended            []x509.ExtKeyUsage
	Others              []string
	List, OCSP, Address []string
	Begins, Lives       time.Duration
	Critical            []string
}

func profileOf(c *x509.Certificate, now time.Time) profile {
	p := profile{
		Subject: c.Subject.String(), Issuer: c.Issuer.CommonName, CA: c.IsCA, Below: c.MaxPathLen, Usage: c.KeyUsage, Extended: c.ExtKeyUsage,
		List: c.CRLDistributionPoints, OCSP: c.OCSPServer, Address: c.IssuingCertificateURL,
		Begins: c.NotBefore.Sub(now), Lives: c.NotAfter.Sub(now),
	}
	for _, oid := range c.UnknownExtKeyUsage {
		p.Others = append(p.Others, oid.String())
	}
	for _, e := range c.Extensions {
		if e.Critical {
			p.Critical = append(p.Critical, e.Id.String())
		}
	}
	return p
}

// TestProfile holds each level against the profile.
func TestProfile(t *testing.T) {
	w := newWorld(t, keys.P384, keys.P256)
	leaf, _ := w.issue("Мария Иванова")
	documents := []string{"1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5"}
	mail := []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	for name, p := range map[string]struct {
		got  *x509.Certificate
		want profile
	}{
		"root": {w.root.Certificate, profile{
			Subject: "CN=Пример Root CA,O=ООО «Пример»,C=RU", Issuer: "Пример Root CA", CA: true, Below: 1,
			Usage:  x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
			Begins: -time.Hour, Lives: w.now.AddDate(10, 0, 0).Sub(w.now), Critical: []string{"2.5.29.15", "2.5.29.19"},
		}},
		"issuing": {w.issuing.Certificate, profile{
			Subject: "CN=Пример Issuing CA 1,O=ООО «Пример»,C=RU", Issuer: "Пример Root CA", CA: true,
			Usage:    x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
			Extended: mail, Others: documents,
			List: []string{"http://sign.example.org/ca/0/list.crl"}, Address: []string{"http://sign.example.org/ca/0/issuer.cer"},
			Begins: -30 * time.Minute, Lives: w.now.AddDate(5, 0, 0).Sub(w.now), Critical: []string{"2.5.29.15", "2.5.29.19"},
		}},
		"leaf": {leaf, profile{
			Subject: "CN=Мария Иванова,O=ООО «Пример»", Issuer: "Пример Issuing CA 1", Below: -1,
			Usage:    x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
			Extended: mail, Others: documents,
			List: []string{addresses.List}, OCSP: []string{addresses.OCSP}, Address: []string{addresses.Issuer},
			Begins: -5 * time.Minute, Lives: w.now.AddDate(1, 0, 0).Sub(w.now), Critical: []string{"2.5.29.15", "2.5.29.19"},
		}},
	} {
		if diff := cmp.Diff(p.want, profileOf(p.got, w.now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestSerials are positive, of 20 octets, and never the same.
func TestSerials(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	seen := map[string]bool{w.root.Certificate.SerialNumber.String(): true, w.issuing.Certificate.SerialNumber.String(): true}
	for range 50 {
		c, _ := w.issue("Mary")
		n := c.SerialNumber
		if n.Sign() <= 0 || n.BitLen() != 159 || seen[n.String()] {
			t.Errorf("serial number %x", n)
		}
		seen[n.String()] = true
	}
}

// TestVerifiers have openssl and Go accept what is issued for documents, and
// refuse it for everything that a web site needs, for all kinds of keys.
func TestVerifiers(t *testing.T) {
	for _, kinds := range [][2]keys.Kind{{keys.P384, keys.P256}, {keys.P384, keys.P384}, {keys.RSA3072, keys.RSA2048}} {
		t.Run(string(kinds[0])+" over "+string(kinds[1]), func(t *testing.T) {
			w := newWorld(t, kinds[0], kinds[1])
			for _, name := range []string{"Мария Иванова", "mary.ivanova", "www.example.org", "*.example.org"} {
				leaf, _ := w.issue(name)
				w.judged(leaf)
			}
		})
	}
}

// judged has openssl and Go look at a certificate.
func (w *world) judged(leaf *x509.Certificate) {
	w.t.Helper()
	root, issuing, file := w.files(leaf)
	verify := func(purpose string) error {
		_, err := signertest.Try(w.t, "openssl", "verify", "-x509_strict", "-policy_check", "-CAfile", root, "-untrusted", issuing, "-purpose", purpose, file)
		return err
	}
	for _, purpose := range []string{"smimesign", "any"} {
		if err := verify(purpose); err != nil {
			w.t.Errorf("%s: openssl refuses %s: %v", leaf.Subject.CommonName, purpose, err)
		}
	}
	for _, purpose := range []string{"sslserver", "sslclient", "timestampsign"} {
		if err := verify(purpose); err == nil {
			w.t.Errorf("%s: openssl accepts it for %s", leaf.Subject.CommonName, purpose)
		}
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(w.root.Certificate)
	between.AddCert(w.issuing.Certificate)
	for usage, good := range map[x509.ExtKeyUsage]bool{
		x509.ExtKeyUsageEmailProtection: true, x509.ExtKeyUsageServerAuth: false, x509.ExtKeyUsageClientAuth: false, x509.ExtKeyUsageCodeSigning: false,
	} {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage}, CurrentTime: w.now})
		if (err == nil) != good {
			w.t.Errorf("%s: Go on usage %d: %v", leaf.Subject.CommonName, usage, err)
		}
	}
}

// TestStolenIssuer holds that the key of an issuing authority cannot make a
// certificate that a web server gets away with, nor a further authority.
func TestStolenIssuer(t *testing.T) {
	w := newWorld(t, keys.P384, keys.P256)
	key := w.key(keys.P256)
	for name, template := range map[string]*x509.Certificate{
		"web server": {
			Subject: pkix.Name{CommonName: "intranet.example.org"}, DNSNames: []string{"intranet.example.org"},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		},
		"web server of any use": {
			Subject: pkix.Name{CommonName: "intranet.example.org"}, DNSNames: []string{"intranet.example.org"},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		},
		"web server without a use": {
			Subject: pkix.Name{CommonName: "intranet.example.org"}, DNSNames: []string{"intranet.example.org"}, KeyUsage: x509.KeyUsageDigitalSignature,
		},
	} {
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(5), w.now.Add(-time.Minute), w.now.AddDate(1, 0, 0)
		der, err := x509.CreateCertificate(nil, template, w.issuing.Certificate, key.Public(), w.issuing.Key)
		if err != nil {
			t.Fatal(err)
		}
		forged, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		root, issuing, file := w.files(forged)
		if _, err := signertest.Try(t, "openssl", "verify", "-CAfile", root, "-untrusted", issuing, "-purpose", "sslserver", file); err == nil {
			t.Errorf("%s: openssl accepts it", name)
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(w.root.Certificate)
		between.AddCert(w.issuing.Certificate)
		if _, err := forged.Verify(x509.VerifyOptions{DNSName: "intranet.example.org", Roots: roots, Intermediates: between}); err == nil {
			t.Errorf("%s: Go accepts it", name)
		}
	}
	_, err := w.issuing.IssueAuthority(ca.AuthorityRequest{Public: key.Public(), Name: ca.Name{CommonName: "Third"}, Now: w.now})
	wants(t, err, ca.ErrNotIssuer)
}

// TestRefused holds what no certificate may be.
func TestRefused(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	for name, p := range map[string]struct {
		change func(*ca.LeafRequest)
		want   error
	}{
		"no name":          {func(r *ca.LeafRequest) { r.Name.CommonName = " " }, ca.ErrName},
		"bell":             {func(r *ca.LeafRequest) { r.Name.CommonName = "Mary\a" }, ca.ErrName},
		"newline":          {func(r *ca.LeafRequest) { r.Name.Organization = "Acme\nCN=Boss" }, ca.ErrName},
		"NUL":              {func(r *ca.LeafRequest) { r.Name.CommonName = "boss\x00.example" }, ca.ErrName},
		"turned writing":   {func(r *ca.LeafRequest) { r.Name.CommonName = "Mary\u202eyraM" }, ca.ErrName},
		"invisible":        {func(r *ca.LeafRequest) { r.Name.CommonName = "Ma\u200bry" }, ca.ErrName},
		"blank at the end": {func(r *ca.LeafRequest) { r.Name.CommonName = "Mary " }, ca.ErrName},
		"not UTF-8":        {func(r *ca.LeafRequest) { r.Name.Surname = "M\xff" }, ca.ErrName},
		"65 letters":       {func(r *ca.LeafRequest) { r.Name.CommonName = strings.Repeat("ж", 65) }, ca.ErrName},
		"country":          {func(r *ca.LeafRequest) { r.Name.Country = "Ru" }, ca.ErrName},
		"e-mail":           {func(r *ca.LeafRequest) { r.Name.Email = "Mary <mary@example.org>" }, ca.ErrName},
		"no key":           {func(r *ca.LeafRequest) { r.Public = nil }, ca.ErrKey},
		"the authority's":  {func(r *ca.LeafRequest) { r.Public = w.issuing.Key.Public() }, ca.ErrKey},
		"Ed25519":          {func(r *ca.LeafRequest) { r.Public = ed25519.PublicKey(make([]byte, 32)) }, ca.ErrKey},
		"P-224": {func(r *ca.LeafRequest) {
			r.Public = p224(t) //nolint:staticcheck // the old way is short
		}, ca.ErrKey},
		"RSA 1024":           {func(r *ca.LeafRequest) { r.Public = rsaOf(1024, 65537) }, ca.ErrKey},
		"RSA 8192":           {func(r *ca.LeafRequest) { r.Public = rsaOf(8192, 65537) }, ca.ErrKey},
		"RSA with 3":         {func(r *ca.LeafRequest) { r.Public = rsaOf(2048, 3) }, ca.ErrKey},
		"no end":             {func(r *ca.LeafRequest) { r.NotAfter = time.Time{} }, ca.ErrLife},
		"ended":              {func(r *ca.LeafRequest) { r.NotAfter = r.Now }, ca.ErrLife},
		"three years":        {func(r *ca.LeafRequest) { r.NotAfter = r.Now.AddDate(3, 0, 0) }, ca.ErrLife},
		"before its issuer":  {func(r *ca.LeafRequest) { r.Now = r.Now.AddDate(-1, 0, 0); r.NotAfter = r.Now.AddDate(1, 0, 0) }, ca.ErrLife},
		"outlives issuer":    {func(r *ca.LeafRequest) { r.Now = r.Now.AddDate(4, 6, 0); r.NotAfter = r.Now.AddDate(1, 0, 0) }, ca.ErrLife},
		"address of a file":  {func(r *ca.LeafRequest) { r.Addresses.List = "file:///etc/passwd" }, ca.ErrAddress},
		"address with login": {func(r *ca.LeafRequest) { r.Addresses.OCSP = "http://a:b@example.org/" }, ca.ErrAddress},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := w.leaf("Mary")
			p.change(&r)
			c, err := w.issuing.Issue(r)
			wants(t, err, p.want)
			if c != nil {
				t.Error("a certificate came all the same")
			}
		})
	}
	_, r := w.leaf("Mary")
	for name, a := range map[string]ca.Authority{
		"the root":        w.root,
		"nobody":          {},
		"another key":     {Certificate: w.issuing.Certificate, Key: w.key(keys.P256)},
		"a person":        person(w),
		"without the key": {Certificate: w.issuing.Certificate},
	} {
		if _, err := a.Issue(r); err == nil {
			t.Errorf("%s issues", name)
		} else {
			wants(t, err, ca.ErrNotIssuer)
		}
	}
}

// p224 is a public key on a curve that no reader knows.
func p224(t *testing.T) crypto.PublicKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key.Public()
}

// rsaOf is a public key of so many bits; nobody has its private one.
func rsaOf(bits, exponent int) *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), bits-1, 1), E: exponent}
}

// person is somebody with a certificate who would like to be an authority.
func person(w *world) ca.Authority {
	c, key := w.issue("Mary")
	return ca.Authority{Certificate: c, Key: key}
}

// TestAuthorityRefused holds what no authority may be.
func TestAuthorityRefused(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	for name, p := range map[string]struct {
		change func(*ca.AuthorityRequest)
		want   error
	}{
		"control character": {func(r *ca.AuthorityRequest) { r.Name.CommonName = "Acme\x1b[31m CA" }, ca.ErrName},
		"the root's name": {func(r *ca.AuthorityRequest) {
			r.Name = ca.Name{CommonName: "Пример Root CA", Organization: "ООО «Пример»", Country: "RU"}
		}, ca.ErrName},
		"the root's key": {func(r *ca.AuthorityRequest) { r.Public = w.rootKey.Public() }, ca.ErrKey},
		"eleven years":   {func(r *ca.AuthorityRequest) { r.Years = 11 }, ca.ErrLife},
		"no clock":       {func(r *ca.AuthorityRequest) { r.Now = time.Time{} }, ca.ErrLife},
		"address":        {func(r *ca.AuthorityRequest) { r.Addresses.List = "ldap://dc" }, ca.ErrAddress},
	} {
		r := ca.AuthorityRequest{Public: w.key(keys.P256).Public(), Name: ca.Name{CommonName: "Next"}, Now: w.now}
		p.change(&r)
		if _, err := w.root.IssueAuthority(r); err == nil {
			t.Errorf("%s is certified", name)
		} else {
			wants(t, err, p.want)
		}
	}
	late, err := w.root.IssueAuthority(ca.AuthorityRequest{Public: w.key(keys.P256).Public(), Name: ca.Name{CommonName: "Late"}, Now: w.now.AddDate(8, 0, 0)})
	if err != nil || !late.NotAfter.Equal(w.root.Certificate.NotAfter) {
		t.Errorf("an authority made late: %v, %v", late, err)
	}
	if _, err := ca.NewRoot(ca.AuthorityRequest{Name: ca.Name{CommonName: "x"}, Now: w.now}); err == nil {
		t.Error("a root without a key")
	}
}

// TestRequestIgnored holds that of a request for a person nothing is taken but
// the key (threat: a CSR that asks to be an authority, or a web server).
func TestRequestIgnored(t *testing.T) {
	w := newWorld(t, keys.P256, keys.P256)
	key := w.key(keys.P256)
	der, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "The Boss"}, DNSNames: []string{"intranet.example.org"},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 19}, Critical: true, Value: []byte{0x30, 0x03, 0x01, 0x01, 0xff}}},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := ca.ParseRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	_, r := w.leaf("Mary")
	r.Public = csr.PublicKey
	c, err := w.issuing.Issue(r)
	if err != nil {
		t.Fatal(err)
	}
	if c.IsCA || len(c.DNSNames) > 0 || c.Subject.CommonName != "Mary" {
		t.Errorf("the request got %v, CA %v, hosts %v", c.Subject, c.IsCA, c.DNSNames)
	}
}
