package signet

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"signservice/signer/pdf"
)

// Preset is the form of a signet.
type Preset int

// The presets.
const (
	// EU is the mark usual in the EU and the US: "Digitally signed by",
	// name, organisation, date, reason. The zero value.
	EU Preset = iota
	// Russian is the mark after GOST R 7.0.97-2016, 5.23: the words, the
	// certificate's serial number, its owner and its term.
	Russian
	// Plain has the name, the date and the reason, without a frame.
	Plain
)

// String gives the name used in configuration: "eu", "russian", "plain".
func (p Preset) String() string {
	switch p {
	case EU:
		return "eu"
	case Russian:
		return "russian"
	case Plain:
		return "plain"
	}
	return fmt.Sprintf("preset(%d)", int(p))
}

// ParsePreset reads what [Preset.String] writes.
func ParsePreset(s string) (Preset, error) {
	for _, p := range []Preset{EU, Russian, Plain} {
		if s == p.String() {
			return p, nil
		}
	}
	return 0, fmt.Errorf("unknown signet preset %q: use eu, russian or plain", s)
}

// MaxField is the longest text of one field, in characters. Longer ones are
// cut, and that is reported.
const MaxField = 300

// MinFontSize is the smallest text of a signet, in points. What does not fit
// at this size is shortened or refused, never made smaller.
const MinFontSize = 6

// ErrTooSmall is returned by [Draw] when the names and the words that may not
// be left out do not fit into the box, even at [MinFontSize].
var ErrTooSmall = errors.New("the box is too small for the signet")

// ErrNoOwner is returned by [Draw] for a signet that names nobody.
var ErrNoOwner = errors.New("the signet names no owner")

// A Signet is what the visible mark says and how large it is.
type Signet struct {
	Preset Preset
	// Labels are the words around the values, in the language of the document.
	// The zero value means English, and Russian for the Russian preset.
	Labels Labels

	// Owner is the certificate's owner. Required, and never left out.
	Owner string
	// Organisation is the owner's; optional.
	Organisation string
	// PressedBy is the person who gave the order, when that is not the owner;
	// else empty. It is never left out either.
	PressedBy string
	// Serial is the certificate's serial number, shown by the Russian preset.
	Serial *big.Int
	// ValidFrom and ValidTo are the certificate's term, shown by the Russian
	// preset.
	ValidFrom, ValidTo time.Time
	// Internal tells that the certificate is self-signed or of one's own
	// authority. The mark then says that the signature is not a qualified
	// one, and these words are never left out.
	Internal bool
	// Time of the signature, shown in its own location with the offset from
	// UTC. The zero time shows none.
	Time time.Time
	// Reason is one optional line.
	Reason string

	// Logo is a PNG or JPEG file, at most [MaxLogoBytes] and [MaxLogoPixels].
	Logo []byte
	// QR is the text of a QR code, at most [MaxQR] characters of ASCII.
	QR string

	// Width and Height are the box in points, 1/72 inch. A Width of 0 means
	// the preset's own; a Height of 0 means as high as the text needs.
	Width, Height float64

	// Opaque forbids transparency, as PDF/A-1 does: a logo with an alpha
	// channel is drawn on white.
	Opaque bool
	// Gray forbids colour, for PDF/A files whose output intent is not RGB.
	Gray bool
	// Calibrated forbids colours that depend on the device, gray ones too, for
	// PDF/A files without an output intent. It wins over Gray.
	Calibrated bool
}

// A Drawing is a finished signet.
type Drawing struct {
	// Appearance goes into the widget. Width and Height are the box's.
	Appearance *pdf.Appearance
	// FontSize is the size of the text, in points, between [MinFontSize] and 14.
	FontSize float64
	// Warnings tell what was changed or left out. The caller shows them:
	// the picture is not quite what was ordered.
	Warnings []Warning
}

// Draw makes the appearance of a signet. The same signet gives the same bytes.
//
// Text that is too long for the box is made smaller, down to [MinFontSize],
// and wrapped; then the logo and the QR code are given up, words are broken, and
// the organisation, the reason, the title and the date are given up, in this
// order, with a [Warning] for each. When what remains does not fit, the error is
// [ErrTooSmall]. Other errors: [ErrNoOwner], [ErrLogo], [ErrQR].
func Draw(s Signet) (*Drawing, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	s.Gray = s.Gray && !s.Calibrated
	d, err := s.design()
	if err != nil {
		return nil, err
	}
	if err := d.arrange(); err != nil {
		return nil, err
	}
	ap, err := d.paint()
	if err != nil {
		return nil, err
	}
	return &Drawing{Appearance: ap, FontSize: d.size, Warnings: d.warnings}, nil
}

// maxSide is the longest side of a box: the largest page of PDF 1.7.
const maxSide = 14400

func (s Signet) check() error {
	for _, v := range []float64{s.Width, s.Height} {
		if math.IsNaN(v) || v < 0 || v > maxSide {
			return fmt.Errorf("signet: a box of %g by %g points is out of range", s.Width, s.Height)
		}
	}
	if s.Preset < EU || s.Preset > Plain {
		return fmt.Errorf("signet: unknown %v", s.Preset)
	}
	return nil
}
