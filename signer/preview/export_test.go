package preview

import (
	"context"
	"io/fs"
)

// What tests look at from inside.

// FindFonts gives the file system that PDFium sees.
func FindFonts(dirs []string) fs.FS { return findFonts(dirs) }

// OpenCacheDir opens a cache and closes it again.
func OpenCacheDir(dir string) error {
	cache, err := openCacheDir(dir)
	if err != nil {
		return err
	}
	return cache.Close(context.Background())
}

// NewSource gives what PDFium reads a document through.
func NewSource(d Document) *source { return newSource(d) } //nolint:revive // for tests only
