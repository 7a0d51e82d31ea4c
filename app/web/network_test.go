package web_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// cutEvents is a network that lets no event through: each stream breaks off, or
// is kept back until the browser gives up.
func cutEvents(kept bool, streams *atomic.Int32) func(*world) {
	return func(w *world) {
		w.between = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/events") {
					next.ServeHTTP(out, r)
					return
				}
				streams.Add(1)
				out.Header().Set("Content-Type", "text/event-stream")
				out.WriteHeader(http.StatusOK)
				if !kept {
					panic(http.ErrAbortHandler)
				}
				if f, ok := out.(http.Flusher); ok {
					f.Flush()
				}
				<-r.Context().Done()
			})
		}
	}
}

// held has the portal wait with the signed files until release; the first updates
// of each document only ask whether it may be replaced.
func (w *world) held(documents int32) (release func()) {
	hold := make(chan struct{})
	release = sync.OnceFunc(func() { close(hold) })
	var seen atomic.Int32
	remove := w.acme.BeforeUpdate(func(simulator.Update) {
		if seen.Add(1) > documents {
			<-hold
		}
	})
	w.t.Cleanup(func() { release(); remove() })
	return release
}

// TestBrowserEventsCutOff follows a signature to its end by asking, where streams
// of events do not come through.
func TestBrowserEventsCutOff(t *testing.T) {
	for name, kept := range map[string]bool{"broken off": false, "kept back": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			var streams atomic.Int32
			w, mary, _ := ready(t, cutEvents(kept, &streams))
			release := w.held(1)
			b := newBrowser(w)
			b.expect("ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_FAILED", "network error")
			f := b.openTab(w.acme, w.acme.mary)
			b.in(f, chromedp.WaitVisible(css("#code")), chromedp.SendKeys(css("#code"), mary.code()),
				chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".progress")))
			b.until("a stream to be tried", func() bool { return streams.Load() > 0 })
			release()
			b.in(f, chromedp.WaitVisible(css(".notice-good")))
			if n := streams.Load(); n == 0 || n > 3 {
				t.Errorf("%d streams were tried", n)
			}
		})
	}
}

// TestBrowserSlow signs over a slow network: something is said while nothing has
// come, and a second press orders nothing.
func TestBrowserSlow(t *testing.T) {
	t.Parallel() // it mostly waits
	var orders atomic.Int32
	w, mary, _ := ready(t, func(w *world) {
		w.between = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/api/") {
					time.Sleep(700 * time.Millisecond)
				}
				if r.URL.Path == "/api/sign/orders" {
					orders.Add(1)
				}
				next.ServeHTTP(out, r)
			})
		}
	})
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.SendKeys(css("#code"), mary.code()), chromedp.DoubleClick(css(".button-sign")))
	b.in(f, chromedp.WaitVisible(css(".notice-good")))
	if n := orders.Load(); n != 1 {
		t.Errorf("%d orders were sent", n)
	}
	if n := len(w.acme.DealFiles(w.acme.deal, w.acme.field)); n != 1 {
		t.Errorf("the deal has %d files", n)
	}
}

// TestBrowserReopened closes the tab while documents are being signed, and finds
// them again: on their way, and at their end.
func TestBrowserReopened(t *testing.T) {
	w, mary, _, _ := several(t)
	release := w.held(2)
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".row-tick")), chromedp.Click(css(".row:nth-child(2) .row-tick")), chromedp.Click(css(".row:nth-child(3) .row-tick")), // the first is damaged
		chromedp.Click(css("[data-sign-selection]")), chromedp.WaitVisible(css("#code")), chromedp.SendKeys(css("#code"), mary.code()),
		chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".batch .step-now")))
	b.do(chromedp.Navigate("about:blank"))
	f = b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".batch .step-now")))
	if got := b.text(f, ".batch"); !strings.Contains(got, "2 documents are being signed") || !strings.Contains(got, "may be closed") && !strings.Contains(got, "close this") {
		t.Errorf("opened again it says %q", got)
	}
	release()
	b.in(f, chromedp.WaitVisible(css(".batch:not([data-follow]) .actions")))
	if got := b.text(f, ".batch"); !strings.Contains(got, "2 of 2 documents signed") {
		t.Errorf("at the end: %q", got)
	}
}

// TestBrowserPhone signs on a screen of 390 px with a finger: nothing is wider
// than the screen, and what is pressed is large enough.
func TestBrowserPhone(t *testing.T) {
	w, mary, _ := ready(t, pictured)
	if err := pages().Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.acme.PutFile(w.acme.deal, w.acme.field, "a long name of a contract that has no end at all.pdf", signertest.PDF{Pages: 3}.Bytes())
	b := newBrowser(w)
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("[data-page-image]")))
	if over := eval[float64](b, f, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		t.Errorf("the page is %v px too wide", over)
	}
	small := eval[[]string](b, f, `[...document.querySelectorAll("button, input:not([type=radio]):not([type=checkbox]), .segment, .choice, .zone, .switch, select")]
		.filter((e) => e.checkVisibility() && !e.matches(".page-signet, .look select"))
		.map((e) => [e.getBoundingClientRect(), e])
		.filter(([r]) => r.height < 32 || r.width < 32)
		.map(([r, e]) => e.outerHTML.slice(0, 80) + " " + r.width + "×" + r.height)`)
	if len(small) > 0 {
		t.Errorf("too small for a finger: %q", small)
	}
	b.shot(b.ctx, "form")
	b.in(f, chromedp.Click(css(".zone input[value=top-left]")), chromedp.WaitVisible(css("[data-zone=top-left].chosen")),
		chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	b.shot(b.ctx, "done")
}

// TestBrowserKeyboardSeveral chooses two documents and signs them without a mouse,
// the last press being Ctrl+Enter.
func TestBrowserKeyboardSeveral(t *testing.T) {
	w, mary, _, _ := several(t)
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".row-tick")))
	at := func() string {
		return eval[string](b, f, `(e => e.matches("[data-tick]") ? "tick" : e.matches("[data-sign-selection]") ? "sign" : e.id || e.name || e.textContent.trim().slice(0, 20))(document.activeElement)`)
	}
	// press goes on with the tab key until the focus is where it is wanted.
	press := func(key, want string) {
		t.Helper()
		for range 40 {
			b.in(f, chromedp.KeyEvent(key))
			if at() == want {
				return
			}
		}
		t.Fatalf("the tab key does not lead to %s, but to %s", want, at())
	}
	b.in(f, chromedp.Focus(css("#documents-title")))
	press("\t", "tick") // the newest, which is damaged
	press("\t", "tick")
	b.in(f, chromedp.KeyEvent(" "))
	press("\t", "tick")
	b.in(f, chromedp.KeyEvent(" "))
	press("\t", "sign")
	b.in(f, chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#code")))
	press("\t", "code")
	b.in(f, chromedp.KeyEvent(mary.code()), chromedp.KeyEvent("\r", chromedp.KeyModifiers(2)), chromedp.WaitVisible(css(".batch:not([data-follow]) .actions")))
	if got := b.text(f, ".batch"); !strings.Contains(got, "2 of 2 documents signed") {
		t.Errorf("at the end: %q", got)
	}
}

// TestBrowserTheme keeps the person's own look from one opening to the next.
func TestBrowserTheme(t *testing.T) {
	w, _, _ := ready(t)
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	look := func() string {
		return eval[string](b, f, `document.documentElement.dataset.theme + " " + getComputedStyle(document.documentElement).colorScheme`)
	}
	if got := look(); got != "light light" {
		t.Errorf("at first it looks %s", got)
	}
	b.in(f, chromedp.WaitVisible(css("#code")))
	eval[bool](b, f, `(() => { const s = document.getElementById("theme"); s.value = "dark"; s.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`)
	b.until("the look to be kept", func() bool { return strings.Contains(w.log.String(), "/api/sign/theme") })
	b.do(chromedp.Navigate("about:blank"))
	f = b.openTab(w.acme, w.acme.mary)
	if got := look(); got != "dark dark" {
		t.Errorf("opened again it looks %s", got)
	}
	b.in(f, chromedp.WaitVisible(css("#code")))
	b.shot(b.ctx, "dark")
}
