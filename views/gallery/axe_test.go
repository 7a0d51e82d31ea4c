package gallery_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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

// TestAccessible has axe-core look at every page in every state; AXE_STATES
// takes those alone whose names begin with it.
func TestAccessible(t *testing.T) {
	script := axeScript(t)
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
