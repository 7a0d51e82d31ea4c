package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/signer/signertest"
)

// TestStory is the main job of the product, from the installation to a file in
// the portal that carries two good signatures.
func TestStory(t *testing.T) {
	t.Parallel()
	signertest.Need(t, "pdfsig", "pdftoppm", "qpdf", "openssl", "certutil")
	w := newWorld(t)
	original, name := w.visitor(mary).contract(1)

	settings := w.install()
	settings.shot("settings-first")
	account(settings)
	w.certificates(settings)
	link := w.link(settings)
	settings.shot("settings-account")
	w.tab.shot("settings-portal")

	w.enrol(link)
	first := w.bindPhone()

	tab := w.signTab(w.tab, 1)
	tab.see("#sign-form")
	code := w.nextCode(first)
	order{w.onToken, "last", "bottom-right", "Agreed with the client", code}.fill(tab)
	tab.drawn()
	tab.shot("sign-form")
	w.tab.shot("sign-tab")
	tab.click("#sign-form [type=submit]")
	done(tab)
	w.tab.shot("sign-done")
	file, _ := w.visitor(mary).contract(1)
	judge(t, file, original, 1)

	tab.click(`[data-get="/api/sign?list=1"]`)
	tab.click(`[data-post="/api/sign/documents"]`)
	code = w.nextCode(code)
	order{w.software, "last", "bottom-left", "Checked once more", code}.fill(tab)
	tab.click("#sign-form [type=submit]")
	done(tab)
	w.tab.shot("sign-done-again")
	once := file
	file, _ = w.visitor(mary).contract(1)
	judge(t, file, original, 2)
	if !strings.HasPrefix(string(file), string(once)) {
		t.Error("the second signature did not leave the first one's bytes")
	}
	drawn(t, file)

	w.told(name)
}

// drawn waits until the page is shown with the signet in it as it was chosen. A
// program that was started a moment ago may still be compiling what draws it.
func (p *page) drawn() {
	p.t.Helper()
	p.untilWithin(4*patience, `document.querySelector("[data-page-image]:not([hidden])") !== null &&
		document.querySelector("[data-page-signet]:not([hidden]):not(.stale)") !== null`)
}

// bindPhone gives the secret to Mary's phone and confirms its first code.
func (w *world) bindPhone() string {
	w.t.Helper()
	u := w.scanned()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Query().Get("secret") != w.secret || w.secret == "" {
		w.t.Fatal("the QR code and the typed key are not the same")
	}
	if href := js[string](w.tab, `document.querySelector(".for-phone a").href`); href != u.String() {
		w.t.Error("the link for phones and the QR code are not the same")
	}
	phone := w.tab.open()
	phone.visit(w.portal + "/phone/2")
	phone.write("textarea", u.String())
	phone.click("button[value=scan]")
	phone.see(".otp")
	phone.shot("phone")
	code := w.nextCode("")
	now := time.Now()
	if code != w.code(now) && code != w.code(now.Add(-step)) {
		w.t.Error("the phone and oathtool disagree")
	}
	w.confirm(code)
	return code
}

// told looks for the story in the deal's timeline and in the journal.
func (w *world) told(name string) {
	w.t.Helper()
	w.tab.click("#tab_main")
	w.tab.until(`document.querySelectorAll("#part_timeline [data-entry]").length >= 2`)
	w.tab.shot("timeline")
	entries := js[[]string](w.tab, `[...document.querySelectorAll("#part_timeline [data-entry]")].map(e => e.textContent)`)
	told := 0
	for _, e := range entries {
		if strings.Contains(e, "Mary Hill") && strings.Contains(e, name) {
			told++
		}
	}
	if told != 2 {
		w.t.Errorf("%d entries of the timeline name Mary and %s, want 2: %q", told, name, entries)
	}

	w.login(anna, w.entry)
	f := w.settings()
	f.click("[data-section=journal]")
	f.see(".journal tbody tr")
	f.shot("journal")
	journal := js[[]string](f, `[...document.querySelectorAll(".journal tbody tr")].map(r => r.textContent)`)
	for _, want := range []struct {
		what  string
		who   string
		times int
	}{
		{"App installed", "Anna", 1},
		{"Account saved", "Anna", 1},
		{"Certificate added from a token", "Anna", 1},
		{"Certificate assigned", "Anna", 2},
		{"Setup link created", "Anna", 1},
		{"Phone set up", "Mary", 1},
		{"Order confirmed", "Mary", 2},
		{"Key about to sign", "Mary", 2},
		{"Signed file put into the CRM", "Mary", 2},
	} {
		found := 0
		for _, row := range journal {
			if strings.Contains(row, want.what) && strings.Contains(row, want.who) {
				found++
			}
		}
		if found != want.times {
			w.t.Errorf("the journal says %d times %q of %s, want %d:\n%s", found, want.what, want.who, want.times, strings.Join(journal, "\n"))
		}
	}
}

// drawn looks for the words of both signets on the last page, and keeps its
// picture.
func drawn(t *testing.T, file []byte) {
	t.Helper()
	name := signertest.WriteFile(t, "signed.pdf", file)
	text := string(signertest.Run(t, "pdftotext", "-layout", name, "-"))
	for _, want := range []string{"Mary Hill", "Agreed with the client", "Checked once more"} {
		if !strings.Contains(text, want) {
			t.Errorf("the signed file does not show %q", want)
		}
	}
	if dir := os.Getenv("E2E_SHOTS"); dir != "" {
		keep(t, "signed.pdf", file)
		signertest.Run(t, "pdftoppm", "-r", "110", "-png", name, filepath.Join(dir, "signed"))
	}
}
