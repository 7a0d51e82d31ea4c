package app

import "slices"

// PageChoice is the page a signet goes to.
type PageChoice string

// The pages.
const (
	FirstPage    PageChoice = "first"
	LastPage     PageChoice = "last"
	NumberedPage PageChoice = "number" // the one of Placement.Number
)

// Position is one of six places of a signet on a page, as it is displayed, or
// Free.
type Position string

// The positions.
const (
	TopLeft      Position = "top-left"
	TopCenter    Position = "top-center"
	TopRight     Position = "top-right"
	BottomLeft   Position = "bottom-left"
	BottomCenter Position = "bottom-center"
	BottomRight  Position = "bottom-right"
	// Free is the place of Placement.Spot.
	Free Position = "free"
)

// Positions lists the six positions in reading order.
func Positions() []Position {
	return []Position{TopLeft, TopCenter, TopRight, BottomLeft, BottomCenter, BottomRight}
}

// Spot is a place beyond the six: how far a signet lies from the left and from
// the top edge of the page as it is displayed, as shares of the room that it
// leaves free. 0 is at the left or upper edge, 1 at the right or lower one, so
// that a signet of any size lies on a page of any size.
type Spot struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Placement is the page and the place of a Signet.
type Placement struct {
	Page     PageChoice `json:"page"`
	Position Position   `json:"position"`
	// Number counts pages from 1; for NumberedPage only.
	Number int `json:"number,omitempty"`
	// Spot is for the position Free only.
	Spot Spot `json:"spot,omitzero"`
}

// Valid tells whether all parts are known values.
func (p Placement) Valid() bool {
	switch p.Page {
	case FirstPage, LastPage:
	case NumberedPage:
		if p.Number < 1 {
			return false
		}
	default:
		return false
	}
	share := func(x float64) bool { return x >= 0 && x <= 1 } // not for NaN
	return slices.Contains(Positions(), p.Position) || p.Position == Free && share(p.Spot.X) && share(p.Spot.Y)
}

// On gives the page's number in a document of so many pages; 0 where it has no
// such page.
func (p Placement) On(pages int) int {
	switch {
	case p.Page == FirstPage && pages > 0:
		return 1
	case p.Page == LastPage:
		return pages
	case p.Page == NumberedPage && p.Number <= pages:
		return p.Number
	}
	return 0
}

// Signet is the visible mark as it was ordered.
type Signet struct {
	Visible   bool      `json:"visible"`
	Placement Placement `json:"placement"`
	// Reason is one optional line, at most MaxReason runes.
	Reason string `json:"reason,omitempty"`
	// Language of the mark's words: "en", "ru", "de", "es".
	Language string `json:"language"`
}

// MaxReason is the longest reason, in runes.
const MaxReason = 120
