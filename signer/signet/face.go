package signet

import (
	"encoding/binary"
	"fmt"
	"math"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// face is one of the two fonts of a signet: its glyphs, its metrics, and the
// characters that were drawn with it, which are the ones to embed.
//
// All metrics are in thousandths of the font size, the unit of PDF fonts. They
// are rounded here, once, so that the layout, /W and the hmtx table of the
// embedded subset agree to the last digit.
type face struct {
	name string // PostScript name, without the subset tag
	bold bool
	file truetype
	font *sfnt.Font
	buf  sfnt.Buffer

	widths map[rune]int // what advance has found
	used   map[rune]sfnt.GlyphIndex
}

// newRegular and newBold give a fresh face with nothing drawn yet. Parsing
// takes microseconds, so that nothing needs to be kept between two signets.
func newRegular() (*face, error) { return newFace("GoRegular", goregular.TTF, false) }

func newBold() (*face, error) { return newFace("GoBold", gobold.TTF, true) }

func newFace(name string, data []byte, bold bool) (*face, error) {
	font, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("parse font %s: %w", name, err)
	}
	file, err := parseTrueType(data)
	if err != nil {
		return nil, fmt.Errorf("parse font %s: %w", name, err)
	}
	return &face{name: name, bold: bold, file: file, font: font, widths: map[rune]int{}, used: map[rune]sfnt.GlyphIndex{}}, nil
}

// glyph gives the font's glyph for a character, and false where it has none.
func (f *face) glyph(r rune) (sfnt.GlyphIndex, bool) {
	g, err := f.font.GlyphIndex(&f.buf, r)
	return g, err == nil && g != 0
}

// has tells whether the font can draw a character.
func (f *face) has(r rune) bool {
	_, ok := f.glyph(r)
	return ok
}

// advance is the width of a character.
func (f *face) advance(r rune) int {
	w, known := f.widths[r]
	if known {
		return w
	}
	if g, ok := f.glyph(r); ok {
		w = f.file.advance(uint16(g))
	}
	f.widths[r] = w
	return w
}

// units is the width of a text in thousandths of the font size.
func (f *face) units(text string) int {
	sum := 0
	for _, r := range text {
		sum += f.advance(r)
	}
	return sum
}

// width is the width of a text at a font size, in points.
func (f *face) width(text string, size float64) float64 {
	return float64(f.units(text)) * size / 1000
}

// use marks the characters of a text as drawn.
func (f *face) use(text string) {
	for _, r := range text {
		if g, ok := f.glyph(r); ok {
			f.used[r] = g
		}
	}
}

// truetype is the table directory of a TrueType file and what the subset needs
// of it (OpenType 1.9.1, "Organization of an OpenType Font").
type truetype struct {
	tables     map[string][]byte
	unitsPerEm int
	glyphs     int
	metrics    int // numberOfHMetrics of hhea
	longLoca   bool
}

// neededTables are the tables that ISO 32000-2, 9.9.1 requires of an embedded
// TrueType program, apart from cvt, fpgm and prep: these belong to the hinting
// instructions, which the subset leaves out.
func neededTables() []string {
	return []string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"}
}

func parseTrueType(data []byte) (truetype, error) {
	t := truetype{tables: map[string][]byte{}}
	if len(data) < 12 {
		return t, errFont
	}
	count := int(binary.BigEndian.Uint16(data[4:]))
	if len(data) < 12+16*count {
		return t, errFont
	}
	for i := range count {
		row := data[12+16*i:]
		offset, length := uint64(binary.BigEndian.Uint32(row[8:])), uint64(binary.BigEndian.Uint32(row[12:]))
		if offset+length > uint64(len(data)) {
			return t, errFont
		}
		t.tables[string(row[:4])] = data[offset : offset+length]
	}
	for _, name := range neededTables() {
		if t.tables[name] == nil {
			return t, fmt.Errorf("%w: table %s is missing", errFont, name)
		}
	}
	head, hhea, maxp := t.tables["head"], t.tables["hhea"], t.tables["maxp"]
	if len(head) < 54 || len(hhea) < 36 || len(maxp) < 32 {
		return t, errFont
	}
	t.unitsPerEm = int(binary.BigEndian.Uint16(head[18:]))
	t.longLoca = binary.BigEndian.Uint16(head[50:]) != 0
	t.metrics = int(binary.BigEndian.Uint16(hhea[34:]))
	t.glyphs = int(binary.BigEndian.Uint16(maxp[4:]))
	if t.unitsPerEm == 0 || t.metrics == 0 || len(t.tables["hmtx"]) < 4*t.metrics+2*(t.glyphs-t.metrics) {
		return t, errFont
	}
	return t, nil
}

// scale turns font units into thousandths of the font size.
func (t truetype) scale(units int) int {
	return int(math.Round(float64(units) * 1000 / float64(t.unitsPerEm)))
}

// advance is the width of a glyph in thousandths.
func (t truetype) advance(gid uint16) int {
	width, _ := t.metric(gid)
	return t.scale(int(width))
}

// metric is the advance width and the left side bearing of a glyph, in font
// units. Glyphs beyond numberOfHMetrics share the last width.
func (t truetype) metric(gid uint16) (width uint16, bearing int16) {
	hmtx, i := t.tables["hmtx"], int(gid)
	last := min(i, t.metrics-1)
	width = binary.BigEndian.Uint16(hmtx[4*last:])
	if i < t.metrics {
		return width, int16(binary.BigEndian.Uint16(hmtx[4*i+2:]))
	}
	return width, int16(binary.BigEndian.Uint16(hmtx[4*t.metrics+2*(i-t.metrics):]))
}

// outline is the glyf entry of a glyph; empty for a blank.
func (t truetype) outline(gid uint16) ([]byte, error) {
	loca, i := t.tables["loca"], int(gid)
	var from, to uint64
	switch {
	case i >= t.glyphs:
		return nil, fmt.Errorf("%w: no glyph %d", errFont, gid)
	case t.longLoca && len(loca) >= 4*(i+2):
		from, to = uint64(binary.BigEndian.Uint32(loca[4*i:])), uint64(binary.BigEndian.Uint32(loca[4*i+4:]))
	case !t.longLoca && len(loca) >= 2*(i+2):
		from, to = 2*uint64(binary.BigEndian.Uint16(loca[2*i:])), 2*uint64(binary.BigEndian.Uint16(loca[2*i+2:]))
	default:
		return nil, errFont
	}
	glyf := t.tables["glyf"]
	if from > to || to > uint64(len(glyf)) {
		return nil, errFont
	}
	return glyf[from:to], nil
}
