package web_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/app"
	"signservice/bitrix/simulator"
	"signservice/signer"
)

// overview is the section that the settings open with.
func (p *page) overview() string {
	p.t.Helper()
	return p.ok("GET", "/api/admin/overview", nil).field("html")
}

// says holds what a text has and what it has not.
func says(t testing.TB, text string, has, lacks []string) {
	t.Helper()
	for _, want := range has {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	for _, never := range lacks {
		if strings.Contains(text, never) {
			t.Errorf("there is %q in %s", never, text)
		}
	}
}

// done tells whether a first step is ticked off.
func done(t testing.TB, html, words string) bool {
	t.Helper()
	for _, step := range strings.Split(html, "<li class=\"")[1:] {
		if strings.Contains(step, words) {
			return strings.HasPrefix(step, "first-step first-step-done")
		}
	}
	t.Fatalf("no step %q", words)
	return false
}

// TestFirstSteps ticks the steps off one after the other: somebody else's phone
// is not the administrator's own, and a code switched off is no phone.
func TestFirstSteps(t *testing.T) {
	w := newWorld(t)
	anna := w.settings(w.acme, w.acme.anna)
	steps := []string{
		"Bitrix24 is connected", "There is a source of keys", "An internal CA is there", "Your own phone is set up",
		"The first account is made", "A phone is set up", "A certificate is assigned", "A test signature is made",
	}
	expect := func(when string, count string, ticked ...bool) {
		t.Helper()
		html := anna.overview()
		for i, words := range steps {
			if done(t, html, words) != ticked[i] {
				t.Errorf("%s: %q is ticked: %v", when, words, !ticked[i])
			}
		}
		says(t, html, []string{count, "(optional)"}, nil)
	}
	expect("at first", "1 of 7", true, false, false, false, false, false, false, false)
	says(t, anna.overview(), []string{`data-get="/api/admin/accounts/new"`, `data-get="/api/admin/test"`, `data-get="/api/admin/authority"`}, nil)
	anna.account(w.acme.mary, "mary")
	expect("with Mary's account", "2 of 7", true, false, false, false, true, false, false, false)
	anna.ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.mary), "login": "mary", "codeOff": true, "codeOffReason": "trial"})
	expect("with her code off", "2 of 7", true, false, false, false, true, false, false, false)
	anna.ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.mary), "login": "mary"})
	w.bind(w.acme, anna, w.acme.mary)
	expect("with Mary's phone", "3 of 7", true, false, false, false, true, true, false, false)
	anna.account(w.acme.anna, "anna")
	says(t, anna.overview(), []string{`data-get="/api/admin/accounts/` + itoa(w.acme.anna) + `"`}, nil)
	own := w.bind(w.acme, anna, w.acme.anna)
	anna.confirm = own.code()
	expect("with Anna's phone", "4 of 7", true, false, false, true, true, true, false, false)
	certificate := anna.certificate(w.acme.anna, "Anna Berg")
	expect("with a certificate", "6 of 7", true, true, false, true, true, true, true, false)
	w.clock.forward(time.Minute)
	anna.ok("POST", "/api/admin/test", object{"certificate": certificate, "code": own.code(), "confirm": false})
	expect("after the test", "7 of 7", true, true, false, true, true, true, true, true)
	says(t, anna.overview(), []string{`data-get="/api/admin/test"`}, nil)
}

// TestRehearsal signs a sample in the settings with the administrator's code,
// and says what is missing where that cannot be.
func TestRehearsal(t *testing.T) {
	w := newWorld(t)
	anna := w.settings(w.acme, w.acme.anna)
	screen := func(want string) {
		t.Helper()
		says(t, anna.ok("GET", "/api/admin/test", nil).field("html"), []string{want}, []string{`name="code"`})
	}
	screen("You have no signing account yet")
	anna.account(w.acme.anna, "anna")
	screen("Your phone is not set up yet")
	phone := w.bind(w.acme, anna, w.acme.anna)
	screen("No certificate is assigned to you")
	anna.confirm = phone.code()
	certificate := anna.certificate(w.acme.anna, "Anna Berg")
	w.clock.forward(time.Minute)
	says(t, anna.ok("GET", "/api/admin/test", nil).field("html"), []string{"Anna Berg", `name="code"`, certificate}, nil)

	form := func(code string) object { return object{"certificate": certificate, "code": code, "confirm": false} }
	wrong := anna.call("POST", "/api/admin/test", form("000000"))
	anna.wants(wrong, http.StatusUnauthorized, "code.wrong")
	if wrong.field("field") != "code" || strings.Contains(wrong.text(), "file was not changed") {
		t.Errorf("a wrong code is answered %s", wrong.text())
	}
	other := anna.call("POST", "/api/admin/test", object{"certificate": strings.Repeat("0", 64), "code": phone.code(), "confirm": false})
	anna.wants(other, http.StatusForbidden, "certificate.not-assigned")
	if !strings.Contains(other.text(), "code was not used up") {
		t.Errorf("a strange certificate is answered %s", other.text())
	}
	result := anna.ok("POST", "/api/admin/test", form(phone.code())).field("html")
	says(t, result, []string{"Signing works", "Anna Berg", "SHA-256", "B-B", "Nothing goes to Bitrix24"}, []string{"data-picture"})
	_, path, _ := strings.Cut(result, `data-download="`)
	path, _, _ = strings.Cut(path, `"`)
	file := anna.ok("GET", path, nil)
	report, err := signer.Verify(t.Context(), bytes.NewReader(file.body), int64(len(file.body)), signer.VerifyOptions{})
	if err != nil || !report.Good(false) || len(report.Signatures) != 1 || !bytes.Contains(file.body, []byte("/Subtype /Form")) && !bytes.Contains(file.body, []byte("/Subtype/Form")) {
		t.Errorf("the file: %+v, %v", report, err)
	}
	if !strings.Contains(file.header.Get("Content-Disposition"), "Test signature (signed).pdf") {
		t.Errorf("the file is called %s", file.header.Get("Content-Disposition"))
	}
	says(t, anna.ok("GET", strings.TrimSuffix(path, "/signed"), nil).field("html"), []string{"Signing works"}, nil)
	if files := w.acme.DealFiles(w.acme.deal, w.acme.field); len(files) != 0 {
		t.Errorf("the deal has got %v", files)
	}
	says(t, anna.ok("GET", "/api/admin/journal", nil).field("html"), []string{"Test signature made", "Test signature.pdf", "Test, not a document"}, nil)
	// Another administrator, another portal and an employee see nothing of it.
	paths := []string{path, strings.TrimSuffix(path, "/signed")}
	bolt := w.settings(w.bolt, w.bolt.anna)
	for _, p := range paths {
		bolt.wants(bolt.call("GET", p, nil), http.StatusNotFound, "request.unknown")
		if a := w.tab(w.acme, w.acme.mary).call("GET", p, nil); a.code != http.StatusForbidden {
			t.Errorf("an employee gets %d", a.code)
		}
	}
	anna.wants(anna.call("GET", "/api/admin/test/x", nil), http.StatusNotFound, "request.unknown")
	w.secretless(t, phone, phone.code())
}

// TestStuck lists a signed document that the portal did not take, and has it
// taken up again, by an administrator alone.
func TestStuck(t *testing.T) {
	w, phone, certificate := ready(t)
	anna := w.settings(w.acme, w.acme.anna)
	says(t, anna.overview(), nil, []string{"Documents that do not go on"})
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	fault := w.acme.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.AccessDenied, Skip: 1}) // the first only asks
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	if end := tab.settled(request); end.field("screen") == "done" {
		t.Fatal("it was delivered")
	}
	html := anna.overview()
	says(t, html, []string{
		"Documents that do not go on", "Договор № 5.pdf", "Signed, not delivered", "Deal " + itoa(w.acme.deal), "Мария Иванова", "since 23 Nov 2026",
		`data-post="/api/admin/requests/` + request + `/push"`,
	}, nil)
	says(t, w.settings(w.bolt, w.bolt.anna).overview(), nil, []string{"Договор"})
	path := "/api/admin/requests/" + request + "/push"
	bolt := w.settings(w.bolt, w.bolt.anna)
	bolt.wants(bolt.call("POST", path, object{}), http.StatusNotFound, "request.unknown")
	if a := tab.call("POST", path, object{}); a.code != http.StatusForbidden {
		t.Errorf("Mary gets %d", a.code)
	}
	fault.Remove()
	if a := anna.ok("POST", path, object{}); !strings.Contains(a.field("notice"), "being tried again") {
		t.Errorf("the notice is %q", a.field("notice"))
	}
	if end := tab.settled(request); end.field("screen") != "done" {
		t.Errorf("at the end: %s", end.text())
	}
	says(t, anna.overview(), nil, []string{"Documents that do not go on"})
	says(t, anna.ok("GET", "/api/admin/journal?topic=signing", nil).field("html"), []string{"Tried again", "Anna Berg"}, nil)
	anna.wants(anna.call("POST", path, object{}), http.StatusConflict, "request.no-push")
}

// TestStateClockAndStamps tells a portal its own clock's drift and its own
// time-stamp servers, in the order of its settings.
func TestStateClockAndStamps(t *testing.T) {
	w := newWorld(t)
	w.looked = w.clock.Now()
	anna := w.settings(w.acme, w.acme.anna)
	says(t, anna.overview(), []string{"Timestamp server", "None chosen", `data-get="/api/admin/defaults"`}, nil)
	if err := w.store.SaveSettings(t.Context(), app.Settings{Portal: w.acme.id(), Timestamps: []string{"https://one.example/tsa", "https://two.example/", "https://new.example/"}}); err != nil {
		t.Fatal(err)
	}
	w.findings = []app.Finding{
		{Check: "clock", Health: app.Healthy, Key: "doctor.good"},
		{Check: "clock-portal", Health: app.Ailing, Portal: w.acme.id(), Subject: "acme.example", Key: "doctor.clock-off", Args: []any{42 * time.Second}, Fix: "doctor.clock-fix"},
		{Check: "clock-portal", Health: app.Ailing, Portal: w.bolt.id(), Subject: "bolt.example", Key: "doctor.clock-off", Args: []any{7 * time.Hour}, Fix: "doctor.clock-fix"},
		{Check: "timestamps", Health: app.Ailing, Portal: w.acme.id(), Subject: "https://two.example/", Key: "doctor.stamps-not", Fix: "doctor.stamps-fix", Detail: "canary"},
		{Check: "timestamps", Health: app.Healthy, Portal: w.acme.id(), Subject: "https://one.example/tsa", Key: "doctor.stamps"},
		{Check: "timestamps", Health: app.Healthy, Portal: w.acme.id(), Subject: "https://gone.example/", Key: "doctor.stamps"},
		{Check: "timestamps", Health: app.Broken, Portal: w.bolt.id(), Subject: "https://new.example/", Key: "doctor.stamps-not", Fix: "doctor.stamps-fix"},
	}
	html := anna.overview()
	says(t, html, []string{"Clock, against Bitrix24 (acme.example)", "42 s off", "(one.example)", "It gives timestamps", "It gives no timestamps", "(new.example)", "Not asked yet"},
		[]string{"bolt.example", "gone.example", "canary", ">Clock<", "7 h"})
	if one, two := strings.Index(html, "one.example"), strings.Index(html, "two.example"); one > two {
		t.Error("the servers are not in the order of the settings")
	}
	w.findings = append(w.findings, app.Finding{Check: "clock", Health: app.Broken, Key: "doctor.clock-back", Args: []any{w.clock.Now()}, Fix: "doctor.clock-back-fix"})
	says(t, anna.overview(), []string{">Clock<", "Set back", "--accept-clock"}, nil)
}

// TestStateNames leads from the state to each certificate that ends and to each
// account that lacks something, with what to do.
func TestStateNames(t *testing.T) {
	w, _, first := ready(t)
	w.clock.forward(350 * 24 * time.Hour)
	anna := w.settings(w.acme, w.acme.anna)
	second := anna.certificate(w.acme.mary, "Яна <Ott>")
	anna.account(w.acme.paul, "paul")
	says(t, anna.overview(), []string{
		"Мария Иванова: 15 days left", `data-get="/api/admin/certificates/` + first + `"`, "1 ends within 30 days",
		"1 without a phone", "Make a setup link in the account", `data-get="/api/admin/accounts/` + itoa(w.acme.paul) + `"`,
	}, []string{`data-get="/api/admin/certificates/` + second + `"`})
	w.clock.forward(345 * 24 * time.Hour)
	anna = w.settings(w.acme, w.acme.anna)
	says(t, anna.overview(), []string{"Мария Иванова: expired", "Яна &lt;Ott&gt;: 21 days left", "1 has expired, 1 ends within 30 days"}, nil)
	anna.ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.paul), "login": "paul", "codeOff": true, "codeOffReason": "trial"})
	says(t, anna.overview(), []string{"1 signs without a code", "switch the code on"}, nil)
}

// TestTokenState names library, slot and PIN of a token.
func TestTokenState(t *testing.T) {
	w := newTokened(t)
	anna := w.settings(w.acme, w.acme.anna)
	w.module.Set(t)
	library := w.module.Path[strings.LastIndex(w.module.Path, "/")+1:]
	says(t, anna.overview(), []string{"Token Board", "PIN needed", "library " + library, "Type it here"}, []string{w.module.Path})
	anna.ok("POST", "/api/admin/tokens/pin", object{"token": w.token.Serial, "pin": typedPIN})
	says(t, anna.overview(), []string{"PIN typed here, kept encrypted", "library " + library + ", slot "}, []string{w.module.Path, typedPIN})
	says(t, w.settings(w.bolt, w.bolt.anna).overview(), nil, []string{library})
}

// TestBrowserRehearsal goes from the first steps to a signed sample by mouse.
func TestBrowserRehearsal(t *testing.T) {
	w := newWorld(t)
	anna := w.settings(w.acme, w.acme.anna)
	anna.account(w.acme.anna, "anna")
	phone := w.bind(w.acme, anna, w.acme.anna)
	anna.confirm = phone.code()
	anna.certificate(w.acme.anna, "Anna Berg")
	anna.certificate(w.acme.anna, "Director")
	w.clock.forward(time.Minute)
	b := newBrowser(w)
	s := b.openSettings(w.acme, w.acme.anna)
	b.in(s, chromedp.WaitVisible(css(`[data-get="/api/admin/test"]`)), chromedp.Click(css(`[data-get="/api/admin/test"]`)), chromedp.WaitVisible(css("#code")))
	chosen := eval[string](b, s, `document.querySelectorAll("[name=certificate]")[0].value`)
	b.expect("401")
	b.in(s, chromedp.Click(css(fmt.Sprintf(`[name=certificate][value="%s"]`, chosen))), chromedp.SendKeys(css("#code"), "000000"), chromedp.Click(css("[type=submit]")),
		chromedp.WaitVisible(css("#code[aria-invalid=true]")))
	b.in(s, chromedp.SendKeys(css("#code"), phone.code()), chromedp.Click(css("[type=submit]")), chromedp.WaitVisible(css(".notice-good")))
	if words := b.text(s, ".notice-good"); !strings.Contains(words, "Signing works") {
		t.Errorf("at the end it says %q", words)
	}
	list, err := w.store.AuditEntries(t.Context(), w.acme.id(), app.AuditQuery{Action: app.ActTested})
	if err != nil || len(list) != 1 || string(list[0].Certificate) != chosen {
		t.Errorf("signed with %v, %v, want %s", list, err, chosen)
	}
	b.shot(b.ctx, "rehearsal")
}
