package signet

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"signservice/signer/pdf"
)

// paint writes the arranged signet as a content stream with its resources.
func (d *design) paint() (*pdf.Appearance, error) {
	var b bytes.Buffer
	resources := pdf.Dict{}
	if d.signet.Preset != Plain {
		d.frame(&b)
	}
	if d.signet.Calibrated {
		resources["ColorSpace"] = pdf.Dict{calibrated: calibratedSpace()}
	}
	if err := d.pictures(&b, resources); err != nil {
		return nil, err
	}
	if err := d.words(&b, resources); err != nil {
		return nil, err
	}
	return &pdf.Appearance{Width: d.width, Height: d.height, Content: b.Bytes(), Resources: resources}, nil
}

// frame draws a thin frame with rounded corners, wholly inside the box.
func (d *design) frame(b *bytes.Buffer) {
	const thick = 0.6
	radius := min(4, 0.15*min(d.width, d.height))
	x0, y0, x1, y1 := thick/2, thick/2, d.width-thick/2, d.height-thick/2
	k := radius * (1 - 0.5523) // Bézier control point of a quarter circle
	b.WriteString("q\n" + d.colour(accent(), true) + num(thick) + " w\n")
	fmt.Fprintf(b, "%s m\n", nums(x0+radius, y0))
	side := func(x, y, cx1, cy1, cx2, cy2, ex, ey float64) {
		fmt.Fprintf(b, "%s l\n%s c\n", nums(x, y), nums(cx1, cy1, cx2, cy2, ex, ey))
	}
	side(x1-radius, y0, x1-k, y0, x1, y0+k, x1, y0+radius)
	side(x1, y1-radius, x1, y1-k, x1-k, y1, x1-radius, y1)
	side(x0+radius, y1, x0+k, y1, x0, y1-k, x0, y1-radius)
	side(x0, y0+radius, x0, y0+k, x0+k, y0, x0+radius, y0)
	b.WriteString("h S\nQ\n")
}

// pictures draws the logo and the QR code, the latter on white.
func (d *design) pictures(b *bytes.Buffer, resources pdf.Dict) error {
	objects := pdf.Dict{}
	place := func(name pdf.Name, r pdf.Rect) {
		fmt.Fprintf(b, "q\n%s cm\n/%s Do\nQ\n", nums(r.X1-r.X0, 0, 0, r.Y1-r.Y0, r.X0, r.Y0), name)
	}
	if d.logo != nil {
		object, err := d.logo.object(d.space())
		if err != nil {
			return err
		}
		objects["Logo"] = object
		place("Logo", d.logoBox)
	}
	if d.qr != nil {
		objects["QR"] = d.qr.object()
		r := d.qrBox
		fmt.Fprintf(b, "q\n%s%s re f\n%s", d.colour(white(), false), nums(r.X0, r.Y0, r.X1-r.X0, r.Y1-r.Y0), d.colour(black(), false))
		place("QR", r)
		b.WriteString("Q\n")
	}
	if len(objects) > 0 {
		resources["XObject"] = objects
	}
	return nil
}

// words draws the lines, the whole block centred from top to bottom.
func (d *design) words(b *bytes.Buffer, resources pdf.Dict) error {
	for _, l := range d.lines {
		d.face(l.row).use(l.text)
	}
	fonts, subsets := pdf.Dict{}, map[*face]subset{}
	names := map[*face]pdf.Name{d.regular: "F1", d.bold: "F2"}
	for _, f := range []*face{d.regular, d.bold} {
		if len(f.used) == 0 {
			continue
		}
		s, err := makeSubset(f.file, f.used)
		if err != nil {
			return fmt.Errorf("subset %s: %w", f.name, err)
		}
		fonts[names[f]], subsets[f] = fontObject(f, s), s
	}
	resources["Font"] = fonts

	b.WriteString("BT\n")
	y := d.text.Y1 - (d.text.Y1-d.text.Y0-total(d.lines))/2
	for _, l := range d.lines {
		f := d.face(l.row)
		x := d.text.X0
		if l.row.centre {
			x += (d.text.X1 - d.text.X0 - f.width(l.text, l.size)) / 2
		}
		ink := black()
		if l.row.accent {
			ink = accent()
		}
		fmt.Fprintf(b, "%s/%s %s Tf\n1 0 0 1 %s Tm\n%s Tj\n",
			d.colour(ink, false), names[f], num(l.size), nums(x, y-ascent*l.size), subsets[f].encode(l.text))
		y -= l.height()
	}
	b.WriteString("ET\n")
	return nil
}

// num writes a number as PDF wants it: no exponent, no more digits than show.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func nums(values ...float64) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = num(v)
	}
	return strings.Join(out, " ")
}
