package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer"
	"signservice/signer/signertest"
)

// look reads a page that must be there.
func look(t *testing.T, in []byte, page int) *signer.Sheet {
	t.Helper()
	s, err := signer.Look(t.Context(), bytes.NewReader(in), int64(len(in)), page)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFreeBox: a mark fills the box that it was given on the page as it is
// displayed, on every shape of page.
func TestFreeBox(t *testing.T) {
	signertest.Need(t, "pdftoppm")
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	for name, shape := range pages {
		for _, turn := range []int{0, 90, 180, 270} {
			shape.Rotate = turn
			t.Run(fmt.Sprintf("%s/%d", name, turn), func(t *testing.T) {
				in := shape.Bytes()
				sheet := look(t, in, 1)
				box := signer.Box{X0: 90, Y0: 200, X1: 310, Y1: 300}
				o := options(id)
				o.Signet = &signer.Signet{Mark: signer.Mark{Owner: "Мария Иванова", Time: at}, Box: box, Page: 1}
				out, _ := sign(t, in, id.Key, o)
				picture := render(t, out, fmt.Sprintf("%s-%d-free.png", name, turn))
				place := difference(t, render(t, in, ""), picture)
				scale := float64(picture.Bounds().Dx()) / sheet.Width
				want := image.Rect(int(box.X0*scale), int((sheet.Height-box.Y1)*scale), int(box.X1*scale), int((sheet.Height-box.Y0)*scale))
				for _, d := range []int{place.Min.X - want.Min.X, place.Min.Y - want.Min.Y, place.Max.X - want.Max.X, place.Max.Y - want.Max.Y} {
					if d < -2 || d > 2 {
						t.Fatalf("the mark stands in %v, ordered in %v", place.Rectangle, want)
					}
				}
			})
		}
	}
}

// TestBoxRefused: a mark never stands outside its page, nor smaller than can be
// read.
func TestBoxRefused(t *testing.T) {
	in := signertest.PDF{}.Bytes()
	for name, c := range map[string]struct {
		box  signer.Box
		want error
	}{
		"over the right edge": {signer.Box{X0: 500, Y0: 10, X1: 700, Y1: 90}, signer.ErrBox},
		"below the page":      {signer.Box{X0: 10, Y0: -5, X1: 200, Y1: 90}, signer.ErrBox},
		"inside out":          {signer.Box{X0: 200, Y0: 10, X1: 10, Y1: 90}, signer.ErrBox},
		"a line":              {signer.Box{X0: 10, Y0: 10, X1: 200, Y1: 10}, signer.ErrBox},
		"no number":           {signer.Box{X0: math.NaN(), Y0: 10, X1: 200, Y1: 90}, signer.ErrBox},
		"no end":              {signer.Box{X0: 10, Y0: 10, X1: math.Inf(1), Y1: 90}, signer.ErrBox},
		"too small to read":   {signer.Box{X0: 10, Y0: 10, X1: 30, Y1: 20}, signer.ErrSignetTooSmall},
		"the whole page":      {signer.Box{X1: 595, Y1: 842}, nil},
	} {
		g := signer.Signet{Mark: signer.Mark{Owner: "Мария Иванова", Time: at}, Box: c.box}
		if _, _, err := look(t, in, 1).Place(g); !errors.Is(err, c.want) {
			t.Errorf("%s: placed: %v, want %v", name, err, c.want)
		}
		if _, err := signer.Draft(t.Context(), bytes.NewReader(in), int64(len(in)), signer.Options{Signet: &g}); !errors.Is(err, c.want) {
			t.Errorf("%s: sketched: %v, want %v", name, err, c.want)
		}
	}
	if _, err := signer.Look(t.Context(), bytes.NewReader(in), int64(len(in)), 2); !errors.Is(err, signer.ErrPageRange) {
		t.Errorf("page 2 of 1: %v", err)
	}
}

// TestCovered: of the six places exactly the one is told in which an earlier mark
// stands, on every shape of page, and none on another page.
func TestCovered(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	for name, shape := range pages {
		for _, turn := range []int{0, 90, 180, 270} {
			shape.Rotate, shape.Pages = turn, 2
			in := shape.Bytes()
			for _, taken := range positions {
				g := signer.Signet{Mark: signer.Mark{Owner: "Мария Иванова", Time: at}, Position: position(t, taken.name), Page: 2}
				o := options(id)
				o.Signet = &g
				out, _ := sign(t, in, id.Key, o)
				sheet := look(t, out, 0)
				stands, _, err := sheet.Place(g)
				if err != nil {
					t.Fatal(err)
				}
				for _, asked := range positions {
					g.Position = position(t, asked.name)
					box, _, err := sheet.Place(g)
					if err != nil {
						t.Fatal(err)
					}
					var want []string
					if asked == taken {
						want = []string{"Signature1"}
					}
					if diff := cmp.Diff(want, names(sheet.Covered(box))); diff != "" {
						t.Errorf("%s, %d, mark at %s, asked for %s: %s", name, turn, taken.name, asked.name, diff)
					}
				}
				beside := signer.Box{X0: stands.X1 + 0.001, Y0: stands.Y0, X1: stands.X1 + 9, Y1: stands.Y1}
				if got := sheet.Covered(beside); got != nil {
					t.Errorf("%s, %d: %v beside the mark covers %v", name, turn, beside, got)
				}
				if got := look(t, out, 1).Shown; got != nil {
					t.Errorf("%s, %d: on the other page shows %v", name, turn, got)
				}
			}
		}
	}
}

func names(list []signer.Shown) (out []string) {
	for _, s := range list {
		out = append(out, s.Field)
	}
	return out
}

// TestCoveredFields: empty fields are told as such; invisible signatures cover
// nothing.
func TestCoveredFields(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Mary"})
	in, _ := sign(t, signertest.PDF{EmptySignature: "Boss"}.Bytes(), id.Key, options(id))
	want := []signer.Shown{{Field: "Boss", Box: signer.Box{X0: 72, Y0: 500, X1: 272, Y1: 560}}}
	if diff := cmp.Diff(want, look(t, in, 1).Covered(signer.Box{X1: 595, Y1: 842})); diff != "" {
		t.Error(diff)
	}
}
