package web

import (
	"context"
	"net/http"
	"time"

	"signservice/app"
	"signservice/app/signing"
	"signservice/views"
)

// rehearsalPath is the call of the screen where a sample is signed.
const rehearsalPath = "/api/admin/test"

// rehearsalRoutes are the calls of the test signature.
func (s *Server) rehearsalRoutes() []route {
	const one = rehearsalPath + "/:id"
	return []route{
		{method: http.MethodGet, path: rehearsalPath, door: doorAdmin, held: s.rehearsal},
		{method: http.MethodPost, path: rehearsalPath, door: doorAdmin, fate: fateTest, held: s.rehearse},
		{method: http.MethodGet, path: one, door: doorAdmin, held: s.rehearsed},
		{method: http.MethodGet, path: one + "/signed", door: doorAdmin, held: s.signed},
		{method: http.MethodPost, path: one + "/signed-picture", door: doorAdmin, held: s.signedPicture},
	}
}

func (c *call) toOverview() views.Action {
	return views.Action{Words: c.T("settings.overview"), Icon: "back", Get: "/api/admin/overview"}
}

// rehearsal asks with which certificate a sample is to be signed, and for the
// visitor's code; or says what is missing for it.
func (s *Server) rehearsal(c *call) error {
	choices, err := s.config.Signing.Choices(c.Request().Context(), c.visit)
	missing, act := "", views.Action{Words: c.T("first.go"), Get: "/api/admin/accounts/" + string(c.visit.User)}
	switch {
	case app.KindOf(err) == app.NotFound:
		missing, act.Get = "rehearsal.no-account", "/api/admin/accounts/new"
	case app.KindOf(err) == app.Forbidden:
		missing = "rehearsal.blocked"
	case err != nil:
		return app.Wrap("read choices", err)
	case !choices.HasPhone && !choices.Account.CodeOff:
		missing = "rehearsal.no-phone"
	case len(choices.Certificates) == 0:
		missing = "rehearsal.no-certificate"
	}
	if missing != "" {
		return c.section("", views.RehearsalMissing(c.toOverview(), views.Notice{
			T: c.T, Icon: "signature", Title: c.T("rehearsal.title"), Text: c.T(missing), Actions: []views.Action{act},
		}))
	}
	f := views.Form{T: c.T, CodeOff: choices.Account.CodeOff}
	c.addCertificates(&f, choices.Certificates, choices.Remembered.Certificate)
	return c.section("", views.RehearsalScreen(c.toOverview(), f))
}

// rehearsalPatience is how long the answer waits for the signature: a token and
// a time-stamp server may take their time.
const rehearsalPatience = 25 * time.Second

// rehearse signs a sample and shows how it went.
func (s *Server) rehearse(c *call) error {
	var in struct {
		Certificate app.CertificateID `json:"certificate"`
		Code        passwordField     `json:"code"`
		Confirm     bool              `json:"confirm"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	r, err := s.config.Signing.Rehearse(ctx, c.visit, c.T("rehearsal.file"), signing.OrderInput{
		Certificate: in.Certificate, Code: string(in.Code), Confirm: in.Confirm, Address: c.RealIP(),
		Signet: app.Signet{
			Visible: true, Placement: app.Placement{Page: app.LastPage, Position: app.BottomRight},
			Language: c.words.Language(), Reason: c.T("rehearsal.reason"),
		},
	})
	if err != nil {
		return app.Wrap("sign sample", err)
	}
	if r, err = s.ended(ctx, c.visit, r); err != nil {
		return err
	}
	return s.rehearsalScreen(c, r.ID)
}

// ended waits until a Request has ended, or patience is over.
func (s *Server) ended(ctx context.Context, v app.Visit, r app.Request) (app.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, rehearsalPatience)
	defer cancel()
	for !r.State.Ended() && ctx.Err() == nil {
		next, err := s.config.Signing.Next(ctx, v, r.ID, r, rehearsalPatience)
		if err != nil {
			return r, app.Wrap("wait for sample", err)
		}
		r = next
	}
	return r, nil
}

// rehearsed shows a test signature.
func (s *Server) rehearsed(c *call) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	return s.rehearsalScreen(c, id)
}

func (s *Server) rehearsalScreen(c *call, id app.RequestID) error {
	found, err := s.config.Signing.Rehearsed(c.Request().Context(), c.visit, id)
	if err != nil {
		return app.Wrap("find test signature", err)
	}
	r := found.Request
	one := rehearsalPath + "/" + string(id)
	v := views.RehearsalResult{T: c.T, Back: c.toOverview(), Notice: views.Notice{T: c.T}}
	again := views.Action{Words: c.T("rehearsal.again"), Icon: "retry", Get: rehearsalPath}
	switch {
	case r.State == app.Done:
		v.Notice.Icon, v.Notice.Tone, v.Notice.Title = "check", "good", c.T("rehearsal.done")
		v.Notice.Text = c.T("rehearsal.done-text", r.OwnerName, c.words.Time(r.SignedAt))
		v.Notice.Facts = []string{c.T("level." + string(r.Level)), "SHA-256 " + fingerprint(r.ResultSHA256), c.T("rehearsal.nowhere")}
		v.Notice.Actions = []views.Action{{Words: c.T("rehearsal.download"), Icon: "download", Download: one + "/signed"}, again}
		by := c.signedBy(signing.Found{Signatures: found.Signatures})
		by.Open = true
		v.Signed = &by
		if c.pictured {
			v.Picture = one + "/signed-picture"
		}
	case r.State.Ended():
		v.Notice.Icon, v.Notice.Tone, v.Notice.Title = "alert", "bad", c.T("rehearsal.failed")
		v.Notice.Text = c.why(r)
		if r.Method == app.ByCode {
			v.Notice.Facts = append(v.Notice.Facts, c.T("fate.code-used"))
		}
		v.Notice.Facts = append(v.Notice.Facts, c.T("rehearsal.nowhere"))
		v.Notice.Actions = []views.Action{again}
	default:
		v.Notice.Icon, v.Notice.Title, v.Notice.Text = "clock", c.T("rehearsal.running"), c.T("rehearsal.running-text")
		if r.Delay != nil {
			v.Notice.Text = c.reason(r.Delay)
		}
		v.Notice.Actions = []views.Action{{Words: c.T("rehearsal.look"), Icon: "retry", Get: one}}
	}
	return c.section("", views.RehearsalView(v))
}
