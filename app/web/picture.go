package web

import (
	"net/http"
	"strconv"

	"signservice/app"
	"signservice/app/signing"
)

// placeForm is the place of a signet as the page's script sends it.
type placeForm struct {
	Page     app.PageChoice `json:"page"`
	Number   int            `json:"number"`
	Position app.Position   `json:"position"`
	Spot     app.Spot       `json:"spot"`
}

// placement leaves out what the choices do not use.
func (p placeForm) placement() app.Placement {
	place := app.Placement{Page: p.Page, Position: p.Position}
	if p.Page == app.NumberedPage {
		place.Number = p.Number
	}
	if p.Position == app.Free {
		place.Spot = p.Spot
	}
	return place
}

// placeOf is the reverse, for the script.
func placeOf(p app.Placement) placeForm {
	return placeForm{Page: p.Page, Number: p.Number, Position: p.Position, Spot: p.Spot}
}

// signetForm is the signet as the form tells it.
type signetForm struct {
	Certificate app.CertificateID `json:"certificate"`
	Visible     bool              `json:"visible"`
	Reason      string            `json:"reason"`
	placeForm
}

func (f signetForm) signet(language string) app.Signet {
	return app.Signet{Visible: f.Visible, Reason: f.Reason, Language: language, Placement: f.placement()}
}

// lookForm asks for a page with a signet on it.
type lookForm struct {
	signetForm
	// Shown is the page that is looked at; 0 is that of the signet.
	Shown int `json:"shown"`
	// Width of the picture, in pixels.
	Width int `json:"width"`
}

// The widths of pictures that are drawn.
const (
	leastWidth = 100
	mostWidth  = 3200
)

func (c *call) look() (app.RequestID, signing.PageLook, error) {
	id, err := c.requestID()
	if err != nil {
		return "", signing.PageLook{}, err
	}
	var in lookForm
	if err := c.read(&in); err != nil {
		return "", signing.PageLook{}, err
	}
	return id, signing.PageLook{
		Page: in.Shown, Certificate: in.Certificate, Signet: in.signet(c.words.Language()),
		Width: min(max(in.Width, leastWidth), mostWidth),
	}, nil
}

// zoneView is a place of a signet on a page, in shares of the page.
type zoneView struct {
	Position app.Position `json:"position"`
	X        float64      `json:"x"`
	Y        float64      `json:"y"`
	Width    float64      `json:"width"`
	Height   float64      `json:"height"`
	Covers   bool         `json:"covers,omitempty"`
}

// sheetView is a page as the script lays signets on it.
type sheetView struct {
	Page   int        `json:"page"`
	Pages  int        `json:"pages"`
	Width  float64    `json:"width"`
	Height float64    `json:"height"`
	Zones  []zoneView `json:"zones,omitempty"`
	Signet *zoneView  `json:"signet,omitempty"`
	// Trouble says why no signet can be laid on the page.
	Trouble string `json:"trouble,omitempty"`
}

// sheet tells how a page is shaped and where signets may lie on it.
func (s *Server) sheet(c *call) error {
	id, look, err := c.look()
	if err != nil {
		return err
	}
	sheet, err := s.config.Signing.Sheet(c.Request().Context(), c.visit, id, look)
	if err != nil {
		return app.Wrap("look at page", err)
	}
	v := sheetView{Page: sheet.Page, Pages: sheet.Pages, Width: sheet.Width, Height: sheet.Height}
	for _, z := range sheet.Zones {
		v.Zones = append(v.Zones, zoneView(z))
	}
	if sheet.Signet != nil {
		z := zoneView(*sheet.Signet)
		v.Signet = &z
	}
	if look.Signet.Visible && look.Certificate != "" && len(v.Zones) == 0 {
		v.Trouble = c.T("document.signet-too-small")
	}
	return c.JSON(http.StatusOK, v)
}

// picture draws a page with the signet in it.
func (s *Server) picture(c *call) error {
	id, look, err := c.look()
	if err != nil {
		return err
	}
	png, err := s.config.Signing.Picture(c.Request().Context(), c.visit, id, look)
	if err != nil {
		return app.Wrap("draw page", err)
	}
	return c.png(png)
}

// signedPicture draws the page of a signed file that its signet is on.
func (s *Server) signedPicture(c *call) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	var in struct {
		Width int `json:"width"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	png, err := s.config.Signing.SignedPicture(c.Request().Context(), c.visit, id, min(max(in.Width, leastWidth), mostWidth))
	if err != nil {
		return app.Wrap("draw page", err)
	}
	return c.png(png)
}

// png answers with a picture that nobody keeps.
func (c *call) png(png []byte) error {
	h := c.Response().Header()
	h.Set("Content-Length", strconv.Itoa(len(png)))
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "image/png", png)
}

// pageText gives the words of a page.
func (s *Server) pageText(c *call) error {
	id, err := c.requestID()
	if err != nil {
		return err
	}
	var in struct {
		Shown int `json:"shown"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	text, err := s.config.Signing.PageText(c.Request().Context(), c.visit, id, in.Shown)
	if err != nil {
		return app.Wrap("read page", err)
	}
	return c.JSON(http.StatusOK, map[string]string{"text": text})
}
