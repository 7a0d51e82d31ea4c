package signer

import (
	"fmt"

	"signservice/signer/pdf"
)

// Bounds of the form that a comparison looks at.
const (
	maxFields     = 100_000
	maxFieldDepth = 32
)

// field is a field or a widget of a form, with what it inherits.
type field struct {
	name  string
	kind  pdf.Name   // FT
	value pdf.Object // V
	flags pdf.Integer
}

// fieldsOf collects the fields and widgets of a form that are objects of their
// own.
func fieldsOf(f *pdf.File) map[pdf.Ref]field {
	all := map[pdf.Ref]field{}
	form := dictOf(f, dictOf(f, f.Trailer()["Root"])["AcroForm"])
	var visit func(pdf.Object, field, int)
	visit = func(item pdf.Object, from field, depth int) {
		d := dictOf(f, item)
		if d == nil || depth > maxFieldDepth || len(all) >= maxFields {
			return
		}
		own := from.inherit(f, d)
		if ref, ok := item.(pdf.Ref); ok {
			if _, seen := all[ref]; seen {
				return
			}
			all[ref] = own
		}
		for _, kid := range arrayOf(f, d["Kids"]) {
			visit(kid, own, depth+1)
		}
	}
	for _, item := range arrayOf(f, form["Fields"]) {
		visit(item, field{}, 0)
	}
	return all
}

// inherit gives a field with what its dictionary says, and the rest from its
// parent.
func (from field) inherit(f *pdf.File, d pdf.Dict) field {
	own := from
	if v, err := f.Resolve(d["T"]); err == nil {
		if t, ok := v.(pdf.String); ok {
			if own.name != "" {
				own.name += "."
			}
			own.name += t.Text()
		}
	}
	if kind := nameOf(f, d["FT"]); kind != "" {
		own.kind = kind
	}
	if d["V"] != nil {
		own.value = d["V"]
	}
	if v, err := f.Resolve(d["Ff"]); err == nil {
		if flags, ok := v.(pdf.Integer); ok {
			own.flags = flags
		}
	}
	return own
}

// lineage gives what a field's or a widget's dictionary inherits through its
// parents.
func lineage(f *pdf.File, d pdf.Dict) field {
	line := []pdf.Dict{d}
	for len(line) < maxFieldDepth {
		parent := dictOf(f, line[len(line)-1]["Parent"])
		if parent == nil {
			break
		}
		line = append(line, parent)
	}
	var own field
	for i := len(line) - 1; i >= 0; i-- {
		own = own.inherit(f, line[i])
	}
	return own
}

// isField tells whether a dictionary is a form field or its widget.
func isField(d pdf.Dict) bool {
	return d["Subtype"] == pdf.Name("Widget") || d["FT"] != nil || d["T"] != nil && d["Kids"] != nil
}

// form compares the interactive forms: fields may be filled and signature
// fields may be added, as the permission says; nothing else.
func (c *comparison) form(a, b pdf.Object) {
	oldForm, newForm := dictOf(c.old, a), dictOf(c.now, b)
	if newForm == nil {
		if oldForm != nil {
			c.report(ChangeContent, "AcroForm")
		}
		return
	}
	for _, key := range keysOf(oldForm, newForm) {
		path := "AcroForm/" + string(key)
		switch key {
		case "Fields":
			c.fields(arrayOf(c.old, oldForm[key]), arrayOf(c.now, newForm[key]), field{}, path)
		case "SigFlags": // says that there are signatures
		case "DR":
			c.resources(oldForm[key], newForm[key], path)
		case "DA": // how text is set in fields to come
			if oldForm[key] != nil {
				c.value(oldForm[key], newForm[key], path, 0)
			}
		case "NeedAppearances": // only asks the viewer to draw the fields anew
		default:
			c.value(oldForm[key], newForm[key], path, 0)
		}
	}
}

// resources lets a further signature bring a form's default resources; what
// was there must stay.
func (c *comparison) resources(a, b pdf.Object, path string) {
	oldDict, newDict := dictOf(c.old, a), dictOf(c.now, b)
	c.drawing(func() {
		for _, key := range keysOf(oldDict, nil) {
			at := path + "/" + string(key)
			inOld, inNew := dictOf(c.old, oldDict[key]), dictOf(c.now, newDict[key])
			if inOld == nil || inNew == nil {
				c.value(oldDict[key], newDict[key], at, 0)
				continue
			}
			for _, name := range keysOf(inOld, nil) {
				c.value(inOld[name], inNew[name], at+"/"+string(name), 0)
			}
		}
	})
}

// fields compares the lists of fields: what was there stays, what is new is a
// signature.
func (c *comparison) fields(oldList, newList pdf.Array, parent field, path string) {
	partners := partners(oldList, newList)
	used := make([]bool, len(newList))
	for i, item := range oldList {
		at := fmt.Sprintf("%s/%d", path, i)
		if partners[i] < 0 {
			c.report(ChangeContent, at)
			continue
		}
		used[partners[i]] = true
		c.value(item, newList[partners[i]], at, 0)
	}
	for j, item := range newList {
		if !used[j] {
			c.newField(item, parent, fmt.Sprintf("%s/%d", path, j), 0)
		}
	}
}

// newField judges a field that the signed revision does not have. Only fields
// that hold a signature may come, and invisible empty ones; the signature has
// a report of its own.
func (c *comparison) newField(item pdf.Object, from field, path string, depth int) {
	ref, isRef := item.(pdf.Ref)
	_, wasField := c.oldForm[ref]
	if isRef {
		key := pair{now: ref}
		if c.seen[key] {
			return
		}
		c.seen[key] = true
	}
	d := dictOf(c.now, item)
	if d == nil || depth > maxFieldDepth || isRef && wasField || d["A"] != nil || d["AA"] != nil {
		c.report(ChangeContent, path)
		return
	}
	own := from.inherit(c.now, d)
	kids := arrayOf(c.now, d["Kids"])
	for i, kid := range kids {
		c.newField(kid, own, fmt.Sprintf("%s/Kids/%d", path, i), depth+1)
	}
	switch {
	case len(kids) > 0 && own.kind == "" && d["Subtype"] == nil: // only a part of the name
	case own.kind != "Sig" || own.value == nil && d["AP"] != nil && visible(c.now, d):
		c.report(ChangeContent, path)
	default:
		c.report(c.signatureKind(own.value), path)
	}
}

// visible tells whether a widget's rectangle has an area.
func visible(f *pdf.File, d pdf.Dict) bool {
	r := arrayOf(f, d["Rect"])
	return len(r) == 4 && !equalRaw(r[0], r[2]) && !equalRaw(r[1], r[3])
}

// signatureKind tells a document timestamp from a signature.
func (c *comparison) signatureKind(v pdf.Object) ChangeKind {
	if nameOf(c.now, dictOf(c.now, v)["Type"]) == "DocTimeStamp" {
		return ChangeTimestamp
	}
	return ChangeSignature
}

// Bits of Ff and F (ISO 32000-2, tables 227, 229 and 167).
const (
	flagReadOnly   pdf.Integer = 1
	flagPushbutton pdf.Integer = 1 << 16
	widgetLocked   pdf.Integer = 64 | 128 // ReadOnly, Locked
)

// fieldEntry judges a change of a field's entry; it gives false for entries
// that have no rule of their own, which must stay.
func (c *comparison) fieldEntry(key pdf.Name, a, b pdf.Dict, path string) bool {
	switch key {
	case "Ff":
		return onlyAdds(c, a[key], b[key], flagReadOnly)
	case "F":
		return onlyAdds(c, a[key], b[key], widgetLocked)
	case "Kids":
		return c.kids(a, b, path)
	case "V", "AP", "AS", "MK", "M", "RV", "I":
	default:
		return false
	}
	before, after := lineage(c.old, a), lineage(c.now, b)
	switch {
	case before.kind == "Sig" && before.value != nil:
		return false // what is signed stays
	case c.locked(before.name):
		return false
	case before.kind == "Sig" && after.value == nil:
		return false
	case before.kind == "Sig":
		c.later(c.signatureKind(after.value), path, a[key], b[key])
	case before.kind == "", before.flags&flagPushbutton != 0 && before.kind == "Btn":
		return false
	case key == "AP" && a["AP"] != nil && c.sameValue(before.value, after.value):
		return false // another picture of the same value
	default:
		c.later(ChangeFormFilled, path, a[key], b[key])
	}
	return true
}

// kids lets a field that is only a part of names have further signature fields
// below it; it gives false where the kids are widgets.
func (c *comparison) kids(a, b pdf.Dict, path string) bool {
	list := arrayOf(c.old, a["Kids"])
	for _, kid := range list {
		if dictOf(c.old, kid)["T"] == nil {
			return false
		}
	}
	if len(list) == 0 || b["Kids"] == nil {
		return false
	}
	c.fields(list, arrayOf(c.now, b["Kids"]), lineage(c.now, b), path)
	return true
}

// locked tells whether a signature locks the field (FieldMDP).
func (c *comparison) locked(name string) bool {
	for _, l := range c.locks {
		if l.Locks(name) {
			return true
		}
	}
	return false
}

// sameValue tells whether the value of a field, a scalar, is the same in both
// revisions.
func (c *comparison) sameValue(a, b pdf.Object) bool {
	x, err := c.old.Resolve(a)
	y, err2 := c.now.Resolve(b)
	return err == nil && err2 == nil && equalRaw(x, y)
}

// onlyAdds tells whether flags differ by additional ones of a set at the most.
func onlyAdds(c *comparison, a, b pdf.Object, set pdf.Integer) bool {
	x, err := c.old.Resolve(a)
	y, err2 := c.now.Resolve(b)
	if err != nil || err2 != nil {
		return false
	}
	before, _ := x.(pdf.Integer)
	after, ok := y.(pdf.Integer)
	return ok && before&^after == 0 && after&^before&^set == 0
}
