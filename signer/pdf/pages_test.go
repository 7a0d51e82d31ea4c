package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"signservice/signer/pdf"
)

// TestPage: what a page says, inherits, or leaves out.
func TestPage(t *testing.T) {
	letter := pdf.Rect{X1: 612, Y1: 792}
	for name, c := range map[string]struct {
		tree, page string
		want       pdf.Page
	}{
		"nothing said": {"", "", pdf.Page{MediaBox: letter, CropBox: letter, UserUnit: 1}},
		"all inherited": {
			"/MediaBox[0 0 200 100]/CropBox[10 10 190 90]/Rotate 90", "",
			pdf.Page{MediaBox: pdf.Rect{X1: 200, Y1: 100}, CropBox: pdf.Rect{X0: 10, Y0: 10, X1: 190, Y1: 90}, Rotate: 90, UserUnit: 1},
		},
		"own wins": {
			"/MediaBox[0 0 200 100]/Rotate 90", "/MediaBox[0 0 50 60]/Rotate 0",
			pdf.Page{MediaBox: pdf.Rect{X1: 50, Y1: 60}, CropBox: pdf.Rect{X1: 50, Y1: 60}, UserUnit: 1},
		},
		"corners in any order, odd origin": {
			"", "/MediaBox[100 50 -100 -50.5]",
			pdf.Page{
				MediaBox: pdf.Rect{X0: -100, Y0: -50.5, X1: 100, Y1: 50},
				CropBox:  pdf.Rect{X0: -100, Y0: -50.5, X1: 100, Y1: 50}, UserUnit: 1,
			},
		},
		"crop box larger than the medium": {
			"", "/MediaBox[0 0 50 50]/CropBox[-10 10 999 999]",
			pdf.Page{MediaBox: pdf.Rect{X1: 50, Y1: 50}, CropBox: pdf.Rect{Y0: 10, X1: 50, Y1: 50}, UserUnit: 1},
		},
		"crop box beside the medium": {
			"", "/MediaBox[0 0 50 50]/CropBox[60 60 70 70]",
			pdf.Page{MediaBox: pdf.Rect{X1: 50, Y1: 50}, CropBox: pdf.Rect{X1: 50, Y1: 50}, UserUnit: 1},
		},
		"empty, broken, indirect": {
			"", "/MediaBox 9 0 R/CropBox[0 0 0 0]/Rotate[1]/UserUnit(x)",
			pdf.Page{MediaBox: pdf.Rect{X1: 30, Y1: 40}, CropBox: pdf.Rect{X1: 30, Y1: 40}, UserUnit: 1},
		},
		"odd rotations and units": {
			"", "/Rotate -450/UserUnit 2.5", pdf.Page{MediaBox: letter, CropBox: letter, Rotate: 270, UserUnit: 2.5},
		},
		"rotation that is none": {"", "/Rotate 45", pdf.Page{MediaBox: letter, CropBox: letter, UserUnit: 1}},
	} {
		b := newBuilder()
		b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
		b.object(2, "<</Type/Pages/Count 1/Kids[3 0 R]"+c.tree+">>")
		b.object(3, "<</Type/Page/Parent 2 0 R"+c.page+">>")
		b.object(9, "[0 0 8 0 R 40]")
		b.object(8, "30")
		got, err := open(t, b.table()).Page(1)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(pdf.Page{}), cmpopts.IgnoreFields(pdf.Page{}, "Dict", "Ref", "Number")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestTree: page trees as they should be and as they are.
func TestTree(t *testing.T) {
	leafs := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			fmt.Fprintf(&b, "%d 0 R ", i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		objects map[int]string // 11 to 19 are pages unless said otherwise
		want    []int          // object numbers of the pages
	}{
		"flat":                      {map[int]string{2: "<</Count 3/Kids[" + leafs(11, 13) + "]>>"}, []int{11, 12, 13}},
		"nodes":                     {map[int]string{2: "<</Count 3/Kids[3 0 R 13 0 R]>>", 3: "<</Count 2/Kids[" + leafs(11, 12) + "]>>"}, []int{11, 12, 13}},
		"too few counted":           {map[int]string{2: "<</Count 1/Kids[" + leafs(11, 13) + "]>>"}, []int{11, 12, 13}},
		"too many counted":          {map[int]string{2: "<</Count 30/Kids[" + leafs(11, 13) + "]>>"}, []int{11, 12, 13}},
		"not counted":               {map[int]string{2: "<</Kids[" + leafs(11, 13) + "]>>"}, []int{11, 12, 13}},
		"counted in words":          {map[int]string{2: "<</Count(3)/Kids[" + leafs(11, 13) + "]>>"}, []int{11, 12, 13}},
		"node counts wrong":         {map[int]string{2: "<</Count 3/Kids[3 0 R 13 0 R]>>", 3: "<</Count 1/Kids[" + leafs(11, 12) + "]>>"}, []int{11, 12, 13}},
		"circle":                    {map[int]string{2: "<</Count 3/Kids[11 0 R 3 0 R]>>", 3: "<</Count 2/Kids[2 0 R 12 0 R 3 0 R]>>"}, []int{11, 12}},
		"a page twice":              {map[int]string{2: "<</Count 3/Kids[11 0 R 11 0 R 12 0 R]>>"}, []int{11, 11, 12}},
		"a kid is missing":          {map[int]string{2: "<</Count 2/Kids[11 0 R 90 0 R 12 0 R]>>"}, []int{11, 12}},
		"a kid is a number":         {map[int]string{2: "<</Count 2/Kids[11 0 R 7 12 0 R]>>"}, []int{11, 12}},
		"kids of their own":         {map[int]string{2: "<</Count 2/Kids 3 0 R>>", 3: "[11 0 R 12 0 R]"}, []int{11, 12}},
		"one kid without an array":  {map[int]string{2: "<</Count 1/Kids 11 0 R>>"}, []int{11}},
		"types missing":             {map[int]string{2: "<</Count 2/Kids[3 0 R]>>", 3: "<</Count 2/Kids[4 0 R 5 0 R]>>", 4: "<</Parent 3 0 R>>", 5: "<<>>"}, []int{4, 5}},
		"an empty node at the end":  {map[int]string{2: "<</Count 1/Kids[11 0 R 3 0 R]>>", 3: "<</Type/Pages/Count 0/Kids[]>>"}, []int{11}},
		"an empty node, type wrong": {map[int]string{2: "<</Count 1/Kids[3 0 R 11 0 R]>>", 3: "<</Type/Page/Count 0/Kids[]>>"}, []int{11}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder()
			b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
			for n := 11; n < 20; n++ {
				b.object(n, "<</Type/Page/MediaBox[0 0 9 9]>>")
			}
			for n, body := range c.objects {
				b.object(n, body)
			}
			in := b.table()
			f := open(t, in)
			n, err := f.Pages()
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for i := 1; i <= n; i++ {
				p, err := open(t, in).Page(i)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, int(p.Ref.Number))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			sign(t, in, pdf.SignatureSpec{Page: n})
			if _, err := f.Page(n + 1); !errors.Is(err, pdf.ErrPageRange) {
				t.Errorf("the page behind the last: %v", err)
			}
		})
	}
}

// TestNoPages: a document without pages can be read, not signed.
func TestNoPages(t *testing.T) {
	for _, pages := range []string{"<</Type/Pages/Count 0/Kids[]>>", "<</Count 3/Kids[2 0 R]>>", "<<>>", "[]", "null"} {
		b := newBuilder()
		b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
		b.object(2, pages)
		in := b.table()
		if n, err := open(t, in).Pages(); n != 0 || err != nil {
			t.Errorf("%s: %d pages, %v", pages, n, err)
		}
		if err := refused(t, in, pdf.SignatureSpec{}); !errors.Is(err, pdf.ErrNoPages) {
			t.Errorf("%s: %v", pages, err)
		}
	}
}

// TestDirectPage: a page that stands in the tree itself becomes an object, and
// stays where it was.
func TestDirectPage(t *testing.T) {
	b := newBuilder()
	b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
	b.object(2, "<</Count 3/Kids[3 0 R<</Type/Page/MediaBox[0 0 7 8]/Note(n)>>4 0 R]>>")
	b.object(3, "<</Type/Page>>")
	b.object(4, "<</Type/Page>>")
	f := open(t, sign(t, b.table(), pdf.SignatureSpec{Page: 2}))
	p, err := f.Page(2)
	if err != nil {
		t.Fatal(err)
	}
	if p.Ref.Number == 0 || p.MediaBox.Y1 != 8 || string(p.Dict["Note"].(pdf.String)) != "n" {
		t.Errorf("page 2 is %v: %v", p.Ref, p.Dict)
	}
	widget := dictAt(t, f, fieldOf(t, f, "Signature1").Ref)
	if widget["P"] != pdf.Object(p.Ref) {
		t.Errorf("the widget names page %v", widget["P"])
	}
	if n, err := f.Pages(); n != 3 || err != nil {
		t.Errorf("%d pages, %v", n, err)
	}
}

// TestPlace: boxes on the displayed page, in page space and back.
func TestPlace(t *testing.T) {
	crop := pdf.Rect{X0: 100, Y0: -50, X1: 500, Y1: 150} // 400 by 200
	box := pdf.Rect{X0: 10, Y0: 20, X1: 40, Y1: 30}      // near the lower left corner
	for rotate, want := range map[int]pdf.Rect{
		0:   {X0: 110, Y0: -30, X1: 140, Y1: -20},
		90:  {X0: 470, Y0: -40, X1: 480, Y1: -10},
		180: {X0: 460, Y0: 120, X1: 490, Y1: 130},
		270: {X0: 120, Y0: 110, X1: 130, Y1: 140},
	} {
		p := pdf.Page{MediaBox: crop, CropBox: crop, Rotate: rotate, UserUnit: 1}
		got := p.Place(box)
		if diff := cmp.Diff(pdf.Placement{Rect: want, Turn: rotate}, got); diff != "" {
			t.Errorf("Rotate %d: %s", rotate, diff)
		}
		w, h := p.Displayed()
		if sideways := rotate%180 != 0; w != map[bool]float64{false: 400, true: 200}[sideways] || w*h != 80000 {
			t.Errorf("Rotate %d: displayed as %v by %v", rotate, w, h)
		}
		for _, unit := range []float64{1, 2.5, 0.5} {
			p.UserUnit = unit
			back := p.Display(p.Place(box).Rect)
			for _, d := range []float64{back.X0 - box.X0, back.Y0 - box.Y0, back.X1 - box.X1, back.Y1 - box.Y1} {
				if math.Abs(d) > 1e-3 {
					t.Errorf("Rotate %d, unit %v: %v came back as %v", rotate, unit, box, back)
					break
				}
			}
		}
	}
}

// TestUpright: on pages turned and cropped in every way, a mark stands where it
// was put and the right way up, as poppler draws the page.
func TestUpright(t *testing.T) {
	needTool(t, "pdftoppm")
	// Four quarters, so that every turn and mirroring shows: red top left,
	// green top right, blue bottom left, black bottom right.
	mark := &pdf.Appearance{Width: 100, Height: 60, Content: []byte(
		"1 0 0 rg 0 30 50 30 re f 0 1 0 rg 50 30 50 30 re f 0 0 1 rg 0 0 50 30 re f 0 0 0 rg 50 0 50 30 re f")}
	box := pdf.Rect{X0: 40, Y0: 80, X1: 140, Y1: 140}
	for _, rotate := range []int{0, 90, 180, 270} {
		for name, boxes := range map[string]string{
			"plain":   "/MediaBox[0 0 300 400]",
			"cropped": "/MediaBox[-100 -100 500 600]/CropBox[50 -30 350 370]",
			"unit":    "/MediaBox[0 0 150 200]/UserUnit 2",
		} {
			b := newBuilder()
			b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
			b.object(2, "<</Count 1/Kids[3 0 R]>>")
			b.object(3, fmt.Sprintf("<</Type/Page/Parent 2 0 R%s/Rotate %d>>", boxes, rotate))
			in := b.table()
			p, err := open(t, in).Page(1)
			if err != nil {
				t.Fatal(err)
			}
			where := p.Place(box)
			out := sign(t, in, pdf.SignatureSpec{Placement: &where, Appearance: mark})
			picture := render(t, out)
			w, h := p.Displayed()
			at := func(x, y float64) [3]byte { return picture.at(x/w, 1-y/h) }
			got := [][3]byte{at(52, 128), at(128, 128), at(52, 92), at(128, 92), at(30, 110), at(150, 110), at(90, 70), at(90, 150)}
			white := [3]byte{255, 255, 255}
			want := [][3]byte{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {0, 0, 0}, white, white, white, white}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, Rotate %d: %s", name, rotate, diff)
			}
		}
	}
}

// A picture is a rendered page.
type picture struct {
	width, height int
	pixels        []byte
}

// at gives the colour at a place from the upper left corner, in parts of the
// whole.
func (p picture) at(x, y float64) [3]byte {
	i := 3 * (int(y*float64(p.height))*p.width + int(x*float64(p.width)))
	return [3]byte(p.pixels[i : i+3])
}

// render draws the first page at one pixel a point or more.
func render(t testing.TB, in []byte) picture {
	t.Helper()
	out := runTool(t, in, "pdftoppm", "-r", "72", "-f", "1", "-l", "1", "-cropbox", "-aa", "no", "-aaVector", "no", "-")
	var p picture
	var depth int
	if _, err := fmt.Fscanf(bytes.NewReader(out), "P6\n%d %d\n%d\n", &p.width, &p.height, &depth); err != nil {
		t.Fatalf("picture: %v", err)
	}
	p.pixels = out[len(out)-3*p.width*p.height:]
	return p
}
