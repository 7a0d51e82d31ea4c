package bitrix_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"signservice/bitrix"
)

func TestUploadEncodesEverySize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 2, 3, 4, 24<<10 - 1, 24 << 10, 24<<10 + 1, 48 << 10, 100_001} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(random.Uint32())
		}
		p := newPortal(t, script(reply(200, `{"result":{"ID":1}}`)))
		f := bitrix.File{Name: `a "quoted" \ имя.pdf`, Content: bytes.NewReader(content), Size: int64(size)}
		if _, err := p.client(t).UploadVersion(context.Background(), 1, f); err != nil {
			t.Fatal(err)
		}
		pair, _ := p.seen()[0].Params["fileContent"].([]any)
		got, err := base64.StdEncoding.DecodeString(pair[1].(string))
		if err != nil || !bytes.Equal(got, content) || pair[0] != ` имя.pdf` && pair[0] != `имя.pdf` {
			t.Errorf("%d bytes: name %q, %d bytes, %v", size, pair[0], len(got), err)
		}
	}
}

func TestUploadIsSentAgainWhole(t *testing.T) {
	var n int
	p := newPortal(t, func(w http.ResponseWriter, c call) {
		if n++; n == 1 {
			refusal(503, "QUERY_LIMIT_EXCEEDED", "")(w)
			return
		}
		say(w, 200, `{"result":{"ID":1}}`)
	})
	if _, err := p.client(t).UploadVersion(context.Background(), 1, pdf("a.pdf", "content")); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.seen() {
		if got := fmt.Sprint(c.Params["fileContent"]); got != "[a.pdf Y29udGVudA==]" || c.HTTP.ContentLength <= 0 {
			t.Errorf("sent %s with length %d", got, c.HTTP.ContentLength)
		}
	}
}

// An empty file is answered with an error and deletes the old one all the
// same, so it must not leave the house.
func TestUploadRefusesWhatWouldDestroy(t *testing.T) {
	ctx := context.Background()
	p := newPortal(t, script(reply(200, `{"result":{"item":{"id":1}}}`)))
	c := p.client(t)
	for name, run := range map[string]func() error{
		"empty version":     func() error { _, err := c.UploadVersion(ctx, 1, bitrix.File{Name: "a.pdf"}); return err },
		"empty single file": func() error { _, err := c.UpdateItem(ctx, 2, 1, bitrix.Params{"UF": pdf("a", "")}); return err },
		"empty file in slots": func() error {
			_, err := c.UpdateItem(ctx, 2, 1, bitrix.Params{"UF": bitrix.FileSlots{bitrix.Keep(1), bitrix.Put(pdf("a", ""))}})
			return err
		},
		"empty file in a note": func() error {
			_, err := c.AddComment(ctx, bitrix.NewComment{Entity: 2, EntityID: 1, Text: "x", Files: []bitrix.File{{}}})
			return err
		},
		"negative size": func() error { f := pdf("a", "x"); f.Size = -1; _, err := c.UploadVersion(ctx, 1, f); return err },
		"no slots":      func() error { _, err := c.UpdateItem(ctx, 2, 1, bitrix.Params{"UF": bitrix.FileSlots{}}); return err },
		"slot without id": func() error {
			_, err := c.UpdateItem(ctx, 2, 1, bitrix.Params{"UF": bitrix.FileSlots{bitrix.Keep(0)}})
			return err
		},
		"a slot as a field":    func() error { _, err := c.UpdateItem(ctx, 2, 1, bitrix.Params{"UF": bitrix.Keep(5)}); return err },
		"what JSON cannot say": func() error { _, err := c.UpdateItem(ctx, 2, 1, bitrix.Params{"UF": func() {}}); return err },
	} {
		if err := run(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if n := len(p.seen()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// The file ends before its declared size: the portal must not get a body that
// looks whole.
func TestUploadOfAFileThatShrinks(t *testing.T) {
	whole := make(chan bool, 1)
	server := serve(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		whole <- err == nil && json.Valid(data)
	})
	defer server.Close()
	f := bitrix.File{Name: "a.pdf", Content: strings.NewReader("short"), Size: 1 << 20}
	_, err := newClient(t, configFor(server)).UploadVersion(context.Background(), 1, f)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	if <-whole {
		t.Error("the portal got a whole body")
	}
}

// The portal answers before it has read the file: nothing reads the file once
// the call has returned.
func TestUploadLeavesTheFileAloneAfterwards(t *testing.T) {
	for range 4 {
		server := serve(func(w http.ResponseWriter, _ *http.Request) { say(w, 200, `{"result":{"ID":1}}`) })
		f := &watched{}
		_, _ = newClient(t, configFor(server)).UploadVersion(context.Background(), 1, bitrix.File{Name: "a.pdf", Content: f, Size: 8 << 20})
		f.returned.Store(true)
		server.Close()
		if f.late.Load() {
			t.Fatal("the file was read after the call had returned")
		}
	}
}

// watched is a file that tells whether it is read too late.
type watched struct {
	endless
	returned, late atomic.Bool
}

func (f *watched) ReadAt(p []byte, off int64) (int, error) {
	if f.returned.Load() {
		f.late.Store(true)
	}
	return f.endless.ReadAt(p, off)
}

// endless is a file of any size that takes no memory.
type endless struct{}

func (endless) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		p[i] = byte(off+int64(i)) * 7
	}
	return len(p), nil
}

// A file of 64 MB goes out while the memory in use grows by much less.
func TestUploadNeedsNoMemoryForTheFile(t *testing.T) {
	const size = 64 << 20
	var arrived int64
	var peak uint64
	var sum [32]byte
	server := serve(func(w http.ResponseWriter, r *http.Request) {
		hash := sha256.New()
		piece := make([]byte, 1<<20)
		for i := 0; ; i++ {
			n, err := io.ReadFull(r.Body, piece)
			hash.Write(piece[:n])
			arrived += int64(n)
			if i%8 == 0 {
				runtime.GC() // what stays now is in use
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
			if err != nil {
				break
			}
		}
		copy(sum[:], hash.Sum(nil))
		say(w, 200, `{"result":{"ID":1}}`)
	})
	defer server.Close()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := newClient(t, configFor(server)).UploadVersion(context.Background(), 1, bitrix.File{Name: "a.pdf", Content: endless{}, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	if arrived < size/3*4 {
		t.Fatalf("%d bytes arrived", arrived)
	}
	if grown := int64(peak) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("memory in use grew by %d kB", grown>>10)
	} else {
		t.Logf("memory in use grew by %d kB for a file of %d kB", grown>>10, size>>10)
	}
	want := sha256.New()
	_, _ = fmt.Fprintf(want, `{"auth":"%s","fileContent":["a.pdf","`, token)
	enc := base64.NewEncoder(base64.StdEncoding, want)
	_, _ = io.Copy(enc, io.NewSectionReader(endless{}, 0, size))
	_ = enc.Close()
	_, _ = io.WriteString(want, `"],"id":1}`)
	if !bytes.Equal(want.Sum(nil), sum[:]) {
		t.Error("other bytes arrived")
	}
}
