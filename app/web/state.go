package web

import (
	"time"

	"signservice/app"
	"signservice/views"
)

// Health gives what the service found when it last looked after itself, and
// when that was; *doctor.Doctor's Latest is one.
type Health func() ([]app.Finding, time.Time)

// health are the findings as lines of the state: those of the whole service,
// without what only its operator may know, and those of the visitor's portal.
// Tokens have lines of their own.
func (s *Server) health(c *call) []views.Fact {
	if s.config.Health == nil {
		return nil
	}
	findings, at := s.config.Health()
	if at.IsZero() {
		return []views.Fact{{Words: c.T("check.store"), Tone: "plain", State: c.T("state.none"), Detail: c.T("state.unchecked")}}
	}
	var list []views.Fact
	files := false
	for _, f := range findings {
		switch {
		case f.Check == "token" || f.Portal != "" && f.Portal != c.visit.Portal:
			continue
		case f.Check == "files": // which ones is the operator's to see, with signservice doctor
			if files {
				continue
			}
			files = true
		}
		list = append(list, c.finding(f))
	}
	if len(list) > 0 {
		last := &list[len(list)-1]
		last.Detail = firstOf(last.Detail, c.T("state.checked", c.words.Clock(at)))
	}
	return list
}

// finding is one line of the state.
func (c *call) finding(f app.Finding) views.Fact {
	fact := views.Fact{Words: c.T("check." + f.Check), Tone: string(f.Health), State: c.T(f.Key, f.Args...)}
	if f.Check == "portal" || f.Check == "authorization" {
		fact.Words += " (" + f.Subject + ")"
	}
	if f.Fix != "" {
		fact.Fix = c.T(f.Fix)
	}
	return fact
}
