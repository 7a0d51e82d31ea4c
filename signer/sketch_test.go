package signer_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"signservice/signer"
	"signservice/signer/signertest"
	"signservice/signer/signet"
)

// sketched makes a sketch and gives its bytes.
func sketched(t *testing.T, in []byte, o signer.Options) (*signer.Sketch, []byte) {
	t.Helper()
	s, err := signer.Draft(t.Context(), bytes.NewReader(in), int64(len(in)), o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

// TestSketchLooksSigned: the page of a sketch is, dot for dot, that of the
// document when it is signed.
func TestSketchLooksSigned(t *testing.T) {
	signertest.Need(t, "pdftoppm")
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Мария Иванова"})
	for name, shape := range pages {
		for i, turn := range []int{0, 90, 180, 270} {
			shape.Rotate = turn
			in := shape.Bytes()
			o := options(id)
			o.Signet = &signer.Signet{
				Mark:     signer.Mark{Preset: signet.Preset(i % 3), Owner: "Мария Иванова", Time: at, Reason: "Утверждаю"},
				Position: position(t, positions[i].name), Page: 1,
			}
			signed, _ := sign(t, in, id.Key, o)
			_, sketch := sketched(t, in, o)
			if !samePicture(render(t, signed, ""), render(t, sketch, "")) {
				t.Errorf("%s, %d: the sketch looks different", name, turn)
			}
		}
	}
}

func samePicture(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// TestSketch: what a sketch tells, and that it is never taken for a signature.
func TestSketch(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Mary"})
	o := options(id)
	o.Signet = &signer.Signet{Mark: signer.Mark{Owner: "李 Mary", Time: at}, Position: position(t, "top-left"), Page: 2}
	in, _ := sign(t, signertest.PDF{Pages: 3}.Bytes(), id.Key, o)
	s, b := sketched(t, in, o)
	if s.Sheet.Number != 2 || s.Sheet.Pages != 3 || s.Box.X0 != 28 {
		t.Errorf("page %d of %d, box %v", s.Sheet.Number, s.Sheet.Pages, s.Box)
	}
	if diff := cmp.Diff([]string{"Signature1"}, names(s.Covered)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]signer.Warning{{Change: signet.Replaced, Field: signet.FieldOwner, Characters: "李"}}, s.Warnings); diff != "" {
		t.Error(diff)
	}
	if _, p := sign(t, in, id.Key, o); !cmp.Equal(s.Warnings, p.Warnings) {
		t.Errorf("the sketch warns of %v, the signature of %v", s.Warnings, p.Warnings)
	}
	if !bytes.HasPrefix(b, in) {
		t.Error("the document is no prefix of its sketch")
	}
	if err := iotest.TestReader(io.NewSectionReader(s, 0, s.Size()), b); err != nil {
		t.Error(err)
	}
	if r := verify(t, b); r.Good(false) || len(r.Signatures) != 2 || r.Signatures[1].Intact {
		t.Error("a sketch verifies")
	}
	if _, err := s.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("read before the beginning")
	}
}

// TestSketchReader: an error of the document's reader, and a document that is
// shorter than was said, come through.
func TestSketchReader(t *testing.T) {
	in := signertest.PDF{}.Bytes()
	o := signer.Options{Signet: &signer.Signet{Mark: signer.Mark{Owner: "Mary"}, Position: position(t, "top-left")}}
	r := &closing{ReaderAt: bytes.NewReader(in)}
	s, err := signer.Draft(t.Context(), r, int64(len(in)), o)
	if err != nil {
		t.Fatal(err)
	}
	r.gone = true
	if _, err := s.ReadAt(make([]byte, 9), 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a document that is gone: %v", err)
	}
	if _, err := signer.Draft(t.Context(), r, int64(len(in)), signer.Options{}); err == nil {
		t.Error("a sketch of no signet")
	}
}

// closing is a document that is gone when it says so.
type closing struct {
	io.ReaderAt
	gone bool
}

func (c *closing) ReadAt(b []byte, off int64) (int, error) {
	if c.gone {
		return 0, io.EOF
	}
	return c.ReaderAt.ReadAt(b, off)
}

// TestMarkInField: in a field that exists the mark takes the field's place and
// size, and words fit into it; where the field is too small for words, the mark
// is shrunk.
func TestMarkInField(t *testing.T) {
	id := signertest.SelfSigned(t, signertest.Leaf{Name: "Mary"})
	for _, turn := range []int{0, 90, 180, 270} {
		in := signertest.PDF{EmptySignature: "Boss", Rotate: turn}.Bytes()
		o := options(id)
		o.Field = "Boss"
		o.Signet = &signer.Signet{Mark: signer.Mark{Owner: "Mary", Time: at}, Position: position(t, "top-left"), Page: 1}
		s, b := sketched(t, in, o)
		if want := look(t, in, 1).Shown[0].Box; s.Box != want || s.Covered != nil {
			t.Errorf("%d: in %v, want %v; covers %v", turn, s.Box, want, s.Covered)
		}
		signed, p := sign(t, in, id.Key, o)
		if err := check(t, in, signed, p); err != nil {
			t.Errorf("%d: %v", turn, err)
		}
		place := difference(t, render(t, in, ""), render(t, b, fmt.Sprintf("field-%d.png", turn)))
		if tall := place.Dy() > place.Dx(); tall != (turn%180 != 0) {
			t.Errorf("%d: the field is filled in %v", turn, place.Rectangle)
		}
	}
}

// TestSpecimen: a mark alone is a page of its own size with its words.
func TestSpecimen(t *testing.T) {
	signertest.Need(t, "pdftoppm", "pdftotext")
	for _, preset := range []signet.Preset{signet.EU, signet.Russian, signet.Plain} {
		b, warnings, err := signer.Specimen(signer.Mark{Preset: preset, Owner: "Мария Иванова", Time: at})
		if err != nil || warnings != nil {
			t.Fatal(err, warnings)
		}
		hasWords(t, b, "Мария Иванова")
		signertest.Run(t, "qpdf", "--check", signertest.WriteFile(t, "specimen.pdf", b))
		size := look(t, b, 1)
		picture := render(t, b, fmt.Sprintf("specimen-%v.png", preset))
		if got := picture.Bounds().Dx(); got < int(size.Width*40/72) || got > int(size.Width*40/72)+1 {
			t.Errorf("%v: %d dots for %g points", preset, got, size.Width)
		}
	}
	if _, _, err := signer.Specimen(signer.Mark{}); !errors.Is(err, signet.ErrNoOwner) {
		t.Errorf("a mark of nobody: %v", err)
	}
}
