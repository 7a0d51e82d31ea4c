package gallery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"signservice/views/gallery"
)

// TestPictures makes a picture of every page in every state, wide and narrow,
// in the folder that PICTURES names, to be looked at. PICTURES_LANGS and
// PICTURES_STATES (a prefix) narrow it.
func TestPictures(t *testing.T) {
	folder := os.Getenv("PICTURES")
	if folder == "" {
		t.Skip("PICTURES names no folder for the pictures")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gallery.Handler())
	defer server.Close()
	ctx := browser(t)
	langs := strings.Fields(strings.ReplaceAll(os.Getenv("PICTURES_LANGS"), ",", " "))
	for _, s := range gallery.States() {
		if !strings.HasPrefix(s.Name, os.Getenv("PICTURES_STATES")) {
			continue
		}
		for _, lang := range []string{"en", "ru", "de", "es"} {
			if len(langs) > 0 && !slices.Contains(langs, lang) {
				continue
			}
			at := func(width int64, theme string) view {
				return view{t, ctx, server.URL, lang, s, width, theme}
			}
			for _, width := range []int64{1200, 390} {
				at(width, "").picture(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", s.Name, lang, width)))
			}
			if s.Fragments != nil {
				at(1200, "dark").picture(filepath.Join(folder, fmt.Sprintf("%s-%s-dark.png", s.Name, lang)))
			}
			for _, width := range []int64{360, 600, 1600} { // 600 is 1200 at 200 %
				at(width, "").picture("")
			}
		}
	}
}

// browser starts a Chromium for the test.
func browser(t testing.TB) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// settled tells that a live page shows its screen, with pictures and signatures.
const settled = `document.body.dataset.ready !== undefined && document.getElementById("screen").dataset.screen !== undefined &&
  [...document.querySelectorAll("[data-signatures]")].every((e) => e.childElementCount > 0) &&
  [...document.querySelectorAll("[data-picture] img")].every((e) => !e.hidden) &&
  [...document.querySelectorAll("[data-page-view][data-pictures=true] [data-page-image]")].every((e) => !e.hidden)`

// open shows a state: live where it has a script.
func open(ctx context.Context, base, lang string, s gallery.State, width int64, theme string) error {
	options := []chromedp.EmulateViewportOption{}
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	address := base + "/" + lang + "/" + s.Name
	if s.Fragments != nil {
		address += "?live&theme=" + theme
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 700, options...), chromedp.Navigate(address)); err != nil || s.Fragments == nil {
		return err
	}
	for range 400 {
		ready, err := chromedp.Run(ctx, chromedp.Evaluate[bool](settled))
		if err != nil {
			return err
		}
		if ready {
			return nil
		}
		time.Sleep(25 * time.Millisecond)
	}
	return errors.New("the page does not come to rest")
}

// view is a state in a language on a screen.
type view struct {
	t          *testing.T
	ctx        context.Context
	base, lang string
	state      gallery.State
	width      int64
	theme      string
}

// picture fails where the page is wider than the screen: nobody scrolls
// sideways. Without a file only that is looked at.
func (v view) picture(file string) {
	t, ctx, name := v.t, v.ctx, v.lang+"/"+v.state.Name
	t.Helper()
	if err := open(ctx, v.base, v.lang, v.state, v.width, v.theme); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if wide > v.width {
		t.Errorf("%s is %d wide on a screen of %d", name, wide, v.width)
	}
	if file == "" {
		return
	}
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := os.WriteFile(file, shot, 0o644); err != nil {
		t.Fatal(err)
	}
}
