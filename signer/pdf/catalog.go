package pdf

import "fmt"

// A catalogInfo is the document's catalog and where it stands.
type catalogInfo struct {
	ref  Ref // zero when the trailer holds it as a direct dictionary
	obj  *object
	dict Dict
}

// catalog gives the catalog of the document; ErrDamaged if there is none.
func (f *File) catalog() (catalogInfo, error) {
	root, _ := f.trailer.get("Root")
	if d, ok := root.value.(Dict); ok {
		return catalogInfo{dict: d}, nil
	}
	ref, ok := root.value.(Ref)
	if !ok {
		return catalogInfo{}, fmt.Errorf("%w: the trailer names no catalog", ErrDamaged)
	}
	o, err := f.load(ref)
	if err != nil {
		return catalogInfo{}, err
	}
	if o == nil {
		return catalogInfo{}, fmt.Errorf("%w: the catalog is missing", ErrDamaged)
	}
	d, ok := o.value.(Dict)
	if !ok || d["Pages"] == nil {
		return catalogInfo{}, fmt.Errorf("%w: the catalog is no catalog", ErrDamaged)
	}
	return catalogInfo{ref: ref, obj: o, dict: d}, nil
}

// Trailer gives the newest trailer that names a catalog.
func (f *File) Trailer() Dict { return f.trailer.dict() }

// Catalog gives the document's catalog.
func (f *File) Catalog() (Dict, error) {
	c, err := again(f.catalog)
	return c.dict, err
}
