package pdf

import (
	"bytes"
	"errors"
	"fmt"
)

// An object is an indirect object as it was loaded.
type object struct {
	ref    Ref
	value  Object // with strings decrypted
	raw    []byte // the bytes of the value, nil if it had to be guessed at
	packed bool   // it came from an object stream
	offset int64  // where its number stands in the file, or that of its container
	// valueAt is where raw begins in the file; not for packed objects.
	valueAt int64
	// dataAt is where the data of a stream begins, 0 for other objects.
	dataAt int64
}

func (o *object) isStream() bool { return o.dataAt > 0 }

// load gives the object, or nil when the file has none: a reference to nothing
// is null (ISO 32000-2, 7.3.10). An object that does not stand where the table
// says makes the whole file be repaired, and load answers errRepaired: what was
// read so far rests on the old table.
func (f *File) load(ref Ref) (*object, error) {
	if o, ok := f.objects[ref.Number]; ok {
		return o.of(ref), nil
	}
	if f.loading[ref.Number] {
		return nil, nil // it needs itself to be read
	}
	f.loading[ref.Number] = true
	defer delete(f.loading, ref.Number)
	o, err := f.loadFound(ref)
	if mendable(err) {
		if f.repaired != "" || f.options.NoRepair {
			f.lost[ref.Number] = true
			return nil, nil
		}
		if err := f.repair(err); err != nil {
			return nil, err
		}
		return nil, errRepaired
	}
	if err != nil || o == nil {
		return nil, err
	}
	f.keep(o)
	return o.of(ref), nil
}

// of gives nil when the reference means another generation of the object.
func (o *object) of(ref Ref) *object {
	if o.ref != ref {
		return nil
	}
	return o
}

func (f *File) keep(o *object) {
	size := int64(3*len(o.raw) + 256)
	if f.cached+size > maxCache {
		f.objects, f.cached = map[uint32]*object{}, 0
	}
	f.objects[o.ref.Number] = o
	f.cached += size
}

func (f *File) loadFound(ref Ref) (*object, error) {
	e, err := f.find(ref.Number)
	if err != nil {
		return nil, err
	}
	switch e.kind {
	case entryPacked:
		return f.unpack(ref, e)
	case entryPlain:
		o, err := f.readObject(e.offset + f.base)
		if err != nil {
			return nil, err
		}
		if o.ref != (Ref{ref.Number, uint16(e.minor)}) {
			return nil, fmt.Errorf("%w: object %d is not where the table says", ErrDamaged, ref.Number)
		}
		return o, f.decryptObject(o)
	}
	return nil, nil
}

// readObject reads the object whose number stands at the offset, strings still
// encrypted.
func (f *File) readObject(off int64) (*object, error) {
	if off < 0 || off >= f.src.size {
		return nil, fmt.Errorf("%w: an object is said to be at %d", ErrDamaged, off)
	}
	var o *object
	err := f.parseAt(off, func(p *parser) (err error) {
		o, err = parseObject(p, off)
		return err
	})
	if errors.Is(err, errBroken) || errors.Is(err, errUnended) {
		return nil, fmt.Errorf("%w: no object at %d", ErrDamaged, off)
	}
	return o, err
}

func parseObject(p *parser, off int64) (*object, error) {
	o := &object{}
	num, at, err := objectNumber(p)
	if err != nil {
		return nil, err
	}
	gen, _, err := objectNumber(p)
	if err != nil {
		return nil, err
	}
	word, err := p.next()
	if err != nil {
		return nil, err
	}
	if !p.isWord(word, "obj") || num > maxNumber || gen > 65535 {
		return nil, errBroken
	}
	o.ref, o.offset = Ref{uint32(num), uint16(gen)}, off+int64(at)
	p.skipSpace()
	start := p.pos
	if o.value, err = p.value(0); errors.Is(err, errBroken) {
		return o, nil // "1 0 obj endobj" is null
	}
	if err != nil {
		return nil, err
	}
	if !p.broken {
		o.raw = bytes.Clone(p.b[start:p.pos])
		o.valueAt = off + int64(start)
	}
	if _, ok := o.value.(Dict); ok {
		o.dataAt, err = streamStart(p, off)
	}
	return o, err
}

func objectNumber(p *parser) (int64, int, error) {
	t, err := p.next()
	if err != nil {
		return 0, 0, err
	}
	n, ok := integer(p.text(t))
	if t.kind != tokenNumber || !ok || n < 0 {
		return 0, 0, errBroken
	}
	return n, t.start, nil
}

// streamStart looks for the keyword stream behind a dictionary and gives the
// offset of the data, or 0. After the keyword comes CR LF or LF; a lone CR and
// blanks before the end of line are forgiven.
func streamStart(p *parser, off int64) (int64, error) {
	t, err := p.next()
	if err != nil {
		return 0, err
	}
	if !p.isWord(t, "stream") {
		return 0, nil
	}
	if p.pos+2 > len(p.b) && !p.whole {
		return 0, errShort
	}
	i := p.pos
	for i < len(p.b) && (p.b[i] == ' ' || p.b[i] == '\t') {
		i++
	}
	switch {
	case i+1 < len(p.b) && p.b[i] == '\r' && p.b[i+1] == '\n':
		i += 2
	case i < len(p.b) && (p.b[i] == '\r' || p.b[i] == '\n'):
		i++
	default:
		i = p.pos
	}
	return off + int64(i), nil
}

// Resolve follows references to the value itself. A reference to nothing is
// null. Strings are decrypted. A stream comes without its data: ask
// [File.StreamData] for it.
func (f *File) Resolve(o Object) (Object, error) {
	return again(func() (Object, error) { return f.resolve(o) })
}

func (f *File) resolve(o Object) (Object, error) {
	for range 32 {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		loaded, err := f.load(ref)
		if err != nil || loaded == nil {
			return nil, err
		}
		o = loaded.value
		if loaded.isStream() {
			return &Stream{Dict: o.(Dict), from: loaded}, nil
		}
	}
	return nil, nil
}

// again repeats what was interrupted by a repair, which happens once at most.
func again[T any](fn func() (T, error)) (T, error) {
	v, err := fn()
	if errors.Is(err, errRepaired) {
		return fn()
	}
	return v, err
}

// resolved is resolve for callers that take the value of a wrong kind, or one
// that cannot be read, for absent. I/O errors and limits come back through err.
func resolved[T any](f *File, o Object) (T, bool, error) {
	v, err := f.resolve(o)
	t, ok := v.(T)
	return t, ok && err == nil, err
}

// dictOf gives the dictionary of a value, that of a stream included.
func (f *File) dictOf(o Object) (Dict, error) {
	v, err := f.resolve(o)
	if s, ok := v.(*Stream); ok {
		return s.Dict, err
	}
	d, _ := v.(Dict)
	return d, err
}
