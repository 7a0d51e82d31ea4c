package simulator

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// fileAnswer is an answer that is a file.
type fileAnswer struct {
	name    string
	kind    string
	data    []byte
	created time.Time
	inline  bool
	// strict answers 404 to a request without a User-Agent, as the cloud's
	// front end does.
	strict bool
}

func (p *Portal) fileAnswer(b *blob) fileAnswer {
	return fileAnswer{name: b.name, kind: b.kind, data: b.data, created: b.created, strict: !p.cfg.Quirks.AnyUserAgent}
}

// serve sends the file: its name stands in Content-Disposition only, twice, as
// RFC 5987 and RFC 6266 have it; Range and HEAD work.
func (f fileAnswer) serve(w http.ResponseWriter, r *http.Request) {
	if f.strict && r.UserAgent() == "" {
		writeHTML(w, http.StatusNotFound, "404 Not Found")
		return
	}
	how := "attachment"
	if f.inline {
		how = "inline"
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Disposition", fmt.Sprintf(`%s; filename="%s"; filename*=utf-8''%s`, how, asciiName(f.name), rfc5987(f.name)))
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", f.created, bytes.NewReader(f.data))
}

// asciiName is the name for clients that know no better.
func asciiName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\' || r == '/' || unicode.IsControl(r):
			return '_'
		case r > unicode.MaxASCII:
			return translit(r)
		}
		return r
	}, name)
}

// translit is a poor one, letter by letter; nobody should rely on the ASCII name.
func translit(r rune) rune {
	const (
		from = "абвгдежзийклмнопрстуфхцчшщыэюяäöüéèñ"
		to   = "abvgdejziyklmnoprstufhccssyeuaaoueen"
	)
	if i := slices.Index([]rune(from), unicode.ToLower(r)); i >= 0 {
		return rune(to[i])
	}
	return '_'
}

func rfc5987(name string) string { return strings.ReplaceAll(url.QueryEscape(name), "+", "%20") }

// plainFailure is how show_file.php and crm_show_file.php fail: in words, with status 200.
func plainFailure(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	_, _ = w.Write([]byte(text))
}
