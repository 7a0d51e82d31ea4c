package doctor

import (
	"context"
	"errors"
	"time"

	"signservice/app"
)

// store asks whether the store answers and its audit log is whole.
func (d *Doctor) store(ctx context.Context) []app.Finding {
	if d.config.Store == nil {
		return nil
	}
	if err := d.config.Store.Ping(ctx); err != nil {
		return []app.Finding{StoreFault(err)}
	}
	return append([]app.Finding{{Check: "store", Health: app.Healthy, Key: "doctor.good"}}, d.audit(ctx)...)
}

// StoreFault is the finding about a store that does not open or does not answer.
func StoreFault(err error) app.Finding {
	f := app.Finding{Check: "store", Health: app.Broken, Key: "doctor.store", Fix: "doctor.store-fix", Detail: cause(err)}
	var failure *app.Error
	if errors.As(err, &failure) && failure.Key != "" {
		f.Key, f.Args = failure.Key, failure.Args
	}
	return f
}

// auditLife is how long a look through the audit log counts: it takes seconds
// where the log is long.
const auditLife = time.Hour

// audit goes through the audit log, at most once an hour.
func (d *Doctor) audit(ctx context.Context) []app.Finding {
	now := d.config.Now()
	d.mu.Lock()
	known, at := d.audited, d.auditedAt
	d.mu.Unlock()
	if known != nil && now.Sub(at) < auditLife {
		return known
	}
	count, bad, err := d.config.Store.VerifyAudit(ctx)
	f := app.Finding{Check: "audit", Health: app.Healthy, Key: "doctor.audit-entries", Args: []any{count}, At: now}
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		return nil // too long for this time: it is checked at each start
	case err != nil:
		f.Health, f.Key, f.Args, f.Fix, f.Detail = app.Broken, "audit.damaged", nil, "doctor.audit-fix", cause(err)
	case bad > 0:
		f.Health, f.Key, f.Args, f.Fix = app.Broken, "doctor.audit-altered", []any{bad}, "doctor.audit-fix"
	}
	d.mu.Lock()
	d.audited, d.auditedAt = []app.Finding{f}, now
	d.mu.Unlock()
	return []app.Finding{f}
}

// requests counts what is being signed, by portal.
func (d *Doctor) requests(ctx context.Context) []app.Finding {
	if d.config.Store == nil {
		return nil
	}
	working, err := d.config.Store.Unfinished(ctx)
	if err != nil {
		return nil // the store's own check says so
	}
	waiting, stuck := map[app.PortalID]int{}, map[app.PortalID]int{}
	var portals []app.PortalID
	for _, r := range working {
		if waiting[r.Portal] == 0 {
			portals = append(portals, r.Portal)
		}
		waiting[r.Portal]++
		if d.config.Now().Sub(r.CreatedAt) > app.StuckAfter {
			stuck[r.Portal]++
		}
	}
	if len(portals) == 0 {
		return []app.Finding{{Check: "requests", Health: app.Healthy, Key: "doctor.requests-none"}}
	}
	var list []app.Finding
	for _, p := range portals {
		f := app.Finding{Check: "requests", Health: app.Healthy, Portal: p, Key: "doctor.requests-waiting", Args: []any{waiting[p]}}
		if stuck[p] > 0 {
			f.Health, f.Key, f.Args, f.Fix = app.Ailing, "doctor.requests-stuck", []any{stuck[p]}, "doctor.requests-fix"
		}
		list = append(list, f)
	}
	return list
}
