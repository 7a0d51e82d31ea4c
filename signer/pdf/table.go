package pdf

import (
	"errors"
	"fmt"
)

const rowSize = 20

// errRow says that rows of a table are not where arithmetic expects them.
var errRow = errors.New("malformed row in the cross-reference table")

// readTable reads a table whose keyword xref stands at the offset.
func (f *File) readTable(off int64) (*section, error) {
	s, err := f.readTableParts(off, true)
	if errors.Is(err, errRow) {
		s, err = f.readTableParts(off, false)
	}
	if err != nil {
		return nil, err
	}
	s.sort()
	return s, nil
}

// readTableParts passes over the subsections. Exact ones are passed over by
// arithmetic and never loaded; otherwise every row is read and kept.
func (f *File) readTableParts(off int64, exact bool) (*section, error) {
	s := &section{offset: off}
	list := listedRows{}
	c := newCursor(f.src, off)
	if _, _, _, err := c.next(); err != nil { // the keyword
		return nil, err
	}
	for len(s.parts) < maxRows {
		k, text, at, err := c.next()
		if err != nil {
			return nil, err
		}
		if k == tokenWord && string(text) == "trailer" {
			s.rows = list
			if exact {
				s.rows = tableRows{f.src}
			}
			s.trailer, err = f.readTrailer(c.offset())
			return s, err
		}
		start, ok := integer(text)
		if k != tokenNumber || !ok || start < 0 || start > maxNumber {
			return nil, fmt.Errorf("%w: no subsection at %d", ErrDamaged, at)
		}
		count, _, ok, err := c.number()
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: no row count at %d", ErrDamaged, at)
		}
		p := part{start: start, count: count}
		if exact {
			c, err = f.passRows(c, &p)
		} else {
			list, err = f.listRows(c, &p, list)
		}
		if err != nil {
			return nil, err
		}
		s.parts = append(s.parts, p)
	}
	return nil, fmt.Errorf("%w: too many subsections", ErrLimit)
}

// passRows finds where the rows of a part begin and end, and looks at the first
// and the last one.
func (f *File) passRows(c *cursor, p *part) (*cursor, error) {
	if p.count == 0 {
		return c, nil
	}
	_, _, at, err := c.next()
	if err != nil {
		return nil, err
	}
	p.first = at
	end := at + p.count*rowSize
	if p.count > maxNumber || end > f.src.size {
		return nil, errRow
	}
	rows := tableRows{f.src}
	if _, err := rows.row(*p, p.count-1); err != nil {
		return nil, err
	}
	first, err := rows.row(*p, 0)
	if err != nil {
		return nil, err
	}
	return newCursor(f.src, end), p.checkFirst(first)
}

// checkFirst refuses tables that begin at 1 with the row of object 0: all their
// numbers are wrong by one, which not every reader mends.
func (p *part) checkFirst(first entry) error {
	if p.start == 1 && first.kind == entryFree && first.offset == 0 && first.minor == 65535 {
		return fmt.Errorf("%w: the table begins at 1 with the row of object 0", ErrDamaged)
	}
	return nil
}

// listRows reads rows of any length up to the part's count or the next keyword.
func (f *File) listRows(c *cursor, p *part, list listedRows) (listedRows, error) {
	p.first = int64(len(list))
	for i := range p.count {
		if len(list) >= maxRows {
			return nil, fmt.Errorf("%w: too many rows", ErrLimit)
		}
		back := c.offset()
		offset, _, ok1, err := c.number()
		if err != nil {
			return nil, err
		}
		gen, _, ok2, err := c.number()
		if err != nil {
			return nil, err
		}
		_, text, _, err := c.next()
		if err != nil {
			return nil, err
		}
		if word := string(text); !ok1 || !ok2 || (word != "n" && word != "f") {
			*c = *newCursor(f.src, back)
			p.count = i
			break
		}
		list = append(list, tableEntry(offset, gen, text[0]))
	}
	if p.count == 0 {
		return list, nil
	}
	return list, p.checkFirst(list[p.first])
}

func tableEntry(offset, gen int64, mark byte) entry {
	e := entry{offset: offset, minor: int32(min(gen, 65535))}
	if mark == 'n' && offset > 0 {
		e.kind = entryPlain
	}
	return e
}

// tableRows reads rows of 20 bytes in the file. A part's first is the offset of
// its first row.
type tableRows struct{ src *source }

func (t tableRows) row(p part, i int64) (entry, error) {
	b, err := t.src.window(p.first+i*rowSize, rowSize)
	if err != nil {
		return entry{}, err
	}
	if len(b) < rowSize-1 || b[10] != ' ' || b[16] != ' ' || (b[17] != 'n' && b[17] != 'f') || !isSpace(b[18]) {
		return entry{}, errRow
	}
	if len(b) == rowSize && !isSpace(b[19]) {
		return entry{}, errRow
	}
	offset, ok1 := integer(b[:10])
	gen, ok2 := integer(b[11:16])
	if !ok1 || !ok2 || offset < 0 || gen < 0 {
		return entry{}, errRow
	}
	return tableEntry(offset, gen, b[17]), nil
}

// readTrailer reads the dictionary behind the keyword trailer.
func (f *File) readTrailer(off int64) (*rawDict, error) {
	var d *rawDict
	err := f.parseAt(off, func(p *parser) error {
		t, err := p.next()
		if err != nil {
			return err
		}
		if t.kind != tokenDictOpen {
			return fmt.Errorf("%w: no trailer dictionary at %d", ErrDamaged, off)
		}
		d, err = p.dict(0)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.clone(), nil
}
