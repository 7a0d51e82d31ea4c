package e2e_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/signer/signertest"
)

// The demo's people by their ids in the portal.
const (
	anna = 1 // administrator
	mary = 2
)

// world is a demo with a browser and what the people in it have got so far.
type world struct {
	*demo
	tab *page
	// The ids of Mary's certificates.
	onToken, software string
	// secret is the key that Mary's phone took.
	secret string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	signertest.Need(t, "chromium", "softhsm2-util", "pkcs11-tool", "oathtool", "zbarimg")
	d := startDemo(t)
	return &world{demo: d, tab: newBrowser(t)}
}

// login has a person sign in at the portal and go to one of its pages.
func (w *world) login(user int, path string) {
	w.t.Helper()
	w.tab.visit(w.portal + "/login/?backurl=" + url.QueryEscape(path))
	w.tab.click(fmt.Sprintf(`button[name=user][value="%d"]`, user))
	w.tab.until(fmt.Sprintf(`location.pathname === %q`, path))
}

// install has Anna open the app for the first time; she ends on its settings.
func (w *world) install() *page {
	w.t.Helper()
	w.login(anna, w.entry)
	w.tab.until(`location.search.includes("install_finished=Y")`)
	return w.settings()
}

// settings is the settings page in the frame that the portal now shows.
func (w *world) settings() *page {
	w.t.Helper()
	f := w.tab.frame(w.app + "/bx/app")
	f.see(".first-steps")
	return f
}

// account makes Mary's account.
func account(f *page) {
	f.t.Helper()
	f.click(`[data-section=accounts]`)
	f.click(`[data-get="/api/admin/accounts/new"]`)
	f.write("#person", "Mary")
	f.until(`(o => o.length === 1 && o[0].textContent.includes("Mary Hill"))(document.querySelectorAll(".combo-option"))`)
	f.click(".combo-option")
	f.until(`document.querySelector("[name=user]").value === "2"`)
	f.write("#login", "mary.hill")
	f.write("#description", "Sales, signs offers and contracts")
	f.click(`[data-form="/api/admin/accounts"] [type=submit]`)
	f.see("#phone")
}

// certificates takes Mary's certificate from the token and lets her use it and
// the one with a software key. The account's page is open before and after.
func (w *world) certificates(f *page) {
	f.t.Helper()
	const offered = `[...document.querySelectorAll("[data-assign]")].map(b => b.dataset.certificate)`
	before := js[[]string](f, offered)
	if len(before) != 1 {
		f.t.Fatalf("the company has the certificates %v, want the one with a software key", before)
	}
	w.software = before[0]
	f.click(`[data-section=certificates]`)
	f.see(".token .row")
	row := js[int](f, `[...document.querySelectorAll(".token .row")].findIndex(r => r.textContent.includes("Mary Hill")) + 1`)
	f.click(fmt.Sprintf(`.token .row:nth-child(%d) [data-post="/api/admin/tokens"]`, row))
	f.shows(".token .row", "In use")
	f.shot("certificates")
	f.click(`[data-section=accounts]`)
	f.click(fmt.Sprintf(`[data-get="/api/admin/accounts/%d"]`, mary))
	f.see("#phone")
	for _, id := range js[[]string](f, offered) {
		if id != w.software {
			w.onToken = id
		}
		f.click(fmt.Sprintf(`[data-assign][data-certificate="%s"]`, id))
		f.until(fmt.Sprintf(`(b => b.checked && !b.disabled)(document.querySelector('[data-assign][data-certificate="%s"]'))`, id))
	}
	if w.onToken == "" {
		f.t.Fatal("the certificate on the token is not offered")
	}
}

// link makes the one-hour link for Mary.
func (w *world) link(f *page) string {
	f.t.Helper()
	f.click(fmt.Sprintf(`[data-post="/api/admin/accounts/%d/link"]`, mary))
	f.see("#new-link")
	link := js[string](f, `document.querySelector("#new-link").value`)
	if !strings.HasPrefix(link, w.app+"/enrol/") {
		f.t.Fatalf("the link is %q", link)
	}
	return link
}

// enrol has Mary open the link, prove to be herself, and see the secret.
func (w *world) enrol(link string) {
	w.t.Helper()
	w.login(mary, "/")
	w.tab.visit(link)
	if text := w.tab.words(); strings.Contains(text, "otpauth") {
		w.t.Error("the link alone shows the secret")
	}
	w.tab.shot("enrol-link")
	w.tab.click(fmt.Sprintf(`a[href^="%s/oauth/authorize"]`, w.portal))
	w.tab.click(`[data-post="/api/enrolment/show"]`)
	w.tab.see("svg.qr")
	w.tab.see(".key")
	w.tab.shot("enrol-secret")
	w.secret = strings.ReplaceAll(w.tab.text(".key"), " ", "")
}

// scanned is the address that zbar reads from the picture of the QR code.
func (w *world) scanned() *url.URL {
	w.t.Helper()
	picture, err := chromedp.Run(w.tab.ctx, chromedp.Screenshot(chromedp.CSS("svg.qr")))
	if err != nil {
		w.t.Fatalf("picture of the QR code: %v", err)
	}
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		w.t.Fatal(err)
	}
	text := strings.TrimSpace(string(signertest.Run(w.t, "zbarimg", "--raw", "--quiet", signertest.WriteFile(w.t, "qr.png", picture))))
	u, err := url.Parse(text)
	if err != nil {
		w.t.Fatal("the QR code holds no address")
	}
	return u
}

// confirm types the first code of the phone.
func (w *world) confirm(code string) {
	w.t.Helper()
	w.tab.write("#code", code)
	w.tab.click(".enrol-confirm [type=submit]")
	w.tab.see(".notice-good")
	w.tab.shot("enrol-done")
}

// step is how long a code is shown.
const step = 30 * time.Second

// code is what oathtool computes for a moment.
func (w *world) code(at time.Time) string {
	w.t.Helper()
	out := signertest.Run(w.t, "oathtool", "--totp", "--base32", "--now", at.UTC().Format("2006-01-02 15:04:05 UTC"), w.secret)
	return strings.TrimSpace(string(out))
}

// signTab has the person of a tab open a deal and click its Sign tab.
func (w *world) signTab(tab *page, deal int) *page {
	w.t.Helper()
	path := fmt.Sprintf("/crm/deal/details/%d/", deal)
	tab.visit(w.portal + path)
	tab.click(".tab[data-app]")
	return tab.frame(w.app + "/bx/deal-tab")
}

// order is what the form of the tab asks for.
type order struct {
	certificate, page, position, reason, code string
}

// fill fills the form of the tab.
func (o order) fill(f *page) {
	f.t.Helper()
	f.see("#sign-form")
	f.click(fmt.Sprintf(`label:has(> input[name=certificate][value="%s"])`, o.certificate))
	if !js[bool](f, `document.querySelector("[name=visible]").checked`) {
		f.click(".switch")
	}
	f.click(fmt.Sprintf(`label:has(> input[name=page][value="%s"])`, o.page))
	f.click(fmt.Sprintf(`label:has(> input[name=position][value="%s"])`, o.position))
	f.write("#reason", o.reason)
	f.write("#code", o.code)
	f.until(`document.documentElement.scrollHeight <= innerHeight`) // the portal shows the whole form
}

// done waits for the end of a signature.
func done(f *page) {
	f.t.Helper()
	f.until(`["done", "failed", "conflict", "undelivered"].includes(document.querySelector("#screen").dataset.screen)`)
	if screen := js[string](f, `document.querySelector("#screen").dataset.screen`); screen != "done" {
		f.t.Fatalf("the signature ended as %s:\n%s", screen, f.words())
	}
}
