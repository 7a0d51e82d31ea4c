package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestServe shows the gallery as the program does, and ends when it is told.
func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	said, say := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, "127.0.0.1:0", say) }()
	line := make([]byte, 100)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	base, ok := strings.CutPrefix(strings.TrimSpace(string(line[:n])), "gallery: ")
	if !ok {
		t.Fatalf("it says %q", line[:n])
	}
	for path, want := range map[string]string{"": "form-ready", "ru/form-ready?live": "sign.js", "de/settings-confirm?live&theme=dark": `data-theme="dark"`} {
		if body := get(t, base+path); !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s does not hold %q", path, want)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
}

// TestServeRefuses says why it cannot be shown at an address.
func TestServeRefuses(t *testing.T) {
	if err := serve(t.Context(), "127.0.0.1:nowhere", io.Discard); err == nil {
		t.Error("it serves nowhere")
	}
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := new(http.Client).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
	return body
}
