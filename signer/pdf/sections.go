package pdf

import (
	"bytes"
	"fmt"
)

// readSections reads the chain of cross-reference sections from the newest on.
func (f *File) readSections() error {
	start, err := f.startXRef()
	if err != nil {
		return err
	}
	seen := map[int64]bool{}
	for off := start; ; {
		if len(f.sections) >= maxSections {
			return fmt.Errorf("%w: too many cross-reference sections", ErrLimit)
		}
		s, err := f.readSection(off)
		if err != nil {
			return err
		}
		if seen[s.offset] {
			return fmt.Errorf("%w: the chain of cross-reference sections is a loop", ErrDamaged)
		}
		seen[s.offset] = true
		f.sections = append(f.sections, s)
		e, ok := s.trailer.get("Prev")
		if !ok {
			break
		}
		prev, ok := f.offsetValue(e.value)
		if !ok {
			break
		}
		off = prev
	}
	return f.chooseTrailer()
}

// offsetValue reads Prev and XRefStm; some writers make them reals. Zero means
// none.
func (f *File) offsetValue(o Object) (int64, bool) {
	switch v := o.(type) {
	case Integer:
		return int64(v), v > 0
	case Real:
		return int64(v), v > 0
	}
	return 0, false
}

// chooseTrailer takes the newest trailer that names a catalog.
func (f *File) chooseTrailer() error {
	for _, s := range f.sections {
		if e, ok := s.trailer.get("Root"); ok && e.value != nil {
			f.trailer = s.trailer
			return nil
		}
	}
	return fmt.Errorf("%w: no trailer names a catalog", ErrDamaged)
}

// readSection reads the section at an offset as the file writes it. Offsets
// count from the header in most files with junk before it, and from the first
// byte in some: the first section decides which.
func (f *File) readSection(off int64) (*section, error) {
	candidates := []int64{off + f.base}
	if f.base > 0 && len(f.sections) == 0 {
		candidates = append(candidates, off)
	}
	var err error
	for i, at := range candidates {
		var s *section
		if s, err = f.sectionAt(at); err == nil {
			if i == 1 {
				f.base = 0
			}
			return s, f.readHidden(s)
		}
	}
	return nil, err
}

func (f *File) sectionAt(at int64) (*section, error) {
	if at <= 0 || at >= f.src.size {
		return nil, fmt.Errorf("%w: a cross-reference section is said to be at %d", ErrDamaged, at)
	}
	k, text, found, err := newCursor(f.src, at).next()
	if err != nil {
		return nil, err
	}
	switch {
	case k == tokenWord && string(text) == "xref":
		return f.readTable(found)
	case k == tokenNumber:
		return f.readXRefStream(found)
	}
	return nil, fmt.Errorf("%w: no cross-reference section at %d", ErrDamaged, at)
}

// readHidden reads the stream that a hybrid table points to.
func (f *File) readHidden(s *section) error {
	e, ok := s.trailer.get("XRefStm")
	if !ok || s.stream {
		return nil
	}
	off, ok := f.offsetValue(e.value)
	if !ok {
		return nil
	}
	hidden, err := f.sectionAt(off + f.base)
	if err != nil {
		return fmt.Errorf("hybrid file: %w", err)
	}
	s.hidden = hidden
	return nil
}

// startXRef reads the number behind the last startxref. It is looked for in
// larger and larger tails, as some files end in garbage.
func (f *File) startXRef() (int64, error) {
	key := []byte("startxref")
	for n := int64(2 << 10); ; n *= 8 {
		from := max(0, f.src.size-n)
		b, err := f.src.window(from, int(f.src.size-from))
		if err != nil {
			return 0, err
		}
		if i := bytes.LastIndex(b, key); i >= 0 {
			off, at, ok, err := newCursor(f.src, from+int64(i+len(key))).number()
			if err != nil {
				return 0, err
			}
			if !ok || off == 0 {
				return 0, fmt.Errorf("%w: startxref has no offset at %d", ErrDamaged, at)
			}
			return off, nil
		}
		if from == 0 || n >= 1<<20 {
			return 0, fmt.Errorf("%w: no startxref", ErrDamaged)
		}
	}
}

// find looks an object up, newest section first.
func (f *File) find(num uint32) (entry, error) {
	for _, s := range f.sections {
		if err := spend(&f.budget.steps, 1, "look up"); err != nil {
			return entry{}, err
		}
		e, ok, err := s.find(num)
		if err != nil {
			return entry{}, err
		}
		if ok {
			return e, nil
		}
	}
	return entry{}, nil
}

// highest gives the highest object number in use or once in use, see
// section.highest.
func (f *File) highest(farthest int64) int64 {
	high := int64(0)
	for _, s := range f.sections {
		high = max(high, s.highest(farthest))
	}
	return high
}
