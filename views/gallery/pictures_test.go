package gallery_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"signservice/app/i18n"
	"signservice/views/gallery"
)

// TestPictures holds that every page in every state and language fits on every
// screen from 360 to 1600 pixels, 600 being one of 1200 at 200 %: nothing is
// wider than the screen, cut off, or too small for a finger on a phone. Where
// PICTURES names a folder it keeps pictures, wide and narrow, to be looked at.
// PICTURES_LANGS and PICTURES_STATES (a prefix) narrow it.
func TestPictures(t *testing.T) {
	folder := os.Getenv("PICTURES")
	if folder != "" {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(gallery.Handler())
	defer server.Close()
	langs := strings.Fields(strings.ReplaceAll(os.Getenv("PICTURES_LANGS"), ",", " "))
	share(t, os.Getenv("PICTURES_STATES"), func(ctx context.Context, s gallery.State) {
		for _, lang := range i18n.Languages() {
			if len(langs) > 0 && !slices.Contains(langs, lang) {
				continue
			}
			v := view{t, ctx, server.URL, lang, s, folder}
			v.look("", 1200, 600, 1600)
			v.look("", 390, 360)
			if s.Fragments != nil && folder != "" && lang == "en" {
				v.look("dark", 1200)
			}
		}
	})
}

// view is a state in a language.
type view struct {
	t          *testing.T
	ctx        context.Context
	base, lang string
	state      gallery.State
	folder     string
}

// look opens the state on a screen of the first width, keeps a picture of it,
// and looks whether it fits there and on the other screens.
func (v view) look(theme string, width int64, others ...int64) {
	name := v.lang + "/" + v.state.Name
	if err := open(v.ctx, v.base, v.lang, v.state, width, theme); err != nil {
		v.t.Errorf("%s at %d: %v", name, width, err)
		return
	}
	if v.folder != "" {
		if err := v.picture(theme, width); err != nil {
			v.t.Errorf("%s: %v", name, err)
		}
	}
	for _, at := range append([]int64{width}, others...) {
		if at != width {
			if err := chromedp.Do(v.ctx, screen(at)); err != nil {
				v.t.Errorf("%s: %v", name, err)
				return
			}
		}
		found, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]string](misfits))
		if err != nil {
			v.t.Errorf("%s at %d: %v", name, at, err)
		}
		for _, one := range found {
			v.t.Errorf("%s at %d: %s", name, at, one)
		}
	}
}

// picture keeps a picture of the page: a JPEG, as hundreds of them are kept.
func (v view) picture(theme string, width int64) error {
	file := fmt.Sprintf("%s-%s-%d.jpg", v.state.Name, v.lang, width)
	if theme != "" {
		file = fmt.Sprintf("%s-%s-%s.jpg", v.state.Name, v.lang, theme)
	}
	// The browser tells the page's height right once it has drawn it.
	if err := chromedp.Do(v.ctx, chromedp.Evaluate[chromedp.Void](drawn, chromedp.EvalAwaitPromise)); err != nil {
		return err
	}
	shot, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(85))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(v.folder, file), shot, 0o644)
}

// drawn resolves when the page has been drawn.
const drawn = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))`

// misfits tells what does not fit on the screen. What scrolls on purpose (tables,
// the row of tabs, an enlarged page) may be wider; words for ears alone, and the
// dots between facts, are cut off on purpose, as is a long name on the narrow Sign
// button, which stands whole at the top.
const misfits = `(() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push("the page is " + document.documentElement.scrollWidth + " wide");
  const shown = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 1;
  const named = (e) => e.tagName.toLowerCase() + "." + e.className + " " + JSON.stringify((e.textContent || e.value || "").trim().slice(0, 60));
  const phone = matchMedia("(pointer: coarse)").matches;
  for (const e of document.querySelectorAll("body *")) {
    if (!shown(e) || e.closest(".visually-hidden, svg, .table-frame, .tabs, .page-frame, .order-bar .button-main")) continue;
    const box = e.getBoundingClientRect();
    if (box.right > width + 1) found.push("beyond the right edge: " + named(e));
    const style = getComputedStyle(e);
    const cut = style.overflowX === "hidden" || style.overflowX === "clip" || /^(BUTTON|LABEL|SUMMARY)$/.test(e.tagName) || e.classList.contains("badge");
    if (cut && e.tagName !== "INPUT" && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0) found.push("cut off: " + named(e));
    const pressed = /^(BUTTON|SELECT|TEXTAREA|SUMMARY)$/.test(e.tagName) || e.tagName === "INPUT" && !/^(checkbox|radio|hidden)$/.test(e.type) || e.tagName === "A" && e.classList.contains("button");
    if (phone && pressed && box.height < 43.5) found.push("too small for a finger: " + Math.round(box.height) + " " + named(e));
  }
  return [...new Set(found)].slice(0, 8);
})()`
