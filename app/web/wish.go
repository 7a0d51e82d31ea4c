package web

import (
	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// wishOf is what the person asks for who meets a hindrance; "" for none.
func wishOf(hindrance string) admin.Wish {
	return map[string]admin.Wish{
		"no-account": admin.WishAccount, "no-phone": admin.WishPhone, "no-certificate": admin.WishCertificate,
	}[hindrance]
}

// wayOut adds to a hindrance what the person can do about it with one click.
func (s *Server) wayOut(c *call, n *views.Notice, hindrance string) error {
	wish := wishOf(hindrance)
	if wish == "" {
		return nil
	}
	if wish == admin.WishPhone {
		own, err := s.config.Admin.OwnLinks(c.Request().Context(), c.visit)
		if err != nil {
			return app.Wrap("read settings", err)
		}
		if own {
			n.Text = c.T("hindrance.own-phone-text")
			n.Actions = append([]views.Action{{Words: c.T("hindrance.own-phone"), Icon: "phone", Post: "/api/sign/phone"}}, n.Actions...)
			return nil
		}
	}
	n.Actions = append([]views.Action{{Words: c.T("hindrance.ask"), Icon: "person", Post: "/api/sign/ask/" + string(wish)}}, n.Actions...)
	return nil
}

// askAdmin tells an administrator what the person lacks.
func (s *Server) askAdmin(c *call) error {
	if err := s.config.Admin.Ask(c.Request().Context(), c.visit, admin.Wish(c.Param("wish"))); err != nil {
		return app.Wrap("ask an administrator", err)
	}
	return c.show(screen{Screen: "asked"}, views.NoticeCard(views.Notice{
		T: c.T, Icon: "check", Tone: "good", Title: c.T("ask.done"), Text: c.T("ask.done-text"),
		Actions: []views.Action{{Words: c.T("hindrance.again"), Icon: "retry", Get: "/api/sign"}},
	}))
}

// ownPhone makes the link for the person's own first phone.
func (s *Server) ownPhone(c *call) error {
	token, e, err := s.config.Admin.OwnLink(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("make own link", err)
	}
	return c.show(screen{Screen: "own-phone"}, views.OwnLink(c.T, views.NewLink{
		URL: s.config.Public + "/enrol/" + token.Reveal(), Words: c.T("own.hint", c.words.Clock(e.ExpiresAt)),
	}))
}
