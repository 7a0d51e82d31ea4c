package signet_test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signservice/signer/pdf"
	"signservice/signer/signertest"
	"signservice/signer/signet"
)

// TestNothingOverflows draws marks without clipping and looks at the pixels
// outside the box: none may be touched, and the frame must be whole. Where
// SIGNET_PICTURES names a folder the pictures are kept there to be looked at.
func TestNothingOverflows(t *testing.T) {
	widest := strings.Repeat("W", 80)
	for _, c := range []struct {
		name   string
		signet signet.Signet
	}{
		{"ordinary", english()},
		{"Russian", russian()},
		{"long", signet.Signet{Owner: long, Organisation: long, Reason: long, Time: at(), PressedBy: long, Internal: true}},
		{"one long word", signet.Signet{Owner: widest, Organisation: widest, Reason: widest}},
		{"accents and descenders", signet.Signet{Owner: "ÅÂŐ gjpqy", Reason: "ÂÅ Щщ", Width: 120, Height: 60}},
		{"tiny", signet.Signet{Owner: "Anna Li", Time: at(), Width: 60, Height: 20}},
		{"large", signet.Signet{Owner: long, Time: at(), Width: 500, Height: 300, QR: "https://example.com/", Logo: pngFile(t, disc(40, 200))}},
		{"wide logo", signet.Signet{Owner: "Anna Li", Logo: pngFile(t, disc(400, 20))}},
	} {
		t.Run(c.name, func(t *testing.T) { staysInside(t, c.name, c.signet) })
	}
}

// TestLongNames: names of every length, in three alphabets, in every preset and in
// boxes of all sizes shrink and wrap and are never cut: either all of the name is
// there and nothing overflows, or the box is refused.
func TestLongNames(t *testing.T) {
	names := map[string]string{
		"Latin":    long,
		"Cyrillic": "Константин-Александр Красноперекопский-Задунайский Щербаков-Белозерский",
		"Greek":    "Κωνσταντίνος-Αλέξανδρος Παπαδημητρακόπουλος-Χατζηγεωργίου Οικονομόπουλος",
		"one word": strings.Repeat("Щ", 60),
	}
	boxes := []pdf.Rect{{}, {X1: 120, Y1: 50}, {X1: 90, Y1: 120}, {X1: 320, Y1: 110}, {X1: 60, Y1: 24}}
	refused := 0
	for script, name := range names {
		for _, preset := range []signet.Preset{signet.EU, signet.Russian, signet.Plain} {
			for _, box := range boxes {
				s := signet.Signet{Preset: preset, Owner: name, Time: at(), Internal: true, Width: box.X1, Height: box.Y1}
				d, err := signet.Draw(s)
				if errors.Is(err, signet.ErrTooSmall) {
					refused++
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				staysInside(t, fmt.Sprintf("%s-%v-%g", script, preset, box.X1), s)
				text := strings.Join(strings.Fields(read(t, makePDF(t, d.Appearance))), "")
				if !strings.Contains(text, strings.Join(strings.Fields(name), "")) {
					t.Errorf("%s, %v, %g by %g: the name is not whole in %q", script, preset, box.X1, box.Y1, text)
				}
			}
		}
	}
	if all := len(names) * 3 * len(boxes); refused > all/2 {
		t.Errorf("%d of %d boxes were refused: the rest says little", refused, all)
	}
}

// staysInside draws a mark and looks at every pixel around it.
func staysInside(t *testing.T, name string, s signet.Signet) {
	t.Helper()
	picture := render(t, makePDF(t, drawn(t, s).Appearance), "144")
	if dir := os.Getenv("SIGNET_PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), pngFile(t, picture), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outside, frame := 0, 0
	inner := picture.Bounds().Inset(2*around - 1)
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			p := image.Pt(x, y)
			dark := color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y < 250
			if dark && !p.In(inner) {
				outside++
			}
			if dark && p.In(inner) && !p.In(inner.Inset(4)) {
				frame++
			}
		}
	}
	if outside > 0 {
		t.Errorf("%s: %d pixels outside the box", name, outside)
	}
	if around := 2 * (inner.Dx() + inner.Dy()); frame < around/2 && s.Preset != signet.Plain {
		t.Errorf("%s: the frame has %d pixels of %d", name, frame, around)
	}
}

// TestQR: a reader of codes finds the text in the rendered page.
func TestQR(t *testing.T) {
	for _, text := range []string{"https://example.com/check/0123456789abcdef", "12345", "A short text, in ASCII."} {
		s := english()
		s.QR = text
		d := drawn(t, s)
		if len(d.Warnings) > 0 {
			t.Errorf("warnings %v", d.Warnings)
		}
		page := pngFile(t, render(t, makePDF(t, d.Appearance), "300"))
		out := signertest.Run(t, "zbarimg", "-q", "--raw", signertest.WriteFile(t, "page.png", page))
		if got := strings.TrimSpace(string(out)); got != text {
			t.Errorf("the code says %q, want %q", got, text)
		}
	}
}

// TestLogo: the colours arrive, with and without an alpha channel.
func TestLogo(t *testing.T) {
	for _, opaque := range []bool{false, true} {
		s := english()
		s.Logo, s.Opaque = pngFile(t, disc(600, 600)), opaque
		picture := render(t, makePDF(t, drawn(t, s).Appearance), "144")
		red := 0
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() / 2 {
				c := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
				if c.R > 190 && c.R < 210 && c.G < 50 && c.B < 60 {
					red++
				}
			}
		}
		if red < 1000 {
			t.Errorf("opaque %v: %d red pixels", opaque, red)
		}
	}
}

// TestFontsEmbedded: poppler and qpdf agree that fonts are embedded subsets with
// a Unicode map, in a file without errors.
func TestFontsEmbedded(t *testing.T) {
	path := signertest.WriteFile(t, "signet.pdf", makePDF(t, drawn(t, english()).Appearance, drawn(t, russian()).Appearance))
	lines := strings.Split(strings.TrimSpace(string(signertest.Run(t, "pdffonts", path))), "\n")
	if len(lines) != 2+4 {
		t.Fatalf("pdffonts:\n%s", strings.Join(lines, "\n"))
	}
	for _, line := range lines[2:] {
		if !strings.Contains(line, "CID TrueType      Identity-H       yes yes yes") {
			t.Errorf("not embedded, subset, with Unicode: %s", line)
		}
	}
	signertest.Run(t, "qpdf", "--check", path)
}
