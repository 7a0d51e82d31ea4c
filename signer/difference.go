package signer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"signservice/signer/pdf"
)

// Bounds of a comparison: a file cannot make it run longer or deeper.
const (
	maxCompared = 2_000_000
	maxDepth    = 400
	maxChanges  = 100
	maxTasks    = 200_000
	maxPath     = 200 // bytes of Change.Path, about
)

// compare reports what differs between the revision that a signature covers
// and the file as it is now, following every object that either can reach.
//
// Everything is strict but a few places: fields, lists of annotations, the
// security store, the information about the document. What stands in such a
// place is compared after all the rest, so that an object which is also used
// elsewhere, in the content of a page say, is judged there (the attack known as
// shadow: a permitted update of an object that serves two masters).
func compare(ctx context.Context, old, now *pdf.File, p permission, locks []*pdf.Lock) []Change {
	c := &comparison{
		ctx: ctx, old: old, now: now, permission: p, locks: locks, seen: map[pair]bool{},
		oldForm: fieldsOf(old), newForm: fieldsOf(now), pages: pagesOf(old),
	}
	c.sink = &c.changes
	c.once(old.Trailer()["Root"], now.Trailer()["Root"])
	c.trailer()
	c.drain()
	c.lenient()
	return c.changes
}

// pair is two references that were compared once. What is drawn has no lenient
// places, so it is compared apart.
type pair struct {
	old, now pdf.Ref
	drawn    bool
}

// comparison is one run of compare.
type comparison struct {
	ctx              context.Context
	old, now         *pdf.File
	permission       permission
	locks            []*pdf.Lock
	seen             map[pair]bool
	visits           []visit
	oldForm, newForm map[pdf.Ref]field
	pages            map[pdf.Ref]bool
	// drawn is set below the resources of a page and the dictionaries of streams:
	// nothing there is a field or a comment, whatever it claims to be.
	drawn bool
	steps int
	// forbidden and permitted are the tasks that wait, by what their kind means.
	forbidden, permitted []task
	changes              []Change
	sink                 *[]Change // where report writes: changes, or a task's own list
}

// visit is two values that are still to be compared.
type visit struct {
	old, now pdf.Object
	path     string
	drawn    bool
}

// task is a lenient place: if its two values differ, that is a change of this
// kind.
type task struct {
	kind     ChangeKind
	path     string
	old, now pdf.Object
}

// report adds a change, at most maxChanges of them.
func (c *comparison) report(kind ChangeKind, path string) {
	if len(*c.sink) >= maxChanges {
		return
	}
	change := Change{Kind: kind, Path: path, Allowed: c.permission.allows(kind)}
	if !slices.Contains(*c.sink, change) {
		*c.sink = append(*c.sink, change)
	}
}

// once marks what has rules of its own, wherever else it is met: a signature's
// Reference leads to the catalog, for instance.
func (c *comparison) once(a, b pdf.Object) {
	oldRef, ok := a.(pdf.Ref)
	newRef, ok2 := b.(pdf.Ref)
	if ok && ok2 {
		c.seen[pair{oldRef, newRef, false}] = true
	}
}

// later puts a lenient place off.
func (c *comparison) later(kind ChangeKind, path string, a, b pdf.Object) {
	if len(c.forbidden)+len(c.permitted) >= maxTasks {
		c.report(ChangeUndecided, path)
		return
	}
	t := task{kind, path, a, b}
	if c.permission.allows(kind) {
		c.permitted = append(c.permitted, t)
	} else {
		c.forbidden = append(c.forbidden, t)
	}
}

// lenient does the tasks, those of forbidden kinds first: what two of them
// share is then judged by the stricter one.
func (c *comparison) lenient() {
	for len(c.forbidden)+len(c.permitted) > 0 {
		list := &c.forbidden
		if len(*list) == 0 {
			list = &c.permitted
		}
		t := (*list)[0]
		*list = (*list)[1:]
		c.do(t)
	}
}

// do compares a lenient place.
func (c *comparison) do(t task) {
	var found []Change
	c.sink = &found
	c.value(t.old, t.now, t.path, 0)
	c.drain()
	c.sink = &c.changes
	switch {
	case slices.ContainsFunc(found, func(x Change) bool { return x.Kind == ChangeUndecided }):
		c.report(ChangeUndecided, t.path)
	case len(found) > 0:
		c.report(t.kind, t.path)
	}
}

// value compares two values of any type. Objects that both revisions name are
// put off until drain: a list that is linked from one to the next can be long.
func (c *comparison) value(a, b pdf.Object, path string, depth int) {
	oldRef, aIsRef := a.(pdf.Ref)
	newRef, bIsRef := b.(pdf.Ref)
	if !aIsRef || !bIsRef {
		c.resolved(visit{a, b, path, c.drawn}, depth)
		return
	}
	drawn := c.drawn && !(oldRef == newRef && c.pages[oldRef]) // a page is not part of a picture
	key := pair{oldRef, newRef, drawn}
	if !c.seen[key] {
		c.seen[key] = true
		c.visits = append(c.visits, visit{a, b, shorten(path), drawn})
	}
}

// drain compares what was put off.
func (c *comparison) drain() {
	for len(c.visits) > 0 {
		v := c.visits[0]
		c.visits = c.visits[1:]
		c.drawn = v.drawn
		c.resolved(v, 0)
		c.drawn = false
	}
}

// resolved compares two values, whether they are named or direct.
func (c *comparison) resolved(v visit, depth int) {
	if len(*c.sink) >= maxChanges {
		return
	}
	if c.steps++; c.steps > maxCompared || depth > maxDepth || c.steps%4096 == 0 && c.ctx.Err() != nil {
		c.report(ChangeUndecided, v.path)
		return
	}
	x, err := c.old.Resolve(v.old)
	y, err2 := c.now.Resolve(v.now)
	if err != nil || err2 != nil {
		if !c.unmoved(v.old, v.now) {
			c.report(ChangeUndecided, v.path)
		}
		return
	}
	switch x := x.(type) {
	case pdf.Dict:
		if y, ok := y.(pdf.Dict); ok {
			c.dicts(x, y, v.path, depth)
			return
		}
	case pdf.Array:
		if y, ok := y.(pdf.Array); ok {
			c.arrays(x, y, v.path, depth)
			return
		}
	case *pdf.Stream:
		if y, ok := y.(*pdf.Stream); ok {
			if c.now.Encryption() != nil && !equalRaw(v.old, v.now) { // each object has a key of its own
				c.report(ChangeContent, v.path)
			}
			c.streams(x, y, v.path, depth)
			return
		}
	default:
		if equalRaw(x, y) {
			return
		}
	}
	c.report(ChangeContent, v.path)
}

// shorten keeps the path through a long chain of objects readable.
func shorten(path string) string {
	if len(path) <= maxPath {
		return path
	}
	return path[:maxPath/2] + "…" + path[len(path)-maxPath/2:]
}

// unmoved tells whether two references name the same bytes of the file.
func (c *comparison) unmoved(a, b pdf.Object) bool {
	oldRef, ok := a.(pdf.Ref)
	newRef, ok2 := b.(pdf.Ref)
	if !ok || !ok2 || oldRef != newRef {
		return false
	}
	x, found, err := c.old.Locate(oldRef)
	y, found2, err2 := c.now.Locate(newRef)
	return err == nil && err2 == nil && found && found2 && x == y
}

// dicts compares dictionaries; those of pages and fields have entries that may
// change.
func (c *comparison) dicts(a, b pdf.Dict, path string, depth int) {
	page := a["Type"] == pdf.Name("Page") || a["Annots"] != nil || b["Annots"] != nil
	isField := !c.drawn && isField(a)
	for _, key := range keysOf(a, b) {
		at := strings.TrimPrefix(path+"/"+string(key), "/")
		switch {
		case c.drawn:
			c.value(a[key], b[key], at, depth+1)
		case page && key == "Annots":
			c.annotations(a[key], b[key], at, depth+1)
		case page && key == "Tabs" && c.scalar(b[key]): // the order in which keys visit the comments
			c.later(ChangeAnnotation, at, a[key], b[key])
		case page && key == "LastModified" && c.scalar(b[key]):
			c.later(ChangeInformation, at, a[key], b[key])
		case isField && c.fieldEntry(key, a, b, at):
		case key == "Resources" || key == "Contents" && page:
			c.drawing(func() { c.value(a[key], b[key], at, depth+1) })
		default:
			c.value(a[key], b[key], at, depth+1)
		}
	}
}

// scalar tells whether a value of the file as it is now has no parts.
func (c *comparison) scalar(o pdf.Object) bool {
	v, err := c.now.Resolve(o)
	return err == nil && equalRaw(v, v)
}

// drawing runs fn for what is drawn.
func (c *comparison) drawing(fn func()) {
	before := c.drawn
	c.drawn = true
	fn()
	c.drawn = before
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
	c.drawing(func() {
		for _, key := range keysOf(a.Dict, b.Dict) {
			if key != "Length" { // the bytes themselves are compared
				c.value(a.Dict[key], b.Dict[key], path+"/"+string(key), depth+1)
			}
		}
	})
	switch same, err := pdf.SameStream(c.old, a, c.now, b); {
	case err != nil:
		c.report(ChangeUndecided, path)
	case !same:
		c.report(ChangeContent, path)
	}
}

// dictOf resolves to a dictionary, nil where there is none.
func dictOf(f *pdf.File, o pdf.Object) pdf.Dict {
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

// arrayOf resolves to an array, nil where there is none.
func arrayOf(f *pdf.File, o pdf.Object) pdf.Array {
	v, err := f.Resolve(o)
	if err != nil {
		return nil
	}
	list, _ := v.(pdf.Array)
	return list
}
