package web

import (
	"time"

	"signservice/app/admin"
	"signservice/views"
)

// When the state speaks of an end that comes: certificates of two years are cut
// off by the end of their authority, and a ceremony has to be prepared.
const (
	authoritySoon = 365 * 24 * time.Hour
	rootListSoon  = 30 * 24 * time.Hour
)

// authorityState tells how the internal authorities stand: nothing where there
// are none, since they are optional.
func (s *Server) authorityState(c *call, roots []admin.RootView) []views.Fact {
	now := s.config.Now()
	var list []views.Fact
	for i, r := range roots {
		if now.Before(r.NotAfter) && (i == 0 || r.Active(now) != nil) {
			list = append(list, c.rootState(r, now))
		}
	}
	return list
}

// rootState is the worst that is to be said of a root and what is below it.
func (c *call) rootState(r admin.RootView, now time.Time) views.Fact {
	f := views.Fact{Words: c.T("state.authority", r.Name), Tone: "good"}
	worst := func(tone, detail, fix string, args ...any) views.Fact {
		f.Tone, f.Detail, f.Fix = tone, c.T(detail, args...), c.T(fix)
		return f
	}
	active := r.Active(now)
	if active == nil {
		f.State = c.T("state.authority-stopped")
		return worst("bad", "state.authority-nobody", "state.authority-next-fix")
	}
	f.State = c.T("state.authority-until", daysLeft(now, active.NotAfter), c.words.Date(active.NotAfter))
	switch {
	case !now.Before(active.List.NextUpdate):
		return worst("bad", "state.authority-list-old", "state.authority-list-fix")
	case !now.Before(r.List.NextUpdate):
		return worst("bad", "state.authority-root-list-old", "state.authority-root-list-fix")
	case !r.KeyHere() && now.Add(rootListSoon).After(r.List.NextUpdate):
		return worst("warn", "state.authority-root-list-ends", "state.authority-root-list-fix", c.words.Date(r.List.NextUpdate))
	case now.Add(authoritySoon).After(active.NotAfter):
		return worst("warn", "state.authority-ends", "state.authority-next-fix")
	case r.KeyHere():
		return worst("warn", "state.authority-key", "state.authority-key-fix")
	}
	return f
}
