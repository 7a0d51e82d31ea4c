package signer

import (
	"fmt"

	"signservice/signer/pdf"
)

// annotations lets widgets of new signature fields appear, and comments be
// made, changed and removed where P=3 permits; all else must stay.
func (c *comparison) annotations(a, b pdf.Object, path string, depth int) {
	oldList, newList := arrayOf(c.old, a), arrayOf(c.now, b)
	if a != nil && oldList == nil || b != nil && newList == nil {
		c.value(a, b, path, depth)
		return
	}
	places := places(newList)
	used := make([]bool, len(newList))
	for i, item := range oldList {
		at := fmt.Sprintf("%s/%d", path, i)
		j, found := i, i < len(newList) && !isRef(item) && !isRef(newList[i])
		if ref, ok := item.(pdf.Ref); ok {
			j, found = places[ref], places[ref] >= 0 && equalAt(newList, places[ref], item)
		}
		switch {
		case found && !used[j]:
			used[j] = true
			c.annotation(item, newList[j], at, depth)
		case found: // listed twice
		case isField(dictOf(c.old, item)):
			c.report(ChangeContent, at)
		default:
			c.report(ChangeAnnotation, at)
		}
	}
	for j, item := range newList {
		if !used[j] {
			c.newAnnotation(item, fmt.Sprintf("%s/%d", path, j))
		}
	}
}

// places tells where references stand in a list.
func places(list pdf.Array) map[pdf.Ref]int {
	m := make(map[pdf.Ref]int, len(list))
	for i, item := range list {
		if ref, ok := item.(pdf.Ref); ok {
			if _, listed := m[ref]; !listed {
				m[ref] = i
			}
		}
	}
	return m
}

func equalAt(list pdf.Array, i int, item pdf.Object) bool {
	return i < len(list) && equalRaw(list[i], item)
}

func isRef(o pdf.Object) bool { _, ok := o.(pdf.Ref); return ok }

// annotation compares one that both revisions have.
func (c *comparison) annotation(a, b pdf.Object, path string, depth int) {
	if isField(dictOf(c.old, a)) || isField(dictOf(c.now, b)) {
		c.value(a, b, path, depth+1)
		return
	}
	c.later(ChangeAnnotation, path, a, b)
}

// newAnnotation judges an annotation that this page did not have.
func (c *comparison) newAnnotation(item pdf.Object, path string) {
	d := dictOf(c.now, item)
	if d == nil {
		c.report(ChangeUndecided, path)
		return
	}
	if !isField(d) {
		kind := ChangeAnnotation
		if !comments[nameOf(c.now, d["Subtype"])] {
			kind = ChangeContent // links, films, things that run
		}
		c.report(kind, path)
		return
	}
	ref, _ := item.(pdf.Ref)
	now, inNew := c.newForm[ref]
	before, inOld := c.oldForm[ref]
	switch {
	case !inNew:
		c.report(ChangeContent, path) // a widget of no field
	case inOld && (before.kind != "Sig" || before.value != nil || now.value == nil):
		c.report(ChangeContent, path) // an old field shows in a new place
	}
	// The comparison of the forms judges new fields.
}

// comments are the annotations that DocMDP's P=3 is about: what people write
// and draw on a page (ISO 32000-2, 12.5.6.2, markup annotations).
var comments = map[pdf.Name]bool{
	"Text": true, "FreeText": true, "Line": true, "Square": true, "Circle": true, "Polygon": true,
	"PolyLine": true, "Highlight": true, "Underline": true, "Squiggly": true, "StrikeOut": true,
	"Stamp": true, "Caret": true, "Ink": true, "Popup": true, "FileAttachment": true,
}

// nameOf resolves to a name, "" where there is none.
func nameOf(f *pdf.File, o pdf.Object) pdf.Name {
	v, err := f.Resolve(o)
	if err != nil {
		return ""
	}
	name, _ := v.(pdf.Name)
	return name
}
