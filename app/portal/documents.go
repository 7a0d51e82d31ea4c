package portal

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"signservice/app"
	"signservice/bitrix"
)

// atOnce is how many files are asked about at the same time.
const atOnce = 4

// maxListed is how many files of an element are listed: those in its fields,
// then the newest of the other sources.
const maxListed = 50

// List lists the PDFs at the visit's element from all sources, with the
// visitor's own rights and after at most three calls: file fields by their
// labels, then comments, activities, e-mails and generated documents, newest
// first. What only a file's own head tells is taken from memory; a document
// that is not known yet is Pending, and [Portals.Details] tells of it. A file
// that cannot be read by this user is listed with the reason where the portal
// tells enough of it.
//
// Errors: app.NotFound (deal.gone), app.Forbidden, app.Unauthenticated,
// app.Unavailable, app.Upstream.
func (p *Portals) List(ctx context.Context, v app.Visit) ([]app.Document, error) {
	var all []app.Document
	err := p.as(ctx, v.Portal, v.User, "list documents", func(c *bitrix.Client) error {
		files, err := p.candidates(ctx, c, v)
		all = make([]app.Document, 0, len(files))
		for _, f := range files {
			if d, ok := f.document(); ok {
				all = append(all, d)
			}
		}
		if slices.ContainsFunc(all, func(d app.Document) bool { return d.Pending }) {
			p.shelf.put(v, files, p.clock.Now())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Details asks about the files of a list that are not known yet, a few at a
// time, each as it becomes known; the list is read anew unless List has just
// done so. What it finds is remembered, since
// a file's content never changes under its id, so that a list made afterwards
// has nothing pending. The sequence ends after the first error, which concerns
// the portal or the visitor rather than one file.
func (p *Portals) Details(ctx context.Context, v app.Visit) iter.Seq2[app.Detail, error] {
	return func(yield func(app.Detail, error) bool) {
		const op = "ask about documents"
		stopped := false
		err := p.as(ctx, v.Portal, v.User, op, func(c *bitrix.Client) error {
			files, kept := p.shelf.take(v, p.clock.Now())
			err := p.details(ctx, c, v, files, kept, yield)
			if staleLink(err) || kept && errors.Is(err, bitrix.ErrAccessDenied) { // the token ran out meanwhile: links of a new one
				err = p.details(ctx, c, v, nil, false, yield)
			}
			if errors.Is(err, errStopped) {
				stopped = true
				return nil
			}
			return err
		})
		if err != nil && !stopped {
			yield(app.Detail{}, err)
		}
	}
}

// errStopped ends a sequence whose reader has gone.
var errStopped = errors.New("nobody listens any more")

func (p *Portals) details(ctx context.Context, c *bitrix.Client, v app.Visit, files []candidate, kept bool, yield func(app.Detail, error) bool) error {
	if !kept {
		var err error
		if files, err = p.candidates(ctx, c, v); err != nil {
			return err
		}
	}
	var senseless error
	documents := 0
	for f := range p.inquire(ctx, c, v.Portal, files) {
		switch {
		case f.err != nil && passing(f.err):
			return f.err // half a list would look like a whole one
		case f.err != nil:
			if errors.Is(f.err, bitrix.ErrUnexpectedAnswer) {
				senseless = f.err
			}
			p.log.WarnContext(ctx, "file left out of the list", "portal", v.Portal, "source", f.Source, "field", f.Field, "file", f.FileID, "error", f.err)
		}
		d, ok := f.document()
		if d.Pending {
			ok, d.Pending = false, false // its head could not be read
		}
		if ok {
			documents++
		}
		if !yield(app.Detail{Document: d, None: !ok}, nil) {
			return errStopped
		}
	}
	if documents == 0 && senseless != nil && !slices.ContainsFunc(files, candidate.settled) {
		return senseless // a portal in maintenance must not look like a deal without PDFs
	}
	return ctx.Err()
}

// inquire finds out about the files that are not known yet, a few at a time.
// It gives each as soon as it is known, in any order.
func (p *Portals) inquire(ctx context.Context, c *bitrix.Client, portal app.PortalID, files []candidate) iter.Seq[candidate] {
	return func(yield func(candidate) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var work sync.WaitGroup
		defer work.Wait()
		defer cancel()
		known := make(chan candidate, len(files))
		free := make(chan struct{}, atOnce)
		asked := 0
		for _, f := range files {
			if f.settled() {
				continue
			}
			asked++
			work.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				f.fact, f.err = p.factOf(ctx, c, portal, f.key, f.link)
				f.known = f.err == nil
				known <- f
			})
		}
		for range asked {
			if !yield(<-known) {
				return
			}
		}
	}
}

// Documents is List with everything known: it waits for the details. Files
// that turn out to be no document are left out.
func (p *Portals) Documents(ctx context.Context, v app.Visit) ([]app.Document, error) {
	for _, err := range p.Details(ctx, v) {
		if err != nil {
			return nil, err
		}
	}
	all, err := p.List(ctx, v)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d app.Document) bool { return d.Pending }), nil
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

// named gives a document without a name one.
func named(name string) string {
	if name == "" {
		return "document.pdf"
	}
	return name
}
