package web

import (
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"signservice/app"
	"signservice/app/signing"
)

// original and signed give the two versions of a document as files.
func (s *Server) original(c *call) error { return s.file(c, signing.Original) }

func (s *Server) signed(c *call) error { return s.file(c, signing.Signed) }

func (s *Server) file(c *call, which signing.Which) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	f, size, name, err := s.config.Signing.Open(c.Request().Context(), c.visit, id, which)
	if err != nil {
		return app.Wrap("open file", err)
	}
	defer f.Close() //nolint:errcheck // only read
	h := c.Response().Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Content-Disposition", attachment(versionName(name, c.T("file."+string(which)))))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	c.Response().WriteHeader(http.StatusOK)
	if _, err := io.Copy(c.Response(), f); err != nil {
		s.logError(c, err, app.KindOf(err), http.StatusOK)
		panic(http.ErrAbortHandler) // a cut file must not look whole
	}
	return nil
}

// versionName says in the file's name which version it is.
func versionName(name, version string) string {
	ext := path.Ext(name)
	if len(ext) > 5 {
		ext = ""
	}
	return strings.TrimSuffix(name, ext) + " (" + version + ")" + ext
}

// maxName is the longest file name that is sent, in runes.
const maxName = 150

// attachment is the header by which a browser saves a file under the name, as
// RFC 6266 writes it. Paths and control characters are taken out of the name.
func attachment(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '/', r == '\\':
			return -1
		case strings.ContainsRune(`<>:"|?*`, r): // Windows refuses them
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if utf8.RuneCountInString(name) > maxName {
		runes, ext := []rune(name), path.Ext(name)
		if len(ext) > 5 {
			ext = ""
		}
		name = string(runes[:maxName-utf8.RuneCountInString(ext)]) + ext
	}
	if name == "" {
		name = "document.pdf"
	}
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
