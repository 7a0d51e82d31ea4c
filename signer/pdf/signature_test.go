package pdf_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// TestFlaw: ByteRange must leave out exactly the value of its own dictionary.
func TestFlaw(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	good := sign(t, b.table(), pdf.SignatureSpec{ContentsSize: 16})
	all, err := open(t, good).Signatures()
	if err != nil {
		t.Fatal(err)
	}
	r := all[0].ByteRange
	old := fmt.Sprintf("/ByteRange [%d %d %d %d", r[0], r[1], r[2], r[3])
	contents := string(good[r[1]:r[2]])
	for name, c := range map[string]struct{ old, fresh string }{
		"begins later":               {old, fmt.Sprintf("/ByteRange [%d %d %d %d", 1, r[1], r[2], r[3])},
		"gap wider in front":         {old, fmt.Sprintf("/ByteRange [%d %d %d %d", 0, r[1]-1, r[2], r[3])},
		"gap wider behind":           {old, fmt.Sprintf("/ByteRange [%d %d %d %d", 0, r[1], r[2]+1, r[3]-1)},
		"angle bracket covered":      {old, fmt.Sprintf("/ByteRange [%d %d %d %d", 0, r[1]+1, r[2], r[3])},
		"beyond the end":             {old, fmt.Sprintf("/ByteRange [%d %d %d %d", 0, r[1], r[2], r[3]+1)},
		"negative":                   {old, fmt.Sprintf("/ByteRange [%d %d %d %d", 0, r[1], r[2], -r[3])},
		"three numbers":              {old, fmt.Sprintf("/ByteRange [%d %d %d ", 0, r[1], r[2])},
		"five numbers":               {old, old + " 0"},
		"no numbers":                 {old, "/ByteRange [/a /b /c /d"},
		"overlapping":                {old, fmt.Sprintf("/ByteRange [%d %d %d %d", 0, r[2], r[1], r[3])},
		"missing":                    {"/ByteRange", "/ByteRangX"},
		"null":                       {old, "/ByteRange null/X[" + old[len("/ByteRange ["):]},
		"value is a literal string":  {contents, "(" + strings.Repeat("x", len(contents)-2) + ")"},
		"value is missing":           {"/Contents", "/Xontents"},
		"value twice, the last":      {"/Filter /Adobe.PPKLite", "/Contents<00>/F/Adobe."},
		"value twice, the other way": {"/SubFilter /ETSI.CAdES.detached", "/Contents<00>/SubFilter/ETSI"},
	} {
		in := strings.Replace(string(good), c.old, c.fresh, 1)
		if in == string(good) {
			t.Fatalf("%s: nothing was changed", name)
		}
		room := strings.Index(in, "]\n/") // spaces stand before it: keep the offsets
		if grown := len(in) - len(good); grown > 0 {
			in = in[:room-grown] + in[room:]
		} else {
			in = in[:room] + strings.Repeat(" ", -grown) + in[room:]
		}
		all, err := open(t, []byte(in)).Signatures()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(all) != 1 || !errors.Is(all[0].Flaw, pdf.ErrByteRange) {
			t.Errorf("%s: no flaw found", name)
		}
	}
}

// TestUnusual: signatures that stand in unusual places are found.
func TestUnusual(t *testing.T) {
	for name, in := range map[string][]byte{
		"direct value":    withForm("<</T(A)/FT/Sig/V<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>>>"),
		"value inherited": withForm("<</T(A)/FT/Sig/V 11 0 R/Kids[12 0 R]>>", "<</Type/Sig/Contents<00>>>", "<</T(B)/Parent 10 0 R>>"),
		"type inherited":  withForm("<</T(A)/FT/Sig/Kids[11 0 R]>>", "<</T(B)/Parent 10 0 R/V 12 0 R>>", "<</Type/Sig/Contents<00>>>"),
		"no type":         withForm("<</T(A)/FT/Sig/V 11 0 R>>", "<</Contents<00>/ByteRange[0 1 2 3]>>"),
	} {
		all, err := open(t, in).Signatures()
		if err != nil || len(all) != 1 || all[0].Flaw == nil {
			t.Errorf("%s: %d signatures, %v", name, len(all), err)
			continue
		}
		if all[0].Type != pdf.Sig {
			t.Errorf("%s: type %q", name, all[0].Type)
		}
	}
	for name, in := range map[string][]byte{
		"absent value": withForm("<</T(A)/FT/Sig/V 99 0 R>>"),
		"no value":     withForm("<</T(A)/FT/Sig/V(x)>>"),
		"text field":   withForm("<</T(A)/FT/Tx/V 11 0 R>>", "<</Type/Sig>>"),
	} {
		if all, err := open(t, in).Signatures(); err != nil || len(all) > 0 {
			t.Errorf("%s: %d signatures, %v", name, len(all), err)
		}
	}
}

// TestReserved: what was prepared can be stored, and finished elsewhere.
func TestReserved(t *testing.T) {
	for _, s := range shapes() {
		f := open(t, s.bytes)
		spec := pdf.SignatureSpec{ContentsSize: 32, Reason: "r"}
		prepared, err := f.Prepare(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		var direct bytes.Buffer
		r, err := open(t, s.bytes).AppendSignature(t.Context(), &direct, spec)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, prepared); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
		stored, err := json.Marshal(prepared)
		if err != nil {
			t.Fatal(err)
		}
		var later pdf.Reserved
		if err := json.Unmarshal(stored, &later); err != nil {
			t.Fatal(err)
		}
		cms := bytes.Repeat([]byte{0xab}, 20)
		var embedded bytes.Buffer
		if err := later.Embed(t.Context(), &embedded, bytes.NewReader(s.bytes), cms); err != nil {
			t.Fatal(err)
		}
		if err := pdf.WriteContents(writerAt(direct.Bytes()), r, bytes.Repeat([]byte{1}, 32)); err != nil {
			t.Fatal(err)
		}
		if err := pdf.WriteContents(writerAt(direct.Bytes()), r, cms); err != nil { // again, with less
			t.Fatal(err)
		}
		if !bytes.Equal(direct.Bytes(), embedded.Bytes()) {
			t.Errorf("%s: the two ways differ", s.name)
		}
		h := r.Hash.New()
		h.Write(embedded.Bytes()[:r.ByteRange[1]])
		h.Write(embedded.Bytes()[r.ByteRange[2]:])
		if !bytes.Equal(h.Sum(nil), r.Digest) {
			t.Errorf("%s: the digest is not that of the byte range", s.name)
		}
		all, err := open(t, embedded.Bytes()).Signatures()
		if err != nil {
			t.Fatal(err)
		}
		if want := append(bytes.Clone(cms), make([]byte, 12)...); !bytes.Equal(all[0].Contents, want) {
			t.Errorf("%s: the value is %x", s.name, all[0].Contents)
		}
	}
}

// TestEmbedRefuses: what cannot be finished is not begun, or is called
// worthless.
func TestEmbedRefuses(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	in := b.table()
	r, err := open(t, in).Prepare(t.Context(), pdf.SignatureSpec{ContentsSize: 8})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Embed(t.Context(), &out, bytes.NewReader(in), make([]byte, 9)); !errors.Is(err, pdf.ErrContentsSize) || out.Len() > 0 {
		t.Errorf("a value too large: %v, %d bytes written", err, out.Len())
	}
	if err := pdf.WriteContents(writerAt(nil), r, make([]byte, 9)); !errors.Is(err, pdf.ErrContentsSize) {
		t.Errorf("a value too large: %v", err)
	}
	changed := bytes.Replace(in, []byte("595"), []byte("596"), 1)
	if err := r.Embed(t.Context(), io.Discard, bytes.NewReader(changed), nil); !errors.Is(err, pdf.ErrInputChanged) {
		t.Errorf("another input: %v", err)
	}
	if err := r.Embed(t.Context(), io.Discard, bytes.NewReader(in[:50]), nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a shorter input: %v", err)
	}
	broken := *r
	broken.ByteRange[1] = 3
	if err := broken.Embed(t.Context(), io.Discard, bytes.NewReader(in), nil); !errors.Is(err, pdf.ErrSpec) {
		t.Errorf("a broken order: %v", err)
	}
}

// TestInterrupted: errors of reader, writer and context come through.
func TestInterrupted(t *testing.T) {
	b := newBuilder()
	b.tree(100, 30_000) // several copy buffers
	in := b.table()
	boom := errors.New("boom")
	f := open(t, in)
	if _, err := f.AppendSignature(t.Context(), failingWriter{boom}, pdf.SignatureSpec{}); !errors.Is(err, boom) {
		t.Errorf("a failing writer: %v", err)
	}
	f, err := pdf.Open(failingReader{bytes.NewReader(in), 1 << 20, boom}, int64(len(in)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AppendSignature(t.Context(), io.Discard, pdf.SignatureSpec{}); !errors.Is(err, boom) {
		t.Errorf("a failing reader: %v", err)
	}
	if _, err := pdf.Open(failingReader{bytes.NewReader(in), 0, boom}, int64(len(in)), pdf.Options{}); !errors.Is(err, boom) {
		t.Errorf("a reader that fails at once: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, in).AppendSignature(ctx, io.Discard, pdf.SignatureSpec{}); !errors.Is(err, ctx.Err()) {
		t.Errorf("a context that is over: %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// failingReader fails around an offset.
type failingReader struct {
	io.ReaderAt
	at  int64
	err error
}

func (r failingReader) ReadAt(b []byte, off int64) (int, error) {
	if off <= r.at && r.at < off+int64(len(b)) {
		return 0, r.err
	}
	return r.ReaderAt.ReadAt(b, off)
}

// TestOnce: signing reads the file once, and of its structure little more.
func TestOnce(t *testing.T) {
	b := newBuilder()
	b.tree(1000, 3000)
	in := b.table()
	count := &countingReader{r: bytes.NewReader(in)}
	f, err := pdf.Open(count, int64(len(in)), pdf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AppendSignature(t.Context(), io.Discard, pdf.SignatureSpec{Page: 1000}); err != nil {
		t.Fatal(err)
	}
	if limit := int64(len(in)) * 6 / 5; count.n > limit {
		t.Errorf("%d bytes read of a file of %d", count.n, len(in))
	}
}

type countingReader struct {
	r io.ReaderAt
	n int64
}

func (c *countingReader) ReadAt(b []byte, off int64) (int, error) {
	c.n += int64(len(b))
	return c.r.ReadAt(b, off)
}

// TestRevisions: each save is found, and the document as it was then.
func TestRevisions(t *testing.T) {
	first := newBuilder()
	first.onePage("", "")
	in := first.table()
	one := sign(t, in, pdf.SignatureSpec{ContentsSize: 16})
	two := sign(t, one, pdf.SignatureSpec{ContentsSize: 16})
	f := open(t, append(bytes.Clone(two), "trailing"...))
	revisions, err := f.Revisions()
	if err != nil {
		t.Fatal(err)
	}
	var ends []int64
	for _, r := range revisions {
		ends = append(ends, r.End)
	}
	if diff := cmp.Diff([]int64{int64(len(in)), int64(len(one)), int64(len(two))}, ends); diff != "" {
		t.Error(diff)
	}
	all, err := f.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	old, err := f.At(all[0].End())
	if err != nil {
		t.Fatal(err)
	}
	if before, err := old.Signatures(); err != nil || len(before) != 1 {
		t.Errorf("%d signatures in the first revision, %v", len(before), err)
	}
	for ref, same := range map[pdf.Ref]bool{{Number: 2}: true, {Number: 3}: false, all[0].Ref: true} {
		was, _, err := old.Locate(ref)
		if err != nil {
			t.Fatal(err)
		}
		is, ok, err := f.Locate(ref)
		if err != nil || !ok || (was == is) != same {
			t.Errorf("object %v stands at %v, stood at %v, %v", ref, is, was, err)
		}
	}
	if _, ok, err := old.Locate(all[1].Ref); ok || err != nil {
		t.Errorf("the second signature is in the first revision, %v", err)
	}
	for _, end := range []int64{0, -1, f.Size() + 1} {
		if _, err := f.At(end); err == nil {
			t.Errorf("a revision of %d bytes", end)
		}
	}
}

// TestSameStream: data is compared as it is stored.
func TestSameStream(t *testing.T) {
	b := newBuilder()
	b.onePage("", "")
	b.stream(5, "", "one")
	b.stream(6, "/Other 1", "one")
	b.stream(7, "", "two")
	in := b.table()
	now := open(t, sign(t, in, pdf.SignatureSpec{}))
	old, err := now.At(int64(len(in)))
	if err != nil {
		t.Fatal(err)
	}
	get := func(f *pdf.File, n uint32) *pdf.Stream {
		v, err := f.Resolve(pdf.Ref{Number: n})
		if err != nil {
			t.Fatal(err)
		}
		return v.(*pdf.Stream)
	}
	for _, c := range []struct {
		a, b uint32
		want bool
	}{{5, 5, true}, {5, 6, true}, {5, 7, false}} {
		if same, err := pdf.SameStream(old, get(old, c.a), now, get(now, c.b)); err != nil || same != c.want {
			t.Errorf("streams %d and %d: %v, %v", c.a, c.b, same, err)
		}
	}
}
