package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestGenerate holds that each kind of key signs, and survives PKCS#8 as openssl
// understands it.
func TestGenerate(t *testing.T) {
	for kind, want := range map[keys.Kind]string{
		"":           "prime256v1",
		keys.P256:    "prime256v1",
		keys.P384:    "secp384r1",
		keys.RSA2048: "2048 bit",
		keys.RSA3072: "3072 bit",
	} {
		t.Run(string(kind), func(t *testing.T) {
			key, err := keys.Generate(kind)
			if err != nil {
				t.Fatal(err)
			}
			der, err := key.PKCS8()
			if err != nil {
				t.Fatal(err)
			}
			out := signertest.OpenSSL(t, "pkey", "-inform", "DER", "-in", signertest.WriteFile(t, "key.der", der), "-noout", "-text")
			if !strings.Contains(out, want) {
				t.Errorf("openssl shows %.100q, want %s", out, want)
			}
			again, err := keys.ParsePKCS8(der)
			clear(der)
			if err != nil {
				t.Fatal(err)
			}
			digest := digestFor(crypto.SHA256)
			value, err := again.Sign(nil, digest, crypto.SHA256)
			if err != nil || !verifyAny(key.Public(), digest, value) {
				t.Errorf("does not verify (%v)", err)
			}
		})
	}
	if _, err := keys.Generate("DSA"); !errors.Is(err, keys.ErrKeyUnsupported) {
		t.Errorf("DSA: %v", err)
	}
}

func digestFor(h crypto.Hash) []byte {
	hash := h.New()
	hash.Write([]byte("content"))
	return hash.Sum(nil)
}

func verifyAny(public crypto.PublicKey, digest, value []byte) bool {
	if key, ok := public.(*rsa.PublicKey); ok {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, value) == nil
	}
	return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest, value)
}

// TestParsePKCS8Refuses is the table of keys that cannot sign documents.
func TestParsePKCS8Refuses(t *testing.T) {
	marshal := func(key any, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	for name, c := range map[string]struct {
		der  []byte
		want error
	}{
		"nothing":  {nil, keys.ErrFormat},
		"nonsense": {[]byte("not a key"), keys.ErrFormat},
		"RSA-1024": {marshal(rsa.GenerateKey(rand.Reader, 1024)), keys.ErrKeyUnsupported},
		"P-224":    {marshal(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)), keys.ErrKeyUnsupported},
		"Ed25519":  {marshal(edwards, err), keys.ErrKeyUnsupported},
	} {
		if _, err := keys.ParsePKCS8(c.der); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestReadPEM is the table of PEM files, as openssl writes them.
func TestReadPEM(t *testing.T) {
	openssl := func(args ...string) []byte { return []byte(signertest.OpenSSL(t, args...)) }
	who := signertest.SelfSigned(t, signertest.Leaf{})
	pkcs8 := who.KeyPEM(t)
	file := signertest.WriteFile(t, "key.pem", pkcs8)
	rsaFile := signertest.WriteFile(t, "rsa.pem", signertest.SelfSigned(t, signertest.Leaf{Algorithm: signertest.RSA2048}).KeyPEM(t))
	for name, c := range map[string]struct {
		pem  []byte
		want error
	}{
		"PKCS#8":                     {pkcs8, nil},
		"SEC 1":                      {openssl("ec", "-in", file), nil},
		"SEC 1 with parameters":      {openssl("ecparam", "-name", "prime256v1", "-genkey"), nil},
		"PKCS#1":                     {openssl("rsa", "-in", rsaFile, "-traditional"), nil},
		"certificate before the key": {append(who.CertificatePEM(), pkcs8...), nil},
		"text around":                {append([]byte("Bag Attributes\n  x: y\n"), append(pkcs8, "\nmore"...)...), nil},
		"encrypted PKCS#8":           {openssl("pkcs8", "-topk8", "-in", file, "-passout", "pass:x"), keys.ErrEncryptedPEM},
		"encrypted PKCS#1":           {openssl("rsa", "-in", rsaFile, "-traditional", "-aes128", "-passout", "pass:x"), keys.ErrEncryptedPEM},
		"two keys":                   {append(pkcs8, pkcs8...), keys.ErrSeveralKeys},
		"a certificate":              {who.CertificatePEM(), keys.ErrFormat},
		"nothing":                    {nil, keys.ErrFormat},
		"damaged":                    {bytes.Replace(pkcs8, []byte("MI"), []byte("AA"), 1), keys.ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			key, err := keys.ReadPEM(c.pem)
			if !errors.Is(err, c.want) || (key == nil) != (err != nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestImportPKCS12 is the table of PKCS#12 files, as openssl writes them, modern
// and legacy.
func TestImportPKCS12(t *testing.T) {
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := ca.Issue(t, signertest.Leaf{Algorithm: signertest.RSA2048})
	key, cert, _ := who.Files(t)
	chain := signertest.WriteFile(t, "chain.pem", signertest.CertificatesPEM(ca.Root.Certificate, ca.Issuing.Certificate))
	export := func(args ...string) []byte {
		out := filepath.Join(t.TempDir(), "a.p12")
		signertest.OpenSSL(t, append([]string{"pkcs12", "-export", "-out", out, "-passout", "pass:пароль", "-inkey", key, "-in", cert}, args...)...)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	modern := export("-certfile", chain)
	for name, c := range map[string]struct {
		data     []byte
		password string
		chain    int
		want     error
	}{
		"modern":            {modern, "пароль", 1, nil},
		"legacy, 3DES, RC2": {export("-certfile", chain, "-legacy"), "пароль", 1, nil},
		"3DES":              {export("-certfile", chain, "-descert", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"), "пароль", 1, nil},
		"without chain":     {export(), "пароль", 0, nil},
		"wrong password":    {modern, "other", 0, keys.ErrPassword},
		"empty password":    {modern, "", 0, keys.ErrPassword},
		"no certificate":    {export("-nocerts"), "пароль", 0, keys.ErrKeyAbsent},
		"no key":            {export("-nokeys"), "пароль", 0, keys.ErrKeyAbsent},
		"nothing":           {nil, "", 0, keys.ErrFormat},
		"PEM":               {who.KeyPEM(t), "", 0, keys.ErrFormat},
		"cut":               {modern[:len(modern)/2], "пароль", 0, keys.ErrFormat},
		"too large":         {make([]byte, 2<<20), "", 0, keys.ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := keys.ImportPKCS12(c.data, c.password)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil {
				if got != nil {
					t.Error("a result beside the error")
				}
				return
			}
			if !got.Certificate.Equal(who.Certificate) || !who.Key.Public().(*rsa.PublicKey).Equal(got.Key.Public()) || len(got.Chain) != c.chain {
				t.Errorf("got %v with a chain of %d", got.Certificate.Subject, len(got.Chain))
			}
		})
	}
}

// TestImportPKCS12SeveralKeys builds a file with two keys, which openssl does
// not: RFC 7292, without encryption or MAC.
func TestImportPKCS12SeveralKeys(t *testing.T) {
	type contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	marshal := func(v any) []byte {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	explicit := func(der []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der}
	}
	data := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	var bags []contentInfo
	for range 2 {
		key, err := keys.Generate(keys.P256)
		if err != nil {
			t.Fatal(err)
		}
		der, err := key.PKCS8()
		if err != nil {
			t.Fatal(err)
		}
		bags = append(bags, contentInfo{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 1}, explicit(der)})
	}
	safe := marshal([]contentInfo{{data, explicit(marshal(marshal(bags)))}})
	file := marshal(struct {
		Version  int
		AuthSafe contentInfo
	}{3, contentInfo{data, explicit(marshal(safe))}})
	if _, err := keys.ImportPKCS12(file, ""); !errors.Is(err, keys.ErrSeveralKeys) {
		t.Errorf("got %v", err)
	}
}

// TestSecretsStayHidden prints keys and PINs in every way there is.
func TestSecretsStayHidden(t *testing.T) {
	key, err := keys.Generate(keys.P256)
	if err != nil {
		t.Fatal(err)
	}
	der, err := key.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	secret := keys.NewPIN([]byte("31415926"))
	canaries := []string{"31415926", hex.EncodeToString([]byte("31415926")), "[51 49 52", hex.EncodeToString(der[40:60]), string(der[40:60])}
	holder := struct {
		Key *keys.SoftKey
		PIN keys.PIN
	}{key, secret}
	var out strings.Builder
	for _, v := range []any{key, *key, secret, &secret, holder, &holder, []any{key, secret}, map[string]any{"k": key, "p": secret}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "% x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		if text, err := json.Marshal(v); err == nil {
			out.Write(text)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	}
	for _, canary := range canaries {
		if strings.Contains(out.String(), canary) {
			t.Errorf("%q shows", canary)
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Error("nothing was redacted")
	}
}
