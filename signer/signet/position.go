package signet

import (
	"fmt"
	"strings"

	"signservice/signer/pdf"
)

// Position is one of six places on a page, as the page is displayed.
type Position int

// The positions, in reading order. The zero value is no position.
const (
	TopLeft Position = iota + 1
	TopCenter
	TopRight
	BottomLeft
	BottomCenter
	BottomRight
)

// Positions lists the six positions in reading order.
func Positions() []Position {
	return []Position{TopLeft, TopCenter, TopRight, BottomLeft, BottomCenter, BottomRight}
}

// String gives the name used on the command line: "top-left" … "bottom-right".
func (p Position) String() string {
	switch p {
	case TopLeft:
		return "top-left"
	case TopCenter:
		return "top-center"
	case TopRight:
		return "top-right"
	case BottomLeft:
		return "bottom-left"
	case BottomCenter:
		return "bottom-center"
	case BottomRight:
		return "bottom-right"
	}
	return fmt.Sprintf("position(%d)", int(p))
}

// ParsePosition reads what [Position.String] writes.
func ParsePosition(s string) (Position, error) {
	var names []string
	for _, p := range Positions() {
		if s == p.String() {
			return p, nil
		}
		names = append(names, p.String())
	}
	return 0, fmt.Errorf("unknown position %q: use %s", s, strings.Join(names, ", "))
}

// Overlaps tells whether two boxes share more than an edge: whether a signet
// would cover an earlier one.
func Overlaps(a, b pdf.Rect) bool {
	return a.X0 < b.X1 && b.X0 < a.X1 && a.Y0 < b.Y1 && b.Y0 < a.Y1
}

// Margin is the distance of a box from the edges of a page of the given
// displayed size: 28 points (1 cm), less on pages smaller than A5.
func Margin(pageWidth, pageHeight float64) float64 {
	return min(28, 0.07*min(pageWidth, pageHeight))
}

// Box gives the size of a signet of a preset on a page of the given displayed
// size, in points. It is made narrower where three of them would not fit side
// by side with the margins (A4 just holds three), and lower than a quarter of
// the page, but only pages smaller than a visiting card go below 120 by 36.
//
// The height is the one that ordinary texts fill; [Draw] with a Height of 0
// finds the one that the given texts need.
func Box(p Preset, pageWidth, pageHeight float64) (width, height float64) {
	const gap, least, lowest = 4, 120, 36
	margin := Margin(pageWidth, pageHeight)
	roomX, roomY := max(pageWidth-2*margin, 0), max(pageHeight-2*margin, 0)
	width, height = defaultBox(p)
	width = min(width, max((roomX-2*gap)/3, least), roomX)
	height = min(height, max(roomY/4, lowest), roomY)
	return width, height
}

// defaultBox is the size of a preset's box where there is room.
func defaultBox(p Preset) (width, height float64) {
	switch p {
	case Russian:
		return 178, 76
	case Plain:
		return 150, 42
	case EU:
	}
	return 178, 60
}

// Place gives the box of a signet of the given size at a position, on a page of
// the given displayed size whose lower left corner is (0, 0). [pdf.Page.Place]
// turns the result into the page's own space (Rotate, CropBox, UserUnit). A box
// larger than the page begins at its lower left corner.
func (p Position) Place(pageWidth, pageHeight, width, height float64) pdf.Rect {
	margin := Margin(pageWidth, pageHeight)
	x, y := margin, margin
	switch p {
	case TopCenter, BottomCenter:
		x = (pageWidth - width) / 2
	case TopRight, BottomRight:
		x = pageWidth - margin - width
	case TopLeft, BottomLeft:
	}
	switch p {
	case TopLeft, TopCenter, TopRight:
		y = pageHeight - margin - height
	case BottomLeft, BottomCenter, BottomRight:
	}
	x, y = max(x, 0), max(y, 0)
	return pdf.Rect{X0: x, Y0: y, X1: x + width, Y1: y + height}
}
