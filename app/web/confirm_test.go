package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/app"
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

// TestBrowserQuestion: a button that destroys asks in a dialog of our own, inside
// the portal's frame of another site. The keyboard alone goes all of its ways,
// and the focus comes back to the button.
func TestBrowserQuestion(t *testing.T) {
	w, _, anna := boundAdmin(t)
	b := newBrowser(w)
	s := b.openSettings(w.acme, w.acme.anna)
	b.expect("403")
	remove := fmt.Sprintf(`[data-post="/api/admin/accounts/%d/delete"]`, w.acme.mary)
	b.in(s, chromedp.Click(css("[data-section=accounts]")), chromedp.Click(css(fmt.Sprintf(`[data-get="/api/admin/accounts/%d"]`, w.acme.mary))),
		chromedp.WaitVisible(css(remove)))
	focus := func() string {
		return eval[string](b, s, `document.activeElement.textContent.trim() + (document.activeElement.closest("dialog[open]") ? " in the dialog" : "")`)
	}
	ask := func() {
		t.Helper()
		b.in(s, chromedp.Focus(css(remove)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#question")))
		if got := focus(); got != "Cancel in the dialog" { // Enter once too often destroys nothing
			t.Errorf("the focus is on %q", got)
		}
	}
	gone := func() bool { return eval[bool](b, s, `!document.getElementById("question").open`) }
	ask()
	if got := b.text(s, "#question-words"); !strings.Contains(got, "Remove the account of Мария Иванова?") {
		t.Errorf("it asks %q", got)
	}
	b.shot(b.ctx, "asked")
	for _, key := range []string{"\r", "\x1b"} { // Cancel, Escape
		b.in(s, chromedp.KeyEvent(key))
		b.until("the end of the question", gone)
		if got := focus(); got != "Remove account" {
			t.Errorf("after %q the focus is on %q", key, got)
		}
		ask()
	}
	if _, err := w.store.Account(t.Context(), w.acme.id(), app.UserID(itoa(w.acme.mary))); err != nil {
		t.Fatalf("cancelled, the account is gone: %v", err)
	}
	b.in(s, chromedp.KeyEvent("\t"))
	if got := focus(); got != "Remove account in the dialog" {
		t.Errorf("the next is %q", got)
	}
	b.in(s, chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#confirmation-code")), // and then the code
		chromedp.SendKeys(css("#confirmation-code"), anna.code()+"\r"), chromedp.WaitVisible(css(".toast")))
	if _, err := w.store.Account(t.Context(), w.acme.id(), app.UserID(itoa(w.acme.mary))); app.KindOf(err) != app.NotFound {
		t.Errorf("agreed, the account is there: %v", err)
	}
}
