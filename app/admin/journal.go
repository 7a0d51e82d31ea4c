package admin

import (
	"context"

	"signservice/app"
)

// maxEntries is how many entries of the journal one call gives at most.
const maxEntries = 500

// Journal lists the portal's audit entries, newest first, at most 500 a call.
func (s *Service) Journal(ctx context.Context, v app.Visit, q app.AuditQuery) ([]app.AuditEntry, error) {
	const op = "read journal"
	if err := allow(v, op); err != nil {
		return nil, err
	}
	if q.Before < 0 || q.Limit < 0 {
		return nil, app.Fail(app.Invalid, op, "")
	}
	q.Limit = min(q.Limit, maxEntries)
	list, err := s.config.Store.AuditEntries(ctx, v.Portal, q)
	return list, app.Wrap(op, err)
}
