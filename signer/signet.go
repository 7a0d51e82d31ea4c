package signer

import (
	"errors"
	"fmt"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

// Mark is what a visible signature says; see package signet.
type Mark = signet.Signet

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
	// Page counts from 1; 0 is the last page.
	Page int
}

// place draws the mark and finds its place on the page as it is displayed.
func (s *Signet) place(f *pdf.File) (page int, at *pdf.Placement, a *pdf.Appearance, err error) {
	count, err := f.Pages()
	if err != nil {
		return 0, nil, nil, err
	}
	page = s.Page
	if page == 0 {
		page = count
	}
	p, err := f.Page(page)
	if err != nil {
		return 0, nil, nil, err
	}
	profile, err := f.Profile()
	if err != nil {
		return 0, nil, nil, err
	}
	width, height := p.Displayed()
	mark := s.Mark
	if mark.Width == 0 {
		mark.Width, _ = signet.Box(mark.Preset, width, height)
	}
	mark.Opaque = mark.Opaque || profile.PDFA == 1
	mark.Gray = mark.Gray || profile.PDFA > 0 && profile.OutputComponents != 3
	drawing, err := signet.Draw(mark)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("draw signet: %w", err)
	}
	a = drawing.Appearance
	if s.Position == 0 {
		return 0, nil, nil, errors.New("signet has no position")
	}
	placement := p.Place(s.Position.Place(width, height, a.Width, a.Height))
	return page, &placement, a, nil
}
