package pdf

import (
	"fmt"
	"slices"
)

// A Field is a signature field of the document's form.
type Field struct {
	// Name is the full name: the partial names of its ancestors and its own,
	// joined by points.
	Name string
	// Ref is zero when the field stands as a direct object.
	Ref Ref
	// Widgets are the places where it shows, usually one.
	Widgets []Widget
	// Signed tells whether it has a signature.
	Signed bool
	// Lock says what the signature of this field will lock, nil if nothing.
	Lock *Lock
	// Seed says what a signature of this field must be like, nil if anything.
	Seed *Seed

	dict  Dict
	value Object // V, a reference or a direct dictionary; nil when not signed
}

// A Widget is a place where a field shows on a page.
type Widget struct {
	// Ref is that of the field itself when both are one object.
	Ref Ref
	// Rect is in the page's user space.
	Rect Rect
	// Page is what the widget says about its page: zero if nothing.
	Page Ref
}

// form is what the document's interactive form has in fields.
type form struct {
	names  map[string]bool // full names of all fields
	fields []*Field        // the signature fields
}

// Fields gives the signature fields of the document's form in its order.
func (f *File) Fields() ([]*Field, error) {
	w, err := again(f.readForm)
	if err != nil {
		return nil, err
	}
	return slices.Clone(w.fields), nil
}

func (f *File) readForm() (*form, error) {
	if f.form != nil {
		return f.form, nil
	}
	c, err := f.catalog()
	if err != nil {
		return nil, err
	}
	acro, err := f.dictOf(c.dict["AcroForm"])
	if err != nil {
		return nil, fmt.Errorf("form: %w", err)
	}
	w := fieldWalk{f: f, seen: map[Ref]bool{}, form: &form{names: map[string]bool{}}}
	list, _, err := resolved[Array](f, acro["Fields"])
	if err != nil {
		return nil, fmt.Errorf("form: %w", err)
	}
	for _, item := range list {
		if err := w.visit(item, lineage{}, 0); err != nil {
			return nil, fmt.Errorf("form: %w", err)
		}
	}
	f.form = w.form
	return f.form, nil
}

// lineage is what a field has from its ancestors.
type lineage struct {
	name string
	kind Object // FT
	v    Object
}

type fieldWalk struct {
	f     *File
	seen  map[Ref]bool
	count int
	form  *form
}

// visit takes a field and its kids. Kids without a name of their own are
// widgets (ISO 32000-2, 12.7.4.2).
func (w *fieldWalk) visit(item Object, from lineage, depth int) error {
	if w.count++; w.count > maxFields {
		return fmt.Errorf("%w: too many fields", ErrLimit)
	}
	if ref, ok := item.(Ref); ok {
		if w.seen[ref] {
			return nil
		}
		w.seen[ref] = true
	}
	d, err := w.f.dictOf(item)
	if err != nil || d == nil || depth > maxDepth {
		return err
	}
	own, err := w.inherit(d, from)
	if err != nil {
		return err
	}
	kids, _, err := resolved[Array](w.f, d["Kids"])
	if err != nil {
		return err
	}
	var widgets Array
	named := false
	for _, kid := range kids {
		k, err := w.f.dictOf(kid)
		if err != nil {
			return err
		}
		if k["T"] == nil {
			widgets = append(widgets, kid)
			continue
		}
		named = true
		if err := w.visit(kid, own, depth+1); err != nil {
			return err
		}
	}
	if own.kind == Name("Sig") && !named {
		return w.add(item, d, own, widgets)
	}
	return nil
}

func (w *fieldWalk) inherit(d Dict, from lineage) (lineage, error) {
	own := from
	t, ok, err := resolved[String](w.f, d["T"])
	if err != nil {
		return own, err
	}
	if ok {
		if own.name != "" {
			own.name += "."
		}
		own.name += t.Text()
		w.form.names[own.name] = true
	}
	if d["FT"] != nil {
		if own.kind, err = w.f.resolve(d["FT"]); err != nil {
			return own, err
		}
	}
	if d["V"] != nil {
		own.v = d["V"]
	}
	return own, nil
}

func (w *fieldWalk) add(item Object, d Dict, own lineage, widgets Array) error {
	field := &Field{Name: own.name, dict: d}
	field.Ref, _ = item.(Ref)
	v, err := w.f.dictOf(own.v)
	if err != nil {
		return err
	}
	if v != nil {
		field.Signed, field.value = true, own.v
	}
	if len(widgets) == 0 {
		widgets = Array{item}
	}
	for _, o := range widgets {
		widget, err := w.widget(o)
		if err != nil {
			return err
		}
		field.Widgets = append(field.Widgets, widget)
	}
	if err := w.f.readConstraints(field); err != nil {
		return err
	}
	w.form.fields = append(w.form.fields, field)
	return nil
}

func (w *fieldWalk) widget(o Object) (Widget, error) {
	d, err := w.f.dictOf(o)
	if err != nil {
		return Widget{}, err
	}
	var out Widget
	out.Ref, _ = o.(Ref)
	out.Page, _ = d["P"].(Ref)
	out.Rect, _, err = w.f.rect(d["Rect"])
	return out, err
}

// freshName gives a name that no field has: Signature1, Signature2 …
func (fm *form) freshName() string {
	for i := 1; ; i++ {
		if n := fmt.Sprintf("Signature%d", i); !fm.names[n] {
			return n
		}
	}
}
