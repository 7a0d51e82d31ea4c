package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signservice/signer/pdf"
)

// seed gives a fuzzer the strangers' small files where they are at hand, and
// some of our own.
func seed(f *testing.F) {
	f.Helper()
	for _, in := range shapes() {
		f.Add(in.bytes)
	}
	for _, dir := range []string{corpusDir, hostileDir} {
		files, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			if b, err := os.ReadFile(name); err == nil && len(b) < 20_000 {
				f.Add(b)
			}
		}
	}
}

// FuzzOpen: no file makes the reader panic or give up in another way than by
// one of its errors.
func FuzzOpen(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		file, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
		if err != nil {
			known(t, err)
			return
		}
		readAll(t, file)
	})
}

// readAll asks a file for everything that it can tell.
func readAll(t testing.TB, f *pdf.File) {
	t.Helper()
	pages, err := f.Pages()
	known(t, err)
	for _, n := range []int{1, pages / 2, pages} {
		p, err := f.Page(n)
		known(t, err)
		_, err = f.SignatureWidgets(p)
		known(t, err)
	}
	fields, err := f.Fields()
	known(t, err)
	for _, field := range fields {
		_, _, err := f.PageOf(field)
		known(t, err)
	}
	_, err = f.Signatures()
	known(t, err)
	_, err = f.Restrictions()
	known(t, err)
	_, err = f.Profile()
	known(t, err)
	_, err = f.SecurityStore()
	known(t, err)
	revisions, err := f.Revisions()
	known(t, err)
	for _, r := range revisions {
		_, err := f.At(r.End)
		known(t, err)
	}
}

// known fails the test for an error that is none of the package's.
func known(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, k := range []error{
		pdf.ErrNotPDF, pdf.ErrDamaged, pdf.ErrLimit, pdf.ErrNoPages, pdf.ErrPageRange,
		pdf.ErrPasswordRequired, pdf.ErrPublicKeyEncryption, pdf.ErrUnsupportedEncryption, pdf.ErrPermission,
		pdf.ErrCertifiedNoChanges, pdf.ErrFieldLocked, pdf.ErrFieldExists, pdf.ErrFieldSigned, pdf.ErrSeedValue,
	} {
		if errors.Is(err, k) {
			return
		}
	}
	t.Errorf("an error of no known kind: %v", err)
}

// FuzzAppend: whatever is signed keeps its input as a prefix, and the result
// has the new signature without a flaw and all that the input had.
func FuzzAppend(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		file, err := pdf.Open(bytes.NewReader(in), int64(len(in)), pdf.Options{})
		if err != nil {
			return
		}
		pages, err := file.Pages()
		if err != nil {
			return
		}
		if _, err := file.Signatures(); err != nil {
			return
		}
		var out bytes.Buffer
		r, err := file.AppendSignature(context.Background(), &out, pdf.SignatureSpec{
			Page: pages, Reason: "Прошу подписать", ContentsSize: 64, Time: time.Unix(1795000000, 0), Rand: zeros{},
			Placement: &pdf.Placement{Rect: pdf.Rect{X0: 10, Y0: 10, X1: 110, Y1: 60}},
			Appearance: &pdf.Appearance{
				Width: 100, Height: 50, Content: []byte("0 0 100 50 re f"),
				Resources: pdf.Dict{"ExtGState": pdf.Dict{}},
			},
		})
		if err != nil {
			known(t, err)
			return
		}
		before, err := file.Signatures() // only now is it known whether the file was repaired
		if err != nil {
			t.Fatal(err)
		}
		checkAppended(t, in, out.Bytes(), r, len(before))
	})
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// checkAppended reads a signed file back.
func checkAppended(t testing.TB, in, out []byte, r *pdf.Reserved, earlier int) {
	t.Helper()
	if !bytes.HasPrefix(out, in) {
		t.Error("the input is not a prefix of the output")
	}
	file, err := pdf.Open(bytes.NewReader(out), int64(len(out)), pdf.Options{})
	if err != nil {
		t.Fatalf("the output does not open: %v", err)
	}
	if repaired, why := file.Repaired(); repaired {
		t.Errorf("the output needs a repair: %s", why)
	}
	all, err := file.Signatures()
	if err != nil {
		t.Fatalf("signatures of the output: %v", err)
	}
	if len(all) != earlier+1 {
		t.Errorf("%d signatures, there were %d", len(all), earlier)
	}
	for _, s := range all {
		if s.Field.Name != r.Field {
			continue
		}
		if s.Flaw != nil {
			t.Errorf("the new signature: %v", s.Flaw)
		}
		if s.ByteRange != r.ByteRange || s.End() != int64(len(out)) {
			t.Errorf("byte range %v of %d bytes, reserved was %v", s.ByteRange, len(out), r.ByteRange)
		}
		return
	}
	t.Errorf("no signature in field %q", r.Field)
}
