package pdf_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
	"signservice/signer/signertest"
)

// corpusDir is the folder of strangers' files, which is not part of the project.
const corpusDir = "../../../shared/data/pdf"

// hostileDir is the folder of files made to exhaust, loop or confuse a reader.
const hostileDir = "../../../shared/data/hostile"

// corpus lists the strangers' files, from the index that lies beside them.
func corpus(t testing.TB) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(corpusDir, "index.tsv"))
	if err != nil {
		t.Skipf("the strangers' files are not on this machine: %v", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, key := range rows[0] {
			m[key] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// refusals are the strangers' files that may not be signed, and why. All others
// must be.
func refusals(t *testing.T) map[string]error {
	t.Helper()
	reasons := map[string]error{
		"password": pdf.ErrPasswordRequired, "public key": pdf.ErrPublicKeyEncryption, "permission": pdf.ErrPermission,
		"certified": pdf.ErrCertifiedNoChanges, "no page": pdf.ErrNoPages, "damaged": pdf.ErrDamaged,
	}
	out := map[string]error{}
	for file, reason := range signertest.Refusals(t, "../testdata/refusals.tsv") {
		if out[file] = reasons[reason]; out[file] == nil {
			t.Fatalf("%s: no error means %q", file, reason)
		}
	}
	return out
}

// TestCorpus signs every stranger's file, visibly and on its last page, and
// then once more. PDF_CORPUS=all has qpdf look at all of them, not at some.
func TestCorpus(t *testing.T) {
	rows, want := corpus(t), refusals(t)
	signed := 0
	for i, row := range rows {
		name := row["file"]
		t.Run(name, func(t *testing.T) {
			in, err := os.ReadFile(filepath.Join(corpusDir, name))
			if err != nil {
				t.Fatal(err)
			}
			out, err := signTwice(t, in)
			if reason := want[name]; reason != nil || err != nil {
				if reason == nil || !errors.Is(err, reason) {
					t.Errorf("%v, want %v", err, reason)
				}
				return
			}
			signed++
			if os.Getenv("PDF_CORPUS") == "all" || i%12 == 0 {
				checkNoWorse(t, row, out)
			}
		})
	}
	t.Logf("%d of %d files signed", signed, len(rows))
}

// signTwice signs on the last page, and reads what it wrote back each time.
func signTwice(t *testing.T, in []byte) ([]byte, error) {
	t.Helper()
	out := in
	for range 2 {
		f, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.Options{})
		if err != nil {
			return nil, err
		}
		n, err := f.Pages()
		if err != nil {
			return nil, err
		}
		page, err := f.Page(n)
		if err != nil {
			return nil, err
		}
		where := page.Place(pdf.Rect{X0: 20, Y0: 20, X1: 120, Y1: 60})
		var signed bytes.Buffer
		r, err := f.AppendSignature(t.Context(), &signed, pdf.SignatureSpec{
			Page: n, Placement: &where, Reason: "Причина", Time: time.Date(2026, 11, 23, 10, 45, 12, 0, time.UTC),
			Appearance: &pdf.Appearance{Width: 100, Height: 40, Content: []byte("0.5 g 0 0 100 40 re f")}, ContentsSize: 16,
		})
		if err != nil {
			return nil, err
		}
		before, err := f.Signatures()
		if err != nil {
			return nil, err
		}
		checkAppended(t, out, signed.Bytes(), r, len(before))
		keepsForm(t, f, signed.Bytes())
		out = signed.Bytes()
	}
	return out, nil
}

// keepsForm: the form has all fields that it had, in their order, and then the new
// one; everything else that it says (DR, DA, CO, XFA, NeedAppearances …) stays, and
// no object that it names was written anew.
func keepsForm(t *testing.T, before *pdf.File, out []byte) {
	t.Helper()
	after := open(t, out)
	was, is := formOf(t, before), formOf(t, after)
	for key, o := range was {
		if key == "Fields" || key == "SigFlags" {
			continue
		}
		if diff := cmp.Diff(o, is[key]); diff != "" {
			t.Errorf("the form's %s: %s", key, diff)
		}
		sameObjects(t, before, after, o)
	}
	for key := range is {
		if was[key] == nil && key != "Fields" && key != "SigFlags" {
			t.Errorf("the form has got %s", key)
		}
	}
	old, fields := listOf(t, before, was["Fields"]), listOf(t, after, is["Fields"])
	if len(fields) != len(old)+1 {
		t.Fatalf("%d fields, there were %d", len(fields), len(old))
	}
	if diff := cmp.Diff(old, fields[:len(old)]); len(old) > 0 && diff != "" {
		t.Errorf("the fields: %s", diff)
	}
	sameObjects(t, before, after, old)
}

// sameObjects: what a value names stands where it stood.
func sameObjects(t *testing.T, before, after *pdf.File, o pdf.Object) {
	t.Helper()
	switch v := o.(type) {
	case pdf.Ref:
		was, had, err := before.Locate(v)
		if err != nil {
			t.Fatal(err)
		}
		is, has, err := after.Locate(v)
		if err != nil {
			t.Fatal(err)
		}
		if was != is || had != has {
			t.Errorf("object %d stood at %v and stands at %v", v.Number, was, is)
		}
	case pdf.Array:
		for _, item := range v {
			sameObjects(t, before, after, item)
		}
	case pdf.Dict:
		for _, item := range v {
			sameObjects(t, before, after, item)
		}
	}
}

func formOf(t *testing.T, f *pdf.File) pdf.Dict {
	t.Helper()
	catalog, err := f.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	form, err := f.Resolve(catalog["AcroForm"])
	if err != nil {
		t.Fatal(err)
	}
	d, _ := form.(pdf.Dict)
	return d
}

func listOf(t *testing.T, f *pdf.File, o pdf.Object) pdf.Array {
	t.Helper()
	v, err := f.Resolve(o)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := v.(pdf.Array)
	return a
}

// checkNoWorse has qpdf check a signed file: it must not complain more than it
// did about the input.
func checkNoWorse(t *testing.T, row map[string]string, out []byte) {
	t.Helper()
	needTool(t, "qpdf")
	was := map[string]int{"0": 0, "3": 1, "2": 2}[row["qpdf_rc"]]
	if is, said := checkedByQPDF(t, out); is > was {
		t.Errorf("qpdf was more content with the input:\n%s", said)
	}
}
