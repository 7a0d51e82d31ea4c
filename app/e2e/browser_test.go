package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"signservice/signer/signertest"
)

// patience is how long a condition may take to come true on a busy machine.
const patience = 25 * time.Second

// browser is a Chromium of its own, without third-party cookies.
type browser struct {
	t *testing.T

	mu       sync.Mutex
	allowed  []string           // parts of console errors that the test means to provoke
	problems []string           // the other ones
	known    map[target.ID]bool // frames that were attached to
}

// page is a tab, or a frame of another site in one.
type page struct {
	b   *browser
	t   *testing.T
	ctx context.Context
	top context.Context // of the tab
}

// newBrowser starts Chromium and gives its first tab.
func newBrowser(t *testing.T) *page {
	t.Helper()
	signertest.Need(t, "chromium")
	b := &browser{t: t, known: map[target.ID]bool{}}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.WindowSize(1280, 1280),
		chromedp.Flag("test-third-party-cookie-phaseout", true), chromedp.Flag("lang", "en-GB"))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	t.Cleanup(b.judge)
	p := &page{b: b, t: t, ctx: ctx, top: ctx}
	p.listen()
	return p
}

// judge fails the test for each error in a console.
func (b *browser) judge() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("browser console: %s", p)
	}
}

// allow lets console errors pass that have one of these parts.
func (b *browser) allow(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = append(b.allowed, parts...)
}

// listen hears the console of a page from its first message on. The browser
// tells what it has kept, so nothing said before is lost.
func (p *page) listen() {
	p.t.Helper()
	messages := chromedp.Console(p.ctx)
	if err := chromedp.Do(p.ctx); err != nil { // starts the browser, or attaches
		p.t.Fatalf("browser: %v", err)
	}
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.IsException() {
				p.b.hear(m.Text + " " + m.URL)
			}
		}
	}()
}

func (b *browser) hear(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.ContainsFunc(b.allowed, func(part string) bool { return strings.Contains(text, part) }) {
		b.problems = append(b.problems, text)
	}
}

// open gives a further tab of the same person.
func (p *page) open() *page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	tab := &page{b: p.b, t: p.t, ctx: ctx, top: ctx}
	tab.listen()
	return tab
}

// frame waits for a new frame of another site and attaches to it.
func (p *page) frame(address string) *page {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := chromedp.Targets(ctx)
		if err != nil {
			p.t.Fatalf("list frames: %v", err)
		}
		for _, info := range list {
			if info.Type != "iframe" || !strings.HasPrefix(info.URL, address) || p.b.known[info.TargetID] {
				continue
			}
			p.b.known[info.TargetID] = true
			inside, leave := chromedp.NewContext(p.ctx, chromedp.WithTargetID(info.TargetID))
			p.t.Cleanup(leave)
			f := &page{b: p.b, t: p.t, ctx: inside, top: p.ctx}
			f.listen()
			return f
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("no frame of %s has come", address)
		case <-tick.C:
		}
	}
}

// do runs steps, within the time of patience.
func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("browser: %v\n%s", err, p.words())
	}
}

// words is what the page shows, for the report of a failure.
func (p *page) words() string {
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (p *page) visit(address string) { p.t.Helper(); p.do(chromedp.Navigate(address)) }

// see waits until an element is drawn, also across a change of the page.
func (p *page) see(css string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.readyState === "complete" && document.querySelector(%q)?.checkVisibility() === true`, css))
}

// click presses the mouse on an element as soon as it is there.
func (p *page) click(css string) { p.t.Helper(); p.see(css); p.do(chromedp.Click(chromedp.CSS(css))) }

// write types into a field, over what is in it.
func (p *page) write(css, text string) {
	p.t.Helper()
	p.see(css)
	js[any](p, fmt.Sprintf(`(e => { e.focus(); e.select(); return 1; })(document.querySelector(%q))`, css))
	p.do(chromedp.SendKeys(chromedp.CSS(css), text))
}

// text is the text of the first element that matches.
func (p *page) text(css string) string {
	p.t.Helper()
	return js[string](p, fmt.Sprintf(`document.querySelector(%q)?.textContent.trim() ?? ""`, css))
}

// until waits for an expression to be true, also across a change of the page,
// which ends whatever is being evaluated.
func (p *page) until(expression string) { p.t.Helper(); p.untilWithin(patience, expression) }

func (p *page) untilWithin(patience time.Duration, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if err == nil && is {
			return
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("wait for %s: %v\n%s", expression, err, p.words())
		case <-tick.C:
		}
	}
}

// shows waits until an element has a text.
func (p *page) shows(css, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))`, css, text))
}

// shot keeps a picture of the whole tab where E2E_SHOTS names a folder.
func (p *page) shot(name string) {
	p.t.Helper()
	if os.Getenv("E2E_SHOTS") == "" {
		return
	}
	// Of a frame of another site only what is on the screen is painted: the screen
	// is made as high as the page.
	high, err := chromedp.Run(p.top, chromedp.Evaluate[int64](`scrollTo(0, 0), document.documentElement.scrollHeight`))
	if err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
	if err := chromedp.Do(p.top, chromedp.EmulateViewport(1280, high), chromedp.Sleep(500*time.Millisecond)); err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
	png, err := chromedp.Run(p.top, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
	keep(p.t, name+".png", png)
}

// keep writes a file into the folder of E2E_SHOTS, if there is one.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	dir := os.Getenv("E2E_SHOTS")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// js evaluates an expression in a page.
func js[T any](p *page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}
