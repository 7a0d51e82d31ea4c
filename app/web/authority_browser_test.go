package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBrowserAuthority creates an authority by mouse, issues a certificate,
// takes trust kit and root key along, and revokes.
func TestBrowserAuthority(t *testing.T) {
	w := newWorld(t)
	w.settings(w.acme, w.acme.anna).account(w.acme.mary, "mary")
	b := newBrowser(w)
	b.expect("422")
	s := b.openSettings(w.acme, w.acme.anna)
	b.in(s, chromedp.Click(css("[data-section=authority]")), chromedp.WaitVisible(css(".empty")), chromedp.Click(css(".block-head .button")),
		chromedp.WaitVisible(css("#organisation")), chromedp.Click(css("#section [type=submit]")), chromedp.WaitVisible(css("#organisation[aria-invalid=true]")))
	if got := b.text(s, "#organisation-error"); !strings.Contains(got, "company’s name") {
		t.Errorf("without a name the field says %q", got)
	}
	b.in(s, chromedp.SendKeys(css("#organisation"), "Acme"), chromedp.Click(css("#section [type=submit]")), chromedp.WaitVisible(css("#issued-title")))
	if open := eval[string](b, s, `document.querySelector("[data-section][aria-current=true]").dataset.section`); open != "authority" {
		t.Errorf("the open section is %q", open)
	}
	b.shot(b.ctx, "authority")

	b.in(s, chromedp.Click(css("[data-get$='/issue']")), chromedp.WaitVisible(css("#user")), chromedp.Click(css("#section [type=submit]")),
		chromedp.WaitVisible(css("[data-get$='/revoke']")))
	if got := b.text(s, "[aria-labelledby=issued-title] .rows"); !strings.Contains(got, "Мария Иванова") {
		t.Errorf("issued: %q", got)
	}

	eval[int](b, s, `window.kept = [], window.real = URL.createObjectURL, URL.createObjectURL = (blob) => (kept.push(blob.size), real.call(URL, blob)), 0`)
	kept := func(what string, n int) {
		t.Helper()
		b.until(what, func() bool { return eval[int](b, s, "kept.length") == n && eval[int](b, s, "kept.at(-1)") > 300 })
	}
	b.in(s, chromedp.Click(css("[data-post$='/kit']")))
	kept("the trust kit", 1)
	b.in(s, chromedp.Click(css("[data-download$='/ca.cer']")))
	kept("the root's certificate", 2)
	b.in(s, chromedp.Click(css("[data-get$='/export']")), chromedp.WaitVisible(css("#repeat")), chromedp.SendKeys(css("#password"), "correct horse 42"),
		chromedp.SendKeys(css("#repeat"), "correct horse 43"), chromedp.Click(css("#section [type=submit]")), chromedp.WaitVisible(css("#repeat[aria-invalid=true]")),
		chromedp.SendKeys(css("#repeat"), "\b2"), chromedp.Click(css("#section [type=submit]")), chromedp.WaitVisible(css("[data-get$='/remove']")))
	kept("the root's file", 3)

	b.in(s, chromedp.Click(css("[aria-labelledby=issued-title] .row:last-child [data-get$='/revoke']")), chromedp.WaitVisible(css("#reason")))
	if got := eval[string](b, s, `document.querySelector("h2").textContent`); !strings.Contains(got, "Revoke the certificate of") {
		t.Errorf("the question is %q", got)
	}
	b.in(s, chromedp.SetValue(css("#reason"), "1"), chromedp.Click(css("#section [type=submit]")), chromedp.WaitVisible(css("[aria-labelledby=issued-title] .row")))
	if got := b.text(s, "[aria-labelledby=issued-title] .rows"); !strings.Contains(got, "stolen or lost") {
		t.Errorf("after the revocation: %q", got)
	}
	b.shot(b.ctx, "revoked")
}
