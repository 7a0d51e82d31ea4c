package portal

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"signservice/app"
	"signservice/bitrix"
)

// atOnce is how many files are asked about at the same time.
const atOnce = 4

// Documents lists the PDFs in the file fields of the visit's element, with the
// visitor's own rights: by the field's label, within a field in the portal's
// order. Names and sizes come from the portal's file heads and are remembered,
// since a file's content never changes under its id. A file that cannot be
// asked about for a reason of its own is left out.
//
// Errors: app.NotFound (deal.gone), app.Forbidden, app.Unauthenticated,
// app.Unavailable, app.Upstream.
func (p *Portals) Documents(ctx context.Context, v app.Visit) ([]app.Document, error) {
	var all []app.Document
	err := p.as(ctx, v.Portal, v.User, "list documents", func(c *bitrix.Client) error {
		var err error
		all, err = p.documents(ctx, c, v)
		if staleLink(err) { // the token ran out meanwhile: links of a new one
			all, err = p.documents(ctx, c, v)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// candidate is a file that may be a document, and what was found out of it.
type candidate struct {
	app.Document
	file bitrix.ItemFile
	fact fact
	err  error
}

func (p *Portals) documents(ctx context.Context, c *bitrix.Client, v app.Visit) ([]app.Document, error) {
	fields, err := readFields(ctx, c, v.Entity)
	if err != nil {
		return nil, err
	}
	files := candidates(v.Entity, fields)
	p.inquire(ctx, c, v.Portal, files)
	all := make([]app.Document, 0, len(files))
	var senseless error
	for _, f := range files {
		switch {
		case f.err != nil && passing(f.err):
			return nil, f.err // half a list would look like a whole one
		case f.err != nil:
			if errors.Is(f.err, bitrix.ErrUnexpectedAnswer) {
				senseless = f.err
			}
			p.log.WarnContext(ctx, "file left out of the list", "portal", v.Portal, "field", f.Field, "file", f.FileID, "error", f.err)
		case f.fact.pdf:
			f.Name, f.Size = named(f.fact.name), f.fact.size
			all = append(all, f.Document)
		}
	}
	if len(all) == 0 && senseless != nil {
		return nil, senseless // a portal in maintenance must not look like a deal without PDFs
	}
	return all, nil
}

// candidates lists all files of all file fields in a lasting order.
func candidates(e app.Entity, fields map[string]field) []candidate {
	codes := slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		return cmp.Or(cmp.Compare(fields[a].Label(), fields[b].Label()), cmp.Compare(a, b))
	})
	var all []candidate
	for _, code := range codes {
		f := fields[code]
		for _, file := range f.files {
			all = append(all, candidate{file: file, Document: app.Document{
				Source: app.SourceField, Entity: e, Field: code, Label: f.Label(), Multiple: bool(f.Multiple),
				FileID: file.ID.String(), Size: -1,
			}})
		}
	}
	return all
}

// inquire finds out about the files, a few at a time.
func (p *Portals) inquire(ctx context.Context, c *bitrix.Client, portal app.PortalID, files []candidate) {
	var work sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i := range files {
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			files[i].fact, files[i].err = p.fact(ctx, c, portal, files[i].file)
		})
	}
	work.Wait()
}

// named gives a document without a name one.
func named(name string) string {
	if name == "" {
		return "document.pdf"
	}
	return name
}

// passing tells whether a failure concerns the portal or the token rather
// than one file.
func passing(err error) bool {
	for _, cause := range []error{
		bitrix.ErrUnreachable, bitrix.ErrQueryLimit, bitrix.ErrOperationTimeLimit, bitrix.ErrOverload,
		bitrix.ErrExpiredToken, bitrix.ErrBadLink, bitrix.ErrMoved, context.Canceled,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// staleLink tells whether reading the element again would give a better link.
func staleLink(err error) bool {
	return errors.Is(err, bitrix.ErrExpiredToken) || errors.Is(err, bitrix.ErrBadLink)
}
