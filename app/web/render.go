package web

import (
	"bytes"
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"signservice/app"
	"signservice/views"
)

// html renders a component into memory first, so that a failure can still be
// answered as one.
func html(ctx context.Context, parts ...templ.Component) (string, error) {
	var b bytes.Buffer
	for _, part := range parts {
		if err := part.Render(ctx, &b); err != nil {
			return "", app.Wrap("render", err)
		}
	}
	return b.String(), nil
}

// page answers with a whole page that frames may show.
func (s *Server) page(c echo.Context, code int, frames string, component templ.Component) error {
	text, err := html(c.Request().Context(), component)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", policy(frames))
	h.Set("Cache-Control", "no-store")
	return c.HTML(code, text)
}

// refuse answers with a page that only says why not: no script, no data, and
// no rule about frames, so that it is seen wherever it appears.
func (s *Server) refuse(c echo.Context, code int, n views.Notice) error {
	words := wordsOf(c)
	text, err := html(c.Request().Context(), views.NoticePage(views.Page{
		T: words.T, Lang: words.Language(), Title: n.Title, Kind: "refusal",
	}, n))
	if err != nil {
		return c.String(code, http.StatusText(code))
	}
	c.Response().Header().Set("Content-Security-Policy", refusalPolicy)
	return c.HTML(code, text)
}

// part answers a script with a piece of the page.
type part struct {
	HTML string `json:"html"`
	// Notice is a short sentence that something was done.
	Notice string `json:"notice,omitempty"`
	// More tells that the rows in HTML follow those that the page shows already.
	More bool `json:"more,omitempty"`
	// Place is the id of what HTML takes the place of; "" is the whole section.
	Place string `json:"place,omitempty"`
	// File is a file to be saved under FileName.
	File     []byte `json:"file,omitempty"`
	FileName string `json:"fileName,omitempty"`
}

// section answers with a section of the settings.
func (c *call) section(notice string, parts ...templ.Component) error {
	text, err := html(c.Request().Context(), parts...)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, part{HTML: text, Notice: notice})
}
