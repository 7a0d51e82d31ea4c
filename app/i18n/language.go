package i18n

import "strings"

// Languages are the languages that have messages, in the order in which they
// are offered.
func Languages() []string { return []string{"en", "ru", "de", "es"} }

// Language gives the one of [Languages] that serves a language as Bitrix24
// writes it in LANG: "en", "la", "br", or an installed code such as "de_DE".
// Unknown ones get English.
//
// The list of codes is that of Bitrix24's SDK (core/language/list.ts). "la" is
// Latin American Spanish. Kazakh portals get Russian, the language their
// administration works in beside Kazakh; Portuguese, Ukrainian and all others
// get English, which offends nobody and which Bitrix24 itself falls back to.
func Language(lang string) string {
	lang = strings.ToLower(strings.TrimSpace(lang))
	if i := strings.IndexAny(lang, "-_"); i >= 0 {
		lang = lang[:i]
	}
	switch lang {
	case "ru", "kz", "kk", "by", "be":
		return "ru"
	case "de":
		return "de"
	case "es", "la":
		return "es"
	}
	return "en"
}
