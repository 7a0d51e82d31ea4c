package pdf_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// TestValues: what readers understand, and what they forgive.
func TestValues(t *testing.T) {
	for text, want := range map[string]pdf.Object{
		"null":                    nil,
		"true":                    true,
		"false":                   false,
		"42":                      pdf.Integer(42),
		"+7":                      pdf.Integer(7),
		"-0":                      pdf.Integer(0),
		"4.":                      pdf.Real(4),
		"-.5":                     pdf.Real(-0.5),
		"--5":                     pdf.Integer(-5),
		"1.2.3":                   pdf.Real(1.2),
		"12-34":                   pdf.Integer(12),
		"-":                       pdf.Integer(0),
		"99999999999999999999":    pdf.Real(1e20),
		"/Name":                   pdf.Name("Name"),
		"/A#42#2f":                pdf.Name("AB/"),
		"/A#4":                    pdf.Name("A#4"),
		"/":                       pdf.Name(""),
		"(a (nested) \\) string)": pdf.String("a (nested) ) string"),
		"(\\101\\1012\\7\\\r\nx)": pdf.String("AA2\ax"),
		"(a\r\nb\rc)":             pdf.String("a\nb\nc"),
		"(\\n\\r\\t\\b\\f\\q)":    pdf.String("\n\r\t\b\fq"),
		"<48 65 6C6c 6F>":         pdf.String("Hello"),
		"<7>":                     pdf.String("p"),
		"12 0 R":                  nil, // there is no object 12
		"[1 2 3 0 R/x]":           pdf.Array{pdf.Integer(1), pdf.Integer(2), pdf.Ref{Number: 3}, pdf.Name("x")},
		"[1 2":                    pdf.Array{pdf.Integer(1), pdf.Integer(2)},
		"[% a comment ]\n1]":      pdf.Array{pdf.Integer(1)},
		"<</A 1/B[]/A 2>>":        pdf.Dict{"A": pdf.Integer(2), "B": pdf.Array{}},
		"<</A/B/C>>":              pdf.Dict{"A": pdf.Name("B")},
		"<</A 1 (stray) /B 2>>":   pdf.Dict{"A": pdf.Integer(1), "B": pdf.Integer(2)},
		"<</A<</B 1":              pdf.Dict{"A": pdf.Dict{"B": pdf.Integer(1)}},
		"<</A unknown/B 1>>":      pdf.Dict{"A": nil, "B": pdf.Integer(1)},
	} {
		b := newBuilder()
		b.onePage("", "")
		b.object(5, text)
		got, err := open(t, b.table()).Resolve(pdf.Ref{Number: 5})
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// TestWritten: what is written reads back as it was meant.
func TestWritten(t *testing.T) {
	shared := &pdf.Indirect{Value: pdf.Dict{"Shared": true}}
	resources := pdf.Dict{
		"Integer": pdf.Integer(-12), "Real": pdf.Real(1.5), "Small": pdf.Real(1e-9), "Whole": pdf.Real(3), "Huge": pdf.Real(1e300),
		"Name": pdf.Name("with space/#(é)"), "Text": pdf.String("(paren\\theses"), "Bytes": pdf.String{0, 1, 255},
		"Array": pdf.Array{nil, false, pdf.Array{}}, "Absent": nil, "Raw": pdf.Raw("[ 1  2 ]"),
		"One": shared, "Two": shared,
		"Stream":  &pdf.Stream{Dict: pdf.Dict{"K": pdf.Integer(1)}, Data: []byte(strings.Repeat("data", 100))},
		"Encoded": &pdf.Stream{Dict: pdf.Dict{"Filter": pdf.Name("ASCIIHexDecode")}, Data: []byte("616263>")},
	}
	b := newBuilder()
	b.onePage("", "")
	out := sign(t, b.table(), pdf.SignatureSpec{
		Placement:  &pdf.Placement{Rect: pdf.Rect{X1: 10, Y1: 10}},
		Appearance: &pdf.Appearance{Width: 10, Height: 10, Resources: resources},
	})
	f := open(t, out)
	got := dictAt(t, f, appearanceOf(t, f, "Signature1").Dict["Resources"])
	want := pdf.Dict{
		"Integer": pdf.Integer(-12), "Real": pdf.Real(1.5), "Small": pdf.Integer(0), "Whole": pdf.Integer(3), "Huge": got["Huge"],
		"Name": pdf.Name("with space/#(é)"), "Text": pdf.String("(paren\\theses"), "Bytes": pdf.String{0, 1, 255},
		"Array": pdf.Array{nil, false, pdf.Array{}}, "Raw": pdf.Array{pdf.Integer(1), pdf.Integer(2)},
		"One": got["Two"], "Two": got["One"], "Stream": got["Stream"], "Encoded": got["Encoded"],
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(pdf.Dict{"Shared": true}, dictAt(t, f, got["One"])); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[pdf.Name]string{"Stream": strings.Repeat("data", 100), "Encoded": "abc"} {
		if data := dataAt(t, f, got[key]); data != want {
			t.Errorf("%s: %q", key, data)
		}
	}
}

// TestUnwritable: what is no value is refused before anything is written.
func TestUnwritable(t *testing.T) {
	var loop pdf.Array
	loop = append(loop, nil)
	loop[0] = loop
	for name, v := range map[string]pdf.Object{"int": 3, "NaN": pdf.Real(math.NaN()), "loop": loop} {
		b := newBuilder()
		b.onePage("", "")
		err := refused(t, b.table(), pdf.SignatureSpec{
			Placement:  &pdf.Placement{Rect: pdf.Rect{X1: 10, Y1: 10}},
			Appearance: &pdf.Appearance{Width: 10, Height: 10, Resources: pdf.Dict{"X": v}},
		})
		if !errors.Is(err, pdf.ErrSpec) && !errors.Is(err, pdf.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestText: texts for people survive, in each of their encodings.
func TestText(t *testing.T) {
	for _, s := range []string{"", "plain", "Прошу подписать", "naïve €", "a\nb", "𝔘nicode"} {
		if got := pdf.TextString(s).Text(); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
	for in, want := range map[string]string{
		"\xfe\xff\x04\x14\x04\x30": "Да",
		"\xff\xfe\x14\x04\x30\x04": "Да",
		"\xef\xbb\xbf\xd0\x94":     "Д",
		"\xa0 \x84 \x1f":           "€ — ˜",
		"\xfe\xff\x00":             "",
	} {
		if got := pdf.String(in).Text(); got != want {
			t.Errorf("%x: %q, want %q", in, got, want)
		}
	}
}

// TestDate: dates with their offset, and what of them may be missing.
func TestDate(t *testing.T) {
	moscow := time.FixedZone("", 3*3600)
	newfoundland := time.FixedZone("", -(3*3600 + 1800))
	at := time.Date(2026, 11, 23, 10, 45, 12, 0, moscow)
	if got := string(pdf.Date(at)); got != "D:20261123104512+03'00'" {
		t.Error(got)
	}
	if got := string(pdf.Date(at.In(newfoundland))); got != "D:20261123041512-03'30'" {
		t.Error(got)
	}
	for in, want := range map[string]time.Time{
		"D:20261123104512+03'00'": at,
		"D:20261123104512+03'00":  at,
		"20261123104512+0300":     at,
		"D:20261123":              time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
		"D:2026":                  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		"D:20261123074512Z":       at,
	} {
		got, ok := pdf.String(in).Time()
		if !ok || !got.Equal(want) {
			t.Errorf("%s: %v %v, want %v", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "D:", "D:20", "D:20261323", "yesterday", "D:2026112399"} {
		if got, ok := pdf.String(in).Time(); ok {
			t.Errorf("%q was read as %v", in, got)
		}
	}
}

// dictAt, dataAt and appearanceOf look into a file for tests.
func dictAt(t testing.TB, f *pdf.File, o pdf.Object) pdf.Dict {
	t.Helper()
	v, err := f.Resolve(o)
	if err != nil {
		t.Fatal(err)
	}
	d, ok := v.(pdf.Dict)
	if !ok {
		t.Fatalf("%v is %T, no dictionary", o, v)
	}
	return d
}

func dataAt(t testing.TB, f *pdf.File, o pdf.Object) string {
	t.Helper()
	v, err := f.Resolve(o)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := v.(*pdf.Stream)
	if !ok {
		t.Fatalf("%v is %T, no stream", o, v)
	}
	b, err := f.StreamData(s, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func fieldOf(t testing.TB, f *pdf.File, name string) *pdf.Field {
	t.Helper()
	all, err := f.Fields()
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range all {
		if field.Name == name {
			return field
		}
	}
	t.Fatalf("no field %q", name)
	return nil
}

func appearanceOf(t testing.TB, f *pdf.File, field string) *pdf.Stream {
	t.Helper()
	widget := dictAt(t, f, fieldOf(t, f, field).Widgets[0].Ref)
	v, err := f.Resolve(dictAt(t, f, widget["AP"])["N"])
	if err != nil {
		t.Fatal(err)
	}
	s, ok := v.(*pdf.Stream)
	if !ok {
		t.Fatalf("the appearance is %T", v)
	}
	return s
}
