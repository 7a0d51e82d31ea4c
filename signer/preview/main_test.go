package preview_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"testing"

	"signservice/signer/preview"
)

// shared is one Renderer for all tests that do not need their own, so that
// PDFium is compiled once; cacheDir is where others find the result.
var (
	shared   *preview.Renderer
	cacheDir string
)

// TestMain also lets the test's own program be the process that compiles.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "compile" {
		if err := preview.Compile(context.Background(), os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if cacheDir, err = os.MkdirTemp("", "preview"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(cacheDir)
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shared = preview.New(preview.Config{CacheDir: cacheDir, Compile: []string{self, "compile"}})
	defer shared.Close()
	return m.Run()
}

// document is a file in memory.
func document(data []byte) preview.Document {
	return preview.Document{Reader: bytes.NewReader(data), Size: int64(len(data))}
}

func render(t testing.TB, data []byte, v preview.View) (*preview.Picture, image.Image) {
	t.Helper()
	p, err := shared.Render(t.Context(), document(data), v)
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	return p, decoded(t, p)
}

func decoded(t testing.TB, p *preview.Picture) image.Image {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(p.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if got := picture.Bounds().Size(); got != image.Pt(p.Width, p.Height) {
		t.Fatalf("the picture is %v, said to be %d by %d", got, p.Width, p.Height)
	}
	return picture
}

// ink gives the smallest box around all pixels that are not white, in parts of
// the picture's width and height.
func ink(m image.Image) (x0, y0, x1, y1 float64) {
	size := m.Bounds().Size()
	box := image.Rectangle{}
	for y := range size.Y {
		for x := range size.X {
			if r, g, b, _ := m.At(x, y).RGBA(); r+g+b < 3*0xf000 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	w, h := float64(size.X), float64(size.Y)
	return float64(box.Min.X) / w, float64(box.Min.Y) / h, float64(box.Max.X) / w, float64(box.Max.Y) / h
}
