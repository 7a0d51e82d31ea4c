package preview_test

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"
	"strings"
	"testing"

	"signservice/signer/preview"
	"signservice/signer/signertest"
)

// TestView: the right page in the right size.
func TestView(t *testing.T) {
	a4 := signertest.PDF{Pages: 3}
	for _, c := range []struct {
		name          string
		pdf           signertest.PDF
		view          preview.View
		width, height int
		page, rotate  int
	}{
		{"nothing asked", a4, preview.View{}, 793, 1123, 1, 0},
		{"width", a4, preview.View{Width: 600}, 600, 849, 1, 0},
		{"dpi", a4, preview.View{DPI: 72}, 595, 842, 1, 0},
		{"width wins", a4, preview.View{DPI: 300, Width: 100}, 100, 142, 1, 0},
		{"second page", a4, preview.View{Page: 2, DPI: 36}, 298, 421, 2, 0},
		{"last page", a4, preview.View{Page: preview.Last, DPI: 36}, 298, 421, 3, 0},
		{"turned", signertest.PDF{Rotate: 90}, preview.View{DPI: 72}, 842, 595, 1, 90},
		{"turned, inherited", signertest.PDF{Rotate: 270, Inherit: true}, preview.View{DPI: 72}, 842, 595, 1, 270},
		{"cropped", signertest.PDF{CropBox: [4]float64{100, 100, 300, 200}}, preview.View{Width: 400}, 400, 200, 1, 0},
		{"far from the origin", signertest.PDF{MediaBox: [4]float64{-500, 1000, -300, 1100}}, preview.View{Width: 400}, 400, 200, 1, 0},
		{"far too large", a4, preview.View{DPI: 1e6}, 2378, 3365, 1, 0},
		{"not a number", a4, preview.View{DPI: math.NaN()}, 793, 1123, 1, 0},
		{"a hair", signertest.PDF{MediaBox: [4]float64{0, 0, 3, 14400}}, preview.View{Width: 1000}, 3, 14400, 1, 0},
		{"object streams", signertest.PDF{ObjectStream: true}, preview.View{DPI: 36}, 298, 421, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := render(t, c.pdf.Bytes(), c.view)
			if abs(p.Width-c.width) > 1 || abs(p.Height-c.height) > 1 {
				t.Errorf("%d by %d pixels, want %d by %d", p.Width, p.Height, c.width, c.height)
			}
			if want := max(c.pdf.Pages, 1); p.Page != c.page || p.Pages != want || p.Rotate != c.rotate {
				t.Errorf("page %d of %d turned by %d, want %d of %d by %d", p.Page, p.Pages, p.Rotate, c.page, want, c.rotate)
			}
			if ratio := p.PageWidth / p.PageHeight; p.Width > 10 && math.Abs(ratio-float64(p.Width)/float64(p.Height)) > 0.01 {
				t.Errorf("a page of %g by %g in a picture of %d by %d", p.PageWidth, p.PageHeight, p.Width, p.Height)
			}
		})
	}
}

func abs(n int) int { return max(n, -n) }

// TestRefusals: what is wrong with a document is told apart.
func TestRefusals(t *testing.T) {
	good := signertest.PDF{Pages: 2}.Bytes()
	for _, c := range []struct {
		name string
		data []byte
		page int
		want error
	}{
		{"empty", nil, 1, preview.ErrDamaged},
		{"not a PDF", []byte("hello, world, this is no PDF at all"), 1, preview.ErrDamaged},
		{"cut off in the first object", good[:60], 1, preview.ErrDamaged},
		{"page 3 of 2", good, 3, preview.ErrNoPage},
		{"page -2", good, -2, preview.ErrNoPage},
		{"password", locked(t), 1, preview.ErrPassword},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := shared.Render(t.Context(), document(c.data), preview.View{Page: c.page}); !errors.Is(err, c.want) {
				t.Errorf("Render: %v, want %v", err, c.want)
			}
			_, err := shared.Text(t.Context(), document(c.data), c.page)
			if !errors.Is(err, c.want) {
				t.Errorf("Text: %v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
		})
	}
}

// locked is a document that asks for a password.
func locked(t *testing.T) []byte {
	t.Helper()
	in := signertest.WriteFile(t, "in.pdf", signertest.PDF{}.Bytes())
	out := t.TempDir() + "/out.pdf"
	signertest.Run(t, "qpdf", "--encrypt", "secret", "owner", "256", "--", in, out)
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestTransparency: a page with transparent parts is shown on white, as paper is.
func TestTransparency(t *testing.T) {
	_, m := render(t, transparent(), preview.View{DPI: 72})
	for _, c := range []struct {
		what string
		x, y int
		want color.NRGBA
	}{
		{"the ground", 5, 5, color.NRGBA{255, 255, 255, 255}},
		{"half red", 50, 50, color.NRGBA{255, 128, 128, 255}},
		{"half red on blue", 80, 50, color.NRGBA{128, 0, 128, 255}},
	} {
		got := color.NRGBAModel.Convert(m.At(c.x, c.y)).(color.NRGBA)
		for _, d := range []int{int(got.R) - int(c.want.R), int(got.G) - int(c.want.G), int(got.B) - int(c.want.B), int(got.A) - 255} {
			if abs(d) > 2 {
				t.Errorf("%s is %v, want %v", c.what, got, c.want)
				break
			}
		}
	}
}

// transparent is a page of 100 by 100 with a blue part and a red square of half
// opacity over both.
func transparent() []byte {
	return raw("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /ExtGState << /G << /ca 0.5 >> >> >> >>",
		"0 0 1 rg 70 20 30 60 re f /G gs 1 0 0 rg 30 30 65 40 re f")
}

// raw builds a file of one page from its dictionary and content (object 4). The
// cross-reference table is left to repair.
func raw(page, content string) []byte {
	return fmt.Appendf(nil, "%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"+
		"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n%s\nendobj\n"+
		"4 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%%%EOF\n",
		page, len(content), content)
}

// TestText: what the page says, for readers of screens.
func TestText(t *testing.T) {
	data := signertest.PDF{Pages: 3}.Bytes()
	for page, want := range map[int]string{0: "Page 1 of 3", 2: "Page 2 of 3", preview.Last: "Page 3 of 3"} {
		got, err := shared.Text(t.Context(), document(data), page)
		if err != nil || got != want {
			t.Errorf("page %d: %q, %v; want %q", page, got, err, want)
		}
	}
	huge := raw("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
		"BT /F 1 Tf "+strings.Repeat("1 0 0 1 0 50 Tm (abcdefghijklmnopqrstuvwxyz) Tj ", 6000)+" ET")
	got, err := shared.Text(t.Context(), document(huge), 1)
	if err != nil || len(got) > preview.MaxText {
		t.Errorf("%d characters, %v", len(got), err)
	}
}
