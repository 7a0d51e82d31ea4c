package pdf

import (
	"fmt"
)

// A Rect is a box in points, from its lower left corner (X0, Y0) to its upper
// right one.
type Rect struct{ X0, Y0, X1, Y1 float64 }

// A Page is one page with what it inherits from the page tree.
type Page struct {
	// Number counts from 1.
	Number int
	// Ref is zero for a page that stands as a direct object in the tree, which
	// is wrong but happens.
	Ref Ref
	// Dict is the page's own dictionary.
	Dict Dict
	// MediaBox and CropBox are in the page's user space, normalised. CropBox is
	// cut to the MediaBox and is what viewers show.
	MediaBox, CropBox Rect
	// Rotate is how far viewers turn the page clockwise: 0, 90, 180 or 270.
	Rotate int
	// UserUnit is the size of a unit of user space in points, 1 unless the page
	// says otherwise.
	UserUnit float64

	leaf leaf
}

// A leaf is a place in the page tree where a page was found.
type leaf struct {
	item   Object // reference or direct dictionary
	parent Ref    // the node whose Kids hold it, zero if that is direct itself
	index  int    // in Kids
	from   *inherited
}

// inherited are the attributes that a node of the tree leaves to its pages.
type inherited struct {
	mediaBox, cropBox, rotate Object
}

func (i *inherited) with(d Dict) *inherited {
	out := *i
	if v := d["MediaBox"]; v != nil {
		out.mediaBox = v
	}
	if v := d["CropBox"]; v != nil {
		out.cropBox = v
	}
	if v := d["Rotate"]; v != nil {
		out.rotate = v
	}
	return &out
}

// Pages gives the number of pages. It believes the Count of the page tree if
// the way to the last page agrees with it, and otherwise walks the whole tree.
func (f *File) Pages() (int, error) { return again(f.countPages) }

func (f *File) countPages() (int, error) {
	p, err := f.pageIndex()
	if err != nil {
		return 0, err
	}
	return p.count, nil
}

// Page gives a page by its number, from 1 on; ErrPageRange if there is none.
func (f *File) Page(n int) (Page, error) {
	return again(func() (Page, error) { return f.page(n) })
}

func (f *File) page(n int) (Page, error) {
	p, err := f.pageIndex()
	if err != nil {
		return Page{}, err
	}
	if p.count == 0 {
		return Page{}, ErrNoPages
	}
	if n < 1 || n > p.count {
		return Page{}, fmt.Errorf("page %d of %d: %w", n, p.count, ErrPageRange)
	}
	l, err := f.leafAt(p, n-1)
	if err != nil {
		return Page{}, err
	}
	return f.pageOf(n, l)
}

func (f *File) pageOf(n int, l leaf) (Page, error) {
	d, err := f.dictOf(l.item)
	if err != nil {
		return Page{}, fmt.Errorf("page %d: %w", n, err)
	}
	p := Page{Number: n, Dict: d, leaf: l, UserUnit: 1}
	p.Ref, _ = l.item.(Ref)
	all := l.from.with(d)
	if err := f.setBoxes(&p, all); err != nil {
		return Page{}, fmt.Errorf("page %d: %w", n, err)
	}
	rotate, ok, err := f.float(all.rotate)
	if err != nil {
		return Page{}, err
	}
	if ok {
		p.Rotate = rightAngle(rotate)
	}
	unit, ok, err := f.float(d["UserUnit"])
	if ok && unit > 0 && unit < 1e6 {
		p.UserUnit = unit
	}
	return p, err
}

// setBoxes reads the boxes. A page without a usable MediaBox is taken for US
// Letter, as viewers do.
func (f *File) setBoxes(p *Page, from *inherited) error {
	media, ok, err := f.rect(from.mediaBox)
	if err != nil {
		return err
	}
	if !ok || media.empty() {
		media = Rect{0, 0, 612, 792}
	}
	p.MediaBox, p.CropBox = media, media
	crop, ok, err := f.rect(from.cropBox)
	if ok {
		if crop = crop.intersect(media); !crop.empty() {
			p.CropBox = crop
		}
	}
	return err
}

// rect reads a rectangle and puts its corners in order.
func (f *File) rect(o Object) (Rect, bool, error) {
	a, ok, err := resolved[Array](f, o)
	if !ok || len(a) < 4 {
		return Rect{}, false, err
	}
	var v [4]float64
	for i := range v {
		if v[i], ok, err = f.float(a[i]); !ok || v[i] < -1e9 || v[i] > 1e9 {
			return Rect{}, false, err
		}
	}
	return Rect{min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3])}, true, nil
}

func (f *File) float(o Object) (float64, bool, error) {
	v, err := f.resolve(o)
	switch v := v.(type) {
	case Integer:
		return float64(v), true, err
	case Real:
		return float64(v), true, err
	}
	return 0, false, err
}

func (r Rect) empty() bool { return r.X1 <= r.X0 || r.Y1 <= r.Y0 }

func (r Rect) intersect(o Rect) Rect {
	return Rect{max(r.X0, o.X0), max(r.Y0, o.Y0), min(r.X1, o.X1), min(r.Y1, o.Y1)}
}

// rightAngle brings a Rotate to 0, 90, 180 or 270.
func rightAngle(degrees float64) int {
	if degrees < -1e6 || degrees > 1e6 {
		return 0
	}
	return ((int(degrees)/90*90)%360 + 360) % 360
}
