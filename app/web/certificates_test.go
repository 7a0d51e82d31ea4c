package web_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// pkcs12 has openssl make a file of a key and its certificate.
func (w *world) pkcs12(who *signertest.Identity, password string) []byte {
	w.t.Helper()
	key, cert, _ := who.Files(w.t)
	out := filepath.Join(w.t.TempDir(), "mary.p12")
	signertest.OpenSSL(w.t, "pkcs12", "-export", "-out", out, "-passout", "pass:"+password, "-inkey", key, "-in", cert)
	return read(w.t, out)
}

// issued is a certificate that is good at the world's time.
func (w *world) issued(ca *signertest.CA, name string) *signertest.Identity {
	w.t.Helper()
	return ca.Issue(w.t, signertest.Leaf{Name: name, NotBefore: w.clock.Now().AddDate(0, -1, 0), NotAfter: w.clock.Now().AddDate(1, 0, 0)})
}

// TestImport takes a key from a file and signs with it; the password and the
// key are nowhere in what the service says.
func TestImport(t *testing.T) {
	w := newWorld(t)
	settings := w.settings(w.acme, w.acme.anna)
	settings.account(w.acme.mary, "mary")
	phone := w.bind(w.acme, settings, w.acme.mary)
	ca := signertest.NewCA(t, signertest.CAOptions{})
	const password = "Gänse & <Füße>"
	file := base64.StdEncoding.EncodeToString(w.pkcs12(w.issued(ca, "Мария Иванова"), password))
	screen := settings.ok("GET", "/api/admin/certificates/import", nil).field("html")
	if !strings.Contains(screen, `type="file"`) || !strings.Contains(screen, `data-person="/api/admin/owners"`) {
		t.Errorf("the form is %s", screen)
	}
	for name, c := range map[string]struct {
		in         object
		code       int
		key, field string
	}{
		"no file":        {object{"file": "", "password": "", "owner": ""}, 422, "certificate.file-missing", "file"},
		"no base64":      {object{"file": "***", "password": "", "owner": ""}, 422, "call.unreadable", ""},
		"nonsense":       {object{"file": "AAAA", "password": "", "owner": ""}, 422, "certificate.file-unreadable", "file"},
		"wrong password": {object{"file": file, "password": "geese", "owner": ""}, 422, "certificate.file-password", "password"},
		"too large":      {object{"file": strings.Repeat("A", 400<<10), "password": "", "owner": ""}, 413, "certificate.file-large", "file"},
		"far too large":  {object{"file": strings.Repeat("A", 2<<20), "password": "", "owner": ""}, 413, "error.too-large", ""},
		"other owner":    {object{"file": file, "password": password, "owner": "999"}, 404, "account.unknown", ""},
	} {
		a := settings.call("POST", "/api/admin/certificates/import", c.in)
		settings.wants(a, c.code, c.key)
		if a.field("field") != c.field {
			t.Errorf("%s is about %q, want %q", name, a.field("field"), c.field)
		}
	}
	made := settings.ok("POST", "/api/admin/certificates/import", object{"file": file, "password": password, "owner": itoa(w.acme.mary)})
	if made.field("notice") != "Certificate imported." {
		t.Errorf("the notice is %q", made.field("notice"))
	}
	id := regexp.MustCompile(`/api/admin/certificates/([0-9a-f]{64})/delete`).FindStringSubmatch(made.field("html"))
	if id == nil {
		t.Fatalf("shown is %s", made.field("html"))
	}
	settings.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": id[1], "assigned": true})
	w.acme.PutFile(w.acme.deal, w.acme.field, "a.pdf", signertest.PDF{}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, id[1], phone.code()))
	if done := tab.settled(request); done.field("screen") != "done" {
		t.Errorf("at the end: %s", done.text())
	}
	for _, text := range []string{w.log.String(), settings.ok("GET", "/api/admin/journal", nil).text(), settings.ok("GET", "/api/admin/certificates/"+id[1], nil).text()} {
		if strings.Contains(text, "Füße") || strings.Contains(text, file[:40]) {
			t.Error("the file or its password is told")
		}
	}
	if journal := settings.ok("GET", "/api/admin/journal", nil).field("html"); !strings.Contains(journal, "Certificate imported from a file") {
		t.Error("the journal does not tell of it")
	}
}

// TestCertificatePage tells what a certificate is, whose, and takes its chain.
func TestCertificatePage(t *testing.T) {
	w := newWorld(t)
	settings := w.settings(w.acme, w.acme.anna)
	settings.account(w.acme.mary, "mary")
	settings.account(w.acme.paul, "paul")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	who := w.issued(ca, "Мария Иванова")
	file := base64.StdEncoding.EncodeToString(w.pkcs12(who, "x"))
	html := settings.ok("POST", "/api/admin/certificates/import", object{"file": file, "password": "x", "owner": ""}).field("html")
	path := regexp.MustCompile(`/api/admin/certificates/[0-9a-f]{64}`).FindString(html)
	for _, want := range []string{"Missing", "ECDSA P-256", "By Anna Berg", "SHA-256 fingerprint", ca.Issuing.Certificate.Subject.CommonName} {
		if !strings.Contains(html, want) {
			t.Errorf("no %q in %s", want, html)
		}
	}
	chain := object{"file": base64.StdEncoding.EncodeToString(who.Certificate.Raw)}
	settings.wants(settings.call("POST", path+"/chain", chain), 422, "certificate.chain-unrelated")
	chain["file"] = base64.StdEncoding.EncodeToString(signertest.CertificatesPEM(ca.Root.Certificate, ca.Issuing.Certificate))
	if html := settings.ok("POST", path+"/chain", chain).field("html"); !strings.Contains(html, "1 certificate") {
		t.Errorf("with a chain it shows %s", html)
	}
	owned := settings.ok("POST", path+"/owner", object{"owner": itoa(w.acme.paul)}).field("html")
	if !strings.Contains(owned, `name="owner" value="`+itoa(w.acme.paul)+`"`) {
		t.Errorf("the owner is not shown: %s", owned)
	}
	settings.wants(settings.call("POST", path+"/owner", object{"owner": "999"}), 404, "account.unknown")
	settings.wants(settings.call("GET", "/api/admin/certificates/"+strings.Repeat("0", 64), nil), 404, "certificate.unknown")
	settings.wants(settings.call("GET", "/api/admin/certificates/x", nil), 404, "certificate.unknown")
	other := w.settings(w.bolt, w.bolt.anna)
	other.wants(other.call("GET", path, nil), 404, "certificate.unknown")
	other.wants(other.call("POST", path+"/owner", object{"owner": ""}), 404, "certificate.unknown")
	other.wants(other.call("POST", path+"/chain", chain), 404, "certificate.unknown")
}

// TestAssignmentLimits gives an assignment its days: the tab offers the
// certificate on these days alone, and a day counts to its end.
func TestAssignmentLimits(t *testing.T) {
	w, phone, id := ready(t)
	settings := w.settings(w.acme, w.acme.anna)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	day := func(days int) string { return w.clock.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	set := func(from, until, view string) *answer {
		return settings.call("POST", "/api/admin/assignments/limits",
			object{"user": itoa(w.acme.mary), "certificate": id, "from": from, "until": until, "view": view})
	}
	settings.wants(set(day(3), day(2), "account"), 422, "assignment.limits-wrong")
	settings.wants(set("", day(-1), "account"), 422, "assignment.limits-past")
	settings.wants(set("tomorrow", "", "account"), 422, "assignment.day-wrong")
	settings.wants(settings.call("POST", "/api/admin/assignments/limits",
		object{"user": itoa(w.acme.paul), "certificate": id, "from": "", "until": "", "view": ""}), 404, "assignment.unknown")
	if html := set("", day(0), "account").field("html"); !strings.Contains(html, "Until ") || !strings.Contains(html, "By Anna Berg") || !strings.Contains(html, `value="`+day(0)+`"`) {
		t.Errorf("the account shows %s", html)
	}
	if html := set(day(1), "", "certificate").field("html"); !strings.Contains(html, "Begins on ") {
		t.Errorf("the certificate shows %s", html)
	}
	tab.wants(tab.call("POST", "/api/sign/orders", order(request, id, phone.code())), 403, "certificate.not-assigned")
	if empty := w.tab(w.acme, w.acme.mary).ok("GET", "/api/sign", nil); empty.field("screen") != "no-certificate" {
		t.Errorf("before the first day the tab shows %s", empty.field("screen"))
	}
	set("", day(0), "account")
	tab.ok("POST", "/api/sign/orders", order(request, id, phone.code()))
	tab.settled(request)
	w.clock.forward(24 * time.Hour)
	settings = w.settings(w.acme, w.acme.anna)
	if html := settings.ok("GET", "/api/admin/accounts/"+itoa(w.acme.mary), nil).field("html"); !strings.Contains(html, "Ended on ") {
		t.Errorf("a day later the account shows %s", html)
	}
	if journal := settings.ok("GET", "/api/admin/journal", nil).field("html"); !strings.Contains(journal, "Time of an assignment set") {
		t.Error("the journal does not tell of the limits")
	}
}

// TestManyAssignments goes through 200 accounts and 50 certificates: each is on
// one page of each view, and found by its name.
func TestManyAssignments(t *testing.T) {
	w := newWorld(t)
	ctx, portal := t.Context(), w.acme.id()
	settings := w.settings(w.acme, w.acme.anna)
	anna := app.UserID(itoa(w.acme.anna))
	var ids []app.CertificateID
	for i := range 50 {
		c := app.Certificate{
			ID: app.CertificateID(fmt.Sprintf("%064x", i)), Portal: portal, Source: app.KeyToken, DER: []byte{1}, TokenSerial: "1",
			Name: fmt.Sprintf("Certificate %02d", i), Serial: fmt.Sprintf("%x", 4096+i), NotAfter: w.clock.Now().AddDate(1, 0, 0), CreatedBy: anna,
		}
		ids = append(ids, c.ID)
		if err := w.store.SaveCertificate(ctx, c, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		user := app.UserID(itoa(1000 + i))
		if err := w.store.SaveAccount(ctx, app.Account{Portal: portal, User: user, Name: fmt.Sprintf("Person %03d", i), Login: fmt.Sprintf("p%03d", i)}); err != nil {
			t.Fatal(err)
		}
		if err := w.store.Assign(ctx, app.Assignment{Portal: portal, User: user, Certificate: ids[i%50], CreatedAt: w.clock.Now(), CreatedBy: anna}); err != nil {
			t.Fatal(err)
		}
	}
	next := regexp.MustCompile(`data-get="(/api/admin/[^"]*(?:page|column)=\d+[^"]*)"><span>Next`)
	// through collects what the pattern finds on all pages from a call on, and
	// holds that no page is long.
	through := func(path, pattern string) map[string]int {
		t.Helper()
		found := map[string]int{}
		for range 20 {
			html := settings.ok("GET", path, nil).field("html")
			if len(html) > 200<<10 {
				t.Errorf("%s is %d bytes long", path, len(html))
			}
			for _, m := range regexp.MustCompile(pattern).FindAllString(html, -1) {
				found[m]++
			}
			m := next.FindStringSubmatch(html)
			if m == nil {
				return found
			}
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		t.Errorf("%s has no end", path)
		return found
	}
	once := func(name string, found map[string]int, want int) {
		t.Helper()
		if len(found) != want {
			t.Errorf("%s shows %d, want %d", name, len(found), want)
		}
	}
	once("by person", through("/api/admin/assignments", `>Person \d+<`), 200)
	once("by certificate", through("/api/admin/assignments?by=certificates", `doc-name" dir="auto">Certificate \d+<`), 50)
	once("rows of the grid", through("/api/admin/assignments?by=grid", `>Person \d+<`), 200) // first through the columns, then the rows
	once("columns of the grid", through("/api/admin/assignments?by=grid", `>Certificate \d+<`), 50)
	once("of a certificate", through("/api/admin/certificates/"+string(ids[7]), `>Person \d+<`), 200)
	once("of an account", through("/api/admin/accounts/1007", `<strong dir="auto">Certificate \d+<`), 50)

	first := settings.ok("GET", "/api/admin/certificates/"+string(ids[7]), nil).field("html")
	for _, assigned := range []string{"Person 007", "Person 057", "Person 107", "Person 157"} {
		if !strings.Contains(first, assigned) {
			t.Errorf("%s, who may use it, is not on the first page", assigned)
		}
	}
	for path, want := range map[string]string{
		"/api/admin/assignments?q=PERSON+123":                      "Person 123",
		"/api/admin/assignments?q=p123":                            "Person 123",
		"/api/admin/assignments?by=people&q=certificate+23":        "Person 123", // by what they may use
		"/api/admin/assignments?by=certificates&q=certificate+23":  "Certificate 23",
		"/api/admin/assignments?by=grid&q=person+123&c=1017":       "Certificate 23", // its serial number
		"/api/admin/certificates/" + string(ids[3]) + "?q=p177":    "Person 177",
		"/api/admin/accounts/1007?q=certificate+44":                "Certificate 44",
		"/api/admin/assignments?by=certificates&q=person+123":      "Certificate 23", // by who may use it
		"/api/admin/assignments?by=people&page=99":                 "Person 199",     // the last page there is
		"/api/admin/assignments?by=people&page=-3":                 "Person 000",
		"/api/admin/assignments?by=people&q=nobody+of+this+name":   "Nothing is found.",
		"/api/admin/assignments?by=grid&q=nobody&c=nothing&page=7": "Nothing is found.",
	} {
		if html := settings.ok("GET", path, nil).field("html"); !strings.Contains(html, want) {
			t.Errorf("%s shows no %q: %s", path, want, html)
		}
	}
	settings.wants(settings.call("GET", "/api/admin/assignments?q="+strings.Repeat("x", 101), nil), http.StatusUnprocessableEntity, "error.invalid")
	if admin.MaxCertificateFile < 100<<10 {
		t.Error("a long chain has no place")
	}
}

// TestBrowserImport imports a file, limits an assignment and looks at all three
// views, by mouse.
func TestBrowserImport(t *testing.T) {
	w := newWorld(t)
	w.acme.AddUser(simulator.User{Name: "Extra", LastName: "Person"})
	settings := w.settings(w.acme, w.acme.anna)
	settings.account(w.acme.mary, "mary")
	name := filepath.Join(t.TempDir(), "mary.p12")
	if err := os.WriteFile(name, w.pkcs12(w.issued(signertest.NewCA(t, signertest.CAOptions{}), "Мария Иванова"), "geheim"), 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(t.TempDir(), "large.p12")
	if err := os.WriteFile(large, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(w)
	b.expect("422")
	s := b.openSettings(w.acme, w.acme.anna)
	b.in(s, chromedp.Click(css("[data-section=certificates]")), chromedp.Click(css(`[data-get$="/import"]`)), chromedp.WaitVisible(css("#file")),
		chromedp.SetUploadFiles(css("#file"), []string{large}), chromedp.Click(css("[type=submit]")))
	b.until("the refusal of a large file", func() bool { return strings.Contains(b.text(s, "#file-error"), "too large: at most 256 KB") })
	b.in(s, chromedp.SetUploadFiles(css("#file"), []string{name}), chromedp.SendKeys(css("#password"), "falsch"), chromedp.Click(css("[type=submit]")))
	b.until("the refusal of the password", func() bool { return strings.Contains(b.text(s, "#password-error"), "does not open this file") })
	b.in(s, chromedp.SetValue(css("#password"), "geheim"), chromedp.SetValue(css("#owner"), itoa(w.acme.mary)), chromedp.Click(css("[type=submit]")),
		chromedp.WaitVisible(css("#certificate-title")), chromedp.Click(css("[data-assign]")), chromedp.WaitVisible(css("[data-limits] summary")),
		chromedp.Click(css("[data-limits] summary")), chromedp.WaitVisible(css("[data-limits] [name=until]")),
		chromedp.SetValue(css("[data-limits] [name=until]"), "2027-01-31"), chromedp.Click(css("[data-limits] [type=submit]")),
		chromedp.WaitVisible(css("[data-limits] .badge")))
	if words := b.text(s, "[data-limits] .badge"); words != "Until 31 Jan 2027" {
		t.Errorf("the limit is told as %q", words)
	}
	b.shot(b.ctx, "certificate")
	b.in(s, chromedp.Click(css("[data-section=assignments]")), chromedp.WaitVisible(css(".grid [data-assign]:checked")),
		chromedp.Click(css(`.view[data-get$="people"]`)), chromedp.WaitVisible(css(`.rows [data-get^="/api/admin/accounts/"]`)),
		chromedp.SendKeys(css("[name=q]"), "nobody"), chromedp.Click(css(".find [type=submit]")))
	b.until("an empty list", func() bool { return strings.Contains(b.text(s, "#section"), "Nothing is found.") })
	b.in(s, chromedp.Click(css(`.view[data-get$="certificates"]`)), chromedp.WaitVisible(css(`.rows [data-get^="/api/admin/certificates/"]`)))
}

// TestRevokedCertificate is greyed in the tab with the reason, and marked in the
// settings; a self-signed one is marked as such wherever it is shown.
func TestRevokedCertificate(t *testing.T) {
	w, phone, id := ready(t)
	settings := w.settings(w.acme, w.acme.anna)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	form := func() string { return tab.ok("GET", "/api/sign/requests/"+request, nil).field("html") }
	marked := map[string]string{
		"the tab": form(), "the list": settings.ok("GET", "/api/admin/certificates", nil).field("html"),
		"the certificate": settings.ok("GET", "/api/admin/certificates/"+id, nil).field("html"),
		"the account":     settings.ok("GET", "/api/admin/accounts/"+itoa(w.acme.mary), nil).field("html"),
		"the assignments": settings.ok("GET", "/api/admin/assignments?by=certificates", nil).field("html"),
	}
	for where, html := range marked {
		if !strings.Contains(html, "Internal, self-signed") {
			t.Errorf("%s does not say that it is self-signed: %s", where, html)
		}
	}
	_, err := w.store.UpdateCertificate(t.Context(), w.acme.id(), app.CertificateID(id), func(c *app.Certificate, now time.Time) ([]app.AuditEntry, error) {
		c.RevokedAt = now
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if html := form(); !strings.Contains(html, "This certificate was revoked") || !strings.Contains(html, "None of your certificates can sign now") {
		t.Errorf("the form is %s", html)
	}
	refused := tab.call("POST", "/api/sign/orders", order(request, id, phone.code()))
	tab.wants(refused, http.StatusForbidden, "certificate.revoked")
	if !strings.Contains(refused.text(), "The code was not used up") {
		t.Errorf("refused with %s", refused.text())
	}
	for _, path := range []string{"/api/admin/certificates", "/api/admin/certificates/" + id, "/api/admin/accounts/" + itoa(w.acme.mary)} {
		if html := settings.ok("GET", path, nil).field("html"); !strings.Contains(html, ">Revoked<") {
			t.Errorf("%s does not say that it is revoked", path)
		}
	}
}
