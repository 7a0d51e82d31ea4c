package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// A shape is a small file in one of the forms, right or wrong, in which
// strangers' files come.
type shape struct {
	name  string
	bytes []byte
	// repaired says that the file's own tables cannot be used.
	repaired bool
	pages    int
}

func shapes() []shape {
	var out []shape
	add := func(name string, pages int, repaired bool, b []byte) {
		out = append(out, shape{name, b, repaired, pages})
	}
	simple := func() *builder {
		b := newBuilder()
		b.tree(3, 50)
		return b
	}
	whole := string(simple().table())
	edit := func(old, fresh string) []byte {
		if !strings.Contains(whole, old) {
			panic("nothing to edit: " + old)
		}
		return []byte(strings.Replace(whole, old, fresh, 1))
	}

	add("table", 3, false, []byte(whole))
	add("table, rows end in CR LF", 3, false, simple().tableOf("%010d 00000 n\r\n"))
	add("table, rows of 19 bytes", 3, false, simple().tableOf("%010d 00000 n\n"))
	add("table, rows of 21 bytes", 3, false, simple().tableOf("%010d 00000 n \r\n"))
	add("table, short numbers", 3, false, simple().tableOf("%d 0 n\n"))
	add("table that begins at 1", 3, true, startingAtOne())
	add("no end of line at the end", 3, false, []byte(strings.TrimRight(whole, "\n")))
	add("garbage behind the end", 3, false, []byte(whole+strings.Repeat("\x00garbage", 2000)))
	add("junk before the header", 3, false, []byte("HTTP/1.1 200 OK\r\n\r\n"+whole))
	add("junk before the header, offsets from the first byte", 3, false, shifted("junk before it\n"))
	add("Size too small", 3, false, edit("/Size 10", "/Size 4"))
	add("Size beyond what readers accept", 3, false, edit("/Size 10", "/Size 99999999"))
	add("cross-reference stream", 3, false, simple().xrefStream(20))
	add("object stream", 1, false, packedFile())
	add("hybrid", 1, false, hybridFile())
	add("chain of revisions", 3, false, chain())
	add("predictor", 3, false, simple().xrefStreamOf(20, "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 6>>", predicted))
	add("TIFF predictor", 3, false, simple().xrefStreamOf(20, "/Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 6>>", tiffPredicted))
	add("ASCIIHex", 3, false, simple().xrefStreamOf(20, "/Filter/ASCIIHexDecode", func(s string) string { return fmt.Sprintf("%x>", s) }))
	add("RunLength", 3, false, simple().xrefStreamOf(20, "/Filter[/RL]", runLengthed))
	add("no filter", 3, false, simple().xrefStreamOf(20, "/X 1", func(s string) string { return s }))

	add("startxref off by some bytes", 3, true, []byte(strings.Replace(whole, "startxref\n", "startxref\n1", 1)))
	add("startxref without a number", 3, true, []byte(whole[:strings.Index(whole, "startxref")]+"startxref\n%%EOF\n"))
	add("no startxref", 3, true, []byte(whole[:strings.Index(whole, "xref\n")]))
	add("cut in the table", 3, true, []byte(whole[:strings.Index(whole, "trailer")]))
	add("offsets of objects wrong", 3, true, edit("3 0 obj", "     3 0 obj"))
	add("no header", 3, true, []byte(strings.Replace(whole, "%PDF-1.7", "        ", 1)[1:]))
	add("chain is a loop", 3, true, edit("/Size 10", fmt.Sprintf("/Size 10/Prev %d", strings.Index(whole, "xref\n"))))
	add("Prev into nothing", 3, true, edit("/Size 10", "/Size 10/Prev 7"))
	add("no trailer, packed catalog", 1, true, packedFile()[:len(packedFile())-60])
	add("no catalog", 3, true, edit("1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n", ""))
	add("catalog without pages", 3, true, edit("/Catalog/Pages 2 0 R", "/Catalog/Sides 2 0 R"))
	add("catalog in the trailer", 3, false, edit("/Root 1 0 R", "/Root<</Type/Catalog/Pages 2 0 R>>"))
	return out
}

func startingAtOne() []byte {
	b := newBuilder()
	b.tree(3, 50)
	at := b.Len()
	b.WriteString("xref\n1 10\n0000000000 65535 f \n")
	for i := 1; i <= 9; i++ {
		fmt.Fprintf(b, "%010d 00000 n \n", b.at[i])
	}
	fmt.Fprintf(b, "trailer\n<<%s>>\n", b.trailerEntries())
	b.end(at)
	return b.Bytes()
}

// shifted gives a file whose offsets count the junk before its header.
func shifted(junk string) []byte {
	b := newBuilder()
	b.Reset()
	b.WriteString(junk + "%PDF-1.7\n")
	b.tree(3, 50)
	return b.table()
}

func packedFile() []byte {
	b := newBuilder()
	b.pack(4, map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Lang(de)>>",
		2: "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots 6 0 R>>",
		5: "<</Fields 6 0 R/DA(/Helv 0 Tf)>>",
		6: "[]",
	})
	return b.xrefStream(7)
}

// hybridFile has a table for old readers and a stream for the objects that they
// must not see.
func hybridFile() []byte {
	b := newBuilder()
	b.object(2, "<</Type/Pages/Count 1/Kids[3 0 R]>>")
	b.object(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
	b.object(1, "<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R>>")
	plain := b.at
	b.at = map[int]int{}
	b.pack(4, map[int]string{6: "<</Hidden true>>"})
	stm := b.Len()
	b.writeXRefStream(5, "", deflated)
	b.at, b.packed = plain, map[int][2]int{}
	b.trailer = fmt.Sprintf("/XRefStm %d", stm)
	b.size = 7
	return b.table()
}

func chain() []byte {
	b := newBuilder()
	b.onePage("", "")
	b.table()
	b.object(2, "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>")
	b.object(4, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
	b.table()
	b.object(2, "<</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]>>")
	b.object(5, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
	return b.table()
}

// predicted applies PNG's filter "up", tiffPredicted that of TIFF.
func predicted(s string) string {
	var out strings.Builder
	before := make([]byte, 6)
	for ; len(s) >= 6; s = s[6:] {
		out.WriteByte(2)
		for i := range 6 {
			out.WriteByte(s[i] - before[i])
		}
		before = []byte(s[:6])
	}
	return deflated(out.String())
}

func tiffPredicted(s string) string {
	var out strings.Builder
	for ; len(s) >= 6; s = s[6:] {
		for i := range 6 {
			if i == 0 {
				out.WriteByte(s[0])
			} else {
				out.WriteByte(s[i] - s[i-1])
			}
		}
	}
	return deflated(out.String())
}

func runLengthed(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		n := min(len(s), 100)
		out.WriteByte(byte(n - 1))
		out.WriteString(s[:n])
		s = s[n:]
	}
	return out.String() + "\x80"
}

// TestShapes: every form of file is read and signed, and only those whose own
// tables cannot be used are repaired.
func TestShapes(t *testing.T) {
	for _, s := range shapes() {
		t.Run(s.name, func(t *testing.T) {
			f := open(t, s.bytes)
			n, err := f.Pages()
			if err != nil {
				t.Fatal(err)
			}
			if n != s.pages {
				t.Errorf("%d pages, want %d", n, s.pages)
			}
			out := sign(t, s.bytes, pdf.SignatureSpec{Page: n, Name: "Мария"})
			repaired, why := open(t, s.bytes).Repaired()
			if late := open(t, s.bytes); !repaired {
				_, _ = late.Page(n)
				_, _ = late.Signatures()
				repaired, why = late.Repaired()
			}
			if repaired != s.repaired {
				t.Errorf("repaired: %v (%s), want %v", repaired, why, s.repaired)
			}
			twice := sign(t, out, pdf.SignatureSpec{})
			all, err := open(t, twice).Signatures()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range all {
				names = append(names, s.Field.Name)
			}
			if diff := cmp.Diff([]string{"Signature1", "Signature2"}, names); diff != "" {
				t.Error(diff)
			}
			if all[0].Name != "Мария" {
				t.Errorf("name is %q", all[0].Name)
			}
		})
	}
}

// TestNoRepair: those who ask for it are told instead.
func TestNoRepair(t *testing.T) {
	for _, s := range shapes() {
		_, err := pdf.Open(strings.NewReader(string(s.bytes)), int64(len(s.bytes)), pdf.Options{NoRepair: true})
		if s.repaired && s.name != "offsets of objects wrong" && err == nil {
			t.Errorf("%s: opened", s.name)
		}
		if !s.repaired && err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

// TestMend: what is appended to a damaged file makes it whole, for us and for
// qpdf; a healthy file gets nothing.
func TestMend(t *testing.T) {
	for _, s := range shapes() {
		f := open(t, s.bytes)
		if _, err := f.Pages(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Page(s.pages); err != nil {
			t.Fatal(err)
		}
		added, err := f.Mend()
		if err != nil {
			t.Fatal(err)
		}
		if repaired, _ := f.Repaired(); !repaired {
			if added != nil {
				t.Errorf("%s: %d bytes for a healthy file", s.name, len(added))
			}
			continue
		}
		whole := append(bytes.Clone(s.bytes), added...)
		g, err := pdf.Open(bytes.NewReader(whole), int64(len(whole)), pdf.Options{NoRepair: true})
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		if n, err := g.Pages(); n != s.pages || err != nil {
			t.Errorf("%s: %d pages, %v", s.name, n, err)
		}
		was, _ := checkedByQPDF(t, s.bytes)
		if is, said := checkedByQPDF(t, whole); is > was {
			t.Errorf("%s: qpdf was more content before:\n%s", s.name, said)
		}
	}
}

// TestTwoDocuments: a file that must be repaired and holds another document in
// clear is refused, as readers disagree which of them it shows. With a good
// table there is no doubt.
func TestTwoDocuments(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	b.stream(4, "", string(chain()))
	in := b.table()
	sign(t, in, pdf.SignatureSpec{})
	broken := in[:bytes.LastIndex(in, []byte("xref\n0"))]
	if _, err := pdf.Open(bytes.NewReader(broken), int64(len(broken)), pdf.Options{}); !errors.Is(err, pdf.ErrDamaged) {
		t.Errorf("it was opened: %v", err)
	}
}

// TestStringWithoutEnd: a string that runs to the end of the file would swallow
// what is appended, and make the field before it a signed one; its object is
// left out.
func TestStringWithoutEnd(t *testing.T) {
	b := newBuilder()
	b.onePage("/AcroForm<</Fields[5 0 R]>>", "/Annots[5 0 R]")
	whole := b.String()
	for _, field := range []string{"<</FT/Sig/Parent 9 0 R/T(A", "<</FT/Sig/T<41", "<</FT/Sig/T(A)/Kids[(x"} {
		in := []byte(whole + "5 0 obj\n" + field)
		out := sign(t, sign(t, in, pdf.SignatureSpec{Name: "a) /V 9 0 R"}), pdf.SignatureSpec{})
		all, err := open(t, out).Signatures()
		if err != nil || len(all) != 2 {
			t.Errorf("%s: %d signatures, %v", field, len(all), err)
		}
	}
}

// TestSameManner: an increment has the manner of the file.
func TestSameManner(t *testing.T) {
	for name, c := range map[string]struct {
		in          []byte
		want, never string
	}{
		"table after table":   {chain(), "\nxref\n", "/Type /XRef"},
		"stream after stream": {packedFile(), "/Type /XRef", "\nxref\n"},
		"table after hybrid":  {hybridFile(), "\nxref\n", "/XRefStm"},
	} {
		added := string(sign(t, c.in, pdf.SignatureSpec{})[len(c.in):])
		if !strings.Contains(added, c.want) || strings.Contains(added, c.never) {
			t.Errorf("%s: the increment is\n%s", name, added)
		}
	}
}
