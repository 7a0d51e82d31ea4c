package web

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/views"
)

// linkToken is what a setup link ends with: 256 bits in base64. The hexadecimal
// id under which the link is stored is no such thing.
var linkToken = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// signInState travels to the portal and back while the owner of a link proves
// who he is. It is sealed, and works for the one link until that ends. It needs
// no tie to the browser: whoever comes back with it is asked of the portal, and
// sees something only when he is the link's owner.
type signInState struct {
	Enrolment string    `json:"i"`
	Ends      time.Time `json:"x"`
}

// invitation is the page of a setup link. It shows nothing secret and changes
// nothing: messengers fetch links to preview them.
func (s *Server) invitation(c echo.Context) error {
	token := c.Param("token")
	if !linkToken.MatchString(token) {
		return app.Fail(app.NotFound, "find link", "link.unknown")
	}
	ctx := c.Request().Context()
	e, err := s.config.Enrolments.Find(ctx, token)
	if err != nil {
		return app.Wrap("find link", err)
	}
	if err := s.linkWorks(e); err != nil {
		return err
	}
	p, err := s.config.Portals.Portal(ctx, e.Portal)
	if err != nil {
		return app.Wrap("find portal", err)
	}
	if p.LinkAlone && p.Installed() {
		// The secret is not made before a press: what fetches links to preview them
		// gets none.
		return s.welcome(newCall(c, app.Visit{Portal: e.Portal, User: e.User, Unproven: true, Language: guessLanguage(c.Request())}), e)
	}
	state, err := s.seal(signInState{Enrolment: e.ID, Ends: e.ExpiresAt}, stateUse)
	if err != nil {
		return err
	}
	signIn, err := s.config.Visitors.AuthorizeURL(ctx, e.Portal, state)
	if err != nil {
		return app.Wrap("make sign-in address", err)
	}
	words := wordsOf(c)
	page := views.Page{T: words.T, Lang: words.Language(), Title: words.T("title.enrol"), Kind: "enrol"}
	return s.page(c, http.StatusOK, "'none'", views.InvitationPage(page, views.Invitation{
		T: words.T, Portal: p.Domain, Left: words.T("enrol.left", e.ExpiresAt.Sub(s.config.Now())),
		SignIn: views.Action{Words: words.T("enrol.sign-in-button"), Icon: "lock", Link: signIn},
	}))
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
	var state signInState
	if err := s.unseal(text, stateUse, &state); err != nil {
		return app.Fail(app.Invalid, "return from portal", "link.again").Because(err)
	}
	if !s.config.Now().Before(state.Ends) {
		return app.Fail(app.Conflict, "return from portal", "link.expired")
	}
	ctx := c.Request().Context()
	e, err := s.config.Enrolments.FindID(ctx, state.Enrolment)
	if err != nil {
		return app.Wrap("find link", err)
	}
	v, err := s.config.Visitors.IdentifyCode(ctx, e.Portal, code)
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
	return s.welcome(now, e)
}

// welcome greets the owner of a link and gives the page its Session.
func (s *Server) welcome(c *call, e app.Enrolment) error {
	p, err := s.config.Portals.Portal(c.Request().Context(), e.Portal)
	if err != nil {
		return app.Wrap("find portal", err)
	}
	choices, err := s.config.Signing.Choices(c.Request().Context(), c.visit)
	if err != nil && !errors.Is(err, app.NotFound) && !errors.Is(err, app.Forbidden) {
		return app.Wrap("find phone", err)
	}
	if c.visit.Unproven {
		c.visit.Name = choices.Account.Name
	}
	held := newSession(doorOwner, c.visit, s.config.Now())
	held.Enrolment = e.ID
	token, err := s.seal(held, sessionUse)
	if err != nil {
		return err
	}
	page := views.Page{
		T: c.T, Lang: c.words.Language(), Title: c.T("title.enrol"), Kind: "enrol", Script: "enrol.js", Session: token,
	}
	return s.page(c, http.StatusOK, "'none'", views.WelcomePage(page, views.Welcome{
		T: c.T, Name: c.visit.Name, Portal: p.Domain, Left: c.T("enrol.left", e.ExpiresAt.Sub(s.config.Now())),
		Rebind: choices.HasPhone,
		Show:   views.Action{Words: c.T("enrol.show"), Icon: "phone", Post: "/api/enrolment/show"},
	}))
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
