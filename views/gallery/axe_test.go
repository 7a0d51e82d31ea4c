package gallery_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"signservice/views/gallery"
)

// violation is what axe-core finds wrong.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Where  string `json:"where"`
}

// axe runs the rules of WCAG 2.2 A and AA and the best practices.
const axe = `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.map((v) => ({
  id: v.id, impact: v.impact, help: v.help, where: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join("\n      ") })))`

// TestAccessible has axe-core look at every page in every state. AXE names
// its file, axe.min.js of the npm package axe-core, which is not part of the
// project.
func TestAccessible(t *testing.T) {
	file := os.Getenv("AXE")
	if file == "" {
		t.Skip("AXE names no axe.min.js")
	}
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gallery.Handler())
	defer server.Close()
	ctx := browser(t)
	for _, s := range gallery.States() {
		if !strings.HasPrefix(s.Name, os.Getenv("AXE_STATES")) {
			continue
		}
		for _, width := range []int64{1200, 360} {
			err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 700), chromedp.Navigate(server.URL+"/en/"+s.Name),
				chromedp.Evaluate[chromedp.Void](string(script)))
			if err != nil {
				t.Fatal(err)
			}
			found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](axe, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				t.Errorf("%s at %d: %s (%s): %s\n      %s", s.Name, width, v.ID, v.Impact, v.Help, v.Where)
			}
		}
	}
}
