package backup_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"signservice/app"
	"signservice/app/backup"
	"signservice/app/store"
)

// BenchmarkDrill backs a large store up and restores it, every check included.
// BACKUP_MB is its size; 512 when it is not set.
func BenchmarkDrill(b *testing.B) {
	size := 512
	if text := os.Getenv("BACKUP_MB"); text != "" {
		if _, err := fmt.Sscan(text, &size); err != nil {
			b.Fatal(err)
		}
	}
	w := newWorld(b)
	for i := range size { // a megabyte each
		ballast := make([]byte, 768<<10)
		rand.Read(ballast) //nolint:errcheck // it never fails
		value, err := json.Marshal(ballast)
		w.must(err)
		w.must(w.backend.Update(b.Context(), func(tx store.Tx) error { return tx.Put("ballast", fmt.Sprintf("%06d", i), value) }))
	}
	for range 20 {
		w.must(w.store.Audit(b.Context(), make([]app.AuditEntry, 1000)...))
	}
	var made backup.Made
	b.Run("backup", func(b *testing.B) {
		c := w.config()
		c.Out, c.Force = w.shelf+"/drill.age", true
		for b.Loop() {
			var err error
			made, err = backup.Create(b.Context(), c)
			w.must(err)
		}
		b.SetBytes(made.Size)
	})
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			c := w.restoring(made.Path)
			_, err := backup.Restore(b.Context(), c)
			w.must(err)
			w.must(os.RemoveAll(c.Dir))
		}
		b.SetBytes(made.Size)
	})
}
