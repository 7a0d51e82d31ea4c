package web

import (
	"context"
	"slices"
	"strconv"

	"signservice/app"
	"signservice/views"
)

// Places chooses the kinds of elements whose cards show the app;
// *install.Installer is it.
type Places interface {
	Processes(ctx context.Context, v app.Visit) ([]app.Process, error)
	Choose(ctx context.Context, v app.Visit, kinds []int) error
}

// placeRoutes are the calls of the settings about where the app is shown.
func (s *Server) placeRoutes() []route {
	return []route{
		{method: "GET", path: "/api/admin/places", door: doorAdmin, held: s.places},
		{method: "POST", path: "/api/admin/places", door: doorAdmin, held: s.choosePlaces},
	}
}

// places shows where in the portal the app is shown.
func (s *Server) places(c *call) error { return s.placesSection(c, "") }

func (s *Server) placesSection(c *call, notice string) error {
	all, err := s.config.Places.Processes(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("list smart processes", err)
	}
	v := views.Places{T: c.T}
	now, err := s.config.Admin.Settings(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("read settings", err)
	}
	for _, kind := range app.Kinds() {
		v.Kinds = append(v.Kinds, views.Option{
			Value: strconv.Itoa(kind), Words: c.T("places." + kindNames()[kind]), Checked: slices.Contains(now.Kinds(), kind),
		})
	}
	for _, p := range all {
		v.Processes = append(v.Processes, views.Option{Value: strconv.Itoa(p.Kind), Words: p.Title, Checked: p.Chosen})
	}
	return c.section(notice, views.PlacesSection(v))
}

// choosePlaces takes the form, and brings the portal to it.
func (s *Server) choosePlaces(c *call) error {
	var in struct {
		Kinds     []string `json:"kinds"`
		Processes []string `json:"processes"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	var kinds []int
	for _, text := range append(in.Kinds, in.Processes...) {
		kind, err := strconv.Atoi(text)
		if err != nil {
			return app.Fail(app.Invalid, "choose places", "")
		}
		kinds = append(kinds, kind)
	}
	if err := s.config.Places.Choose(c.Request().Context(), c.visit, kinds); err != nil {
		return app.Wrap("choose places", err)
	}
	return s.placesSection(c, c.T("places.saved"))
}
