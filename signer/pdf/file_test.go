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

// TestNotPDF: what is no PDF is called so, not damaged.
func TestNotPDF(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":      "",
		"a line":       "hello\n",
		"a page":       "<!DOCTYPE html><html><body>404 obj</body></html>",
		"a picture":    "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 5000),
		"an archive":   "PK\x03\x04" + strings.Repeat("x", 5000),
		"many numbers": strings.Repeat("1 2 3 ", 5000),
	} {
		if _, err := pdf.Open(strings.NewReader(in), int64(len(in)), pdf.Options{}); !errors.Is(err, pdf.ErrNotPDF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]string{
		"a header alone":      "%PDF-1.7\n",
		"no catalog, no page": "%PDF-1.7\n1 0 obj\n<</A 1>>\nendobj\n",
	} {
		if _, err := pdf.Open(strings.NewReader(in), int64(len(in)), pdf.Options{}); !errors.Is(err, pdf.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := pdf.Open(bytes.NewReader(nil), -1, pdf.Options{}); !errors.Is(err, pdf.ErrNotPDF) {
		t.Errorf("a negative size: %v", err)
	}
}

// TestVersion: the newer of header and catalog counts.
func TestVersion(t *testing.T) {
	for catalog, want := range map[string]string{"": "1.7", "/Version/1.4": "1.7", "/Version/2.0": "2.0", "/Version(x)": "1.7"} {
		b := newBuilder()
		b.onePage(catalog, "")
		if got := open(t, b.table()).Version(); got != want {
			t.Errorf("%s: %s, want %s", catalog, got, want)
		}
	}
}

// TestVersions: files of every version are signed, and keep it; qpdf is content.
func TestVersions(t *testing.T) {
	for _, version := range []string{"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0"} {
		b := newBuilder()
		b.onePage("", "/Resources<<>>")
		in := []byte(strings.Replace(string(b.table()), "%PDF-1.7", "%PDF-"+version, 1))
		out := sign(t, sign(t, in, pdf.SignatureSpec{Reason: "r"}), pdf.SignatureSpec{})
		if got := open(t, out).Version(); got != version {
			t.Errorf("%s became %s", version, got)
		}
		if rc, said := checkedByQPDF(t, out); rc > 0 {
			t.Errorf("%s: %s", version, said)
		}
	}
}

// TestReferences: a reference to nothing, to itself or in a circle is null, and
// generations count.
func TestReferences(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	b.object(5, "6 0 R")
	b.object(6, "7 0 R")
	b.object(7, "(end)")
	b.object(8, "8 0 R")
	b.object(9, "10 0 R")
	b.object(10, "9 0 R")
	f := open(t, b.table())
	for ref, want := range map[pdf.Ref]pdf.Object{
		{Number: 5}: pdf.String("end"), {Number: 8}: nil, {Number: 9}: nil, {Number: 99}: nil,
		{Number: 7, Generation: 1}: nil, {Number: 0}: nil, {Number: 1<<32 - 1}: nil,
	} {
		got, err := f.Resolve(ref)
		if err != nil {
			t.Errorf("%v: %v", ref, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", ref, diff)
		}
	}
	hidden, err := open(t, hybridFile()).Resolve(pdf.Ref{Number: 6})
	if diff := cmp.Diff(pdf.Object(pdf.Dict{"Hidden": true}), hidden); diff != "" || err != nil {
		t.Errorf("hidden in a hybrid file: %s %v", diff, err)
	}
}

func fmtRow(at int) []byte { return fmt.Appendf(nil, "%010d 00000 n", at) }

// TestLateRepair: an object that is not where the table says makes the file be
// repaired when it is asked for, and what is answered then is right.
func TestLateRepair(t *testing.T) {
	b := newBuilder()
	b.onePage("/AcroForm 5 0 R", "")
	b.object(5, "<</Fields[6 0 R]>>")
	b.object(6, "<</T(A)/FT/Sig>>")
	in := b.table()
	at := bytes.Index(in, []byte("6 0 obj"))
	in = bytes.Replace(in, fmtRow(at), fmtRow(at+1), 1)
	f := open(t, in)
	if repaired, _ := f.Repaired(); repaired {
		t.Fatal("repaired too early")
	}
	fields, err := f.Fields()
	if err != nil || len(fields) != 1 || fields[0].Name != "A" {
		t.Errorf("fields %v, %v", fields, err)
	}
	if repaired, why := f.Repaired(); !repaired || why == "" {
		t.Error("not repaired")
	}
	r, err := f.Revisions()
	if err != nil || len(r) != 1 || r[0].End != int64(len(in)) {
		t.Errorf("revisions %v, %v", r, err)
	}
	sign(t, in, pdf.SignatureSpec{Field: "A"})
}
