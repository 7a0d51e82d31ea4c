package e2e_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/signer/signertest"
)

// TestSignTab is the Sign tab where things go wrong, or twice.
func TestSignTab(t *testing.T) {
	t.Parallel()
	signertest.Need(t, "pdfsig", "qpdf", "openssl", "certutil")
	w := newWorld(t)
	// Chromium reports each refused call as an error of its own.
	w.tab.b.allow("a status of 401 (Unauthorized)", "a status of 403 (Forbidden)", "a status of 409 (Conflict)")
	w.ready()
	file, _ := w.visitor(mary).contract(1)

	w.noPDF()
	w.noAdministrator()
	w.wrongCode(file)
	file = w.doubleClick(file)
	w.twoTabs(file)
}

// ready brings Mary to where she can sign. Her first code is the one of the
// step that has just passed, so that the present one can still sign.
func (w *world) ready() {
	w.t.Helper()
	settings := w.install()
	account(settings)
	w.certificates(settings)
	link := w.link(settings)
	w.strangersLink(link)
	w.enrol(link)
	midStep()
	w.confirm(w.code(time.Now().Add(-step)))
	w.tab.visit(link)
	w.tab.shows("main", "This link has been used")
	w.tab.shot("link-used")
}

// strangersLink has Anna open Mary's link: she proves to be somebody else.
func (w *world) strangersLink(link string) {
	w.t.Helper()
	w.tab.visit(link)
	w.tab.click(fmt.Sprintf(`a[href^="%s/oauth/authorize"]`, w.portal))
	w.tab.shows("main", "This link is meant for someone else")
	if js[bool](w.tab, `document.querySelector("[data-post]") !== null`) {
		w.t.Error("somebody else's link offers the secret")
	}
	w.tab.shot("link-of-another")
}

// midStep returns at once, unless the present step of the codes ends so soon
// that the code before it would be too old when it arrives.
func midStep() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for now := time.Now(); now.Add(step/6).Unix()/30 != now.Unix()/30; now = <-tick.C {
	}
}

// noPDF opens a deal without a PDF.
func (w *world) noPDF() {
	w.t.Helper()
	f := w.signTab(w.tab, 5)
	f.shows("#screen .notice-title", "There is no PDF here yet")
	f.shows("#screen .notice", "Attach one to a file field")
	w.tab.shot("no-pdf")
}

// noAdministrator has Mary open the page of the settings.
func (w *world) noAdministrator() {
	w.t.Helper()
	w.tab.visit(w.portal + w.entry)
	f := w.tab.frame(w.app + "/bx/app")
	f.shows("main", "The settings are for the administrators")
	if js[bool](f, `document.querySelector("[data-section]") !== null`) {
		w.t.Error("somebody who is no administrator sees the settings")
	}
	w.tab.shot("no-administrator")
}

// wrongCode types a code that the phone does not show.
func (w *world) wrongCode(file []byte) {
	w.t.Helper()
	f := w.signTab(w.tab, 1)
	good := map[string]bool{}
	for _, shift := range []time.Duration{-2 * step, -step, 0, step, 2 * step, 3 * step} {
		good[w.code(time.Now().Add(shift))] = true
	}
	bad := "000000"
	for _, other := range []string{"111111", "222222", "333333", "444444", "555555", "666666"} {
		if good[bad] {
			bad = other
		}
	}
	order{w.software, "first", "top-left", "By mistake", bad}.fill(f)
	f.click("#sign-form [type=submit]")
	f.shows(`[data-error-for=code]`, "Wrong code")
	w.tab.shot("wrong-code")
	if after, _ := w.visitor(mary).contract(1); !bytes.Equal(after, file) {
		w.t.Error("a wrong code has changed the file")
	}
	if reason := js[string](f, `document.querySelector("#reason").value`); reason != "By mistake" {
		w.t.Errorf("after the wrong code the reason is %q", reason)
	}
}

// doubleClick signs by a double click, and opens the deal anew while it runs:
// one signature is made, and the tab finds it again.
func (w *world) doubleClick(file []byte) []byte {
	w.t.Helper()
	f := w.signTab(w.tab, 1)
	order{w.onToken, "last", "bottom-right", "Twice is once", w.code(time.Now())}.fill(f)
	f.do(chromedp.DoubleClick(chromedp.CSS("#sign-form [type=submit]")))
	f.until(`["running", "done"].includes(document.querySelector("#screen").dataset.screen)`)
	f = w.signTab(w.tab, 1)
	// Still on its way: followed to its end. Done already: named in the list.
	f.until(`document.querySelector("#screen").dataset.screen === "done" ||
		[...document.querySelectorAll(".badge-good")].some(b => b.textContent.startsWith("Signed"))`)
	w.tab.shot("opened-again")
	after, _ := w.visitor(mary).contract(1)
	judge(w.t, after, file, 1)
	return after
}

// twoTabs orders the same document in two tabs with the same code: the second
// order is refused and the file gets one signature more.
func (w *world) twoTabs(file []byte) {
	w.t.Helper()
	tabs := []*page{w.tab, w.tab.open()}
	var forms []*page
	for _, tab := range tabs {
		f := w.signTab(tab, 1)
		f.click(`[data-post="/api/sign/documents"]`)
		f.see("#sign-form")
		forms = append(forms, f)
	}
	// The next step's code is taken already, for clocks that are fast.
	code := w.code(time.Now().Add(step))
	for _, f := range forms {
		order{w.software, "first", "top-right", "In two tabs", code}.fill(f)
	}
	forms[0].click("#sign-form [type=submit]")
	done(forms[0])
	forms[1].click("#sign-form [type=submit]")
	forms[1].shows("#sign-form .alert", "carried out already")
	if text := forms[1].text("#sign-form .alert"); strings.Contains(text, "not changed") {
		w.t.Errorf("the second tab denies what the first one did: %s", text)
	}
	tabs[1].shot("second-tab")
	after, _ := w.visitor(mary).contract(1)
	judge(w.t, after, file, 2)
}
