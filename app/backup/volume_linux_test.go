package backup_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"signservice/app/backup"
)

// volume mounts a file system of the given size in memory over a folder.
func volume(t *testing.T, dir string, size int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", size)); err != nil {
		t.Skipf("a file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// TestVolume restores into an empty volume, whose folder cannot be replaced, as a
// container has it.
func TestVolume(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	c := w.restoring(w.backUp().Path)
	volume(t, c.Dir, 64<<20)
	_, err := backup.Restore(t.Context(), c)
	w.must(err)
	w.whole(c.Dir)
}

// TestFullDisk leaves nothing on a disk that has no room for the whole.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	made := w.backUp()
	small := filepath.Join(t.TempDir(), "small")
	volume(t, small, 128<<10)
	c := w.config()
	c.Out = small
	if _, err := backup.Create(t.Context(), c); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("backup: %v", err)
	}
	r := w.restoring(made.Path)
	for _, r.Dir = range []string{small, filepath.Join(small, "new")} {
		if _, err := backup.Restore(t.Context(), r); !errors.Is(err, syscall.ENOSPC) || errors.Is(err, backup.ErrDamaged) {
			t.Errorf("restore into %s: %v", r.Dir, err)
		}
	}
	if left := list(t, small); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
