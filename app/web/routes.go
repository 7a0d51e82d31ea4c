package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/static"
)

// route is one row of the table: the only way by which a handler is reached.
type route struct {
	method, path string
	door         door
	// fate says which standard sentences an error of this route carries.
	fate fate
	// body is the most that a call may carry, in bytes; 0 is maxBody.
	body int64
	// open handles doors without a Session, held those with one.
	open func(echo.Context) error
	held func(*call) error
}

// routes is every address of the service.
func (s *Server) routes() []route {
	list := []route{
		{method: "GET", path: "/livez", door: doorPublic, open: s.live},
		{method: "GET", path: "/readyz", door: doorPublic, open: s.ready},
		{method: "GET", path: static.Prefix + "*", door: doorPublic, open: s.static},
		{method: "HEAD", path: static.Prefix + "*", door: doorPublic, open: s.static},

		{method: "POST", path: "/bx/install", door: doorFrame, open: s.installPage},
		{method: "POST", path: "/bx/app", door: doorFrame, open: s.mainPage},
		{method: "POST", path: "/bx/deal-tab", door: doorFrame, open: s.dealTab},
		{method: "POST", path: "/bx/event", door: doorEvent, open: s.event},
		{method: "POST", path: "/session", door: doorFrame, open: s.renew},

		{method: "GET", path: "/enrol/:token", door: doorLink, open: s.invitation},
		{method: "GET", path: backPath + ":state", door: doorLink, open: s.back},
		{method: "GET", path: "/bx/app", door: doorLink, open: s.returned},
		{method: "POST", path: "/api/enrolment/open", door: doorLink, open: s.openLink},
		{method: "POST", path: "/api/enrolment/show", door: doorOwner, held: s.showSecret},
		{method: "POST", path: "/api/enrolment/confirm", door: doorOwner, held: s.confirmPhone},
	}
	list = append(append(list, s.signRoutes()...), s.adminRoutes()...)
	list = append(append(list, s.stuckRoutes()...), s.rehearsalRoutes()...)
	if s.config.Invitations != nil {
		list = append(list, s.invitationRoutes()...)
	}
	if s.config.Places != nil {
		list = append(list, s.placeRoutes()...)
	}
	return append(append(list, s.authorityRoutes()...), s.publicAuthorityRoutes()...)
}

// signRoutes are the calls of the Sign tab.
func (s *Server) signRoutes() []route {
	const request = "/api/sign/requests/:id"
	return []route{
		{method: "GET", path: "/api/sign", door: doorDeal, held: s.signStart},
		{method: "POST", path: "/api/sign/ask/:wish", door: doorDeal, held: s.askAdmin},
		{method: "POST", path: "/api/sign/phone", door: doorDeal, held: s.ownPhone},
		{method: "POST", path: "/api/sign/theme", door: doorDeal, held: s.theme},
		{method: "GET", path: "/api/sign/unsigned", door: doorDeal, held: s.unsigned},
		{method: "GET", path: "/api/sign/documents/details", door: doorDeal, held: s.details},
		{method: "POST", path: "/api/sign/documents", door: doorDeal, fate: fateFile, held: s.freeze},
		{method: "POST", path: "/api/sign/selection", door: doorDeal, fate: fateFile, held: s.freezeAll},
		{method: "POST", path: "/api/sign/orders", door: doorDeal, fate: fateCode, held: s.order},
		{method: "GET", path: "/api/sign/orders/:id", door: doorDeal, held: s.batch},
		{method: "GET", path: "/api/sign/orders/:id/events", door: doorDeal, held: s.batchEvents},
		{method: "POST", path: "/api/sign/signatures", door: doorDeal, held: s.signatures},
		{method: "GET", path: request, door: doorDeal, held: s.request},
		{method: "POST", path: request + "/sheet", door: doorDeal, held: s.sheet},
		{method: "POST", path: request + "/picture", door: doorDeal, held: s.picture},
		{method: "POST", path: request + "/signed-picture", door: doorDeal, held: s.signedPicture},
		{method: "POST", path: request + "/text", door: doorDeal, held: s.pageText},
		{method: "GET", path: request + "/events", door: doorDeal, held: s.events},
		{method: "POST", path: request + "/retry", door: doorDeal, fate: fateFile, held: s.retry},
		{method: "POST", path: request + "/cancel", door: doorDeal, fate: fateFile, held: s.cancel},
		{method: "GET", path: request + "/check", door: doorDeal, held: s.check},
		{method: "GET", path: request + "/original", door: doorDeal, held: s.original},
		{method: "GET", path: request + "/signed", door: doorDeal, held: s.signed},
	}
}

// adminRoutes are the calls of the settings page.
func (s *Server) adminRoutes() []route {
	return []route{
		{method: "POST", path: "/api/admin/theme", door: doorAdmin, held: s.theme},
		{method: "GET", path: "/api/admin/overview", door: doorAdmin, held: s.overview},
		{method: "GET", path: "/api/admin/people", door: doorAdmin, held: s.people},
		{method: "GET", path: "/api/admin/accounts", door: doorAdmin, held: s.accounts},
		{method: "GET", path: "/api/admin/accounts/new", door: doorAdmin, held: s.newAccount},
		{method: "GET", path: "/api/admin/accounts/:user", door: doorAdmin, held: s.account},
		{method: "POST", path: "/api/admin/accounts", door: doorAdmin, held: s.saveAccount},
		{method: "POST", path: "/api/admin/accounts/:user/delete", door: doorAdmin, held: s.deleteAccount},
		{method: "POST", path: "/api/admin/accounts/:user/link", door: doorAdmin, held: s.createLink},
		{method: "POST", path: "/api/admin/accounts/:user/send/:way", door: doorAdmin, held: s.sendLink},
		{method: "POST", path: "/api/admin/accounts/:user/link/:id/withdraw", door: doorAdmin, held: s.withdrawLink},
		{method: "POST", path: "/api/admin/link-alone", door: doorAdmin, held: s.setLinkAlone},
		{method: "GET", path: "/api/admin/certificates", door: doorAdmin, held: s.certificates},
		{method: "GET", path: "/api/admin/certificates/new", door: doorAdmin, held: s.newCertificate},
		{method: "POST", path: "/api/admin/certificates", door: doorAdmin, held: s.createCertificate},
		{method: "GET", path: "/api/admin/certificates/import", door: doorAdmin, held: s.newImport},
		{method: "POST", path: "/api/admin/certificates/import", door: doorAdmin, body: maxFile, held: s.importCertificate},
		{method: "GET", path: "/api/admin/certificates/:id", door: doorAdmin, held: s.certificate},
		{method: "GET", path: "/api/admin/owners", door: doorAdmin, held: s.owners},
		{method: "POST", path: "/api/admin/certificates/:id/owner", door: doorAdmin, held: s.setOwner},
		{method: "POST", path: "/api/admin/certificates/:id/chain", door: doorAdmin, body: maxFile, held: s.addChain},
		{method: "POST", path: "/api/admin/certificates/:id/delete", door: doorAdmin, held: s.removeCertificate},
		{method: "POST", path: "/api/admin/tokens", door: doorAdmin, held: s.addFromToken},
		{method: "POST", path: "/api/admin/tokens/pin", door: doorAdmin, held: s.enterPIN},
		{method: "POST", path: "/api/admin/tokens/pin/allow", door: doorAdmin, held: s.allowPIN},
		{method: "GET", path: "/api/admin/certificates/token/pin", door: doorAdmin, held: s.askPIN},
		{method: "GET", path: "/api/admin/certificates/token/key", door: doorAdmin, held: s.newTokenKey},
		{method: "POST", path: "/api/admin/tokens/key", door: doorAdmin, held: s.makeTokenKey},
		{method: "GET", path: "/api/admin/certificates/token/request", door: doorAdmin, held: s.newTokenRequest},
		{method: "POST", path: "/api/admin/tokens/request", door: doorAdmin, held: s.makeTokenRequest},
		{method: "GET", path: "/api/admin/tokens/request", door: doorAdmin, held: s.tokenRequestFile},
		{method: "GET", path: "/api/admin/certificates/token/certificate", door: doorAdmin, held: s.newTokenCertificate},
		{method: "POST", path: "/api/admin/tokens/certificate", door: doorAdmin, held: s.writeTokenCertificate},
		{method: "GET", path: "/api/admin/assignments", door: doorAdmin, held: s.assignments},
		{method: "POST", path: "/api/admin/assignments", door: doorAdmin, held: s.assign},
		{method: "POST", path: "/api/admin/assignments/limits", door: doorAdmin, held: s.limit},
		{method: "GET", path: "/api/admin/signet", door: doorAdmin, held: s.signet},
		{method: "POST", path: "/api/admin/signet", door: doorAdmin, body: maxFile, held: s.saveSignet},
		{method: "POST", path: "/api/admin/signet/sample", door: doorAdmin, body: maxFile, held: s.sample},
		{method: "GET", path: "/api/admin/defaults", door: doorAdmin, held: s.defaults},
		{method: "POST", path: "/api/admin/defaults", door: doorAdmin, held: s.saveDefaults},
		{method: "GET", path: "/api/admin/journal", door: doorAdmin, held: s.journal},
		{method: "GET", path: "/api/admin/journal/export", door: doorAdmin, held: s.exportJournal},
	}
}

// codeHeader brings the code with which an administrator confirms a dangerous
// act. It is no part of the call's body: any call may turn out to need one.
const codeHeader = "X-Confirmation-Code"

// through is the way through a route's door to its handler.
func (s *Server) through(r route) echo.HandlerFunc {
	if r.held == nil {
		return func(c echo.Context) error {
			if err := s.limited(r.door, c.RealIP(), "", ""); err != nil {
				return err
			}
			return r.open(c)
		}
	}
	return func(c echo.Context) error {
		c.Set(fateKey, r.fate)
		held, err := s.admit(c, r)
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		if err := r.held(held); err != nil {
			s.config.Admin.CodeRefused(c.Request().Context(), held.visit, err)
			return err
		}
		return nil
	}
}

// admit lets a call in whose Session was given for the route's door, in a
// portal where the app is still installed.
func (s *Server) admit(c echo.Context, r route) (*call, error) {
	var held session
	if err := s.unseal(bearerOf(c.Request()), sessionUse, &held); err != nil {
		return nil, err
	}
	v := held.visit()
	v.Address = c.RealIP()
	if r.door == doorAdmin {
		v.Code = app.Secret(c.Request().Header.Get(codeHeader))
	}
	now := newCall(c, v)
	now.enrolment, now.asks = held.Enrolment, s.config.Invitations != nil
	now.pictured, now.now = s.config.Signing.Pictured(), s.config.Now()
	if !s.config.Now().Before(held.Ends) {
		if held.Door == doorOwner { // it ends with the link, and nobody can renew it
			return nil, app.Fail(app.Conflict, "admit", "link.ended")
		}
		// The page's script asks the portal for a new one.
		c.Response().Header().Set(sessionState, "expired")
		return nil, app.Fail(app.Unauthenticated, "admit", "session.expired")
	}
	if held.Door != r.door {
		return nil, app.Fail(app.Forbidden, "admit", "")
	}
	if err := s.limited(r.door, "", held.Portal, held.User); err != nil {
		return nil, err
	}
	if err := s.installed(c.Request().Context(), held); err != nil {
		return nil, err
	}
	if r.method != http.MethodGet {
		// No form of another site can be sent as JSON.
		if err := checkJSON(c.Request()); err != nil {
			return nil, err
		}
	}
	if r.door == doorAdmin {
		if err := s.stillAdmin(c.Request().Context(), held, r.method != http.MethodGet); err != nil {
			return nil, err
		}
	}
	return now, nil
}

// installed refuses a portal that has removed the app since, and a visitor who
// was let in by a link alone where that is no longer allowed.
func (s *Server) installed(ctx context.Context, held session) error {
	p, err := s.config.Portals.Portal(ctx, held.Portal)
	if err != nil {
		return app.Wrap("find portal", err)
	}
	if !p.Installed() {
		return app.Fail(app.Forbidden, "admit", "portal.uninstalled")
	}
	if held.Unproven && !p.LinkAlone {
		return app.Fail(app.Forbidden, "admit", "link.not-alone")
	}
	return nil
}

// lookLife is how long a portal's word that a user is an administrator counts
// for looking; for changes it is asked each time.
const lookLife = time.Minute

// stillAdmin asks the portal whether the user is an administrator now.
func (s *Server) stillAdmin(ctx context.Context, held session, change bool) error {
	if !held.Admin {
		return app.Fail(app.Forbidden, "admit", "settings.administrators-only")
	}
	key := string(held.Portal) + "/" + string(held.User)
	if !change && s.looks.fresh(key) {
		return nil
	}
	v, err := s.config.Visitors.Recheck(ctx, held.Portal, held.User)
	if err != nil {
		s.looks.forget(key)
		return app.Wrap("ask whether administrator", err)
	}
	if !v.Admin {
		s.looks.forget(key)
		return app.Fail(app.Forbidden, "admit", "settings.administrators-only")
	}
	s.looks.seen(key)
	return nil
}

// looks remembers when a portal last called a user an administrator.
type looks struct {
	now func() time.Time

	mu sync.Mutex
	at map[string]time.Time // guarded by mu
}

func newLooks(now func() time.Time) *looks { return &looks{now: now, at: map[string]time.Time{}} }

func (l *looks) fresh(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.at[key]
	return ok && l.now().Before(at.Add(lookLife))
}

// seen also drops what is too old to count, so that the map stays small.
func (l *looks) seen(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for other, at := range l.at {
		if !l.now().Before(at.Add(lookLife)) {
			delete(l.at, other)
		}
	}
	l.at[key] = l.now()
}

func (l *looks) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.at, key)
}
