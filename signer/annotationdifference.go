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
	partners := partners(oldList, newList)
	used := make([]bool, len(newList))
	for i, item := range oldList {
		at := fmt.Sprintf("%s/%d", path, i)
		j, found := partners[i], partners[i] >= 0
		switch {
		case found && !used[j]:
			used[j] = true
			c.annotation(item, newList[j], at, depth)
		case found: // listed twice
		default:
			c.report(annotationKind(c.old, dictOf(c.old, item)), at)
		}
	}
	for j, item := range newList {
		if !used[j] {
			c.newAnnotation(item, fmt.Sprintf("%s/%d", path, j))
		}
	}
}

// partners tells where the items of an old list stand in the new one, -1 for
// those that do not: references by what they name, others by their order.
func partners(oldList, newList pdf.Array) []int {
	places := make(map[pdf.Ref]int, len(newList))
	var direct []int
	for j, item := range newList {
		if ref, ok := item.(pdf.Ref); !ok {
			direct = append(direct, j)
		} else if _, listed := places[ref]; !listed {
			places[ref] = j
		}
	}
	all := make([]int, len(oldList))
	for i, item := range oldList {
		all[i] = -1
		if ref, ok := item.(pdf.Ref); ok {
			if j, listed := places[ref]; listed {
				all[i] = j
			}
		} else if len(direct) > 0 {
			all[i], direct = direct[0], direct[1:]
		}
	}
	return all
}

// annotation compares one that both revisions have.
func (c *comparison) annotation(a, b pdf.Object, path string, depth int) {
	if isField(dictOf(c.old, a)) || isField(dictOf(c.now, b)) {
		c.value(a, b, path, depth+1)
		return
	}
	kind := annotationKind(c.old, dictOf(c.old, a))
	if kind == ChangeAnnotation {
		kind = annotationKind(c.now, dictOf(c.now, b))
	}
	c.later(kind, path, a, b)
}

// newAnnotation judges an annotation that this page did not have.
func (c *comparison) newAnnotation(item pdf.Object, path string) {
	d := dictOf(c.now, item)
	if d == nil {
		c.report(ChangeUndecided, path)
		return
	}
	if !isField(d) {
		c.report(annotationKind(c.now, d), path)
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

// annotationKind tells the annotations that DocMDP's P=3 is about, what people
// write and draw on a page (ISO 32000-2, 12.5.6.2, markup annotations), from
// fields, links, films and things that run.
func annotationKind(f *pdf.File, d pdf.Dict) ChangeKind {
	if isField(d) {
		return ChangeContent
	}
	switch nameOf(f, d["Subtype"]) {
	case "Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline",
		"Squiggly", "StrikeOut", "Stamp", "Caret", "Ink", "Popup", "FileAttachment":
		return ChangeAnnotation
	}
	return ChangeContent
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
