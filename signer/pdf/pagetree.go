package pdf

import "fmt"

// A pageIndex knows how many pages there are, and where they are once the whole
// tree had to be walked.
type pageIndex struct {
	count  int
	leaves []leaf // nil while the counts of the tree are believed
}

// node is a node of the page tree on the way down.
type node struct {
	ref  Ref
	dict Dict
	kids Array
	from *inherited
}

func (f *File) pageIndex() (*pageIndex, error) {
	if f.pages != nil {
		return f.pages, nil
	}
	root, err := f.pageRoot()
	if err != nil {
		return nil, err
	}
	count, ok, err := f.countOf(root)
	if err != nil {
		return nil, err
	}
	p := &pageIndex{count: count}
	if ok && count > 0 {
		l, err := f.lastLeaf(root)
		if err != nil {
			return nil, err
		}
		if l.item != nil {
			f.pages = p
			return p, nil
		}
	}
	if p.leaves, err = f.walkPages(root); err != nil {
		return nil, err
	}
	p.count = len(p.leaves)
	f.pages = p
	return p, nil
}

func (f *File) pageRoot() (node, error) {
	c, err := f.catalog()
	if err != nil {
		return node{}, err
	}
	return f.nodeOf(c.dict["Pages"], &inherited{})
}

func (f *File) nodeOf(item Object, from *inherited) (node, error) {
	d, err := f.dictOf(item)
	if err != nil {
		return node{}, err
	}
	n := node{dict: d, from: from.with(d)}
	n.ref, _ = item.(Ref)
	kids, err := f.resolve(d["Kids"])
	switch kids := kids.(type) {
	case Array:
		n.kids = kids
	case Dict: // a single page without the array around it
		n.kids = Array{d["Kids"]}
	}
	return n, err
}

// isLeaf tells whether a node is a page. Its Kids count more than its Type,
// which is often missing or wrong.
func (n node) isLeaf() bool {
	return n.dict != nil && n.dict["Kids"] == nil && n.dict["Type"] != Name("Pages")
}

// countOf gives how many pages a node speaks for, if it says so.
func (f *File) countOf(n node) (int, bool, error) {
	if n.isLeaf() {
		return 1, true, nil
	}
	v, ok, err := resolved[Integer](f, n.dict["Count"])
	if !ok || v < 0 || v > maxNumber {
		return 0, false, err
	}
	return int(v), true, nil
}

func (f *File) leafAt(p *pageIndex, i int) (leaf, error) {
	if p.leaves == nil {
		root, err := f.pageRoot()
		if err != nil {
			return leaf{}, err
		}
		find := f.descend
		if i == p.count-1 {
			find = func(n node, _ int) (leaf, error) { return f.lastLeaf(n) }
		}
		l, err := find(root, i)
		if err != nil || l.item != nil {
			return l, err
		}
		if p.leaves, err = f.walkPages(root); err != nil {
			return leaf{}, err
		}
		p.count = len(p.leaves)
	}
	if i >= len(p.leaves) {
		return leaf{}, fmt.Errorf("page %d of %d: %w", i+1, len(p.leaves), ErrPageRange)
	}
	return p.leaves[i], nil
}

// lastLeaf goes down the last kids. It is the last page whatever the counts say;
// a leaf without item says that there is none or that the counts are wrong. In
// nodes with many kids the counts are not added up, as that would mean to load
// them all.
func (f *File) lastLeaf(n node) (leaf, error) {
	const few = 64
	for range maxPageDepth {
		count, ok, err := f.countOf(n)
		if err != nil || !ok || len(n.kids) == 0 {
			return leaf{}, err
		}
		last := len(n.kids) - 1
		kid, err := f.nodeOf(n.kids[last], n.from)
		if err != nil {
			return leaf{}, err
		}
		if len(n.kids) <= few && (count != len(n.kids) || !kid.isLeaf()) {
			if sum, err := f.sumOf(n); err != nil || sum != count {
				return leaf{}, err
			}
		}
		if kid.isLeaf() {
			return leaf{n.kids[last], n.ref, last, n.from}, nil
		}
		n = kid
	}
	return leaf{}, nil
}

// sumOf adds up what the kids of a node say; -1 if one says nothing.
func (f *File) sumOf(n node) (int, error) {
	sum := 0
	for _, item := range n.kids {
		kid, err := f.nodeOf(item, n.from)
		if err != nil {
			return 0, err
		}
		count, ok, err := f.countOf(kid)
		if err != nil || !ok {
			return -1, err
		}
		sum += count
	}
	return sum, nil
}

// descend goes by the counts to page i, from 0 on. A leaf without item says
// that they led nowhere.
func (f *File) descend(n node, i int) (leaf, error) {
	for range maxPageDepth {
		count, ok, err := f.countOf(n)
		if err != nil || !ok {
			return leaf{}, err
		}
		at := -1
		var kid node
		if count == len(n.kids) && i < count { // all are pages, or so it seems
			if kid, err = f.nodeOf(n.kids[i], n.from); err != nil {
				return leaf{}, err
			}
			if kid.isLeaf() {
				at = i
			}
		}
		if at < 0 {
			if at, i, kid, err = f.kidWith(n, i); err != nil || at < 0 {
				return leaf{}, err
			}
		}
		if kid.isLeaf() {
			return leaf{n.kids[at], n.ref, at, n.from}, nil
		}
		n = kid
	}
	return leaf{}, nil
}

// kidWith finds the kid that has page i, and which of its pages that is.
func (f *File) kidWith(n node, i int) (int, int, node, error) {
	for at, item := range n.kids {
		kid, err := f.nodeOf(item, n.from)
		if err != nil {
			return 0, 0, node{}, err
		}
		count, ok, err := f.countOf(kid)
		if err != nil || !ok {
			return -1, 0, node{}, err
		}
		if i < count {
			return at, i, kid, nil
		}
		i -= count
	}
	return -1, 0, node{}, nil
}

// walkPages finds every page, each node once.
func (f *File) walkPages(root node) ([]leaf, error) {
	w := pageWalk{f: f, seen: map[Ref]bool{root.ref: true}}
	err := w.walk(root, 0)
	return w.leaves, err
}

type pageWalk struct {
	f      *File
	seen   map[Ref]bool
	leaves []leaf
	nodes  int
}

func (w *pageWalk) walk(n node, depth int) error {
	if depth > maxPageDepth {
		return nil
	}
	for i, item := range n.kids {
		if w.nodes++; w.nodes > maxTreeNodes {
			return fmt.Errorf("%w: too many pages", ErrLimit)
		}
		if ref, ok := item.(Ref); ok {
			if w.seen[ref] {
				continue
			}
			w.seen[ref] = true
		}
		kid, err := w.f.nodeOf(item, n.from)
		if err != nil {
			return err
		}
		if kid.isLeaf() {
			w.leaves = append(w.leaves, leaf{item, n.ref, i, n.from})
			continue
		}
		if err := w.walk(kid, depth+1); err != nil {
			return err
		}
	}
	return nil
}
