package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"signservice/app"
	"signservice/app/store"
	"signservice/app/store/bolt"
)

// filled makes a file with some rows and gives its content.
func filled(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	b := open(t, path)
	for round := range 3 { // several commits, so that there are free pages
		err := b.Update(t.Context(), func(tx store.Tx) error {
			for i := range 200 {
				value := fmt.Appendf(nil, `{"round":%d,"text":"%0*d"}`, round, i, i)
				if err := tx.Put(fmt.Sprintf("bucket%d", i%4), fmt.Sprintf("key%04d", i), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestDamagedFilesNeverCrash overwrites random parts of the file. Open refuses
// or the rows can be read and written; the process lives either way.
func TestDamagedFilesNeverCrash(t *testing.T) {
	const trials = 2000
	content := filled(t)
	random := rand.New(rand.NewPCG(3, 4))
	refused := 0
	dir := t.TempDir()
	for trial := range trials {
		path := filepath.Join(dir, fmt.Sprintf("%d.db", trial))
		damaged := damage(random, content)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			refused++
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, damaged) {
				t.Fatalf("trial %d: a refused file was changed: %v", trial, err)
			}
			continue
		}
		readEverything(t, b)
		if err := b.Close(); err != nil {
			t.Errorf("trial %d: close: %v", trial, err)
		}
	}
	t.Logf("%d of %d damaged files refused", refused, trials)
	if refused < trials/4 {
		t.Errorf("only %d refused", refused)
	}
}

// damage changes a page, some bytes, or the length.
func damage(random *rand.Rand, content []byte) []byte {
	damaged := bytes.Clone(content)
	at := random.IntN(len(damaged))
	switch random.IntN(4) {
	case 0: // a page of noise
		at -= at % 4096
		for i := range 4096 {
			damaged[at+i] = byte(random.Uint32())
		}
	case 1: // a page that was never written
		at -= at % 4096
		clear(damaged[at : at+4096])
	case 2: // single bytes, in the heads of pages
		at -= at % 4096
		for range 4 {
			damaged[at+random.IntN(64)] = byte(random.Uint32())
		}
	case 3:
		damaged = damaged[:at]
	}
	return damaged
}

func readEverything(t *testing.T, b *bolt.Backend) {
	t.Helper()
	err := b.View(t.Context(), func(tx store.Tx) error {
		for i := range 4 {
			for _, err := range tx.Scan(fmt.Sprintf("bucket%d", i), store.Range{}) {
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("a file that was taken cannot be read: %v", err)
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	for name, content := range map[string][]byte{
		"an empty file": {},
		"a text":        []byte("this is no store"),
		"zeros":         make([]byte, 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := bolt.Open(path, bolt.Options{})
			var failure *app.Error
			if !errors.As(err, &failure) || failure.Key != "store.damaged" {
				t.Errorf("open: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

// TestWholeFilesAreTaken writes, deletes and reopens at random: no file that
// bbolt left is refused.
func TestWholeFilesAreTaken(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	path := filepath.Join(t.TempDir(), "store.db")
	for range 25 {
		b := open(t, path)
		for range random.IntN(6) {
			err := b.Update(t.Context(), func(tx store.Tx) error { return churn(random, tx) })
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func churn(random *rand.Rand, tx store.Tx) error {
	for range random.IntN(200) {
		bucket, key := fmt.Sprintf("bucket%d", random.IntN(30)), fmt.Sprintf("key%04d", random.IntN(2000))
		if random.IntN(3) == 0 {
			if err := tx.Delete(bucket, key); err != nil {
				return err
			}
			continue
		}
		size := random.IntN(300)
		if random.IntN(50) == 0 {
			size = random.IntN(40_000) // needs pages of its own
		}
		if err := tx.Put(bucket, key, bytes.Repeat([]byte{'x'}, size+1)); err != nil {
			return err
		}
	}
	return nil
}
