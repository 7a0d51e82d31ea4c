package signing

import (
	"context"
	"errors"

	"signservice/app"
)

// remember changes what is remembered of the visitor's choices.
func (s *Service) remember(ctx context.Context, v app.Visit, change func(*app.Remembered)) error {
	r, err := s.Store.Remembered(ctx, v.Portal, v.User)
	if err != nil && !errors.Is(err, app.NotFound) {
		return err
	}
	change(&r)
	return s.Store.SaveRemembered(ctx, v.Portal, v.User, r)
}

// Theme gives how the visitor wants the pages to look; light where it is not
// known.
func (s *Service) Theme(ctx context.Context, v app.Visit) app.Theme {
	r, err := s.Store.Remembered(ctx, v.Portal, v.User)
	if err != nil || !r.Theme.Valid() {
		return app.ThemeLight
	}
	return r.Theme
}

// SetTheme remembers how the visitor wants the pages to look.
func (s *Service) SetTheme(ctx context.Context, v app.Visit, t app.Theme) error {
	if !t.Valid() {
		return app.Fail(app.Invalid, "choose theme", "theme.unknown")
	}
	return s.remember(ctx, v, func(r *app.Remembered) { r.Theme = t })
}
