package signer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

// Box is a place on a page as it is displayed: in points, 1/72 inch, from the
// displayed page's lower left corner, whatever the page's Rotate, CropBox, origin
// and UserUnit.
type Box = pdf.Rect

// Warning tells that a part of a mark is not drawn as it was ordered.
type Warning = signet.Warning

// ErrBox: the place of a signet lies outside its page, or is none.
var ErrBox = errors.New("the place of the signet is not on the page")

// ErrSignetTooSmall: what a mark must say does not fit into its place.
var ErrSignetTooSmall = signet.ErrTooSmall

// A Sheet is a page as people see it, with the signature fields that show on it:
// what is needed to choose a place for a signet.
type Sheet struct {
	// Number counts from 1; Pages is how many there are.
	Number, Pages int
	// Width and Height are in points, as displayed.
	Width, Height float64
	// Shown are the signature fields that can be seen on the page, signed or
	// empty, in the order of the form.
	Shown []Shown

	page    pdf.Page
	profile pdf.Profile
}

// Shown is a signature field as it shows on a page.
type Shown struct {
	Field  string
	Signed bool
	Box    Box
}

// Look reads one page of a document; 0 is the last. It fails as Prepare would
// where the document cannot be read, and with ErrPageRange.
func Look(ctx context.Context, doc io.ReaderAt, size int64, page int) (*Sheet, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := pdf.Open(doc, size, pdf.Options{})
	if err != nil {
		return nil, err
	}
	return look(f, page)
}

func look(f *pdf.File, number int) (*Sheet, error) {
	count, err := f.Pages()
	if err != nil {
		return nil, err
	}
	if number == 0 {
		number = max(1, count)
	}
	s := &Sheet{Number: number, Pages: count}
	if s.page, err = f.Page(number); err != nil {
		return nil, err
	}
	s.Width, s.Height = s.page.Displayed()
	if s.profile, err = f.Profile(); err != nil {
		return nil, err
	}
	widgets, err := f.SignatureWidgets(s.page)
	if err != nil {
		return nil, err
	}
	for _, w := range widgets {
		s.Shown = append(s.Shown, Shown{w.Field, w.Signed, s.page.Display(w.Rect)})
	}
	return s, nil
}

// Covered gives the signature fields that a mark in this box would cover, wholly
// or in part. Those that only share an edge with it are not covered.
func (s *Sheet) Covered(box Box) []Shown {
	var out []Shown
	for _, w := range s.Shown {
		if signet.Overlaps(w.Box, box) {
			out = append(out, w)
		}
	}
	return out
}

// Place gives the box that a signet takes on this page, at its position or in its
// own box, and what would be drawn otherwise than ordered. Signet.Page is not
// looked at. The box is as high as the mark's words need, so it depends on them.
//
// Errors: ErrBox, ErrSignetTooSmall, and those of signet.Draw.
func (s *Sheet) Place(g Signet) (Box, []Warning, error) {
	d, box, err := s.draw(g)
	if err != nil {
		return Box{}, nil, err
	}
	return box, d.Warnings, nil
}

// draw draws the mark as this page and this document want it.
func (s *Sheet) draw(g Signet) (*signet.Drawing, Box, error) {
	mark := g.Mark
	free := g.Box != Box{}
	switch {
	case free && !s.holds(g.Box):
		return nil, Box{}, fmt.Errorf("%w: %v on %g by %g points", ErrBox, g.Box, s.Width, s.Height)
	case free:
		mark.Width, mark.Height = g.Box.X1-g.Box.X0, g.Box.Y1-g.Box.Y0
	case g.Position == 0:
		return nil, Box{}, errors.New("signet has no position")
	case mark.Width == 0:
		mark.Width, _ = signet.Box(mark.Preset, s.Width, s.Height)
	}
	drawing, err := s.drawing(mark)
	if err != nil {
		return nil, Box{}, err
	}
	if free {
		return drawing, g.Box, nil
	}
	return drawing, g.Position.Place(s.Width, s.Height, drawing.Appearance.Width, drawing.Appearance.Height), nil
}

// drawing keeps the mark within what the document's part of PDF/A allows.
func (s *Sheet) drawing(mark Mark) (*signet.Drawing, error) {
	pdfa, intent := s.profile.PDFA > 0, s.profile.OutputComponents
	// ISO 19005-1, 6.4: no transparency. -2 and -3, 6.2.10: without an output
	// intent the page would have to name its blending space, and pages are not
	// ours to change.
	mark.Opaque = mark.Opaque || s.profile.PDFA == 1 || pdfa && intent == 0
	// -1, 6.2.3; -2 and -3, 6.2.4: RGB only with an output intent for RGB, gray
	// with any.
	mark.Calibrated = mark.Calibrated || pdfa && intent == 0
	mark.Gray = mark.Gray || pdfa && intent != 3
	drawing, err := signet.Draw(mark)
	if err != nil {
		return nil, fmt.Errorf("draw signet: %w", err)
	}
	return drawing, nil
}

// holds tells whether a box has a size and lies on the page. Rounding is
// forgiven: a hundredth of a point.
func (s *Sheet) holds(b Box) bool {
	const slack = 0.01
	for _, v := range []float64{b.X0, b.Y0, b.X1, b.Y1} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return b.X0 < b.X1 && b.Y0 < b.Y1 &&
		b.X0 >= -slack && b.Y0 >= -slack && b.X1 <= s.Width+slack && b.Y1 <= s.Height+slack
}
