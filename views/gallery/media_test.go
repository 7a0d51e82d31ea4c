package gallery_test

import (
	"context"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"signservice/views/gallery"
)

// TestMedia looks at every page in every state as people see it who have
// Windows' high contrast, or who want nothing to move. MEDIA_STATES takes those
// alone whose names begin with it.
func TestMedia(t *testing.T) {
	server := httptest.NewServer(gallery.Handler())
	defer server.Close()
	share(t, os.Getenv("MEDIA_STATES"), func(ctx context.Context, s gallery.State) {
		if err := emulate(ctx, "forced-colors", "active", "prefers-reduced-motion", "reduce"); err != nil {
			t.Errorf("%s: %v", s.Name, err)
			return
		}
		if err := open(ctx, server.URL, "en", s, 1200, ""); err != nil {
			t.Errorf("%s: %v", s.Name, err)
			return
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](unseen))
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		for _, one := range found {
			t.Errorf("%s: %s", s.Name, one)
		}
	})
}

// emulate sets features of the medium, given by name and value.
func emulate(ctx context.Context, features ...string) error {
	p := emulation.SetEmulatedMediaParams{}
	for i := 0; i+1 < len(features); i += 2 {
		p.Features = append(p.Features, &emulation.MediaFeature{Name: features[i], Value: features[i+1]})
	}
	if err := chromedp.Do(ctx); err != nil { // starts the browser
		return err
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, p)
	return err
}

// unseen tells what cannot be told apart where colours are forced: what is
// chosen from what is not, a button from its ground, what has the focus; and
// what moves although nothing should.
const unseen = `(() => {
  const found = [];
  const named = (e) => e.tagName.toLowerCase() + "." + e.className + " " + JSON.stringify((e.textContent || e.value || "").trim().slice(0, 60));
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 1;
  if (!matchMedia("(forced-colors: active)").matches || !matchMedia("(prefers-reduced-motion: reduce)").matches) found.push("the medium is not as wanted");

  for (const a of document.getAnimations()) {
    const { duration, iterations } = a.effect.getTiming();
    if (a.playState === "running" && (duration > 0 || iterations === Infinity)) found.push("moves: " + named(a.effect.target));
  }

  const line = (s) => ["Top", "Right", "Bottom", "Left"].map((side) => s["border" + side + "Style"] === "none" || s["border" + side + "Width"] === "0px" ? "" : s["border" + side + "Style"] + s["border" + side + "Width"] + s["border" + side + "Color"]);
  const outline = (s) => s.outlineStyle === "none" || s.outlineWidth === "0px" ? "" : s.outlineStyle + s.outlineWidth + s.outlineColor;
  // What is seen of an element: its ground, border and outline, and those of the
  // marks inside it.
  const look = (e) => [e, ...e.querySelectorAll("*")].map((part) => {
    const s = getComputedStyle(part);
    return part.checkVisibility() ? [s.backgroundColor, s.color, ...line(s), outline(s)].join() : "";
  }).join("|");

  // Chosen and not chosen, among their like.
  const pairs = [["[aria-pressed=true]", "[aria-pressed=false]"], ["[aria-current=true]", "[aria-current=false]"], ["[role=option][aria-selected=true]", "[role=option][aria-selected=false]"]];
  const own = (e) => { const s = getComputedStyle(e); return [s.backgroundColor, ...line(s), outline(s)].join(); };
  for (const [yes, no] of pairs) {
    for (const e of document.querySelectorAll(yes)) {
      const other = e.parentElement.querySelector(":scope > " + no);
      if (other && shown(e) && shown(other) && document.activeElement !== e && own(e) === own(other)) found.push("chosen or not looks the same: " + named(e));
    }
  }
  for (const input of document.querySelectorAll("input[type=radio]:checked, .switch input")) {
    const mark = input.nextElementSibling;
    if (!mark || !shown(mark) || getComputedStyle(input).opacity !== "0") continue;
    const before = look(mark);
    const others = [...document.getElementsByName(input.name)].filter((o) => o !== input);
    input.checked = !input.checked;
    if (look(mark) === before) found.push("chosen or not looks the same: " + named(mark));
    input.checked = !input.checked;
    if (others.some((o) => o.checked)) input.checked = true;
  }
  for (const track of document.querySelectorAll(".switch-track")) {
    if (shown(track) && getComputedStyle(track, "::after").backgroundColor === getComputedStyle(track).backgroundColor) found.push("the thumb of a switch is not seen");
  }

  // Buttons have an edge; fields and buttons show the focus.
  for (const e of document.querySelectorAll("button, a.button, select, textarea, input:not([type=hidden])")) {
    if (!shown(e) || e.disabled || getComputedStyle(e).opacity === "0" && e.type === "file") continue;
    const covered = getComputedStyle(e).opacity === "0";
    const s = getComputedStyle(e);
    if (!covered && !/^(checkbox|radio)$/.test(e.type) && !line(s).some(Boolean) && s.backgroundColor === getComputedStyle(document.body).backgroundColor &&
      !e.matches(".view, .segment *")) found.push("no edge: " + named(e));
    const seen = covered && e.nextElementSibling ? e.nextElementSibling : e;
    document.activeElement?.blur();
    const before = own(seen);
    e.focus();
    if (e.matches(":focus-visible") && own(seen) === before) found.push("the focus is not seen: " + named(seen));
  }
  return [...new Set(found)].slice(0, 8);
})()`
