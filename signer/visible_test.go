package signer_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signservice/signer"
	"signservice/signer/signertest"
)

// positions are the six places, with the third of the width and the half of
// the height that the mark is in.
var positions = []struct {
	name        string
	column, row int
}{
	{"top-left", 0, 0},
	{"top-center", 1, 0},
	{"top-right", 2, 0},
	{"bottom-left", 0, 1},
	{"bottom-center", 1, 1},
	{"bottom-right", 2, 1},
}

// pages are the shapes of pages that a mark must stand upright on.
var pages = map[string]signertest.PDF{
	"upright":   {},
	"cropped":   {MediaBox: [4]float64{-100, -50, 612, 800}, CropBox: [4]float64{20, 40, 560, 700}},
	"user unit": {MediaBox: [4]float64{0, 0, 400, 500}, UserUnit: 1.5},
	"inherited": {Inherit: true, CropBox: [4]float64{50, 50, 500, 700}, XRefStream: true, ObjectStream: true},
}

// TestVisible: the mark stands where it was asked for, as the page is
// displayed, and its words can be found. Where SIGNER_PICTURES names a folder
// the pages are kept there to be looked at.
func TestVisible(t *testing.T) {
	signertest.Need(t, "pdftoppm", "pdftotext")
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	for name, shape := range pages {
		for _, turn := range []int{0, 90, 180, 270} {
			shape.Rotate = turn
			t.Run(fmt.Sprintf("%s/%d", name, turn), func(t *testing.T) {
				in := shape.Bytes()
				blank := render(t, in, "")
				for i, at := range positions {
					if name != "cropped" && i%5 > 0 { // two corners tell as much there
						continue
					}
					out := markAt(t, in, id, at.name)
					keep := ""
					if at.column == 2 {
						keep = fmt.Sprintf("%s-%d-%s.png", name, turn, at.name)
					}
					place := difference(t, blank, render(t, out, keep))
					whole := blank.Bounds()
					if column := place.center().X * 3 / whole.Dx(); column != at.column {
						t.Errorf("%s: the mark at %v is in column %d", at.name, place, column)
					}
					if row := place.center().Y * 2 / whole.Dy(); row != at.row {
						t.Errorf("%s: the mark at %v is in row %d", at.name, place, row)
					}
					if place.Dx() < place.Dy() {
						t.Errorf("%s: the mark at %v stands on its side", at.name, place)
					}
				}
			})
		}
	}
}

// markAt signs visibly, and checks the signature and, once, the words.
func markAt(t *testing.T, in []byte, id *signertest.Identity, where string) []byte {
	t.Helper()
	o := options(id)
	o.Signet = &signer.Signet{
		Mark:     signer.Mark{Owner: "Мария Иванова", Time: at, Reason: "Утверждаю", Internal: true},
		Position: position(t, where), Page: 1,
	}
	out, p := sign(t, in, id.Key, o)
	if err := check(t, in, out, p); err != nil {
		t.Errorf("%s: %v", where, err)
	}
	if where == "top-left" {
		hasWords(t, out, "Мария Иванова", "Утверждаю")
	}
	return out
}

// hasWords wants pdftotext to find words.
func hasWords(t *testing.T, in []byte, words ...string) {
	t.Helper()
	text := strings.Join(strings.Fields(string(signertest.Run(t, "pdftotext", signertest.WriteFile(t, "out.pdf", in), "-"))), " ")
	for _, want := range words {
		if !strings.Contains(text, want) {
			t.Errorf("pdftotext does not find %q in %q", want, text)
		}
	}
}

// area is where two pictures differ.
type area struct{ image.Rectangle }

func (a area) center() image.Point { return a.Min.Add(a.Max).Div(2) }

// difference finds the smallest box around all that differs.
func difference(t *testing.T, a, b image.Image) area {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("the page was %v and is %v", a.Bounds(), b.Bounds())
	}
	var box image.Rectangle
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if box.Empty() {
		t.Error("nothing is seen")
	}
	return area{box}
}

// render draws the first page in small; keep names the picture to keep.
func render(t *testing.T, in []byte, keep string) image.Image {
	t.Helper()
	name := signertest.WriteFile(t, "page.pdf", in)
	signertest.Run(t, "pdftoppm", "-png", "-r", "40", "-cropbox", "-f", "1", "-l", "1", "-singlefile", name, strings.TrimSuffix(name, ".pdf"))
	b, err := os.ReadFile(strings.TrimSuffix(name, ".pdf") + ".png")
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("SIGNER_PICTURES"); dir != "" && keep != "" {
		if err := os.WriteFile(filepath.Join(dir, keep), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	picture, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// TestVisibleOnPage: first, last and any page; a mark on one page leaves the
// others as they are.
func TestVisibleOnPage(t *testing.T) {
	signertest.Need(t, "pdftotext")
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	in := signertest.PDF{Pages: 3}.Bytes()
	for asked, want := range map[int]int{0: 3, 1: 1, 2: 2} {
		o := options(id)
		o.Signet = &signer.Signet{
			Mark: signer.Mark{Owner: "Мария Иванова", Time: at}, Position: position(t, "top-center"), Page: asked,
		}
		out, _ := sign(t, in, id.Key, o)
		name := signertest.WriteFile(t, "out.pdf", out)
		for page := 1; page <= 3; page++ {
			n := fmt.Sprint(page)
			text := string(signertest.Run(t, "pdftotext", "-f", n, "-l", n, name, "-"))
			if found := strings.Contains(text, "Мария"); found != (page == want) {
				t.Errorf("page %d asked: the mark on page %d: %v", asked, page, found)
			}
		}
	}
}

// TestSignetWithoutPosition: an order that is not whole is refused.
func TestSignetWithoutPosition(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{})
	o := options(id)
	o.Signet = &signer.Signet{Mark: signer.Mark{Owner: "Mary", Time: at}}
	if _, _, err := trySign(t, signertest.PDF{}.Bytes(), id.Key, o); err == nil {
		t.Error("signed without a position")
	}
}
