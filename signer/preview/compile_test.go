package preview_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signservice/signer/preview"
	"signservice/signer/signertest"
)

// TestCompileApart: another process compiled, once for all; pages are drawn from
// what it left, and no process is started again.
func TestCompileApart(t *testing.T) {
	if err := shared.Warm(t.Context()); err != nil { // its Compile is this program
		t.Fatal(err)
	}
	var log bytes.Buffer
	r := preview.New(preview.Config{
		CacheDir: cacheDir, Compile: []string{"/bin/false"}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	defer closed(t, r)
	if _, err := r.Render(t.Context(), document(signertest.PDF{}.Bytes()), preview.View{Width: 50}); err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Errorf("log:\n%s", &log)
	}
}

// TestCompileFails: a process that does not get to its end is told, is not started
// again for each page, and this process compiles nothing in its place.
func TestCompileFails(t *testing.T) {
	dir := t.TempDir()
	count := filepath.Join(dir, "count")
	r := preview.New(preview.Config{
		CacheDir: filepath.Join(dir, "cache"),
		Compile:  []string{"/bin/sh", "-c", "echo x >>" + count + "; kill -9 $$", "sh"},
	})
	for range 3 {
		_, err := r.Text(t.Context(), document(signertest.PDF{}.Bytes()), 1)
		if err == nil || !strings.Contains(err.Error(), "compile pdfium") {
			t.Fatalf("drawn, %v", err)
		}
	}
	closed(t, r)
	if b, err := os.ReadFile(count); err != nil || string(b) != "x\n" {
		t.Errorf("started %q, %v", b, err)
	}
	if files(t, filepath.Join(dir, "cache")) > 0 {
		t.Error("compiled all the same")
	}
	if err := preview.Compile(t.Context(), count); err == nil {
		t.Error("compiled into a file")
	}
}

// TestCompileClosed: Close ends a compilation that is under way.
func TestCompileClosed(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	r := preview.New(preview.Config{
		CacheDir: filepath.Join(t.TempDir(), "cache"),
		Compile:  []string{"/bin/sh", "-c", "touch " + started + "; exec sleep 600", "sh"},
	})
	ended := make(chan error, 1)
	go func() { ended <- r.Warm(t.Context()) }()
	for {
		if _, err := os.Stat(started); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	closed(t, r)
	if err := <-ended; err == nil {
		t.Error("it was compiled")
	}
}
