package admin

import (
	"bytes"
	"context"
	"image"
	_ "image/jpeg" // the formats of logos
	_ "image/png"
	"slices"
	"strings"

	"signservice/app"
)

// SignetInput is how marks shall look in a portal.
type SignetInput struct {
	Preset    app.SignetPreset
	Link      string
	Hidden    bool
	Placement app.Placement
	// Logo replaces the picture; an empty one leaves it as it is, RemoveLogo
	// takes it away.
	Logo       []byte
	RemoveLogo bool
}

// maxLogoPixels bounds what opening a logo may cost.
const maxLogoPixels = 4 << 20

// SignetLook is the look that the input gives, held against what is allowed,
// without keeping it.
func (s *Service) SignetLook(ctx context.Context, v app.Visit, in SignetInput) (app.SignetSettings, error) {
	const op = "read signet"
	now, err := s.Settings(ctx, v)
	if err != nil {
		return app.SignetSettings{}, err
	}
	return in.look(op, now.Signet)
}

// SaveSignet decides how marks look in the administrator's portal, from the
// next document on.
//
// Errors: app.Invalid with a key settings.…; those of confirm.
func (s *Service) SaveSignet(ctx context.Context, v app.Visit, in SignetInput) (app.Settings, error) {
	const op = "save signet"
	if _, err := s.SignetLook(ctx, v, in); err != nil {
		return app.Settings{}, err
	}
	if err := s.confirm(ctx, v, op); err != nil {
		return app.Settings{}, err
	}
	s.changes.Lock()
	defer s.changes.Unlock()
	old, err := s.config.Store.Settings(ctx, v.Portal)
	if err != nil {
		return app.Settings{}, app.Wrap(op, err)
	}
	next := old
	if next.Signet, err = in.look(op, old.Signet); err != nil {
		return app.Settings{}, err
	}
	return next, app.Wrap(op, s.keepSettings(ctx, v, old, &next))
}

// look checks what was chosen.
func (in SignetInput) look(op string, old app.SignetSettings) (app.SignetSettings, error) {
	out := app.SignetSettings{Preset: in.Preset, Link: strings.TrimSpace(in.Link), Hidden: in.Hidden, Placement: in.Placement, Logo: old.Logo}
	switch {
	case !in.Placement.Valid() || in.Placement.Page == app.NumberedPage || in.Placement.Position == app.Free:
		return out, app.Fail(app.Invalid, op, "settings.placement-wrong")
	case !slices.Contains([]app.SignetPreset{"", app.PresetEU, app.PresetRussian, app.PresetPlain}, in.Preset):
		return out, app.Fail(app.Invalid, op, "settings.preset-wrong")
	case out.Link != "" && !address(out.Link, "https"):
		return out, app.Fail(app.Invalid, op, "settings.link-wrong")
	case in.RemoveLogo:
		out.Logo = nil
	case len(in.Logo) > app.MaxLogo:
		return out, app.Fail(app.TooLarge, op, "settings.logo-large", app.MaxLogo>>10)
	case len(in.Logo) > 0:
		c, _, err := image.DecodeConfig(bytes.NewReader(in.Logo))
		if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxLogoPixels/c.Height {
			return out, app.Fail(app.Invalid, op, "settings.logo-wrong").Because(err)
		}
		if _, _, err := image.Decode(bytes.NewReader(in.Logo)); err != nil {
			return out, app.Fail(app.Invalid, op, "settings.logo-wrong").Because(err)
		}
		out.Logo = in.Logo
	}
	return out, nil
}

// keepSettings writes settings with the journal's entry.
func (s *Service) keepSettings(ctx context.Context, v app.Visit, old app.Settings, next *app.Settings) error {
	next.Portal, next.UpdatedBy, next.UpdatedAt = v.Portal, v.User, s.config.Now()
	e := entry(v, app.ActSettingsSaved, "")
	e.Detail = next.Summary(old)
	return s.config.Store.SaveSettings(ctx, *next, e)
}
