package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/views"
)

// problem is an error as a page's script gets it.
type problem struct {
	Kind    app.Kind `json:"kind"`
	Key     string   `json:"key"`
	Message string   `json:"message"`
	// Facts say whether the file changed and whether the code was used up.
	Facts []string `json:"facts,omitempty"`
	// Number is a sentence with the number under which the cause is in the log.
	Number string `json:"number,omitempty"`
	// Field is the form's field that the message is about, if it is about one.
	Field string `json:"field,omitempty"`
	// After is how many seconds to wait before trying again.
	After int `json:"after,omitempty"`
	// Count is Message for a page that counts After down: {s} stands for seconds,
	// {m} for minutes and seconds.
	Count string `json:"count,omitempty"`
	// Over tells that nothing on the page works any more: HTML takes its place.
	Over bool `json:"over,omitempty"`
	// HTML is Message, Facts and Number as the page shows them.
	HTML string `json:"html"`
}

// fate says which of the standard sentences an answer carries.
type fate int

// The fates: none; whether the file changed; that and whether the code was
// used up; the code alone, where there is no file of the portal's.
const (
	fateNone fate = iota
	fateFile
	fateCode
	fateTest
)

// status is the one place where kinds become HTTP.
func status(k app.Kind) int {
	switch k {
	case app.Invalid:
		return http.StatusUnprocessableEntity
	case app.Unauthenticated:
		return http.StatusUnauthorized
	case app.Forbidden:
		return http.StatusForbidden
	case app.NotFound:
		return http.StatusNotFound
	case app.Conflict:
		return http.StatusConflict
	case app.TooLarge:
		return http.StatusRequestEntityTooLarge
	case app.Unsupported:
		return http.StatusUnsupportedMediaType
	case app.Locked:
		return http.StatusLocked
	case app.RateLimited:
		return http.StatusTooManyRequests
	case app.Upstream:
		return http.StatusBadGateway
	case app.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// handleError answers for every error of every handler: as JSON to a script, as
// a page to a browser. The cause goes to the log, with the number that the
// person is told.
func (s *Server) handleError(err error, c echo.Context) {
	failure := asFailure(err)
	code := status(failure.Kind)
	s.logError(c, err, failure.Kind, code)
	if c.Response().Committed {
		return
	}
	if after := waiting(failure); after > 0 {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(after))
	}
	if failure.Key == "portal.session" {
		c.Response().Header().Set(sessionState, "expired") // a fresh authorization from the frame may help
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	words := wordsOf(c)
	if forScript(c.Request()) {
		p, drawn := s.told(c, failure)
		err = errors.Join(drawn, c.JSON(code, p))
	} else {
		err = s.refuse(c, code, refusal(failure, words, numberOf(c)))
	}
	if err != nil {
		s.config.Log.WarnContext(c.Request().Context(), "answer error", "number", numberOf(c), "error", err)
	}
}

// told is the failure as a page's script gets it.
func (s *Server) told(c echo.Context, failure *app.Error) (problem, error) {
	words := wordsOf(c)
	p := problemOf(failure, words, fateOf(c), numberOf(c))
	var shown templ.Component = views.AlertBox(alert(p, words, fateOf(c)))
	if p.Over = over(c.Request(), failure); p.Over {
		shown = views.NoticeCard(refusal(failure, words, numberOf(c)))
	}
	var err error
	p.HTML, err = html(c.Request().Context(), shown)
	return p, err
}

// asFailure gives the domain's error in err; Echo's own become one.
func asFailure(err error) *app.Error {
	var failure *app.Error
	if errors.As(err, &failure) {
		return failure
	}
	var h *echo.HTTPError
	if errors.As(err, &h) {
		switch h.Code {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return app.Fail(app.NotFound, "route", "call.no-page")
		case http.StatusRequestEntityTooLarge:
			return app.Fail(app.TooLarge, "read call", "")
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return app.Fail(app.Unavailable, "", "").Because(err)
	}
	return app.Fail(app.KindOf(err), "", "").Because(err)
}

// problemOf is the failure in the person's words.
func problemOf(failure *app.Error, words *i18n.Printer, f fate, number string) problem {
	p := problem{
		Kind: failure.Kind, Key: failure.MessageKey(), Message: message(failure.MessageKey(), failure.Kind, failure.Args, words),
		Field: fieldOf(failure.MessageKey()), After: waiting(failure),
		Facts: fates(f, failure.MessageKey(), failure.FileChanged, failure.CodeUsed, words),
	}
	switch p.Key {
	case "code.used":
		p.Count = words.T(p.Key, "{s}")
	case "code.wait":
		p.Count = words.T(p.Key, "{m}")
	}
	if failure.Kind == app.Internal || failure.Kind == app.Upstream {
		p.Number = words.T("fate.number", number)
	}
	return p
}

// over tells that an enrolment has come to its end without a phone: the page
// that asked holds a secret and a form which are good for nothing now.
func over(r *http.Request, failure *app.Error) bool {
	return strings.HasPrefix(r.URL.Path, "/api/enrolment/") &&
		(strings.HasPrefix(failure.Key, "link.") || failure.Key == "enrolment.failed")
}

// alert is a problem as the page shows it. Where the document or the order is
// no longer what the person saw, the way to the present state stands below.
func alert(p problem, words *i18n.Printer, f fate) views.Alert {
	a := views.Alert{What: p.Message, Facts: p.Facts, Number: p.Number}
	if f != fateNone && f != fateTest && (p.Kind == app.Conflict || p.Kind == app.NotFound) {
		a.Action = &views.Action{Words: words.T("sign.all-documents"), Icon: "document", Get: "/api/sign?list=1"}
	}
	return a
}

// message is the text of a key, or of its kind where the key has none.
func message(key string, kind app.Kind, args []any, words *i18n.Printer) string {
	if words.Has(key) {
		return words.T(key, args...)
	}
	if words.Has("error." + string(kind)) {
		return words.T("error." + string(kind))
	}
	return words.T("error.internal")
}

// fates are the standard sentences. That a refused code was not used up is not
// worth a sentence of its own. What became of an order that was given before,
// in another tab perhaps, is seen there and not said here.
func fates(f fate, key string, fileChanged, codeUsed bool, words *i18n.Printer) []string {
	if f == fateNone || key == "request.already" {
		return nil
	}
	var list []string
	switch {
	case f == fateTest:
	case fileChanged:
		list = append(list, words.T("fate.file-changed"))
	default:
		list = append(list, words.T("fate.file-unchanged"))
	}
	if f == fateCode || f == fateTest {
		switch {
		case codeUsed:
			list = append(list, words.T("fate.code-used"))
		case !strings.HasPrefix(key, "code."):
			list = append(list, words.T("fate.code-kept"))
		}
	}
	return list
}

// fieldOf names the form's field that a message is about.
func fieldOf(key string) string {
	switch key {
	case "order.certificate", "certificate.not-assigned", "certificate.unknown", "certificate.not-yet", "certificate.expired",
		"certificate.last-day", "certificate.revoked", "certificate.token-absent", "certificate.token-fault":
		return "certificate"
	case "order.page":
		return "page"
	case "order.placement", "document.signet-too-small":
		return "position"
	case "invitation.self", "invitation.person", "invitation.already":
		return "user"
	case "invitation.reason":
		return "reason"
	case "order.confirm":
		return "confirm"
	case "order.reason-long", "order.reason-characters":
		return "reason"
	case "code.wrong", "code.old", "code.used", "code.malformed", "code.wait", "enrolment.clock-slow", "enrolment.clock-fast":
		return "code"
	}
	return formFields()[key]
}

// waiting is how many seconds to wait before trying again; 0 for no advice.
func waiting(failure *app.Error) int {
	if failure.After > 0 {
		return int((failure.After + time.Second - 1) / time.Second)
	}
	if failure.Kind == app.Unavailable {
		return 5
	}
	return 0
}

// refusal is the page of an error that no script is there to show.
func refusal(failure *app.Error, words *i18n.Printer, number string) views.Notice {
	n := views.Notice{
		T: words.T, Icon: "alert", Tone: "warn", Title: words.T("refusal.title"),
		Text: message(failure.MessageKey(), failure.Kind, failure.Args, words),
	}
	switch {
	case failure.Kind == app.Internal || failure.Kind == app.Upstream:
		n.Tone, n.Number = "bad", words.T("fate.number", number)
	case linkItself(failure):
		n.Title = words.T("refusal.link")
	case failure.Kind == app.Forbidden:
		n.Icon, n.Title = "lock", words.T("refusal.forbidden")
	}
	return n
}

// linkItself tells that it is the link that does not work, and not its visitor
// who may not.
func linkItself(failure *app.Error) bool {
	switch failure.Key {
	case "enrolment.failed", "link.not-alone":
		return true
	}
	return strings.HasPrefix(failure.Key, "link.") && failure.Kind != app.Forbidden
}

// forScript tells whether a page's script called, which reads JSON.
func forScript(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/session"
}

// wordsOf speaks the visitor's language as far as it is known.
func wordsOf(c echo.Context) *i18n.Printer {
	if words, ok := c.Get(languageKey).(*i18n.Printer); ok {
		return words
	}
	return i18n.For(guessLanguage(c.Request()))
}

// guessLanguage is the language of a visitor whom nobody has identified: what
// the portal's frame says, or the browser.
func guessLanguage(r *http.Request) string {
	if lang := r.URL.Query().Get("LANG"); lang != "" {
		return lang
	}
	for _, part := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		lang, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(lang), "-")
		if base == "en" || i18n.Language(base) != "en" {
			return base
		}
	}
	return "en"
}

func fateOf(c echo.Context) fate {
	f, _ := c.Get(fateKey).(fate)
	return f
}

func numberOf(c echo.Context) string {
	n, _ := c.Get(numberKey).(string)
	return n
}

// logError writes the cause once, at the edge.
func (s *Server) logError(c echo.Context, err error, kind app.Kind, code int) {
	level := slog.LevelInfo
	if code >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	portal, _ := c.Get(portalKey).(app.PortalID)
	s.config.Log.LogAttrs(c.Request().Context(), level, "call refused",
		slog.String("number", numberOf(c)), slog.String("route", c.Path()), slog.String("kind", string(kind)),
		slog.String("portal", string(portal)), slog.Any("error", err))
}
