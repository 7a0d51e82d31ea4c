package signet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// tidy makes one line of a text from outside: composed form (names typed on
// some systems come decomposed), no control characters, no invisible ones that
// reorder or hide text, single blanks. No-break spaces stay.
func tidy(s string) string {
	var b strings.Builder
	blank := false
	for _, r := range norm.NFC.String(s) {
		switch {
		case r == '\u00a0' || r == '\u202f':
			r = '\u00a0'
		case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) || unicode.IsControl(r):
			blank = true
			continue
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

// cut limits a text to a number of characters, and tells whether it was longer.
func cut(s string, most int) (string, bool) {
	n := 0
	for i := range s {
		if n == most-1 && len(s[i:]) > len(string([]rune(s[i:])[:1])) {
			return strings.TrimRight(s[:i], " ") + ellipsis, true
		}
		n++
	}
	return s, false
}

const ellipsis = "…"

// drawable replaces the characters that the face lacks, each by what comes
// nearest and is legible, and gives the ones that were replaced.
func drawable(f *face, s string) (text, lost string) {
	var out, gone strings.Builder
	for _, r := range s {
		if f.has(r) && r != unicode.ReplacementChar {
			out.WriteRune(r)
			continue
		}
		if same, ok := lookalikes()[r]; ok {
			out.WriteRune(same)
			continue
		}
		out.WriteString(standIn(f, r))
		if !strings.ContainsRune(gone.String(), r) {
			gone.WriteRune(r)
		}
	}
	return out.String(), gone.String()
}

// lookalikes are characters that are drawn alike: replacing them is no loss.
func lookalikes() map[rune]rune {
	return map[rune]rune{
		'\u2010': '-', '\u2011': '-', '\u2012': '–', '\u02bc': '’',
	}
}

// standIn gives the nearest text for a character that the face lacks: the one
// used where a typewriter lacks it, the letter without its accent, nothing for
// an accent alone, else a question mark.
func standIn(f *face, r rune) string {
	if near, ok := nearest()[r]; ok {
		return near
	}
	if unicode.Is(unicode.Mn, r) {
		return ""
	}
	// Accents go one after another, the last first: ễ becomes ê.
	parts := []rune(norm.NFKD.String(string(r)))
	for n := len(parts) - 1; n > 0; n-- {
		simpler := []rune(norm.NFC.String(string(parts[:n])))
		if len(simpler) == 1 && f.has(simpler[0]) {
			return string(simpler)
		}
	}
	return "?"
}

// nearest holds the letters of languages written around Russian, and a few
// signs: as they are written where only the Russian alphabet is at hand.
func nearest() map[rune]string {
	return map[rune]string{
		'Ә': "А", 'ә': "а", 'Ғ': "Г", 'ғ': "г", 'Қ': "К", 'қ': "к", 'Ң': "Н", 'ң': "н",
		'Ө': "О", 'ө': "о", 'Ұ': "У", 'ұ': "у", 'Ү': "У", 'ү': "у", 'Һ': "Х", 'һ': "х",
		'Җ': "Ж", 'җ': "ж", 'Ҳ': "Х", 'ҳ': "х", 'Ҷ': "Ч", 'ҷ': "ч", 'Ӣ': "И", 'ӣ': "и",
		'Ӯ': "У", 'ӯ': "у", 'Ҡ': "К", 'ҡ': "к", 'Ҙ': "З", 'ҙ': "з", 'Ҫ': "С", 'ҫ': "с",
		'Ӑ': "А", 'ӑ': "а", 'Ӗ': "Е", 'ӗ': "е", 'ẞ': "SS", 'Ə': "Ä", 'ə': "ä",
		'₽': "руб.", '₴': "грн", '₸': "тг",
	}
}
