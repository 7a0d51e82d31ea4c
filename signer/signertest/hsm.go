package signertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// HSM is a SoftHSM2 of its own, in the test's temporary folder. Since SoftHSM2
// finds it through an environment variable, its tests cannot run in parallel.
type HSM struct {
	Module string // path of the PKCS#11 module
	tokens string // folder with one folder per token
}

// NewHSM makes an empty HSM. The test is skipped, or fails where CI=true, when
// SoftHSM2 or pkcs11-tool (opensc) is missing.
func NewHSM(tb testing.TB) *HSM {
	tb.Helper()
	Need(tb, "softhsm2-util", "pkcs11-tool")
	h := &HSM{Module: softHSM(tb), tokens: filepath.Join(tb.TempDir(), "tokens")}
	if err := os.Mkdir(h.tokens, 0o700); err != nil {
		tb.Fatal(err)
	}
	conf := "directories.tokendir = " + h.tokens + "\nobjectstore.backend = file\nlog.level = ERROR\n"
	tb.Setenv("SOFTHSM2_CONF", WriteFile(tb, "softhsm2.conf", []byte(conf)))
	return h
}

// softHSM finds the module: SOFTHSM2_MODULE, or where distributions put it.
func softHSM(tb testing.TB) string {
	tb.Helper()
	if path := os.Getenv("SOFTHSM2_MODULE"); path != "" {
		return path
	}
	for _, pattern := range []string{
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/*/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
		"/usr/lib64/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so",
		"/opt/homebrew/lib/softhsm/libsofthsm2.so",
	} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	Missing(tb, "the SoftHSM2 module (SOFTHSM2_MODULE names it)")
	return ""
}

// Token is a token of an HSM.
type Token struct {
	Module string
	Label  string
	Serial string
	Slot   string
	PIN    string
	SOPIN  string
	dir    string // its folder
	away   string // where the folder is while unplugged
}

var slotLine = regexp.MustCompile(`reassigned to slot (\d+)`)

// NewToken initialises a token with a label, which need not be unique.
func (h *HSM) NewToken(tb testing.TB, label string) *Token {
	tb.Helper()
	before := h.folders(tb)
	t := &Token{Module: h.Module, Label: label, PIN: "1234", SOPIN: "12345678"}
	out := Run(tb, "softhsm2-util", "--module", h.Module, "--init-token", "--free", "--label", label, "--pin", t.PIN, "--so-pin", t.SOPIN)
	m := slotLine.FindSubmatch(out)
	if m == nil {
		tb.Fatalf("softhsm2-util does not say the slot: %s", out)
	}
	t.Slot = string(m[1])
	for dir := range h.folders(tb) {
		if !before[dir] {
			t.dir = filepath.Join(h.tokens, dir)
		}
	}
	t.away = filepath.Join(tb.TempDir(), "unplugged")
	t.Serial = t.serial(tb)
	return t
}

func (h *HSM) folders(tb testing.TB) map[string]bool {
	tb.Helper()
	entries, err := os.ReadDir(h.tokens)
	if err != nil {
		tb.Fatal(err)
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	return names
}

// serial reads the serial number, which softhsm2-util shows slot by slot.
func (t *Token) serial(tb testing.TB) string {
	tb.Helper()
	out := string(Run(tb, "softhsm2-util", "--module", t.Module, "--show-slots"))
	_, slot, found := strings.Cut(out, "Slot "+t.Slot+"\n")
	if _, after, ok := strings.Cut(slot, "Serial number:"); found && ok {
		line, _, _ := strings.Cut(after, "\n")
		return strings.TrimSpace(line)
	}
	tb.Fatalf("softhsm2-util shows no serial number of slot %s: %s", t.Slot, out)
	return ""
}

// Put stores a private key, its public key and, when the identity has one, the
// certificate under one CKA_ID and label.
func (t *Token) Put(tb testing.TB, id []byte, label string, who *Identity) {
	tb.Helper()
	t.PutKey(tb, id, label, who)
	if who.Certificate != nil {
		t.PutCertificate(tb, id, label, who.Certificate)
	}
}

// PutKey stores a private key with its public key.
func (t *Token) PutKey(tb testing.TB, id []byte, label string, who *Identity) {
	tb.Helper()
	Run(tb, "softhsm2-util", "--module", t.Module, "--import", WriteFile(tb, "key.pem", who.KeyPEM(tb)),
		"--serial", t.Serial, "--pin", t.PIN, "--label", label, "--id", hex.EncodeToString(id), "--force")
}

// PutCertificate stores a certificate.
func (t *Token) PutCertificate(tb testing.TB, id []byte, label string, c *x509.Certificate) {
	tb.Helper()
	t.tool(tb, "--write-object", WriteFile(tb, "cert.der", c.Raw), "--type", "cert",
		"--id", hex.EncodeToString(id), "--label", label)
}

// Generate has the token make a key. With always the token asks for the PIN at
// each signature (CKA_ALWAYS_AUTHENTICATE).
func (t *Token) Generate(tb testing.TB, id []byte, label string, a Algorithm, always bool) crypto.PublicKey {
	tb.Helper()
	kinds := map[Algorithm]string{
		RSA2048: "rsa:2048", RSA3072: "rsa:3072", P256: "EC:prime256v1", "": "EC:prime256v1", P384: "EC:secp384r1", P521: "EC:secp521r1",
	}
	args := []string{"--keypairgen", "--key-type", kinds[a], "--usage-sign", "--id", hex.EncodeToString(id), "--label", label}
	if always {
		args = append(args, "--always-auth")
	}
	t.tool(tb, args...)
	return t.public(tb, id, a)
}

// public reads a public key. pkcs11-tool cannot give an elliptic one as a file
// (OpenSC 0.23 with OpenSSL 3), so its point is taken from the listing.
func (t *Token) public(tb testing.TB, id []byte, a Algorithm) crypto.PublicKey {
	tb.Helper()
	name := hex.EncodeToString(id)
	if a == RSA2048 || a == RSA3072 {
		out := filepath.Join(tb.TempDir(), "public.der")
		t.tool(tb, "--read-object", "--type", "pubkey", "--id", name, "--output-file", out)
		der, err := os.ReadFile(out)
		if err != nil {
			tb.Fatal(err)
		}
		public, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			tb.Fatal(err)
		}
		return public
	}
	// The listing is of all keys, in any order.
	var m []string
	for object := range strings.SplitSeq(string(t.tool(tb, "--list-objects", "--type", "pubkey")), "Public Key Object") {
		if id := idLine.FindStringSubmatch(object); id != nil && id[1] == name {
			m = pointLine.FindStringSubmatch(object)
		}
	}
	if m == nil {
		tb.Fatalf("pkcs11-tool shows no point of key %s", name)
	}
	curves := map[Algorithm]elliptic.Curve{P256: elliptic.P256(), "": elliptic.P256(), P384: elliptic.P384(), P521: elliptic.P521()}
	public, err := ecdsa.ParseUncompressedPublicKey(curves[a], unhex(tb, m[1]))
	if err != nil {
		tb.Fatalf("%v: %s", err, m[0])
	}
	return public
}

// pointLine is a point in its OCTET STRING, whose head is cut off.
var (
	pointLine = regexp.MustCompile(`EC_POINT:\s+04(?:81)?[0-9a-f]{2}(04[0-9a-f]+)`)
	idLine    = regexp.MustCompile(`\n\s+ID:\s+([0-9a-f]+)`)
)

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Delete removes an object: kind is cert, privkey or pubkey.
func (t *Token) Delete(tb testing.TB, kind string, id []byte) {
	tb.Helper()
	t.tool(tb, "--delete-object", "--type", kind, "--id", hex.EncodeToString(id))
}

// ChangePIN gives the token another PIN.
func (t *Token) ChangePIN(tb testing.TB, pin string) {
	tb.Helper()
	t.tool(tb, "--change-pin", "--new-pin", pin)
	t.PIN = pin
}

// Unplug takes the token away, as if pulled out of its port.
func (t *Token) Unplug(tb testing.TB) {
	tb.Helper()
	if err := os.Rename(t.dir, t.away); err != nil {
		tb.Fatal(err)
	}
}

// Plug puts the token back.
func (t *Token) Plug(tb testing.TB) {
	tb.Helper()
	if err := os.Rename(t.away, t.dir); err != nil {
		tb.Fatal(err)
	}
}

func (t *Token) tool(tb testing.TB, args ...string) []byte {
	tb.Helper()
	return Run(tb, "pkcs11-tool", append([]string{"--module", t.Module, "--slot", t.Slot, "--login", "--pin", t.PIN}, args...)...)
}
