package i18n

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Printer speaks one language, in one time zone. Make it with [For].
type Printer struct {
	lang string
	zone *time.Location
}

// For gives the Printer for a language as Bitrix24 writes it; see [Language].
// Times are told in UTC until [Printer.In] names a zone.
func For(lang string) *Printer {
	return &Printer{lang: Language(lang), zone: time.UTC}
}

// In gives a Printer that tells times in the IANA zone; in UTC where the zone
// is empty or not known.
func (p *Printer) In(zone string) *Printer {
	l, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		l = time.UTC
	}
	return &Printer{lang: p.lang, zone: l}
}

// Language is the language spoken, one of [Languages].
func (p *Printer) Language() string { return p.lang }

// Has tells whether there is a message under the key.
func (p *Printer) Has(key string) bool { return catalogs()[p.lang][key] != nil }

// T gives the message under the key, filled with args. See the package
// comment for how they are written. A key without a message is given back as
// it is.
func (p *Printer) T(key string, args ...any) string {
	m, ok := catalogs()[p.lang][key]
	if !ok {
		return key
	}
	var count int64
	for _, a := range args {
		if n, ok := whole(a); ok {
			count = n
			break
		}
	}
	return p.fill(m.pick(p.lang, count), args)
}

// fill puts the arguments into the text. It reads the text once, so that an
// argument which itself looks like {1} stays what it is.
func (p *Printer) fill(text string, args []any) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		b.WriteString(text[:open])
		i, err := strconv.Atoi(text[open+1 : open+end])
		if err == nil && i >= 0 && i < len(args) {
			b.WriteString(p.Value(args[i]))
		}
		text = text[open+end+1:]
	}
	b.WriteString(text)
	return b.String()
}

// Value writes one argument as people of the language read it.
func (p *Printer) Value(v any) string {
	if n, ok := whole(v); ok {
		return p.Number(n)
	}
	switch v := v.(type) {
	case time.Duration:
		return p.Span(v)
	case time.Time:
		return p.Time(v)
	case Size:
		return p.Size(v)
	case error:
		return "" // a cause is for the log, never for a page
	}
	return fmt.Sprint(v)
}

// whole gives a whole number; also one that went through JSON and came back as
// float64.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case int64:
		return n, true
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
			return int64(n), true
		}
	}
	return 0, false
}
