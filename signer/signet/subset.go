package signet

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/image/font/sfnt"
)

// errFont is returned for a font file that breaks the rules. The fonts come
// with the program, so it means a broken build.
var errFont = errors.New("malformed font")

// A subset is the part of a font that a signet needs: glyph 0, one glyph for
// each character in ascending order, and the components that composite glyphs
// refer to. Each character has a glyph of its own, also where the font shares
// one between two characters (a Latin and a Cyrillic letter of one shape), so
// that the text read back from the PDF is exactly the text that was drawn.
type subset struct {
	data   []byte          // the TrueType file
	tag    string          // six letters that name the subset, from its content
	cids   map[rune]uint16 // CID (equal to the glyph index in data) of each character
	widths []int           // by CID, in thousandths
}

// Flags of a composite glyph's components (OpenType, glyf table).
const (
	argsAreWords     = 0x0001
	hasScale         = 0x0008
	moreComponents   = 0x0020
	hasXYScale       = 0x0040
	hasTwoByTwo      = 0x0080
	haveInstructions = 0x0100
)

// makeSubset builds the subset of t for the given characters. The result
// depends on nothing else: the same characters give the same bytes.
func makeSubset(t truetype, used map[rune]sfnt.GlyphIndex) (subset, error) {
	s := subset{cids: map[rune]uint16{}}
	old := []uint16{0} // by new glyph index
	for _, r := range slices.Sorted(maps.Keys(used)) {
		s.cids[r] = uint16(len(old))
		old = append(old, uint16(used[r]))
	}
	component := map[uint16]uint16{} // old index → new index of a glyph used only as a part
	var outlines [][]byte
	for i := 0; i < len(old); i++ { // old grows while composites are met
		outline, err := t.outline(old[i])
		if err != nil {
			return s, err
		}
		outline, err = unhint(outline, func(gid uint16) uint16 {
			if _, ok := component[gid]; !ok {
				component[gid] = uint16(len(old))
				old = append(old, gid)
			}
			return component[gid]
		})
		if err != nil {
			return s, fmt.Errorf("glyph %d: %w", old[i], err)
		}
		outlines = append(outlines, outline)
		s.widths = append(s.widths, t.advance(old[i]))
	}
	s.data = writeTrueType(subsetTables(t, old, outlines))
	s.tag = subsetTag(s.data)
	return s, nil
}

// unhint copies a glyph without its hinting instructions and renames the
// components of a composite. Instructions are programs; a mark of a few lines
// gains nothing from them, and without them the subset is half as large.
func unhint(outline []byte, rename func(uint16) uint16) ([]byte, error) {
	switch {
	case len(outline) == 0:
		return nil, nil
	case len(outline) < 10:
		return nil, errFont
	case int16(binary.BigEndian.Uint16(outline)) < 0:
		return unhintComposite(outline, rename)
	}
	return unhintSimple(outline)
}

func unhintSimple(outline []byte) ([]byte, error) {
	at := 10 + 2*int(binary.BigEndian.Uint16(outline)) // behind endPtsOfContours
	if at+2 > len(outline) {
		return nil, errFont
	}
	skip := at + 2 + int(binary.BigEndian.Uint16(outline[at:]))
	if skip > len(outline) {
		return nil, errFont
	}
	out := slices.Clone(outline[:at])
	out = append(out, 0, 0) // instructionLength
	return append(out, outline[skip:]...), nil
}

func unhintComposite(outline []byte, rename func(uint16) uint16) ([]byte, error) {
	out := slices.Clone(outline)
	for at := 10; ; {
		if at+4 > len(out) {
			return nil, errFont
		}
		flags := binary.BigEndian.Uint16(out[at:])
		binary.BigEndian.PutUint16(out[at:], flags&^haveInstructions)
		binary.BigEndian.PutUint16(out[at+2:], rename(binary.BigEndian.Uint16(out[at+2:])))
		at += 4 + componentArgs(flags)
		if at > len(out) {
			return nil, errFont
		}
		if flags&moreComponents == 0 {
			return out[:at], nil
		}
	}
}

// componentArgs is the length of what follows flags and glyph index.
func componentArgs(flags uint16) int {
	n := 2
	if flags&argsAreWords != 0 {
		n = 4
	}
	switch {
	case flags&hasScale != 0:
		n += 2
	case flags&hasXYScale != 0:
		n += 4
	case flags&hasTwoByTwo != 0:
		n += 8
	}
	return n
}

// subsetTables writes the tables of a font with the given outlines, which are
// the glyphs of t at the indexes in old.
func subsetTables(t truetype, old []uint16, outlines [][]byte) map[string][]byte {
	var glyf, loca, hmtx []byte
	loca = binary.BigEndian.AppendUint32(loca, 0)
	for i, outline := range outlines {
		glyf = append(glyf, outline...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		width, bearing := t.metric(old[i])
		hmtx = binary.BigEndian.AppendUint16(hmtx, width)
		hmtx = binary.BigEndian.AppendUint16(hmtx, uint16(bearing))
	}
	head, hhea, maxp := slices.Clone(t.tables["head"]), slices.Clone(t.tables["hhea"]), slices.Clone(t.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)  // checkSumAdjustment, set by writeTrueType
	binary.BigEndian.PutUint16(head[50:], 1) // long loca
	binary.BigEndian.PutUint16(hhea[34:], uint16(len(old)))
	binary.BigEndian.PutUint16(maxp[4:], uint16(len(old)))
	for at := 16; at < 28; at += 2 { // maxTwilightPoints … maxSizeOfInstructions
		binary.BigEndian.PutUint16(maxp[at:], 0)
	}
	binary.BigEndian.PutUint16(maxp[14:], 1) // maxZones: no twilight zone without instructions
	return map[string][]byte{"glyf": glyf, "head": head, "hhea": hhea, "hmtx": hmtx, "loca": loca, "maxp": maxp}
}

// writeTrueType joins tables to a file (OpenType, "Table Directory").
func writeTrueType(tables map[string][]byte) []byte {
	names := slices.Sorted(maps.Keys(tables))
	power := 1
	shift := 0
	for power*2 <= len(names) {
		power, shift = power*2, shift+1
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{len(names), 16 * power, shift, 16 * (len(names) - power)} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	var body []byte
	start := 12 + 16*len(names)
	headAt := 0
	for _, name := range names {
		if name == "head" {
			headAt = start + len(body)
		}
		out = append(out, name...)
		out = binary.BigEndian.AppendUint32(out, checksum(tables[name]))
		out = binary.BigEndian.AppendUint32(out, uint32(start+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tables[name])))
		body = append(body, tables[name]...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out[headAt+8:], 0xB1B0AFBA-checksum(out))
	return out
}

// checksum is the sum of a table's 32-bit words, the last one padded with zeros.
func checksum(table []byte) uint32 {
	var sum uint32
	for len(table) >= 4 {
		sum += binary.BigEndian.Uint32(table)
		table = table[4:]
	}
	var rest [4]byte
	copy(rest[:], table)
	return sum + binary.BigEndian.Uint32(rest[:])
}

// subsetTag gives six capital letters that differ when the subset differs, as
// ISO 32000-2, 9.9.2 asks of the name of an embedded subset.
func subsetTag(data []byte) string {
	sum := sha256.Sum256(data)
	n := binary.BigEndian.Uint64(sum[:])
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + byte(n%26)
		n /= 26
	}
	return string(tag)
}
