package web_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/app/i18n"
	"signservice/app/keyring"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// tokened is a world with an empty token of Acme's, whose PIN nobody has typed
// yet, behind a module that misbehaves.
type tokened struct {
	*world
	token  *signertest.Token
	module *signertest.FaultModule
}

const typedPIN = "71352846"

func newTokened(t *testing.T) *tokened {
	t.Helper()
	hsm := signertest.NewHSM(t)
	w := &tokened{module: signertest.NewFaultModule(t, hsm), token: hsm.NewToken(t, "Board")}
	w.token.ChangePIN(t, typedPIN)
	latch := keys.NewFileLatch(t.TempDir())
	registry, err := keys.Open(keys.Config{Latch: latch, Tokens: []keys.TokenConfig{{
		Module: w.module.Path, Serial: w.token.Serial,
		PIN: func(ctx context.Context) (keys.PIN, error) { return keyring.TypedPIN(w.store, w.token.Serial)(ctx) },
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = registry.Close() })
	w.world = newWorldWith(t, registry, func(inner *world) {
		w.world, inner.latch, inner.rule.Typed = inner, latch, true
	})
	return w
}

// issue gives the certificate, in a file with its issuer, that an authority
// issues for a request.
func issue(t *testing.T, ca *signertest.CA, request []byte) (leaf *x509.Certificate, file []byte) {
	t.Helper()
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		t.Fatalf("no request: %s", request)
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || csr.CheckSignature() != nil {
		t.Fatalf("request: %v", err)
	}
	now := time.Now()
	leaf = ca.Issue(t, signertest.Leaf{Name: csr.Subject.CommonName, Key: elsewhere{csr.PublicKey}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(5, 0, 0)}).Certificate
	for _, c := range []*x509.Certificate{ca.Issuing.Certificate, leaf} {
		file = append(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return leaf, file
}

// elsewhere is a key whose private half is on a token.
type elsewhere struct{ public crypto.PublicKey }

func (e elsewhere) Public() crypto.PublicKey { return e.public }

func (elsewhere) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the private half is elsewhere")
}

// TestTokenPages is the life of a key on a token: the PIN is typed, the key
// made, its certificate requested, issued and written back, and a document
// signed with it. Another portal learns of none of it.
func TestTokenPages(t *testing.T) {
	w := newTokened(t)
	admin, stranger := w.settings(w.acme, w.acme.anna), w.settings(w.bolt, w.bolt.anna)
	serial := w.token.Serial
	list := func() string { return admin.ok("GET", "/api/admin/certificates", nil).field("html") }
	if html := list(); !strings.Contains(html, "The PIN of this token is missing. Type it here.") || !strings.Contains(html, "token/pin?token="+serial) {
		t.Fatalf("without a PIN: %s", html)
	}
	body := func(more ...string) object {
		o := object{"token": serial}
		for i := 0; i < len(more); i += 2 {
			o[more[i]] = more[i+1]
		}
		return o
	}
	for pin, key := range map[string]string{
		"": "token.pin-missing-typed", strings.Repeat("1", 65): "token.pin-long", "12\x0034": "token.pin-characters",
	} {
		admin.wants(admin.call("POST", "/api/admin/tokens/pin", body("pin", pin)), http.StatusUnprocessableEntity, key)
	}
	admin.wants(admin.call("POST", "/api/admin/tokens/pin", body("pin", "99999999")), http.StatusUnprocessableEntity, "token.pin-wrong")
	admin.wants(admin.call("POST", "/api/admin/tokens/pin", body("pin", "99999999")), http.StatusUnprocessableEntity, "token.pin-latched")
	admin.ok("GET", "/api/admin/certificates/token/pin?token="+serial, nil)
	if a := admin.ok("POST", "/api/admin/tokens/pin", body("pin", typedPIN)); a.field("notice") != "The token accepted the PIN." || !strings.Contains(a.field("html"), "PIN kept encrypted") {
		t.Fatalf("the right PIN: %s", a.text())
	}
	if n := w.module.Count(t, "C_Login"); n != 2 {
		t.Errorf("%d PINs were sent", n)
	}

	admin.ok("GET", "/api/admin/certificates/token/key?token="+serial, nil)
	admin.wants(admin.call("POST", "/api/admin/tokens/key", body("kind", "gost", "label", "x")), http.StatusUnprocessableEntity, "token.key-kind")
	admin.wants(admin.call("POST", "/api/admin/tokens/key", body("kind", "ecdsa-p256", "label", "")), http.StatusUnprocessableEntity, "token.label-missing")
	made := admin.ok("POST", "/api/admin/tokens/key", body("kind", "ecdsa-p256", "label", "Mary's key"))
	m := regexp.MustCompile(`name="key" value="([0-9a-f]{20})"`).FindStringSubmatch(made.field("html"))
	if m == nil {
		t.Fatalf("made: %s", made.text())
	}
	key := m[1]
	if html := list(); !strings.Contains(html, "Key without a certificate") || !strings.Contains(html, "Mary&#39;s key") || !strings.Contains(html, "ECDSA P-256") {
		t.Errorf("the key is not listed: %s", html)
	}

	admin.ok("GET", "/api/admin/certificates/token/request?token="+serial+"&key="+key, nil)
	admin.wants(admin.call("GET", "/api/admin/certificates/token/request?token="+serial+"&key=ff", nil), http.StatusNotFound, "token.key-unknown")
	for message, in := range map[string]object{
		"certificate.name-missing": body("key", key, "name", ""),
		"token.country-wrong":      body("key", key, "name", "Mary", "country", "Germany"),
		"token.email-wrong":        body("key", key, "name", "Mary", "email", "Mary <mary@acme.example>"),
	} {
		admin.wants(admin.call("POST", "/api/admin/tokens/request", in), http.StatusUnprocessableEntity, message)
	}
	admin.wants(admin.call("POST", "/api/admin/tokens/request", body("key", "ff", "name", "Mary")), http.StatusNotFound, "token.key-unknown")
	shown := admin.ok("POST", "/api/admin/tokens/request", body("key", key, "name", "Мария Иванова", "country", "de", "email", "mary@acme.example"))
	if !strings.Contains(shown.field("html"), "BEGIN CERTIFICATE REQUEST") {
		t.Errorf("request: %s", shown.text())
	}
	query := url.Values{"token": {serial}, "key": {key}, "name": {"Мария Иванова"}}
	file := admin.ok("GET", "/api/admin/tokens/request?"+query.Encode(), nil)
	if file.header.Get("Content-Type") != "application/pkcs10" || !strings.Contains(file.header.Get("Content-Disposition"), "request-"+key+".csr") {
		t.Errorf("headers %v", file.header)
	}

	ca := signertest.NewCA(t, signertest.CAOptions{})
	leaf, issued := issue(t, ca, file.body)
	send := func(p *page, data []byte) *answer {
		return p.call("POST", "/api/admin/tokens/certificate", body("file", base64.StdEncoding.EncodeToString(data)))
	}
	admin.ok("GET", "/api/admin/certificates/token/certificate?token="+serial, nil)
	admin.wants(send(admin, []byte("text")), http.StatusUnprocessableEntity, "token.certificate-unreadable")
	admin.wants(send(admin, signertest.SelfSigned(t, signertest.Leaf{}).Certificate.Raw), http.StatusUnprocessableEntity, "token.certificate-unrelated")
	written := send(admin, issued)
	if written.code != http.StatusOK || written.field("notice") != "The certificate is on the token and in use." {
		t.Fatalf("written: %s", written.text())
	}
	admin.wants(send(admin, issued), http.StatusConflict, "certificate.exists")
	kept, err := w.store.Certificates(t.Context(), w.acme.id())
	if err != nil || len(kept) != 1 || len(kept[0].Chain) != 1 || kept[0].TokenSerial != serial || string(kept[0].ID) != keys.Fingerprint(leaf.Raw) {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	w.signedWith(t, admin, string(kept[0].ID))
	w.hidden(t, stranger, key, issued)
	for what, text := range map[string]string{
		"log": w.log.String(), "journal": admin.ok("GET", "/api/admin/journal", nil).text(), "certificates": list(),
	} {
		if strings.Contains(text, typedPIN) || strings.Contains(text, "99999999") {
			t.Errorf("a PIN is in the %s", what)
		}
	}
	for _, want := range []string{"PIN of a token typed", "Key made on a token", "Certificate written onto a token"} {
		if journal := admin.ok("GET", "/api/admin/journal", nil).field("html"); !strings.Contains(journal, want) {
			t.Errorf("the journal lacks %q", want)
		}
	}
}

// signedWith has Mary sign a document with a certificate.
func (w *tokened) signedWith(t *testing.T, admin *page, id string) {
	t.Helper()
	admin.account(w.acme.mary, "mary")
	phone := w.bind(w.acme, admin, w.acme.mary)
	admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": id, "assigned": true})
	w.acme.PutFile(w.acme.deal, w.acme.field, "a.pdf", signertest.PDF{}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, id, phone.code()))
	if done := tab.settled(request); done.field("screen") != "done" {
		t.Fatalf("at the end: %s\n%s", done.text(), w.log)
	}
}

// hidden holds that the administrator of another portal learns nothing of the
// token, and gets the answers that one gets about a token which there is not.
func (w *tokened) hidden(t *testing.T, stranger *page, key string, issued []byte) {
	t.Helper()
	for _, page := range []string{"/api/admin/certificates", "/api/admin/overview", "/api/admin/journal"} {
		if text := stranger.ok("GET", page, nil).text(); strings.Contains(text, w.token.Serial) || strings.Contains(text, "Board") {
			t.Errorf("%s tells another portal of the token", page)
		}
	}
	for _, serial := range []string{w.token.Serial, "no such token"} {
		query := url.Values{"token": {serial}, "key": {key}, "name": {"x"}}.Encode()
		for _, c := range []struct {
			method, path string
			body         object
		}{
			{"GET", "/api/admin/certificates/token/pin?" + query, nil},
			{"GET", "/api/admin/certificates/token/key?" + query, nil},
			{"GET", "/api/admin/certificates/token/request?" + query, nil},
			{"GET", "/api/admin/certificates/token/certificate?" + query, nil},
			{"GET", "/api/admin/tokens/request?" + query, nil},
			{"POST", "/api/admin/tokens/pin", object{"token": serial, "pin": "1111"}},
			{"POST", "/api/admin/tokens/pin/allow", object{"token": serial}},
			{"POST", "/api/admin/tokens/key", object{"token": serial, "kind": "ecdsa-p256", "label": "x"}},
			{"POST", "/api/admin/tokens/request", object{"token": serial, "key": key, "name": "x"}},
			{"POST", "/api/admin/tokens/certificate", object{"token": serial, "file": base64.StdEncoding.EncodeToString(issued)}},
		} {
			var body any = c.body
			stranger.wants(stranger.call(c.method, c.path, body), http.StatusNotFound, "token.unknown")
		}
		stranger.wants(stranger.call("POST", "/api/admin/tokens", object{"token": serial, "key": key, "certificate": strings.Repeat("a", 64)}), http.StatusNotFound, "certificate.unknown")
	}
}

// pause lets a moment pass, and two seconds of the service's clock.
func (w *tokened) pause() {
	time.Sleep(50 * time.Millisecond)
	w.clock.forward(2 * time.Second)
}

// TestTokenFaults is the table of what is told of a token that does not work, in
// four languages, and of the one fault that a person can lift.
func TestTokenFaults(t *testing.T) {
	w := newTokened(t)
	admin := w.settings(w.acme, w.acme.anna)
	for _, c := range []struct {
		faults []string
		wrong  int
		key    string
	}{
		{nil, 0, "token.pin-untyped"},
		{[]string{"no-slot"}, 0, "token.absent"},
		{[]string{"absent"}, 0, "token.absent"},
		{[]string{"uninitialised"}, 0, "token.unready"},
		{[]string{"no-pin"}, 0, "token.unready"},
		{[]string{"tries 3"}, 2, "token.pin-final"},
		{[]string{"tries 3"}, 3, "token.pin-locked"},
	} {
		w.module.Set(t, c.faults...)
		w.module.SetWrongPINs(t, c.wrong)
		admin = w.settings(w.acme, w.acme.anna)
		w.until(c.key, func() bool { // a token rests after a failure, and pages must not call too often
			w.pause()
			html := admin.ok("GET", "/api/admin/certificates", nil).field("html")
			state := admin.ok("GET", "/api/admin/overview", nil).field("html")
			text := i18n.For("en").T(c.key)
			return strings.Contains(html, text) && strings.Contains(state, text)
		})
		seen := map[string]bool{}
		for _, language := range []string{"en", "ru", "de", "es"} {
			seen[i18n.For(language).T(c.key)] = true
		}
		if len(seen) != 4 || seen[c.key] {
			t.Errorf("%s: %v", c.key, seen)
		}
	}
	w.module.Set(t, "C_Login 0x05")
	w.module.SetWrongPINs(t, 0)
	admin = w.settings(w.acme, w.acme.anna)
	w.until("a login without an answer", func() bool {
		w.pause()
		a := admin.call("POST", "/api/admin/tokens/pin", object{"token": w.token.Serial, "pin": typedPIN})
		return a.code == http.StatusServiceUnavailable && strings.Contains(a.text(), "token.failed") || w.module.Count(t, "C_Login") == 1
	})
	w.module.Set(t)
	w.until("leave to send the PIN once more", func() bool {
		w.pause()
		return strings.Contains(admin.ok("GET", "/api/admin/certificates", nil).field("html"), "/api/admin/tokens/pin/allow")
	})
	if n := w.module.Count(t, "C_Login"); n != 1 {
		t.Errorf("%d PINs were sent", n)
	}
	a := admin.ok("POST", "/api/admin/tokens/pin/allow", object{"token": w.token.Serial})
	if a.field("notice") != "The token accepted the PIN." || !strings.Contains(admin.ok("GET", "/api/admin/journal", nil).field("html"), "PIN of a token allowed once more") {
		t.Errorf("allowed: %s", a.text())
	}
}

// TestTokenBrowser does in Chromium what an administrator does with a new token.
func TestTokenBrowser(t *testing.T) {
	w := newTokened(t)
	b := newBrowser(w.world)
	s := b.openSettings(w.acme, w.acme.anna)
	b.in(s, chromedp.Click(css("[data-section=certificates]")), chromedp.WaitVisible(css(".token")))
	b.in(s, chromedp.Click(css(`[data-get*="token/pin"]`)), chromedp.WaitVisible(css("#pin")))
	b.expect("422")
	b.in(s, chromedp.SendKeys(css("#pin"), "99999999"), chromedp.Click(css("[type=submit]")))
	b.until("the refusal of the PIN", func() bool { return strings.Contains(b.text(s, "#pin-error"), "refused this PIN") })
	b.shot(b.ctx, "pin")
	b.in(s, chromedp.SetValue(css("#pin"), typedPIN), chromedp.Click(css("[type=submit]")))
	b.in(s, chromedp.WaitVisible(css(`[data-get*="token/key"]`)), chromedp.Click(css(`[data-get*="token/key"]`)), chromedp.WaitVisible(css("#label")))
	b.in(s, chromedp.SendKeys(css("#label"), "Mary"), chromedp.Click(css("[type=submit]")), chromedp.WaitVisible(css("#organisation")))
	b.in(s, chromedp.SendKeys(css("#organisation"), "Acme"), chromedp.Click(css("[type=submit]")), chromedp.WaitVisible(css("textarea")))
	request := eval[string](b, s, `document.querySelector("textarea").value`)
	b.shot(b.ctx, "request")
	_, issued := issue(t, signertest.NewCA(t, signertest.CAOptions{}), []byte(request))
	name := signertest.WriteFile(t, "mary.pem", issued)
	if err := os.Chmod(name, 0o644); err != nil {
		t.Fatal(err)
	}
	b.in(s, chromedp.Click(css(`[data-get*="token/certificate"]`)), chromedp.WaitVisible(css("#file")))
	b.in(s, chromedp.SetUploadFiles(css("#file"), []string{name}), chromedp.Click(css("[type=submit]")))
	b.in(s, chromedp.WaitVisible(css(".token .badge-good")))
	b.shot(b.ctx, "done")
}
