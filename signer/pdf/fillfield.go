package pdf

import "fmt"

// fill signs a field that exists. It keeps its object, rectangle, MK, seed
// values and lock, and gets V and the appearance.
func (s *signing) fill(field *Field) error {
	if field.Signed {
		return fmt.Errorf("field %q: %w", field.Name, ErrFieldSigned)
	}
	if err := field.Seed.check(s.spec); err != nil {
		return fmt.Errorf("field %q: %w", field.Name, err)
	}
	s.lock = field.Lock
	if field.Ref == (Ref{}) {
		return fmt.Errorf("field %q: %w: it is not an object", field.Name, ErrDamaged)
	}
	o, err := s.f.load(field.Ref)
	if err != nil {
		return err
	}
	if o == nil {
		return fmt.Errorf("field %q: %w", field.Name, ErrDamaged)
	}
	d, err := s.inc.edit(o)
	if err != nil {
		return err
	}
	d.set("V", s.value)
	if err := s.flagForm(); err != nil {
		return err
	}
	for _, w := range field.Widgets {
		if err := s.show(w); err != nil {
			return fmt.Errorf("field %q: %w", field.Name, err)
		}
	}
	return nil
}

// show gives a widget the appearance.
func (s *signing) show(w Widget) error {
	o, err := s.f.load(w.Ref)
	if err != nil || o == nil {
		return err
	}
	d, err := s.inc.edit(o)
	if err != nil {
		return err
	}
	turn, err := s.f.turnOf(w)
	if err != nil {
		return err
	}
	where := Placement{Rect: w.Rect, Turn: turn}
	d.set("AP", Dict{"N": s.appearance(where)})
	return nil
}

// turnOf gives the Rotate of the page that a widget says it is on. If it does not
// say, the page is looked for.
func (f *File) turnOf(w Widget) (int, error) {
	if w.Page == (Ref{}) {
		page, err := f.pageOfWidget(w)
		return page.Rotate, err
	}
	var ref Object = w.Page
	from := &inherited{}
	for range maxDepth {
		d, err := f.dictOf(ref)
		if err != nil || d == nil {
			return 0, err
		}
		if d["Rotate"] != nil {
			from = from.with(d)
			break
		}
		ref = d["Parent"]
	}
	rotate, ok, err := f.float(from.rotate)
	if !ok {
		return 0, err
	}
	return rightAngle(rotate), err
}
