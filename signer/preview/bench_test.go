package preview_test

import (
	"testing"

	"signservice/signer/preview"
	"signservice/signer/signertest"
)

// BenchmarkFirst: from nothing to the first page, PDFium compiled before.
func BenchmarkFirst(b *testing.B) {
	warm(b)
	data := signertest.PDF{Pages: 5}.Bytes()
	for b.Loop() {
		r := preview.New(preview.Config{CacheDir: cacheDir})
		if _, err := r.Render(b.Context(), document(data), preview.View{}); err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNext: a page at 96 dpi when everything is warm, of a small document
// and of one of 2 MB.
func BenchmarkNext(b *testing.B) {
	warm(b)
	for name, pdf := range map[string]signertest.PDF{
		"small": {Pages: 5}, "2MB": {Pages: 5, Size: 2 << 20}, "1000pages": {Pages: 1000, ObjectStream: true},
	} {
		data := pdf.Bytes()
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := shared.Render(b.Context(), document(data), preview.View{Page: preview.Last}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkText: the words of a page.
func BenchmarkText(b *testing.B) {
	warm(b)
	data := signertest.PDF{Pages: 5}.Bytes()
	for b.Loop() {
		if _, err := shared.Text(b.Context(), document(data), 1); err != nil {
			b.Fatal(err)
		}
	}
}

func warm(b *testing.B) {
	b.Helper()
	if err := shared.Warm(b.Context()); err != nil {
		b.Fatal(err)
	}
}
