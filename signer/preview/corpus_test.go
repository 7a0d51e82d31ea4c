package preview_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signservice/signer/preview"
)

// corpus lists strangers' files, which lie beside the checkout. SIGNSERVICE_DATA
// names another place for them.
func corpus(t *testing.T, pattern string) []string {
	t.Helper()
	dir := os.Getenv("SIGNSERVICE_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no files %s in %s", pattern, dir)
	}
	slices.Sort(files)
	return files
}

// outcome sorts the answers of Render.
func outcome(err error) string {
	for name, known := range map[string]error{
		"password": preview.ErrPassword, "damaged": preview.ErrDamaged, "no page": preview.ErrNoPage, "limit": preview.ErrLimit,
	} {
		if errors.Is(err, known) {
			return name
		}
	}
	if err != nil {
		return "unknown: " + err.Error()
	}
	return "ok"
}

// TestHostile: files made to break readers end in a picture or in one of our
// errors, and after each the Renderer works.
func TestHostile(t *testing.T) {
	r := preview.New(preview.Config{CacheDir: cacheDir, Workers: 1, Timeout: 5 * time.Second})
	defer closed(t, r)
	for _, path := range corpus(t, "hostile/*.pdf") {
		got := drawAny(t, r, path)
		t.Logf("%s: %s", filepath.Base(path), got)
		if strings.HasPrefix(got, "unknown") {
			t.Errorf("%s: %s", filepath.Base(path), got)
		}
	}
}

// TestCorpus draws every 12th of the strangers' files, all of them with
// SIGNSERVICE_CORPUS=all.
func TestCorpus(t *testing.T) {
	counts := map[string]int{}
	for i, path := range corpus(t, "pdf/*.pdf") {
		if i%12 != 0 && os.Getenv("SIGNSERVICE_CORPUS") != "all" {
			continue
		}
		got := drawAny(t, shared, path)
		counts[got]++
		if got != "ok" {
			t.Logf("%s: %s", filepath.Base(path), got)
		}
		if strings.HasPrefix(got, "unknown") {
			t.Errorf("%s: %s", filepath.Base(path), got)
		}
	}
	t.Logf("%v", counts)
	if total := counts["ok"] + counts["damaged"] + counts["limit"] + counts["no page"]; counts["ok"]*100 < total*90 {
		t.Errorf("only %d of %d files that need no password are shown", counts["ok"], total)
	}
}

// drawAny draws the first page of a file and reads its text.
func drawAny(t *testing.T, r *preview.Renderer, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	d := preview.Document{Reader: file, Size: info.Size()}
	if _, err := r.Render(t.Context(), d, preview.View{Width: 300}); err != nil {
		return outcome(err)
	}
	_, err = r.Text(t.Context(), d, 1)
	return outcome(err)
}
