package web

import (
	"context"

	"signservice/app"
	"signservice/views"
)

// linkAloneCard says whether a setup link is enough, and changes it.
func (s *Server) linkAloneCard(ctx context.Context, c *call) (views.LinkAlone, error) {
	on, err := s.config.Admin.LinkAlone(ctx, c.visit)
	if err != nil {
		return views.LinkAlone{}, app.Wrap("look at setup links", err)
	}
	v := views.LinkAlone{
		T: c.T, On: on, Tone: "good", State: c.T("alone.off"),
		Action: views.Action{
			Words: c.T("alone.allow"), Danger: true, Confirm: c.T("alone.question"), Post: "/api/admin/link-alone", Body: bodyOf(linkAloneInput{On: true}),
		},
	}
	if on {
		v.Tone, v.State = "warn", c.T("alone.on")
		v.Action = views.Action{Words: c.T("alone.forbid"), Post: "/api/admin/link-alone", Body: bodyOf(linkAloneInput{})}
	}
	return v, nil
}

type linkAloneInput struct {
	On bool `json:"on"`
}

// setLinkAlone lets a setup link suffice, or no longer.
func (s *Server) setLinkAlone(c *call) error {
	var in linkAloneInput
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.config.Admin.SetLinkAlone(c.Request().Context(), c.visit, in.On); err != nil {
		return app.Wrap("set what setup links need", err)
	}
	return s.accountsSection(c, c.T("alone.saved"))
}
