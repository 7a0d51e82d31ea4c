package demo

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A4 with margins, in points.
const (
	pageWidth, pageHeight = 595.0, 842.0
	marginX, marginTop    = 64.0, 72.0
	// marginBottom leaves room for a signet under the text.
	marginBottom = 120.0
)

// typeface is an embedded font: its program, and the glyphs in use.
type typeface struct {
	name string
	data []byte
	font *sfnt.Font
	used map[sfnt.GlyphIndex]rune
}

func newTypeface(name string, data []byte) (*typeface, error) {
	f, err := sfnt.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read font %s: %w", name, err)
	}
	return &typeface{name: name, data: data, font: f, used: map[sfnt.GlyphIndex]rune{}}, nil
}

// glyph gives the glyph of a character and marks it as used.
func (t *typeface) glyph(r rune) sfnt.GlyphIndex {
	g, err := t.font.GlyphIndex(nil, r)
	if err != nil {
		return 0
	}
	t.used[g] = r
	return g
}

// thousandths is a glyph's advance in thousandths of the font size.
func (t *typeface) thousandths(g sfnt.GlyphIndex) int {
	a, err := t.font.GlyphAdvance(nil, g, fixed.I(1000), font.HintingNone)
	if err != nil {
		return 500
	}
	return a.Round()
}

// width is a text's width in points.
func (t *typeface) width(text string, size float64) float64 {
	sum := 0
	for _, r := range text {
		sum += t.thousandths(t.glyph(r))
	}
	return float64(sum) * size / 1000
}

// document lays out text on pages and writes them as a PDF 1.7 file.
type document struct {
	regular, bold *typeface
	title         string
	pages         []*bytes.Buffer
	y             float64
}

func newDocument(title string) (*document, error) {
	regular, err := newTypeface("GoRegular", goregular.TTF)
	if err != nil {
		return nil, err
	}
	bold, err := newTypeface("GoBold", gobold.TTF)
	if err != nil {
		return nil, err
	}
	d := &document{regular: regular, bold: bold, title: title}
	d.newPage()
	return d, nil
}

func (d *document) newPage() {
	d.pages = append(d.pages, &bytes.Buffer{})
	d.y = pageHeight - marginTop
}

// heading and text set a paragraph in bold, or in the regular face.
func (d *document) heading(text string, size float64) {
	d.y -= size * 0.6
	d.paragraph(d.bold, "F2", text, size)
	d.y -= size * 0.4
}

func (d *document) text(text string) {
	d.paragraph(d.regular, "F1", text, 10.5)
	d.y -= 5
}

// paragraph breaks text into lines and sets them, on new pages where needed.
func (d *document) paragraph(t *typeface, resource, text string, size float64) {
	for _, line := range wrap(t, text, size, pageWidth-2*marginX) {
		if d.y-size < marginBottom {
			d.newPage()
		}
		d.y -= size * 1.35
		page := d.pages[len(d.pages)-1]
		fmt.Fprintf(page, "BT /%s %.1f Tf %.2f %.2f Td <%s> Tj ET\n", resource, size, marginX, d.y, t.hex(line))
	}
}

// rule draws a thin line with a caption under it: a place for a signature.
func (d *document) rule(caption string) {
	d.y -= 40
	page := d.pages[len(d.pages)-1]
	fmt.Fprintf(page, "0.6 G 0.5 w %.2f %.2f m %.2f %.2f l S\n", marginX, d.y, marginX+200, d.y)
	d.paragraph(d.regular, "F1", caption, 9)
}

// hex gives a text as two-byte glyph numbers.
func (t *typeface) hex(text string) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, "%04X", t.glyph(r))
	}
	return b.String()
}

// wrap breaks a text into lines no wider than width.
func wrap(t *typeface, text string, size, width float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		longer := strings.TrimPrefix(line+" "+word, " ")
		if line != "" && t.width(longer, size) > width {
			lines, line = append(lines, line), word
			continue
		}
		line = longer
	}
	return append(lines, line)
}

// bytes writes the file.
func (d *document) bytes() ([]byte, error) {
	w := &fileWriter{}
	w.buf.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	catalog, pages, info := w.reserve(), w.reserve(), w.reserve()
	fonts := fmt.Sprintf("<</F1 %d 0 R/F2 %d 0 R>>", w.typeface(d.regular), w.typeface(d.bold))
	var kids []string
	for i, content := range d.pages {
		// Below the places of signets, which end 28 points above the edge.
		fmt.Fprintf(content, "BT /F1 8 Tf 0.5 g %.2f 14 Td <%s> Tj ET\n", pageWidth-marginX-30,
			d.regular.hex(fmt.Sprintf("%d / %d", i+1, len(d.pages))))
		stream := w.stream("", content.Bytes())
		page := w.reserve()
		w.object(page, fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %g %g]/Resources<</Font%s>>/Contents %d 0 R>>",
			pages, pageWidth, pageHeight, fonts, stream))
		kids = append(kids, fmt.Sprintf("%d 0 R", page))
	}
	w.finishFonts()
	w.object(pages, fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), len(kids)))
	w.object(catalog, fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", pages))
	w.object(info, fmt.Sprintf("<</Title<%s>/Producer(SignService demo)>>", utf16(d.title)))
	return w.finish(catalog, info)
}

// fileWriter writes objects and remembers where they lie.
type fileWriter struct {
	buf     bytes.Buffer
	offsets []int
	err     error
	fonts   []pendingFont
}

// pendingFont is a font whose objects are written when all its glyphs are known.
type pendingFont struct {
	number int
	face   *typeface
}

func (w *fileWriter) reserve() int {
	w.offsets = append(w.offsets, 0)
	return len(w.offsets)
}

func (w *fileWriter) object(number int, body string) {
	w.offsets[number-1] = w.buf.Len()
	fmt.Fprintf(&w.buf, "%d 0 obj\n%s\nendobj\n", number, body)
}

func (w *fileWriter) stream(entries string, data []byte) int {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, err := z.Write(data)
	w.err = errors.Join(w.err, err, z.Close())
	n := w.reserve()
	w.object(n, fmt.Sprintf("<</Filter/FlateDecode/Length %d%s>>\nstream\n%s\nendstream", packed.Len(), entries, packed.Bytes()))
	return n
}

func (w *fileWriter) typeface(t *typeface) int {
	n := w.reserve()
	w.fonts = append(w.fonts, pendingFont{n, t})
	return n
}

// finishFonts writes each font as a Type 0 font with glyph numbers as codes
// (ISO 32000-2, 9.7), and a ToUnicode map so that the text can be searched.
func (w *fileWriter) finishFonts() {
	for _, p := range w.fonts {
		t := p.face
		file := w.stream(fmt.Sprintf("/Length1 %d", len(t.data)), t.data)
		glyphs := make([]sfnt.GlyphIndex, 0, len(t.used))
		for g := range t.used {
			glyphs = append(glyphs, g)
		}
		slices.Sort(glyphs)
		var widths, chars strings.Builder
		for _, g := range glyphs {
			fmt.Fprintf(&widths, "%d[%d]", g, t.thousandths(g))
		}
		for part := range slices.Chunk(glyphs, 100) {
			fmt.Fprintf(&chars, "%d beginbfchar\n", len(part))
			for _, g := range part {
				fmt.Fprintf(&chars, "<%04X><%04X>\n", g, t.used[g])
			}
			chars.WriteString("endbfchar\n")
		}
		unicode := w.stream("", []byte("/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n"+
			"/CMapName/Demo def/CMapType 2 def\n1 begincodespacerange <0000><FFFF> endcodespacerange\n"+
			chars.String()+"endcmap end end\n"))
		descriptor := w.reserve()
		w.object(descriptor, fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[-440 -400 2160 1140]"+
			"/ItalicAngle 0/Ascent 950/Descent -220/CapHeight 720/StemV 90/FontFile2 %d 0 R>>", t.name, file))
		cid := w.reserve()
		w.object(cid, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s"+
			"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/CIDToGIDMap/Identity"+
			"/FontDescriptor %d 0 R/DW 500/W[%s]>>", t.name, descriptor, widths.String()))
		w.object(p.number, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H"+
			"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", t.name, cid, unicode))
	}
}

// finish writes the cross-reference table and the trailer.
func (w *fileWriter) finish(catalog, info int) ([]byte, error) {
	start := w.buf.Len()
	fmt.Fprintf(&w.buf, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, at := range w.offsets {
		fmt.Fprintf(&w.buf, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&w.buf, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n",
		len(w.offsets)+1, catalog, info, start)
	return w.buf.Bytes(), w.err
}

// utf16 gives a text as hexadecimal UTF-16BE with a byte order mark.
func utf16(text string) string {
	b := strings.Builder{}
	b.WriteString("FEFF")
	for _, r := range text {
		fmt.Fprintf(&b, "%04X", r) // the demo's titles lie in the basic plane
	}
	return b.String()
}
