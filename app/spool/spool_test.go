package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/secret"
	"signservice/app/spool"
)

const (
	id       = "0123456789abcdef0123456789abcdef"
	original = id + "/original"
	signed   = id + "/signed"
)

func keeper(t testing.TB, seed byte) *secret.Keeper {
	t.Helper()
	k, err := secret.New(bytes.Repeat([]byte{seed}, secret.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t testing.TB, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.New(dir, keeper(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *spool.Spool, name string, data []byte) {
	t.Helper()
	w, err := s.Create(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil { // does nothing now
		t.Fatal(err)
	}
}

func read(t testing.TB, s *spool.Spool, name string) ([]byte, error) {
	t.Helper()
	r, err := s.Open(t.Context(), name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	return io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
}

func expectFile(t testing.TB, s *spool.Spool, name string, want []byte) {
	t.Helper()
	if got, err := read(t, s, name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
	}
}

// noise gives known bytes that repeat nowhere.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b) //nolint:errcheck // never fails
	return b
}

// onDisk gives every path below dir with its content.
func onDisk(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFilesComeBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	sizes := []int{0, 1, 31, 32, 33, 1<<16 - 33, 1<<16 - 32, 1<<16 - 31, 1 << 16, 1<<17 - 32, 300_000}
	name := func(i int) string { return fmt.Sprintf("%032x/original", i) }
	for i, n := range sizes {
		put(t, s, name(i), noise(n))
	}
	again := open(t, dir) // after a restart
	for i, n := range sizes {
		expectFile(t, again, name(i), noise(n))
	}
}

func TestReadingAtOffsets(t *testing.T) {
	s := open(t, t.TempDir())
	data := noise(80_000)
	put(t, s, original, data)
	r, err := s.Open(t.Context(), original)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read
	if err := iotest.TestReader(io.NewSectionReader(r, 0, r.Size()), data); err != nil {
		t.Error(err)
	}
	buffer := make([]byte, 10)
	if n, err := r.ReadAt(buffer, r.Size()); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
	if n, err := r.ReadAt(buffer, r.Size()-3); n != 3 || err != io.EOF {
		t.Errorf("over the end: %d, %v", n, err)
	}
	if _, err := r.ReadAt(buffer, -1); err == nil {
		t.Error("what lies before the document can be read")
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			part := make([]byte, 5000)
			for off := int64(i * 777); off+5000 < r.Size(); off += 4001 {
				if _, err := r.ReadAt(part, off); err != nil || !bytes.Equal(part, data[off:off+5000]) {
					t.Errorf("at %d: %v", off, err)
				}
			}
		})
	}
	group.Wait()
}

func TestNothingIsReadableOnDisk(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	canary := []byte("%PDF-1.7 the salary of Mary is 4711")
	put(t, s, original, bytes.Repeat(canary, 5000))
	w, err := s.Create(t.Context(), signed) // still open while we look
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(bytes.Repeat(canary, 5000)); err != nil {
		t.Fatal(err)
	}
	files := onDisk(t, dir)
	if len(files) != 3 {
		t.Errorf("%d files on disk", len(files))
	}
	for path, data := range files {
		for _, leak := range []string{"PDF", "salary", "Mary", "4711", "AGE-SECRET-KEY"} {
			if bytes.Contains(data, []byte(leak)) {
				t.Errorf("%s holds %q", path, leak)
			}
		}
		if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
		}
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileExistsOnlyAfterCommit(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	w, err := s.Create(t.Context(), original)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(noise(100_000)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), original); !errors.Is(err, app.NotFound) {
		t.Errorf("open before commit: %v", err)
	}
	for range 2 {
		if err := w.Abort(); err != nil {
			t.Errorf("abort: %v", err)
		}
	}
	if err := w.Commit(); err == nil {
		t.Error("an aborted file can be committed")
	}
	if _, err := s.Open(t.Context(), original); !errors.Is(err, app.NotFound) {
		t.Errorf("open after abort: %v", err)
	}
	if files := onDisk(t, dir); len(files) != 1 {
		t.Errorf("left on disk: %d files", len(files))
	}
}

func TestCommittingAgainReplaces(t *testing.T) {
	s := open(t, t.TempDir())
	put(t, s, signed, []byte("first"))
	r, err := s.Open(t.Context(), signed)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read
	put(t, s, signed, []byte("the second"))
	old := make([]byte, r.Size())
	if _, err := r.ReadAt(old, 0); err != nil && err != io.EOF || string(old) != "first" {
		t.Errorf("who had it open reads %q, %v", old, err)
	}
	expectFile(t, s, signed, []byte("the second"))
}

func TestDeleteAndList(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	other := strings.Repeat("f", 32) + "/current"
	for _, name := range []string{signed, other, original} {
		put(t, s, name, []byte(name))
	}
	list := func(want ...string) {
		t.Helper()
		got, err := s.List(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("list: %v\n%s", err, diff)
		}
	}
	list(original, signed, other)
	for range 2 { // a file that does not exist is no error
		if err := s.Delete(t.Context(), original); err != nil {
			t.Fatal(err)
		}
	}
	list(signed, other)
	if err := s.Delete(t.Context(), signed); err != nil {
		t.Fatal(err)
	}
	list(other)
	if _, err := os.Stat(filepath.Join(dir, id)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the empty folder stays: %v", err)
	}
	put(t, s, original, []byte("again"))
	list(original, other)
}

func TestNamesThatAreNone(t *testing.T) {
	s := open(t, t.TempDir())
	for _, name := range []string{
		"", "/", "original", id, id + "/", "/original", id + "/../x", "../" + id + "/original", id + "/original/x",
		id + "/Original", strings.ToUpper(id) + "/original", id[:15] + "/original", id + id + "0/original", id + `\original`,
		id + "/.tmp", id + "/original.pdf", id + "//original", "./" + original, original + "\n", id + "/original\x00",
		"identity.sealed", "tmp/x", id + "/" + strings.Repeat("a", 33),
	} {
		if w, err := s.Create(t.Context(), name); err == nil {
			t.Errorf("%q can be written", name)
			w.Abort() //nolint:errcheck // the test failed
		}
		if _, err := s.Open(t.Context(), name); err == nil || errors.Is(err, app.NotFound) {
			t.Errorf("open %q: %v", name, err)
		}
		if err := s.Delete(t.Context(), name); err == nil {
			t.Errorf("%q can be deleted", name)
		}
	}
}

func TestManyWritersAndDeleters(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var group sync.WaitGroup
	for i := range 6 {
		name := fmt.Sprintf("%032x/original", i)
		group.Go(func() {
			for range 20 {
				put(t, s, name, []byte(name))
				expectFile(t, s, name, []byte(name))
				if err := s.Delete(t.Context(), name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if files := onDisk(t, dir); len(files) != 1 {
		t.Errorf("left on disk: %d files", len(files))
	}
}
