package signer

import (
	"fmt"

	"signservice/signer/pdf"
)

// trailer compares what the trailers name: the catalog, the information
// dictionary, which no page shows, and whatever else stands there.
func (c *comparison) trailer() {
	a, b := c.old.Trailer(), c.now.Trailer()
	for _, key := range keysOf(a, b) {
		switch key {
		case "Root":
			c.catalog(a[key], b[key])
		case "Info":
			c.later(ChangeInformation, "Info", a[key], b[key])
		case "AdditionalStreams":
			c.attached(arrayOf(c.old, a[key]), arrayOf(c.now, b[key]))
		case "Size", "Prev", "XRefStm", "ID",
			"Type", "W", "Index", "Filter", "DecodeParms", "Length": // of the section, not of the document
		default:
			if b[key] != nil { // many programs leave such entries out
				c.value(a[key], b[key], string(key), 0)
			}
		}
	}
}

// attached compares the editable documents that LibreOffice puts into a file,
// pairs of a type and a stream. Others who add to the file let the reference
// dangle, and the next one gives its number to something else.
func (c *comparison) attached(a, b pdf.Array) {
	for i, item := range b {
		if v, err := c.now.Resolve(item); err == nil {
			if _, ok := v.(*pdf.Stream); !ok {
				continue
			}
		}
		var before pdf.Object
		if i < len(a) {
			before = a[i]
		}
		c.value(before, item, fmt.Sprintf("AdditionalStreams/%d", i), 0)
	}
}

// catalog compares the catalogs entry by entry; each entry has its own rule.
func (c *comparison) catalog(oldRef, newRef pdf.Object) {
	a, b := dictOf(c.old, oldRef), dictOf(c.now, newRef)
	if a == nil || b == nil {
		c.report(ChangeUndecided, "Root")
		return
	}
	for _, key := range keysOf(a, b) {
		path := string(key)
		switch key {
		case "AcroForm":
			c.form(a[key], b[key])
		case "DSS":
			c.securityStore(a[key], b[key])
		case "Extensions", "Version": // what a DSS or an ETSI signature announces
			c.later(ChangeSecurityStore, path, a[key], b[key])
		case "Metadata":
			c.later(ChangeInformation, path, a[key], b[key])
		default:
			c.value(a[key], b[key], path, 0)
		}
	}
}

// securityStore lets the DSS grow. What it holds can only make a signature
// better or worse known, never change what is shown.
func (c *comparison) securityStore(a, b pdf.Object) {
	if a != nil && dictOf(c.now, b) == nil {
		c.report(ChangeContent, "DSS")
		return
	}
	c.later(ChangeSecurityStore, "DSS", a, b)
}

// pagesOf collects the pages of a document's tree, and the nodes above them.
func pagesOf(f *pdf.File) map[pdf.Ref]bool {
	all := map[pdf.Ref]bool{}
	todo := pdf.Array{dictOf(f, f.Trailer()["Root"])["Pages"]}
	for len(todo) > 0 && len(all) < maxTasks {
		item := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		ref, ok := item.(pdf.Ref)
		if !ok || all[ref] {
			continue
		}
		all[ref] = true
		todo = append(todo, arrayOf(f, dictOf(f, ref)["Kids"])...)
	}
	return all
}
