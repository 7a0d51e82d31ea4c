package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes.
type Size int64

// Number writes a whole number with the language's thousands separator.
func (p *Printer) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	if len(digits) <= 3 || len(digits) == 4 && p.lang == "es" {
		return sign + digits // CLDR: Spanish groups from five digits on
	}
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	separator := map[string]string{"en": ",", "de": ".", "es": ".", "ru": "\u00a0"}[p.lang]
	return sign + strings.Join(append([]string{digits}, parts...), separator)
}

// Size writes a number of bytes; 1 MB is 1024 kB, as file managers count. A
// negative size, an unknown one, is an empty text.
func (p *Printer) Size(n Size) string {
	switch {
	case n < 0:
		return ""
	case n < 1<<10:
		return p.T("unit.bytes", int64(n))
	case n < 1<<20:
		return p.T("unit.kilobytes", p.decimal(float64(n)/(1<<10)))
	case n < 1<<30:
		return p.T("unit.megabytes", p.decimal(float64(n)/(1<<20)))
	}
	return p.T("unit.gigabytes", p.decimal(float64(n)/(1<<30)))
}

// decimal writes one place after the comma below ten, none above.
func (p *Printer) decimal(x float64) string {
	if x >= 9.95 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	s := strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
	if p.lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Span writes a span of time in its largest fitting unit, rounded up so that
// nobody is sent to wait too short: "12 s", "3 min", "2 h", "5 days".
func (p *Printer) Span(d time.Duration) string {
	up := func(unit time.Duration) int64 { return int64((d + unit - 1) / unit) }
	switch {
	case d <= 0:
		return p.T("unit.seconds", 0)
	case d <= 90*time.Second:
		return p.T("unit.seconds", up(time.Second))
	case d <= 90*time.Minute:
		return p.T("unit.minutes", up(time.Minute))
	case d <= 48*time.Hour:
		return p.T("unit.hours", up(time.Hour))
	}
	return p.T("unit.days", up(24*time.Hour))
}

// Date writes the day: "23 Nov 2026". The zero time is an empty text.
func (p *Printer) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	switch p.lang {
	case "ru", "de":
		return t.Format("02.01.2006")
	case "es":
		return t.Format("02/01/2006")
	}
	return t.Format("2 Jan 2006")
}

// Clock writes the time of day with its offset: "14:03 (UTC+3)".
func (p *Printer) Clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(p.zone)
	return t.Format("15:04") + " (" + offset(t) + ")"
}

// Time writes day, time and offset: "23 Nov 2026, 14:03 (UTC+3)".
func (p *Printer) Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.Date(t) + ", " + p.Clock(t)
}

// When writes the time of day alone for a time on the day of now, day and time
// for any other.
func (p *Printer) When(t, now time.Time) string {
	if t.IsZero() || p.DayOf(t) == p.DayOf(now) {
		return p.Clock(t)
	}
	return p.Time(t)
}

// Day reads a day as forms send it, "2026-11-23": its first moment in the
// Printer's time zone.
func (p *Printer) Day(text string) (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, text, p.zone)
}

// DayOf writes the day as Day reads it.
func (p *Printer) DayOf(t time.Time) string { return t.In(p.zone).Format(time.DateOnly) }

// offset writes the time's offset from UTC: "UTC", "UTC+3", "UTC−3:30".
func offset(t time.Time) string {
	_, seconds := t.Zone()
	if seconds == 0 {
		return "UTC"
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	if minutes := seconds % 3600 / 60; minutes != 0 {
		return fmt.Sprintf("UTC%s%d:%02d", sign, seconds/3600, minutes)
	}
	return fmt.Sprintf("UTC%s%d", sign, seconds/3600)
}
