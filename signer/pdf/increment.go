package pdf

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// An increment is what will be appended to the file: changed and new objects, a
// cross-reference section and a trailer (ISO 32000-2, 7.5.6).
type increment struct {
	f    *File
	rand io.Reader
	buf  []byte
	next uint32 // the next free object number

	known   map[*Indirect]Ref
	streams map[*Stream]*Indirect
	queue   []*Indirect
	edits   map[Ref]*rawDict // changed dictionaries, not yet written
	order   []Ref
	rows    []row
	root    Ref // of the catalog, if that was a direct dictionary so far
}

// A row is an object that the increment has, and where it begins in buf.
type row struct {
	ref Ref
	at  int
}

func (f *File) newIncrement(rand io.Reader) (*increment, error) {
	inc := &increment{
		f: f, rand: rand, next: f.firstFree(),
		known: map[*Indirect]Ref{}, streams: map[*Stream]*Indirect{}, edits: map[Ref]*rawDict{},
	}
	last, err := f.src.window(f.src.size-1, 1)
	if err != nil {
		return nil, err
	}
	if last[0] != '\n' && last[0] != '\r' {
		inc.buf = append(inc.buf, '\n')
	}
	_, err = inc.editCatalog()
	return inc, err
}

// farthest is the highest number that is believed to be in use: it leaves room for
// new ones below the highest that readers accept (ISO 32000-1, Annex C). Beyond it
// nobody finds an object after a repair, and many not at all.
const farthest = maxScanned - 100_000

// firstFree is a number above all that the file uses, and above those that it
// only names. What is said of numbers beyond farthest is not believed, but for a
// table that really reaches there.
func (f *File) firstFree() uint32 {
	first := f.highest(farthest) + 1
	if f.named <= farthest {
		first = max(first, int64(f.named)+1)
	}
	for _, s := range f.sections {
		if e, ok := s.trailer.get("Size"); ok {
			if size, ok := e.value.(Integer); ok && size <= farthest {
				first = max(first, int64(size))
			}
		}
	}
	return uint32(first)
}

// alloc takes a new object number.
func (inc *increment) alloc() Ref {
	inc.next++
	return Ref{Number: inc.next - 1}
}

func (inc *increment) refOf(i *Indirect) Ref {
	ref, ok := inc.known[i]
	if !ok {
		ref = inc.alloc()
		inc.known[i] = ref
		inc.queue = append(inc.queue, i)
	}
	return ref
}

// indirect gives a stream that stands in a value the object that it must be.
func (inc *increment) indirect(s *Stream) *Indirect {
	i, ok := inc.streams[s]
	if !ok {
		i = &Indirect{Value: s}
		inc.streams[s] = i
	}
	return i
}

// edit gives the dictionary of an object for changes. It is written by flush.
func (inc *increment) edit(o *object) (*rawDict, error) {
	if d, ok := inc.edits[o.ref]; ok {
		return d, nil
	}
	d, err := o.rawDict()
	if err != nil {
		return nil, err
	}
	d.reencrypt = o.packed
	inc.change(o.ref, d)
	return d, nil
}

func (inc *increment) change(ref Ref, d *rawDict) {
	inc.edits[ref] = d
	inc.order = append(inc.order, ref)
}

// rawDict gives the dictionary as it stands in the file, or as it was
// understood where that is broken.
func (o *object) rawDict() (*rawDict, error) {
	if o.raw != nil {
		if d, err := parseRawDict(o.raw); err == nil {
			return d, nil
		}
	}
	d, ok := o.value.(Dict)
	if !ok {
		return nil, fmt.Errorf("%w: object %d is no dictionary", ErrDamaged, o.ref.Number)
	}
	return looseDict(d), nil
}

// withoutData gives the dictionary of a stream that stands where a dictionary
// should, for an object of its own: as rawDict, but with its strings decrypted,
// since they will be encrypted for another object.
func (o *object) withoutData() (*rawDict, error) {
	d, err := o.rawDict()
	if err != nil {
		return nil, err
	}
	decrypted, _ := o.value.(Dict)
	for i := range d.entries {
		d.entries[i].value = decrypted[d.entries[i].key]
	}
	d.reencrypt = true
	d.remove("Length", "Filter", "DecodeParms", "DL")
	return d, nil
}

// looseDict makes a dictionary to edit of one whose bytes are not known.
func looseDict(d Dict) *rawDict {
	out := &rawDict{reencrypt: true}
	for k, v := range d {
		out.entries = append(out.entries, rawEntry{key: k, value: v})
	}
	slices.SortFunc(out.entries, func(a, b rawEntry) int { return cmp.Compare(a.key, b.key) })
	return out
}

// editCatalog gives the catalog for changes. One that stood in the trailer
// itself becomes an object.
func (inc *increment) editCatalog() (*rawDict, error) {
	c, err := inc.f.catalog()
	if err != nil {
		return nil, err
	}
	if c.obj != nil {
		return inc.edit(c.obj)
	}
	if inc.root == (Ref{}) {
		d := looseDict(c.dict)
		d.changed = true
		inc.root = inc.alloc()
		inc.change(inc.root, d)
	}
	return inc.edits[inc.root], nil
}

// editEntry gives the dictionary that stands under a key for changes: that of an
// object of its own, one that is part of its parent, or a new one. Afterwards
// call keepEntry.
func (inc *increment) editEntry(parent *rawDict, key Name) (child *rawDict, own bool, err error) {
	e, _ := parent.get(key)
	if ref, ok := e.value.(Ref); ok {
		o, err := inc.f.load(ref)
		if err != nil {
			return nil, false, err
		}
		if o != nil && o.isStream() { // wrong, but readers take its dictionary
			child, err = o.withoutData()
			return child, false, err
		}
		if o != nil && isDict(o.value) {
			child, err = inc.edit(o)
			return child, true, err
		}
	}
	if d, ok := e.value.(Dict); ok {
		child = looseDict(d)
		if e.raw != nil {
			if raw, err := parseRawDict(e.raw); err == nil {
				child = raw
				child.reencrypt = parent.reencrypt
			}
		}
		return child, false, nil
	}
	return &rawDict{}, false, nil
}

// keepEntry puts a changed dictionary that is no object of its own back under
// its key; a new one becomes an object, so that the next change of it leaves
// the parent alone.
func (inc *increment) keepEntry(parent *rawDict, key Name, child *rawDict, own bool) {
	switch {
	case own || !child.changed:
	case isDict(parent.value(key)):
		parent.set(key, child)
	default:
		parent.set(key, &Indirect{Value: child})
	}
}

// put writes an object.
func (inc *increment) put(ref Ref, o Object) error {
	s := serializer{inc: inc, ref: ref}
	inc.begin(ref)
	var err error
	if stream, ok := o.(*Stream); ok {
		inc.buf, err = s.appendStream(inc.buf, stream)
	} else {
		inc.buf, err = s.append(inc.buf, o, 0)
	}
	inc.end()
	if err != nil {
		return fmt.Errorf("write object %d: %w", ref.Number, err)
	}
	return nil
}

func (inc *increment) begin(ref Ref) {
	inc.rows = append(inc.rows, row{ref, len(inc.buf)})
	inc.buf = strconv.AppendUint(inc.buf, uint64(ref.Number), 10)
	inc.buf = append(inc.buf, ' ')
	inc.buf = strconv.AppendUint(inc.buf, uint64(ref.Generation), 10)
	inc.buf = append(inc.buf, " obj\n"...)
}

func (inc *increment) end() { inc.buf = append(inc.buf, "\nendobj\n"...) }

// flush writes all changed dictionaries and all new objects that they need.
func (inc *increment) flush() error {
	for _, ref := range inc.order {
		if !inc.edits[ref].changed {
			continue
		}
		if err := inc.put(ref, inc.edits[ref]); err != nil {
			return err
		}
	}
	inc.order = nil
	for len(inc.queue) > 0 {
		next := inc.queue[0]
		inc.queue = inc.queue[1:]
		if err := inc.put(inc.known[next], next.Value); err != nil {
			return err
		}
	}
	return nil
}

// keeps tells whether the bytes of a value stay good in another object: unless
// they hold strings that would have to be encrypted for it.
func (inc *increment) keeps(o Object) bool { return inc.f.crypt == nil || !hasString(o, 0) }

// appended gives an array with one more item. What was in it stays as it
// stands; foreign says that it goes into another object than it came from.
func (inc *increment) appended(raw []byte, old Array, foreign bool, item Ref) Object {
	if n := len(raw); n > 1 && raw[0] == '[' && raw[n-1] == ']' && (!foreign || inc.keeps(old)) {
		out := bytes.Clone(raw[:n-1])
		if n > 2 && !isSpace(out[n-2]) {
			out = append(out, ' ')
		}
		return append(Raw(appendRef(out, item)), ']')
	}
	return append(slices.Clone(old), item)
}

func isDict(o Object) bool { _, ok := o.(Dict); return ok }
