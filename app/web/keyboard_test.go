package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"signservice/app"
)

// keyboard is a page or frame that is used by its keys alone.
type keyboard struct {
	*browser
	ctx context.Context
}

// at tells whether the focus is on what is selected.
func (k keyboard) at(selector string) bool {
	k.t.Helper()
	return eval[bool](k.browser, k.ctx, fmt.Sprintf("document.activeElement.matches(%q)", selector))
}

// wants fails where the focus does not come to what is selected.
func (k keyboard) wants(what, selector string) {
	k.t.Helper()
	k.until(what, func() bool { return k.at(selector) })
}

// reach goes on with the tabulator until the focus is on what is selected; the
// focus is seen on its way.
func (k keyboard) reach(selector string) {
	k.t.Helper()
	k.in(k.ctx, chromedp.WaitVisible(css(selector)))
	for range 60 {
		if k.at(selector) {
			return
		}
		k.in(k.ctx, chromedp.KeyEvent("\t"))
	}
	k.t.Fatalf("the tabulator does not reach %s", selector)
}

// press goes to what is selected and presses it with the key.
func (k keyboard) press(selector, key string) {
	k.t.Helper()
	k.reach(selector)
	k.types(key)
}

// types types a text where the focus is; Enter, "\r" at its end, is one event as
// of a keyboard, whose letter is swallowed where a page takes the key for itself.
func (k keyboard) types(text string) {
	k.t.Helper()
	text, entered := strings.CutSuffix(text, enter)
	if text != "" {
		k.in(k.ctx, chromedp.KeyEvent(text))
	}
	if !entered {
		return
	}
	k.still(k.ctx)
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: enter, WindowsVirtualKeyCode: 13}
	for _, key.Type = range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(k.ctx, input.DispatchKeyEvent, key); err != nil {
			k.t.Fatal(err)
		}
		key.Text = ""
	}
}

// tab opens a section of the settings, beginning anew at the tabs.
func (k keyboard) tab(name string) {
	k.t.Helper()
	k.in(k.ctx, chromedp.Focus(css("[data-section=overview]"))) // where the tabulator enters the frame
	k.press(fmt.Sprintf("[data-section=%s]", name), enter)
	k.settle()
}

const enter, space = "\r", " "

// TestBrowserSettingsByKeys makes an account and a certificate, assigns it and
// removes the account by keys alone. The focus is never lost: it stays on what
// was pressed, or goes to the beginning of the screen that follows.
func TestBrowserSettingsByKeys(t *testing.T) {
	w, _, anna := boundAdmin(t)
	b := newBrowser(w)
	k := keyboard{b, b.openSettings(w.acme, w.acme.anna)}

	// An account, its person chosen from the list: a hasty Enter takes nobody.
	k.tab("accounts")
	k.press(".block-head .button", enter)
	k.wants("the new account's heading", "[data-focus]")
	k.reach("#person")
	k.types("Paul" + enter)
	k.in(k.ctx, chromedp.WaitVisible(css(".combo-option[aria-selected=true]:only-child")))
	k.types(enter)
	k.wants("the login, once a person is chosen", "#login")
	k.types("paul" + enter)
	k.in(k.ctx, chromedp.WaitVisible(css("#phone")))
	k.wants("the account's heading", "[data-focus]")
	k.press("#description", "Warehouse")
	k.press("form.card [type=submit]", enter)
	k.in(k.ctx, chromedp.WaitVisible(css(".toast")))
	k.wants("the button that saved", "form.card [type=submit]")

	// A certificate, assigned by its tick.
	k.tab("certificates")
	k.press(".block-head .button", enter)
	k.reach("#name")
	k.types("Paul Ott" + enter)
	k.in(k.ctx, chromedp.WaitVisible(css("#section .rows")))
	k.wants("the list of certificates", "#section")
	k.tab("assignments")
	k.press(".view:nth-child(3)", enter)
	k.wants("the view that was chosen", ".view[aria-pressed=true]")
	own := `[aria-label^="Paul Ott may use the certificate of Paul Ott"]`
	k.expect("401", "403") // a certificate that is not the person's own wants the administrator's code
	k.press(own, space)
	k.wants("the code", "#confirmation-code")
	k.types(anna.code() + enter)
	k.wants("the tick that assigned", own+":checked:enabled")
	w.clock.forward(6 * time.Minute) // that code counts no longer

	// The search keeps the focus in its field.
	k.tab("assignments")
	k.reach(".find input[type=search]")
	k.types("paul" + enter)
	b.until("what was found", func() bool {
		return eval[int](b, k.ctx, `document.querySelectorAll("#section .grid tbody tr").length`) == 1
	})
	k.wants("the search", ".find input[type=search]")
	byKeysRemoved(k, anna)
}

// byKeysRemoved removes an account with the administrator's own code: given up
// first, then with a wrong code, then with the right one.
func byKeysRemoved(k keyboard, anna phone) {
	k.t.Helper()
	k.tab("accounts")
	k.press(fmt.Sprintf(`#account-list [data-get="/api/admin/accounts/%d"]`, k.world.acme.paul), enter)
	k.press(".remove .button-danger", enter)
	agree := func() {
		k.t.Helper()
		k.press("#question [value=yes]", enter)
		k.wants("the code", "#confirmation-code")
	}
	agree()
	k.types(escape)
	k.in(k.ctx, chromedp.WaitVisible(css("[data-error-box] .alert")))
	k.wants("the button that asked", ".button-danger")
	k.types(enter)
	agree()
	k.types("000000" + enter)
	k.in(k.ctx, chromedp.WaitVisible(css("#confirmation-error:not(:empty)")))
	k.wants("the code again", "#confirmation-code[aria-invalid]")
	k.world.clock.forward(time.Minute)
	k.types(anna.code() + enter)
	k.in(k.ctx, chromedp.WaitVisible(css("#account-list")))
	k.wants("the list of accounts", "#section")
	if list := k.text(k.ctx, "#account-list"); strings.Contains(list, "paul") {
		k.t.Errorf("the account is still there: %s", list)
	}
}

const escape = "\u001b"

// TestBrowserJournalByKeys asks for older entries until there are no more: the
// focus stays on the button, and goes to the first new entry when it is gone.
func TestBrowserJournalByKeys(t *testing.T) {
	w, _, _ := boundAdmin(t)
	admin := w.settings(w.acme, w.acme.anna)
	for i := range 60 {
		admin.ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.anna), "login": "anna", "description": itoa(i)})
	}
	b := newBrowser(w)
	k := keyboard{b, b.openSettings(w.acme, w.acme.anna)}
	k.tab("journal")
	rows := func() int { return eval[int](b, k.ctx, `document.querySelectorAll("[data-append] tr").length`) }
	for i := 0; ; i++ {
		before := rows()
		k.press("[data-older] button", enter)
		b.until("older entries", func() bool { return rows() > before })
		if eval[bool](b, k.ctx, `document.querySelector("[data-older] button") !== null`) {
			k.wants("the button for older entries", "[data-older] button")
			continue
		}
		k.wants("the first of the new entries", fmt.Sprintf("[data-append] tr:nth-child(%d)", before+1))
		return
	}
}

// TestBrowserInvitingByKeys asks a colleague to sign, and declines it as that
// colleague, by keys alone.
func TestBrowserInvitingByKeys(t *testing.T) {
	w, _, _ := ready(t)
	b := newBrowser(w)
	k := keyboard{b, b.openTab(w.acme, w.acme.paul)}
	k.in(k.ctx, chromedp.WaitVisible(css(".row-signed *")), chromedp.Focus(css(".notice .button"))) // where the tabulator enters the frame
	k.press(`.row [data-post="/api/sign/invite"]`, enter)
	k.wants("the question's heading", "[data-focus]")
	k.reach("#person")
	k.types(w.name(w.acme.mary))
	k.in(k.ctx, chromedp.WaitVisible(css(".combo-option[aria-selected=true]:only-child")))
	k.types(enter)
	k.press("#note", "by Friday, please")
	k.press("[data-ask] [type=submit]", enter)
	k.in(k.ctx, chromedp.WaitVisible(css("#theirs-title")))
	w.told()

	b.login(w.acme, w.acme.mary)
	b.do(chromedp.Navigate(fmt.Sprintf("%s/crm/deal/details/%d/", w.acme.URL(), w.acme.deal)), chromedp.Click(css(".line .act .primary")))
	k.ctx = b.frame()
	k.in(k.ctx, chromedp.WaitVisible(css(".banner .button")), chromedp.Focus(css(".banner .button")))
	k.types(enter)
	k.wants("the question's heading", "[data-focus]")
	k.expect("422")
	k.press("[data-ask] [type=submit]", enter)
	k.wants("the reason, which is missing", "#reason[aria-invalid=true]")
	k.types("The price is wrong.")
	k.press("[data-ask] [type=submit]", enter)
	k.wants("the list of documents", "#documents-title")
	if got := w.invitation(); got.State != app.InvitationDeclined || got.Reason != "The price is wrong." {
		t.Errorf("the invitation is %s because %q", got.State, got.Reason)
	}
}
