package admin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"signservice/app"
)

// Limits of what an administrator types, in characters. That of names is
// X.520's ub-common-name and ub-organization-name (RFC 5280, Appendix A.1).
const (
	MaxLogin       = 64
	MaxDescription = 500
	MaxReason      = 200
	MaxName        = 64
	MaxQuery       = 200
)

// field says what may be typed into a field of a form, and which messages say
// what is wrong. A field without missing may be empty.
type field struct {
	missing, long, characters string
	max                       int
	// lines allows several lines.
	lines bool
}

// read gives what was typed without the blanks around it, or refuses it.
func (f field) read(op, typed string) (string, error) {
	if f.lines {
		typed = strings.ReplaceAll(typed, "\r\n", "\n") // as forms send lines
	}
	text := strings.TrimSpace(typed)
	switch {
	case text == "" && f.missing != "":
		return "", app.Fail(app.Invalid, op, f.missing)
	case utf8.RuneCountInString(text) > f.max:
		return "", app.Fail(app.Invalid, op, f.long)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, f.forbidden):
		return "", app.Fail(app.Invalid, op, f.characters)
	}
	return text, nil
}

func (f field) forbidden(c rune) bool { return invisible(c) && (!f.lines || c != '\n' && c != '\t') }

// invisible tells of control, format and private characters and of line
// separators. Format characters include those that turn the direction of
// writing, with which one name can be made to look like another (UTR 36, 2.4).
func invisible(c rune) bool {
	return unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// shown makes a text of a stranger, as in a certificate, fit for a list: what
// cannot be seen becomes a blank, and the end of a long text is cut off.
func shown(s string) string {
	clean := strings.Map(func(c rune) rune {
		if invisible(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
	letters := []rune(strings.Join(strings.Fields(clean), " "))
	if len(letters) > maxShown {
		return string(letters[:maxShown-1]) + "…"
	}
	return string(letters)
}

// maxShown is how much of a stranger's text a list shows, in characters.
const maxShown = 200
