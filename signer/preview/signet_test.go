package preview_test

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"testing"
	"time"

	"signservice/signer/pdf"
	"signservice/signer/preview"
	"signservice/signer/signertest"
	"signservice/signer/signet"
)

// TestSignet: the mark of a prepared document shows in the picture, upright and
// in its place, on upright, turned and cropped pages.
func TestSignet(t *testing.T) {
	crop := [4]float64{50, 60, 450, 760}
	for _, c := range []struct {
		name string
		pdf  signertest.PDF
	}{
		{"upright", signertest.PDF{}},
		{"turned by 90", signertest.PDF{Rotate: 90}},
		{"turned by 180", signertest.PDF{Rotate: 180}},
		{"turned by 270, cropped", signertest.PDF{Rotate: 270, CropBox: crop}},
		{"cropped", signertest.PDF{CropBox: crop}},
		{"far from the origin", signertest.PDF{MediaBox: [4]float64{-700, 2000, 0, 2500}}},
		{"cross-reference stream", signertest.PDF{XRefStream: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := c.pdf.Bytes()
			_, plain := render(t, before, preview.View{DPI: 144})
			positions := signet.Positions()
			if c.name != "upright" { // two corners tell as much there
				positions = []signet.Position{signet.TopLeft, signet.BottomRight}
			}
			for _, position := range positions {
				after, box, page := withSignet(t, before, position)
				_, marked := render(t, after, preview.View{DPI: 144})
				checkPlace(t, position, plain, marked, box, page)
			}
		})
	}
}

// withSignet prepares, without signing, a document with a mark on its page. It
// gives the box and the size of the page as displayed.
func withSignet(t *testing.T, data []byte, position signet.Position) (out []byte, box pdf.Rect, size image.Point) {
	t.Helper()
	file, err := pdf.Open(bytes.NewReader(data), int64(len(data)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	page, err := file.Page(1)
	if err != nil {
		t.Fatal(err)
	}
	drawing, err := signet.Draw(signet.Signet{Owner: "Мария Ивановна Щукина", Time: time.Unix(1764000000, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	ap := drawing.Appearance
	width, height := page.Displayed()
	box = position.Place(width, height, ap.Width, ap.Height)
	placement := page.Place(box)
	var b bytes.Buffer
	if _, err := file.AppendSignature(t.Context(), &b, pdf.SignatureSpec{Placement: &placement, Appearance: ap}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), box, image.Pt(int(math.Round(width)), int(math.Round(height)))
}

// checkPlace compares the pages with and without the mark: all that differs is
// inside the box, it fills the box, and it has the frame's colour at its edge.
func checkPlace(t *testing.T, position signet.Position, plain, marked image.Image, box pdf.Rect, page image.Point) {
	t.Helper()
	changed := image.Rectangle{}
	for y := range marked.Bounds().Dy() {
		for x := range marked.Bounds().Dx() {
			if differ(plain.At(x, y), marked.At(x, y)) {
				changed = changed.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	scale := float64(marked.Bounds().Dx()) / float64(page.X)
	top := float64(page.Y)
	want := image.Rect(int(box.X0*scale), int((top-box.Y1)*scale), int(math.Ceil(box.X1*scale)), int(math.Ceil((top-box.Y0)*scale)))
	for _, d := range []int{changed.Min.X - want.Min.X, changed.Min.Y - want.Min.Y, changed.Max.X - want.Max.X, changed.Max.Y - want.Max.Y} {
		if abs(d) > 3 {
			t.Errorf("%v: drawn in %v, placed in %v", position, changed, want)
			break
		}
	}
	// Upright: the blue title stands in the upper half of the box.
	if blue(marked, want.Inset(6), 0, 0.5) == 0 || blue(marked, want.Inset(6), 0.5, 1) > 0 {
		t.Errorf("%v: the title is not on top", position)
	}
}

func differ(a, b color.Color) bool {
	r1, g1, b1, _ := a.RGBA()
	r2, g2, b2, _ := b.RGBA()
	return r1>>12 != r2>>12 || g1>>12 != g2>>12 || b1>>12 != b2>>12
}

// blue counts the blue pixels between two heights of a box.
func blue(m image.Image, box image.Rectangle, from, to float64) (n int) {
	height := float64(box.Dy())
	for y := box.Min.Y + int(from*height); y < box.Min.Y+int(to*height); y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if r, _, b, _ := m.At(x, y).RGBA(); b > r+0x5000 {
				n++
			}
		}
	}
	return n
}
