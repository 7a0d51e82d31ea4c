package bitrix

import (
	"mime"
	"net/url"
	"strings"
	"unicode/utf8"
)

// fileName reads the name from a Content-Disposition header: filename* (RFC
// 5987) before filename, as RFC 6266 section 4.3 asks. It returns "" if the
// header names no file. The name is cleaned with CleanFileName.
func fileName(header string) string {
	_, params, err := mime.ParseMediaType(header)
	name := params["filename"] // filename* has come to stand here too
	if err != nil || name == "" {
		name = lenientName(header)
	}
	if name == "" {
		return ""
	}
	return CleanFileName(name)
}

// lenientName finds the name in a header that breaks the grammar: unquoted
// blanks, a charset that mime does not know, a broken percent sign.
func lenientName(header string) string {
	if value, ok := parameter(header, "filename*="); ok {
		charset, rest, _ := strings.Cut(value, "'")
		_, encoded, ok := strings.Cut(rest, "'")
		if name, err := url.PathUnescape(encoded); ok && err == nil {
			if strings.EqualFold(charset, "iso-8859-1") {
				return fromLatin1(name)
			}
			if utf8.ValidString(name) {
				return name
			}
		}
	}
	value, _ := parameter(header, "filename=")
	return value
}

// parameter returns the value of a parameter, without its quotes.
func parameter(header, name string) (string, bool) {
	for i := range len(header) - len(name) + 1 {
		if !strings.EqualFold(header[i:i+len(name)], name) {
			continue // no ToLower of the whole: it can change the length
		}
		value := strings.TrimSpace(header[i+len(name):])
		if strings.HasPrefix(value, `"`) {
			value, _, _ = strings.Cut(value[1:], `"`)
			return value, true
		}
		value, _, _ = strings.Cut(value, ";")
		return strings.TrimSpace(value), true
	}
	return "", false
}

func fromLatin1(s string) string {
	runes := make([]rune, 0, len(s))
	for i := range len(s) {
		runes = append(runes, rune(s[i]))
	}
	return string(runes)
}
