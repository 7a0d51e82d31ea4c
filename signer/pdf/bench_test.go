package pdf_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"signservice/signer/pdf"
)

// madeFile gives the path of a file of about the given size: pages of text in
// plain streams.
func madeFile(t testing.TB, pages, bytesPerPage int) string {
	t.Helper()
	b := newBuilder()
	b.tree(pages, bytesPerPage)
	path := filepath.Join(t.TempDir(), "made.pdf")
	if err := os.WriteFile(path, b.table(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// BenchmarkAppend sets AppendSignature beside the floor: one read of the file
// with SHA-256, one written copy.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []struct {
		name         string
		pages, bytes int
	}{{"100KB", 4, 25_000}, {"1MB", 40, 25_000}, {"10MB", 400, 25_000}, {"100MB", 400, 250_000}, {"10000pages", 10_000, 450}} {
		in := madeFile(b, size.pages, size.bytes)
		out := filepath.Join(b.TempDir(), "out.pdf")
		b.Run("floor/"+size.name, func(b *testing.B) { benchFile(b, in, out, floor) })
		b.Run("append/"+size.name, func(b *testing.B) { benchFile(b, in, out, appendTo) })
	}
}

func benchFile(b *testing.B, in, out string, do func(*os.File, int64, io.Writer) error) {
	b.ReportAllocs()
	for b.Loop() {
		r, err := os.Open(in)
		if err != nil {
			b.Fatal(err)
		}
		st, err := r.Stat()
		if err != nil {
			b.Fatal(err)
		}
		w, err := os.Create(out)
		if err != nil {
			b.Fatal(err)
		}
		if err := do(r, st.Size(), w); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(st.Size())
		r.Close()
		w.Close()
	}
}

var floorBuffer = make([]byte, 256<<10)

func floor(r *os.File, _ int64, w io.Writer) error {
	h := sha256.New()
	for {
		n, err := r.Read(floorBuffer)
		h.Write(floorBuffer[:n])
		if _, err := w.Write(floorBuffer[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func appendTo(r *os.File, size int64, w io.Writer) error {
	f, err := pdf.Open(r, size, pdf.Options{})
	if err != nil {
		return err
	}
	n, err := f.Pages()
	if err != nil {
		return err
	}
	res, err := f.AppendSignature(context.Background(), w, pdf.SignatureSpec{Page: n})
	if err != nil {
		return err
	}
	return pdf.WriteContents(w.(io.WriterAt), res, bytes.Repeat([]byte{1}, 2000))
}

var _ = fmt.Sprint
