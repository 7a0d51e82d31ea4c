// Package i18n holds the words that people read: every message of the product
// in English, Russian, German and Spanish, with plural forms, dates with their
// offset from UTC, sizes and spans of time.
//
// It is not for logs and errors, which are English and for operators, and not
// for the names of people, files and fields, which are shown as they are.
//
//	p := i18n.For(visit.Language).In(visit.TimeZone)
//	p.T("code.wrong", 3)          // "Wrong code, 3 tries left. …"
//	p.Time(request.SignedAt)      // "23 Nov 2026, 14:03 (UTC+3)"
//
// # Messages
//
// messages/LANG.txt has one message a line, "key = text"; a line that begins
// with # is a remark. {0}, {1} … stand for the arguments: whole numbers are
// written with the language's separators, a [time.Duration] in words, a
// [time.Time] as date and time, a [Size] in kilo- and megabytes, anything else as it is.
// A message that depends on a number has one line for each plural form of its
// language, "key[one] = text", chosen by the first argument that is a whole
// number.
//
// Every error shown to a person has a message under its key: app.Error.Key, or
// "error." and the kind. The standard sentences under "fate." say whether the
// file changed and whether the code was used up.
//
// # Guarantees
//
// The tests hold that the four languages have the same keys, the same
// arguments and each its own plural forms; that every key the program names
// exists; and that no message is unused or left in English. A key that is
// missing all the same is shown as the key, never as an empty line. The result of
// T is text, not HTML: whoever puts it on a page escapes it (templ does).
//
// A [Printer] may be used at the same time from any goroutine.
package i18n
