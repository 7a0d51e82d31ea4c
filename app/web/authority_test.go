package web_test

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"signservice/signer"
	"signservice/signer/ca"
	"signservice/signer/revocation"
	"signservice/signer/signertest"
)

// answeredFile is the file that a call's answer brings.
func (a *answer) file(t *testing.T) (name string, data []byte) {
	t.Helper()
	var part struct {
		File     []byte `json:"file"`
		FileName string `json:"fileName"`
	}
	if err := json.Unmarshal(a.body, &part); err != nil || len(part.File) == 0 {
		t.Fatalf("no file in %s", a.text())
	}
	return part.FileName, part.File
}

var (
	rootIn   = regexp.MustCompile(`/api/admin/authority/roots/([0-9a-f]{16})/kit`)
	issuedIn = regexp.MustCompile(`/api/admin/authority/issued/[0-9a-f]{16}/[0-9a-f]+/revoke`)
)

// authority has the administrator create one, and issue a certificate to Mary,
// who has an account.
func authority(t *testing.T) (w *world, admin *page, root, certificate string) {
	t.Helper()
	w = newWorld(t)
	admin = w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	made := admin.ok("POST", "/api/admin/authority", object{"organisation": "Acme", "country": "DE", "key": "ecdsa"})
	m := rootIn.FindStringSubmatch(made.field("html"))
	if m == nil {
		t.Fatalf("no root in %s", made.text())
	}
	issued := admin.ok("POST", "/api/admin/authority/issue", object{"user": itoa(w.acme.mary), "name": "", "years": "1", "key": "ecdsa-p256", "request": ""})
	path := issuedIn.FindString(issued.field("html"))
	if path == "" {
		t.Fatalf("no certificate in %s", issued.text())
	}
	return w, admin, m[1], strings.TrimSuffix(path, "/revoke")
}

func shows(t *testing.T, a *answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.field("html"), text) {
			t.Errorf("no %q in %s", text, a.field("html"))
		}
	}
}

// TestAuthorityPages creates an authority, issues, renews and revokes.
func TestAuthorityPages(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	shows(t, admin.ok("GET", "/api/admin/authority", nil), "No authority yet", "/api/admin/authority/new")
	shows(t, admin.ok("GET", "/api/admin/authority/new", nil), `name="organisation"`, "ECDSA (recommended)")
	for name, p := range map[string]struct {
		form       object
		key, field string
	}{
		"no name":           {object{"organisation": "", "country": "", "key": "ecdsa"}, "authority.organisation-missing", "organisation"},
		"control character": {object{"organisation": "Acme\a", "country": "", "key": "ecdsa"}, "authority.organisation-characters", "organisation"},
		"country":           {object{"organisation": "Acme", "country": "Germany", "key": "ecdsa"}, "authority.country-wrong", "country"},
		"key":               {object{"organisation": "Acme", "country": "", "key": "x"}, "certificate.kind-unknown", "key"},
	} {
		a := admin.call("POST", "/api/admin/authority", p.form)
		admin.wants(a, http.StatusUnprocessableEntity, p.key)
		if a.field("field") != p.field {
			t.Errorf("%s is about %q", name, a.field("field"))
		}
	}
	made := admin.ok("POST", "/api/admin/authority", object{"organisation": "Acme", "country": "", "key": "ecdsa"})
	shows(t, made, "Acme Root CA", "Acme CA 1", "Issues now", "The root key is still on this server", "Nothing issued yet")
	shows(t, admin.ok("GET", "/api/admin/authority/issue", nil), "No accounts yet")
	admin.account(w.acme.mary, "mary")
	shows(t, admin.ok("GET", "/api/admin/authority/issue", nil), "Мария Иванова (mary)")
	issue := object{"user": itoa(w.acme.mary), "name": "", "years": "1", "key": "ecdsa-p256", "request": ""}
	issued := admin.ok("POST", "/api/admin/authority/issue", issue)
	shows(t, issued, "Мария Иванова")
	shows(t, admin.ok("GET", "/api/admin/certificates", nil), "Мария Иванова", "Issued by Acme CA 1")
	path := strings.TrimSuffix(issuedIn.FindString(issued.field("html")), "/revoke")
	renewed := admin.ok("POST", path+"/renew", object{})
	shows(t, renewed, "Renewed")
	shows(t, admin.ok("GET", path+"/revoke", nil), "Revoke the certificate of Мария Иванова", "The key was stolen or lost")
	shows(t, admin.ok("POST", path+"/revoke", object{"reason": "1"}), "Revoked", "The key was stolen or lost")
	admin.wants(admin.call("POST", path+"/revoke", object{"reason": "1"}), http.StatusConflict, "authority.already-revoked")
	admin.wants(admin.call("POST", path+"/revoke", object{"reason": "x"}), http.StatusUnprocessableEntity, "authority.reason-wrong")
	if a := admin.ok("GET", path+"/file", nil); !strings.HasPrefix(a.text(), "-----BEGIN CERTIFICATE-----") || !strings.Contains(a.header.Get("Content-Disposition"), ".pem") {
		t.Errorf("the certificate's file: %v %s", a.header, a.text())
	}
	shows(t, admin.ok("GET", "/api/admin/journal", nil), "Internal CA created", "Certificate issued by the internal CA", "Certificate revoked", "The key was stolen or lost")
	for _, path := range []string{
		"/api/admin/authority/issued/0000000000000000/1/file", "/api/admin/authority/issued/x/1/file", "/api/admin/authority/issued/0000000000000000/..%2f/file",
		"/api/admin/authority/issuers/0000000000000000/request", "/api/admin/authority/roots/x/export",
	} {
		if a := admin.call("GET", path, nil); a.code != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.code, a.text())
		}
	}
	theirs := w.settings(w.bolt, w.bolt.anna)
	if text := theirs.ok("GET", "/api/admin/authority", nil).text(); strings.Contains(text, "Acme") {
		t.Errorf("another company sees %s", text)
	}
	if a := theirs.call("POST", path+"/revoke", object{"reason": "1"}); a.code != http.StatusNotFound {
		t.Errorf("another company revokes: %d", a.code)
	}
}

// TestRootPages exports the root's key, removes it, and brings back what a
// ceremony elsewhere has made.
func TestRootPages(t *testing.T) {
	w, admin, root, _ := authority(t)
	base := "/api/admin/authority/roots/" + root
	shows(t, admin.ok("GET", base+"/export", nil), `name="password"`, `name="repeat"`)
	const password = "correct horse 42"
	admin.wants(admin.call("POST", base+"/export", object{"password": password, "repeat": "x"}), http.StatusUnprocessableEntity, "authority.password-differs")
	admin.wants(admin.call("POST", base+"/export", object{"password": "x", "repeat": "x"}), http.StatusUnprocessableEntity, "authority.password-weak")
	name, file := admin.ok("POST", base+"/export", object{"password": password, "repeat": password}).file(t)
	opened, err := ca.OpenRoot(file, password)
	if err != nil || name != "root-acme-root-ca.p12" {
		t.Fatalf("%s: %v", name, err)
	}
	shows(t, admin.ok("GET", base+"/remove", nil), `type="file"`)
	admin.wants(admin.call("POST", base+"/remove", object{"file": file, "password": "wrong password 1"}), http.StatusUnprocessableEntity, "authority.file-other")
	shows(t, admin.ok("POST", base+"/remove", object{"file": file, "password": password}), "Removed from this server")
	waiting := admin.ok("POST", base+"/next", object{})
	shows(t, waiting, "Waits for its root", "Acme CA 2")
	request := regexp.MustCompile(`/api/admin/authority/issuers/[0-9a-f]{16}/request`).FindString(waiting.field("html"))
	csr, err := ca.ParseRequest(admin.ok("GET", request, nil).body)
	if err != nil {
		t.Fatal(err)
	}
	called, err := ca.RequestedName(csr)
	if err != nil {
		t.Fatal(err)
	}
	c, err := opened.IssueAuthority(ca.AuthorityRequest{Public: csr.PublicKey, Name: called, Now: w.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	bring := strings.TrimSuffix(request, "/request") + "/certificate"
	admin.wants(admin.call("POST", bring, object{"file": []byte("x")}), http.StatusUnprocessableEntity, "authority.certificate-bad")
	shows(t, admin.ok("POST", bring, object{"file": signertest.CertificatesPEM(c)}), "Acme CA 2", "Issues no more")
	list, err := opened.RevocationList(w.get("/ca/"+root+"/list.crl").body, nil, w.clock.Now(), ca.RootListLife)
	if err != nil {
		t.Fatal(err)
	}
	shows(t, admin.ok("POST", base+"/list", object{"file": list}), "No. 2")
	if got := w.get("/ca/" + root + "/list.crl"); !bytes.Equal(got.body, list) {
		t.Error("the list is not given")
	}
	for _, hidden := range []string{password, base64.StdEncoding.EncodeToString(file[:60])} {
		if strings.Contains(w.log.String(), hidden) {
			t.Error("the password or the root's key is in the log")
		}
	}
}

// TestTrustKitFile has the kit in the administrator's language, with a document
// that pdfsig trusts after the kit's own commands for Linux.
func TestTrustKitFile(t *testing.T) {
	w, admin, root, _ := authority(t)
	name, data := admin.ok("POST", "/api/admin/authority/roots/"+root+"/kit", object{}).file(t)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || !strings.HasSuffix(name, ".zip") {
		t.Fatalf("%s: %v", name, err)
	}
	files := map[string]bool{}
	for _, f := range z.File {
		files[f.Name] = true
	}
	for _, want := range []string{"README.txt", "root.cer", "root.pem", "issuing.cer", "test.pdf", "windows/publish-to-domain.cmd", "linux/trust.sh"} {
		if !files[want] {
			t.Errorf("the kit has no %s", want)
		}
	}
	if issued := admin.ok("GET", "/api/admin/authority", nil); !strings.Contains(issued.field("html"), "Test document of a trust kit") {
		t.Errorf("the kit's certificate is not listed: %s", issued.text())
	}
	_ = w
}

// TestPublicAuthority fetches what stands in a certificate as strangers do.
func TestPublicAuthority(t *testing.T) {
	w, admin, _, path := authority(t)
	chain := admin.ok("GET", path+"/file", nil).body
	leaf, issuer := parsePEM(t, chain)
	at := func(address string) string {
		t.Helper()
		u, err := url.Parse(address)
		if err != nil || !strings.HasPrefix(address, w.base+"/ca/") {
			t.Fatalf("address %q, %v", address, err)
		}
		return u.Path
	}
	cer := w.get(at(leaf.IssuingCertificateURL[0]))
	if !bytes.Equal(cer.body, issuer.Raw) || cer.header.Get("Content-Type") != "application/pkix-cert" {
		t.Errorf("the issuer's certificate: %v", cer.header)
	}
	crl := w.get(at(leaf.CRLDistributionPoints[0]))
	if s, err := revocation.ReadCRL(crl.body, leaf, issuer); err != nil || s.Revoked || crl.header.Get("Content-Type") != "application/pkix-crl" {
		t.Errorf("the list: %+v, %v, %v", s, err, crl.header)
	}
	if again := w.get(at(leaf.CRLDistributionPoints[0]), "If-None-Match", crl.header.Get("ETag")); again.code != http.StatusNotModified || len(again.body) > 0 {
		t.Errorf("the list again: %d", again.code)
	}
	for _, a := range []*answer{cer, crl} {
		if a.header.Get("Set-Cookie") != "" || !strings.HasPrefix(a.header.Get("Cache-Control"), "public") {
			t.Errorf("headers %v", a.header)
		}
	}
	responder := at(leaf.OCSPServer[0])
	w.responds(responder, leaf, issuer, false)
	admin.ok("POST", path+"/revoke", object{"reason": "3"})
	w.responds(responder, leaf, issuer, true)
	if s, err := revocation.ReadCRL(w.get(at(leaf.CRLDistributionPoints[0])).body, leaf, issuer); err != nil || !s.Revoked {
		t.Errorf("the list does not have it at once: %+v, %v", s, err)
	}
	w.badOCSP(responder)
	w.openSSLAsks(leaf, issuer)
}

// responds asks the responder both ways.
func (w *world) responds(path string, leaf, issuer *x509.Certificate, revoked bool) {
	w.t.Helper()
	request, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	post := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(request))
	post.Header.Set("Content-Type", "application/ocsp-request")
	raw := base64.StdEncoding.EncodeToString(request)
	for way, a := range map[string]*answer{
		"POST":                 w.serve(post),
		"GET, escaped":         w.get(path + "/" + url.PathEscape(raw)),
		"GET, all escaped":     w.get(path + "/" + strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(raw)),
		"GET, slashes as is":   w.get(path + "/" + strings.NewReplacer("+", "%2B", "=", "%3D").Replace(raw)),
		"GET, nothing escaped": w.get(path + "/" + raw),
	} {
		s, err := revocation.ReadOCSP(a.body, leaf, issuer)
		if err != nil || s.Revoked != revoked || a.code != http.StatusOK || a.header.Get("Content-Type") != "application/ocsp-response" {
			w.t.Errorf("%s: %d %+v, %v", way, a.code, s, err)
		}
		if kept := a.header.Get("Cache-Control"); (way == "POST") != (kept == "no-store") {
			w.t.Errorf("%s may be kept: %q", way, kept)
		}
	}
}

// badOCSP asks what is no question.
func (w *world) badOCSP(path string) {
	w.t.Helper()
	for _, a := range []*answer{w.get(path + "/!!!"), w.get(path + "/")} {
		if a.code != http.StatusOK || !bytes.Equal(a.body, ca.OCSPMalformed()) {
			w.t.Errorf("nonsense: %d %x", a.code, a.body)
		}
	}
	if a := w.get(path + "/" + strings.Repeat("A", 5000)); a.code != http.StatusRequestEntityTooLarge {
		w.t.Errorf("a long question: %d", a.code)
	}
	long := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(make([]byte, 5000)))
	long.Header.Set("Content-Type", "application/ocsp-request")
	if a := w.serve(long); a.code != http.StatusRequestEntityTooLarge {
		w.t.Errorf("a long question in the body: %d", a.code)
	}
	form := httptest.NewRequest(http.MethodPost, path, strings.NewReader("a=b"))
	if a := w.serve(form); a.code != http.StatusUnsupportedMediaType {
		w.t.Errorf("a form: %d", a.code)
	}
	for _, path := range []string{"/ca/0000000000000000/ca.cer", "/ca/x/list.crl", "/ca/0000000000000000/ocsp/MA==", "/ca/", "/ca/0000000000000000/../x"} {
		if a := w.get(path); a.code != http.StatusNotFound {
			w.t.Errorf("%s: %d", path, a.code)
		}
	}
}

// openSSLAsks has openssl ask the served responder about a revoked certificate.
func (w *world) openSSLAsks(leaf, issuer *x509.Certificate) {
	w.t.Helper()
	issuerFile := signertest.WriteFile(w.t, "issuer.pem", signertest.CertificatesPEM(issuer))
	leafFile := signertest.WriteFile(w.t, "leaf.pem", signertest.CertificatesPEM(leaf))
	out := signertest.OpenSSL(w.t, "ocsp", "-url", leaf.OCSPServer[0], "-issuer", issuerFile, "-cert", leafFile, "-CAfile", issuerFile, "-partial_chain",
		"-validity_period", itoa(10*366*24*3600)) // the test's clock is not the machine's
	if !strings.Contains(out, leafFile+": revoked") || !strings.Contains(out, "affiliationChanged") {
		w.t.Errorf("openssl says %s", out)
	}
}

func parsePEM(t *testing.T, file []byte) (leaf, issuer *x509.Certificate) {
	t.Helper()
	var list []*x509.Certificate
	for _, block := range strings.SplitAfter(string(file), "-----END CERTIFICATE-----\n") {
		der, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-----BEGIN CERTIFICATE-----", "", "-----END CERTIFICATE-----", "", "\n", "").Replace(block))
		if err != nil {
			t.Fatal(err)
		}
		if len(der) == 0 {
			continue
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	if len(list) != 2 {
		t.Fatalf("%d certificates in the file", len(list))
	}
	return list[0], list[1]
}

// TestSignWithIssued signs a document with a certificate of the authority: the
// chain is in the file, which verifies against the root, and not after the
// certificate was revoked.
func TestSignWithIssued(t *testing.T) {
	w, admin, root, path := authority(t)
	phone := w.bind(w.acme, admin, w.acme.mary)
	certificates, err := w.store.Certificates(t.Context(), w.acme.id())
	if err != nil || len(certificates) != 1 {
		t.Fatalf("certificates %v, %v", certificates, err)
	}
	w.acme.PutFile(w.acme.deal, w.acme.field, "contract.pdf", signertest.PDF{}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, string(certificates[0].ID), phone.code()))
	tab.settled(request)
	file := tab.ok("GET", "/api/sign/requests/"+request+"/signed", nil).body
	trusted, err := x509.ParseCertificate(w.get("/ca/" + root + "/ca.cer").body)
	if err != nil {
		t.Fatal(err)
	}
	report, err := signer.Verify(t.Context(), bytes.NewReader(file), int64(len(file)), signer.VerifyOptions{Roots: []*x509.Certificate{trusted}, Now: w.clock.Now()})
	if err != nil || !report.Good(true) {
		t.Errorf("the signed file: %+v, %v", report, err)
	}
	admin.ok("POST", path+"/revoke", object{"reason": "1"})
	w.acme.PutFile(w.acme.deal, w.acme.field, "next.pdf", signertest.PDF{}.Bytes())
	w.clock.forward(time.Minute)
	tab = w.tab(w.acme, w.acme.mary)
	refused := tab.call("POST", "/api/sign/orders", order(tab.open(), string(certificates[0].ID), phone.code()))
	tab.wants(refused, http.StatusForbidden, "certificate.revoked")
	if c, err := w.store.Certificate(t.Context(), w.acme.id(), certificates[0].ID); err != nil || c.Usable(w.clock.Now()) != "certificate.revoked" {
		t.Errorf("the certificate: %v, %v", c.Usable(w.clock.Now()), err)
	}
}

// TestManyIssued finds one of many certificates, and leads through the pages.
func TestManyIssued(t *testing.T) {
	w, admin, _, _ := authority(t)
	for n := range 26 {
		admin.ok("POST", "/api/admin/authority/issue", object{"user": itoa(w.acme.mary), "name": "Person z" + string(rune('a'+n)), "years": "1", "key": "ecdsa-p256", "request": ""})
	}
	first := admin.ok("GET", "/api/admin/authority", nil)
	shows(t, first, "page=2", `name="find"`)
	if rows := strings.Count(first.field("html"), "/revoke"); rows < 25 || rows > 27 {
		t.Errorf("%d rows on the first page", rows)
	}
	shows(t, admin.ok("GET", "/api/admin/authority?page=2", nil), "page=1")
	found := admin.ok("GET", "/api/admin/authority?find=person+zq", nil)
	if rows := strings.Count(found.field("html"), "issued/"); !strings.Contains(found.field("html"), "Person zq") || rows != 3 {
		t.Errorf("found %d: %s", rows, found.field("html"))
	}
	shows(t, admin.ok("GET", "/api/admin/authority?find=nobody", nil), "Nothing is found")
}
