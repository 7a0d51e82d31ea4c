package portal

import (
	"context"
	"errors"
	"io"

	"signservice/app"
	"signservice/bitrix"
)

// Fetch writes the document's bytes to w, at most limit of them, and gives the
// document with its name, size, version, what is known of its place, and where
// its signed copy will go. The place is read anew with the user's own rights,
// and the file must be there. After an error what w has got is of no use.
//
// Errors, beside those of every call: app.NotFound deal.gone, document.gone;
// app.Forbidden document.drive-right, document.drive-permission for a file of
// a comment that only people can read; app.TooLarge document.too-large with
// the limit in MB; app.Unsupported document.empty, document.not-pdf.
func (p *Portals) Fetch(ctx context.Context, portal app.PortalID, user app.UserID, d app.Document, w io.Writer, limit int64) (app.Document, error) {
	const op = "fetch document"
	out := &pdfOnly{to: w}
	err := p.as(ctx, portal, user, op, func(c *bitrix.Client) error {
		at, err := p.fetch(ctx, c, d, out, limit)
		if (staleLink(err) || errors.Is(err, bitrix.ErrAccessDenied)) && !out.begun() { // the token ran out meanwhile
			at, err = p.fetch(ctx, c, d, out, limit)
		}
		if err == nil {
			err = p.aim(ctx, c, numberOf(user), &at)
		}
		d = at.Document
		return err
	})
	if err != nil {
		return app.Document{}, err
	}
	return d, nil
}

func (p *Portals) fetch(ctx context.Context, c *bitrix.Client, d app.Document, out *pdfOnly, limit int64) (located, error) {
	at, err := locate(ctx, c, d)
	if err != nil {
		return located{}, err
	}
	got, err := c.Download(ctx, at.link, out, limit)
	if err == nil {
		err = out.close()
	}
	switch {
	case errors.Is(err, bitrix.ErrTooLarge):
		return located{}, app.Fail(app.TooLarge, "download", "document.too-large", limit>>20).Because(err)
	case errors.Is(err, bitrix.ErrNotFound):
		return located{}, gone(err)
	case err != nil:
		return located{}, err
	}
	at.Size = got.Size
	if at.drive.ID == 0 {
		at.Name = named(got.Name)
	}
	return at, nil
}

// pdfOnly passes a file on when its first bytes are those of a PDF, and ends
// the download otherwise.
type pdfOnly struct {
	to     io.Writer
	head   []byte
	passed bool // the head was looked at and written
}

func (o *pdfOnly) begun() bool { return o.passed || len(o.head) > 0 }

func (o *pdfOnly) Write(data []byte) (int, error) {
	if o.passed {
		return o.write(data)
	}
	o.head = append(o.head, data...)
	if len(o.head) < headSize {
		return len(data), nil
	}
	if err := o.pass(); err != nil {
		return 0, err
	}
	return len(data), nil
}

func (o *pdfOnly) pass() error {
	if !isPDF(o.head) {
		return app.Fail(app.Unsupported, "look at document", "document.not-pdf")
	}
	o.passed = true
	_, err := o.write(o.head)
	o.head = nil
	return err
}

// write marks a failure as ours: the portal is not to blame for a full disk.
func (o *pdfOnly) write(data []byte) (int, error) {
	n, err := o.to.Write(data)
	var known *app.Error
	if err != nil && !errors.As(err, &known) {
		err = app.Fail(app.Internal, "write document", "").Because(err)
	}
	return n, err
}

// close decides about files that are shorter than a head.
func (o *pdfOnly) close() error {
	switch {
	case o.passed:
		return nil
	case len(o.head) == 0:
		return app.Fail(app.Unsupported, "look at document", "document.empty")
	}
	return o.pass()
}
