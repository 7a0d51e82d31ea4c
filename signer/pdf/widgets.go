package pdf

import "fmt"

// SignatureWidgets gives the places on a page where signature fields show,
// signed or not, in the page's user space: what a new signature should not
// cover. Invisible ones are left out.
func (f *File) SignatureWidgets(p Page) ([]PlacedWidget, error) {
	return again(func() ([]PlacedWidget, error) { return f.signatureWidgets(p) })
}

func (f *File) signatureWidgets(p Page) ([]PlacedWidget, error) {
	fm, err := f.readForm()
	if err != nil {
		return nil, err
	}
	annots, _, err := resolved[Array](f, p.Dict["Annots"])
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", p.Number, err)
	}
	here := map[Ref]bool{}
	for _, o := range annots {
		if ref, ok := o.(Ref); ok {
			here[ref] = true
		}
	}
	var out []PlacedWidget
	for _, field := range fm.fields {
		for _, w := range field.Widgets {
			if here[w.Ref] && !w.Rect.empty() {
				out = append(out, PlacedWidget{field.Name, field.Signed, w.Rect})
			}
		}
	}
	return out, nil
}

// A PlacedWidget is a signature field as it shows on a page.
type PlacedWidget struct {
	Field  string
	Signed bool
	Rect   Rect
}

// PageOf finds the page that a field's first widget is on. ok is false if no
// page has it.
func (f *File) PageOf(field *Field) (page Page, ok bool, err error) {
	page, err = again(func() (Page, error) { return f.pageOfField(field) })
	return page, page.Number > 0, err
}

func (f *File) pageOfField(field *Field) (Page, error) {
	if len(field.Widgets) == 0 {
		return Page{}, nil
	}
	return f.pageOfWidget(field.Widgets[0])
}

// pageOfWidget gives a page without number if none has the widget.
func (f *File) pageOfWidget(w Widget) (Page, error) {
	n, err := f.countPages()
	if err != nil {
		return Page{}, err
	}
	for i := 1; i <= n; i++ {
		p, err := f.page(i)
		if err != nil {
			return Page{}, err
		}
		if w.Page != (Ref{}) && p.Ref == w.Page {
			return p, nil
		}
		annots, _, err := resolved[Array](f, p.Dict["Annots"])
		if err != nil {
			return Page{}, err
		}
		for _, o := range annots {
			if o == Object(w.Ref) {
				return p, nil
			}
		}
	}
	return Page{}, nil
}
