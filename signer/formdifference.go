package signer

import (
	"fmt"
	"slices"

	"signservice/signer/pdf"
)

// maxFields bounds the form that a comparison looks at.
const maxFields = 100_000

// findFields collects the widgets of the form as it is now.
func (c *comparison) findFields() {
	root := c.dict(c.now, c.now.Trailer()["Root"])
	form := c.dict(c.now, root["AcroForm"])
	todo := slices.Clone(c.array(c.now, form["Fields"]))
	for len(todo) > 0 && len(c.widgets) < maxFields {
		item := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		ref, ok := item.(pdf.Ref)
		if ok {
			if c.widgets[ref] {
				continue
			}
			c.widgets[ref] = true
		}
		todo = append(todo, c.array(c.now, c.dict(c.now, item)["Kids"])...)
	}
}

// form compares the interactive forms: fields may be filled and signature
// fields may be added, as the permission says; nothing else.
func (c *comparison) form(a, b pdf.Object) {
	oldForm, newForm := c.dict(c.old, a), c.dict(c.now, b)
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
			c.fields(c.array(c.old, oldForm[key]), c.array(c.now, newForm[key]), path)
		case "SigFlags": // says that there are signatures
		case "DR", "DA":
			c.resources(oldForm[key], newForm[key], path)
		case "NeedAppearances": // only asks the viewer to draw the fields anew
		default:
			c.value(oldForm[key], newForm[key], path, 0)
		}
	}
}

// resources lets a further signature bring a form's default resources, where
// there were none; what was there must stay.
func (c *comparison) resources(a, b pdf.Object, path string) {
	if a == nil {
		return
	}
	oldDict, newDict := c.dict(c.old, a), c.dict(c.now, b)
	if oldDict == nil || newDict == nil {
		c.value(a, b, path, 0)
		return
	}
	for key := range oldDict {
		inOld, inNew := c.dict(c.old, oldDict[key]), c.dict(c.now, newDict[key])
		if inOld == nil {
			c.value(oldDict[key], newDict[key], path+"/"+string(key), 0)
			continue
		}
		for name := range inOld {
			c.value(inOld[name], inNew[name], path+"/"+string(key)+"/"+string(name), 0)
		}
	}
}

// fields compares the lists of fields: what was there stays, what is new is a
// signature.
func (c *comparison) fields(oldList, newList pdf.Array, path string) {
	rest := slices.Clone(newList)
	for i, item := range oldList {
		at := fmt.Sprintf("%s/%d", path, i)
		j := slices.IndexFunc(rest, func(o pdf.Object) bool { return equalRaw(item, o) })
		if j < 0 {
			c.report(ChangeContent, at)
			continue
		}
		c.value(item, rest[j], at, 0)
		rest = slices.Delete(rest, j, j+1)
	}
	for _, item := range rest {
		c.newField(item, path)
	}
}

// newField judges a field that the signed revision does not have.
func (c *comparison) newField(item pdf.Object, path string) {
	field := c.dict(c.now, item)
	if field["FT"] != pdf.Name("Sig") {
		c.report(ChangeContent, path)
		return
	}
	c.report(c.signatureKind(field["V"]), path)
}

// signatureKind tells a document timestamp from a signature.
func (c *comparison) signatureKind(v pdf.Object) ChangeKind {
	if c.dict(c.now, v)["Type"] == pdf.Name("DocTimeStamp") {
		return ChangeTimestamp
	}
	return ChangeSignature
}

// isWidget tells whether a dictionary is a form field or its widget.
func isWidget(d pdf.Dict) bool {
	return d["Subtype"] == pdf.Name("Widget") || d["FT"] != nil
}

// field judges a change of a field's entry; it gives false for entries that
// have no rule of their own.
func (c *comparison) field(key pdf.Name, a, b pdf.Dict, path string, depth int) bool {
	switch key {
	case "V", "AP", "AS", "MK":
	default:
		return false
	}
	if c.same(a[key], b[key]) {
		return true
	}
	if c.fieldType(c.old, a) == "Sig" {
		switch {
		case key == "V" && a["V"] == nil:
			c.report(c.signatureKind(b["V"]), path)
		case key == "AP" && a["V"] == nil && b["V"] != nil: // drawn as it was signed
		default:
			c.report(ChangeContent, path)
		}
		return true
	}
	if c.fieldType(c.old, a) == "" {
		return false
	}
	c.report(ChangeFormFilled, path)
	return true
}

// fieldType gives a field's type, which it may inherit.
func (c *comparison) fieldType(f *pdf.File, d pdf.Dict) pdf.Name {
	for range 32 {
		if ft, ok := d["FT"].(pdf.Name); ok {
			return ft
		}
		parent := c.dict(f, d["Parent"])
		if parent == nil {
			return ""
		}
		d = parent
	}
	return ""
}
