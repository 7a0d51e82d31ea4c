package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/i18n"
)

// call is a request that has come through a door: who calls, and in which
// language the answer is.
type call struct {
	echo.Context
	visit app.Visit
	words *i18n.Printer
	// enrolment is the id of the link whose owner calls; for doorOwner only.
	enrolment string
	// pictured tells that pages can be shown.
	pictured bool
	// asks tells that colleagues can be asked to sign.
	asks bool
	// now is when the call came.
	now time.Time
	// notice is a word about what was just done, for the next screen.
	notice string
	// streams tells that the answer is a stream of events, which has begun.
	streams bool
}

// T is the message under the key in the visitor's language.
func (c *call) T(key string, args ...any) string { return c.words.T(key, args...) }

// newCall gives the call of a visitor.
func newCall(c echo.Context, v app.Visit) *call {
	words := i18n.For(v.Language).In(v.TimeZone)
	c.Set(languageKey, words)
	c.Set(portalKey, v.Portal)
	return &call{Context: c, visit: v, words: words}
}

// What a request's context holds for errors.go and the log.
const (
	languageKey = "signservice.words"
	portalKey   = "signservice.portal"
	numberKey   = "signservice.number"
	fateKey     = "signservice.fate"
)

// maxBody limits what a call or a form may carry, in bytes.
const maxBody = 64 << 10

// maxFile limits a call that carries a file as base64.
const maxFile = admin.MaxCertificateFile*4/3 + maxBody

// read decodes the JSON body into v. Anything but one JSON value of the known
// fields is refused.
func (c *call) read(v any) error { return readJSON(c.Request(), v) }

// checkJSON refuses a call that does not say that it brings JSON.
func checkJSON(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return app.Fail(app.Unsupported, "read call", "call.not-json")
	}
	return nil
}

func readJSON(r *http.Request, v any) error {
	if err := checkJSON(r); err != nil {
		return err
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return unreadable(err)
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return unreadable(err)
	}
	return nil
}

// unreadable turns a decoding error into the domain's words.
func unreadable(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return app.Fail(app.TooLarge, "read call", "").Because(err)
	}
	return app.Fail(app.Invalid, "read call", "call.unreadable").Because(err)
}
