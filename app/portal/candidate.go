package portal

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// candidate is a file that may be a document, and what is known of it.
type candidate struct {
	app.Document
	key  factKey
	link bitrix.Secret
	// object is the file's id on Drive, author who has put it there; 0 where
	// there is none.
	object, author bitrix.ID
	// known tells that fact is; err is why it is not.
	known bool
	fact  fact
	err   error
}

// settled tells whether nothing is left to be asked.
func (f candidate) settled() bool { return f.known || f.Unreadable != "" }

// document gives the candidate as a document; false when it is known to be
// none.
func (f candidate) document() (app.Document, bool) {
	d := f.Document
	switch {
	case f.Unreadable != "":
		return d, true
	case !f.known:
		d.Pending = true
		return d, true
	}
	if d.Name == "" || f.fact.name != "" {
		d.Name = named(f.fact.name)
	}
	d.Size = f.fact.size
	return d, f.fact.pdf
}

// candidates lists the files at an element that may be documents, in a lasting
// order, in two calls: one for the element and its timeline, one for what
// Drive and the directory tell of what was found.
func (p *Portals) candidates(ctx context.Context, c *bitrix.Client, v app.Visit) ([]candidate, error) {
	e := v.Entity
	if e.Type <= 0 || e.ID <= 0 {
		return nil, app.Fail(app.NotFound, "read element", "deal.gone")
	}
	var b bitrix.Batch
	element := addFields(&b, e)
	line := addTimeline(&b, e)
	if err := c.Run(ctx, &b); err != nil {
		return nil, err
	}
	fields, err := element.read(ctx, c)
	if err != nil {
		return nil, err
	}
	found, err := line.read(ctx, c, p.log)
	if err != nil {
		return nil, err
	}
	files := inFields(e, fields)
	others := found.candidates(e)
	if room := max(0, maxListed-len(files)); len(others) > room {
		p.log.InfoContext(ctx, "list of documents is cut", "portal", v.Portal, "element", e.ID, "files", len(files)+len(others))
		others = others[:room]
	}
	others, err = p.lookUp(ctx, c, others)
	if err != nil {
		return nil, err
	}
	files = append(files[:min(len(files), maxListed)], others...)
	for i := range files {
		if f := &files[i]; !f.settled() {
			f.key.portal = v.Portal
			f.fact, f.known = p.facts.get(f.key)
		}
	}
	return files, nil
}

// inFields lists all files of all file fields: by the field's label, within a
// field in the portal's order.
func inFields(e app.Entity, fields map[string]field) []candidate {
	codes := slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(fields[a].Label(), fields[b].Label()), cmp.Compare(a, b))
	})
	var all []candidate
	for _, code := range codes {
		f := fields[code]
		for _, file := range f.files {
			all = append(all, candidate{key: factKey{id: file.ID}, link: file.Link, Document: app.Document{
				Source: app.SourceField, Entity: e, Field: code, Label: f.Label(), Multiple: bool(f.Multiple),
				FileID: file.ID.String(), Size: -1,
			}})
		}
	}
	return all
}

// isPDFName tells whether a name says PDF.
func isPDFName(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".pdf") }
