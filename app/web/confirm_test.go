package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// boundAdmin is a company whose administrator has a phone.
func boundAdmin(t *testing.T) (*world, *page, phone) {
	t.Helper()
	w, _, _ := ready(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.ok("POST", "/api/admin/accounts", object{"create": "1", "user": itoa(w.acme.anna), "login": "anna"})
	return w, admin, w.bind(w.acme, admin, w.acme.anna)
}

// TestConfirmationHeader: a dangerous act is refused without the
// administrator's own code and passes with it; the code is in no log.
func TestConfirmationHeader(t *testing.T) {
	w, admin, anna := boundAdmin(t)
	off := object{"user": itoa(w.acme.mary), "login": "mary", "codeOff": true, "codeOffReason": "no phone"}
	path := "/api/admin/accounts"
	admin.wants(admin.call("POST", path, off), http.StatusForbidden, "confirm.needed")
	admin.confirm = "000000"
	admin.wants(admin.call("POST", path, off), http.StatusUnauthorized, "code.wrong")
	admin.confirm = anna.code()
	admin.ok("POST", path, off)
	if strings.Contains(w.log.String(), admin.confirm) {
		t.Error("the code is in the log")
	}
}

// TestBrowserConfirmation asks for the code in a dialog: cancelling changes
// nothing, a wrong code is said, the right one lets the act pass.
func TestBrowserConfirmation(t *testing.T) {
	w, _, anna := boundAdmin(t)
	b := newBrowser(w)
	s := b.openSettings(w.acme, w.acme.anna)
	b.expect("401", "403")
	b.in(s, chromedp.Click(css("[data-section=defaults]")), chromedp.WaitVisible(css("#retention")),
		chromedp.SetValue(css("#retention"), "77"), chromedp.Click(css("#section [type=submit]")), chromedp.WaitVisible(css("#confirmation-code")))
	b.shot(b.ctx, "asked")
	b.in(s, chromedp.Click(css("#confirmation .button:not(.button-primary)")), chromedp.WaitVisible(css("[data-error-box] .alert")))
	if got := b.text(s, "[data-error-box] .alert"); !strings.Contains(got, "Nothing was changed") {
		t.Errorf("cancelled, the page says %q", got)
	}
	b.in(s, chromedp.Click(css("#section [type=submit]")), chromedp.WaitVisible(css("#confirmation-code")),
		chromedp.SendKeys(css("#confirmation-code"), "000000\r"), chromedp.WaitVisible(css("#confirmation-error:not(:empty)")))
	if got := b.text(s, "#confirmation-error"); !strings.Contains(got, "Wrong code") {
		t.Errorf("a wrong code says %q", got)
	}
	w.clock.forward(time.Minute)
	b.in(s, chromedp.SendKeys(css("#confirmation-code"), anna.code()+"\r"), chromedp.WaitVisible(css(".toast")))
	if got := eval[string](b, s, `document.getElementById("retention").value`); got != "77" {
		t.Errorf("kept is %q", got)
	}
}
