package web

import (
	"context"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// firstSteps lead from an installation to the first signature. They tick
// themselves off.
func (s *Server) firstSteps(c *call, h house) ([]views.FirstStep, error) {
	tried, err := s.tried(c.Request().Context(), c.visit)
	if err != nil {
		return nil, err
	}
	phone, assigned := false, false
	for _, a := range h.accounts {
		phone = phone || !a.PhoneSince.IsZero()
		assigned = assigned || len(a.Certificates) > 0
	}
	own, mine := c.ownAccount(h.accounts)
	step := func(name string, done bool, words, path string) views.FirstStep {
		f := views.FirstStep{Words: c.T("first." + name), Hint: c.T("first." + name + "-hint"), Done: done}
		if path != "" {
			f.Action = &views.Action{Words: c.T(words), Get: path}
		}
		return f
	}
	steps := []views.FirstStep{
		step("connected", true, "", ""),
		step("keys", len(h.certificates) > 0 || anyReady(h.tokens), "first.go", "/api/admin/certificates"),
	}
	if s.config.Authorities != nil {
		ca := step("authority", len(h.roots) > 0, "first.go", "/api/admin/authority")
		ca.Optional = c.T("form.optional")
		steps = append(steps, ca)
	}
	people := "/api/admin/accounts"
	if len(h.accounts) == 0 {
		people += "/new"
	}
	test := step("tested", tried, "first.test", rehearsalPath)
	test.Again = true
	return append(steps,
		step("own-phone", own, "first.go", mine),
		step("account", len(h.accounts) > 0, "first.go", people),
		step("phone", phone, "first.go", "/api/admin/accounts"),
		step("assigned", assigned, "first.go", "/api/admin/assignments"),
		test,
	), nil
}

// ownAccount tells whether the visitor's own phone is bound, and where to bind
// it. An account without a code has none to confirm dangerous acts with.
func (c *call) ownAccount(accounts []admin.AccountView) (bound bool, path string) {
	for _, a := range accounts {
		if a.User == c.visit.User {
			return !a.PhoneSince.IsZero(), "/api/admin/accounts/" + string(a.User)
		}
	}
	return false, "/api/admin/accounts/new"
}

// anyReady tells whether a token can be used.
func anyReady(tokens []admin.TokenView) bool {
	for _, t := range tokens {
		if t.Note == "" {
			return true
		}
	}
	return false
}

// tried tells whether something was signed: a sample, or a document.
func (s *Server) tried(ctx context.Context, v app.Visit) (bool, error) {
	found, err := s.config.Admin.Journal(ctx, v, app.AuditQuery{Actions: []app.Action{app.ActTested, app.ActDone}, Limit: 1})
	return len(found) > 0, app.Wrap("read journal", err)
}
