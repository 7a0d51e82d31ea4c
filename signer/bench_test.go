package signer_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signservice/signer"
	"signservice/signer/signertest"
)

// signFile does what the command line does: one read of the input, one written
// copy, one signature.
func signFile(tb testing.TB, in, out *os.File, size int64, key crypto.Signer, o signer.Options) {
	tb.Helper()
	if err := rewind(out); err != nil {
		tb.Fatal(err)
	}
	o.Copy = out
	p, err := signer.Prepare(tb.Context(), in, size, o)
	if err != nil {
		tb.Fatal(err)
	}
	container, err := signer.Sign(tb.Context(), p, key)
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.WriteContents(out, container); err != nil {
		tb.Fatal(err)
	}
}

// floor does what nobody can do without: one read with SHA-256, one written
// copy, one signature.
func floor(tb testing.TB, in, out *os.File, size int64, key crypto.Signer) {
	tb.Helper()
	if err := rewind(out); err != nil {
		tb.Fatal(err)
	}
	hash := sha256.New()
	buffer := make([]byte, 256<<10)
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(hash, out)}, struct{ io.Reader }{io.NewSectionReader(in, 0, size)}, buffer); err != nil {
		tb.Fatal(err)
	}
	if _, err := key.Sign(rand.Reader, hash.Sum(nil), crypto.SHA256); err != nil {
		tb.Fatal(err)
	}
}

func rewind(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// files makes the input and an output for a benchmark.
func files(tb testing.TB, size int) (in, out *os.File, length int64) {
	tb.Helper()
	dir := tb.TempDir()
	data := signertest.PDF{Pages: 3, Size: size}.Bytes()
	name := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	in, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { in.Close() })
	if out, err = os.Create(filepath.Join(dir, "out.pdf")); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { out.Close() })
	return in, out, int64(len(data))
}

// BenchmarkSign tells what a signature costs against the floor, measured in
// turns with it: x-floor is the ratio of the sums.
func BenchmarkSign(b *testing.B) {
	id := signertest.SelfSigned(b, signertest.Leaf{Algorithm: signertest.RSA2048})
	for _, size := range []int{100_000, 1_000_000, 10_000_000} {
		b.Run(fmt.Sprintf("%dKB", size/1000), func(b *testing.B) {
			in, out, length := files(b, size)
			var ours, least time.Duration
			b.SetBytes(length)
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				signFile(b, in, out, length, id.Key, options(id))
				ours += time.Since(start)
				b.StopTimer()
				start = time.Now()
				floor(b, in, out, length, id.Key)
				least += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(ours)/float64(least), "x-floor")
		})
	}
}

// BenchmarkVerify tells what it costs to look at a file with two signatures.
func BenchmarkVerify(b *testing.B) {
	id := signertest.SelfSigned(b, signertest.Leaf{})
	first, _ := sign(b, signertest.PDF{Pages: 100, Size: 1_000_000}.Bytes(), id.Key, options(id))
	second, _ := sign(b, first, id.Key, options(id))
	b.SetBytes(int64(len(second)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signer.Verify(b.Context(), bytes.NewReader(second), int64(len(second)), signer.VerifyOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
