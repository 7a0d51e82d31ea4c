package pdf

import (
	"slices"
	"sort"
)

// An entry says where an object is.
type entry struct {
	// offset of a plain object as written in the table (without the file's
	// base), or the number of the object stream of a packed one.
	offset int64
	// generation of a plain object, or the index of a packed one.
	minor int32
	kind  entryKind
}

type entryKind uint8

const (
	entryFree entryKind = iota
	entryPlain
	entryPacked
)

// A section is one cross-reference section: a table or a stream, with its
// trailer (ISO 32000-2, 7.5.4 and 7.5.8). Rows are looked up where they lie.
type section struct {
	offset  int64 // where it begins in the file
	stream  bool
	parts   []part // sorted by start
	rows    rows
	trailer *rawDict
	hidden  *section // the stream named by XRefStm in a hybrid file
}

// A part is a subsection: count rows from object number start on.
type part struct {
	start, count int64
	first        int64 // where its first row is: rows knows in what unit
}

// rows reads the row i (0 …) of a part.
type rows interface {
	row(p part, i int64) (entry, error)
}

func (s *section) sort() {
	slices.SortStableFunc(s.parts, func(a, b part) int {
		switch {
		case a.start < b.start:
			return -1
		case a.start > b.start:
			return 1
		}
		return 0
	})
}

// find gives the entry of an object, if the section has one. In a hybrid
// section a free entry gives way to the hidden stream (7.5.8.4).
func (s *section) find(num uint32) (entry, bool, error) {
	e, ok, err := s.findOwn(num)
	if err != nil || s.hidden == nil || (ok && e.kind != entryFree) {
		return e, ok, err
	}
	if h, found, err := s.hidden.findOwn(num); err != nil || found {
		return h, found, err
	}
	return e, ok, nil
}

func (s *section) findOwn(num uint32) (entry, bool, error) {
	n := int64(num)
	i := sort.Search(len(s.parts), func(i int) bool { return s.parts[i].start > n })
	for i--; i >= 0; i-- {
		p := s.parts[i]
		if n < p.start+p.count {
			e, err := s.rows.row(p, n-p.start)
			return e, err == nil, err
		}
		if i > 0 && s.parts[i-1].start != p.start {
			break
		}
	}
	return entry{}, false, nil
}

// highest gives the highest object number that the section speaks of, -1 if none.
// Parts that begin beyond farthest are left out.
func (s *section) highest(farthest int64) int64 {
	high := int64(-1)
	for _, p := range s.parts {
		if p.count > 0 && p.start <= farthest {
			high = max(high, p.start+p.count-1)
		}
	}
	if s.hidden != nil {
		high = max(high, s.hidden.highest(farthest))
	}
	return high
}

// listedRows are rows that are kept in memory: of tables whose rows are not 20
// bytes each, and of the table that repair makes. A part's first is an index.
type listedRows []entry

func (l listedRows) row(p part, i int64) (entry, error) { return l[p.first+i], nil }
