package web_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
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

// cutLater breaks the first stream off in the middle: after an event.
func cutLater(streams *atomic.Int32) func(*world) {
	return func(w *world) {
		w.between = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/events") && streams.Add(1) == 1 {
					out = &cutting{out}
				}
				next.ServeHTTP(out, r)
			})
		}
	}
}

// cutting lets one event through and no more.
type cutting struct{ http.ResponseWriter }

func (c *cutting) Write(p []byte) (int, error) {
	if _, err := c.ResponseWriter.Write(p); err != nil {
		return 0, err
	}
	if err := http.NewResponseController(c.ResponseWriter).Flush(); err != nil {
		return 0, err
	}
	panic(http.ErrAbortHandler)
}

// TestBrowserEventsResumed goes on with another stream where one breaks off in
// the middle.
func TestBrowserEventsResumed(t *testing.T) {
	t.Parallel() // it mostly waits
	var streams atomic.Int32
	w, mary, _ := ready(t, cutLater(&streams))
	release := w.held(1)
	b := newBrowser(w)
	b.expect("ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "network error")
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.SendKeys(css("#code"), mary.code()),
		chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".progress")))
	b.until("another stream", func() bool { return streams.Load() > 1 })
	release()
	b.in(f, chromedp.WaitVisible(css(".notice-good")))
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

// TestBrowserSlow signs over a slow network: each wait has a sentence, nothing
// jumps when it ends, and a second press orders nothing.
func TestBrowserSlow(t *testing.T) {
	t.Parallel() // it mostly waits
	var orders atomic.Int32
	w, mary, _, _ := several(t, func(w *world) {
		w.between = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/sign/orders" {
					orders.Add(1)
				}
				next.ServeHTTP(out, r)
			})
		}
	})
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".row-tick")))
	said := b.hears(f)
	slow := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{Latency: 700, DownloadThroughput: 50 << 10, UploadThroughput: 50 << 10},
	}}
	if _, err := chromedp.Call(f, network.EmulateNetworkConditionsByRule, slow); err != nil {
		t.Fatal(err)
	}
	row := fmt.Sprintf(`[data-post="/api/sign/documents"][data-body*='"fileId":"%s"']`, refOf(w)["fileId"])
	b.in(f, chromedp.Click(css(row)), chromedp.WaitVisible(css("#code")))
	said("Opening Договор № 5.pdf …")
	if sum := eval[float64](b, f, `new Promise((done) => { let sum = 0;
		new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; }).observe({ type: "layout-shift", buffered: true });
		setTimeout(() => done(sum), 100); })`); sum >= 0.1 {
		t.Errorf("from the list to the form the page jumps by %.3f", sum)
	}
	b.in(f, chromedp.Click(css(".heading .button-plain, .heading [data-get='/api/sign?list=1']")), chromedp.WaitVisible(css(".row-tick")))
	said("One moment …")
	b.in(f, chromedp.Click(css(row)), chromedp.WaitVisible(css("#code")),
		chromedp.SendKeys(css("#code"), mary.code()), chromedp.DoubleClick(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	said("Checking the code and the document …")
	if n := orders.Load(); n != 1 {
		t.Errorf("%d orders were sent", n)
	}
	if n := len(w.acme.DealFiles(w.acme.deal, w.acme.field)); n != 1 {
		t.Errorf("the deal has %d files", n)
	}
}

// hears listens to what a page says to readers while they wait.
func (b *browser) hears(ctx context.Context) func(want string) {
	b.t.Helper()
	eval[bool](b, ctx, `(() => { window.said = []; new MutationObserver(() => {
		for (const e of document.querySelectorAll("[role=status]")) if (e.checkVisibility() && e.textContent) said.push(e.textContent.trim());
	}).observe(document.body, { childList: true, subtree: true, characterData: true }); return true; })()`)
	return func(want string) {
		b.t.Helper()
		if said := eval[[]string](b, ctx, `said`); !slices.Contains(said, want) {
			b.t.Errorf("%q is not said, only %q", want, slices.Compact(said))
		}
	}
}

// TestBrowserReopened closes the tab while documents are being signed, and finds
// them again: on their way, and at their end.
func TestBrowserReopened(t *testing.T) {
	w, mary, _, _ := several(t)
	release := w.held(2)
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css(".row-tick")), chromedp.Click(css(".row:nth-child(1) .row-tick")), chromedp.Click(css(".row:nth-child(2) .row-tick")),
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
	b.fingers(f)
	b.bar(f)
	b.shot(b.ctx, "form")
	b.in(f, chromedp.Click(css(".zone input[value=top-left]")), chromedp.WaitVisible(css("[data-zone=top-left].chosen")),
		chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	b.until("the signature", func() bool { return b.has(f, ".check summary") })
	b.fingers(f)
	b.shot(b.ctx, "done")
}

// fingers fails the test for what is too small for a finger: what 44 px around its
// middle does not hit.
func (b *browser) fingers(ctx context.Context) {
	b.t.Helper()
	// A frame of another site is told apart from its page.
	if _, err := chromedp.Call(ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}); err != nil {
		b.t.Fatal(err)
	}
	if !eval[bool](b, ctx, `matchMedia("(pointer: coarse)").matches`) {
		b.t.Fatal("there is no finger")
	}
	b.still(ctx)
	small := eval[[]string](b, ctx, `[...document.querySelectorAll("button, a[href], select, summary, textarea, input, .segment, .choice, .zone, .switch, .tick, .row-tick, .free, .page-zone")]
		.filter((e) => e.checkVisibility() && !e.matches(":disabled, input[type=radio], input[type=checkbox], .visually-hidden"))
		.filter((e) => {
			const r = e.getBoundingClientRect();
			const x = r.x + r.width / 2, y = r.y + r.height / 2;
			const hit = (dx, dy) => { const at = document.elementsFromPoint(x + dx, y + dy); return at.some((one) => e.contains(one) || one.contains(e) && one.matches("label, summary")); };
			return !(hit(-21.5, 0) && hit(21.5, 0) && hit(0, -21.5) && hit(0, 21.5));
		})
		.map((e) => e.outerHTML.slice(0, 80) + " " + e.getBoundingClientRect().width + "×" + e.getBoundingClientRect().height)`)
	if len(small) > 0 {
		b.t.Errorf("too small for a finger: %q", small)
	}
}

// has tells whether the page has an element.
func (b *browser) has(ctx context.Context, selector string) bool {
	b.t.Helper()
	return eval[bool](b, ctx, fmt.Sprintf(`document.querySelector(%q) !== null`, selector))
}

// bar scrolls the portal's page: the bar with the code and the button stays at the
// bottom of the screen until its own place is there, and makes way for a field
// that is typed into.
func (b *browser) bar(f context.Context) {
	b.t.Helper()
	lies := func() (bottom, own, shown float64) {
		b.t.Helper()
		inner := eval[[]float64](b, f, `[".order-bar", ".order-slot"].map((s) => document.querySelector(s).getBoundingClientRect().bottom)`)
		return inner[0], inner[1], eval[float64](b, b.ctx, `innerHeight - document.querySelector("iframe").getBoundingClientRect().top`)
	}
	top := eval[float64](b, b.ctx, `scrollY + document.querySelector("iframe").getBoundingClientRect().top`)
	end := eval[float64](b, b.ctx, `document.documentElement.scrollHeight - innerHeight`)
	for _, y := range []float64{top, top + 137, top + 412, top + 250, end} {
		eval[bool](b, b.ctx, fmt.Sprintf(`(scrollTo(0, %v), true)`, y))
		b.until(fmt.Sprintf("the bar at the bottom of the screen, scrolled by %v", y), func() bool {
			bottom, own, shown := lies()
			return math.Abs(bottom-min(own, shown)) < 1.5
		})
	}
	if bottom, own, shown := lies(); own > shown || bottom != own {
		b.t.Errorf("at the end the bar lies at %v, its place is %v", bottom, own)
	}
	eval[bool](b, b.ctx, fmt.Sprintf(`(scrollTo(0, %v), true)`, top+137))
	b.until("the bar to be lifted", func() bool { return b.has(f, ".order-bar.docked") })
	b.in(f, chromedp.Evaluate[chromedp.Void](`document.getElementById("reason").focus({ preventScroll: true })`))
	if b.has(f, ".order-bar.docked") {
		b.t.Error("the bar lies over the page while something else is typed")
	}
	b.in(f, chromedp.Evaluate[chromedp.Void](`document.getElementById("reason").blur()`))
	b.until("the bar to be lifted again", func() bool { return b.has(f, ".order-bar.docked") })
	b.in(f, chromedp.Evaluate[chromedp.Void](`document.getElementById("code").focus({ preventScroll: true })`))
	before, _, _ := lies()
	eval[bool](b, b.ctx, fmt.Sprintf(`(scrollTo(0, %v), true)`, top+200))
	if after, _, _ := lies(); after != before {
		b.t.Errorf("the bar moves from %v to %v under the finger that types into it", before, after)
	}
	b.in(f, chromedp.Evaluate[chromedp.Void](`document.getElementById("code").blur()`))
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
