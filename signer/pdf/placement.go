package pdf

import "math"

// A Placement is where and how an appearance stands on a page: a rectangle in
// the page's user space, and the turn that makes it upright on the page as it
// is displayed.
type Placement struct {
	Rect Rect
	// Turn is the counter-clockwise turn of the appearance in user space, which
	// undoes the page's Rotate: 0, 90, 180 or 270.
	Turn int
}

// Displayed gives the size in points of the page as viewers show it: the
// CropBox, in units of UserUnit, turned by Rotate.
func (p Page) Displayed() (width, height float64) {
	w := (p.CropBox.X1 - p.CropBox.X0) * p.UserUnit
	h := (p.CropBox.Y1 - p.CropBox.Y0) * p.UserUnit
	if p.Rotate%180 != 0 {
		return h, w
	}
	return w, h
}

// Place turns a box on the displayed page, in points from its lower left
// corner, into a placement.
func (p Page) Place(box Rect) Placement {
	x0, y0 := p.toUser(box.X0, box.Y0)
	x1, y1 := p.toUser(box.X1, box.Y1)
	return Placement{
		Rect: Rect{
			round(min(x0, x1)), round(min(y0, y1)),
			round(max(x0, x1)), round(max(y0, y1)),
		},
		Turn: p.Rotate,
	}
}

// toUser maps a point of the displayed page into user space.
func (p Page) toUser(x, y float64) (float64, float64) {
	x, y = x/p.UserUnit, y/p.UserUnit
	c := p.CropBox
	switch p.Rotate {
	case 90:
		return c.X1 - y, c.Y0 + x
	case 180:
		return c.X1 - x, c.Y1 - y
	case 270:
		return c.X0 + y, c.Y1 - x
	}
	return c.X0 + x, c.Y0 + y
}

// Display is the reverse of Place: a rectangle of user space, such as that of a
// widget, as a box on the displayed page.
func (p Page) Display(r Rect) Rect {
	x0, y0 := p.toDisplay(r.X0, r.Y0)
	x1, y1 := p.toDisplay(r.X1, r.Y1)
	return Rect{
		round(min(x0, x1)), round(min(y0, y1)),
		round(max(x0, x1)), round(max(y0, y1)),
	}
}

func (p Page) toDisplay(x, y float64) (float64, float64) {
	c := p.CropBox
	var dx, dy float64
	switch p.Rotate {
	case 90:
		dx, dy = y-c.Y0, c.X1-x
	case 180:
		dx, dy = c.X1-x, c.Y1-y
	case 270:
		dx, dy = c.Y1-y, x-c.X0
	default:
		dx, dy = x-c.X0, y-c.Y0
	}
	return dx * p.UserUnit, dy * p.UserUnit
}

// round keeps what a real is written with.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// matrix gives the form's Matrix: the turn, and a move that brings the turned
// box back to the origin.
func (t Placement) matrix(width, height float64) Array {
	switch t.Turn {
	case 90:
		return numbers(0, 1, -1, 0, height, 0)
	case 180:
		return numbers(-1, 0, 0, -1, width, height)
	case 270:
		return numbers(0, -1, 1, 0, 0, width)
	}
	return numbers(1, 0, 0, 1, 0, 0)
}

func numbers(v ...float64) Array {
	out := make(Array, len(v))
	for i, n := range v {
		out[i] = Real(n)
	}
	return out
}

func (r Rect) array() Array { return numbers(r.X0, r.Y0, r.X1, r.Y1) }
