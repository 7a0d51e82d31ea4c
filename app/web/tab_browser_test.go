package web_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	cdp "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"signservice/app"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// at is where the focus is, in a word.
func (b *browser) at(ctx context.Context) string {
	b.t.Helper()
	return eval[string](b, ctx, `(e => e === document.body ? "body" : e.matches("[data-tick]") ? "tick" : e.matches("[data-page-signet]") ? "signet" :
		e.matches(".row-side .button-tinted") ? "open" : e.id || (e.name && e.name + "=" + e.value) || e.getAttribute("role") || e.localName + " " + e.textContent.trim().slice(0, 40))(document.activeElement)`)
}

// tabTo presses the tab key until the focus is where it is wanted.
func (b *browser) tabTo(ctx context.Context, want string) {
	b.t.Helper()
	for range 40 {
		b.in(ctx, chromedp.KeyEvent("\t"))
		if b.at(ctx) == want {
			return
		}
	}
	b.t.Fatalf("the tab key does not lead to %s, but to %s", want, b.at(ctx))
}

// press presses the mouse where an element is seen, as soon as it is at rest:
// chromedp would scroll to it first, and a bar that follows the screen is elsewhere
// then.
func (b *browser) press(ctx context.Context, selector string) {
	b.t.Helper()
	b.in(ctx, chromedp.WaitVisible(css(selector)))
	middle := func() [2]float64 {
		b.t.Helper()
		at := eval[[]float64](b, ctx, fmt.Sprintf(`(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector(%q).getBoundingClientRect())`, selector))
		return [2]float64{at[0], at[1]}
	}
	at := middle()
	b.until(selector+" to be at rest", func() bool {
		time.Sleep(150 * time.Millisecond) // longer than the bar looks once more
		before := at
		at = middle()
		return at == before
	})
	b.in(ctx, chromedp.MouseEvent(chromedp.MousePressed, at[0], at[1], chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(chromedp.MouseReleased, at[0], at[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
}

// openRow opens a document from the list.
func openRow(ref object) css {
	return css(fmt.Sprintf(`[data-post="/api/sign/documents"][data-body*='"fileId":"%s"']`, ref["fileId"]))
}

// TestBrowserKeyboardAlone goes from the list through a free place and a refusal to
// the end by keys alone: each screen takes the focus to where the person goes on.
func TestBrowserKeyboardAlone(t *testing.T) {
	w, mary, certificate, _ := several(t)
	b := newBrowser(w)
	b.expect("403")
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".row-tick")), chromedp.Focus(css("#documents-title")))
	b.tabTo(f, "open")
	b.in(f, chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#code")))
	if got := b.at(f); !strings.HasPrefix(got, "h1 ") {
		t.Errorf("in the form the focus is on %s", got)
	}
	b.tabTo(f, "signet")
	b.in(f, chromedp.KeyEvent(arrowUp), chromedp.WaitVisible(css("[data-zone=top-right].chosen")), chromedp.KeyEvent(arrowLeft), chromedp.WaitVisible(css("[data-zone=top-center].chosen")),
		chromedp.KeyEvent(arrowDown, chromedp.KeyModifiers(shift)), chromedp.KeyEvent(arrowDown), chromedp.KeyEvent(arrowLeft), chromedp.WaitVisible(css("[data-free-choice] input:checked")))
	if got := b.text(f, ".place-words"); !strings.Contains(got, "% from the left") {
		t.Errorf("the free place is %q", got)
	}
	b.tabTo(f, "code")
	admin := w.settings(w.acme, w.acme.anna)
	admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": certificate, "assigned": false})
	b.in(f, chromedp.KeyEvent(mary.code()), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#certificates[aria-invalid=true]")))
	if got := b.at(f); got != "certificate="+certificate || !strings.Contains(b.text(f, "#certificate-error"), "no longer assigned") {
		t.Errorf("refused, the focus is on %s, it says %q", got, b.text(f, "#certificate-error"))
	}
	admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": certificate, "assigned": true})
	// Ctrl+Enter signs from anywhere, also where nothing has the focus.
	b.in(f, chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`), chromedp.KeyEvent("\r", chromedp.KeyModifiers(ctrl)), chromedp.WaitVisible(css(".notice-good")))
	if got := eval[bool](b, f, `document.activeElement.closest(".notice-good") !== null`); !got {
		t.Error("the focus is not on what happened")
	}
	// What is remembered is not asked again: the code is next.
	b.tabTo(f, "button All documents")
	b.in(f, chromedp.KeyEvent("\r"), chromedp.WaitVisible(css(".row-tick")))
	b.tabTo(f, "open")
	b.in(f, chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#code")))
	b.until("the focus in the code", func() bool { return b.at(f) == "code" })
}

// TestBrowserStuck has the server away when the tab opens, and when a document is
// opened: both ways on are there, and work when it is back.
func TestBrowserStuck(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	w, mary, _, refs := several(t, func(w *world) {
		w.between = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if down.Load() && strings.HasPrefix(r.URL.Path, "/api/") {
					panic(http.ErrAbortHandler)
				}
				next.ServeHTTP(out, r)
			})
		}
	})
	b := newBrowser(w)
	b.expect("ERR_EMPTY_RESPONSE", "ERR_CONNECTION", "409", "Failed to load resource")
	f := b.openTab(w.acme, w.acme.mary)
	again, all := css(`.notice .button-primary`), css(`.notice [data-get="/api/sign?list=1"]`)
	b.in(f, chromedp.WaitVisible(again), chromedp.WaitVisible(all))
	if got := b.text(f, ".notice"); !strings.Contains(got, "could not be loaded") || !strings.Contains(got, "No connection") {
		t.Errorf("without a server the tab says %q", got)
	}
	b.shot(b.ctx, "stuck")
	b.in(f, chromedp.Click(again))
	b.until("the second failure", func() bool { return eval[bool](b, f, `document.querySelector(".notice .busy") === null`) })
	down.Store(false)
	b.in(f, chromedp.Click(again), chromedp.WaitVisible(css(".row-tick")))
	down.Store(true)
	b.in(f, chromedp.Click(openRow(refs[0])), chromedp.WaitVisible(again))
	if got := eval[bool](b, f, `document.activeElement.matches(".notice")`); !got {
		t.Error("the focus is not on the cause")
	}
	down.Store(false)
	b.in(f, chromedp.Click(again), chromedp.WaitVisible(css("#code")))
	if got := b.text(f, "h1"); got != "paper 1.pdf" {
		t.Errorf("tried again it opens %q", got)
	}
	// A refusal that is about no field takes the focus too.
	id, err := strconv.Atoi(refs[0]["fileId"].(string))
	if err == nil {
		err = w.acme.RemoveFile(w.acme.deal, refs[0]["field"].(string), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.in(f, chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css("[data-error-box] .alert")))
	if got := b.at(f); got != "alert" {
		t.Errorf("refused, the focus is on %s", got)
	}
}

// TestBrowserChosenTogether: ticking one row says how to go on, all can be ticked,
// the reader is told how many are read, and each document keeps its place.
func TestBrowserChosenTogether(t *testing.T) {
	w, mary, _, refs := several(t, pictured)
	if err := pages().Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(w)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	f := b.openTab(w.acme, w.acme.mary)
	row := func(ref object) css {
		return css(fmt.Sprintf(`.row:has([data-document*='"fileId":"%s"']) .row-tick`, ref["fileId"]))
	}
	b.in(f, chromedp.WaitVisible(css(".row .signed-by")))
	b.until("the signatures of all", func() bool { return eval[int](b, f, `document.querySelectorAll(".signed-by").length`) == 4 })
	b.fingers(f)
	b.in(f, chromedp.Click(row(refs[0])), chromedp.WaitVisible(css("[data-selection-status]")))
	if got := b.text(f, "[data-selection]"); !strings.Contains(got, "One document is chosen") || strings.Contains(got, "Sign 1") {
		t.Errorf("one tick says %q", got)
	}
	b.in(f, chromedp.Click(css("[data-select-all]")))
	if got := b.text(f, "[data-selection-words]"); !strings.Contains(got, "4 documents") {
		t.Errorf("all ticked it says %q", got)
	}
	said := b.hears(f)
	together := func() {
		t.Helper()
		b.press(f, ".selection.docked [data-sign-selection]")
		b.in(f, chromedp.WaitVisible(css("[data-page-image]")))
	}
	together()
	said("The documents are being read and checked: 0 of 4 …")
	said("The documents are being read and checked: 3 of 4 …")
	// A place of its own is kept when the documents are chosen anew.
	second := css("[data-file]:not([aria-pressed=true])")
	b.in(f, chromedp.Click(css(".same-place")), chromedp.Click(second), chromedp.Click(css(".zone input[value=top-left]")), chromedp.WaitVisible(css("[data-zone=top-left].chosen")))
	places := func() []string {
		t.Helper()
		return eval[[]string](b, f, `[...document.querySelectorAll("[data-file-place]")].map((e) => e.textContent)`)
	}
	before := places()
	b.in(f, chromedp.Click(css(`.heading [data-get="/api/sign?list=1"]`)), chromedp.WaitVisible(css(".row-tick")), chromedp.Click(css("[data-select-all]")))
	together()
	if after := places(); fmt.Sprint(after) != fmt.Sprint(before) || eval[bool](b, f, `document.querySelector("[name=same]").checked`) {
		t.Errorf("chosen anew the places are %q, were %q", after, before)
	}
	// The portal refuses one of them: the result names it, also on a narrow screen.
	w.acme.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.AccessDenied, Skip: 3, Count: 1})
	b.in(f, chromedp.SendKeys(css("#code"), mary.code()))
	b.press(f, ".button-sign")
	b.in(f, chromedp.WaitVisible(css(".batch .step-failed")))
	b.until("the end", func() bool { return b.has(f, ".batch:not([data-follow]) .actions") })
	if over := eval[float64](b, f, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("the result is %v px too wide", over)
	}
	if got := b.text(f, ".batch"); !strings.Contains(got, "2 of 3 documents signed") {
		t.Errorf("at the end: %q", got)
	}
	b.fingers(f)
	b.shot(b.ctx, "failed")
}

// TestBrowserAfterwards: what can be done with a signed document, and how its
// signet keeps others away.
func TestBrowserAfterwards(t *testing.T) {
	w, mary, _, _ := several(t, pictured)
	if err := pages().Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	original := w.acme.DealFiles(w.acme.deal, w.acme.field)[0].Content
	b := newBrowser(w)
	folder := t.TempDir()
	if _, err := chromedp.Call(b.ctx, cdp.SetDownloadBehavior, cdp.SetDownloadBehaviorParams{Behavior: cdp.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder}); err != nil {
		t.Fatal(err)
	}
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".row-tick")))
	b.until("the signatures of all", func() bool { return eval[int](b, f, `document.querySelectorAll(".signed-by").length`) == 4 })
	b.in(f, chromedp.Click(openRow(refOf(w))), chromedp.WaitVisible(css("#code")),
		chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")), chromedp.WaitVisible(css(".check summary")))
	if got := b.text(f, ".check"); !strings.Contains(got, "Check") || !strings.Contains(got, "Valid: nothing was changed") {
		t.Errorf("the check says %q", got)
	}
	b.in(f, chromedp.Click(css(".notice [data-download$='/original']")))
	b.until("the previous version", func() bool {
		files, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
		if err != nil || len(files) != 1 {
			return false
		}
		got, err := os.ReadFile(files[0])
		return err == nil && bytes.Equal(got, original)
	})
	b.in(f, chromedp.WaitVisible(css(".next .button")))
	if got := b.text(f, ".next"); got != "Next unsigned (2)" { // the damaged one is known to be no use
		t.Errorf("the way on is %q", got)
	}
	b.in(f, chromedp.Click(css(".next .button")), chromedp.WaitVisible(css("#code")))
	if got := b.text(f, "h1"); !strings.HasPrefix(got, "paper") {
		t.Errorf("the next document is %q", got)
	}
	w.clock.forward(30 * time.Second)
	// Together with others the signed one keeps its place free.
	signed := fmt.Sprintf(`.row:has([data-document*='"fileId":"%s"']) .row-tick`, refOf(w)["fileId"])
	b.in(f, chromedp.Click(css(`.heading [data-get="/api/sign?list=1"]`)), chromedp.WaitVisible(css(signed)),
		chromedp.Click(css(signed)), chromedp.Click(css(".row:first-child .row-tick")),
		chromedp.Click(css("[data-sign-selection]")), chromedp.WaitVisible(css("[data-page-image]")))
	names := eval[[]string](b, f, `[...document.querySelectorAll(".file-name")].map((e) => e.textContent)`)
	for i, name := range names {
		if !strings.HasPrefix(name, "paper") {
			continue
		}
		b.in(f, chromedp.Click(css(fmt.Sprintf(".file-list li:nth-child(%d) [data-file]", i+1))))
	}
	b.in(f, chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector("[name=same]"); if (!s.checked) s.click(); })()`),
		chromedp.Click(css(".zone input[value=top-center]")), chromedp.Click(css(".zone input[value=bottom-right]")), chromedp.WaitVisible(css(".zone.covers input[value=bottom-right]")))
	b.until("the warning", func() bool {
		return strings.Contains(b.text(f, "[data-place-warning]"), "covered in Договор № 5.pdf")
	})
	if got := eval[string](b, f, `document.getElementById("covers-bottom-right").textContent`); !strings.Contains(got, "Договор № 5.pdf") {
		t.Errorf("a reader is told %q of the place", got)
	}
	if !b.has(f, "[data-zone=bottom-right].covers") {
		t.Error("the place on the page is not hatched")
	}
	b.shot(b.ctx, "covered")
	// By itself it says so of its own.
	b.in(f, chromedp.Click(css(`.heading [data-get="/api/sign?list=1"]`)), chromedp.WaitVisible(css(signed)), chromedp.Click(openRow(refOf(w))), chromedp.WaitVisible(css(".zone.covers")))
	if got := eval[string](b, f, `document.querySelector(".zone.covers [data-covers-words]").textContent`); got != "An earlier signature mark would be covered here." {
		t.Errorf("a reader is told %q", got)
	}
}

// TestBrowserManyCertificates searches among more than six: what is chosen stays
// in sight, and nothing found is said.
func TestBrowserManyCertificates(t *testing.T) {
	w, _, id := ready(t)
	admin := w.settings(w.acme, w.acme.anna)
	for _, name := range []string{"Adams", "Brown", "Clark", "Ivanov", "Jones", "Olsen", "Quist"} {
		admin.ok("POST", "/api/admin/certificates", object{"name": name, "organisation": "Acme", "years": "1", "key": "ecdsa-p256"})
	}
	for _, m := range regexp.MustCompile(`/api/admin/certificates/([0-9a-f]{64})/delete`).FindAllStringSubmatch(admin.ok("GET", "/api/admin/certificates", nil).field("html"), -1) {
		admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": m[1], "assigned": true})
	}
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.Click(css(fmt.Sprintf(`.choice:has([value="%s"])`, id))))
	shown := func() []string {
		t.Helper()
		return eval[[]string](b, f, `[...document.querySelectorAll("#certificates .choice")].filter((e) => e.checkVisibility())
			.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((e) => e.querySelector(".choice-name").textContent)`)
	}
	if list := shown(); len(list) != 8 {
		t.Errorf("at first %q are shown", list)
	}
	if got := b.text(f, ".choice-line"); !strings.Contains(got, "Acme") || !strings.Contains(got, "Valid until") || !strings.Contains(got, "No. …") {
		t.Errorf("a line says %q", got)
	}
	b.in(f, chromedp.SendKeys(css("[data-filter]"), "brown"))
	if list := shown(); fmt.Sprint(list) != "[Мария Иванова Brown]" {
		t.Errorf("searched, %q are shown", list)
	}
	b.in(f, chromedp.SendKeys(css("[data-filter]"), "x"), chromedp.WaitVisible(css("[data-filter-none]")))
	if list, said := shown(), b.text(f, "[data-filter-none]"); fmt.Sprint(list) != "[Мария Иванова]" || !strings.Contains(said, "No certificate matches") {
		t.Errorf("nothing found shows %q and says %q", list, said)
	}
}

// TestBrowserWaits: who lacks an account, or a certificate that can sign, asks an
// administrator; a PDF that is attached to an empty deal opens by itself.
func TestBrowserWaits(t *testing.T) {
	t.Parallel() // it mostly waits
	w, _, id := ready(t)
	b := newBrowser(w)
	ask := css(`[data-post^="/api/sign/ask/"]`)
	asked := func(f context.Context, who string) {
		t.Helper()
		before := len(w.acme.Notifications(w.acme.anna))
		b.in(f, chromedp.Click(ask), chromedp.WaitVisible(css(".notice-good")))
		notices := w.acme.Notifications(w.acme.anna)
		if got := b.text(f, ".notice"); !strings.Contains(got, "has been told") || len(notices) != before+1 || !strings.Contains(notices[before].Message, who) {
			t.Errorf("asked it says %q, the administrator has %+v", got, notices[before:])
		}
	}
	f := b.openTab(w.acme, w.acme.paul)
	asked(f, "Paul Ott")
	w.acme.deal = w.acme.AddDeal(simulator.Deal{Title: "Nothing yet", Responsible: w.acme.mary})
	f = b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("[data-watch]")))
	w.acme.PutFile(w.acme.deal, w.acme.field, "late.pdf", signertest.PDF{}.Bytes())
	b.in(f, chromedp.WaitVisible(css("#code")))
	if got := b.text(f, "h1"); got != "late.pdf" {
		t.Errorf("it has opened %q", got)
	}
	// The certificate ends: none is left that can sign.
	cert, err := w.store.Certificate(t.Context(), w.acme.id(), app.CertificateID(id))
	if err != nil {
		t.Fatal(err)
	}
	w.clock.forward(cert.NotAfter.Sub(w.clock.Now()) + time.Hour)
	f = b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".button-sign:disabled")))
	asked(f, "Мария")
}

// TestBrowserNoCookies signs where the browser keeps and sends no cookies in the
// portal's frame, as it does in a page of our own.
func TestBrowserNoCookies(t *testing.T) {
	var alone, framed, sent atomic.Int32
	w, mary, _ := ready(t, func(w *world) {
		w.between = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				_, err := r.Cookie("probe")
				switch {
				case strings.HasPrefix(r.URL.Path, "/livez"):
					if err == nil {
						alone.Add(1)
					}
				case err == nil:
					sent.Add(1)
				default:
					framed.Add(1)
				}
				out.Header().Add("Set-Cookie", "probe=1; Path=/; SameSite=None; Secure")
				next.ServeHTTP(out, r)
			})
		}
	})
	b := newBrowser(w)
	for range 2 {
		b.do(chromedp.Navigate(w.base + "/livez"))
	}
	if alone.Load() == 0 {
		t.Fatal("a page of our own gets no cookie either: the test looks at nothing")
	}
	framed.Store(0)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	if sent.Load() > 0 || framed.Load() < 5 {
		t.Errorf("of the calls from the frame %d had a cookie, %d had none", sent.Load(), framed.Load())
	}
	if got := eval[string](b, f, "document.cookie"); got != "" {
		t.Errorf("the frame keeps %q", got)
	}
}
