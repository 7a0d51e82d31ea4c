package signet

import (
	"strings"
	"unicode"
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

// wrapText fills lines word by word.
func wrapText(f *face, text string, size, width float64, anywhere bool) ([]string, bool) {
	var lines []string
	current := ""
	for _, word := range words(text) {
		joined := current + word
		if f.width(strings.TrimSuffix(joined, " "), size) <= width {
			current = joined
			continue
		}
		if current != "" {
			lines = append(lines, strings.TrimSuffix(current, " "))
		}
		for f.width(strings.TrimSuffix(word, " "), size) > width {
			if !anywhere {
				return nil, false
			}
			head := breakWord(f, word, size, width)
			if head == "" {
				return nil, false // not even one character
			}
			lines, word = append(lines, head), word[len(head):]
		}
		current = word
	}
	if current = strings.TrimSuffix(current, " "); current != "" {
		lines = append(lines, current)
	}
	return lines, true
}

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

// breakWord gives the longest part of a word that fits: up to a hyphen where
// there is one in the part's second half, else up to any character.
func breakWord(f *face, word string, size, width float64) string {
	fits, hyphen := 0, 0
	sum := 0
	for i, r := range word {
		sum += f.advance(r)
		if float64(sum)*size/1000 > width {
			break
		}
		fits = i + len(string(r))
		if strings.ContainsRune("-–@./", r) {
			hyphen = fits
		}
	}
	if hyphen > fits/2 {
		return word[:hyphen]
	}
	return word[:fits]
}

// shorten cuts a text to one line that ends in an ellipsis. It is empty where
// not even the ellipsis fits.
func shorten(f *face, text string, size, width float64) string {
	if f.width(text, size) <= width {
		return text
	}
	room := width - f.width(ellipsis, size)
	if room < 0 {
		return ""
	}
	head := breakWordAt(f, text, size, room)
	return strings.TrimRight(head, " ,.;:-–") + ellipsis
}

// breakWordAt is the longest part that fits, wherever it ends.
func breakWordAt(f *face, text string, size, width float64) string {
	sum := 0
	for i, r := range text {
		sum += f.advance(r)
		if float64(sum)*size/1000 > width {
			return text[:i]
		}
	}
	return text
}
