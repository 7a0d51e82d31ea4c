package signet_test

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"signservice/signer/pdf"
	"signservice/signer/signet"
)

// letters hold simple and composite glyphs of all three scripts.
const letters = "Ångström ÀÉÎÕÜçñß ΆΈΉΊ Ωμέγα ΐΰ ЁЙЇ ёйї Щука №42 ½€…"

// TestSubsetOutlines: each glyph of the embedded subset has the outline and the
// width that the whole font has for the character that ToUnicode gives it.
func TestSubsetOutlines(t *testing.T) {
	s := english()
	s.Owner, s.Reason = letters, letters
	s.Width, s.Height = 400, 200
	d := drawn(t, s)
	for name, whole := range map[string][]byte{"F1": goregular.TTF, "F2": gobold.TTF} {
		font := follow(t, d.Appearance.Resources, "Font", name)
		data := plain(t, follow(t, font, "DescendantFonts", 0, "FontDescriptor", "FontFile2"))
		small, err := sfnt.Parse(complete(data, whole))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		large, err := sfnt.Parse(whole)
		if err != nil {
			t.Fatal(err)
		}
		cids := readToUnicode(t, string(plain(t, follow(t, font, "ToUnicode"))))
		if len(cids) < 30 {
			t.Fatalf("%s: only %d characters", name, len(cids))
		}
		widths := follow(t, font, "DescendantFonts", 0, "W", 1).(pdf.Array)
		for r, cid := range cids {
			compareGlyphs(t, large, small, r, cid)
			want := advance(t, large, glyphOf(t, large, r))
			if got := widths[cid]; got != pdf.Integer(want) {
				t.Errorf("%s %q: /W has %v, the font has %d", name, r, got, want)
			}
		}
	}
}

func compareGlyphs(t *testing.T, large, small *sfnt.Font, r rune, cid uint16) {
	t.Helper()
	var b1, b2 sfnt.Buffer
	want, err := large.LoadGlyph(&b1, glyphOf(t, large, r), fixed.I(2048), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := small.LoadGlyph(&b2, sfnt.GlyphIndex(cid), fixed.I(2048), nil)
	if err != nil {
		t.Errorf("%q: %v", r, err)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q has another outline in the subset:\n%s", r, diff)
	}
	if w, g := advance(t, large, glyphOf(t, large, r)), advance(t, small, sfnt.GlyphIndex(cid)); w != g {
		t.Errorf("%q is %d wide in the subset, %d in the font", r, g, w)
	}
}

func glyphOf(t *testing.T, f *sfnt.Font, r rune) sfnt.GlyphIndex {
	t.Helper()
	g, err := f.GlyphIndex(nil, r)
	if err != nil || g == 0 {
		t.Fatalf("%q: glyph %d, %v", r, g, err)
	}
	return g
}

// advance is a glyph's width in thousandths, rounded.
func advance(t *testing.T, f *sfnt.Font, g sfnt.GlyphIndex) int {
	t.Helper()
	w, err := f.GlyphAdvance(nil, g, fixed.I(2048), 0)
	if err != nil {
		t.Fatal(err)
	}
	return (w.Round()*1000*2/2048 + 1) / 2
}

// complete adds the tables that package sfnt wants and an embedded font does
// not need.
func complete(subset, whole []byte) []byte {
	tables, more := directory(subset), directory(whole)
	for _, name := range []string{"cmap", "name", "post", "OS/2"} {
		tables[name] = more[name]
	}
	out := []byte{0, 1, 0, 0, 0, byte(len(tables)), 0, 0, 0, 0, 0, 0}
	var body []byte
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		out = append(out, name...)
		out = binary.BigEndian.AppendUint32(out, 0)
		out = binary.BigEndian.AppendUint32(out, uint32(12+16*len(tables)+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(tables[name])))
		body = append(body, tables[name]...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	return append(out, body...)
}

func directory(font []byte) map[string][]byte {
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(font[4:])) {
		row := font[12+16*i:]
		at, n := binary.BigEndian.Uint32(row[8:]), binary.BigEndian.Uint32(row[12:])
		tables[string(row[:4])] = font[at : at+n]
	}
	return tables
}

// readToUnicode reads the pairs of a CMap.
func readToUnicode(t *testing.T, cmap string) map[rune]uint16 {
	t.Helper()
	out := map[rune]uint16{}
	for line := range strings.Lines(cmap) {
		code, text, ok := strings.Cut(strings.TrimSpace(line), "> <")
		if !ok || strings.Contains(line, "FFFF") {
			continue
		}
		out[rune(hexNumber(t, strings.TrimSuffix(text, ">")))] = uint16(hexNumber(t, strings.TrimPrefix(code, "<")))
	}
	return out
}

func hexNumber(t *testing.T, s string) (n uint64) {
	t.Helper()
	for _, c := range s {
		d := strings.IndexRune("0123456789ABCDEF", c)
		if d < 0 {
			t.Fatalf("%q is not hexadecimal", s)
		}
		n = n<<4 | uint64(d)
	}
	return n
}

// TestSubsetFile holds the structure of the file against the OpenType rules:
// tables in order, aligned, with right checksums, and nothing that runs.
func TestSubsetFile(t *testing.T) {
	d := drawn(t, russian())
	file := plain(t, follow(t, d.Appearance.Resources, "Font", "F1", "DescendantFonts", 0, "FontDescriptor", "FontFile2"))
	var names []string
	for i := range int(binary.BigEndian.Uint16(file[4:])) {
		row := file[12+16*i:]
		name, sum := string(row[:4]), binary.BigEndian.Uint32(row[4:])
		at, n := binary.BigEndian.Uint32(row[8:]), binary.BigEndian.Uint32(row[12:])
		names = append(names, name)
		if at%4 != 0 {
			t.Errorf("table %s begins at %d", name, at)
		}
		table := slices.Clone(file[at : at+n])
		if name == "head" {
			clear(table[8:12])
		}
		if got := sum32(table); got != sum {
			t.Errorf("table %s has checksum %08x, the directory says %08x", name, got, sum)
		}
	}
	if want := []string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"}; !slices.Equal(names, want) {
		t.Errorf("tables %v, want %v", names, want)
	}
	if got := sum32(file); got != 0xB1B0AFBA {
		t.Errorf("the file's checksum is %08x", got)
	}
	if len(file) > 16<<10 {
		t.Errorf("the subset has %d bytes", len(file))
	}
}

func sum32(b []byte) (sum uint32) {
	for i, c := range b {
		sum += uint32(c) << (24 - 8*(i%4))
	}
	return sum
}

// TestFontNames: subsets with other glyphs have other names, equal ones equal
// names, since some viewers cache fonts by name.
func TestFontNames(t *testing.T) {
	name := func(s signet.Signet) string {
		return string(follow(t, drawn(t, s).Appearance.Resources, "Font", "F2", "BaseFont").(pdf.Name))
	}
	a, b := english(), english()
	b.Owner = "Maria Schmidt"
	first, again, other := name(a), name(a), name(b)
	if first != again || first == other {
		t.Errorf("names %s, %s, %s", first, again, other)
	}
	tag, rest, _ := strings.Cut(first, "+")
	if len(tag) != 6 || strings.Trim(tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || rest != "GoBold" {
		t.Errorf("name %s", first)
	}
}
