package signet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A line is a text in its place: one row's, or a part of it.
type line struct {
	row  row
	text string
	size float64
}

// leading is the distance of two baselines, and ascent the height of a line
// above its baseline, in font sizes. Together they leave room for accents on
// capitals and for descenders.
const (
	leading = 1.2
	ascent  = 0.93
)

// height is the room that a line takes.
func (l line) height() float64 { return l.size * leading }

// wrap breaks the rows into lines of a width at a font size. Words of a reason
// may be broken, others only where anywhere is set; without it the answer may be
// that it cannot be done.
func wrap(rows []row, faceOf func(row) *face, width, size float64, anywhere bool) ([]line, bool) {
	var out []line
	for _, r := range rows {
		f, rowSize := faceOf(r), size*r.scale
		if r.oneRow {
			out = append(out, line{r, shorten(f, r.text, rowSize, width), rowSize})
			continue
		}
		texts, ok := wrapText(f, r.text, rowSize, width, anywhere || r.field == FieldReason)
		if !ok {
			return nil, false
		}
		for _, text := range texts {
			out = append(out, line{r, text, rowSize})
		}
	}
	return out, true
}

// wrapText fills lines word by word. A blank at the end of a line does not count.
func wrapText(f *face, text string, size, width float64, anywhere bool) ([]string, bool) {
	var lines []string
	room, current, filled := units(width, size), "", 0
	for _, word := range words(text) {
		bare := strings.TrimSuffix(word, " ")
		if filled+f.units(bare) <= room {
			current, filled = current+word, filled+f.units(word)
			continue
		}
		if current != "" {
			lines = append(lines, strings.TrimSuffix(current, " "))
		}
		for f.units(bare) > room {
			head := breakWord(f, bare, room)
			if !anywhere || head == "" {
				return nil, false
			}
			lines, word, bare = append(lines, head), word[len(head):], bare[len(head):]
		}
		current, filled = word, f.units(word)
	}
	if current = strings.TrimSuffix(current, " "); current != "" {
		lines = append(lines, current)
	}
	return lines, true
}

// units turns points at a font size into thousandths of that size, rounded down.
func units(points, size float64) int { return int(points * 1000 / size) }

// words cuts a text where lines may end: behind a blank, which stays with the
// word before it, and behind a hyphen between two letters (double names, but
// not dates).
func words(text string) []string {
	var out []string
	var before rune
	start := 0
	runes := []rune(text)
	for i, r := range runes {
		double := r == '-' && unicode.IsLetter(before) && i+1 < len(runes) && unicode.IsLetter(runes[i+1])
		if r == ' ' || double {
			out = append(out, string(runes[start:i+1]))
			start = i + 1
		}
		before = r
	}
	return append(out, string(runes[start:]))
}

// breakWord gives the part of a word that fits: up to a hyphen where there is
// one in the longest part's second half, else the longest part.
func breakWord(f *face, word string, room int) string {
	longest := prefix(f, word, room)
	if hyphen := strings.LastIndexAny(longest, "-–@./"); hyphen > len(longest)/2 {
		_, size := utf8.DecodeRuneInString(longest[hyphen:])
		return longest[:hyphen+size]
	}
	return longest
}

// prefix is the longest part of a text that fits.
func prefix(f *face, text string, room int) string {
	for i, r := range text {
		if room -= f.advance(r); room < 0 {
			return text[:i]
		}
	}
	return text
}

// shorten cuts a text to one line that ends in an ellipsis. It is empty where
// not even the ellipsis fits.
func shorten(f *face, text string, size, width float64) string {
	room := units(width, size)
	if f.units(text) <= room {
		return text
	}
	if room -= f.units(ellipsis); room < 0 {
		return ""
	}
	return strings.TrimRight(prefix(f, text, room), " ,.;:-–") + ellipsis
}
