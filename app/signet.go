package app

// PageChoice is the page a signet goes to.
type PageChoice string

// The pages.
const (
	FirstPage PageChoice = "first"
	LastPage  PageChoice = "last"
)

// Position is one of six places of a signet on a page, as it is displayed.
type Position string

// The positions.
const (
	TopLeft      Position = "top-left"
	TopCenter    Position = "top-center"
	TopRight     Position = "top-right"
	BottomLeft   Position = "bottom-left"
	BottomCenter Position = "bottom-center"
	BottomRight  Position = "bottom-right"
)

// Positions lists the six positions in reading order.
func Positions() []Position {
	return []Position{TopLeft, TopCenter, TopRight, BottomLeft, BottomCenter, BottomRight}
}

// Placement is the page and the place of a Signet.
type Placement struct {
	Page     PageChoice `json:"page"`
	Position Position   `json:"position"`
}

// Valid tells whether both parts are known values.
func (p Placement) Valid() bool {
	if p.Page != FirstPage && p.Page != LastPage {
		return false
	}
	for _, known := range Positions() {
		if p.Position == known {
			return true
		}
	}
	return false
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
