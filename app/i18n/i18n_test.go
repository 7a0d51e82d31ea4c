package i18n_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app/i18n"
)

func TestLanguage(t *testing.T) {
	for portal, want := range map[string]string{
		"en": "en", "ru": "ru", "de": "de", "la": "es", "es": "es", "kz": "ru", "br": "en", "ua": "en",
		"fr": "en", "sc": "en", "": "en", "DE": "de", "de_AT": "de", " ru ": "ru", "xx": "en", "../ru": "en",
	} {
		if got := i18n.Language(portal); got != want {
			t.Errorf("Language(%q) = %q, want %q", portal, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for _, c := range []struct {
		lang string
		n    any
		want string
	}{
		{"en", 0, "0 pages"},
		{"en", 1, "1 page"},
		{"en", 21, "21 pages"},
		{"en", 1200, "1,200 pages"},
		{"ru", 1, "1 страница"},
		{"ru", 3, "3 страницы"},
		{"ru", 5, "5 страниц"},
		{"ru", 11, "11 страниц"},
		{"ru", 21, "21 страница"},
		{"ru", 112, "112 страниц"},
		{"ru", 12345, "12\u00a0345 страниц"},
		{"ru", int64(2), "2 страницы"},
		{"ru", float64(2), "2 страницы"}, // as JSON gives numbers back
		{"de", 1, "1 Seite"},
		{"de", 2, "2 Seiten"},
		{"es", 1, "1 página"},
		{"es", 0, "0 páginas"},
	} {
		if got := i18n.For(c.lang).T("document.pages", c.n); got != c.want {
			t.Errorf("%s, %v: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestArguments(t *testing.T) {
	p := i18n.For("en")
	for _, c := range []struct {
		key  string
		args []any
		want string
	}{
		{"signet.reason", []any{"{0} {1} agreed"}, "Reason: {0} {1} agreed"}, // what people typed is not read again
		{"story.text", []any{"a.pdf", "{0}"}, "a.pdf was signed by {0}."},
		{"signet.reason", nil, "Reason: "},
		{"no.such-key", []any{1}, "no.such-key"},
		{"enrol.left", []any{54 * time.Minute}, "The link works for another 54 min."},
		{"signet.reason", []any{time.Unix(0, 0)}, "Reason: 1 Jan 1970, 00:00 (UTC)"},
		{"signet.reason", []any{i18n.Size(2 << 20)}, "Reason: 2 MB"},
		{"signet.reason", []any{error(nil)}, "Reason: <nil>"},
	} {
		if got := p.T(c.key, c.args...); got != c.want {
			t.Errorf("T(%q, %v) = %q, want %q", c.key, c.args, got, c.want)
		}
	}
}

func TestTimesAndSizes(t *testing.T) {
	at := time.Date(2026, 11, 23, 11, 3, 5, 0, time.UTC)
	type told struct{ time, date, clock, size, span string }
	tell := func(lang, zone string) told {
		p := i18n.For(lang).In(zone)
		return told{p.Time(at), p.Date(at), p.Clock(at), p.Size(2_621_440), p.Span(61 * time.Minute)}
	}
	for _, c := range []struct {
		lang, zone string
		want       told
	}{
		{"en", "Europe/Moscow", told{"23 Nov 2026, 14:03 (UTC+3)", "23 Nov 2026", "14:03 (UTC+3)", "2.5 MB", "61 min"}},
		{"ru", "Asia/Kolkata", told{"23.11.2026, 16:33 (UTC+5:30)", "23.11.2026", "16:33 (UTC+5:30)", "2,5 МБ", "61 мин"}},
		{"de", "", told{"23.11.2026, 11:03 (UTC)", "23.11.2026", "11:03 (UTC)", "2,5 MB", "61 min"}},
		{"la", "America/St_Johns", told{"23/11/2026, 07:33 (UTC−3:30)", "23/11/2026", "07:33 (UTC−3:30)", "2,5 MB", "61 min"}},
		{"en", "No/Where", told{"23 Nov 2026, 11:03 (UTC)", "23 Nov 2026", "11:03 (UTC)", "2.5 MB", "61 min"}},
		{"en", "Local", told{"23 Nov 2026, 11:03 (UTC)", "23 Nov 2026", "11:03 (UTC)", "2.5 MB", "61 min"}},
	} {
		if diff := cmp.Diff(c.want, tell(c.lang, c.zone), cmp.AllowUnexported(told{})); diff != "" {
			t.Errorf("%s in %q (-want +got):\n%s", c.lang, c.zone, diff)
		}
	}
	if got := i18n.For("en").Time(time.Time{}); got != "" {
		t.Errorf("the zero time is told as %q", got)
	}
}

func TestUnits(t *testing.T) {
	en, ru := i18n.For("en"), i18n.For("ru")
	for size, want := range map[i18n.Size]string{
		-1: "", 0: "0 B", 1023: "1,023 B", 1024: "1 kB", 10 << 10: "10 kB", 1 << 20: "1 MB", 50 << 20: "50 MB", 3 << 29: "1.5 GB",
	} {
		if got := en.Size(size); got != want {
			t.Errorf("Size(%d) = %q, want %q", size, got, want)
		}
	}
	for span, want := range map[time.Duration]string{
		-time.Second: "0 с", 0: "0 с", 1: "1 с", 11*time.Second + 1: "12 с", 90 * time.Second: "90 с", 91 * time.Second: "2 мин",
		2 * time.Hour: "2 ч", 72 * time.Hour: "3 дня", 30 * 24 * time.Hour: "30 дней",
	} {
		if got := ru.Span(span); got != want {
			t.Errorf("Span(%v) = %q, want %q", span, got, want)
		}
	}
	for lang, want := range map[string][2]string{
		"en": {"1,234", "12,345"}, "ru": {"1\u00a0234", "12\u00a0345"}, "de": {"1.234", "12.345"}, "es": {"1234", "12.345"},
	} {
		p := i18n.For(lang)
		if got := [2]string{p.Number(1234), p.Number(12345)}; got != want {
			t.Errorf("%s writes %q, want %q", lang, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", -5: "−5", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := en.Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
}
