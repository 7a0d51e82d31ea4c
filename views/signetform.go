package views

// SignetForm is how marks look in a portal, tried on sample pages.
type SignetForm struct {
	T                         T
	Pages, Positions, Presets []Option
	// Link is the address that the mark's QR code leads to.
	Link   string
	Hidden bool
	// HasLogo tells that a picture is kept; MaxLogo is the largest in bytes.
	HasLogo  bool
	MaxLogo  int
	TooLarge string
	// Samples are the pages on which the mark is shown; Pictured tells that they
	// can be drawn.
	Samples  []Option
	Pictured bool
	Changed  string
}
