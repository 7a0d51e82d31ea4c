package pdf

import (
	"bytes"
	"errors"
	"fmt"
)

// A pack is a decoded object stream (ISO 32000-2, 7.5.7).
type pack struct {
	offset  int64 // of the stream in the file
	data    []byte
	members []member
}

// A member is an object of a pack; at and end bound it in the data.
type member struct {
	num     uint32
	at, end int
}

// unpack loads an object from its object stream.
func (f *File) unpack(ref Ref, e entry) (*object, error) {
	p, err := f.pack(uint32(e.offset))
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, nil
	}
	m, ok := p.find(ref.Number, int(e.minor))
	if !ok {
		return nil, nil
	}
	b := p.data[m.at:m.end]
	if err := spend(&f.budget.parse, int64(len(b)), "parse"); err != nil {
		return nil, err
	}
	ps := parser{lexer: lexer{b: b, whole: true}}
	ps.skipSpace()
	start := ps.pos
	o := &object{ref: Ref{Number: ref.Number}, packed: true, offset: p.offset}
	o.value, err = ps.value(0)
	f.named = max(f.named, ps.named)
	if errors.Is(err, errBroken) || errors.Is(err, errUnended) {
		return o, nil
	}
	if !ps.broken {
		o.raw = bytes.Clone(b[start:ps.pos])
	}
	return o, err
}

func (p *pack) find(num uint32, index int) (member, bool) {
	if index < len(p.members) && p.members[index].num == num {
		return p.members[index], true
	}
	for _, m := range p.members {
		if m.num == num {
			return m, true
		}
	}
	return member{}, false
}

// pack decodes an object stream, or gives the one that was decoded before.
func (f *File) pack(num uint32) (*pack, error) {
	if p, ok := f.packs[num]; ok {
		return p, nil
	}
	e, err := f.find(num)
	if err != nil || e.kind != entryPlain {
		return nil, err // an object stream lies in no other
	}
	o, err := f.load(Ref{num, uint16(e.minor)})
	if err != nil || o == nil || !o.isStream() {
		return nil, err
	}
	p, err := f.readPack(o)
	if err != nil {
		return nil, fmt.Errorf("object stream %d: %w", num, err)
	}
	if f.packed += int64(len(p.data)); f.packed > maxInflate {
		f.packs, f.packed = map[uint32]*pack{}, int64(len(p.data))
	}
	f.packs[num] = p
	return p, nil
}

func (f *File) readPack(o *object) (*pack, error) {
	d := o.value.(Dict)
	data, err := f.decoded(o, maxInflate)
	if err != nil {
		return nil, err
	}
	n, _, err := resolved[Integer](f, d["N"])
	if err != nil {
		return nil, err
	}
	first, _, err := resolved[Integer](f, d["First"])
	if err != nil {
		return nil, err
	}
	p := &pack{offset: o.offset, data: data}
	if n < 0 || first < 0 || int64(first) > int64(len(data)) {
		return p, nil
	}
	l := lexer{b: data[:first], whole: true}
	for range min(int64(n), maxValues) {
		num, ok1 := l.integer()
		at, ok2 := l.integer()
		if !ok1 || !ok2 || num > maxNumber || at > int64(len(data))-int64(first) {
			break
		}
		p.members = append(p.members, member{uint32(num), int(at) + int(first), len(data)})
	}
	for i := range len(p.members) - 1 {
		if next := p.members[i+1].at; next >= p.members[i].at {
			p.members[i].end = next
		}
	}
	return p, nil
}

// integer reads a non-negative integer.
func (l *lexer) integer() (int64, bool) {
	t, err := l.next()
	if err != nil || t.kind != tokenNumber {
		return 0, false
	}
	n, ok := integer(l.text(t))
	return n, ok && n >= 0
}
