package keys_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

func request(t *testing.T, kind keys.Kind) keys.SelfSignedRequest {
	t.Helper()
	key, err := keys.Generate(kind)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	return keys.SelfSignedRequest{
		Key: key, CommonName: "Мария Иванова", GivenName: "Мария", Surname: "Иванова", Organization: "ООО «Пример»", Unit: "Legal",
		Country: "RU", SerialNumber: "42", Email: "mary@example.org", NotBefore: now, NotAfter: now.AddDate(1, 0, 0),
	}
}

// TestSelfSigned shows the certificate to openssl: it is for documents and mail
// and for nothing else.
func TestSelfSigned(t *testing.T) {
	for _, kind := range []keys.Kind{keys.P256, keys.P384, keys.RSA2048} {
		t.Run(string(kind), func(t *testing.T) {
			r := request(t, kind)
			der, err := keys.SelfSigned(r)
			if err != nil {
				t.Fatal(err)
			}
			file := signertest.WriteFile(t, "cert.pem", certificatePEM(t, der))
			out := signertest.OpenSSL(t, "x509", "-in", file, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus")
			for _, want := range []string{
				"CA:FALSE", "X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical", "Digital Signature, Non Repudiation\n",
				"1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.10.3.12", "1.2.840.113583.1.1.5", "E-mail Protection", "email:mary@example.org",
				"CN=Мария Иванова", "SN=Иванова", "GN=Мария", "O=ООО «Пример»", "OU=Legal", "C=RU", "serialNumber=42", "X509v3 Subject Key Identifier",
			} {
				if !strings.Contains(out, want) {
					t.Errorf("openssl does not show %q:\n%s", want, out)
				}
			}
			for purpose, want := range map[string]bool{"smimesign": true, "any": true, "sslserver": false, "sslclient": false, "timestampsign": false, "ocsphelper": true} {
				_, err := signertest.Try(t, "openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", file, "-purpose", purpose, file)
				if (err == nil) != want {
					t.Errorf("purpose %s: %v", purpose, err)
				}
			}
			c, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			// NSS, and with it pdfsig, wants a signer of mail.
			nss := "sql:" + signertest.NSS(t, c)
			signertest.Run(t, "certutil", "-V", "-d", nss, "-n", c.Subject.CommonName, "-u", "S", "-e")
			if c.SerialNumber.BitLen() != 159 || c.SerialNumber.Sign() <= 0 {
				t.Errorf("serial number of %d bits", c.SerialNumber.BitLen())
			}
			if got := r.NotBefore.Sub(c.NotBefore); got < 5*time.Minute || got > 6*time.Minute {
				t.Errorf("set back by %v", got)
			}
		})
	}
}

func certificatePEM(t *testing.T, der []byte) []byte {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signertest.CertificatesPEM(c)
}

// TestSelfSignedRefuses is the table of names and lives that are not allowed.
func TestSelfSignedRefuses(t *testing.T) {
	for name, change := range map[string]func(*keys.SelfSignedRequest){
		"no key":               func(r *keys.SelfSignedRequest) { r.Key = nil },
		"no name":              func(r *keys.SelfSignedRequest) { r.CommonName = "" },
		"control character":    func(r *keys.SelfSignedRequest) { r.CommonName = "Mary\x00Ivanova" },
		"line end":             func(r *keys.SelfSignedRequest) { r.Organization = "A\nB" },
		"right-to-left mark":   func(r *keys.SelfSignedRequest) { r.CommonName = "Mary\u202eavonavI" },
		"zero-width":           func(r *keys.SelfSignedRequest) { r.Surname = "Iva\u200bnova" },
		"not UTF-8":            func(r *keys.SelfSignedRequest) { r.GivenName = "\xff" },
		"too long":             func(r *keys.SelfSignedRequest) { r.CommonName = strings.Repeat("ж", 65) },
		"country of three":     func(r *keys.SelfSignedRequest) { r.Country = "RUS" },
		"country in small":     func(r *keys.SelfSignedRequest) { r.Country = "ru" },
		"no address":           func(r *keys.SelfSignedRequest) { r.Email = "mary" },
		"address with name":    func(r *keys.SelfSignedRequest) { r.Email = "Mary <mary@example.org>" },
		"address not in ASCII": func(r *keys.SelfSignedRequest) { r.Email = "мария@example.org" },
		"no life":              func(r *keys.SelfSignedRequest) { r.NotAfter = r.NotBefore },
		"three years":          func(r *keys.SelfSignedRequest) { r.NotAfter = r.NotBefore.AddDate(3, 0, 0) },
		"no beginning":         func(r *keys.SelfSignedRequest) { r.NotBefore = time.Time{} },
	} {
		r := request(t, keys.P256)
		change(&r)
		if der, err := keys.SelfSigned(r); err == nil || der != nil {
			t.Errorf("%s: accepted", name)
		}
	}
	r := request(t, keys.P256)
	r.CommonName, r.Email = strings.Repeat("ж", 64), ""
	if _, err := keys.SelfSigned(r); err != nil {
		t.Errorf("64 letters: %v", err)
	}
}
