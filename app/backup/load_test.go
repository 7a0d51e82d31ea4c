package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/backup"
)

// TestUnderLoad backs up while documents are frozen. The copy has every record
// that was acknowledged before it began, every file that its records name, and
// an unbroken audit log.
func TestUnderLoad(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	var acknowledged sync.Map
	var count atomic.Int64
	stop := make(chan struct{})
	var working sync.WaitGroup
	for range 4 {
		working.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r, err := freeze(t.Context(), w.store, w.spool)
				if err != nil {
					t.Error(err)
					return
				}
				acknowledged.Store(r.ID, true)
				count.Add(1)
			}
		})
	}
	more := func() error { // waits until the load has gone on
		for until := count.Load() + 20; count.Load() < until; {
			time.Sleep(time.Millisecond)
		}
		return nil
	}
	for range 3 {
		if err := more(); err != nil {
			t.Fatal(err)
		}
		before := map[app.RequestID]bool{}
		acknowledged.Range(func(id, _ any) bool { before[id.(app.RequestID)] = true; return true })
		c := w.config()
		c.Source, c.Out = source{Source: w.store, after: more}, filepath.Join(w.shelf, "load.age")
		c.Force = true
		made, err := backup.Create(t.Context(), c)
		w.must(err)
		r := w.restoring(made.Path)
		_, err = backup.Restore(t.Context(), r)
		w.must(err)
		requests := w.whole(r.Dir)
		for _, request := range requests {
			delete(before, request.ID)
		}
		if len(before) > 0 {
			t.Errorf("%d records that were there before are missing", len(before))
		}
		if files := len(made.Manifest.Files); files < len(requests)+20 {
			t.Errorf("%d files beside %d requests: nothing happened meanwhile", files, len(requests))
		}
	}
	close(stop)
	working.Wait()
}

// TestSweepMeanwhile deletes files between the copy of the store and that of the
// spool, as the sweep does: after the restore the sweep finds them gone and goes on.
func TestSweepMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	late := time.Now().Add(24 * time.Hour)
	due, err := w.store.Stale(t.Context(), late) // the document expires
	w.must(err)
	if len(due.Removable) != 1 {
		t.Fatalf("due are %v", due)
	}
	gone := due.Removable[0]
	c := w.config()
	c.Source = source{Source: w.store, after: func() error {
		return errors.Join(w.spool.Delete(t.Context(), string(gone.ID)+"/original"), w.store.Cleared(t.Context(), gone.Portal, gone.ID))
	}}
	made, err := backup.Create(t.Context(), c)
	w.must(err)
	r := w.restoring(made.Path)
	_, err = backup.Restore(t.Context(), r)
	w.must(err)
	_, records, files := w.open(r.Dir, w.keeper)
	again, err := records.Stale(t.Context(), late)
	if err != nil || len(again.Removable) != 1 || again.Removable[0] != gone {
		t.Fatalf("due are %v, %v", again, err)
	}
	if err := errors.Join(files.Delete(t.Context(), string(gone.ID)+"/original"), records.Cleared(t.Context(), gone.Portal, gone.ID)); err != nil {
		t.Error(err)
	}
}

// TestVanishing backs up a folder from which a file is taken away after it was
// listed.
func TestVanishing(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	link := filepath.Join(w.dir, "pins", "pin-6a")
	w.must(os.Symlink("/etc/passwd", link)) // none of a service's: it is not followed
	made := w.backUp()
	for _, f := range made.Manifest.Files {
		if f.Name == "pins/pin-6a" {
			t.Error("a link was followed")
		}
	}
}
