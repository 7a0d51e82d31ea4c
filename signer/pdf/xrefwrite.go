package pdf

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
)

// finish writes the cross-reference section in the manner of the file: a table
// after a table, a stream after a stream. A repaired file gets a section of all
// its objects, since its own cannot be used.
func (inc *increment) finish() error {
	trailer := inc.trailer()
	asStream := inc.f.sections[0].stream
	if inc.f.src.size+int64(len(inc.buf)) > 9_999_999_999 {
		asStream = true // a table has no more than ten digits
	}
	at := inc.f.src.size + int64(len(inc.buf)) - inc.f.base
	entries, err := inc.entries()
	if err != nil {
		return err
	}
	if asStream {
		err = inc.finishStream(trailer, entries, at)
	} else {
		err = inc.finishTable(trailer, entries)
	}
	inc.buf = fmt.Appendf(inc.buf, "startxref\n%d\n%%%%EOF\n", at)
	return err
}

// numbered is an entry with the number of its object.
type numbered struct {
	num uint32
	entry
}

// entries lists the rows of the new section by number.
func (inc *increment) entries() ([]numbered, error) {
	var out []numbered
	mine := map[uint32]bool{}
	for _, r := range inc.rows {
		mine[r.ref.Number] = true
		at := inc.f.src.size - inc.f.base + int64(r.at)
		out = append(out, numbered{r.ref.Number, entry{kind: entryPlain, offset: at, minor: int32(r.ref.Generation)}})
	}
	if inc.f.repaired != "" {
		all := inc.f.sections[0]
		for _, p := range all.parts {
			for i := range p.count {
				e, err := all.rows.row(p, i)
				if err != nil {
					return nil, err
				}
				if num := uint32(p.start + i); !mine[num] && !inc.f.lost[num] {
					out = append(out, numbered{num, e})
				}
			}
		}
		out = append(out, numbered{0, entry{minor: 65535}})
	}
	slices.SortFunc(out, func(a, b numbered) int { return cmp.Compare(a.num, b.num) })
	return out, nil
}

// trailer takes the newest trailer and renews what an increment must renew.
func (inc *increment) trailer() *rawDict {
	t := inc.f.trailer.clone()
	t.remove("Type", "W", "Index", "Filter", "DecodeParms", "Length", "F", "FFilter", "FDecodeParms", "DL", "XRefStm", "Prev")
	if inc.root != (Ref{}) {
		t.set("Root", inc.root)
	}
	t.set("Size", Integer(inc.next))
	if inc.f.repaired == "" {
		t.set("Prev", Integer(inc.f.sections[0].offset-inc.f.base))
	}
	inc.renewID(t)
	return t
}

// renewID keeps the first part of ID and changes the second (14.4). A file
// without ID gets one. It is made of what the increment says, so that the same
// order gives the same bytes.
func (inc *increment) renewID(t *rawDict) {
	h := sha256.New()
	h.Write(inc.buf)
	fmt.Fprint(h, inc.f.src.size)
	fresh := Raw(appendHex(nil, h.Sum(nil)[:16]))
	var first Object = fresh
	if e, ok := t.get("ID"); ok {
		v, err := inc.f.resolve(e.value)
		if a, isArray := v.(Array); err == nil && isArray && len(a) > 0 {
			if s, err := inc.f.resolve(a[0]); err == nil {
				if id, ok := s.(String); ok {
					first = Raw(appendHex(nil, id))
				}
			}
		}
	}
	t.set("ID", Array{first, fresh})
}

func (inc *increment) finishTable(trailer *rawDict, entries []numbered) error {
	inc.buf = append(inc.buf, "xref\n"...)
	for len(entries) > 0 {
		n := runLengthOf(entries)
		inc.buf = fmt.Appendf(inc.buf, "%d %d\n", entries[0].num, n)
		for _, e := range entries[:n] {
			mark := byte('n')
			if e.kind == entryFree {
				mark = 'f'
			}
			inc.buf = fmt.Appendf(inc.buf, "%010d %05d %c \n", e.offset, e.minor, mark)
		}
		entries = entries[n:]
	}
	inc.buf = append(inc.buf, "trailer\n"...)
	s := serializer{inc: inc, plain: true}
	var err error
	inc.buf, err = s.append(inc.buf, trailer, 0)
	inc.buf = append(inc.buf, '\n')
	return err
}

// runLengthOf counts the entries at the beginning that follow each other.
func runLengthOf(entries []numbered) int {
	n := 1
	for n < len(entries) && entries[n].num == entries[n-1].num+1 {
		n++
	}
	return n
}

func (inc *increment) finishStream(trailer *rawDict, entries []numbered, at int64) error {
	self := inc.alloc()
	entries = append(entries, numbered{self.Number, entry{kind: entryPlain, offset: at}})
	trailer.set("Size", Integer(inc.next))
	wide := 1
	for at>>(8*wide) > 0 {
		wide++
	}
	const minorWidth = 3 // an object stream may have more than 65,535 objects
	var data []byte
	var index Array
	for rest := entries; len(rest) > 0; {
		n := runLengthOf(rest)
		index = append(index, Integer(rest[0].num), Integer(n))
		for _, e := range rest[:n] {
			data = append(data, byte(e.kind))
			for i := wide - 1; i >= 0; i-- {
				data = append(data, byte(e.offset>>(8*i)))
			}
			data = append(data, byte(e.minor>>16), byte(e.minor>>8), byte(e.minor))
		}
		rest = rest[n:]
	}
	trailer.set("Type", Name("XRef"))
	trailer.set("W", Array{Integer(1), Integer(wide), Integer(minorWidth)})
	trailer.set("Index", index)
	if small := deflate(data); len(small) < len(data) {
		trailer.set("Filter", Name("FlateDecode"))
		data = small
	}
	trailer.set("Length", Integer(len(data)))
	inc.begin(self)
	s := serializer{inc: inc, ref: self, plain: true}
	var err error
	if inc.buf, err = s.append(inc.buf, trailer, 0); err != nil {
		return err
	}
	inc.buf = append(inc.buf, "\nstream\n"...)
	inc.buf = append(inc.buf, data...)
	inc.buf = append(inc.buf, "\nendstream"...)
	inc.end()
	return nil
}
