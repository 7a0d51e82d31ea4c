package signing_test

import (
	"bytes"
	"context"
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/signing"
	"signservice/signer"
	"signservice/signer/signertest"
)

// album keeps what it is asked to draw.
type album struct {
	doc         []byte
	page, width int
}

func (a *album) Draw(_ context.Context, doc io.ReaderAt, size int64, page, width int) ([]byte, error) {
	var err error
	a.doc, err = io.ReadAll(io.NewSectionReader(doc, 0, size))
	a.page, a.width = page, width
	return []byte("picture"), err
}

func (a *album) Text(_ context.Context, _ io.ReaderAt, _ int64, page int) (string, error) {
	a.page = page
	return "words", nil
}

// looking is a world in which Mary looks at the contract.
func looking(t *testing.T) (*world, *album, app.Visit, app.Request) {
	t.Helper()
	w, a := newWorld(t), &album{}
	w.config.Pictures = a
	w.serve(w.config)
	v := w.enter(w.mary)
	return w, a, v, w.freeze(v)
}

// look tries the signet of an order.
func (w *world) look(page int, change func(*app.Placement)) signing.PageLook {
	g := w.input(w.mary).Signet
	if change != nil {
		change(&g.Placement)
	}
	return signing.PageLook{Page: page, Certificate: w.cert.ID, Signet: g, Width: 600}
}

// shown gives the boxes of the signature fields on a page, and the page.
func shown(t *testing.T, doc []byte, page int) *signer.Sheet {
	t.Helper()
	sheet, err := signer.Look(t.Context(), bytes.NewReader(doc), int64(len(doc)), page)
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

// TestPicture draws the frozen bytes with the signet where the signed file has
// it, on any page and in any place.
func TestPicture(t *testing.T) {
	for name, c := range map[string]struct {
		page   int // looked at
		change func(*app.Placement)
		drawn  int // page that is drawn
		mark   bool
	}{
		"the signet's page":    {0, nil, 2, true},
		"its page by number":   {2, nil, 2, true},
		"another page":         {1, nil, 1, false},
		"the first page":       {0, func(p *app.Placement) { p.Page = app.FirstPage }, 1, true},
		"a numbered page":      {0, func(p *app.Placement) { p.Page, p.Number = app.NumberedPage, 1 }, 1, true},
		"a free place":         {0, func(p *app.Placement) { p.Position, p.Spot = app.Free, app.Spot{X: .25, Y: .4} }, 2, true},
		"a corner by freedom":  {0, func(p *app.Placement) { p.Position, p.Spot = app.Free, app.Spot{X: 1, Y: 1} }, 2, true},
		"the top of the sheet": {0, func(p *app.Placement) { p.Position = app.TopLeft }, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			w, a, v, r := looking(t)
			look := w.look(c.page, c.change)
			if _, err := w.Picture(t.Context(), v, r.ID, look); err != nil {
				t.Fatal(err)
			}
			if a.page != c.drawn || a.width != 600 || !bytes.HasPrefix(a.doc, w.original) {
				t.Fatalf("drew page %d at %d; the frozen bytes: %t", a.page, a.width, bytes.HasPrefix(a.doc, w.original))
			}
			drawn := shown(t, a.doc, c.drawn)
			if (len(drawn.Shown) == 1) != c.mark {
				t.Fatalf("the picture has %d signets", len(drawn.Shown))
			}
			if !c.mark {
				return
			}
			in := w.input(w.mary, r.ID)
			in.Signet = look.Signet
			if _, err := w.Sign(t.Context(), v, in); err != nil {
				t.Fatal(err)
			}
			w.run(r.ID)
			if diff := cmp.Diff(drawn.Shown[0].Box, shown(t, w.held()[0], c.drawn).Shown[0].Box); diff != "" {
				t.Errorf("the signet stands elsewhere in the file (-picture +file):\n%s", diff)
			}
		})
	}
}

// TestSheet tells where signets may lie, and which places would cover an
// earlier one.
func TestSheet(t *testing.T) {
	w, _, v, r := looking(t)
	sheet, err := w.Sheet(t.Context(), v, r.ID, w.look(0, nil))
	if err != nil {
		t.Fatal(err)
	}
	if sheet.Page != 2 || sheet.Pages != 2 || len(sheet.Zones) != 6 || sheet.Signet == nil || *sheet.Signet != sheet.Zones[5] {
		t.Fatalf("the sheet is %+v", sheet)
	}
	for i, z := range sheet.Zones {
		if z.Position != app.Positions()[i] || z.Covers || z.X < 0 || z.Y < 0 || z.X+z.Width > 1 || z.Y+z.Height > 1 {
			t.Errorf("zone %d is %+v", i, z)
		}
	}
	// The free place of a corner is the corner's own margin away from the edge.
	corner, err := w.Sheet(t.Context(), v, r.ID, w.look(0, func(p *app.Placement) { p.Position, p.Spot = app.Free, app.Spot{X: 1, Y: 1} }))
	if err != nil {
		t.Fatal(err)
	}
	if z := corner.Signet; z == nil || z.Position != app.Free || math.Abs(z.X+z.Width-1) > 1e-6 || math.Abs(z.Y+z.Height-1) > 1e-6 {
		t.Errorf("the free corner is %+v", corner.Signet)
	}

	if _, err := w.Sign(t.Context(), v, w.input(w.mary, r.ID)); err != nil {
		t.Fatal(err)
	}
	w.run(r.ID)
	w.file = w.portal.DealFiles(w.deal, w.single)[0].ID
	again := w.freeze(v)
	sheet, err = w.Sheet(t.Context(), v, again.ID, w.look(0, nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, z := range sheet.Zones {
		if z.Covers != (z.Position == app.BottomRight) {
			t.Errorf("after a signature there, %s covers: %t", z.Position, z.Covers)
		}
	}
}

// TestNoLook are looks that are refused, for each of the three calls.
func TestNoLook(t *testing.T) {
	w, _, v, r := looking(t)
	stranger := w.certificate("Eve", w.clock.Now(), w.clock.Now().AddDate(1, 0, 0))
	for name, c := range map[string]struct {
		visit app.Visit
		look  signing.PageLook
		kind  app.Kind
		key   string
	}{
		"a colleague's":    {w.enter(w.paul), w.look(1, nil), app.NotFound, "request.unknown"},
		"no such page":     {v, w.look(3, nil), app.Invalid, "order.page"},
		"a page below one": {v, w.look(-1, nil), app.Invalid, "order.page"},
		"an odd place":     {v, w.look(1, func(p *app.Placement) { p.Position = "middle" }), app.Invalid, "order.placement"},
		"a spot beyond":    {v, w.look(1, func(p *app.Placement) { p.Position, p.Spot.X = app.Free, 1.5 }), app.Invalid, "order.placement"},
		"no number":        {v, w.look(1, func(p *app.Placement) { p.Position, p.Spot.X = app.Free, math.NaN() }), app.Invalid, "order.placement"},
		"not assigned": {v, func() signing.PageLook {
			l := w.look(1, nil)
			l.Certificate = stranger.ID
			return l
		}(), app.Forbidden, "certificate.not-assigned"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Sheet(t.Context(), c.visit, r.ID, c.look)
			wants(t, err, c.kind, c.key)
			_, err = w.Picture(t.Context(), c.visit, r.ID, c.look)
			wants(t, err, c.kind, c.key)
		})
	}
	_, err := w.PageText(t.Context(), w.enter(w.paul), r.ID, 1)
	wants(t, err, app.NotFound, "request.unknown")
	w.clock.forward(app.FrozenLife)
	if _, err = w.Picture(t.Context(), v, r.ID, w.look(1, nil)); err != nil {
		t.Errorf("a page that is read for long: %v", err)
	}
	w.config.Pictures = nil
	w.serve(w.config)
	_, err = w.Picture(t.Context(), v, r.ID, w.look(1, nil))
	wants(t, err, app.Unavailable, "picture.none")
	_, err = w.PageText(t.Context(), v, r.ID, 1)
	wants(t, err, app.Unavailable, "picture.none")
}

// TestNoRoom refuses a signet for which there is no page or no room before the
// code is used up; without a signet the document is signed.
func TestNoRoom(t *testing.T) {
	w := newWorld(t)
	w.original = signertest.PDF{MediaBox: [4]float64{0, 0, 40, 20}}.Bytes()
	w.file = w.portal.PutFile(w.deal, w.single, "ticket.pdf", w.original)
	v := w.enter(w.mary)
	r := w.freeze(v)
	before := w.lastStep(w.mary)
	in := w.input(w.mary, r.ID)
	_, err := w.Sign(t.Context(), v, in)
	wants(t, err, app.Unsupported, "document.signet-too-small")
	in.Signet.Placement.Page, in.Signet.Placement.Number = app.NumberedPage, 2
	_, err = w.Sign(t.Context(), v, in)
	wants(t, err, app.Invalid, "order.page")
	if w.lastStep(w.mary) != before {
		t.Error("a code was used up")
	}
	sheet, err := w.Sheet(t.Context(), v, r.ID, w.look(1, nil))
	if err != nil || sheet.Zones != nil || sheet.Signet != nil {
		t.Errorf("the small sheet: %+v, %v", sheet, err)
	}
	in.Signet.Visible = false
	if _, err := w.Sign(t.Context(), v, in); err != nil {
		t.Fatal(err)
	}
	if got := w.run(r.ID); got.State != app.Done {
		t.Errorf("without a signet: %s", got.State)
	}
	w.signedOnce()
}
