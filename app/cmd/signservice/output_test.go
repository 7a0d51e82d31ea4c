package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutput: a file appears whole or not at all, whether or not it is waited
// for, and what goes wrong is told of the file that was asked for.
func TestOutput(t *testing.T) {
	refused := errors.New("refused")
	write := func(text string, err error) func(*os.File) error {
		return func(f *os.File) error {
			_, failed := f.WriteString(text)
			return errors.Join(failed, err)
		}
	}
	for name, c := range map[string]struct {
		file  string
		write func(*os.File) error
		cause error  // nil where it is written
		is    string // what old.pdf holds then
	}{
		"new":                 {"new.pdf", write("new", nil), nil, "old"},
		"over another":        {"old.pdf", write("new", nil), nil, "new"},
		"failed":              {"new.pdf", write("half", refused), refused, "old"},
		"failed over another": {"old.pdf", write("half", refused), refused, "old"},
		"no folder":           {"none/new.pdf", write("new", nil), os.ErrNotExist, "old"},
		"a folder is there":   {"folder", write("new", nil), os.ErrExist, "old"},
	} {
		for _, sync := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				if err := errors.Join(os.WriteFile(filepath.Join(dir, "old.pdf"), []byte("old"), 0o600), os.Mkdir(filepath.Join(dir, "folder"), 0o700)); err != nil {
					t.Fatal(err)
				}
				err := output{name: filepath.Join(dir, c.file), sync: sync}.write(c.write)
				if !errors.Is(err, c.cause) {
					t.Errorf("got %v, want %v", err, c.cause)
				}
				if err != nil && !errors.Is(err, refused) && !strings.Contains(err.Error(), c.file+" cannot be written") {
					t.Errorf("the file is not named: %v", err)
				}
				if is, err := os.ReadFile(filepath.Join(dir, "old.pdf")); err != nil || string(is) != c.is {
					t.Errorf("old.pdf holds %q, %v", is, err)
				}
				nothingElse(t, dir, c.cause == nil)
			})
		}
	}
}

// nothingElse wants no file but those that were there, and new.pdf if it was
// written.
func nothingElse(t *testing.T, dir string, written bool) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "old.pdf", name == "folder", name == "new.pdf" && written:
		default:
			t.Errorf("%s is left", name)
		}
	}
}
