package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/signer/signertest"
)

type css = chromedp.CSS

// browser is a Chromium without third-party cookies. A console error, an
// exception or a breach of the content security policy fails the test.
type browser struct {
	*world
	ctx context.Context

	mu       sync.Mutex
	expected []string // parts of console errors that the test provokes
}

func newBrowser(w *world) *browser {
	t := w.t
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing")
		}
		t.Skip("chromium is not on this machine")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.WindowSize(1280, 1000),
		chromedp.Flag("site-per-process", true), chromedp.Flag("test-third-party-cookie-phaseout", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{world: w, ctx: ctx}
	b.listen(ctx)
	b.do(chromedp.Navigate("about:blank"))
	return b
}

// listen fails the test on what a console complains of.
func (b *browser) listen(ctx context.Context) {
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			known := slices.ContainsFunc(b.expected, func(part string) bool { return strings.Contains(m.Text, part) })
			b.mu.Unlock()
			if (m.Type == "error" || m.Type == chromedp.ConsoleException) && !known {
				b.t.Errorf("browser console: %s", m.Text)
			}
		}
	}()
}

func (b *browser) expect(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, parts...)
}

// do runs steps in the top page.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.in(b.ctx, steps...)
}

// in runs steps in a page or a frame.
func (b *browser) in(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if c := chromedp.FromContext(ctx); c != nil && c.Target != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Minute) // a busy machine is no mistake
		defer cancel()
	}
	for _, step := range steps {
		b.still(ctx)
		if err := chromedp.Do(ctx, step); err != nil {
			b.shot(b.ctx, "failed")
			b.t.Fatalf("browser: %v", err)
		}
	}
}

// still waits until the portal has made the frame as high as its page: a press
// while it grows lands elsewhere, as a person's would not.
func (b *browser) still(ctx context.Context) {
	for range 80 {
		fits, err := chromedp.Run(ctx, chromedp.Evaluate[bool](
			`window.parent === window || !document.body || innerHeight + 1 >= document.body.getBoundingClientRect().height`))
		if err != nil || fits {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// text is what an element says.
func (b *browser) text(ctx context.Context, selector css) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(selector))
	if err != nil {
		b.t.Fatalf("read %s: %v", selector, err)
	}
	return text
}

// eval evaluates an expression in a page or a frame.
func eval[T any](b *browser, ctx context.Context, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// shot keeps a picture where PICTURES names a folder.
func (b *browser) shot(ctx context.Context, name string) {
	folder := os.Getenv("PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, b.t.Name()+"-"+name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Logf("picture %s: %v", name, err)
	}
}

// settle waits until the service has had no call for a moment. chromedp reads
// a frame's nodes without a lock when it attaches to it, so the frame should
// not be changing just then.
func (b *browser) settle() {
	for before := -1; len(b.log.String()) != before; {
		before = len(b.log.String())
		time.Sleep(250 * time.Millisecond)
	}
}

// frame is our page inside the portal's.
func (b *browser) frame() context.Context {
	b.t.Helper()
	b.settle()
	var found context.Context
	b.until("the frame", func() bool {
		list, err := chromedp.Targets(b.ctx)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, target := range list {
			if target.Type == "iframe" && strings.HasPrefix(target.URL, b.base) {
				ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(target.TargetID))
				b.t.Cleanup(cancel)
				found = ctx
				return true
			}
		}
		return false
	})
	b.listen(found)
	b.in(found, chromedp.WaitReady(css("body:is([data-ready], [data-page=refusal])")))
	return found
}

// login chooses a person of the portal.
func (b *browser) login(c *company, user int) {
	b.t.Helper()
	b.do(chromedp.Navigate(c.URL()+"/login/"), chromedp.Click(css(fmt.Sprintf(`button[name=user][value="%d"]`, user))),
		chromedp.WaitVisible(css(".who")))
}

// openSettings and openTab open our pages as people do.
func (b *browser) openSettings(c *company, user int) context.Context {
	b.t.Helper()
	b.login(c, user)
	b.do(chromedp.Navigate(fmt.Sprintf("%s/marketplace/app/%d/", c.URL(), c.app.ID)))
	return b.frame()
}

func (b *browser) openTab(c *company, user int) context.Context {
	b.t.Helper()
	b.login(c, user)
	app, _ := c.App(c.app.ClientID)
	b.do(chromedp.Navigate(fmt.Sprintf("%s/crm/deal/details/%d/", c.URL(), c.deal)),
		chromedp.Click(css(fmt.Sprintf("#tab_rest_%d", app.Placements[0].ID))))
	return b.frame()
}

// TestBrowserStory is the whole story by mouse: the administrator makes
// everything ready, Mary binds her phone and signs.
func TestBrowserStory(t *testing.T) {
	w := newWorld(t)
	w.acme.PutFile(w.acme.deal, w.acme.field, "Договор № 5.pdf", signertest.PDF{Pages: 3}.Bytes())
	b := newBrowser(w)
	s := b.openSettings(w.acme, w.acme.anna)
	b.in(s, chromedp.Click(css("[data-section=accounts]")), chromedp.Click(css(".block-head .button")), chromedp.Click(css("[data-pick]")))
	b.do(chromedp.Click(css(fmt.Sprintf(`dialog [data-id="%d"]`, w.acme.mary)))) // the portal's own choice of people
	b.in(s, chromedp.SendKeys(css("#login"), "mary"), chromedp.Click(css("[type=submit]")), chromedp.Click(css("#phone .actions .button")),
		chromedp.Click(css("[data-copy]")), chromedp.WaitVisible(css(".toast")))
	if toast := b.text(s, ".toast"); !strings.Contains(toast, "Copied") && !strings.Contains(toast, "Ctrl+C") {
		t.Errorf("copying says %q", toast)
	}
	link := eval[string](b, s, `document.getElementById("new-link").value`)
	b.in(s, chromedp.Click(css("[data-section=certificates]")), chromedp.Click(css(".block-head .button")),
		chromedp.SendKeys(css("#name"), "Мария Иванова"), chromedp.Click(css("[type=submit]")), chromedp.WaitVisible(css(".row .doc-icon-key")),
		chromedp.Click(css("[data-section=assignments]")), chromedp.Click(css("[data-assign]")), chromedp.WaitVisible(css("[data-assign]:checked:enabled")))
	b.shot(b.ctx, "settings")

	b.login(w.acme, w.acme.mary)
	b.do(chromedp.Navigate(link), chromedp.Click(css("a.button")), chromedp.Click(css("[data-ready] [data-post]")), chromedp.WaitVisible(css("svg.qr")))
	if at := eval[string](b, b.ctx, "location.href"); !strings.HasPrefix(at, w.base+"/enrol/back/") || strings.Contains(at, "?") {
		t.Errorf("the address still holds the sign-in: %s", at)
	}
	b.shot(b.ctx, "enrolment")
	key := eval[string](b, b.ctx, `document.querySelector(".key").textContent`)
	mary := phone{w, secretOf(key)}
	b.do(chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css("[type=submit]")), chromedp.WaitVisible(css(".notice-good")))
	w.clock.forward(30 * time.Second)

	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.Click(css(".zone input[value=top-center]")),
		chromedp.Click(css(".segment input[value=first]")), chromedp.SendKeys(css("#reason"), "agreed"))
	if words := b.text(f, "[data-summary]"); !strings.Contains(words, "as Мария Иванова, signet top center, first page") {
		t.Errorf("the button says %q", words)
	}
	b.in(f, chromedp.Click(css(".switch input")))
	if words := b.text(f, "[data-summary]"); !strings.Contains(words, "without a visible signet") {
		t.Errorf("switched off the button says %q", words)
	}
	b.in(f, chromedp.Click(css(".switch input")), chromedp.SendKeys(css("#code"), mary.code()))
	if shown := eval[string](b, f, `document.getElementById("code").value`); len(shown) != 7 || shown[3] != ' ' {
		t.Errorf("the code is shown as %q", shown)
	}
	b.shot(b.ctx, "form")
	b.in(f, chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	b.shot(b.ctx, "done")
	files := w.acme.DealFiles(w.acme.deal, w.acme.field)
	if len(files) != 1 || !strings.Contains(string(files[0].Content), "/ByteRange") {
		t.Error("the file in the deal is not signed")
	}
	b.until("the frame's height to follow", func() bool {
		inner := eval[float64](b, f, "document.body.getBoundingClientRect().height")
		outer := eval[float64](b, b.ctx, `document.querySelector("iframe").getBoundingClientRect().height`)
		return outer >= inner-1 && outer <= inner+40
	})
	b.in(f, chromedp.Click(css(".notice .button-plain")), chromedp.WaitVisible(css("#documents-title")))
}

// TestBrowserKeyboard signs without a mouse, after a wrong code.
func TestBrowserKeyboard(t *testing.T) {
	w, mary, _ := ready(t)
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.Focus(css("input[name=certificate]")))
	focus := func() string {
		return eval[string](b, f, `(document.activeElement.name || document.activeElement.type || "") + "=" + document.activeElement.value`)
	}
	for _, step := range []struct{ key, want string }{
		{"\t", "visible=on"},
		{"\t", "page=last"},
		{arrowLeft, "page=first"},
		{"\t", "position=bottom-right"},
		{arrowLeft, "position=bottom-center"},
		{arrowUp, "position=top-center"},
		{arrowUp, "position=top-center"},
		{arrowLeft, "position=top-left"},
		{arrowDown, "position=bottom-left"},
		{arrowDown, "position=free"},
		{arrowRight, "position=free"},
		{arrowUp, "position=bottom-left"},
		{arrowRight, "position=bottom-center"},
		{"\t", "reason="},
		{"\t", "code="},
	} {
		b.in(f, chromedp.KeyEvent(step.key))
		if got := focus(); got != step.want {
			t.Fatalf("after %q the focus is at %s, want %s", step.key, got, step.want)
		}
	}
	b.expect("401")
	b.in(f, chromedp.KeyEvent("999999"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#code[aria-invalid=true]")))
	if got := b.text(f, "#code-error"); !strings.Contains(got, "Wrong code") || !strings.HasPrefix(focus(), "code=") {
		t.Errorf("a wrong code says %q, the focus is at %s", got, focus())
	}
	b.in(f, chromedp.KeyEvent(mary.code()), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css(".notice-good")))
	if got := eval[bool](b, f, `document.activeElement.closest(".notice-good") !== null`); !got {
		t.Error("the focus is not on what happened")
	}
}

const (
	arrowDown  = "\u0301" // chromedp's codes of the keys
	arrowLeft  = "\u0302"
	arrowRight = "\u0303"
	arrowUp    = "\u0304"
	shift      = 8 // the modifiers
	ctrl       = 2
)

// TestBrowserRenewal leaves the tab open until its Session has run out: the
// next press works, since the script asks the portal's frame.
func TestBrowserRenewal(t *testing.T) {
	w, mary, _ := ready(t)
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")))
	w.clock.forward(16 * time.Minute)
	b.expect("401") // the Session has run out, and the document waited too long: neither is the reader's trouble
	b.in(f, chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
}

// TestBrowserRefusals are seen inside the portal's frame, though nobody has
// been identified.
func TestBrowserRefusals(t *testing.T) {
	w := newWorld(t)
	b := newBrowser(w)
	b.expect("403", "422")
	s := b.openSettings(w.acme, w.acme.mary)
	if got := b.text(s, ".notice"); !strings.Contains(got, "for the administrators") {
		t.Errorf("an employee sees %q", got)
	}
	if n := eval[int](b, s, "document.scripts.length"); n != 0 {
		t.Errorf("the refusal has %d scripts", n)
	}
}
