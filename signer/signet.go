package signer

import (
	"errors"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

// Mark is what a visible signature says; see package signet.
type Mark = signet.Signet

// Preset is the form of a Mark.
type Preset = signet.Preset

// The presets.
const (
	PresetEU      = signet.EU
	PresetRussian = signet.Russian
	PresetPlain   = signet.Plain
)

// Labels are the words around a Mark's values.
type Labels = signet.Labels

// Position is one of the six places of a Mark on a page.
type Position = signet.Position

// ParsePosition reads "top-left", "top-center" … "bottom-right".
func ParsePosition(s string) (Position, error) { return signet.ParsePosition(s) }

// Signet is a visible signature: what it says, and where.
type Signet struct {
	Mark     Mark
	Position Position
	// Box is a free place on the page as it is displayed, which the mark fills;
	// Position is not used then. The zero Box is none.
	Box Box
	// Page counts from 1; 0 is the last page.
	Page int
}

// A placed signet is drawn and has its page and place.
type placed struct {
	sheet   *Sheet
	box     Box
	drawing *signet.Drawing
}

// place draws the mark and finds its place on the page as it is displayed. In a
// field that exists the mark takes the field's own place, where that has one.
func (s *Signet) place(f *pdf.File, field string) (*placed, error) {
	p, err := s.placeInField(f, field)
	if p != nil || err != nil {
		return p, err
	}
	p = &placed{}
	if p.sheet, err = look(f, s.Page); err != nil {
		return nil, err
	}
	p.drawing, p.box, err = p.sheet.draw(*s)
	return p, err
}

// placeInField gives nil where there is no such field, or none that shows.
func (s *Signet) placeInField(f *pdf.File, name string) (*placed, error) {
	if name == "" {
		return nil, nil
	}
	fields, err := f.Fields()
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		if field.Name != name || len(field.Widgets) == 0 || field.Widgets[0].Rect == (pdf.Rect{}) {
			continue
		}
		page, ok, err := f.PageOf(field)
		if !ok || err != nil {
			return nil, err
		}
		p := &placed{}
		if p.sheet, err = look(f, page.Number); err != nil {
			return nil, err
		}
		p.box = page.Display(field.Widgets[0].Rect)
		mark := s.Mark
		mark.Width, mark.Height = p.box.X1-p.box.X0, p.box.Y1-p.box.Y0
		if p.drawing, err = p.sheet.drawing(mark); errors.Is(err, ErrSignetTooSmall) {
			// Its author made the field as small as that: the mark is drawn in
			// its usual size, and shrunk by the field.
			mark.Width, mark.Height = s.Mark.Width, s.Mark.Height
			p.drawing, err = p.sheet.drawing(mark)
		}
		return p, err
	}
	return nil, nil
}

// order puts the placed signet into the order for the file.
func (p *placed) order(spec *pdf.SignatureSpec) {
	at := p.sheet.page.Place(p.box)
	spec.Page, spec.Placement, spec.Appearance = p.sheet.Number, &at, p.drawing.Appearance
}
