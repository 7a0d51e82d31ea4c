package pdf_test

import (
	"bytes"
	"encoding/ascii85"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/signer/pdf"
)

// streamOf reads the data of one stream.
func streamOf(t testing.TB, dict, data string, limit int) (string, error) {
	t.Helper()
	b := newBuilder()
	b.onePage("", "")
	b.stream(5, dict, data)
	f := open(t, b.table())
	v, err := f.Resolve(pdf.Ref{Number: 5})
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.StreamData(v.(*pdf.Stream), limit)
	return string(got), err
}

// TestFilters: data comes out of every filter for data as it went in.
func TestFilters(t *testing.T) {
	text := strings.Repeat("some data, and some more; ", 40) + "\x00\x00\x00\x00\xff"
	eighty := func(s string) string {
		b := make([]byte, ascii85.MaxEncodedLen(len(s)))
		return "  " + string(b[:ascii85.Encode(b, []byte(s))]) + "\n~>"
	}
	for name, c := range map[string]struct{ dict, data, want string }{
		"none":                    {"", text, text},
		"Flate":                   {"/Filter/FlateDecode", deflated(text), text},
		"Flate by its short name": {"/F/Fl", deflated(text), text},
		"Flate, cut short":        {"/Filter/FlateDecode", deflated(text)[:20], text[:0]},
		"Flate, raw":              {"/Filter/FlateDecode", "\x00\x00" + deflated(text)[2:], text},
		"Flate, nothing":          {"/Filter/FlateDecode", deflated(""), ""},
		"LZW":                     {"/Filter/LZWDecode", lzwed(text, 1), text},
		"LZW, not early":          {"/Filter/LZWDecode/DecodeParms<</EarlyChange 0>>", lzwed(text, 0), text},
		"LZW, from the standard":  {"/Filter/LZW", "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", "-----A---B"},
		"LZW, broken":             {"/Filter/LZW", "\xff\xff\xff", ""},
		"hex":                     {"/Filter/AHx", fmt.Sprintf("%X > trailing", text), text},
		"base 85":                 {"/Filter/A85", eighty(text), text},
		"base 85, a short group":  {"/Filter/ASCII85Decode", eighty("ab"), "ab"},
		"run length":              {"/Filter/RunLengthDecode", "\x02abc\xfex\x80 behind", "abcxxx"},
		"run length, cut short":   {"/Filter/RL", "\x05ab", "ab"},
		"two filters":             {"/Filter[/A85/Fl]/DecodeParms[null<<>>]", eighty(deflated(text)), text},
		"a picture":               {"/Filter/DCTDecode", "JFIF", "JFIF"},
		"a picture in hex":        {"/Filter[/AHx/JPXDecode]", "61>", "a"},
		"a crypt filter":          {"/Filter[/Crypt]/DecodeParms[<</Name/Identity>>]", text, text},
	} {
		got, err := streamOf(t, c.dict, c.data, 1<<20)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "Flate, cut short" && strings.HasPrefix(text, got) {
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestFilterRefuses: what is broken is damaged, what swells is limited.
func TestFilterRefuses(t *testing.T) {
	zeros := strings.Repeat("\x00", 10_000)
	for name, c := range map[string]struct {
		dict, data string
		want       error
	}{
		"Flate beyond the limit":      {"/Filter/FlateDecode", deflated(zeros), pdf.ErrLimit},
		"LZW beyond the limit":        {"/Filter/LZWDecode", lzwed(zeros, 1), pdf.ErrLimit},
		"run length beyond the limit": {"/Filter/RL", strings.Repeat("\x81x", 100), pdf.ErrLimit},
		"twice the same":              {"/Filter[/Fl/AHx/FlateDecode]", "", pdf.ErrLimit},
		"many filters":                {"/Filter[/A85/A85/A85/A85/A85/A85/A85]", "", pdf.ErrLimit},
		"no name":                     {"/Filter[7]", "", pdf.ErrDamaged},
		"not Flate":                   {"/Filter/FlateDecode", "plain text", pdf.ErrDamaged},
		"an odd predictor":            {"/Filter/Fl/DecodeParms<</Predictor 12/Colors 999>>", deflated("x"), pdf.ErrDamaged},
	} {
		if got, err := streamOf(t, c.dict, c.data, 1000); !errors.Is(err, c.want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestPredictors: PNG's filters and TIFF's are undone, rows cut short included.
func TestPredictors(t *testing.T) {
	const columns, colors = 7, 3
	random := rand.New(rand.NewSource(1))
	data := make([]byte, 5*columns*colors)
	random.Read(data)
	for kind := range byte(5) {
		var out []byte
		before := make([]byte, columns*colors)
		for rest := data; len(rest) > 0; rest = rest[columns*colors:] {
			row := rest[:columns*colors]
			out = append(append(out, kind), filtered(kind, row, before, colors)...)
			before = row
		}
		parms := fmt.Sprintf("/Filter/Fl/DecodeParms<</Predictor 15/Columns %d/Colors %d>>", columns, colors)
		got, err := streamOf(t, parms, deflated(string(out)), 1000)
		if err != nil || got != string(data) {
			t.Errorf("filter %d: %v", kind, err)
		}
		short, err := streamOf(t, parms, deflated(string(out[:len(out)-5])), 1000)
		if err != nil || !bytes.HasPrefix(data, []byte(short)) {
			t.Errorf("filter %d, cut short: %v", kind, err)
		}
	}
}

// filtered applies a filter of PNG to a row.
func filtered(kind byte, row, up []byte, pixel int) []byte {
	out := make([]byte, len(row))
	for i, v := range row {
		var left, corner int
		if i >= pixel {
			left, corner = int(row[i-pixel]), int(up[i-pixel])
		}
		above := int(up[i])
		predicted := 0
		switch kind {
		case 1:
			predicted = left
		case 2:
			predicted = above
		case 3:
			predicted = (left + above) / 2
		case 4:
			p := left + above - corner
			distance := func(n int) int { return max(p-n, n-p) }
			switch d := min(distance(left), distance(above), distance(corner)); d {
			case distance(left):
				predicted = left
			case distance(above):
				predicted = above
			default:
				predicted = corner
			}
		}
		out[i] = v - byte(predicted)
	}
	return out
}

// lzwed encodes as PDF's LZW filter wants it.
func lzwed(s string, early int) string {
	var out []byte
	bits, have, width := 0, 0, 9
	put := func(code int) {
		bits, have = bits<<width|code, have+width
		for have >= 8 {
			have -= 8
			out = append(out, byte(bits>>have))
			bits &= 1<<have - 1
		}
	}
	var table map[string]int
	code := func(w string) int {
		if len(w) == 1 {
			return int(w[0])
		}
		return table[w]
	}
	reset := func() { table, width = map[string]int{}, 9 }
	put(256)
	reset()
	word := ""
	for i := range len(s) {
		longer := word + s[i:i+1]
		if _, ok := table[longer]; ok || len(longer) == 1 {
			word = longer
			continue
		}
		put(code(word))
		table[longer] = 258 + len(table)
		// The decoder is one word behind.
		if next := 258 + len(table); next+early > 1<<width && width < 12 {
			width++
		} else if next >= 4094 {
			put(256)
			reset()
		}
		word = s[i : i+1]
	}
	put(code(word))
	put(257)
	width = 8
	put(0)
	return string(out)
}

// TestLength: data is found whatever Length says.
func TestLength(t *testing.T) {
	for name, c := range map[string]string{
		"right":                "<</Length 4>>stream\ndata\nendstream",
		"of its own":           "<</Length 6 0 R>>stream\ndata\nendstream",
		"too long":             "<</Length 400>>stream\ndata\nendstream",
		"too short":            "<</Length 1>>stream\ndata\nendstream",
		"negative":             "<</Length -4>>stream\ndata\nendstream",
		"beyond the end":       "<</Length 99999999999>>stream\ndata\nendstream",
		"missing":              "<<>>stream\ndata\nendstream",
		"no number":            "<</Length(4)>>stream\ndata\nendstream",
		"itself":               "<</Length 5 0 R>>stream\ndata\nendstream",
		"CR LF":                "<</Length 4>>stream\r\ndata\r\nendstream",
		"a lone CR":            "<</Length 4>>stream\rdata\rendstream",
		"blanks":               "<</Length 4>>stream  \ndata\nendstream",
		"no end of line":       "<</Length 4>>stream\ndataendstream",
		"endstream is missing": "<</Length 4>>stream\ndata",
	} {
		b := newBuilder()
		b.onePage("", "")
		b.object(6, "4")
		b.object(5, c)
		in := b.table()
		if got := dataAt(t, open(t, in), pdf.Ref{Number: 5}); got != "data" && name != "endstream is missing" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
