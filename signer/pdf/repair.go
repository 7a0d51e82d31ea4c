package pdf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// repair makes a table of all objects that a scan of the file finds, for a file
// whose own tables cannot be used. It does so once; why is kept for the caller.
func (f *File) repair(why error) error {
	if !mendable(why) || f.repaired != "" {
		return why
	}
	if !errors.Is(why, ErrDamaged) {
		why = fmt.Errorf("%w: %w", ErrDamaged, why)
	}
	if f.options.NoRepair {
		return why
	}
	s := &scan{f: f, objects: map[uint32]found{}}
	if err := s.run(); err != nil {
		return fmt.Errorf("repair: %w", err)
	}
	if len(s.objects) == 0 {
		if f.version == "" {
			return ErrNotPDF
		}
		return fmt.Errorf("%w: no object found: %w", ErrDamaged, why)
	}
	f.repaired = why.Error()
	f.forget()
	f.sections = []*section{s.section()}
	if err := s.chooseTrailer(); err != nil {
		return err
	}
	if err := f.openCrypt(); err != nil {
		return err
	}
	if err := s.openPacks(); err != nil {
		return fmt.Errorf("repair: %w", err)
	}
	f.forget()
	f.sections = []*section{s.section()}
	f.named = max(f.named, s.named)
	return s.checkRoot()
}

// mendable tells whether an error is about the file's structure.
func mendable(err error) bool {
	return errors.Is(err, ErrDamaged) || errors.Is(err, errRow) || errors.Is(err, errBroken) || errors.Is(err, errUnended)
}

// section makes a table of what was found. It is written out as a stream if
// there are packed objects, which a table cannot tell of.
func (s *scan) section() *section {
	out := &section{trailer: s.trailer}
	var list listedRows
	for _, num := range slices.Sorted(maps.Keys(s.objects)) {
		n := int64(num)
		if last := len(out.parts) - 1; last >= 0 && out.parts[last].start+out.parts[last].count == n {
			out.parts[last].count++
		} else {
			out.parts = append(out.parts, part{start: n, count: 1, first: int64(len(list))})
		}
		e := s.objects[num].entry(s.f.base)
		out.stream = out.stream || e.kind == entryPacked
		list = append(list, e)
	}
	out.rows = list
	return out
}

// chooseTrailer takes the last trailer that names a catalog, and what others
// say about encryption. Without one, the last catalog that was found must do.
func (s *scan) chooseTrailer() error {
	for _, t := range s.trailers {
		if ref, ok := t.value("Root").(Ref); ok {
			if _, found := s.objects[ref.Number]; found || len(s.packs) > 0 {
				s.trailer = t
			}
		}
	}
	if s.trailer == nil {
		s.trailer = &rawDict{}
		if ref, ok := s.lastCatalog(); ok {
			s.trailer.set("Root", ref)
		}
	}
	for _, key := range []Name{"Encrypt", "ID", "Info"} {
		for _, t := range s.trailers {
			if e, ok := t.get(key); ok && s.trailer.value(key) == nil {
				s.trailer.set(key, e.value)
			}
		}
	}
	s.f.trailer = s.trailer
	s.f.sections[0].trailer = s.trailer
	return nil
}

// lastCatalog gives the last catalog that stands by itself. That its strings may
// be encrypted does not matter.
func (s *scan) lastCatalog() (Ref, bool) {
	for _, ref := range slices.Backward(s.catalogs) {
		at, ok := s.objects[ref.Number]
		if !ok {
			continue
		}
		if o, err := s.f.readObject(at.at); err == nil {
			if d, ok := o.value.(Dict); ok && isCatalog(d) {
				return o.ref, true
			}
		}
	}
	return Ref{}, false
}

// openPacks lists the objects in object streams. As in the rest of the file,
// what comes later counts.
func (s *scan) openPacks() error {
	for _, num := range s.packs { // in the order of the file
		holder := s.objects[num]
		p, err := s.f.pack(num)
		if err != nil && !mendable(err) {
			return err
		}
		if p == nil || p.offset != holder.at {
			continue // a later object has its number
		}
		s.named = max(s.named, highestNamed(p.data))
		for i, m := range p.members {
			if old, ok := s.objects[m.num]; m.num == 0 || m.num > maxScanned || (ok && old.at > holder.at) {
				continue
			}
			s.objects[m.num] = found{at: holder.at, holder: num, minor: int32(i)}
		}
		if len(s.objects) > maxFound {
			return fmt.Errorf("%w: too many objects", ErrLimit)
		}
	}
	return nil
}

// checkRoot makes sure that the trailer names a catalog. If it does not, one is
// looked for in all objects, and if there is none, one is made for the page
// tree that was found: it becomes an object with the next increment.
func (s *scan) checkRoot() error {
	f := s.f
	if _, err := f.catalog(); err == nil || !errors.Is(err, ErrDamaged) {
		return err
	}
	var catalog, pages Ref
	var broken Dict
	for _, num := range slices.Sorted(maps.Keys(s.objects)) {
		ref := Ref{Number: num}
		if e := s.objects[num]; e.holder == 0 {
			ref.Generation = uint16(e.minor)
		}
		d, err := f.dictOf(ref)
		if err != nil {
			return err
		}
		switch {
		case isCatalog(d):
			catalog = ref
		case d["Type"] == Name("Catalog"):
			broken = d
		case d["Type"] == Name("Pages") && d["Kids"] != nil && d["Parent"] == nil:
			pages = ref
		}
	}
	switch {
	case catalog != Ref{}:
		f.trailer.set("Root", catalog)
	case pages != Ref{}:
		made := Dict{}
		maps.Copy(made, broken)
		made["Type"], made["Pages"] = Name("Catalog"), pages
		f.trailer.set("Root", made)
	default:
		return fmt.Errorf("%w: no catalog found", ErrDamaged)
	}
	return nil
}

func isCatalog(d Dict) bool { return d["Type"] == Name("Catalog") && d["Pages"] != nil }
