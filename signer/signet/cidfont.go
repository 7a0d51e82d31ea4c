package signet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"signservice/signer/pdf"
)

// fontObject gives the Type 0 font for a subset of f (ISO 32000-2, 9.7):
// CIDFontType2 with Identity-H, so that a character code is the glyph index,
// and a ToUnicode map, so that the text can be searched and read aloud. The
// streams are plain: package pdf deflates what it writes.
func fontObject(f *face, s subset) pdf.Object {
	name := pdf.Name(s.tag + "+" + f.name)
	descriptor := descriptor(f, name)
	descriptor["FontFile2"] = indirect(&pdf.Stream{Dict: pdf.Dict{"Length1": pdf.Integer(len(s.data))}, Data: s.data})
	// PDF/A-1 asks for CIDSet; the later parts allow it where it is complete.
	descriptor["CIDSet"] = indirect(&pdf.Stream{Data: cidSet(len(s.widths))})

	widths := pdf.Array{}
	for _, w := range s.widths {
		widths = append(widths, pdf.Integer(w))
	}
	descendant := pdf.Dict{
		"Type": pdf.Name("Font"), "Subtype": pdf.Name("CIDFontType2"), "BaseFont": name,
		"CIDSystemInfo": pdf.Dict{
			"Registry": pdf.String("Adobe"), "Ordering": pdf.String("Identity"), "Supplement": pdf.Integer(0),
		},
		"CIDToGIDMap":    pdf.Name("Identity"),
		"FontDescriptor": indirect(descriptor),
		"W":              pdf.Array{pdf.Integer(0), widths},
	}
	return indirect(pdf.Dict{
		"Type": pdf.Name("Font"), "Subtype": pdf.Name("Type0"), "BaseFont": name,
		"Encoding":        pdf.Name("Identity-H"),
		"DescendantFonts": pdf.Array{indirect(descendant)},
		"ToUnicode":       indirect(&pdf.Stream{Data: toUnicode(s.cids)}),
	})
}

// descriptor describes the whole font, as ISO 32000-2, 9.8 has it for subsets
// too, from the font's own tables.
func descriptor(f *face, name pdf.Name) pdf.Dict {
	head, hhea := f.file.tables["head"], f.file.tables["hhea"]
	at := func(table []byte, offset int) pdf.Object {
		return pdf.Integer(f.file.scale(int(int16(binary.BigEndian.Uint16(table[offset:])))))
	}
	const (
		symbolic = 4   // codes are glyph indexes, not a standard Latin encoding
		capital  = 723 // sCapHeight in OS/2 of both weights
	)
	stem := 80 // measured on "l"
	if f.bold {
		stem = 140
	}
	return pdf.Dict{
		"Type": pdf.Name("FontDescriptor"), "FontName": name, "Flags": pdf.Integer(symbolic),
		"FontBBox":    pdf.Array{at(head, 36), at(head, 38), at(head, 40), at(head, 42)},
		"ItalicAngle": pdf.Integer(0), "Ascent": at(hhea, 4), "Descent": at(hhea, 6),
		"CapHeight": pdf.Integer(capital), "StemV": pdf.Integer(stem),
	}
}

// toUnicode is the CMap from character codes to text (ISO 32000-2, 9.10.3).
func toUnicode(cids map[rune]uint16) []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const most = 100 // entries that one bfchar section may hold
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(cids)), most) {
		fmt.Fprintf(&b, "%d beginbfchar\n", len(chunk))
		for _, r := range chunk {
			fmt.Fprintf(&b, "<%04X> <", cids[r])
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// cidSet has one bit for each of n CIDs, all present, from the high bit on.
func cidSet(n int) []byte {
	set := make([]byte, (n+7)/8)
	for i := range n {
		set[i/8] |= 0x80 >> (i % 8)
	}
	return set
}

// encode gives the string operand that shows a text: two bytes a character,
// in hexadecimal.
func (s subset) encode(text string) string {
	var b strings.Builder
	b.WriteByte('<')
	for _, r := range text {
		fmt.Fprintf(&b, "%04X", s.cids[r])
	}
	b.WriteByte('>')
	return b.String()
}

// indirect makes a value an object of its own, once for each call.
func indirect(value pdf.Object) *pdf.Indirect { return &pdf.Indirect{Value: value} }
