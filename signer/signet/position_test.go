package signet_test

import (
	"strings"
	"testing"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

func TestParsePosition(t *testing.T) {
	for _, p := range signet.Positions() {
		if got, err := signet.ParsePosition(p.String()); err != nil || got != p {
			t.Errorf("ParsePosition(%q) = %v, %v", p, got, err)
		}
	}
	for _, bad := range []string{"", "top", "Top-Left", "top-left ", "position(1)"} {
		if got, err := signet.ParsePosition(bad); err == nil || !strings.Contains(err.Error(), "bottom-right") {
			t.Errorf("ParsePosition(%q) = %v, %v; want an error that names the choices", bad, got, err)
		}
	}
}

func TestParsePreset(t *testing.T) {
	for _, p := range []signet.Preset{signet.EU, signet.Russian, signet.Plain} {
		if got, err := signet.ParsePreset(p.String()); err != nil || got != p {
			t.Errorf("ParsePreset(%q) = %v, %v", p, got, err)
		}
	}
	if _, err := signet.ParsePreset("gold"); err == nil {
		t.Error("ParsePreset took an unknown name")
	}
}

// TestPlace: on every page each position is inside the page, on its side of it,
// and the six do not overlap where the page has room.
func TestPlace(t *testing.T) {
	pages := []struct {
		name          string
		width, height float64
		apart         bool
	}{
		{"A4", 595, 842, true},
		{"A4 landscape", 842, 595, true},
		{"A0", 2384, 3370, true},
		{"Letter", 612, 792, true},
		{"A6", 298, 420, false},
		{"visiting card", 241, 156, false},
		{"a strip", 600, 50, false},
		{"a dot", 10, 10, false},
	}
	for _, page := range pages {
		for _, preset := range []signet.Preset{signet.EU, signet.Russian, signet.Plain} {
			width, height := signet.Box(preset, page.width, page.height)
			var placed []pdf.Rect
			for _, p := range signet.Positions() {
				r := p.Place(page.width, page.height, width, height)
				if r.X0 < 0 || r.Y0 < 0 || r.X1 > page.width+1e-9 || r.Y1 > page.height+1e-9 || r.X0 >= r.X1 || r.Y0 >= r.Y1 {
					t.Errorf("%s, %v, %v: %+v is not inside the page", page.name, preset, p, r)
				}
				for _, other := range placed {
					if page.apart && signet.Overlaps(r, other) {
						t.Errorf("%s, %v, %v: %+v overlaps %+v", page.name, preset, p, r, other)
					}
				}
				placed = append(placed, r)
			}
		}
	}
}

func TestPlaceCorners(t *testing.T) {
	want := map[signet.Position]pdf.Rect{
		signet.TopLeft:      {X0: 28, Y0: 712, X1: 128, Y1: 772},
		signet.TopCenter:    {X0: 250, Y0: 712, X1: 350, Y1: 772},
		signet.TopRight:     {X0: 472, Y0: 712, X1: 572, Y1: 772},
		signet.BottomLeft:   {X0: 28, Y0: 28, X1: 128, Y1: 88},
		signet.BottomCenter: {X0: 250, Y0: 28, X1: 350, Y1: 88},
		signet.BottomRight:  {X0: 472, Y0: 28, X1: 572, Y1: 88},
	}
	for p, r := range want {
		if got := p.Place(600, 800, 100, 60); got != r {
			t.Errorf("%v: %+v, want %+v", p, got, r)
		}
	}
}
