package signet

import (
	"fmt"

	"signservice/signer/pdf"
)

// A design is a signet on its way from words to lines in their places.
type design struct {
	signet        Signet
	regular, bold *face
	rows          []row
	logo          *logo
	qr            *qrCode

	width, height float64
	warnings      []Warning

	// The result of arrange.
	anywhere       bool // words may be broken
	size           float64
	lines          []line
	text           pdf.Rect
	logoBox, qrBox pdf.Rect
}

// design cleans the words and decodes the pictures.
func (s Signet) design() (*design, error) {
	d := &design{signet: s, width: s.Width, height: s.Height}
	if tidy(s.Owner) == "" {
		return nil, ErrNoOwner
	}
	var err error
	if d.regular, err = newRegular(); err != nil {
		return nil, err
	}
	if d.bold, err = newBold(); err != nil {
		return nil, err
	}
	if d.logo, err = decodeLogo(s.Logo, s.Opaque, s.Gray); err != nil {
		return nil, err
	}
	if d.qr, err = encodeQR(s.QR); err != nil {
		return nil, err
	}
	for _, r := range s.rows() {
		text, cutOff := cut(tidy(r.text), MaxField)
		text, lost := drawable(d.face(r), text)
		if cutOff {
			d.warn(Shortened, r.field, "")
		}
		if lost != "" {
			d.warn(Replaced, r.field, lost)
		}
		r.text = text
		d.rows = append(d.rows, r)
	}
	if d.width == 0 {
		d.width, _ = defaultBox(s.Preset)
		if d.qr != nil {
			d.width += qrExtra
		}
	}
	if d.height == 0 {
		d.height = d.naturalHeight()
	}
	return d, nil
}

func (d *design) face(r row) *face {
	if r.bold {
		return d.bold
	}
	return d.regular
}

func (d *design) warn(c Change, f Field, characters string) {
	d.warnings = append(d.warnings, Warning{Change: c, Field: f, Characters: characters})
}

// Sizes of the text: steps, the least one wanted where the height is free, and
// the largest.
const (
	sizeStep    = 0.25
	comfortable = 7
	usual       = 8.5
	largest     = 14
)

// qrExtra is what a QR code adds to the width where that is free.
const qrExtra = 64

// naturalHeight is the least height, from the preset's own to twice that, at
// which everything fits at a comfortable size, or else at the smallest.
func (d *design) naturalHeight() float64 {
	_, lowest := defaultBox(d.signet.Preset)
	const step = 2
	for _, size := range []float64{comfortable, MinFontSize} {
		for h := lowest; h <= 2*lowest; h += step {
			trial := *d
			trial.height = h
			if trial.divide() && trial.try(size) {
				return h
			}
		}
	}
	return 2 * lowest
}

// arrange finds the largest size at which everything fits, and gives up parts
// one after another where nothing does.
func (d *design) arrange() error {
	if d.fit(MinFontSize) {
		return nil
	}
	for _, give := range d.sacrifices() {
		if !give() {
			continue
		}
		if d.fit(MinFontSize) {
			d.reportCuts()
			return nil
		}
	}
	return fmt.Errorf("%w: %.0f by %.0f points do not hold the names and the words that must be there",
		ErrTooSmall, d.width, d.height)
}

// sacrifices are the parts that may go, the least important first. Each tells
// whether there was anything to give up. Names, the words on an internal
// certificate and what the Russian form demands never go.
func (d *design) sacrifices() []func() bool {
	return []func() bool{
		d.dropLogo,
		d.dropQR,
		func() bool { d.anywhere = true; return true },
		func() bool { return d.oneLine(FieldOrganisation) },
		func() bool { return d.oneLine(FieldReason) },
		func() bool { return d.drop(FieldOrganisation) },
		func() bool { return d.drop(FieldReason) },
		func() bool { return d.signet.Preset != Russian && d.drop(FieldTitle) },
		func() bool { return d.drop(FieldTime) },
	}
}

func (d *design) dropLogo() bool {
	if d.logo == nil {
		return false
	}
	d.logo = nil
	d.warn(Dropped, FieldLogo, "")
	return true
}

func (d *design) dropQR() bool {
	if d.qr == nil {
		return false
	}
	d.qr = nil
	d.warn(Dropped, FieldQR, "")
	return true
}

// oneLine lets a row be shortened to one line.
func (d *design) oneLine(f Field) bool {
	for i := range d.rows {
		if d.rows[i].field == f {
			d.rows[i].oneRow = true
			return true
		}
	}
	return false
}

func (d *design) drop(f Field) bool {
	for i := range d.rows {
		if d.rows[i].field == f {
			d.rows = append(d.rows[:i:i], d.rows[i+1:]...)
			d.warn(Dropped, f, "")
			return true
		}
	}
	return false
}

// reportCuts warns of rows that were cut to one line.
func (d *design) reportCuts() {
	for _, l := range d.lines {
		if l.row.oneRow && l.text != l.row.text {
			d.warn(Shortened, l.row.field, "")
		}
	}
}

// fit places everything at the largest size that is not below least, or at a
// somewhat smaller one where that saves lines.
func (d *design) fit(least float64) bool {
	if !d.divide() {
		return false
	}
	found := false
	for size := d.firstSize(); size >= least; size -= sizeStep {
		before := *d
		switch {
		case !d.try(size):
		case !found:
			found = true
			least = max(least, min(size, comfortable), 0.8*size)
		case len(d.lines) >= len(before.lines):
			*d = before
		}
	}
	return found
}

// try wraps the text at a size, and keeps the lines when they fit.
func (d *design) try(size float64) bool {
	lines, ok := wrap(d.rows, d.face, d.text.X1-d.text.X0, size, d.anywhere)
	if !ok || total(lines) > d.text.Y1-d.text.Y0 {
		return false
	}
	d.size, d.lines = size, lines
	return true
}

// firstSize is the size that is tried first: larger boxes get larger text.
func (d *design) firstSize() float64 {
	steps := int(min(max(d.height/7, usual), largest) / sizeStep)
	return float64(steps) * sizeStep
}

func total(lines []line) float64 {
	sum := 0.0
	for _, l := range lines {
		sum += l.height()
	}
	return sum
}

// divide cuts the box into the places of logo, text and QR code, from left to
// right. It fails where no room for text remains.
func (d *design) divide() bool {
	pad := min(4.5, 0.08*min(d.width, d.height))
	d.text = pdf.Rect{X0: pad, Y0: pad, X1: d.width - pad, Y1: d.height - pad}
	d.logoBox, d.qrBox = pdf.Rect{}, pdf.Rect{}
	inner, height := d.text.X1-d.text.X0, d.text.Y1-d.text.Y0
	const gap = 5
	if d.logo != nil {
		w, h := d.logo.within(0.26*inner, height)
		y := pad + (height-h)/2
		d.logoBox = pdf.Rect{X0: pad, Y0: y, X1: pad + w, Y1: y + h}
		d.text.X0 += w + gap
	}
	if d.qr != nil {
		side := min(height, 0.4*inner)
		if side < d.qr.least() {
			return false
		}
		y := pad + (height-side)/2
		d.qrBox = pdf.Rect{X0: d.width - pad - side, Y0: y, X1: d.width - pad, Y1: y + side}
		d.text.X1 -= side + gap
	}
	return d.text.X1 > d.text.X0 && height > 0
}
