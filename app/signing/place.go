package signing

import (
	"context"
	"time"

	"signservice/app"
	"signservice/signer"
)

// placed gives the mark as the order wants it, and its place in the document;
// nil for an invisible signature.
func placed(ctx context.Context, doc SpoolReader, r app.Request, c app.Certificate, at time.Time, look app.SignetSettings) (*signer.Signet, error) {
	if !r.Signet.Visible {
		return nil, nil //nolint:nilnil // no signet is an order
	}
	page := r.Signet.Placement.On(r.Original.Pages)
	if page == 0 {
		return nil, app.Fail(app.Invalid, "find page", "order.page", r.Original.Pages)
	}
	g := &signer.Signet{Mark: mark(r, c, at, look), Page: page}
	if r.Signet.Placement.Position == app.Free {
		sheet, err := signer.Look(ctx, doc, doc.Size(), page)
		if err != nil {
			return nil, unsignable(err)
		}
		g.Box, err = freeBox(sheet, *g, r.Signet.Placement.Spot)
		return g, err
	}
	var err error
	if g.Position, err = signer.ParsePosition(string(r.Signet.Placement.Position)); err != nil {
		return nil, app.Fail(app.Invalid, "read position", "order.placement").Because(err)
	}
	return g, nil
}

// freeBox is where a free signet lies: as large as in one of the six places,
// at its share of the room that it leaves.
func freeBox(sheet *signer.Sheet, g signer.Signet, spot app.Spot) (signer.Box, error) {
	var err error
	if g.Position, err = signer.ParsePosition(string(app.BottomRight)); err != nil {
		return signer.Box{}, err
	}
	box, err := room(sheet, g)
	if err != nil {
		return signer.Box{}, err
	}
	width, height := box.X1-box.X0, box.Y1-box.Y0
	left := spot.X * (sheet.Width - width)
	top := sheet.Height - spot.Y*(sheet.Height-height)
	return signer.Box{X0: left, Y0: top - height, X1: left + width, Y1: top}, nil
}

// fits refuses a signet for which the document has no page or no room, before
// the code is looked at.
func (s *Service) fits(ctx context.Context, r app.Request, c app.Certificate) error {
	if !r.Signet.Visible {
		return nil
	}
	f, err := s.Spool.Open(ctx, originalName(r.ID))
	if err != nil {
		return app.Wrap("open frozen document", err)
	}
	defer f.Close() //nolint:errcheck // only read
	rules, err := s.Store.Settings(ctx, r.Portal)
	if err != nil {
		return app.Wrap("read settings", err)
	}
	g, err := placed(ctx, f, r, c, zoned(s.Now(), r.TimeZone), rules.Signet)
	if err != nil {
		return err
	}
	sheet, err := signer.Look(ctx, f, f.Size(), g.Page)
	if err != nil {
		return unsignable(err)
	}
	_, err = room(sheet, *g)
	return err
}

// room is where a signet lies; one that would reach over the edge of its page is
// refused.
func room(sheet *signer.Sheet, g signer.Signet) (signer.Box, error) {
	box, _, err := sheet.Place(g)
	if err != nil {
		return box, unsignable(err)
	}
	const slack = 0.01 // of a point, for rounding
	if box.X1 > sheet.Width+slack || box.Y1 > sheet.Height+slack {
		return box, unsignable(signer.ErrSignetTooSmall)
	}
	return box, nil
}
