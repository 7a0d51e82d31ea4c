package preview

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// fontHome is where PDFium looks for fonts.
const fontHome = "usr/share/fonts"

// maxFonts bounds the fonts that are shown: PDFium looks into each of them when
// a document first names a font that it does not embed.
const maxFonts = 512

// A fontFS is the file system that PDFium sees: fonts, all in one folder, and
// the folders above it. PDFium stops listing a folder when it cannot look at
// "..", so the folder cannot be the root of what it sees.
type fontFS struct {
	files    map[string]string // name → path on this machine
	standIns map[string]standIn
}

// findFonts lists the fonts below some folders. What cannot be read is left out.
func findFonts(dirs []string) fontFS {
	f := fontFS{files: map[string]string{}}
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
			if err != nil || len(f.files) >= maxFonts {
				return fs.SkipAll
			}
			switch strings.ToLower(filepath.Ext(p)) {
			case ".ttf", ".otf", ".ttc":
				if e.Type().IsRegular() {
					f.files[e.Name()] = p
				}
			}
			return nil
		})
	}
	f.standIns = findStandIns(f.files)
	return f
}

// Open implements fs.FS.
func (f fontFS) Open(name string) (fs.File, error) {
	if dir, file := path.Split(name); dir == fontHome+"/" {
		if real, ok := f.files[file]; ok {
			return os.Open(real)
		}
		if s, ok := f.standIns[file]; ok {
			return s.open()
		}
	}
	switch {
	case name == fontHome:
		return &folder{name: name, entries: f.names(), files: f}, nil
	case name == ".":
		first, _, _ := strings.Cut(fontHome, "/")
		return &folder{name: name, entries: []string{first}, files: f}, nil
	case strings.HasPrefix(fontHome, name+"/"):
		next, _, _ := strings.Cut(strings.TrimPrefix(fontHome, name+"/"), "/")
		return &folder{name: name, entries: []string{next}, files: f}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// names lists all fonts.
func (f fontFS) names() []string {
	return append(slices.Sorted(maps.Keys(f.files)), slices.Sorted(maps.Keys(f.standIns))...)
}

// A folder is an opened folder of a fontFS; entries are the ones not yet listed.
type folder struct {
	name    string
	entries []string
	files   fontFS
}

// ReadDir implements fs.ReadDirFile.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.entries) {
		n = len(d.entries)
	}
	var list []fs.DirEntry
	for _, name := range d.entries[:n] {
		info, err := fs.Stat(d.files, path.Join(d.name, name))
		if err != nil {
			continue
		}
		list = append(list, fs.FileInfoToDirEntry(info))
	}
	d.entries = d.entries[n:]
	return list, nil
}

// Stat, Read and Close implement fs.File.
func (d *folder) Stat() (fs.FileInfo, error) { return d, nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

func (d *folder) Close() error { return nil }

// Name and the rest implement fs.FileInfo.
func (d *folder) Name() string { return path.Base(d.name) }

func (d *folder) Size() int64 { return 0 }

func (d *folder) Mode() fs.FileMode { return fs.ModeDir | 0o555 }

func (d *folder) ModTime() time.Time { return time.Time{} }

func (d *folder) IsDir() bool { return true }

func (d *folder) Sys() any { return nil }
