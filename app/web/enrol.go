package web

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/views"
)

// linkToken is what a setup link ends with: 256 bits in base64. The hexadecimal
// id under which the link is stored is no such thing.
var linkToken = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// signInState travels to the portal and back while the owner of a link proves
// who he is, and stays in the page's address after it. It is sealed, and works
// for the one link until that ends. It needs no tie to the browser and is no
// secret: whoever comes with it is asked to sign in at the portal, and sees
// something only when he is the link's owner.
type signInState struct {
	Enrolment string    `json:"i"`
	Ends      time.Time `json:"x"`
}

// backPath is where a page that was loaded anew begins again; the sealed state
// follows. A phone drops the page while its owner is in FreeOTP.
const backPath = "/enrol/back/"

// invitation is the page of a setup link. It shows nobody's name, nothing secret
// and changes nothing: messengers fetch links to preview them.
func (s *Server) invitation(c echo.Context) error {
	e, p, err := s.linkOf(c.Request().Context(), c.Param("token"))
	if err != nil {
		return err
	}
	if p.LinkAlone && p.Installed() {
		words := wordsOf(c)
		page := enrolPage(words)
		page.Script = "enrol.js"
		return s.page(c, http.StatusOK, "'none'", views.InvitationPage(page, views.Invitation{
			T: words.T, Portal: p.Domain, Left: words.T("enrol.left", e.ExpiresAt.Sub(s.config.Now())), Alone: true,
			Go: views.Action{Words: words.T("enrol.begin"), Icon: "phone", Post: "/api/enrolment/open"},
		}))
	}
	return s.askSignIn(c, e, p, false)
}

// linkOf gives a link that works, by its token, and its portal.
func (s *Server) linkOf(ctx context.Context, token string) (app.Enrolment, app.Portal, error) {
	if !linkToken.MatchString(token) {
		return app.Enrolment{}, app.Portal{}, app.Fail(app.NotFound, "find link", "link.unknown")
	}
	e, err := s.config.Enrolments.Find(ctx, token)
	return s.working(ctx, e, err)
}

// working gives a link that was found and works, and its portal.
func (s *Server) working(ctx context.Context, e app.Enrolment, err error) (app.Enrolment, app.Portal, error) {
	if err != nil {
		return app.Enrolment{}, app.Portal{}, app.Wrap("find link", err)
	}
	if err := s.linkWorks(e); err != nil {
		return app.Enrolment{}, app.Portal{}, err
	}
	p, err := s.config.Portals.Portal(ctx, e.Portal)
	if err != nil {
		return app.Enrolment{}, app.Portal{}, app.Wrap("find portal", err)
	}
	return e, p, nil
}

// askSignIn sends the visitor of a link to the sign-in at its portal.
func (s *Server) askSignIn(c echo.Context, e app.Enrolment, p app.Portal, again bool) error {
	state, err := s.seal(signInState{Enrolment: e.ID, Ends: e.ExpiresAt}, stateUse)
	if err != nil {
		return err
	}
	signIn, err := s.config.Visitors.AuthorizeURL(c.Request().Context(), e.Portal, state)
	if err != nil {
		return app.Wrap("make sign-in address", err)
	}
	words := wordsOf(c)
	return s.page(c, http.StatusOK, "'none'", views.InvitationPage(enrolPage(words), views.Invitation{
		T: words.T, Portal: p.Domain, Left: words.T("enrol.left", e.ExpiresAt.Sub(s.config.Now())), Again: again,
		Go: views.Action{Words: words.T("enrol.sign-in-button"), Icon: "lock", Link: signIn},
	}))
}

// enrolPage is the frame of the enrolment page.
func enrolPage(words *i18n.Printer) views.Page {
	return views.Page{T: words.T, Lang: words.Language(), Title: words.T("title.enrol"), Kind: "enrol"}
}

// back is the page after it was loaded anew: the invitation again, whatever
// brought the visitor in at first. After the sign-in the same secret goes on.
func (s *Server) back(c echo.Context) error {
	state, err := s.signInStateOf(c.Param("state"))
	if err != nil {
		return err
	}
	e, err := s.config.Enrolments.FindID(c.Request().Context(), state.Enrolment)
	e, p, err := s.working(c.Request().Context(), e, err)
	if err != nil {
		return err
	}
	return s.askSignIn(c, e, p, true)
}

// signInStateOf opens the state that came back.
func (s *Server) signInStateOf(text string) (signInState, error) {
	var state signInState
	if err := s.unseal(text, stateUse, &state); err != nil {
		return state, app.Fail(app.Invalid, "return from portal", "link.again").Because(err)
	}
	if !s.config.Now().Before(state.Ends) {
		return state, app.Fail(app.Conflict, "return from portal", "link.expired")
	}
	return state, nil
}

// linkWorks refuses a link that is used, withdrawn or too old.
func (s *Server) linkWorks(e app.Enrolment) error {
	switch {
	case e.State == app.EnrolmentUsed:
		return app.Fail(app.Conflict, "open link", "link.used")
	case e.State == app.EnrolmentWithdrawn:
		return app.Fail(app.Conflict, "open link", "link.withdrawn")
	case !e.Open(s.config.Now()):
		return app.Fail(app.Conflict, "open link", "link.expired")
	}
	return nil
}

// returned is where the portal sends the browser back after the sign-in. The
// owner of the link is greeted; the secret is not made yet.
func (s *Server) returned(c echo.Context) error {
	code, text := c.QueryParam("code"), c.QueryParam("state")
	if code == "" || text == "" {
		return app.Fail(app.NotFound, "open page", "call.open-in-portal")
	}
	state, err := s.signInStateOf(text)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	e, err := s.config.Enrolments.FindID(ctx, state.Enrolment)
	if err != nil {
		return app.Wrap("find link", err)
	}
	v, err := s.config.Visitors.IdentifyCode(ctx, e.Portal, code)
	if errors.Is(err, app.Unauthenticated) {
		// A code works once: this is the page loaded anew before its script had
		// changed the address, or a sign-in that took too long.
		return c.Redirect(http.StatusSeeOther, backPath+text)
	}
	if err != nil {
		return app.Wrap("identify visitor", err)
	}
	v.Slot, v.Entity = app.SlotNone, app.Entity{}
	if v.Language == "" {
		v.Language = guessLanguage(c.Request())
	}
	now := newCall(c, v)
	if e, err = s.config.Enrolments.Look(ctx, state.Enrolment, v); err != nil {
		return app.Wrap("look at link", err)
	}
	if err := s.linkWorks(e); err != nil {
		return err
	}
	w, token, err := s.welcome(now, e)
	if err != nil {
		return err
	}
	page := enrolPage(now.words)
	page.Script, page.Session, page.Data = "enrol.js", token, map[string]string{"back": backPath + text}
	page.Theme = string(s.config.Signing.Theme(ctx, v))
	return s.page(c, http.StatusOK, "'none'", views.WelcomePage(page, w))
}

// openLink lets the holder of a link in where that is enough. It takes JSON, as
// nothing sends that fetches links to preview them, so that such a visitor is
// told no name and given no Session.
func (s *Server) openLink(c echo.Context) error {
	var in struct {
		Link string `json:"link"`
	}
	if err := readJSON(c.Request(), &in); err != nil {
		return err
	}
	e, p, err := s.linkOf(c.Request().Context(), in.Link)
	if err != nil {
		return err
	}
	if !p.LinkAlone || !p.Installed() {
		return app.Fail(app.Forbidden, "open link", "link.not-alone")
	}
	now := newCall(c, app.Visit{Portal: e.Portal, User: e.User, Unproven: true, Language: guessLanguage(c.Request())})
	w, token, err := s.welcome(now, e)
	if err != nil {
		return err
	}
	text, err := html(c.Request().Context(), views.WelcomeCard(w))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, opened{HTML: text, Session: token})
}

// opened is the answer to a link that was enough.
type opened struct {
	HTML    string `json:"html"`
	Session string `json:"session"`
}

// welcome greets the owner of a link; with it goes the page's Session, which
// ends with the link.
func (s *Server) welcome(c *call, e app.Enrolment) (views.Welcome, string, error) {
	p, err := s.config.Portals.Portal(c.Request().Context(), e.Portal)
	if err != nil {
		return views.Welcome{}, "", app.Wrap("find portal", err)
	}
	choices, err := s.config.Signing.Choices(c.Request().Context(), c.visit)
	if err != nil && !errors.Is(err, app.NotFound) && !errors.Is(err, app.Forbidden) {
		return views.Welcome{}, "", app.Wrap("find phone", err)
	}
	if c.visit.Unproven {
		c.visit.Name = choices.Account.Name
	}
	token, err := s.seal(ownerSession(c.visit, e), sessionUse)
	if err != nil {
		return views.Welcome{}, "", err
	}
	return views.Welcome{
		T: c.T, Name: c.visit.Name, Portal: p.Domain, Left: c.T("enrol.left", e.ExpiresAt.Sub(s.config.Now())),
		Rebind: choices.HasPhone, Alone: c.visit.Unproven,
		Show: views.Action{Words: c.T("enrol.show"), Icon: "phone", Post: "/api/enrolment/show"},
	}, token, nil
}

// showSecret makes the secret and shows it to the link's owner.
func (s *Server) showSecret(c *call) error {
	shown, err := s.config.Enrolments.Show(c.Request().Context(), c.enrolment, c.visit)
	if err != nil {
		return app.Wrap("show secret", err)
	}
	qr, err := drawQR(shown.URI.Reveal())
	if err != nil {
		return app.Wrap("draw QR code", err)
	}
	return c.section("", views.SecretCard(views.Secret{
		T: c.T, Name: c.visit.Name, QR: qr, URI: shown.URI.Reveal(), Key: groups(shown.Secret.Reveal()),
		Issuer: shown.Issuer, Account: shown.Label, Left: c.T("enrol.left", shown.ExpiresAt.Sub(s.config.Now())),
		Again: shown.Again,
	}))
}

// groups writes a key in groups of four, as people type it.
func groups(key string) string {
	var list []string
	for len(key) > 4 {
		list, key = append(list, key[:4]), key[4:]
	}
	return strings.Join(append(list, key), " ")
}

// confirmPhone binds the phone when its first code is right.
func (s *Server) confirmPhone(c *call) error {
	var in struct {
		Code string `json:"code"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.config.Enrolments.Confirm(c.Request().Context(), c.enrolment, c.visit, in.Code); err != nil {
		return app.Wrap("confirm phone", err)
	}
	return c.section("", views.NoticeCard(views.Notice{
		T: c.T, Icon: "check", Tone: "good", Title: c.T("enrol.done"), Text: c.T("enrol.done-text"),
	}))
}
