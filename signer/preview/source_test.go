package preview_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"signservice/signer/preview"
)

// TestSource: whatever PDFium asks for, it gets the document's bytes, and the
// reader below is asked for large blocks only.
func TestSource(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 3<<20+12345)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	if err := iotest.TestReader(preview.NewSource(document(data[:200_000])), data[:200_000]); err != nil {
		t.Error(err)
	}
	calls := 0
	s := preview.NewSource(preview.Document{Size: int64(len(data)), Reader: readerAt(func(p []byte, at int64) (int, error) {
		calls++
		return bytes.NewReader(data).ReadAt(p, at)
	})})
	buffer := make([]byte, 512)
	for range 2000 { // within 16 blocks
		at := random.IntN(1<<20 - len(buffer))
		if _, err := s.Seek(int64(at), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(s, buffer); err != nil || !bytes.Equal(buffer, data[at:at+512]) {
			t.Fatalf("other bytes at %d (%v)", at, err)
		}
	}
	if calls > 16 {
		t.Errorf("%d reads for 2000 small ones within 1 MiB", calls)
	}
}
