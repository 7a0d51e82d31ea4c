package web

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/app/i18n"
	"signservice/views"
)

// identify reads what a portal's frame posts and asks who it is. Query and
// body are put together; of the body only a form is taken.
func (s *Server) identify(c echo.Context) (app.Visit, error) {
	r := c.Request()
	if err := r.ParseForm(); err != nil {
		return app.Visit{}, unreadable(err)
	}
	v, err := s.config.Visitors.Identify(r.Context(), r.Form)
	if err != nil {
		return app.Visit{}, app.Wrap("identify visitor", err)
	}
	if err := s.config.Admin.Seen(r.Context(), v); err != nil { // the page can do without
		s.config.Log.WarnContext(r.Context(), "remember visitor", "portal", v.Portal, "error", err)
	}
	return v, nil
}

// framePage answers a portal's frame with a page that carries a Session.
func (s *Server) framePage(c echo.Context, d door, v app.Visit, draw func(*call, views.Page) templ.Component) error {
	p, err := s.config.Portals.Portal(c.Request().Context(), v.Portal)
	if err != nil {
		return app.Wrap("find portal", err)
	}
	token, err := s.seal(newSession(d, v, s.config.Now()), sessionUse)
	if err != nil {
		return err
	}
	now := newCall(c, v)
	page := views.Page{
		T: now.T, Lang: now.words.Language(), Title: now.T("title.app"), Session: token,
		Theme: string(s.config.Signing.Theme(c.Request().Context(), v)), ThemeAt: themePath(d),
	}
	return s.page(c, http.StatusOK, framedBy(p), draw(now, page))
}

// dealTab is the Sign tab in the card of an element, as the portal's frame
// opens it; also the entries in its menus.
func (s *Server) dealTab(c echo.Context) error {
	v, err := s.identify(c)
	if err != nil {
		return err
	}
	if v.Slot.Kind() == 0 {
		newCall(c, v)
		return app.Fail(app.Invalid, "open tab", "visit.slot")
	}
	if v.Entity.ID == 0 { // a deal that is being created has no number yet
		newCall(c, v)
		return app.Fail(app.Invalid, "open tab", "deal.none")
	}
	return s.signPage(c, v)
}

// signPage shows the Sign tab of the visit's element.
func (s *Server) signPage(c echo.Context, v app.Visit) error {
	return s.framePage(c, doorDeal, v, func(now *call, p views.Page) templ.Component {
		p.Kind, p.Script = "sign", "sign.js"
		return views.SignPage(p)
	})
}

// mainPage is the app's own page: the settings, for administrators.
func (s *Server) mainPage(c echo.Context) error {
	v, err := s.identify(c)
	if err != nil {
		return err
	}
	if v.Slot != app.SlotMain {
		newCall(c, v)
		return app.Fail(app.Invalid, "open settings", "visit.slot")
	}
	if v.Entity.ID != 0 { // a button of ours in an element's timeline
		return s.signPage(c, v)
	}
	if !v.Admin {
		newCall(c, v)
		return app.Fail(app.Forbidden, "open settings", "settings.administrators-only")
	}
	s.looks.seen(string(v.Portal) + "/" + string(v.User))
	return s.framePage(c, doorAdmin, v, func(now *call, p views.Page) templ.Component {
		p.Kind, p.Script = "settings", "settings.js"
		return views.SettingsPage(p, s.sections(now.words))
	})
}

// sections are the settings, in their order.
func (s *Server) sections(words *i18n.Printer) []views.Section {
	var list []views.Section
	for _, name := range []string{"overview", "accounts", "certificates", "authority", "assignments", "signet", "defaults", "places", "journal"} {
		if name == "authority" && s.config.Authorities == nil || name == "places" && s.config.Places == nil {
			continue
		}
		list = append(list, views.Section{Name: name, Words: words.T("settings." + name)})
	}
	return list
}

// installPage is shown once, while the portal installs the app: slots and
// events are bound, then the page's script tells the portal that all is done.
func (s *Server) installPage(c echo.Context) error {
	v, err := s.identify(c)
	if err != nil {
		return err
	}
	now := newCall(c, v)
	if !v.Admin {
		return app.Fail(app.Forbidden, "install", "install.administrators-only")
	}
	if err := s.config.Installer.Install(c.Request().Context(), v); err != nil {
		return app.Wrap("install", err)
	}
	p, err := s.config.Portals.Portal(c.Request().Context(), v.Portal)
	if err != nil {
		return app.Wrap("find portal", err)
	}
	return s.page(c, http.StatusOK, framedBy(p), views.InstallPage(
		views.Page{T: now.T, Lang: now.words.Language(), Title: now.T("title.app"), Kind: "install", Script: "install.js"},
		views.Notice{T: now.T, Icon: "check", Tone: "good", Title: now.T("install.done"), Text: now.T("install.next")},
	))
}

// event takes an event of the portal's server. The answer says nothing: nobody
// reads it.
func (s *Server) event(c echo.Context) error {
	if err := c.Request().ParseForm(); err != nil {
		return unreadable(err)
	}
	if err := s.config.Visitors.Event(c.Request().Context(), c.Request().PostForm); err != nil {
		return app.Wrap("take event", err)
	}
	return c.NoContent(http.StatusOK)
}

// renewal is what a page's script has got from the portal's frame.
type renewal struct {
	AuthID      string `json:"authId"`
	AuthExpires string `json:"authExpires"`
	RefreshID   string `json:"refreshId"`
}

// renew gives a page whose Session has run out a new one: for the same user of
// the same portal, who proves to be so anew, and for the same slot and element.
func (s *Server) renew(c echo.Context) error {
	var old session
	bearer := bearerOf(c.Request())
	if err := s.unseal(bearer, sessionUse, &old); err != nil {
		return err
	}
	newCall(c, old.visit())
	var in renewal
	if err := readJSON(c.Request(), &in); err != nil {
		return err
	}
	if old.Door != doorDeal && old.Door != doorAdmin || s.config.Now().After(old.Ends.Add(renewable)) {
		return app.Fail(app.Unauthenticated, "renew session", "")
	}
	v, err := s.config.Visitors.Identify(c.Request().Context(), url.Values{
		"AUTH_ID": {in.AuthID}, "AUTH_EXPIRES": {in.AuthExpires}, "REFRESH_ID": {in.RefreshID},
		"member_id": {string(old.Portal)}, "PLACEMENT": {string(old.Slot)}, "LANG": {old.Language},
	})
	if err != nil {
		return app.Wrap("identify visitor", err)
	}
	if v.Portal != old.Portal || v.User != old.User || old.Door == doorAdmin && !v.Admin {
		return app.Fail(app.Forbidden, "renew session", "session.other-user")
	}
	v.Slot, v.Entity, v.Language, v.Invitation = old.Slot, old.Entity, old.Language, old.Invitation
	token, err := s.seal(newSession(old.Door, v, s.config.Now()), sessionUse)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, map[string]string{"session": token})
}
