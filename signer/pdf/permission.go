package pdf

import (
	"fmt"
	"slices"
)

// Restrictions are what earlier signatures leave open (ISO 32000-2, 12.8.2).
type Restrictions struct {
	// Certified tells whether the document has a certifying signature.
	Certified bool
	// Permission is the strictest DocMDP permission of any signature: 1 to 3,
	// or 0 if none sets one.
	Permission int
	// Locks are the field locks of the signatures.
	Locks []*Lock
	// Signed tells whether there is any signature at all.
	Signed bool
}

// Restrictions reads what earlier signatures leave open.
func (f *File) Restrictions() (Restrictions, error) { return again(f.restrictions) }

func (f *File) restrictions() (Restrictions, error) {
	var r Restrictions
	c, err := f.catalog()
	if err != nil {
		return r, err
	}
	perms, err := f.dictOf(c.dict["Perms"])
	if err != nil {
		return r, err
	}
	certifying, err := f.dictOf(perms["DocMDP"])
	if err != nil {
		return r, err
	}
	if certifying != nil {
		r.Certified, r.Signed = true, true
		if err := f.restrict(&r, certifying); err != nil {
			return r, err
		}
	}
	fm, err := f.readForm()
	if err != nil {
		return r, err
	}
	for _, field := range fm.fields {
		if !field.Signed {
			continue
		}
		r.Signed = true
		d, err := f.dictOf(field.value)
		if err != nil {
			return r, err
		}
		if err := f.restrict(&r, d); err != nil {
			return r, err
		}
		if field.Lock != nil {
			r.add(field.Lock)
		}
	}
	return r, nil
}

func (r *Restrictions) add(l *Lock) {
	r.Locks = append(r.Locks, l)
	r.limit(l.Permission)
}

func (r *Restrictions) limit(p int) {
	if p > 0 && (r.Permission == 0 || p < r.Permission) {
		r.Permission = p
	}
}

// restrict reads the transforms of one signature.
func (f *File) restrict(r *Restrictions, sig Dict) error {
	refs, _, err := resolved[Array](f, sig["Reference"])
	if err != nil {
		return err
	}
	for _, item := range refs[:min(len(refs), 64)] {
		d, err := f.dictOf(item)
		if err != nil {
			return err
		}
		method, _, err := resolved[Name](f, d["TransformMethod"])
		if err != nil {
			return err
		}
		switch method {
		case "DocMDP":
			p, err := f.docMDP(d["TransformParams"])
			if err != nil {
				return err
			}
			r.limit(p)
		case "FieldMDP":
			l, err := f.readLock(d["TransformParams"])
			if err != nil {
				return err
			}
			if l != nil {
				r.Locks = append(r.Locks, &Lock{Action: l.Action, Fields: l.Fields})
			}
		}
	}
	return nil
}

// docMDP reads P of the transform's parameters, which is 2 when it is missing
// (Table 257).
func (f *File) docMDP(o Object) (int, error) {
	params, err := f.dictOf(o)
	if err != nil {
		return 0, err
	}
	p, ok, err := resolved[Integer](f, params["P"])
	if ok && p >= 1 && p <= 3 {
		return int(p), err
	}
	return 2, err
}

// mayPrepare holds the order against what the document's owner and its earlier
// signatures permit, and names the field. A document timestamp is permitted
// after every signature (12.8.2.2). A lock is about the values of fields
// (12.8.2.4), so it does not stand against a new one: DocMDP does, or not.
func (f *File) mayPrepare(spec *SignatureSpec) error {
	fm, err := f.readForm()
	if err != nil {
		return err
	}
	r, err := f.restrictions()
	if err != nil {
		return err
	}
	if spec.Field == "" {
		spec.Field = fm.freshName()
	}
	if err := f.mayChange(fm.names[spec.Field]); err != nil {
		return err
	}
	if err := f.checkPDFA(spec.Appearance); err != nil {
		return err
	}
	if spec.Certify > 0 && r.Signed {
		return ErrNotFirst
	}
	if spec.Type == DocTimeStamp {
		return nil
	}
	if r.Permission == 1 {
		return ErrCertifiedNoChanges
	}
	if fm.names[spec.Field] && r.locks(spec.Field) {
		return fmt.Errorf("field %q: %w", spec.Field, ErrFieldLocked)
	}
	return nil
}

func (r Restrictions) locks(field string) bool {
	return slices.ContainsFunc(r.Locks, func(l *Lock) bool { return l.Locks(field) })
}

// mayChange holds the order against the permissions of an encrypted document.
func (f *File) mayChange(existing bool) error {
	e := f.Encryption()
	switch {
	case e == nil, existing && e.MayFill(), !existing && e.MayCreate():
		return nil
	}
	return ErrPermission
}
