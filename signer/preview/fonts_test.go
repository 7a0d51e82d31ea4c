package preview_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"signservice/signer/preview"
)

// fontDir is a folder with fonts as a Linux system has them, the Go fonts in
// the place of Liberation Sans.
func fontDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "truetype", "liberation")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"LiberationSans-Regular.ttf": goregular.TTF, "LiberationSans-Bold.ttf": gobold.TTF,
		"Broken-Regular.ttf": []byte("not a font"), "README": []byte("not a font either"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "Link.ttf")); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(filepath.Dir(dir))
}

// TestFontsShown: PDFium sees the fonts, and again under the names that documents
// ask for, and nothing else of the machine.
func TestFontsShown(t *testing.T) {
	shown := preview.FindFonts([]string{fontDir(t), "/does/not/exist"})
	want := []string{
		"Arial-Bold.alias.ttf", "Arial-Regular.alias.ttf", "Broken-Regular.ttf", "Calibri-Bold.alias.ttf",
		"Calibri-Regular.alias.ttf", "LiberationSans-Bold.ttf", "LiberationSans-Regular.ttf",
	}
	for i, name := range want {
		want[i] = "usr/share/fonts/" + name
	}
	if err := fstest.TestFS(shown, want...); err != nil {
		t.Error(err)
	}
	entries, err := fs.ReadDir(shown, "usr/share/fonts")
	if err != nil || len(entries) != len(want) {
		t.Errorf("%d fonts, want %d: %v, %v", len(entries), len(want), entries, err)
	}
	for _, hidden := range []string{"etc/passwd", "usr/share/fonts/Link.ttf", "usr/share/fonts/../../../etc/passwd", "usr/share/fonts/truetype", "/etc/passwd"} {
		if f, err := shown.Open(hidden); err == nil {
			f.Close()
			t.Errorf("%s can be opened", hidden)
		}
	}
}

// TestStandInName: a stand-in has another name and the same glyphs.
func TestStandInName(t *testing.T) {
	shown := preview.FindFonts([]string{fontDir(t)})
	data, err := fs.ReadFile(shown, "usr/share/fonts/Arial-Bold.alias.ttf")
	if err != nil {
		t.Fatal(err)
	}
	font, err := sfnt.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	family, err1 := font.Name(nil, sfnt.NameIDFamily)
	style, err2 := font.Name(nil, sfnt.NameIDSubfamily)
	if family != "Arial" || style != "Bold" || err1 != nil || err2 != nil {
		t.Errorf("%q %q, %v, %v", family, style, err1, err2)
	}
	whole, err := sfnt.Parse(gobold.TTF)
	if err != nil || whole.NumGlyphs() != font.NumGlyphs() {
		t.Errorf("%d glyphs, want %d (%v)", font.NumGlyphs(), whole.NumGlyphs(), err)
	}
}

// TestCyrillicWithoutFont: a document that names Arial for Russian text and does
// not embed it is not shown as blanks.
func TestCyrillicWithoutFont(t *testing.T) {
	r := preview.New(preview.Config{CacheDir: cacheDir, Workers: 1, FontDirs: []string{fontDir(t)}})
	defer closed(t, r)
	for _, name := range []string{"Arial", "ArialMT", "Arial,Bold", "LiberationSans", "Calibri"} {
		page := strings.ReplaceAll("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 100] /Contents 4 0 R /Resources << /Font << /F "+
			"<< /Type /Font /Subtype /TrueType /BaseFont /NAME /FirstChar 65 /LastChar 67 /Widths [700 700 700] /FontDescriptor "+
			"<< /Type /FontDescriptor /FontName /NAME /Flags 32 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >> "+
			"/Encoding << /BaseEncoding /WinAnsiEncoding /Differences [65 /afii10017 /afii10018 /afii10019] >> >> >> >> >>", "NAME", name)
		p, err := r.Render(t.Context(), document(raw(page, "BT /F 40 Tf 20 40 Td (ABC) Tj ET")), preview.View{DPI: 72})
		if err != nil {
			t.Fatal(err)
		}
		x0, y0, x1, y1 := ink(decoded(t, p))
		if x0 > 0.1 || x1 < 0.3 || y1-y0 < 0.2 {
			t.Errorf("%s: three letters fill %.2f to %.2f by %.2f to %.2f of the page", name, x0, x1, y0, y1)
		}
	}
}
