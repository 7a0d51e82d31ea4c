package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Options say how a file is opened. The zero value is what a signer wants.
type Options struct {
	// NoRepair refuses damaged files with ErrDamaged instead of scanning them
	// for their objects.
	NoRepair bool
}

// A File is an opened PDF. It reads what it is asked for and keeps little of
// it. It is not safe for concurrent use.
type File struct {
	src      *source
	options  Options
	budget   budget
	xrefData int64

	base     int64 // bytes before the header, by which offsets are shifted
	version  string
	sections []*section // newest first
	trailer  *rawDict
	repaired string // why the table was made by a scan, "" if it was not
	named    uint32 // the highest number that a reference names, as far as was read
	crypt    *crypt

	objects map[uint32]*object
	cached  int64
	loading map[uint32]bool
	lost    map[uint32]bool // objects of a repaired file that cannot be read
	packs   map[uint32]*pack
	packed  int64

	pages *pageIndex
	form  *form
}

// Open reads the tail and the cross-reference sections of a file of the given
// size. Where they are broken it looks for objects in the whole file; see
// [File.Repaired]. Reading more, whether here or later, can fail with ErrLimit,
// ErrDamaged, or with what r answered.
//
// The errors of Open itself: ErrNotPDF, ErrDamaged, ErrPasswordRequired,
// ErrPublicKeyEncryption, ErrUnsupportedEncryption.
func Open(r io.ReaderAt, size int64, o Options) (*File, error) {
	f := &File{
		src: newSource(r, size), options: o,
		budget: newBudget(size), xrefData: maxXRefData,
	}
	f.forget()
	if err := f.open(); err != nil {
		return nil, fmt.Errorf("open PDF: %w", err)
	}
	return f, nil
}

func (f *File) open() error {
	if err := f.readHeader(); err != nil {
		return err
	}
	err := f.readSections()
	if err == nil {
		err = f.openCrypt()
	}
	if err == nil {
		_, err = f.catalog()
	}
	switch {
	case errors.Is(err, errRepaired):
		return nil
	case mendable(err) && f.repaired == "":
		return f.repair(err)
	}
	return err
}

// forget drops everything that was loaded through the old table.
func (f *File) forget() {
	f.objects, f.cached = map[uint32]*object{}, 0
	f.packs, f.packed = map[uint32]*pack{}, 0
	f.loading, f.lost = map[uint32]bool{}, map[uint32]bool{}
	f.pages, f.form = nil, nil
}

// readHeader finds %PDF- in the first kilobyte (ISO 32000-1, Annex H, note 13).
// A file without it may still have a good table, or objects: whether it is a
// PDF shows later.
func (f *File) readHeader() error {
	if f.src.size <= 0 {
		return fmt.Errorf("%w: empty file", ErrNotPDF)
	}
	b, err := f.src.window(0, 1024)
	if err != nil {
		return err
	}
	i := bytes.Index(b, []byte("%PDF-"))
	if i < 0 {
		return nil
	}
	f.base = int64(i)
	rest := b[i+5:]
	n := 0
	for n < len(rest) && n < 8 && (isDigit(rest[n]) || rest[n] == '.') {
		n++
	}
	f.version = string(rest[:n])
	return nil
}

// Version is the version of the header, such as "1.7"; "" if there is none. A
// newer Version in the catalog wins over it.
func (f *File) Version() string {
	if c, err := f.catalog(); err == nil {
		if v, ok := c.dict["Version"].(Name); ok && string(v) > f.version {
			return string(v)
		}
	}
	return f.version
}

// Size is the length of the file in bytes.
func (f *File) Size() int64 { return f.src.size }

// Repaired tells whether the file's own cross-reference sections could not be
// used and its objects were found by a scan, and why.
func (f *File) Repaired() (bool, string) { return f.repaired != "", f.repaired }

// parseAt has fn parse at an offset of the file, with larger and larger windows
// until what it reads is complete.
func (f *File) parseAt(off int64, fn func(*parser) error) error {
	for n := 2 << 10; ; n = min(8*n, maxObject) {
		b, err := f.src.window(off, n)
		if err != nil {
			return err
		}
		p := parser{lexer: lexer{b: b, whole: off+int64(len(b)) >= f.src.size}}
		err = fn(&p)
		f.named = max(f.named, p.named)
		if e := spend(&f.budget.parse, int64(p.pos+32), "parse"); e != nil {
			return e
		}
		if !errors.Is(err, errShort) {
			return err
		}
		if n >= maxObject {
			return fmt.Errorf("%w: object at %d is too large", ErrLimit, off)
		}
	}
}
