package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// An output is a file that appears whole or not at all.
type output struct {
	name string
	sync bool // the file and its name are on the disk when write returns
}

// write has the file written beside its final place and renames it when it is
// whole, so that it is never half a file. It may replace the file it is made of.
func (o output) write(write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(o.name), "."+filepath.Base(o.name)+".*")
	if err != nil {
		return o.cannot(err)
	}
	if err := errors.Join(o.fill(f, write), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), o.name); err != nil {
		return errors.Join(o.cannot(err), os.Remove(f.Name()))
	}
	if o.sync {
		return o.syncName()
	}
	return nil
}

// fill has the file written, and makes it last where that is asked for.
func (o output) fill(f *os.File, write func(*os.File) error) error {
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return o.cannot(err)
	}
	if !o.sync {
		return nil
	}
	if err := f.Sync(); err != nil {
		return o.cannot(err)
	}
	return nil
}

// syncName makes the renaming last: a name is part of its folder, which has to
// be synced by itself (fsync(2)).
func (o output) syncName() error {
	dir, err := os.Open(filepath.Dir(o.name))
	if err != nil {
		return fmt.Errorf("sync the folder of %s: %w", o.name, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync the folder of %s: %w", o.name, err)
	}
	return nil
}

// cannot names the file that was asked for, not the temporary one.
func (o output) cannot(err error) error {
	cause := err
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		cause = path.Err
	case errors.As(err, &link):
		cause = link.Err
	}
	return fmt.Errorf("%s cannot be written: %w", o.name, cause)
}
