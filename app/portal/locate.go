package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"signservice/app"
	"signservice/bitrix"
)

// located is a document where it lies now.
type located struct {
	app.Document
	link bitrix.Secret
	// drive is the object on Drive as the user sees it; its ID is 0 where there
	// is none, or none that the user may read.
	drive bitrix.DriveFile
}

// locate reads where a document lies, with the client's own rights, and that
// it lies at the element that it names: the page that asks for it may have
// been told any number. A document that is not there is app.NotFound
// document.gone.
func locate(ctx context.Context, c *bitrix.Client, d app.Document) (located, error) {
	id, ok := number(d.FileID)
	if !ok || d.Entity.Type <= 0 || d.Entity.ID <= 0 {
		return located{}, gone(nil)
	}
	switch d.Source {
	case app.SourceField:
		return locateInField(ctx, c, d, id)
	case app.SourceComment:
		return locateInComment(ctx, c, d, id)
	case app.SourceActivity, app.SourceEmail:
		return locateInActivity(ctx, c, d, id)
	case app.SourceGenerated:
		return locateGenerated(ctx, c, d, id)
	}
	return located{}, gone(nil)
}

// errAway marks that a place is there and the document is not.
var errAway = errors.New("the document is not there")

// gone tells that a document is not where it was.
func gone(cause error) error {
	return app.Fail(app.NotFound, "find document", "document.gone").Because(errors.Join(errAway, cause))
}

func locateInField(ctx context.Context, c *bitrix.Client, d app.Document, id bitrix.ID) (located, error) {
	f, err := readField(ctx, c, d.Entity, d.Field)
	if err != nil {
		return located{}, err
	}
	link, ok := f.link(id)
	if !ok {
		return located{}, gone(nil)
	}
	d.Label, d.Multiple = f.Label(), bool(f.Multiple)
	return located{Document: d, link: link}, nil
}

func locateInComment(ctx context.Context, c *bitrix.Client, d app.Document, id bitrix.ID) (located, error) {
	number, ok := number(d.Field)
	if !ok {
		return located{}, gone(nil)
	}
	comment, err := c.Comment(ctx, number)
	if errors.Is(err, bitrix.ErrNotFound) {
		return located{}, gone(err)
	}
	if err != nil {
		return located{}, err
	}
	of := bitrix.EntityType(d.Entity.Type)
	if int64(comment.EntityID) != d.Entity.ID || !of.Named(string(comment.EntityType)) {
		return located{}, gone(errors.New("the comment is at another element"))
	}
	files := comment.Files()
	i := slices.IndexFunc(files, func(f bitrix.CommentFile) bool { return f.ID == id })
	if i < 0 {
		return located{}, gone(nil)
	}
	d.Author, d.Date = string(files[i].AuthorName), comment.Created.Time
	at := located{Document: d}
	err = at.readDrive(ctx, c, id)
	switch {
	case errors.Is(err, bitrix.ErrAccessDenied), errors.Is(err, bitrix.ErrInsufficientScope):
		return located{}, app.Fail(app.Forbidden, "find document", unreadable(err)).Because(err)
	case errors.Is(err, bitrix.ErrNotFound):
		return located{}, gone(err)
	}
	return at, err
}

func locateInActivity(ctx context.Context, c *bitrix.Client, d app.Document, id bitrix.ID) (located, error) {
	number, ok := number(d.Field)
	if !ok {
		return located{}, gone(nil)
	}
	a, err := c.ActivityAt(ctx, bitrix.EntityType(d.Entity.Type), bitrix.ID(d.Entity.ID), number)
	if errors.Is(err, bitrix.ErrNotFound) {
		return located{}, gone(err)
	}
	if err != nil {
		return located{}, err
	}
	i := slices.IndexFunc(a.Files, func(f bitrix.ActivityFile) bool { return f.ID == id })
	if i < 0 {
		return located{}, gone(nil)
	}
	d.Source, d.Label, d.Date = sourceOf(a), string(a.Subject), a.Created.Time
	at := located{Document: d, link: a.Files[i].Link}
	err = at.readDrive(ctx, c, id)
	switch {
	case errors.Is(err, bitrix.ErrAccessDenied), errors.Is(err, bitrix.ErrInsufficientScope), errors.Is(err, bitrix.ErrNotFound):
		return at, nil // through the activity
	}
	return at, err
}

// readDrive reads the object on Drive.
func (l *located) readDrive(ctx context.Context, c *bitrix.Client, id bitrix.ID) error {
	file, err := c.DriveFile(ctx, id)
	if err != nil {
		return err
	}
	l.drive, l.link, l.Version, l.Name = file, file.Link, file.FileID.String(), string(file.Name)
	return nil
}

func locateGenerated(ctx context.Context, c *bitrix.Client, d app.Document, id bitrix.ID) (located, error) {
	number, ok := number(d.Field)
	if !ok {
		return located{}, gone(nil)
	}
	g, err := c.Document(ctx, number)
	switch {
	case refusesGenerated(err):
		return located{}, gone(err)
	case err != nil:
		return located{}, err
	case int64(g.EntityID) != d.Entity.ID || int(g.Entity) != d.Entity.Type:
		return located{}, gone(errors.New("the document is of another element"))
	case g.PDFID != id: // made anew, or not ready again
		return located{}, gone(nil)
	}
	d.Label, d.Date = string(g.Title), g.Created.Time
	return located{Document: d, link: g.PDFLink}, nil
}

// refusesGenerated tells whether the document generator refuses a document:
// it has a code of its own for what is not there and what may not be seen.
func refusesGenerated(err error) bool {
	var said *bitrix.Error
	return errors.Is(err, bitrix.ErrNotFound) || errors.As(err, &said) && said.HasCode("DOCGEN_ACCESS_ERROR")
}

// joinTime is how long a portal joins the versions that one user makes of a
// file: the bytes of the earlier one are lost.
// SECONDS_TO_JOIN_VERSION of the Drive module, with a margin for two clocks.
const joinTime = 300*time.Second + 30*time.Second

// aim says where the signed file will go: into the original's slot, or as a
// new version of it, where that is possible and leaves the original
// recoverable; otherwise into a comment.
func (p *Portals) aim(ctx context.Context, c *bitrix.Client, user bitrix.ID, at *located) error {
	at.Target, at.Because = app.TargetComment, ""
	switch {
	case at.Source == app.SourceField:
		at.Target = app.TargetSlot
	case at.Source == app.SourceEmail:
		at.Because = "target.email"
	case at.Source == app.SourceGenerated:
		at.Because = "target.generated"
	case at.drive.ID == 0:
		at.Because = "target.drive-right"
	case at.drive.UpdatedBy == user && p.clock.Now().Sub(at.drive.Updated.Time) < joinTime:
		at.Because = "target.just-changed"
	default:
		may, err := mayAddVersion(ctx, c, at.drive.ID)
		if err != nil {
			return err
		}
		if at.Target = app.TargetVersion; !may {
			at.Target, at.Because = app.TargetComment, "target.drive-right"
		}
	}
	return nil
}

// mayAddVersion tells whether the user may change an object on Drive. No
// method tells so without changing; so a version without content is offered,
// which cannot become one: the portal asks for the right first and then
// refuses it. That order is inferred and not documented, hence only a refusal
// for want of a right counts.
func mayAddVersion(ctx context.Context, c *bitrix.Client, id bitrix.ID) (bool, error) {
	_, err := bitrix.Call(ctx, c, bitrix.Read[bitrix.DriveFile]("disk.file.uploadVersion", bitrix.Params{"id": id}))
	switch {
	case errors.Is(err, bitrix.ErrAccessDenied), errors.Is(err, bitrix.ErrInsufficientScope), errors.Is(err, bitrix.ErrMethodNotFound):
		return false, nil
	case errors.Is(err, bitrix.ErrUnexpectedAnswer):
		return true, nil
	case err != nil && passing(err):
		return false, err
	}
	return true, ctx.Err()
}
