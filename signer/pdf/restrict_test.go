package pdf_test

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// withForm writes one page and a form with these fields, from object 10 on.
func withForm(fields ...string) []byte {
	b := newBuilder()
	var refs []string
	for i, body := range fields {
		refs = append(refs, fmt.Sprintf("%d 0 R", 10+i))
		b.object(10+i, body)
	}
	list := strings.Join(refs, " ")
	b.onePage("/AcroForm<</Fields["+list+"]>>", "/Annots["+list+"]")
	return b.table()
}

const emptyField = "/FT/Sig/Type/Annot/Subtype/Widget/Rect[10 20 110 70]/P 3 0 R/MK<</BC[1 0 0]>>"

// TestFill: an empty field keeps what it has and gets the signature.
func TestFill(t *testing.T) {
	in := withForm("<</T(Boss)"+emptyField+">>", "<</T(Name)/FT/Tx/V(x)>>")
	out := sign(t, in, pdf.SignatureSpec{
		Field: "Boss", MustExist: true, Page: 7, ContentsSize: 16,
		Appearance: &pdf.Appearance{Width: 50, Height: 50, Content: []byte("0 0 50 50 re f")},
	})
	f := open(t, out)
	field := fieldOf(t, f, "Boss")
	d := dictAt(t, f, field.Ref)
	if field.Ref.Number != 10 || d["MK"] == nil || d["F"] != nil {
		t.Errorf("field %v is %v", field.Ref, d)
	}
	if diff := cmp.Diff([]pdf.Widget{{Ref: pdf.Ref{Number: 10}, Rect: pdf.Rect{X0: 10, Y0: 20, X1: 110, Y1: 70}, Page: pdf.Ref{Number: 3}}}, field.Widgets); diff != "" {
		t.Error(diff)
	}
	// 100 by 50 shows 50 by 50 in its middle, not stretched.
	if diff := cmp.Diff(pdf.Array{pdf.Integer(-25), pdf.Integer(0), pdf.Integer(75), pdf.Integer(50)}, appearanceOf(t, f, "Boss").Dict["BBox"]); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(string(out[len(in):]), "/Type /Page\n") {
		t.Error("the page was changed")
	}
	if all, _ := f.Fields(); len(all) != 1 {
		t.Errorf("%d signature fields", len(all))
	}
}

// TestFieldChoice: which field is signed, and which is not.
func TestFieldChoice(t *testing.T) {
	kids := withForm(
		"<</T(form)/Kids[11 0 R 12 0 R]>>", "<</T(sig)/Parent 10 0 R/FT/Sig>>", "<</T(text)/Parent 10 0 R/FT/Tx>>",
		"<</T(Signature1)/FT/Tx>>", "<</T(two)/FT/Sig/Kids[15 0 R 16 0 R]>>",
		"<</Parent 14 0 R/Subtype/Widget/Rect[0 0 9 9]>>", "<</Parent 14 0 R/Subtype/Widget/Rect[20 0 29 9]>>",
	)
	for name, c := range map[string]struct {
		spec pdf.SignatureSpec
		want error
		name string
	}{
		"a new one gets a name that is free": {pdf.SignatureSpec{}, nil, "Signature2"},
		"a new one with a name":              {pdf.SignatureSpec{Field: "Подпись"}, nil, "Подпись"},
		"by its full name":                   {pdf.SignatureSpec{Field: "form.sig"}, nil, "form.sig"},
		"with two widgets":                   {pdf.SignatureSpec{Field: "two"}, nil, "two"},
		"one that must exist":                {pdf.SignatureSpec{Field: "sig", MustExist: true}, pdf.ErrFieldNotFound, ""},
		"a text field":                       {pdf.SignatureSpec{Field: "form.text"}, pdf.ErrFieldExists, ""},
		"a node":                             {pdf.SignatureSpec{Field: "form"}, pdf.ErrFieldExists, ""},
		"none that must exist":               {pdf.SignatureSpec{MustExist: true}, pdf.ErrSpec, ""},
		"a page that is not there":           {pdf.SignatureSpec{Page: 2}, pdf.ErrPageRange, ""},
		"certify what is no permission":      {pdf.SignatureSpec{Certify: 4}, pdf.ErrSpec, ""},
		"a timestamp that certifies":         {pdf.SignatureSpec{Certify: 1, Type: pdf.DocTimeStamp}, pdf.ErrSpec, ""},
		"SHA-1":                              {pdf.SignatureSpec{Hash: crypto.SHA1}, pdf.ErrSpec, ""},
		"an unknown type":                    {pdf.SignatureSpec{Type: "Seal"}, pdf.ErrSpec, ""},
		"an empty rectangle":                 {pdf.SignatureSpec{Placement: &pdf.Placement{}}, pdf.ErrSpec, ""},
		"less than nothing reserved":         {pdf.SignatureSpec{ContentsSize: -1}, pdf.ErrSpec, ""},
	} {
		if c.want != nil {
			if err := refused(t, kids, c.spec); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		f := open(t, sign(t, kids, c.spec))
		field := fieldOf(t, f, c.name)
		if !field.Signed {
			t.Errorf("%s: not signed", name)
		}
		for _, w := range field.Widgets {
			if c.name != "form.sig" && dictAt(t, f, w.Ref)["AP"] == nil {
				t.Errorf("%s: widget %v has no appearance", name, w.Ref)
			}
		}
		if err := refused(t, sign(t, kids, c.spec), pdf.SignatureSpec{Field: c.name}); !errors.Is(err, pdf.ErrFieldSigned) {
			t.Errorf("%s: signed again: %v", name, err)
		}
	}
}

// TestNewField: a new field is as PDF/A and readers want it, visible or not.
func TestNewField(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	f := open(t, sign(t, b.table(), pdf.SignatureSpec{Tooltip: "Подпись", ContentsSize: 16}))
	field := fieldOf(t, f, "Signature1")
	d := dictAt(t, f, field.Ref)
	zero := pdf.Integer(0)
	want := pdf.Dict{
		"Type": pdf.Name("Annot"), "Subtype": pdf.Name("Widget"), "FT": pdf.Name("Sig"), "F": pdf.Integer(132),
		"T": pdf.String("Signature1"), "TU": pdf.TextString("Подпись"), "Rect": pdf.Array{zero, zero, zero, zero},
		"P": pdf.Ref{Number: 3}, "V": d["V"], "AP": d["AP"],
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	if form := appearanceOf(t, f, "Signature1"); form.Dict["Subtype"] != pdf.Object(pdf.Name("Form")) {
		t.Errorf("the appearance is %v", form.Dict)
	}
	catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	if form := dictAt(t, f, catalog["AcroForm"]); form["SigFlags"] != pdf.Object(pdf.Integer(3)) {
		t.Errorf("the form is %v", form)
	}
}

// TestValue: the signature dictionary says what was ordered.
func TestValue(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	f := open(t, sign(t, b.table(), pdf.SignatureSpec{
		Name: "Мария", Reason: "согласен", Location: "Köln", ContactInfo: "m@example.com",
		Application: "Program", ContentsSize: 16,
	}))
	all, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	s := all[0]
	got := []string{s.Name, s.Reason, s.Location, s.ContactInfo, string(s.Type), string(s.Filter), string(s.SubFilter)}
	want := []string{"Мария", "согласен", "Köln", "m@example.com", "Sig", "Adobe.PPKLite", "ETSI.CAdES.detached"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !s.Time.IsZero() || s.Dict["M"] != nil || s.Dict["Cert"] != nil {
		t.Errorf("more than was ordered: %v", s.Dict)
	}
	app := s.Dict["Prop_Build"].(pdf.Dict)["App"].(pdf.Dict)["Name"]
	if app != pdf.Object(pdf.Name("Program")) {
		t.Errorf("the program is %v", app)
	}
}

// TestDocMDP: a certifying signature comes first, and is obeyed.
func TestDocMDP(t *testing.T) {
	in := withForm("<</T(Second)" + emptyField + ">>")
	for p := 1; p <= 3; p++ {
		certified := sign(t, in, pdf.SignatureSpec{Certify: p, ContentsSize: 16})
		r, err := open(t, certified).Restrictions()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(pdf.Restrictions{Certified: true, Signed: true, Permission: p}, r); diff != "" {
			t.Errorf("P=%d: %s", p, diff)
		}
		if err := refused(t, certified, pdf.SignatureSpec{Certify: p}); !errors.Is(err, pdf.ErrNotFirst) {
			t.Errorf("P=%d: certified twice: %v", p, err)
		}
		sign(t, certified, pdf.SignatureSpec{Type: pdf.DocTimeStamp})
		if p == 1 {
			for _, field := range []string{"", "Second"} {
				if err := refused(t, certified, pdf.SignatureSpec{Field: field}); !errors.Is(err, pdf.ErrCertifiedNoChanges) {
					t.Errorf("signed after P=1: %v", err)
				}
			}
			continue
		}
		sign(t, sign(t, certified, pdf.SignatureSpec{Field: "Second"}), pdf.SignatureSpec{})
	}
	signed := sign(t, in, pdf.SignatureSpec{})
	if err := refused(t, signed, pdf.SignatureSpec{Certify: 2}); !errors.Is(err, pdf.ErrNotFirst) {
		t.Errorf("certified a signed document: %v", err)
	}
}

// TestLock: what a field says it will lock is locked by its signature.
func TestLock(t *testing.T) {
	for name, c := range map[string]struct {
		lock   string
		refuse map[string]error
	}{
		"all":               {"/Action/All", map[string]error{"B": pdf.ErrFieldLocked, "form.C": pdf.ErrFieldLocked, "": nil}},
		"some":              {"/Action/Include/Fields[(B)]", map[string]error{"B": pdf.ErrFieldLocked, "form.C": nil, "": nil}},
		"a branch":          {"/Action/Include/Fields[(form)]", map[string]error{"B": nil, "form.C": pdf.ErrFieldLocked}},
		"all but some":      {"/Action/Exclude/Fields[(B)]", map[string]error{"B": nil, "form.C": pdf.ErrFieldLocked}},
		"every change":      {"/Action/Include/Fields[]/P 1", map[string]error{"B": pdf.ErrCertifiedNoChanges, "": pdf.ErrCertifiedNoChanges}},
		"all but forms":     {"/P 2", map[string]error{"B": nil, "": nil}},
		"what nobody knows": {"/Action/Everything", map[string]error{"B": nil}},
	} {
		in := withForm("<</T(A)"+emptyField+"/Lock<</Type/SigFieldLock"+c.lock+">>>>",
			"<</T(B)"+emptyField+">>", "<</T(form)/Kids[13 0 R]>>", "<</T(C)/Parent 12 0 R"+emptyField+">>")
		locked := sign(t, in, pdf.SignatureSpec{Field: "A", ContentsSize: 16})
		for field, want := range c.refuse {
			if want == nil {
				sign(t, locked, pdf.SignatureSpec{Field: field})
				continue
			}
			if err := refused(t, locked, pdf.SignatureSpec{Field: field}); !errors.Is(err, want) {
				t.Errorf("%s: field %q: %v", name, field, err)
			}
		}
		all, err := open(t, locked).Signatures()
		if err != nil {
			t.Fatal(err)
		}
		refs, _ := all[0].Dict["Reference"].(pdf.Array)
		said := slices.ContainsFunc(refs, func(o pdf.Object) bool {
			return o.(pdf.Dict)["TransformMethod"] == pdf.Object(pdf.Name("FieldMDP"))
		})
		if said != strings.Contains(c.lock, "/Action") {
			t.Errorf("%s: references are %v", name, refs)
		}
	}
}

// TestSeeds: what a field demands is honoured or refused; wishes are not.
func TestSeeds(t *testing.T) {
	for name, c := range map[string]struct {
		seed string
		spec pdf.SignatureSpec
		ok   bool
	}{
		"nothing":                    {"", pdf.SignatureSpec{}, true},
		"wishes":                     {"/Filter/Foreign/SubFilter[/x]/Reasons[(a)]/DigestMethod[(MD5)]/V 9", pdf.SignatureSpec{}, true},
		"our filter":                 {"/Ff 1/Filter/Adobe.PPKLite", pdf.SignatureSpec{}, true},
		"another filter":             {"/Ff 1/Filter/Foreign", pdf.SignatureSpec{}, false},
		"our format":                 {"/Ff 2/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]", pdf.SignatureSpec{}, true},
		"another format":             {"/Ff 2/SubFilter[/adbe.pkcs7.detached]", pdf.SignatureSpec{}, false},
		"a version to come":          {"/Ff 4/V 4", pdf.SignatureSpec{}, false},
		"a version that is":          {"/Ff 4/V 2", pdf.SignatureSpec{}, true},
		"a reason":                   {"/Ff 8/Reasons[(a)(b)]", pdf.SignatureSpec{Reason: "b"}, true},
		"another reason":             {"/Ff 8/Reasons[(a)(b)]", pdf.SignatureSpec{Reason: "c"}, false},
		"no reason given":            {"/Ff 8/Reasons[(a)]", pdf.SignatureSpec{}, false},
		"no reason allowed":          {"/Ff 8/Reasons[(.)]", pdf.SignatureSpec{Reason: "c"}, false},
		"no reason, none given":      {"/Ff 8/Reasons[(.)]", pdf.SignatureSpec{}, true},
		"a digest":                   {"/Ff 64/DigestMethod[(SHA384)(SHA512)]", pdf.SignatureSpec{Hash: crypto.SHA512}, true},
		"another digest":             {"/Ff 64/DigestMethod[(SHA384)]", pdf.SignatureSpec{}, false},
		"certify":                    {"/MDP<</P 2>>", pdf.SignatureSpec{Certify: 2}, true},
		"certify otherwise":          {"/MDP<</P 2>>", pdf.SignatureSpec{Certify: 3}, false},
		"certify, not ordered":       {"/MDP<</P 2>>", pdf.SignatureSpec{}, false},
		"do not certify":             {"/MDP<</P 0>>", pdf.SignatureSpec{Certify: 2}, false},
		"certificate":                {"/Cert<</Ff 1/Subject[(x)]>>", pdf.SignatureSpec{}, false},
		"certificate, seen to":       {"/Cert<</Ff 1/Subject[(x)]>>", pdf.SignatureSpec{SeedsHonoured: true}, true},
		"certificate, a wish":        {"/Cert<</Subject[(x)]>>", pdf.SignatureSpec{}, true},
		"timestamp":                  {"/TimeStamp<</Ff 1/URL(http://tsa)>>", pdf.SignatureSpec{}, false},
		"revocation information":     {"/Ff 32/AddRevInfo true", pdf.SignatureSpec{}, false},
		"no revocation information":  {"/Ff 32/AddRevInfo false", pdf.SignatureSpec{}, true},
		"legal attestation":          {"/Ff 16/LegalAttestation[(x)]", pdf.SignatureSpec{}, false},
		"appearance of its own kind": {"/Ff 256/AppearanceFilter(x)", pdf.SignatureSpec{}, false},
		"a lock":                     {"/Ff 128/LockDocument true", pdf.SignatureSpec{}, false},
	} {
		in := withForm("<</T(A)" + emptyField + "/SV<<" + c.seed + ">>>>")
		c.spec.Field = "A"
		if c.ok {
			sign(t, in, c.spec)
			continue
		}
		if err := refused(t, in, c.spec); !errors.Is(err, pdf.ErrSeedValue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSignatureWidgets: what is on a page already, and on which page a field is.
func TestSignatureWidgets(t *testing.T) {
	b := newBuilder()
	b.tree(12, 10)
	in := b.table()
	box := pdf.Rect{X0: 10, Y0: 10, X1: 60, Y1: 40}
	signed := sign(t, in, pdf.SignatureSpec{Page: 12, Placement: &pdf.Placement{Rect: box}, Appearance: &pdf.Appearance{Width: 5, Height: 3}})
	signed = sign(t, signed, pdf.SignatureSpec{Page: 12})
	f := open(t, signed)
	for n, want := range map[int][]pdf.PlacedWidget{1: nil, 12: {{Field: "Signature1", Signed: true, Rect: box}}} {
		p, err := f.Page(n)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.SignatureWidgets(p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("page %d: %s", n, diff)
		}
	}
	p, ok, err := f.PageOf(fieldOf(t, f, "Signature1"))
	if err != nil || !ok || p.Number != 12 {
		t.Errorf("page %d, %v, %v", p.Number, ok, err)
	}
	if _, ok, err := open(t, withForm("<</T(a)/FT/Sig>>")).PageOf(&pdf.Field{}); ok || err != nil {
		t.Errorf("a field without widgets is on a page: %v", err)
	}
}
