package pdf_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// odd is a value whose bytes say more than its meaning.
const odd = "[ 1.500 <48 65> (a\\142c)% comment\n/N#61me <</K  +1>> ]"

// TestUntouched: values that an increment does not mean to change stand as they
// were read, wherever their dictionary was.
func TestUntouched(t *testing.T) {
	catalog := "/Odd " + odd + "/AcroForm<</Fields []/DA (/Helv  0 Tf 0 g)/DR " + odd + "/CO " + odd + "/XFA(x\\x)/NeedAppearances  true>>"
	page := "/Odd " + odd
	plain := newBuilder()
	plain.onePage(catalog, page)
	packed := newBuilder()
	packed.pack(4, map[int]string{
		1: "<</Type/Catalog/Pages 2 0 R" + catalog + ">>",
		2: "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		3: "<</Type/Page/Parent 2 0 R" + page + ">>",
	})
	for name, in := range map[string][]byte{"plain": plain.table(), "packed": packed.xrefStream(7)} {
		added := string(sign(t, in, pdf.SignatureSpec{ContentsSize: 16})[len(in):])
		for _, want := range []string{
			"/Odd " + odd + "\n", "/DA (/Helv  0 Tf 0 g)\n", "/DR " + odd + "\n",
			"/CO " + odd + "\n", "/XFA (x\\x)\n", "/NeedAppearances true\n",
		} {
			if !strings.Contains(added, want) {
				t.Errorf("%s: no %q in the increment:\n%s", name, want, added)
			}
		}
		if n := strings.Count(added, "/Odd "); n != 2 {
			t.Errorf("%s: %d odd values, want that of the catalog and that of the page", name, n)
		}
	}
}

// TestLeastChange: an increment has the objects that must change and no other.
func TestLeastChange(t *testing.T) {
	for name, c := range map[string]struct {
		catalog string
		more    map[int]string
		want    []int // of the objects 1 to 9
	}{
		"no form":                   {"", nil, []int{1, 3}},
		"form in the catalog":       {"/AcroForm<</Fields[]>>", nil, []int{1, 3}},
		"form of its own":           {"/AcroForm 5 0 R", map[int]string{5: "<</Fields[]>>"}, []int{3, 5}},
		"list of its own":           {"/AcroForm<</Fields 5 0 R/SigFlags 3>>", map[int]string{5: "[]"}, []int{3, 5}},
		"both of their own":         {"/AcroForm 5 0 R", map[int]string{5: "<</Fields 6 0 R/SigFlags 3>>", 6: "[]"}, []int{3, 6}},
		"both, flags missing":       {"/AcroForm 5 0 R", map[int]string{5: "<</Fields 6 0 R>>", 6: "[]"}, []int{3, 5, 6}},
		"flags of their own":        {"/AcroForm<</Fields 5 0 R/SigFlags 6 0 R>>", map[int]string{5: "[]", 6: "3"}, []int{3, 5}},
		"form is null":              {"/AcroForm null", nil, []int{1, 3}},
		"form is absent":            {"/AcroForm 8 0 R", nil, []int{1, 3}},
		"form is no dictionary":     {"/AcroForm [1]", nil, []int{1, 3}},
		"form is a stream's object": {"/AcroForm 5 0 R", map[int]string{5: "<</Length 1>>stream\nx\nendstream"}, []int{1, 3}},
		"list is null":              {"/AcroForm<</Fields null>>", nil, []int{1, 3}},
		"list is missing":           {"/AcroForm<</DA(x)>>", nil, []int{1, 3}},
		"list is absent":            {"/AcroForm<</Fields 8 0 R>>", nil, []int{1, 3}},
		"list is no array":          {"/AcroForm<</Fields/None>>", nil, []int{1, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder()
			b.onePage(c.catalog, "")
			for n, body := range c.more {
				b.object(n, body)
			}
			in := b.table()
			out := sign(t, in, pdf.SignatureSpec{ContentsSize: 16})
			var got []int
			for n := 1; n < 10; n++ {
				if strings.Contains(string(out[len(in)-1:]), fmt.Sprintf("\n%d 0 obj\n", n)) && (c.more[n] != "" || n < 4) {
					got = append(got, n)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n%s", diff, out[len(in):])
			}
			second := sign(t, out, pdf.SignatureSpec{ContentsSize: 16})
			if strings.Contains(string(second[len(out):]), "/Type /Catalog") && !strings.Contains(c.catalog, "<<") {
				t.Error("the second signature changes the catalog again")
			}
		})
	}
}

// TestStreamForDictionary: a form that is a stream, as readers take it, loses
// neither its fields nor a byte of its values, and is a dictionary afterwards. In
// an encrypted file its strings are encrypted anew, for the new object.
func TestStreamForDictionary(t *testing.T) {
	b := newBuilder()
	b.onePage("/AcroForm 5 0 R", "/Annots[10 0 R]")
	b.stream(5, "/Fields[10 0 R]/DA (/Helv  0 Tf 0 g)/DR "+odd, "data that nobody reads")
	b.object(10, "<</T(Feld)"+emptyField+">>")
	plain := b.table()
	files := map[string][]byte{"plain": plain}
	for _, name := range []string{"R3", "R4 AES", "R6"} {
		files[name] = encryptedBy(t, plain, handlers()[name]...)
	}
	for name, in := range files {
		t.Run(name, func(t *testing.T) {
			out := sign(t, in, pdf.SignatureSpec{ContentsSize: 16})
			if name == "plain" && !strings.Contains(string(out[len(in):]), "/DA (/Helv  0 Tf 0 g)\n/DR "+odd+"\n") {
				t.Errorf("values were written anew:\n%s", out[len(in):])
			}
			f := open(t, out)
			catalog, err := f.Catalog()
			if err != nil {
				t.Fatal(err)
			}
			v, err := f.Resolve(catalog["AcroForm"])
			if err != nil {
				t.Fatal(err)
			}
			form, ok := v.(pdf.Dict)
			if !ok {
				t.Fatalf("the form is a %T", v)
			}
			if diff := cmp.Diff(pdf.String("/Helv  0 Tf 0 g"), form["DA"]); diff != "" {
				t.Error(diff)
			}
			if form["Length"] != nil || form["Filter"] != nil {
				t.Errorf("the form has entries of a stream: %v", form)
			}
			fieldOf(t, f, "Feld")
			fieldOf(t, open(t, sign(t, out, pdf.SignatureSpec{Field: "Feld", MustExist: true})), "Signature1")
		})
	}
}

// TestAnnotations: the widget comes behind what is on the page, however that is
// written, and on no other page.
func TestAnnotations(t *testing.T) {
	for name, c := range map[string]struct {
		annots string
		more   map[int]string
		before int
	}{
		"none":          {"", nil, 0},
		"null":          {"/Annots null", nil, 0},
		"empty":         {"/Annots []", nil, 0},
		"some":          {"/Annots [7 0 R<</Subtype/Text/Rect[0 0 1 1]>>]", map[int]string{7: "<</Subtype/Link>>"}, 2},
		"of its own":    {"/Annots 8 0 R", map[int]string{8: "[ 7 0 R ]", 7: "<</Subtype/Link>>"}, 1},
		"absent":        {"/Annots 9 0 R", nil, 0},
		"no array":      {"/Annots 7 0 R", map[int]string{7: "<</Subtype/Link>>"}, 0},
		"without space": {"/Annots[7 0 R]", map[int]string{7: "<</Subtype/Link>>"}, 1},
	} {
		b := newBuilder()
		b.object(1, "<</Type/Catalog/Pages 2 0 R>>")
		b.object(2, "<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>")
		b.object(3, "<</Type/Page/Parent 2 0 R"+c.annots+">>")
		b.object(4, "<</Type/Page/Parent 2 0 R"+c.annots+">>")
		for n, body := range c.more {
			b.object(n, body)
		}
		f := open(t, sign(t, b.table(), pdf.SignatureSpec{Page: 2, ContentsSize: 16}))
		widget := fieldOf(t, f, "Signature1").Ref
		for n, want := range map[int]int{1: c.before, 2: c.before + 1} {
			p, err := f.Page(n)
			if err != nil {
				t.Fatal(err)
			}
			v, err := f.Resolve(p.Dict["Annots"])
			if err != nil {
				t.Fatal(err)
			}
			list, _ := v.(pdf.Array)
			if len(list) != want || slices.Contains(list, pdf.Object(widget)) != (n == 2) {
				t.Errorf("%s: page %d has %v", name, n, list)
			}
		}
	}
}

// TestNumbers: a new object never takes a number that is or was in use, not even
// one that is only named.
func TestNumbers(t *testing.T) {
	freed := newBuilder()
	freed.onePage("", "")
	freed.object(40, "(to be freed)")
	freed.table()
	freed.object(1, "<</Type/Catalog/Pages 2 0 R>>")
	freed.size = 5 // which is wrong
	named := newBuilder()
	named.onePage("/AcroForm<</Fields[10 0 R]>>", "/Annots[10 0 R 70 0 R]")
	named.object(10, "<</T(A)/FT/Sig/V 50 0 R>>")
	lost := newBuilder()
	lost.onePage("/Names 33 0 R", "/Contents[3 0 R 60 0 R]")
	for name, c := range map[string]struct {
		in   []byte
		want uint32
	}{
		"freed":    {freed.table(), 41},
		"packed":   {packedFile(), 8},
		"named":    {named.table(), 71},
		"repaired": {[]byte(strings.Replace(string(lost.table()), "startxref", "", 1)), 61},
	} {
		f := open(t, sign(t, c.in, pdf.SignatureSpec{ContentsSize: 16}))
		all, err := f.Signatures()
		if err != nil {
			t.Fatal(err)
		}
		if all[0].Ref.Number != c.want {
			t.Errorf("%s: the signature is object %d, want %d", name, all[0].Ref.Number, c.want)
		}
	}
}

// TestNumbersBeyond: a table or a reference with a number beyond what readers accept
// does not drive new objects there, where no reader would find them.
func TestNumbersBeyond(t *testing.T) {
	for name, edit := range map[string]func(string) string{
		"a subsection": func(s string) string {
			return strings.Replace(s, "trailer\n", "9000000 1\n0000000009 00000 n \ntrailer\n", 1)
		},
		"the last number": func(s string) string {
			return strings.Replace(s, "trailer\n", "8388607 1\n0000000009 00000 n \ntrailer\n", 1)
		},
		"a reference": func(s string) string { return strings.Replace(s, "/X 1000000 0 R", "/X 8388607 0 R", 1) },
		"a size":      func(s string) string { return strings.Replace(s, "/Size 31", "/Size 8388606", 1) },
	} {
		b := newBuilder()
		b.onePage("/DSS 30 0 R", "/X 1000000 0 R")
		b.object(30, "<<>>")
		in := edit(string(b.table()))
		in = strings.Replace(in, "30 0 obj", "3x 0 obj", 1) // found out only by those who ask for the store
		out := sign(t, []byte(in), pdf.SignatureSpec{ContentsSize: 16})
		f := open(t, out)
		if _, err := f.SecurityStore(); err != nil {
			t.Fatal(err)
		}
		if repaired, _ := f.Repaired(); !repaired {
			t.Fatalf("%s: not repaired", name)
		}
		all, err := f.Signatures()
		if err != nil || len(all) != 1 {
			t.Errorf("%s: %d signatures, %v", name, len(all), err)
		}
		if rc, said := checkedByQPDF(t, out); rc > 1 {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// TestSameBytes: the same order gives the same bytes.
func TestSameBytes(t *testing.T) {
	for _, s := range shapes() {
		a := sign(t, s.bytes, pdf.SignatureSpec{Reason: "r", Certify: 2})
		b := sign(t, s.bytes, pdf.SignatureSpec{Reason: "r", Certify: 2})
		if string(a) != string(b) {
			t.Errorf("%s: two outputs differ", s.name)
		}
	}
}

// TestTrailer: ID keeps its first half, what others wrote into the trailer stays.
func TestTrailer(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	b.trailer = "/ID[<6162><6364>]/Info<</Title(t)>>/Foreign 1"
	f := open(t, sign(t, b.table(), pdf.SignatureSpec{ContentsSize: 16}))
	d := f.Trailer()
	id, _ := d["ID"].(pdf.Array)
	if len(id) != 2 || string(id[0].(pdf.String)) != "ab" || string(id[1].(pdf.String)) == "cd" {
		t.Errorf("ID is %v", id)
	}
	if diff := cmp.Diff(pdf.Dict{"Title": pdf.String("t")}, d["Info"]); diff != "" {
		t.Error(diff)
	}
	if d["Foreign"] != pdf.Object(pdf.Integer(1)) {
		t.Errorf("Foreign is %v", d["Foreign"])
	}
}
