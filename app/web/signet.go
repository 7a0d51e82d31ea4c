package web

import (
	"net/http"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/signing"
	"signservice/views"
)

// signetInput is the form of the portal's marks as the script sends it.
type signetInput struct {
	Preset     app.SignetPreset `json:"preset"`
	Logo       []byte           `json:"logo"`
	RemoveLogo bool             `json:"removeLogo"`
	Page       app.PageChoice   `json:"page"`
	Position   app.Position     `json:"position"`
	Link       string           `json:"link"`
	Hidden     bool             `json:"hidden"`
}

func (f signetInput) input() admin.SignetInput {
	return admin.SignetInput{
		Preset: f.Preset, Link: f.Link, Hidden: f.Hidden, Logo: f.Logo, RemoveLogo: f.RemoveLogo,
		Placement: app.Placement{Page: f.Page, Position: f.Position},
	}
}

// signet shows the editor of the portal's marks.
func (s *Server) signet(c *call) error { return s.signetSection(c, "") }

func (s *Server) signetSection(c *call, notice string) error {
	now, err := s.config.Admin.Settings(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("read settings", err)
	}
	f := views.SignetForm{
		T: c.T, Link: now.Signet.Link, Hidden: now.Signet.Hidden, HasLogo: len(now.Signet.Logo) > 0,
		MaxLogo: app.MaxLogo, TooLarge: c.T("settings.logo-large", app.MaxLogo>>10), Pictured: s.config.Signing.Pictured(),
	}
	at := now.DefaultPlacement()
	for _, p := range []app.PageChoice{app.FirstPage, app.LastPage} {
		f.Pages = append(f.Pages, views.Option{Value: string(p), Words: c.T("page." + string(p) + "-label"), Checked: p == at.Page})
	}
	for _, p := range app.Positions() {
		f.Positions = append(f.Positions, views.Option{Value: string(p), Words: c.T("position." + string(p)), Checked: p == at.Position})
	}
	for _, p := range []app.SignetPreset{"", app.PresetEU, app.PresetRussian, app.PresetPlain} {
		name := string(p)
		if name == "" {
			name = "language"
		}
		f.Presets = append(f.Presets, views.Option{Value: string(p), Words: c.T("preset." + name), Checked: p == now.Signet.Preset})
	}
	for _, k := range signing.Samples() {
		f.Samples = append(f.Samples, views.Option{Value: string(k), Words: c.T("sample." + string(k))})
	}
	if !now.UpdatedAt.IsZero() {
		f.Changed = c.T("defaults.changed", c.words.Time(now.UpdatedAt))
	}
	return c.section(notice, views.SignetSection(f))
}

// saveSignet takes the form.
func (s *Server) saveSignet(c *call) error {
	var in signetInput
	if err := c.read(&in); err != nil {
		return err
	}
	if _, err := s.config.Admin.SaveSignet(c.Request().Context(), c.visit, in.input()); err != nil {
		return app.Wrap("save signet", err)
	}
	return s.signetSection(c, c.T("defaults.saved"))
}

// sampleWidth is that of a sample's picture, in pixels.
const sampleWidth = 640

// sample draws a sample page with what the form says, which need not be kept.
func (s *Server) sample(c *call) error {
	var in struct {
		signetInput
		Sample signing.Sample `json:"sample"`
		Other  bool           `json:"other"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	look, err := s.config.Admin.SignetLook(ctx, c.visit, in.input())
	if err != nil {
		return app.Wrap("read signet", err)
	}
	png, err := s.config.Signing.SamplePicture(ctx, c.visit, signing.SampleLook{
		Sample: in.Sample, Settings: look, Language: c.words.Language(), Other: in.Other, Width: sampleWidth,
	})
	if err != nil {
		return app.Wrap("draw sample", err)
	}
	return c.Blob(http.StatusOK, "image/png", png)
}
