package signing

import (
	"context"
	"errors"
	"io"

	"signservice/app"
	"signservice/signer"
)

// Pictures draws the pages of documents. doc is used until the call returns.
// Errors are of kind app.Unavailable where a page takes too long or too many
// are asked for at once, and app.Unsupported where it cannot be drawn.
type Pictures interface {
	// Draw gives a page, counted from 1, as a PNG file of a width in pixels.
	Draw(ctx context.Context, doc io.ReaderAt, size int64, page, width int) ([]byte, error)
	// Text gives the words of a page.
	Text(ctx context.Context, doc io.ReaderAt, size int64, page int) (string, error)
}

// PageLook says which page of a frozen document is looked at, and which signet
// is tried on it.
type PageLook struct {
	// Page counts from 1; 0 is the page of the signet.
	Page        int
	Certificate app.CertificateID
	Signet      app.Signet
	// Width is the picture's, in pixels.
	Width int
}

// Sheet is a page as it is displayed, and where signets may lie on it.
type Sheet struct {
	Page, Pages int
	// Width and Height are in points.
	Width, Height float64
	// Zones are the six places, in reading order. They are missing where the
	// page is too small for a signet.
	Zones []Zone
	// Signet is where the signet that is tried lies; nil where it is on another
	// page or invisible.
	Signet *Zone
}

// Zone is the place of a signet on a page, from the page's upper left corner,
// in shares of its width and height.
type Zone struct {
	Position            app.Position
	X, Y, Width, Height float64
	// Covers tells that an earlier signet would be covered.
	Covers bool
}

// Sheet tells of a page of one of the visitor's frozen documents what is needed
// to choose the place of the signet. It needs no Pictures.
func (s *Service) Sheet(ctx context.Context, v app.Visit, id app.RequestID, look PageLook) (Sheet, error) {
	t, err := s.try(ctx, v, id, look)
	if err != nil {
		return Sheet{}, err
	}
	defer t.doc.Close() //nolint:errcheck // only read
	return t.sheet(ctx)
}

// Picture draws a page of one of the visitor's frozen documents, from the very
// bytes that will be signed, with the signet in it that is tried: the increment
// is prepared as it will be for the signature, so that what is seen is what the
// file will have. It fails with kind app.Unavailable and key "picture.none"
// where no Pictures are configured.
func (s *Service) Picture(ctx context.Context, v app.Visit, id app.RequestID, look PageLook) ([]byte, error) {
	if s.Pictures == nil {
		return nil, app.Fail(app.Unavailable, "draw page", "picture.none")
	}
	t, err := s.try(ctx, v, id, look)
	if err != nil {
		return nil, err
	}
	defer t.doc.Close() //nolint:errcheck // only read
	if t.page != t.signetPage {
		return s.Pictures.Draw(ctx, t.doc, t.doc.Size(), t.page, look.Width)
	}
	g, err := placed(ctx, t.doc, t.request, t.certificate, t.mark.Time, t.look)
	if err != nil {
		return nil, err
	}
	sketch, err := signer.Draft(ctx, t.doc, t.doc.Size(), signer.Options{Signet: g, Time: t.mark.Time})
	if errors.Is(err, signer.ErrSignetTooSmall) { // the page is still to be read
		return s.Pictures.Draw(ctx, t.doc, t.doc.Size(), t.page, look.Width)
	}
	if err != nil {
		return nil, unsignable(err)
	}
	return s.Pictures.Draw(ctx, sketch, sketch.Size(), t.page, look.Width)
}

// SignedPicture draws the page of a signed file that its signet is on, or the
// first one, as it lies in the portal. It fails with kind app.NotFound when the
// retention time is over or the file was never made.
func (s *Service) SignedPicture(ctx context.Context, v app.Visit, id app.RequestID, width int) ([]byte, error) {
	if s.Pictures == nil {
		return nil, app.Fail(app.Unavailable, "draw page", "picture.none")
	}
	r, err := s.Request(ctx, v, id)
	if err != nil {
		return nil, err
	}
	f, err := s.openSigned(ctx, id)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	page := 1
	if r.Signet.Visible {
		page = max(r.Signet.Placement.On(r.Original.Pages), 1)
	}
	return s.Pictures.Draw(ctx, f, f.Size(), page, width)
}

// Pictured tells whether pages can be shown as pictures at all.
func (s *Service) Pictured() bool { return s.Pictures != nil }

// PageText gives the words of a page for people who cannot see its picture.
// Page counts from 1.
func (s *Service) PageText(ctx context.Context, v app.Visit, id app.RequestID, page int) (string, error) {
	if s.Pictures == nil {
		return "", app.Fail(app.Unavailable, "read page", "picture.none")
	}
	t, err := s.try(ctx, v, id, PageLook{Page: page})
	if err != nil {
		return "", err
	}
	defer t.doc.Close() //nolint:errcheck // only read
	return s.Pictures.Text(ctx, t.doc, t.doc.Size(), t.page)
}

// trial is a frozen document with a signet that is only tried.
type trial struct {
	request     app.Request
	certificate app.Certificate
	doc         SpoolReader
	mark        signer.Mark
	look        app.SignetSettings
	// page is the one looked at; signetPage is 0 where no signet shows.
	page, signetPage int
}

// try opens the visitor's frozen document for a look. The caller closes it.
func (s *Service) try(ctx context.Context, v app.Visit, id app.RequestID, look PageLook) (*trial, error) {
	r, err := s.current(ctx, v, id)
	if err != nil {
		return nil, err
	}
	t := &trial{request: r, page: look.Page}
	if err := s.dress(ctx, v, t, look); err != nil {
		return nil, err
	}
	if t.page == 0 {
		t.page = max(t.signetPage, 1)
	}
	if t.page < 1 || t.page > r.Original.Pages {
		return nil, app.Fail(app.Invalid, "find page", "order.page", r.Original.Pages)
	}
	f, err := s.Spool.Open(ctx, originalName(r.ID))
	if errors.Is(err, app.NotFound) {
		return nil, app.Fail(app.Conflict, "open frozen document", "request.expired").Because(err)
	}
	if err != nil {
		return nil, app.Wrap("open frozen document", err)
	}
	t.doc = f
	return t, nil
}

// dress puts the signet on the Request as an order would, where there is one.
func (s *Service) dress(ctx context.Context, v app.Visit, t *trial, look PageLook) error {
	if !look.Signet.Visible || look.Certificate == "" {
		return nil
	}
	if err := checkSignet(look.Signet); err != nil {
		return err
	}
	assigned, err := s.Store.AssignedTo(ctx, v.Portal, v.User)
	if err != nil {
		return err
	}
	for _, a := range assigned {
		if a.Certificate != look.Certificate {
			continue
		}
		if t.certificate, err = s.Store.Certificate(ctx, v.Portal, a.Certificate); err != nil {
			return err
		}
		signAs(&t.request, v, t.certificate, look.Signet)
		rules, err := s.Store.Settings(ctx, v.Portal)
		if err != nil {
			return err
		}
		t.look = rules.Signet
		t.mark = mark(t.request, t.certificate, zoned(s.Now(), t.request.TimeZone), t.look)
		t.signetPage = look.Signet.Placement.On(t.request.Original.Pages)
		return nil
	}
	return app.Fail(app.Forbidden, "check certificate", "certificate.not-assigned")
}

// sheet measures the page.
func (t *trial) sheet(ctx context.Context) (Sheet, error) {
	page, err := signer.Look(ctx, t.doc, t.doc.Size(), t.page)
	if err != nil {
		return Sheet{}, unsignable(err)
	}
	out := Sheet{Page: page.Number, Pages: page.Pages, Width: page.Width, Height: page.Height}
	if t.mark.Owner == "" {
		return out, nil
	}
	for _, p := range app.Positions() {
		g := signer.Signet{Mark: t.mark}
		if g.Position, err = signer.ParsePosition(string(p)); err != nil {
			return Sheet{}, err
		}
		box, err := room(page, g)
		if errors.Is(err, signer.ErrSignetTooSmall) {
			return out, nil
		}
		if err != nil {
			return Sheet{}, err
		}
		out.Zones = append(out.Zones, zone(page, p, box))
	}
	if t.page == t.signetPage && len(out.Zones) > 0 {
		out.Signet, err = t.signet(page, out.Zones)
	}
	return out, err
}

// signet is where the signet lies that is tried.
func (t *trial) signet(page *signer.Sheet, zones []Zone) (*Zone, error) {
	for _, z := range zones {
		if z.Position == t.request.Signet.Placement.Position {
			return &z, nil
		}
	}
	box, err := freeBox(page, signer.Signet{Mark: t.mark}, t.request.Signet.Placement.Spot)
	if err != nil {
		return nil, err
	}
	z := zone(page, app.Free, box)
	return &z, nil
}

// zone turns a box in points from the lower left corner into shares from the
// upper left one.
func zone(page *signer.Sheet, p app.Position, box signer.Box) Zone {
	return Zone{
		Position: p, X: box.X0 / page.Width, Y: (page.Height - box.Y1) / page.Height,
		Width: (box.X1 - box.X0) / page.Width, Height: (box.Y1 - box.Y0) / page.Height,
		Covers: len(page.Covered(box)) > 0,
	}
}
