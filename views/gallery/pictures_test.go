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
			for _, width := range []int64{1200, 390} {
				picture(t, ctx, server.URL+"/"+lang+"/"+s.Name, width, filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", s.Name, lang, width)))
			}
			picture(t, ctx, server.URL+"/"+lang+"/"+s.Name, 360, "")
		}
	}
}

// browser starts a Chromium for the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// picture fails where the page is wider than the screen: nobody scrolls
// sideways. Without a file only that is looked at.
func picture(t *testing.T, ctx context.Context, address string, width int64, file string) {
	t.Helper()
	options := []chromedp.EmulateViewportOption{}
	if width < 600 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 700, options...), chromedp.Navigate(address)); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.documentElement.scrollWidth"))
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	if wide > width {
		t.Errorf("%s is %d wide on a screen of %d", address, wide, width)
	}
	if file == "" {
		return
	}
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	if err := os.WriteFile(file, shot, 0o644); err != nil {
		t.Fatal(err)
	}
}
