package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// TestAppearance: the form's box and matrix say how the mark fits and turns.
func TestAppearance(t *testing.T) {
	whole := func(v ...int) (out pdf.Array) {
		for _, n := range v {
			out = append(out, pdf.Integer(n))
		}
		return out
	}
	for name, c := range map[string]struct {
		where       pdf.Placement
		box, matrix pdf.Array
	}{
		"as large":    {pdf.Placement{Rect: pdf.Rect{X0: 10, Y0: 10, X1: 110, Y1: 60}}, whole(0, 0, 100, 50), whole(1, 0, 0, 1, 0, 0)},
		"half":        {pdf.Placement{Rect: pdf.Rect{X1: 50, Y1: 25}}, whole(0, 0, 100, 50), whole(1, 0, 0, 1, 0, 0)},
		"wider":       {pdf.Placement{Rect: pdf.Rect{X1: 200, Y1: 50}}, whole(-50, 0, 150, 50), whole(1, 0, 0, 1, 0, 0)},
		"higher":      {pdf.Placement{Rect: pdf.Rect{X1: 100, Y1: 100}}, whole(0, -25, 100, 75), whole(1, 0, 0, 1, 0, 0)},
		"turned":      {pdf.Placement{Rect: pdf.Rect{X1: 50, Y1: 100}, Turn: 90}, whole(0, 0, 100, 50), whole(0, 1, -1, 0, 50, 0)},
		"upside down": {pdf.Placement{Rect: pdf.Rect{X1: 100, Y1: 50}, Turn: 180}, whole(0, 0, 100, 50), whole(-1, 0, 0, -1, 100, 50)},
		"turned back": {pdf.Placement{Rect: pdf.Rect{X1: 50, Y1: 100}, Turn: 270}, whole(0, 0, 100, 50), whole(0, -1, 1, 0, 0, 100)},
	} {
		b := newBuilder()
		b.onePage("", "")
		f := open(t, sign(t, b.table(), pdf.SignatureSpec{
			Placement: &c.where, Appearance: &pdf.Appearance{Width: 100, Height: 50, Content: []byte("n")}, ContentsSize: 16,
		}))
		d := appearanceOf(t, f, "Signature1").Dict
		if diff := cmp.Diff([]pdf.Object{c.box, c.matrix}, []pdf.Object{d["BBox"], d["Matrix"]}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestFillTurned: a field that exists shows its mark upright on a turned page,
// in each of its widgets.
func TestFillTurned(t *testing.T) {
	b := newBuilder()
	b.object(1, "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>")
	b.object(2, "<</Count 1/Kids[3 0 R]/Rotate 90>>")
	b.object(3, "<</Type/Page/Parent 2 0 R/Annots[6 0 R 7 0 R]>>")
	b.object(5, "<</T(A)/FT/Sig/Kids[6 0 R 7 0 R]>>")
	b.object(6, "<</Parent 5 0 R/Subtype/Widget/P 3 0 R/Rect[0 0 50 100]>>")
	b.object(7, "<</Parent 5 0 R/Subtype/Widget/Rect[0 200 100 250]>>")
	f := open(t, sign(t, b.table(), pdf.SignatureSpec{
		Field: "A", Appearance: &pdf.Appearance{Width: 100, Height: 50, Content: []byte("n")}, ContentsSize: 16,
	}))
	var got []string
	for _, w := range fieldOf(t, f, "A").Widgets {
		v, err := f.Resolve(dictAt(t, f, dictAt(t, f, w.Ref)["AP"])["N"])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(v.(*pdf.Stream).Dict["Matrix"]))
	}
	// The second widget does not say what page it is on, nor has it the mark's
	// proportions.
	if diff := cmp.Diff([]string{"[0 1 -1 0 50 0]", "[0 1 -1 0 50 0]"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRestrictionsOfOthers: what others' signatures say, in the ways they say it.
func TestRestrictionsOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		reference string
		want      pdf.Restrictions
	}{
		"nothing":            {"", pdf.Restrictions{Signed: true}},
		"P missing is 2":     {"[<</TransformMethod/DocMDP>>]", pdf.Restrictions{Signed: true, Permission: 2}},
		"P of no sense is 2": {"[<</TransformMethod/DocMDP/TransformParams<</P 9>>>>]", pdf.Restrictions{Signed: true, Permission: 2}},
		"the strictest":      {"[<</TransformMethod/DocMDP/TransformParams<</P 3>>>><</TransformMethod/DocMDP/TransformParams<</P 1>>>>]", pdf.Restrictions{Signed: true, Permission: 1}},
		"a lock": {
			"[<</TransformMethod/FieldMDP/TransformParams<</Action/Include/Fields[(a)(\\376\\377\\004\\024)7]>>>>]",
			pdf.Restrictions{Signed: true, Locks: []*pdf.Lock{{Action: "Include", Fields: []string{"a", "Д"}}}},
		},
		"a lock of nothing": {"[<</TransformMethod/FieldMDP>>]", pdf.Restrictions{Signed: true}},
		"usage rights":      {"[<</TransformMethod/UR3/TransformParams<</P true>>>>]", pdf.Restrictions{Signed: true}},
		"no array":          {"<<>>", pdf.Restrictions{Signed: true}},
		"of their own":      {"12 0 R", pdf.Restrictions{Signed: true, Permission: 3}},
	} {
		reference := c.reference
		if reference != "" {
			reference = "/Reference " + reference
		}
		in := withForm("<</T(A)/FT/Sig/V 11 0 R>>", "<</Type/Sig"+reference+">>",
			"[13 0 R]", "<</TransformMethod/DocMDP/TransformParams 14 0 R>>", "<</P 3>>")
		got, err := open(t, in).Restrictions()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestLockNames: a lock means the fields that it names and those below them.
func TestLockNames(t *testing.T) {
	for name, c := range map[string]struct {
		lock pdf.Lock
		want string // of a, a.b, ab, c
	}{
		"all":     {pdf.Lock{Action: "All"}, "a a.b ab c"},
		"include": {pdf.Lock{Action: "Include", Fields: []string{"a", "c"}}, "a a.b c"},
		"exclude": {pdf.Lock{Action: "Exclude", Fields: []string{"a"}}, "ab c"},
		"below":   {pdf.Lock{Action: "Include", Fields: []string{"a.b"}}, "a.b"},
		"nothing": {pdf.Lock{}, ""},
	} {
		var locked []string
		for _, field := range []string{"a", "a.b", "ab", "c"} {
			if c.lock.Locks(field) {
				locked = append(locked, field)
			}
		}
		if got := strings.Join(locked, " "); got != c.want {
			t.Errorf("%s: locks %q, want %q", name, got, c.want)
		}
	}
}
