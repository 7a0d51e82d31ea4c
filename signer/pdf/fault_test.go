package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"signservice/signer/pdf"
)

// scattered writes a document with everything in it, each object in a block of
// its own, so that each is read by itself.
func scattered() []byte {
	b := newBuilder()
	far := strings.Repeat("%"+strings.Repeat(" ", 98)+"\n", 400)
	object := func(num int, body string) {
		b.WriteString(far)
		b.object(num, body)
	}
	object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 9 0 R/OutputIntents 40 0 R/Perms 42 0 R/DSS 50 0 R/MarkInfo 44 0 R/Names 44 0 R/OpenAction 44 0 R>>")
	object(2, "<</Type/Pages/Count 6 0 R/Kids 7 0 R/MediaBox 30 0 R/Rotate 31 0 R>>")
	object(3, "<</Type/Page/Parent 2 0 R/Annots 8 0 R/CropBox 30 0 R/UserUnit 32 0 R>>")
	object(5, "<</Fields 20 0 R/SigFlags 33 0 R/NeedAppearances 34 0 R>>")
	object(6, "1")
	object(7, "[3 0 R]")
	object(8, "[21 0 R]")
	xmp := metadata(fmt.Sprintf(asAttributes, 2))
	object(9, fmt.Sprintf("<</Length 35 0 R/Filter 36 0 R>>stream\n%x>\nendstream", xmp))
	object(20, "[21 0 R 24 0 R]")
	object(21, "<</T 37 0 R/FT 38 0 R/Kids 39 0 R/Lock 60 0 R/SV 61 0 R>>")
	object(39, "[22 0 R]")
	object(22, "<</Subtype/Widget/Parent 21 0 R/Rect 30 0 R/P 3 0 R>>")
	object(24, "<</T(signed)/FT/Sig/V 25 0 R/Lock 62 0 R>>")
	object(25, "<</Type/Sig/Filter 63 0 R/ByteRange 64 0 R/Contents<00>/M 65 0 R/Reference 66 0 R>>")
	object(30, "[0 0 70 0 R 90]")
	object(70, "80")
	object(31, "90")
	object(32, "2")
	object(33, "1")
	object(34, "false")
	object(35, fmt.Sprint(2*len(xmp)+1))
	object(36, "[71 0 R]")
	object(71, "/ASCIIHexDecode")
	object(37, "(empty)")
	object(38, "/Sig")
	object(40, "[41 0 R]")
	object(41, "<</S/GTS_PDFA1/DestOutputProfile 43 0 R>>")
	object(43, "<</N 45 0 R/Length 0>>stream\n\nendstream")
	object(45, "3")
	object(42, "<</DocMDP 25 0 R>>")
	object(44, "<<>>")
	object(50, "<</Certs 51 0 R/VRI 52 0 R>>")
	object(51, "[53 0 R]")
	object(53, "<</Length 1>>stream\nx\nendstream")
	object(52, "<</A 54 0 R>>")
	object(54, "<</Cert 51 0 R/TU 65 0 R>>")
	object(60, "<</Action 67 0 R/Fields 68 0 R/P 69 0 R>>")
	object(61, "<</Ff 69 0 R/V 69 0 R/Filter 63 0 R/SubFilter 72 0 R/Reasons 68 0 R/DigestMethod 68 0 R/MDP 44 0 R/Cert 44 0 R/TimeStamp 44 0 R/AddRevInfo 34 0 R>>")
	object(62, "<</Action/Include/Fields 68 0 R>>")
	object(63, "/Adobe.PPKLite")
	object(64, "[0 1 2 3]")
	object(65, "(D:2026)")
	object(66, "[73 0 R]")
	object(73, "<</TransformMethod 74 0 R/TransformParams 75 0 R>>")
	object(74, "/DocMDP")
	object(75, "<</P 76 0 R>>")
	object(76, "2")
	object(67, "/Include")
	object(68, "[77 0 R]")
	object(77, "(other)")
	object(69, "2")
	object(72, "[78 0 R]")
	object(78, "/ETSI.CAdES.detached")
	return b.table()
}

// nthFails fails at one read and counts them.
type nthFails struct {
	io.ReaderAt
	left int
	err  error
}

func (r *nthFails) ReadAt(b []byte, off int64) (int, error) {
	if r.left--; r.left == -1 {
		return 0, r.err
	}
	return r.ReaderAt.ReadAt(b, off)
}

// TestEveryRead: an error of the reader, whichever read it comes from, comes
// back as it is: never taken for a damaged file, and never passed over.
func TestEveryRead(t *testing.T) {
	in := scattered()
	boom := errors.New("boom")
	for name, do := range map[string]func(*pdf.File) error{
		"sign": func(f *pdf.File) error {
			_, err := f.AppendSignature(t.Context(), io.Discard, pdf.SignatureSpec{
				Placement: &pdf.Placement{Rect: pdf.Rect{X1: 1, Y1: 1}}, Appearance: &pdf.Appearance{Width: 1, Height: 1},
				Store: &pdf.SecurityStore{Certs: [][]byte{der("c")}, Related: []pdf.RelatedMaterial{{Key: "A", Certs: [][]byte{der("d")}}}},
			})
			return err
		},
		"fill": func(f *pdf.File) error {
			_, err := f.AppendSignature(t.Context(), io.Discard, pdf.SignatureSpec{Field: "empty"})
			return err
		},
		"store": func(f *pdf.File) error {
			return f.AppendSecurityStore(t.Context(), io.Discard, pdf.SecurityStore{Certs: [][]byte{der("c")}}, nil)
		},
		"pages": func(f *pdf.File) error {
			p, err := f.Page(1)
			if err != nil {
				return err
			}
			_, err = f.SignatureWidgets(p)
			return err
		},
		"signatures":   func(f *pdf.File) error { _, err := f.Signatures(); return err },
		"restrictions": func(f *pdf.File) error { _, err := f.Restrictions(); return err },
		"profile":      func(f *pdf.File) error { _, err := f.Profile(); return err },
		"material":     func(f *pdf.File) error { _, err := f.SecurityStore(); return err },
		"revisions":    func(f *pdf.File) error { _, err := f.Revisions(); return err },
		"field's page": func(f *pdf.File) error {
			fields, err := f.Fields()
			if err != nil {
				return err
			}
			_, _, err = f.PageOf(fields[0])
			return err
		},
	} {
		for n := 0; ; n++ {
			r := &nthFails{bytes.NewReader(in), n, boom}
			f, err := pdf.Open(r, int64(len(in)), pdf.Options{})
			if err == nil {
				err = do(f)
			}
			if r.left >= 0 { // all reads done
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
			if !errors.Is(err, boom) {
				t.Errorf("%s, read %d: %v", name, n, err)
			}
		}
	}
}

// TestEveryReadRepairing: the same while a damaged file is repaired.
func TestEveryReadRepairing(t *testing.T) {
	whole := scattered()
	for name, in := range map[string][]byte{
		"no table":       whole[:bytes.LastIndex(whole, []byte("xref\n0"))],
		"a wrong offset": bytes.Replace(whole, []byte("22 0 obj"), []byte("2x 0 obj"), 1),
	} {
		boom := errors.New("boom")
		for n := 0; ; n += 3 {
			r := &nthFails{bytes.NewReader(in), n, boom}
			f, err := pdf.Open(r, int64(len(in)), pdf.Options{})
			if err == nil {
				_, err = f.Prepare(t.Context(), pdf.SignatureSpec{})
			}
			if r.left >= 0 {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
			if !errors.Is(err, boom) {
				t.Errorf("%s, read %d: %v", name, n, err)
			}
		}
	}
}
