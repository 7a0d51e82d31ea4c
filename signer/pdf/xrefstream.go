package pdf

import (
	"fmt"
)

// readXRefStream reads a cross-reference stream whose object stands at the
// offset (ISO 32000-2, 7.5.8).
func (f *File) readXRefStream(off int64) (*section, error) {
	o, err := f.readObject(off)
	if err != nil {
		return nil, err
	}
	d, ok := o.value.(Dict)
	if !ok || !o.isStream() || d["Type"] != Name("XRef") {
		return nil, fmt.Errorf("%w: no cross-reference section at %d", ErrDamaged, off)
	}
	rows, err := newStreamRows(d)
	if err != nil {
		return nil, err
	}
	if rows.data, err = f.decoded(o, maxInflate); err != nil {
		return nil, fmt.Errorf("cross-reference stream at %d: %w", off, err)
	}
	if err := spend(&f.xrefData, int64(len(rows.data)), "keep of cross-reference streams"); err != nil {
		return nil, err
	}
	trailer, err := parseRawDict(o.raw)
	if err != nil {
		return nil, fmt.Errorf("%w: cross-reference stream at %d", ErrDamaged, off)
	}
	s := &section{offset: off, stream: true, rows: rows, trailer: trailer}
	s.parts = streamParts(d, int64(len(rows.data)/rows.width()))
	s.sort()
	return s, nil
}

// streamParts reads Index, and cuts it to the rows that are there.
func streamParts(d Dict, have int64) []part {
	index, ok := d["Index"].(Array)
	if !ok {
		size, _ := d["Size"].(Integer)
		index = Array{Integer(0), max(0, size)}
	}
	var parts []part
	used := int64(0)
	for i := 0; i+1 < len(index) && used < have; i += 2 {
		start, ok1 := index[i].(Integer)
		count, ok2 := index[i+1].(Integer)
		if !ok1 || !ok2 || start < 0 || start > maxNumber || count < 0 {
			break
		}
		p := part{start: int64(start), count: min(int64(count), have-used), first: used}
		used += p.count
		parts = append(parts, p)
	}
	return parts
}

// streamRows are the rows of a cross-reference stream, decoded. A part's first
// is the number of its first row.
type streamRows struct {
	data []byte
	w    [3]int
}

func newStreamRows(d Dict) (*streamRows, error) {
	s := &streamRows{}
	w, _ := d["W"].(Array)
	if len(w) < 3 {
		return nil, fmt.Errorf("%w: cross-reference stream without W", ErrDamaged)
	}
	for i := range s.w {
		n, ok := w[i].(Integer)
		if !ok || n < 0 || n > 8 {
			return nil, fmt.Errorf("%w: odd W in a cross-reference stream", ErrDamaged)
		}
		s.w[i] = int(n)
	}
	if s.width() == 0 {
		return nil, fmt.Errorf("%w: empty W in a cross-reference stream", ErrDamaged)
	}
	return s, nil
}

func (s *streamRows) width() int { return s.w[0] + s.w[1] + s.w[2] }

func (s *streamRows) row(p part, i int64) (entry, error) {
	at := (p.first + i) * int64(s.width())
	b := s.data[at : at+int64(s.width())]
	field := func(n int) int64 {
		v := uint64(0)
		for _, c := range b[:n] {
			v = v<<8 | uint64(c)
		}
		b = b[n:]
		if v > 1<<62 {
			return -1
		}
		return int64(v)
	}
	kind := int64(1)
	if s.w[0] > 0 {
		kind = field(s.w[0])
	}
	second, third := field(s.w[1]), field(s.w[2])
	switch {
	case kind == 1 && second > 0 && third >= 0:
		return entry{kind: entryPlain, offset: second, minor: int32(min(third, 65535))}, nil
	case kind == 2 && second > 0 && second <= maxNumber && third >= 0:
		return entry{kind: entryPacked, offset: second, minor: int32(min(third, maxNumber))}, nil
	}
	return entry{}, nil
}
