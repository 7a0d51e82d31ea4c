package gallery_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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

// axeVersion is pinned, so that new rules come when we ask for them.
const axeVersion = "4.11.0"

// axeScript gives axe.min.js of the npm package axe-core, which is never kept
// with the project: the file that AXE names, or what npm fetches.
func axeScript(t *testing.T) []byte {
	t.Helper()
	file := os.Getenv("AXE")
	if file == "" {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), "npm", "install", "--silent", "--prefer-offline", "--no-save", "--prefix", dir, "axe-core@"+axeVersion)
		if said, err := cmd.CombinedOutput(); err != nil {
			what := fmt.Sprintf("npm does not fetch axe-core: %v: %s", err, said)
			if os.Getenv("CI") == "true" {
				t.Fatal(what)
			}
			t.Skip(what)
		}
		file = filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	}
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

// contrast is the one rule that light and dark differ in.
const contrast = `axe.run(document, {runOnly: ["color-contrast"], resultTypes: ["violations"]}).then((r) => r.violations.map((v) => ({
  id: v.id, impact: v.impact, help: v.help, where: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join("\n      ") })))`

// TestAccessible has axe-core look at every page in every state, wide in English
// and narrow in Russian, and at the contrast of each in the dark; AXE_STATES
// takes those alone whose names begin with it.
func TestAccessible(t *testing.T) {
	script := string(axeScript(t))
	server := httptest.NewServer(gallery.Handler())
	defer server.Close()
	share(t, os.Getenv("AXE_STATES"), func(ctx context.Context, s gallery.State) {
		accessible(t, ctx, server.URL, "en", s, 1200, "", script, axe)
		accessible(t, ctx, server.URL, "ru", s, 360, "", script, axe)
		if s.Fragments != nil {
			accessible(t, ctx, server.URL, "en", s, 1200, "dark", script, contrast)
		}
	})
}

// accessible fails the test for what axe-core finds in one page.
func accessible(t *testing.T, ctx context.Context, base, lang string, s gallery.State, width int64, theme, script, rules string) {
	if err := open(ctx, base, lang, s, width, theme); err != nil {
		t.Errorf("%s: %v", s.Name, err)
		return
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](script)); err != nil {
		t.Errorf("%s: %v", s.Name, err)
		return
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](rules, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Errorf("%s: %v", s.Name, err)
	}
	for _, v := range found {
		t.Errorf("%s at %d %s: %s (%s): %s\n      %s", s.Name, width, theme, v.ID, v.Impact, v.Help, v.Where)
	}
}
