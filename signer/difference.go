package signer

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"signservice/signer/pdf"
)

// ChangeKind tells what a change after a signature is, in the terms of ISO
// 32000-2, 12.8.2.2 (DocMDP) and EN 319 142-1, 5.4 and 5.5.
type ChangeKind string

// The kinds. All but the last three are things that may be added to a signed
// file, some only where DocMDP permits.
const (
	ChangeSecurityStore ChangeKind = "security-store" // DSS entries: always permitted
	ChangeTimestamp     ChangeKind = "timestamp"      // a document timestamp: always permitted
	ChangeSignature     ChangeKind = "signature"      // a further signature: not with P=1
	ChangeFormFilled    ChangeKind = "form-filled"    // a filled field: with P=2 and 3
	ChangeAnnotation    ChangeKind = "annotation"     // a comment: with P=3 only
	ChangeInformation   ChangeKind = "information"    // document information: not shown on a page
	ChangeContent       ChangeKind = "content"        // anything that the page or the program may show differently
	ChangeTrailing      ChangeKind = "trailing"       // bytes behind the last revision that belong to nothing
	ChangeUndecided     ChangeKind = "undecided"      // too deep, too large or too damaged to compare
)

// Change is one thing that differs between the signed revision and the file.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// Path leads to the object from the catalog: "Pages/Kids/0/Contents".
	Path string `json:"path"`
	// Allowed tells whether the signature permits it.
	Allowed bool `json:"allowed"`
}

// Bounds of a comparison: a file cannot make it run longer or deeper.
const (
	maxCompared = 2_000_000
	maxDepth    = 400
	maxChanges  = 100
)

// permission is what DocMDP leaves open after a signature: 1, 2 or 3; an
// approval signature without DocMDP permits what P=3 does not exclude but
// comments: 2.
type permission int

// compare reports what differs between the revision that a signature covers
// and the file as it is now, following every object that either can reach.
func compare(old, now *pdf.File, p permission) []Change {
	c := &comparison{old: old, now: now, permission: p, seen: map[pair]bool{}, widgets: map[pdf.Ref]bool{}}
	c.findFields()
	c.trailer()
	return c.changes
}

// pair is two references that were compared once.
type pair struct{ old, now pdf.Ref }

// comparison is one run of compare.
type comparison struct {
	old, now   *pdf.File
	permission permission
	seen       map[pair]bool
	// widgets are the objects that belong to form fields of the file as it is
	// now: the only annotations that P=2 lets appear.
	widgets map[pdf.Ref]bool
	steps   int
	changes []Change
}

// report adds a change, at most maxChanges of them.
func (c *comparison) report(kind ChangeKind, path string) {
	if len(c.changes) >= maxChanges {
		return
	}
	change := Change{Kind: kind, Path: path, Allowed: c.allows(kind)}
	if !slices.Contains(c.changes, change) {
		c.changes = append(c.changes, change)
	}
}

// allows tells whether the signature permits a change of this kind.
func (c *comparison) allows(kind ChangeKind) bool {
	switch kind {
	case ChangeSecurityStore, ChangeTimestamp, ChangeInformation:
		return true
	case ChangeSignature, ChangeFormFilled:
		return c.permission >= 2
	case ChangeAnnotation:
		return c.permission >= 3
	}
	return false
}

// trailer compares what the trailers name: the catalog, and the information
// dictionary, which no page shows.
func (c *comparison) trailer() {
	oldTrailer, newTrailer := c.old.Trailer(), c.now.Trailer()
	c.catalog(oldTrailer["Root"], newTrailer["Root"])
	before := len(c.changes)
	c.value(oldTrailer["Info"], newTrailer["Info"], "Info", 0)
	if len(c.changes) > before {
		c.changes = c.changes[:before]
		c.report(ChangeInformation, "Info")
	}
	if !equalRaw(oldTrailer["Encrypt"], newTrailer["Encrypt"]) {
		c.report(ChangeContent, "Encrypt")
	}
}

// catalog compares the catalogs entry by entry; each entry has its own rule.
func (c *comparison) catalog(oldRef, newRef pdf.Object) {
	oldRoot, newRoot := c.dict(c.old, oldRef), c.dict(c.now, newRef)
	if oldRoot == nil || newRoot == nil {
		c.report(ChangeUndecided, "Root")
		return
	}
	for _, key := range keysOf(oldRoot, newRoot) {
		path := string(key)
		a, b := oldRoot[key], newRoot[key]
		switch key {
		case "AcroForm":
			c.form(a, b)
		case "DSS":
			if !c.same(a, b) {
				c.securityStore(a, b)
			}
		case "Extensions", "Version":
			if !c.same(a, b) {
				c.report(ChangeSecurityStore, path) // what a DSS or an ETSI signature announces
			}
		case "Perms":
			c.perms(a, b)
		default:
			c.value(a, b, path, 0)
		}
	}
}

// securityStore allows adding to the DSS, and nothing else.
func (c *comparison) securityStore(a, b pdf.Object) {
	if c.dict(c.now, b) == nil {
		c.report(ChangeContent, "DSS")
		return
	}
	c.report(ChangeSecurityStore, "DSS")
}

// perms allows a DocMDP entry only as it was.
func (c *comparison) perms(a, b pdf.Object) {
	oldPerms, newPerms := c.dict(c.old, a), c.dict(c.now, b)
	for _, key := range keysOf(oldPerms, newPerms) {
		if !c.same(oldPerms[key], newPerms[key]) {
			c.report(ChangeContent, "Perms/"+string(key))
		}
	}
}

// same compares without reporting.
func (c *comparison) same(a, b pdf.Object) bool {
	trial := &comparison{old: c.old, now: c.now, permission: 0, seen: map[pair]bool{}, widgets: c.widgets, steps: c.steps}
	trial.value(a, b, "", 0)
	c.steps = trial.steps
	return len(trial.changes) == 0
}

// value compares two values of any type.
func (c *comparison) value(a, b pdf.Object, path string, depth int) {
	if len(c.changes) >= maxChanges {
		return
	}
	if c.steps++; c.steps > maxCompared || depth > maxDepth {
		c.report(ChangeUndecided, path)
		return
	}
	oldRef, aIsRef := a.(pdf.Ref)
	newRef, bIsRef := b.(pdf.Ref)
	if aIsRef && bIsRef {
		key := pair{oldRef, newRef}
		if c.seen[key] {
			return
		}
		c.seen[key] = true
	}
	x, err := c.old.Resolve(a)
	y, err2 := c.now.Resolve(b)
	if err != nil || err2 != nil {
		if (err == nil) != (err2 == nil) || oldRef != newRef {
			c.report(ChangeUndecided, path)
		}
		return
	}
	switch x := x.(type) {
	case pdf.Dict:
		if y, ok := y.(pdf.Dict); ok {
			c.dicts(x, y, path, depth)
			return
		}
	case pdf.Array:
		if y, ok := y.(pdf.Array); ok {
			c.arrays(x, y, path, depth)
			return
		}
	case *pdf.Stream:
		if y, ok := y.(*pdf.Stream); ok {
			c.streams(x, y, path, depth)
			return
		}
	default:
		if equalRaw(x, y) {
			return
		}
	}
	c.report(ChangeContent, path)
}

// dicts compares dictionaries; those of pages, annotations and fields have
// entries that may change.
func (c *comparison) dicts(a, b pdf.Dict, path string, depth int) {
	for _, key := range keysOf(a, b) {
		at := strings.TrimPrefix(path+"/"+string(key), "/")
		if key == "Annots" && (a["Type"] == pdf.Name("Page") || b["Type"] == pdf.Name("Page")) {
			c.annotations(a[key], b[key], at, depth+1)
			continue
		}
		if isWidget(a) && c.field(key, a, b, at, depth) {
			continue
		}
		c.value(a[key], b[key], at, depth+1)
	}
}

func (c *comparison) arrays(a, b pdf.Array, path string, depth int) {
	if len(a) != len(b) {
		c.report(ChangeContent, path)
		return
	}
	for i := range a {
		c.value(a[i], b[i], fmt.Sprintf("%s/%d", path, i), depth+1)
	}
}

// streams compares a stream's dictionary and its bytes as they are stored.
func (c *comparison) streams(a, b *pdf.Stream, path string, depth int) {
	for _, key := range keysOf(a.Dict, b.Dict) {
		if key == "Length" { // the bytes themselves are compared
			continue
		}
		c.value(a.Dict[key], b.Dict[key], path+"/"+string(key), depth+1)
	}
	if !bytes.Equal(a.Data, b.Data) {
		c.report(ChangeContent, path)
	}
}

// annotations lets form widgets appear, and comments where P=3 permits; what
// was there must stay.
func (c *comparison) annotations(a, b pdf.Object, path string, depth int) {
	oldList, newList := c.array(c.old, a), c.array(c.now, b)
	rest := slices.Clone(newList)
	for i, item := range oldList {
		at := fmt.Sprintf("%s/%d", path, i)
		j := slices.IndexFunc(rest, func(o pdf.Object) bool { return equalRaw(item, o) })
		if j < 0 && i < len(newList) {
			if _, isRef := item.(pdf.Ref); !isRef { // direct annotations are compared in place
				c.value(item, newList[i], at, depth+1)
				continue
			}
		}
		if j < 0 {
			c.report(ChangeContent, at)
			continue
		}
		c.value(item, rest[j], at, depth+1)
		rest = slices.Delete(rest, j, j+1)
	}
	for _, item := range rest {
		if _, isRef := item.(pdf.Ref); !isRef && len(oldList) > 0 && slices.ContainsFunc(oldList, notRef) {
			continue // compared in place above
		}
		c.newAnnotation(item, path)
	}
}

func notRef(o pdf.Object) bool { _, ok := o.(pdf.Ref); return !ok }

// newAnnotation judges an annotation that the signed revision does not have.
func (c *comparison) newAnnotation(item pdf.Object, path string) {
	ref, isRef := item.(pdf.Ref)
	dict := c.dict(c.now, item)
	switch {
	case dict == nil:
		c.report(ChangeUndecided, path)
	case isRef && c.widgets[ref] && isWidget(dict):
		// The form's own comparison has judged the field it belongs to.
	case isWidget(dict):
		c.report(ChangeContent, path)
	default:
		c.report(ChangeAnnotation, path)
	}
}

// dict resolves to a dictionary, nil where there is none.
func (c *comparison) dict(f *pdf.File, o pdf.Object) pdf.Dict {
	v, err := f.Resolve(o)
	if err != nil {
		return nil
	}
	switch v := v.(type) {
	case pdf.Dict:
		return v
	case *pdf.Stream:
		return v.Dict
	}
	return nil
}

// array resolves to an array, nil where there is none.
func (c *comparison) array(f *pdf.File, o pdf.Object) pdf.Array {
	v, err := f.Resolve(o)
	if err != nil {
		return nil
	}
	list, _ := v.(pdf.Array)
	return list
}

// keysOf gives the keys of both dictionaries, sorted, so that reports are the
// same on every run.
func keysOf(a, b pdf.Dict) []pdf.Name {
	all := map[pdf.Name]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// equalRaw compares scalars and references.
func equalRaw(a, b pdf.Object) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case pdf.String:
		y, ok := b.(pdf.String)
		return ok && bytes.Equal(x, y)
	case pdf.Integer:
		switch y := b.(type) {
		case pdf.Integer:
			return x == y
		case pdf.Real:
			return float64(x) == float64(y)
		}
		return false
	case pdf.Real:
		switch y := b.(type) {
		case pdf.Integer:
			return float64(x) == float64(y)
		case pdf.Real:
			return x == y
		}
		return false
	case pdf.Name, pdf.Ref, bool:
		return a == b
	}
	return false
}
