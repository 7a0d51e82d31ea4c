package store

import (
	"fmt"
	"strings"
	"time"
)

// system begins the keys that belong to no portal. An escaped part never
// holds "_", so no portal's id can be taken for it.
const system = "_system"

// key joins the parts of a key; the first is a portal's id. Whatever the parts
// hold, two lists of parts never make the same key, and no key lies below
// another portal's prefix.
func key(parts ...string) string {
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = escape(p)
	}
	return strings.Join(escaped, "/")
}

// systemKey is key below system.
func systemKey(parts ...string) string { return system + "/" + key(parts...) }

// prefix is what the keys that have these parts and more begin with.
func prefix(parts ...string) string { return key(parts...) + "/" }

// escape writes every byte but letters, digits, "-" and "." as %XX.
func escape(part string) string {
	var s strings.Builder
	for _, b := range []byte(part) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '.':
			s.WriteByte(b)
		default:
			fmt.Fprintf(&s, "%%%02X", b)
		}
	}
	return s.String()
}

// ordinal writes a number so that it sorts as text.
func ordinal(n int64) string { return fmt.Sprintf("%020d", max(n, 0)) }

// stamp writes a time so that it sorts as text, from 1970 on.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ordinal(0)
	}
	return ordinal(t.UnixNano())
}
