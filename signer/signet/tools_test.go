package signet_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math/big"
	"testing"
	"time"

	"signservice/signer/pdf"
	"signservice/signer/signertest"
	"signservice/signer/signet"
)

// read gives the text that poppler finds in a PDF.
func read(t testing.TB, file []byte) string {
	t.Helper()
	return string(signertest.Run(t, "pdftotext", "-layout", signertest.WriteFile(t, "signet.pdf", file), "-"))
}

// render gives the first page of a PDF as poppler draws it.
func render(t testing.TB, file []byte, dpi string) image.Image {
	t.Helper()
	data := signertest.Run(t, "pdftoppm", "-png", "-r", dpi, "-singlefile", signertest.WriteFile(t, "signet.pdf", file))
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func drawn(t testing.TB, s signet.Signet) *signet.Drawing {
	t.Helper()
	d, err := signet.Draw(s)
	if err != nil {
		t.Fatalf("Draw: %v", err)
	}
	return d
}

// at is the time of all signets here.
func at() time.Time {
	return time.Date(2026, 11, 23, 14, 3, 5, 0, time.FixedZone("", 3*3600))
}

// english is an ordinary EU signet, russian a full Russian one.
func english() signet.Signet {
	return signet.Signet{Owner: "Mary Smith", Organisation: "Example GmbH", Time: at(), Reason: "I approve this contract"}
}

func russian() signet.Signet {
	serial, _ := new(big.Int).SetString("1a111aaa000000000011", 16)
	return signet.Signet{
		Preset: signet.Russian, Owner: "Иванов Иван Иванович", Organisation: "ООО «Ромашка»", Serial: serial,
		ValidFrom: at().AddDate(0, -1, 0), ValidTo: at().AddDate(1, 0, 0), Time: at(),
	}
}

// disc is a logo: a red disc on a transparent ground.
func disc(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			dx, dy := float64(2*x-width)/float64(width), float64(2*y-height)/float64(height)
			if dx*dx+dy*dy <= 1 {
				m.SetNRGBA(x, y, color.NRGBA{R: 200, G: 30, B: 40, A: 255})
			}
		}
	}
	return m
}

func pngFile(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// walk calls visit for every dictionary reachable from a value.
func walk(v pdf.Object, visit func(pdf.Dict)) {
	switch v := v.(type) {
	case pdf.Dict:
		visit(v)
		for _, e := range v {
			walk(e, visit)
		}
	case pdf.Array:
		for _, e := range v {
			walk(e, visit)
		}
	case *pdf.Stream:
		walk(v.Dict, visit)
	case *pdf.Indirect:
		walk(v.Value, visit)
	}
}

// follow goes down by names and indexes, through indirect objects and streams.
func follow(t testing.TB, v pdf.Object, path ...any) pdf.Object {
	t.Helper()
	for _, step := range path {
		if i, ok := v.(*pdf.Indirect); ok {
			v = i.Value
		}
		if s, ok := v.(*pdf.Stream); ok {
			v = s.Dict
		}
		switch step := step.(type) {
		case string:
			v = v.(pdf.Dict)[pdf.Name(step)]
		case int:
			v = v.(pdf.Array)[step]
		}
		if v == nil {
			t.Fatalf("nothing at %v of %v", step, path)
		}
	}
	if i, ok := v.(*pdf.Indirect); ok {
		v = i.Value
	}
	return v
}

// plain gives the data of a stream, which Draw leaves undeflated.
func plain(t testing.TB, v pdf.Object) []byte {
	t.Helper()
	s := v.(*pdf.Stream)
	if s.Dict["Filter"] != nil && s.Dict["Filter"] != pdf.Name("DCTDecode") {
		t.Fatalf("a stream with filter %v", s.Dict["Filter"])
	}
	return s.Data
}
