package admin

import (
	"context"

	"signservice/app"
)

// Confirm lets a dangerous act of an administrator pass that was confirmed with a
// one-time code; AuthorityConfig.Confirm is given it.
//
// Errors: those of an act of this service that wants a code: app.Forbidden
// confirm.needed, confirm.phone, and those of the check.
func (s *Service) Confirm(ctx context.Context, v app.Visit, op string) error {
	if err := allow(v, op); err != nil {
		return err
	}
	return s.confirm(ctx, v, op)
}
