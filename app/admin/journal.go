package admin

import (
	"context"
	"iter"

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

// ExportJournal gives the entries that q asks for one after the other, newest
// first, without holding them all; q.Limit does not count. That they were
// taken out is in the journal before the first is given.
func (s *Service) ExportJournal(ctx context.Context, v app.Visit, q app.AuditQuery) iter.Seq2[app.AuditEntry, error] {
	const op = "export journal"
	return func(yield func(app.AuditEntry, error) bool) {
		if err := allow(v, op); err != nil {
			yield(app.AuditEntry{}, err)
			return
		}
		if err := s.config.Store.Audit(ctx, entry(v, app.ActExported, "")); err != nil {
			yield(app.AuditEntry{}, app.Wrap(op, err))
			return
		}
		for q.Limit = maxEntries; ; {
			list, err := s.config.Store.AuditEntries(ctx, v.Portal, q)
			if err != nil {
				yield(app.AuditEntry{}, app.Wrap(op, err))
				return
			}
			for _, e := range list {
				if !yield(e, nil) {
					return
				}
			}
			if len(list) < q.Limit {
				return
			}
			q.Before = list[len(list)-1].Seq
		}
	}
}
