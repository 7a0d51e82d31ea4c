package preview_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"signservice/signer/preview"
	"signservice/signer/signertest"
)

// slow is a page that takes PDFium minutes: very many shadings over each other.
func slow() []byte {
	return raw("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2000 2000] /Contents 4 0 R /Resources << /ExtGState << /G << /ca 0.5 /BM /Luminosity >> >> >> >>",
		"/G gs "+strings.Repeat("1 0 0 rg 0 0 2000 2000 re f 0 1 0 rg 0 0 1999 1999 re f ", 20000))
}

// hungry is a page with a form that nests into more memory than is allowed.
func hungry() []byte {
	return raw("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 14000 14000] /Contents 4 0 R /Resources << /ExtGState << /G << /ca 0.5 >> >> >> >>",
		strings.Repeat("q ", 1<<20))
}

// TestTimeout: a page that takes too long is given up, and the next one is
// drawn as if nothing had been.
func TestTimeout(t *testing.T) {
	var log bytes.Buffer
	r := preview.New(preview.Config{
		CacheDir: cacheDir, Timeout: 300 * time.Millisecond, Workers: 1,
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	defer closed(t, r)
	for range 2 {
		if _, err := r.Render(t.Context(), document(slow()), preview.View{}); !errors.Is(err, preview.ErrLimit) {
			t.Fatalf("Render: %v, want ErrLimit", err)
		}
		if _, err := r.Render(t.Context(), document(signertest.PDF{}.Bytes()), preview.View{Width: 50}); err != nil {
			t.Fatalf("the next page: %v", err)
		}
	}
	if n := strings.Count(log.String(), "preview worker replaced"); n != 2 {
		t.Errorf("%d workers replaced, want 2:\n%s", n, &log)
	}
}

// TestCancel: a call ends with its context, and the worker is free again.
func TestCancel(t *testing.T) {
	r := preview.New(preview.Config{CacheDir: cacheDir, Workers: 1})
	defer closed(t, r)
	if err := r.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := r.Render(ctx, document(slow()), preview.View{}); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, preview.ErrLimit) {
		t.Errorf("Render: %v, want the context's error", err)
	}
	if _, err := r.Text(t.Context(), document(signertest.PDF{}.Bytes()), 1); err != nil {
		t.Errorf("the next call: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Text(over, document(signertest.PDF{}.Bytes()), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
}

// TestCancelledStart: who leaves during the compilation does not end it.
func TestCancelledStart(t *testing.T) {
	r := preview.New(preview.Config{CacheDir: cacheDir, Workers: 1})
	defer closed(t, r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Warm(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Warm: %v", err)
	}
	if err := r.Warm(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestMemory: a page that wants more memory than is allowed is refused, and the
// next one is drawn.
func TestMemory(t *testing.T) {
	r := preview.New(preview.Config{CacheDir: cacheDir, Workers: 1, MemoryPages: 400, MaxPixels: 40_000_000})
	defer closed(t, r)
	data := signertest.PDF{}.Bytes()
	if _, err := r.Render(t.Context(), document(data), preview.View{DPI: 400}); !errors.Is(err, preview.ErrLimit) {
		t.Errorf("a picture of 15 million pixels in 25 MiB: %v, want ErrLimit", err)
	}
	if _, err := r.Render(t.Context(), document(hungry()), preview.View{Width: 100}); !errors.Is(err, preview.ErrLimit) {
		t.Errorf("a hungry page: %v, want ErrLimit", err)
	}
	if _, err := r.Render(t.Context(), document(data), preview.View{Width: 100}); err != nil {
		t.Errorf("the next page: %v", err)
	}
}

// TestReaderFails: when the document cannot be read, that is said, and not that
// the document is damaged.
func TestReaderFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	d := preview.Document{Reader: readerAt(func([]byte, int64) (int, error) { return 0, broken }), Size: 5000}
	if _, err := shared.Render(t.Context(), d, preview.View{}); !errors.Is(err, broken) || errors.Is(err, preview.ErrDamaged) {
		t.Errorf("Render: %v, want the reader's error", err)
	}
	short := preview.Document{Reader: bytes.NewReader(signertest.PDF{}.Bytes()), Size: 1 << 20}
	if _, err := shared.Render(t.Context(), short, preview.View{}); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("a document shorter than said: %v", err)
	}
}

type readerAt func([]byte, int64) (int, error)

func (f readerAt) ReadAt(p []byte, at int64) (int, error) { return f(p, at) }

// TestManyAtOnce: more callers than workers; each gets its own page.
func TestManyAtOnce(t *testing.T) {
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			data := signertest.PDF{Pages: 12}.Bytes()
			p, err := shared.Render(t.Context(), document(data), preview.View{Page: i + 1, Width: 60})
			if err != nil || p.Page != i+1 {
				t.Errorf("page %d: %+v, %v", i+1, p, err)
			}
		})
	}
	wait.Wait()
}

// TestClose: a closed Renderer says so, and closing twice does no harm.
func TestClose(t *testing.T) {
	r := preview.New(preview.Config{CacheDir: cacheDir})
	if _, err := r.Text(t.Context(), document(signertest.PDF{}.Bytes()), 1); err != nil {
		t.Fatal(err)
	}
	closed(t, r)
	closed(t, r)
	if _, err := r.Text(t.Context(), document(signertest.PDF{}.Bytes()), 1); !errors.Is(err, preview.ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}

func closed(t *testing.T, r *preview.Renderer) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// TestCache: the compiled program is kept, and a folder that others may write
// to is not used.
func TestCache(t *testing.T) {
	if err := shared.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files(t, cacheDir) == 0 {
		t.Error("nothing was kept in the cache")
	}
	dir := filepath.Join(t.TempDir(), "open")
	if err := preview.OpenCacheDir(dir); err != nil {
		t.Errorf("a new folder: %v", err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := preview.OpenCacheDir(dir); err == nil || !strings.Contains(err.Error(), "others may write to it") {
		t.Errorf("a folder open to others: %v", err)
	}
}

// TestWithoutCache: where the folder cannot be used, pages are drawn all the
// same, and the log says why it was slow.
func TestWithoutCache(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles PDFium: slow")
	}
	var log bytes.Buffer
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := preview.New(preview.Config{CacheDir: file, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	defer closed(t, r)
	if _, err := r.Text(t.Context(), document(signertest.PDF{}.Bytes()), 1); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "preview cache not used") {
		t.Errorf("log:\n%s", &log)
	}
}

func files(t *testing.T, dir string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
