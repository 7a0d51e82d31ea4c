package bitrix

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFileName is the longest file name, in bytes, that is sent or returned.
const maxFileName = 200

// clip shortens a text that a stranger wrote to at most n bytes, and puts
// blanks in the place of control characters.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
}

// CleanFileName makes a file name safe to store, show and send: without path
// separators, control and direction-changing characters, without leading
// dots, valid UTF-8, at most 200 bytes with the extension kept. What is left
// of an empty name is "file".
func CleanFileName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ". ")
	if len(name) > maxFileName {
		name = shorten(name)
	}
	if name == "" {
		return "file"
	}
	return name
}

// shorten cuts the stem of a long file name at a rune boundary.
func shorten(name string) string {
	ext := ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 20 {
		ext = name[i:]
	}
	end := maxFileName - len(ext)
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return strings.TrimSpace(name[:end]) + ext
}
