package gallery_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"signservice/views/gallery"
)

// told are the live states of the Sign tab that the tests of this file look at.
func told(t *testing.T) []gallery.State {
	t.Helper()
	names := []string{
		"sign-documents", "sign-opening", "sign-stuck", "form-ready", "form-several", "form-many-certificates", "form-refused-page",
		"form-none-usable", "running-signing", "done", "failed",
	}
	var list []gallery.State
	for _, s := range gallery.States() {
		if slices.Contains(names, s.Name) {
			list = append(list, s)
		}
	}
	if len(list) != len(names) {
		t.Fatalf("%d of %d states are in the gallery", len(list), len(names))
	}
	return list
}

// gaze is a browser that looks at the gallery.
type gaze struct {
	t    *testing.T
	ctx  context.Context
	base string
}

func newGaze(t *testing.T) gaze {
	t.Helper()
	server := httptest.NewServer(gallery.Handler())
	t.Cleanup(server.Close)
	g := gaze{t, browser(t), server.URL}
	if err := chromedp.Do(g.ctx); err != nil { // starts it
		t.Fatal(err)
	}
	if _, err := chromedp.Call(g.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	return g
}

// wishing has the browser say that the person wants a feature of the media.
func (g gaze) wishing(feature, value string) gaze {
	g.t.Helper()
	features := []*emulation.MediaFeature{{Name: feature, Value: value}}
	if _, err := chromedp.Call(g.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		g.t.Fatal(err)
	}
	return g
}

func (g gaze) open(s gallery.State, width int64) {
	g.t.Helper()
	if err := open(g.ctx, g.base, "en", s, width, ""); err != nil {
		g.t.Fatalf("%s: %v", s.Name, err)
	}
}

func look[T any](g gaze, expression string) T {
	g.t.Helper()
	v, err := chromedp.Run(g.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		g.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// shifts is how much of the page has jumped since it was opened, as browsers
// measure it.
const shifts = `new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(sum), 50));
})`

// TestNoJump opens live states: from the bones to the page with all its pictures
// nothing that can be seen jumps.
func TestNoJump(t *testing.T) {
	g := newGaze(t)
	for _, s := range told(t) {
		for _, width := range []int64{1200, 390} {
			g.open(s, width)
			if sum := look[float64](g, shifts); sum >= 0.1 {
				t.Errorf("%s at %d jumps by %.3f", s.Name, width, sum)
			}
		}
	}
}

// moving are the elements that move by themselves.
const moving = `[...document.querySelectorAll("*")].flatMap((e) => ["", "::before", "::after"].map((p) => [e, p, getComputedStyle(e, p || null)]))
  .filter(([, , s]) => [s.animationName === "none" ? "0s" : s.animationDuration, s.transitionDuration].some((d) => d.split(", ").some((x) => parseFloat(x) > 0)))
  .map(([e, p]) => e.tagName + "." + e.getAttribute("class") + p)`

// TestReducedMotion: nothing moves for people who do not want it.
func TestReducedMotion(t *testing.T) {
	g := newGaze(t)
	s := told(t)
	g.open(s[slices.IndexFunc(s, func(s gallery.State) bool { return s.Name == "form-ready" })], 1200)
	if len(look[[]string](g, moving)) == 0 {
		t.Fatal("nothing moves at all: the test looks at nothing")
	}
	g.wishing("prefers-reduced-motion", "reduce")
	for _, s := range s {
		g.open(s, 1200)
		if list := look[[]string](g, moving); len(list) > 0 {
			t.Errorf("%s still moves: %q", s.Name, list)
		}
	}
}

// outline tells how an element is framed.
const outlines = `const outline = (e) => { const s = getComputedStyle(e); return s.outlineStyle === "none" ? "" : s.outlineStyle + " " + s.outlineWidth + " " + s.outlineColor; };
  const q = (s) => document.querySelector(s); const faults = [];
  const differ = (what, a, b) => { if (a === b) faults.push(what + " is " + a); };`

// TestForcedColours is the form under the colours of the system, as in Windows'
// high contrast: what is chosen, hatched, switched on and focused is told by more
// than the colours that are gone.
func TestForcedColours(t *testing.T) {
	g := newGaze(t).wishing("forced-colors", "active")
	for _, s := range told(t) {
		if s.Name != "form-ready" {
			continue
		}
		g.open(s, 1200)
		if !look[bool](g, `matchMedia("(forced-colors: active)").matches`) {
			t.Fatal("the colours are not forced")
		}
		for _, fault := range look[[]string](g, `(() => { `+outlines+`
			differ("the chosen place", outline(q(".zone input:checked + .zone-mark")), outline(q(".zone input:not(:checked) + .zone-mark")));
			differ("the chosen certificate", outline(q(".choice input:checked + .choice-card")), outline(q(".choice input:not(:checked) + .choice-card")));
			differ("the chosen page", outline(q(".segment input:checked + span")), outline(q(".segment input:not(:checked) + span")));
			for (const [taken, free] of [[".page-zone.covers", ".page-zone:not(.covers)"], [".zone.covers .zone-mark", ".zone:not(.covers) .zone-mark"]])
				differ("a hatched place", getComputedStyle(q(taken)).borderTopStyle, getComputedStyle(q(free)).borderTopStyle);
			const track = q(".switch-track"), on = getComputedStyle(track).backgroundColor;
			q(".switch input").click();
			differ("the switch", on, getComputedStyle(track).backgroundColor);
			q(".switch input").click();
			for (const [field, shown] of [["#reason", "#reason"], ["#code", "#code"], [".button-sign", ".button-sign"], [".row-side .button", ".row-side .button"],
				["input[name=certificate]", "input[name=certificate] + .choice-card"], ["input[name=position]:checked", "input[name=position]:checked + .zone-mark"],
				["[data-page-signet]", "[data-page-signet]"], [".switch input", ".switch-track"], ["summary", "summary"], ["#theme", "#theme"]]) {
				q(field).focus();
				if (document.activeElement !== q(field) || !outline(q(shown))) faults.push("the focus on " + field + " is not seen");
			}
			const canvas = getComputedStyle(document.body).backgroundColor;
			for (const icon of document.querySelectorAll(".heading .icon, .button-sign .icon, .page-bar .icon, .choice-icon .icon"))
				differ("an icon, as its ground,", getComputedStyle(icon).color, canvas);
			differ("the icon of a place", getComputedStyle(q(".zone input:checked + .zone-mark .icon")).visibility, getComputedStyle(q(".zone input:not(:checked) + .zone-mark .icon")).visibility);
			return faults; })()`) {
			t.Error(fault)
		}
		shot(t, g.ctx, "forced-colours")
	}
}

// shot keeps a picture where PICTURES names a folder.
func shot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv("PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

// cut are the elements whose words do not fit into them or into the screen.
const cut = `[...document.querySelectorAll("main *, footer *")].filter((e) => e.checkVisibility() && !e.closest(".visually-hidden, svg, .ruler, .page-frame") && getComputedStyle(e).clipPath !== "inset(50%)")
  .filter((e) => { const s = getComputedStyle(e), r = e.getBoundingClientRect();
    return r.right > innerWidth + 1 || r.left < -1 || (s.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) || (s.overflowY !== "visible" && e.scrollHeight > e.clientHeight + 1 && !e.matches("select, input")); })
  .map((e) => e.tagName + "." + e.getAttribute("class") + " " + e.textContent.trim().slice(0, 40))`

// TestZoomed looks at the tab on a screen of 1200 × 1000 at 200 %: nothing is cut
// off, nobody scrolls sideways, and the code and the button can be pressed.
func TestZoomed(t *testing.T) {
	g := newGaze(t)
	for _, s := range told(t) {
		g.open(s, 600)
		if err := chromedp.Do(g.ctx, chromedp.EmulateViewport(600, 500, chromedp.EmulateScale(2))); err != nil {
			t.Fatal(err)
		}
		if wide := look[int](g, `document.documentElement.scrollWidth`); wide > 600 {
			t.Errorf("%s is %d wide", s.Name, wide)
		}
		if list := look[[]string](g, cut); len(list) > 0 {
			t.Errorf("%s cuts off %q", s.Name, list)
		}
		if s.Name != "form-ready" {
			continue
		}
		if hit := look[bool](g, `(async () => { for (const s of ["#code", ".button-sign"]) {
			const e = document.querySelector(s); e.scrollIntoView({ block: "center" });
			await new Promise((go) => setTimeout(go, 300));
			const r = e.getBoundingClientRect();
			if (!e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2))) return false;
		} return true; })()`); !hit {
			t.Error("the code or the button cannot be pressed")
		}
		shot(t, g.ctx, "zoomed")
	}
}
