package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// target is the folder to restore into.
type target struct {
	dir string
	// stage is where the files lie until all of them have proved right.
	stage string
	// inside tells that the folder was there: then what is in stage moves up. It may
	// be a volume of its own, which cannot be replaced.
	inside bool
}

// stageName is the stage in a folder that was there.
const stageName = ".restore" + unfinished

// prepare refuses a folder that holds something and makes the stage.
func prepare(dir string) (*target, error) {
	dir = filepath.Clean(dir)
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		stage, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*"+unfinished) // mode 0700
		return &target{dir: dir, stage: stage}, err
	}
	if err != nil {
		return nil, err
	}
	t := &target{dir: dir, stage: filepath.Join(dir, stageName), inside: true}
	for _, e := range list {
		// A volume of its own has lost+found, and a process that was killed leaves
		// its stage.
		if e.Name() != "lost+found" && e.Name() != stageName {
			return nil, fmt.Errorf("%s: %w", dir, ErrNotEmpty)
		}
	}
	if err := os.RemoveAll(t.stage); err != nil {
		return nil, err
	}
	return t, os.Mkdir(t.stage, 0o700)
}

// commit gives the folder its name or its content, durably.
func (t *target) commit() error {
	if !t.inside {
		if err := os.Rename(t.stage, t.dir); err != nil {
			return err
		}
		return syncDir(filepath.Dir(t.dir))
	}
	// The store comes last: without it the folder is none of a service's.
	var moved []string
	for _, name := range []string{"spool", "pins", storeName} {
		err := os.Rename(filepath.Join(t.stage, name), filepath.Join(t.dir, name))
		switch {
		case err == nil:
			moved = append(moved, filepath.Join(t.dir, name))
		case !errors.Is(err, fs.ErrNotExist):
			for _, path := range moved {
				err = errors.Join(err, os.RemoveAll(path))
			}
			return err
		}
	}
	return syncDir(t.dir)
}

// leave removes the stage, or what is left of it.
func (t *target) leave() error { return os.RemoveAll(t.stage) }
