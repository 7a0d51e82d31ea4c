package web

import "signservice/app"

// themePath is the call that changes how a page looks; "" for a page whose
// Session cannot call it.
func themePath(d door) string {
	switch d {
	case doorDeal:
		return "/api/sign/theme"
	case doorAdmin:
		return "/api/admin/theme"
	}
	return ""
}

// theme remembers how the visitor wants the pages to look.
func (s *Server) theme(c *call) error {
	var in struct {
		Theme app.Theme `json:"theme"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.config.Signing.SetTheme(c.Request().Context(), c.visit, in.Theme); err != nil {
		return app.Wrap("remember theme", err)
	}
	return c.section("")
}
