package signet_test

import (
	"errors"
	"testing"

	"signservice/signer/signet"
)

// FuzzDraw: no text, picture or size makes Draw panic, and what it refuses it
// refuses with one of its errors.
func FuzzDraw(f *testing.F) {
	f.Add("Mary Smith", "Example", "", "ok", "https://example.com/", []byte(nil), 180.0, 60.0, 0)
	f.Add("Иванов", "ООО «Ромашка»", "Петров", "\u202e", "", pngFile(f, disc(5, 5)), 0.0, 0.0, 1)
	f.Add("\xff\xfe", "W", "李", "", "", []byte("\xff\xd8\xff\xe0"), 14400.0, 0.1, 2)
	f.Fuzz(func(t *testing.T, owner, organisation, pressed, reason, qr string, logo []byte, width, height float64, preset int) {
		s := signet.Signet{
			Preset: signet.Preset(uint(preset) % 3), Owner: owner, Organisation: organisation, PressedBy: pressed,
			Reason: reason, QR: qr, Logo: logo, Width: width, Height: height, Time: at(), Internal: preset%2 == 0,
		}
		d, err := signet.Draw(s)
		if err != nil {
			for _, known := range []error{signet.ErrTooSmall, signet.ErrNoOwner, signet.ErrLogo, signet.ErrQR} {
				if errors.Is(err, known) {
					return
				}
			}
			if width >= 0 && width <= 14400 && height >= 0 && height <= 14400 {
				t.Fatalf("unknown error: %v", err)
			}
			return
		}
		if d.FontSize < signet.MinFontSize {
			t.Errorf("text of %g points", d.FontSize)
		}
		if width > 0 && d.Appearance.Width != width || height > 0 && d.Appearance.Height != height {
			t.Errorf("a box of %g by %g, ordered %g by %g", d.Appearance.Width, d.Appearance.Height, width, height)
		}
	})
}
