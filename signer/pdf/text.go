package pdf

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// TextString encodes a text for people: as it is where it is plain ASCII, which
// PDFDocEncoding shares, and otherwise as UTF-16BE with a byte order mark
// (ISO 32000-2, 7.9.2.2).
func TextString(s string) String {
	ascii := true
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || (c < 0x20 && c != '\n' && c != '\r' && c != '\t') {
			ascii = false
			break
		}
	}
	if ascii {
		return String(s)
	}
	out := String{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// Text decodes a text for people: UTF-16BE, UTF-8 with its mark, or
// PDFDocEncoding. UTF-16LE, which is wrong but happens, is understood too.
func (s String) Text() string {
	switch {
	case len(s) >= 2 && s[0] == 0xfe && s[1] == 0xff:
		return fromUTF16(s[2:], binary.BigEndian)
	case len(s) >= 2 && s[0] == 0xff && s[1] == 0xfe:
		return fromUTF16(s[2:], binary.LittleEndian)
	case len(s) >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf:
		return strings.ToValidUTF8(string(s[3:]), string(utf8.RuneError))
	}
	var b strings.Builder
	for _, c := range s {
		b.WriteRune(docRune(c))
	}
	return b.String()
}

func fromUTF16(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) > 1; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// docRune gives the character of a PDFDocEncoding code (Annex D.3).
func docRune(c byte) rune {
	const from18 = "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc"
	const from80 = "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018" +
		"\u2019\u201a\u2122\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e\ufffd\u20ac"
	switch {
	case 0x18 <= c && c <= 0x1f:
		return []rune(from18)[c-0x18]
	case 0x80 <= c && c <= 0xa0:
		return []rune(from80)[c-0x80]
	}
	return rune(c)
}

// Date writes a time as PDF does, with its offset: D:20261123104512+03'00'
// (7.9.4).
func Date(t time.Time) String {
	_, offset := t.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return String(fmt.Sprintf("D:%s%c%02d'%02d'", t.Format("20060102150405"), sign, offset/3600, offset/60%60))
}

// Time reads a date; ok is false where there is none. Parts that are missing
// count as their first value, a missing offset as UTC.
func (s String) Time() (t time.Time, ok bool) {
	b := strings.TrimPrefix(strings.TrimSpace(s.Text()), "D:")
	part := func(n, missing, low, high int) int {
		if !ok || len(b) < n || !isDigit(b[0]) {
			return missing
		}
		v, err := atoi(b[:n])
		ok = err && v >= low && v <= high
		b = b[n:]
		return v
	}
	ok = true
	if len(b) < 4 {
		return time.Time{}, false
	}
	year := part(4, -1, 0, 9999)
	month, day := part(2, 1, 1, 12), part(2, 1, 1, 31)
	hour, minute, second := part(2, 0, 0, 23), part(2, 0, 0, 59), part(2, 0, 0, 59)
	if !ok || year < 0 {
		return time.Time{}, false
	}
	zone := time.UTC
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		negative := b[0] == '-'
		b = b[1:]
		offset := 3600 * part(2, 0, 0, 23)
		b = strings.TrimPrefix(b, "'")
		if offset += 60 * part(2, 0, 0, 59); negative {
			offset = -offset
		}
		zone = time.FixedZone("", offset)
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, zone), ok
}

func atoi(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
