package pdf

import (
	"fmt"
)

// widgetFlags are Print and Locked (ISO 32000-2, 12.5.3): PDF/A asks for the
// first and forbids Hidden, so an invisible field has an empty rectangle.
const widgetFlags = 4 | 128

// make makes a new field, which is its own widget, puts it on its page and into
// the form.
func (s *signing) make() error {
	page, err := s.f.page(max(1, s.spec.Page))
	if err != nil {
		return err
	}
	field := s.inc.alloc()
	pageRef, err := s.addAnnotation(page, field)
	if err != nil {
		return fmt.Errorf("page %d: %w", page.Number, err)
	}
	if err := s.addToForm(field); err != nil {
		return fmt.Errorf("form: %w", err)
	}
	d := Dict{
		"Type": Name("Annot"), "Subtype": Name("Widget"), "FT": Name("Sig"),
		"T": TextString(s.field), "F": Integer(widgetFlags), "P": pageRef, "V": s.value,
	}
	if s.spec.Tooltip != "" {
		d["TU"] = TextString(s.spec.Tooltip)
	}
	where := Placement{}
	if s.spec.Placement != nil {
		where = *s.spec.Placement
	}
	d["Rect"] = where.Rect.array()
	d["AP"] = Dict{"N": s.appearance(where)}
	return s.inc.put(field, d)
}

// appearance makes the form XObject that a widget shows: empty if there is
// nothing to show.
func (s *signing) appearance(where Placement) *Indirect {
	a := s.spec.Appearance
	if a == nil || where.Rect.empty() {
		return &Indirect{Value: &Stream{Dict: Dict{
			"Type": Name("XObject"), "Subtype": Name("Form"), "BBox": numbers(0, 0, 0, 0), "Resources": Dict{},
		}}}
	}
	box := a.fit(where)
	resources := a.Resources
	if resources == nil {
		resources = Dict{}
	}
	return &Indirect{Value: &Stream{Data: a.Content, Dict: Dict{
		"Type": Name("XObject"), "Subtype": Name("Form"),
		"BBox": box.array(), "Matrix": where.matrix(a.Width, a.Height), "Resources": resources,
	}}}
}

// fit gives a box around the appearance that has the proportions of the
// rectangle, since viewers stretch the one to the other (12.5.5).
func (a *Appearance) fit(where Placement) Rect {
	width, height := where.Rect.X1-where.Rect.X0, where.Rect.Y1-where.Rect.Y0
	if where.Turn%180 != 0 {
		width, height = height, width
	}
	box := Rect{0, 0, a.Width, a.Height}
	if a.Width <= 0 || a.Height <= 0 {
		return Rect{0, 0, width, height}
	}
	scale := min(width/a.Width, height/a.Height)
	if dx := (width/scale - a.Width) / 2; dx > 0.01*a.Width {
		box.X0, box.X1 = -dx, a.Width+dx
	}
	if dy := (height/scale - a.Height) / 2; dy > 0.01*a.Height {
		box.Y0, box.Y1 = -dy, a.Height+dy
	}
	return box
}

// addAnnotation puts the widget on its page. The page always gets an array of
// its own: one that is an object may be shared by several pages. A page that
// stands directly in the tree becomes an object, so that the widget can name it.
func (s *signing) addAnnotation(page Page, widget Ref) (Ref, error) {
	d, ref, err := s.editPage(page)
	if err != nil {
		return Ref{}, err
	}
	entry, _ := d.get("Annots")
	list, foreign := entry.raw, d.reencrypt
	if at, ok := entry.value.(Ref); ok {
		o, err := s.f.load(at)
		if err != nil {
			return Ref{}, err
		}
		list, foreign = nil, true
		if o != nil {
			list = o.raw
		}
	}
	old, _, err := resolved[Array](s.f, entry.value)
	if err != nil {
		return Ref{}, err
	}
	d.set("Annots", s.inc.appended(list, old, foreign, widget))
	return ref, nil
}

func (s *signing) editPage(page Page) (*rawDict, Ref, error) {
	if page.Ref != (Ref{}) {
		o, err := s.f.load(page.Ref)
		if err != nil {
			return nil, Ref{}, err
		}
		if o == nil {
			return nil, Ref{}, fmt.Errorf("%w: page object %d", ErrDamaged, page.Ref.Number)
		}
		d, err := s.inc.edit(o)
		return d, page.Ref, err
	}
	ref := s.inc.alloc()
	d := looseDict(page.Dict)
	s.inc.change(ref, d)
	return d, ref, s.replaceKid(page, ref)
}

// replaceKid makes the page tree name the object that a direct page became.
func (s *signing) replaceKid(page Page, ref Ref) error {
	o, err := s.f.load(page.leaf.parent)
	if err != nil {
		return err
	}
	if o == nil {
		return fmt.Errorf("%w: a page without a place in the tree", ErrDamaged)
	}
	tree, err := s.inc.edit(o)
	if err != nil {
		return err
	}
	kids, ok, err := resolved[Array](s.f, o.value.(Dict)["Kids"])
	if !ok || page.leaf.index >= len(kids) {
		return fmt.Errorf("%w: a page without a place in the tree: %w", ErrDamaged, err)
	}
	fresh := append(Array{}, kids...)
	fresh[page.leaf.index] = ref
	tree.set("Kids", fresh)
	return nil
}

// addToForm puts the field into the list of fields and tells the form that it
// has signatures and is only to be appended to (SigFlags, 12.7.3).
func (s *signing) addToForm(field Ref) error {
	return s.editForm(func(form *rawDict) error { return s.addToFields(form, field) })
}

// flagForm sets SigFlags and nothing else.
func (s *signing) flagForm() error {
	return s.editForm(func(*rawDict) error { return nil })
}

func (s *signing) editForm(change func(*rawDict) error) error {
	catalog, err := s.inc.editCatalog()
	if err != nil {
		return err
	}
	form, own, err := s.inc.editEntry(catalog, "AcroForm")
	if err != nil {
		return err
	}
	if err := change(form); err != nil {
		return err
	}
	flags, _, err := resolved[Integer](s.f, form.value("SigFlags"))
	if err != nil {
		return err
	}
	if flags&3 != 3 {
		form.set("SigFlags", flags|3)
	}
	s.inc.keepEntry(catalog, "AcroForm", form, own)
	return nil
}

func (s *signing) addToFields(form *rawDict, field Ref) error {
	entry, _ := form.get("Fields")
	old, _, err := resolved[Array](s.f, entry.value)
	if err != nil {
		return err
	}
	at, ok := entry.value.(Ref)
	if !ok {
		form.set("Fields", s.inc.appended(entry.raw, old, form.reencrypt, field))
		return nil
	}
	o, err := s.f.load(at)
	if err != nil {
		return err
	}
	if o == nil { // named, but absent
		form.set("Fields", Array{field})
		return nil
	}
	return s.inc.put(at, s.inc.appended(o.raw, old, o.packed, field))
}
