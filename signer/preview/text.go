package preview

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium/requests"
)

// MaxText is the most text of a page that is given, in characters.
const MaxText = 100_000

// Text gives the words of a page in the order in which they are drawn, for
// people who cannot see the picture. Page counts as in [View]. It is cut at
// [MaxText]. A scanned page has none, and what form fields and signets say is
// not in it. The errors are those of [Renderer.Render].
func (r *Renderer) Text(ctx context.Context, d Document, page int) (string, error) {
	var text string
	err := r.read(ctx, d, func(o opened) error {
		if page == 0 {
			page = First
		}
		p, err := o.page(page)
		if err != nil {
			return err
		}
		answer, err := o.pdfium.GetPageText(&requests.GetPageText{Page: p})
		if err != nil {
			return err
		}
		text = plain(answer.Text)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("read a page: %w", err)
	}
	return text, nil
}

// plain keeps what can be read aloud: line ends in one form, no control
// characters, valid UTF-8.
func plain(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\r':
			r = '\n'
		case r == '\n' || r == '\t':
		case r == 0xfffe || r == 0x02 || r == 0xad: // PDFium's marks for a hyphen at the end of a line
			continue
		case unicode.IsControl(r):
			continue
		}
		if n++; n > MaxText {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
