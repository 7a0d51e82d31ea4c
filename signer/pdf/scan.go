package pdf

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	maxScanned  = 8_388_607 // highest object number that readers accept
	scanWindow  = 256 << 10
	scanOverlap = 64
)

// A scan looks for objects and trailers in the whole file, one window after
// another. The data of streams is passed over where its length can be trusted,
// since it may hold another PDF.
type scan struct {
	f        *File
	objects  map[uint32]found
	packs    []uint32   // numbers of object streams
	trailers []*rawDict // in the order of the file
	catalogs []Ref      // the last ones that may be one
	trailer  *rawDict   // the chosen one
	named    uint32     // the highest number that a reference names
}

// found is where an object was found.
type found struct {
	at     int64  // of the object, or of the object stream that holds it
	holder uint32 // the object stream, 0 for a plain object
	minor  int32  // generation, or index in the object stream
}

func (f found) entry(base int64) entry {
	if f.holder != 0 {
		return entry{kind: entryPacked, offset: int64(f.holder), minor: f.minor}
	}
	return entry{kind: entryPlain, offset: f.at - base, minor: f.minor}
}

func (s *scan) run() error {
	for off := int64(0); off < s.f.src.size; {
		b, err := s.f.src.read(off, int(min(scanWindow, s.f.src.size-off)))
		if err != nil {
			return err
		}
		next, err := s.window(b, off)
		if err != nil {
			return err
		}
		if end := off + int64(len(b)); next <= off {
			if end >= s.f.src.size {
				return nil
			}
			next = end - scanOverlap
		}
		off = next
	}
	return nil
}

// window looks through one window. It gives where to go on if that is not right
// behind it: after the data of a stream.
func (s *scan) window(b []byte, off int64) (int64, error) {
	s.named = max(s.named, highestNamed(b))
	trailer := newFinder(b, "trailer")
	obj := newFinder(b, "obj")
	for pos := 0; ; {
		t, o := trailer.from(pos), obj.from(pos)
		if t < 0 && o < 0 {
			return 0, nil
		}
		if t >= 0 && (o < 0 || t < o) {
			pos = t + len("trailer")
			if err := s.addTrailer(off + int64(pos)); err != nil {
				return 0, err
			}
			continue
		}
		pos = o + len("obj")
		start, ok := headerBefore(b, o)
		if !ok || (start == 0 && off > 0) {
			continue
		}
		end, err := s.addObject(b, start, pos, off)
		if err != nil {
			return 0, err
		}
		if end >= off+int64(len(b)) {
			return end, nil
		}
		pos = max(pos, int(end-off))
	}
}

// highestNamed gives the highest object number that a reference names: a new
// object must not take the number of one that is lost.
func highestNamed(b []byte) uint32 {
	high := uint32(0)
	for refs, at := newFinder(b, " 0 R"), 0; ; at++ {
		if at = refs.from(at); at < 0 {
			return high
		}
		from := at
		for from > 0 && isDigit(b[from-1]) && at-from < 8 {
			from--
		}
		if n, ok := integer(b[from:at]); ok && n <= maxScanned {
			high = max(high, uint32(n))
		}
	}
}

// A finder finds a key in a window again and again, looking at each byte once.
type finder struct {
	b, key []byte
	at     int // of the next hit; -1 if there is none
}

func newFinder(b []byte, key string) *finder {
	return &finder{b, []byte(key), bytes.Index(b, []byte(key))}
}

func (f *finder) from(pos int) int {
	if f.at >= 0 && f.at < pos {
		if f.at = bytes.Index(f.b[pos:], f.key); f.at >= 0 {
			f.at += pos
		}
	}
	return f.at
}

// headerBefore finds the two numbers in front of the keyword obj.
func headerBefore(b []byte, at int) (int, bool) {
	i := at
	for range 2 {
		j := i
		for j > 0 && isSpace(b[j-1]) && i-j < 8 {
			j--
		}
		k := j
		for k > 0 && isDigit(b[k-1]) && j-k < 10 {
			k--
		}
		if k == j || (i == j && i != at) {
			return 0, false
		}
		i = k
	}
	return i, true
}

// addObject takes the object whose number stands at start and whose body at
// body. It gives where the data ends if it is a stream. Only streams are looked
// into.
func (s *scan) addObject(b []byte, start, body int, off int64) (int64, error) {
	l := lexer{b: b[start:body], whole: true}
	num, ok1 := l.integer()
	gen, ok2 := l.integer()
	if !ok1 || !ok2 || num == 0 || num > maxScanned || gen > 65535 {
		return 0, nil
	}
	if off+int64(start) < s.f.base { // so offsets do not count from the header
		s.f.base = 0
	}
	rest, whole := bodyOf(b[body:])
	if off+int64(start) == s.f.base {
		return 0, nil // no table can name an object at 0
	}
	s.objects[uint32(num)] = found{at: off + int64(start), minor: int32(gen)}
	if len(s.objects) > maxFound {
		return 0, fmt.Errorf("%w: too many objects", ErrLimit)
	}
	if whole && bytes.Contains(rest, []byte("/Catalog")) {
		s.addCatalog(Ref{uint32(num), uint16(gen)})
	}
	if whole && !bytes.Contains(rest, []byte("stream")) {
		return 0, nil
	}
	return s.lookInto(off + int64(start))
}

// addCatalog keeps the last few objects that may be a catalog.
func (s *scan) addCatalog(ref Ref) {
	const few = 32
	if len(s.catalogs) == few {
		s.catalogs = append(s.catalogs[:0], s.catalogs[1:]...)
	}
	s.catalogs = append(s.catalogs, ref)
}

// bodyOf cuts at the next endobj or the next object's number. Without one in
// the window the body is not whole.
func bodyOf(b []byte) ([]byte, bool) {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("obj"))
		if i < 0 {
			return b, false
		}
		at += i
		if _, ok := headerBefore(b, at); ok || bytes.HasSuffix(b[:at], []byte("end")) {
			return b[:at], true
		}
		at += len("obj")
	}
}

// lookInto reads an object that may be of use to the repair.
func (s *scan) lookInto(at int64) (int64, error) {
	o, err := s.f.readObject(at)
	if mendable(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	d, ok := o.value.(Dict)
	switch {
	case !ok:
		return 0, nil
	case isCatalog(d): // without a whole body in the window
		s.addCatalog(o.ref)
	case !o.isStream():
	case d["Type"] == Name("XRef"):
		delete(s.objects, o.ref.Number)
		if t, err := o.rawDict(); err == nil && len(s.trailers) < maxSections {
			s.trailers = append(s.trailers, t)
		}
	case d["Type"] == Name("ObjStm"):
		s.packs = append(s.packs, o.ref.Number)
	}
	end := s.streamEnd(o, d)
	return end, s.refuseHidden(o.dataAt, end)
}

// refuseHidden refuses a file whose stream holds the objects of another
// document in clear. Where tables cannot be used, some readers pass over it and
// others show it: nobody can know what would be signed.
func (s *scan) refuseHidden(from, to int64) error {
	catalog, object := false, false
	for from < to {
		b, err := s.f.src.window(from, int(min(scanWindow, to-from)))
		if err != nil {
			return err
		}
		catalog = catalog || bytes.Contains(b, []byte("/Catalog"))
		object = object || bytes.Contains(b, []byte(" obj"))
		if from += int64(len(b)); from < to {
			from -= scanOverlap
		}
	}
	if catalog && object {
		return fmt.Errorf("%w: it holds two documents, of which readers show the one or the other", ErrDamaged)
	}
	return nil
}

// streamEnd gives where the data ends if Length says so and endstream follows.
func (s *scan) streamEnd(o *object, d Dict) int64 {
	n, ok := d["Length"].(Integer)
	if !o.isStream() || !ok || n < 0 || o.dataAt+int64(n) > s.f.src.size {
		return 0
	}
	b, err := s.f.src.window(o.dataAt+int64(n), 24)
	if err != nil || !bytes.HasPrefix(bytes.TrimLeft(b, "\r\n\t \x00"), []byte("endstream")) {
		return 0
	}
	return o.dataAt + int64(n)
}

func (s *scan) addTrailer(at int64) error {
	d, err := s.f.readTrailer(at)
	switch {
	case err == nil:
		if len(s.trailers) < maxSections {
			s.trailers = append(s.trailers, d)
		}
		return nil
	case mendable(err), errors.Is(err, errShort):
		return nil
	}
	return err
}
