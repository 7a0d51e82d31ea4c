package pdf

import (
	"fmt"
	"io"
	"slices"
)

// A Revision is the document as one save left it: the bytes up to End, which is
// behind the %%EOF of its cross-reference section and the end of that line.
type Revision struct {
	XRef int64 // where the section begins
	End  int64
}

// Revisions gives the revisions of the file, oldest first. The two sections of a
// linearized file are one revision. A repaired file has one: its size.
func (f *File) Revisions() ([]Revision, error) {
	if f.repaired != "" {
		return []Revision{{End: f.src.size}}, nil
	}
	var out []Revision
	for _, s := range slices.Backward(f.sections) {
		end, err := f.endOf(s)
		if err != nil {
			return nil, fmt.Errorf("revisions: %w", err)
		}
		if n := len(out); n > 0 && end <= out[n-1].End {
			continue
		}
		out = append(out, Revision{s.offset, end})
	}
	return out, nil
}

// endOf finds the end of file mark that belongs to a section: that behind the
// next startxref. Without one the revision ends with the file.
func (f *File) endOf(s *section) (int64, error) {
	at, ok, err := f.indexFrom(s.offset, []byte("startxref"))
	if err != nil || !ok {
		return f.src.size, err
	}
	at, ok, err = f.indexFrom(at, []byte("%%EOF"))
	if err != nil || !ok {
		return f.src.size, err
	}
	at += int64(len("%%EOF"))
	b, err := f.src.window(at, 2)
	if err != nil {
		return 0, err
	}
	switch {
	case len(b) > 1 && b[0] == '\r' && b[1] == '\n':
		at += 2
	case len(b) > 0 && (b[0] == '\r' || b[0] == '\n'):
		at++
	}
	return at, nil
}

// At opens the document as it was when the file was end bytes long: the
// revision that a signature covers, see [Signature.End].
func (f *File) At(end int64) (*File, error) {
	if end <= 0 || end > f.src.size {
		return nil, fmt.Errorf("%w: a revision of %d bytes", ErrDamaged, end)
	}
	g, err := Open(io.NewSectionReader(f.src.r, 0, end), end, f.options)
	if err != nil {
		return nil, fmt.Errorf("revision of %d bytes: %w", end, err)
	}
	g.src.origin = f.src.origin
	return g, nil
}

// A Location is where an object's present value stands.
type Location struct {
	// Offset of the object in the file, or of the object stream that holds it.
	Offset int64
	// Index in the object stream, -1 for an object that stands by itself.
	Index int
}

// Locate tells where an object stands, and whether it is there at all. An
// object with the same location in two revisions of a file is the same, bytes
// and all.
func (f *File) Locate(ref Ref) (Location, bool, error) {
	e, err := f.find(ref.Number)
	if err != nil {
		return Location{}, false, err
	}
	switch e.kind {
	case entryPlain:
		return Location{e.offset + f.base, -1}, e.minor == int32(ref.Generation), nil
	case entryPacked:
		holder, err := f.find(uint32(e.offset))
		if err != nil {
			return Location{}, false, err
		}
		return Location{holder.offset + f.base, int(e.minor)}, holder.kind == entryPlain && ref.Generation == 0, nil
	}
	return Location{}, false, nil
}

// SameStream tells whether two streams, which may be of two revisions of a file,
// have the same stored data. Their dictionaries are not looked at.
func SameStream(f *File, a *Stream, g *File, b *Stream) (bool, error) {
	if a.from == nil || b.from == nil {
		return a == b, nil
	}
	n, err := again(func() (int64, error) { return f.streamLength(a.from) })
	if err != nil {
		return false, err
	}
	m, err := again(func() (int64, error) { return g.streamLength(b.from) })
	if err != nil || n != m {
		return false, err
	}
	if a.from.dataAt == b.from.dataAt && f.src.origin == g.src.origin {
		return true, nil
	}
	if err := spend(&f.budget.inflate, n, "compare"); err != nil {
		return false, err
	}
	const chunk = 64 << 10
	for off := int64(0); off < n; off += chunk {
		x, err := f.src.window(a.from.dataAt+off, int(min(chunk, n-off)))
		if err != nil {
			return false, err
		}
		y, err := g.src.window(b.from.dataAt+off, int(min(chunk, n-off)))
		if err != nil || string(x) != string(y) {
			return false, err
		}
	}
	return true, nil
}
