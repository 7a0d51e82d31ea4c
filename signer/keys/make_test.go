//go:build cgo

package keys_test

import (
	"crypto"
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestGenerateKey makes a key of each kind on a token, requests a certificate
// for it, which openssl accepts, writes the issued one back and signs.
func TestGenerateKey(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	tokens := registry(t, token)
	for _, kind := range []keys.Kind{"", keys.P256, keys.P384, keys.RSA2048, keys.RSA3072, keys.RSA4096} {
		t.Run(string(kind), func(t *testing.T) {
			id, err := tokens.GenerateKey(t.Context(), token.Serial, keys.NewKey{Kind: kind, Label: "Mary Hill"})
			if err != nil || id.Token != token.Serial || len(id.ID) != 20 || id.Certificate != "" {
				t.Fatalf("%v: %+v", err, id)
			}
			entries := tokens.List(t.Context())[0].Entries
			at := slices.IndexFunc(entries, func(e keys.Entry) bool { return e.ID == id })
			if at < 0 || entries[at].Certificate != nil || !entries[at].HasKey || entries[at].Public == nil || entries[at].Usable() {
				t.Fatalf("listed as %+v", entries)
			}
			who := keys.Subject{CommonName: "Мария Хилл", Organization: "Camomile Ltd", Country: "DE", Email: "mary@camomile.example"}
			der, err := tokens.CertificateRequest(t.Context(), id, who)
			if err != nil {
				t.Fatal(err)
			}
			out := signertest.OpenSSL(t, "req", "-inform", "DER", "-in", signertest.WriteFile(t, "csr.der", der), "-noout", "-verify", "-subject", "-nameopt", "utf8,sep_comma_plus")
			if !strings.Contains(out, "CN=Мария Хилл") || !strings.Contains(out, "O=Camomile Ltd") || !strings.Contains(out, "C=DE") {
				t.Errorf("openssl reads %s", out)
			}
			csr, err := x509.ParseCertificateRequest(der)
			if err != nil || csr.CheckSignature() != nil || len(csr.EmailAddresses) != 1 {
				t.Fatalf("request: %v", err)
			}
			issued := ca.Issue(t, signertest.Leaf{Key: publicOnly{csr.PublicKey}}).Certificate
			for range 2 { // the second time it is there already
				got, err := tokens.ImportCertificate(t.Context(), token.Serial, issued.Raw)
				id.Certificate = keys.Fingerprint(issued.Raw)
				if err != nil || got != id {
					t.Fatalf("import: %v, %+v", err, got)
				}
			}
			key, err := tokens.Signer(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			value, err := key.Sign(nil, digestOf(crypto.SHA256), crypto.SHA256)
			if err != nil || !verify(issued.PublicKey, digestOf(crypto.SHA256), value, crypto.SHA256) {
				t.Errorf("sign: %v", err)
			}
		})
	}
	if n := len(tokens.List(t.Context())[0].Entries); n != 6 {
		t.Errorf("%d entries", n)
	}
	neverLeaves(t, token)
}

// neverLeaves holds that the token gives no private key away.
func neverLeaves(t *testing.T, token *signertest.Token) {
	t.Helper()
	out := string(signertest.Run(t, "pkcs11-tool", "--module", token.Module, "--slot", token.Slot, "--login", "--pin", token.PIN, "--list-objects", "--type", "privkey"))
	if keys, sealed := strings.Count(out, "Private Key Object"), strings.Count(out, "sensitive, always sensitive, never extractable"); keys == 0 || keys != sealed {
		t.Errorf("%d keys, %d never extractable:\n%s", keys, sealed, out)
	}
}

// TestMakeRefused is the table of requests and certificates that make no sense.
func TestMakeRefused(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	who := signertest.SelfSigned(t, signertest.Leaf{})
	token.PutKey(t, []byte{1}, "key", who)
	token.PutKey(t, []byte{2}, "twin", signertest.SelfSigned(t, signertest.Leaf{Algorithm: signertest.RSA2048}))
	token.PutKey(t, []byte{2}, "twin", signertest.SelfSigned(t, signertest.Leaf{Algorithm: signertest.RSA2048}))
	tokens := registry(t, token)
	request := func(id string) error {
		_, err := tokens.CertificateRequest(t.Context(), keys.KeyID{Token: token.Serial, ID: id}, keys.Subject{CommonName: "x"})
		return err
	}
	imported := func(der []byte) error {
		_, err := tokens.ImportCertificate(t.Context(), token.Serial, der)
		return err
	}
	_, odd := tokens.GenerateKey(t.Context(), token.Serial, keys.NewKey{Kind: "GOST"})
	_, away := tokens.GenerateKey(t.Context(), "beef", keys.NewKey{})
	for name, c := range map[string]struct{ got, want error }{
		"request for an unknown key": {request("ff"), keys.ErrKeyAbsent},
		"request for any key":        {request(""), keys.ErrKeyAbsent},
		"request for one of two":     {request("02"), keys.ErrKeyAmbiguous},
		"certificate of another key": {imported(signertest.SelfSigned(t, signertest.Leaf{}).Certificate.Raw), keys.ErrKeyMismatch},
		"no certificate":             {imported([]byte("text")), keys.ErrFormat},
		"curve of a stranger":        {imported(strangeCurve(t)), keys.ErrKeyUnsupported},
		"kind of a stranger":         {odd, keys.ErrKeyUnsupported},
		"another token":              {away, keys.ErrTokenAbsent},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if n := len(tokens.List(t.Context())[0].Entries); n != 3 {
		t.Errorf("%d entries: something was made", n)
	}
}

// strangeCurve is a certificate on a curve that readers of PAdES do not know.
func strangeCurve(t *testing.T) []byte {
	t.Helper()
	signertest.Need(t, "openssl")
	dir := t.TempDir()
	key, out := filepath.Join(dir, "key.pem"), filepath.Join(dir, "cert.der")
	signertest.Run(t, "openssl", "ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", key)
	signertest.Run(t, "openssl", "req", "-x509", "-new", "-key", key, "-subj", "/CN=odd", "-days", "30", "-outform", "DER", "-out", out)
	der, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestStrangeCurve holds that keys and certificates on unknown curves are listed
// with the reason why they cannot sign.
func TestStrangeCurve(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	signertest.Run(t, "pkcs11-tool", "--module", token.Module, "--slot", token.Slot, "--login", "--pin", token.PIN,
		"--keypairgen", "--key-type", "EC:secp256k1", "--usage-sign", "--id", "0b", "--label", "odd")
	put := exec.CommandContext(t.Context(), "pkcs11-tool", "--module", token.Module, "--slot", token.Slot, "--login", "--pin", token.PIN,
		"--write-object", signertest.WriteFile(t, "c.der", strangeCurve(t)), "--type", "cert", "--id", "0c", "--label", "odd certificate")
	if out, err := put.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	entries := registry(t, token).List(t.Context())[0].Entries
	if len(entries) != 2 {
		t.Fatalf("listed %+v", entries)
	}
	for _, e := range entries {
		if !errors.Is(e.Problem, keys.ErrKeyUnsupported) || e.Usable() {
			t.Errorf("%s: %v", e.Label, e.Problem)
		}
	}
}

// TestRSALimits holds that RSA keys from 2048 to 4096 bits may sign, and no
// others.
func TestRSALimits(t *testing.T) {
	token := signertest.NewHSM(t).NewToken(t, "office")
	for id, bits := range map[string]string{"01": "1024", "02": "2048", "03": "4096"} {
		signertest.Run(t, "pkcs11-tool", "--module", token.Module, "--slot", token.Slot, "--login", "--pin", token.PIN,
			"--keypairgen", "--key-type", "rsa:"+bits, "--usage-sign", "--id", id, "--label", bits)
	}
	for _, e := range registry(t, token).List(t.Context())[0].Entries {
		if got, want := errors.Is(e.Problem, keys.ErrKeyUnsupported), e.Label == "1024"; got != want {
			t.Errorf("%s bits: %v", e.Label, e.Problem)
		}
	}
}

// TestMakeInterrupted holds that a key is not made twice when the token fails
// meanwhile, and that one which came to be is shown.
func TestMakeInterrupted(t *testing.T) {
	token, module := faulty(t)
	tokens := registry(t, token)
	module.Set(t, "C_GenerateKeyPair 0x30")
	if _, err := tokens.GenerateKey(t.Context(), token.Serial, keys.NewKey{}); !errors.Is(err, keys.ErrToken) {
		t.Errorf("GenerateKey: %v", err)
	}
	if n := module.Count(t, "C_GenerateKeyPair"); n != 1 {
		t.Errorf("%d tries", n)
	}
	module.Set(t)
	var der []byte
	waitFor(t, "the token is back", func() (ok bool) {
		var err error
		der, err = tokens.CertificateRequest(t.Context(), keys.KeyID{Token: token.Serial, ID: "01"}, keys.Subject{CommonName: "x"})
		return err == nil
	})
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	issued := signertest.NewCA(t, signertest.CAOptions{}).Issue(t, signertest.Leaf{Key: publicOnly{csr.PublicKey}}).Certificate
	module.Set(t, "C_CreateObject 0x32")
	if _, err := tokens.ImportCertificate(t.Context(), token.Serial, issued.Raw); !errors.Is(err, keys.ErrTokenAbsent) {
		t.Errorf("ImportCertificate: %v", err)
	}
	module.Set(t)
	waitFor(t, "the certificate is written", func() bool {
		_, err := tokens.ImportCertificate(t.Context(), token.Serial, issued.Raw)
		return err == nil
	})
}

// TestKeyIDString holds that a name with empty parts reads as one.
func TestKeyIDString(t *testing.T) {
	for want, id := range map[string]keys.KeyID{
		"the key":                             {},
		"key 0a":                              {ID: "0a"},
		"the key of certificate f0":           {Certificate: "f0"},
		"the key on token 9":                  {Token: "9"},
		"key 0a of certificate f0":            {ID: "0a", Certificate: "f0"},
		"key 0a of certificate f0 on token 9": {Token: "9", ID: "0a", Certificate: "f0"},
	} {
		if got := id.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
