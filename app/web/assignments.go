package web

import (
	"net/http"
	"strings"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// The views of the assignments.
const (
	byPeople       = "people"
	byCertificates = "certificates"
	byGrid         = "grid"
)

// assignmentsPath is the call of the section.
const assignmentsPath = "/api/admin/assignments"

// assignments shows who may use which certificate: by person, by certificate,
// or both in a grid.
func (s *Server) assignments(c *call) error {
	l, err := c.listing(assignmentsPath, "by", "q", "c", "page", "column")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	accounts, err := s.config.Admin.Accounts(ctx, c.visit)
	if err != nil {
		return app.Wrap("list accounts", err)
	}
	certificates, err := s.config.Admin.Certificates(ctx, c.visit)
	if err != nil {
		return app.Wrap("list certificates", err)
	}
	v := views.Assignments{T: c.T}
	by := l.given.Get("by")
	switch {
	case by == byPeople || by == byCertificates || by == byGrid:
	case len(accounts) <= gridRows && len(certificates) <= gridColumns:
		by = byGrid // all of it is seen at once
	default:
		by = byPeople
	}
	l.given.Set("by", by)
	for _, name := range []string{byPeople, byCertificates, byGrid} {
		v.Views = append(v.Views, views.Option{Value: assignmentsPath + "?by=" + name, Words: c.T("assignments.by-" + name), Checked: name == by})
	}
	switch {
	case len(accounts) == 0:
		v.Empty = c.T("assignments.no-account")
	case len(certificates) == 0:
		v.Empty = c.T("assignments.no-certificate")
	case by == byGrid:
		c.grid(&v, l, accounts, certificates)
	case by == byCertificates:
		s.certificateRows(c, &v, l, accounts, certificates)
	default:
		c.peopleRows(&v, l, accounts, certificates)
	}
	return c.section("", views.AssignmentsSection(v))
}

// search offers the search of a list; more are further fields by name.
func (c *call) search(l listing, words map[string]string, names ...string) *views.Find {
	f := &views.Find{Path: l.path, Keep: l.keep(names...), Button: c.T("find.button")}
	for _, name := range names {
		f.Fields = append(f.Fields, views.FindField{Name: name, Label: words[name], Value: l.given.Get(name)})
	}
	return f
}

// shownNames is how many names a row tells.
const shownNames = 3

// namesOf puts the first names into a row, and how many follow.
func (c *call) namesOf(names []string) []string {
	if len(names) <= shownNames {
		return names
	}
	return append(names[:shownNames:shownNames], c.T("assignments.more", len(names)-shownNames))
}

// peopleRows are the accounts with their certificates.
func (c *call) peopleRows(v *views.Assignments, l listing, accounts []admin.AccountView, certificates []app.Certificate) {
	names := map[app.CertificateID]string{}
	for _, cert := range certificates {
		names[cert.ID] = cert.Name
	}
	var found []views.AssignmentRow
	for _, a := range accounts {
		var own []string
		for _, id := range a.Certificates {
			own = append(own, names[id])
		}
		if !matches(l.given.Get("q"), append(own, a.Name, a.Login, a.Description)...) {
			continue
		}
		row := views.AssignmentRow{
			Icon: "person", Name: a.Name, Facts: append([]string{a.Login, c.T("accounts.certificates", len(own))}, c.namesOf(own)...),
			Open: views.Action{Words: c.T("accounts.open"), Get: "/api/admin/accounts/" + string(a.User)},
		}
		if a.Blocked {
			row.Badges = append(row.Badges, views.Tag{Tone: "bad", Words: c.T("account.blocked-badge")})
		}
		found = append(found, row)
	}
	v.Rows, v.Pages = paged(c, l, "page", found, pageRows)
	v.Find = c.search(l, map[string]string{"q": c.T("accounts.search")}, "q")
}

// certificateRows are the certificates with their accounts.
func (s *Server) certificateRows(c *call, v *views.Assignments, l listing, accounts []admin.AccountView, certificates []app.Certificate) {
	users := map[app.CertificateID][]string{}
	for _, a := range accounts {
		for _, id := range a.Certificates {
			users[id] = append(users[id], a.Name)
		}
	}
	var found []views.AssignmentRow
	for _, cert := range certificates {
		card := s.certificateRow(c, cert, len(users[cert.ID]))
		if !matches(l.given.Get("q"), append(users[cert.ID], certificateText(cert))...) {
			continue
		}
		found = append(found, views.AssignmentRow{
			Icon: card.Icon, Name: card.Name, Badges: card.Badges, Facts: append(card.Facts, c.namesOf(users[cert.ID])...),
			Open: views.Action{Words: c.T("certificates.open"), Get: "/api/admin/certificates/" + string(cert.ID)},
		})
	}
	v.Rows, v.Pages = paged(c, l, "page", found, pageRows)
	v.Find = c.search(l, map[string]string{"q": c.T("certificates.search")}, "q")
}

// certificateText is what a search looks into.
func certificateText(cert app.Certificate) string {
	return strings.Join([]string{cert.Name, cert.Organisation, cert.Issuer, cert.Serial}, " ")
}

// grid is a page of the accounts against a page of the certificates.
func (c *call) grid(v *views.Assignments, l listing, accounts []admin.AccountView, certificates []app.Certificate) {
	users := map[app.CertificateID]int{}
	var rows []admin.AccountView
	for _, a := range accounts {
		for _, id := range a.Certificates {
			users[id]++
		}
		if matches(l.given.Get("q"), a.Name, a.Login, a.Description) {
			rows = append(rows, a)
		}
	}
	var columns []app.Certificate
	for _, cert := range certificates {
		if matches(l.given.Get("c"), certificateText(cert)) {
			columns = append(columns, cert)
		}
	}
	g := &views.Grid{}
	rows, v.Pages = paged(c, l, "page", rows, gridRows)
	columns, g.ColumnPages = paged(c, l, "column", columns, gridColumns)
	for _, a := range rows {
		has := map[app.CertificateID]bool{}
		for _, id := range a.Certificates {
			has[id] = true
		}
		row := views.GridRow{Name: a.Name, Login: a.Login}
		for _, cert := range columns {
			row.Cells = append(row.Cells, c.cell(a.Account, cert, has[cert.ID]))
		}
		g.Rows = append(g.Rows, row)
	}
	for _, cert := range columns {
		column := views.Column{Name: cert.Name, Note: lastFour(cert.Serial)}
		if users[cert.ID] > 1 {
			column.Note = c.T("certificates.shared", users[cert.ID])
		}
		g.Columns = append(g.Columns, column)
	}
	v.Grid = g
	v.Find = c.search(l, map[string]string{"q": c.T("accounts.search"), "c": c.T("certificates.search")}, "q", "c")
}

// cell is the tick box of an account and a certificate.
func (c *call) cell(a app.Account, cert app.Certificate, assigned bool) views.Grantable {
	return views.Grantable{
		Certificate: string(cert.ID), User: string(a.User), Assigned: assigned,
		Label: c.T("assignments.cell", a.Name, cert.Name, lastFour(cert.Serial)),
	}
}

// assign lets an account use a certificate, or no longer.
func (s *Server) assign(c *call) error {
	var in struct {
		User        app.UserID        `json:"user"`
		Certificate app.CertificateID `json:"certificate"`
		Assigned    bool              `json:"assigned"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if !number.MatchString(string(in.User)) || !digest.MatchString(string(in.Certificate)) {
		return app.Fail(app.NotFound, "assign", "certificate.unknown")
	}
	do, notice := s.config.Admin.Unassign, "assignments.removed"
	if in.Assigned {
		do, notice = s.config.Admin.Assign, "assignments.made"
	}
	if err := do(c.Request().Context(), c.visit, in.User, in.Certificate); err != nil {
		return app.Wrap("assign", err)
	}
	return c.JSON(http.StatusOK, part{Notice: c.T(notice)})
}

// limit sets the first and the last day of an assignment, in the visitor's
// zone, and shows the screen again that it was set on.
func (s *Server) limit(c *call) error {
	var in struct {
		User        app.UserID        `json:"user"`
		Certificate app.CertificateID `json:"certificate"`
		From        string            `json:"from"`
		Until       string            `json:"until"`
		View        string            `json:"view"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if !number.MatchString(string(in.User)) || !digest.MatchString(string(in.Certificate)) {
		return app.Fail(app.NotFound, "limit assignment", "assignment.unknown")
	}
	var l admin.Limits
	var err error
	if in.From != "" {
		if l.From, err = c.words.Day(in.From); err != nil {
			return app.Fail(app.Invalid, "limit assignment", "assignment.day-wrong").Because(err)
		}
	}
	if in.Until != "" {
		if l.Until, err = c.words.Day(in.Until); err != nil {
			return app.Fail(app.Invalid, "limit assignment", "assignment.day-wrong").Because(err)
		}
		l.Until = l.Until.AddDate(0, 0, 1) // the day itself counts
	}
	if _, err := s.config.Admin.Limit(c.Request().Context(), c.visit, in.User, in.Certificate, l); err != nil {
		return app.Wrap("limit assignment", err)
	}
	if in.View == "certificate" {
		return s.certificateSection(c, in.Certificate, c.T("assignments.limited"))
	}
	return s.accountSection(c, in.User, c.T("assignments.limited"), nil)
}

// limitsOf are an assignment's days in words and for the form.
func (s *Server) limitsOf(c *call, a app.Assignment, view string) *views.Limits {
	l := &views.Limits{Words: c.T("assignments.limits"), View: view}
	if !a.ValidFrom.IsZero() {
		l.From = c.words.DayOf(a.ValidFrom)
	}
	last := a.ValidUntil.Add(-1) // the day that still counts
	if !a.ValidUntil.IsZero() {
		l.Until = c.words.DayOf(last)
	}
	now := s.config.Now()
	switch from := !a.ValidFrom.IsZero(); {
	case from && now.Before(a.ValidFrom):
		l.Tone, l.Words = "warn", c.T("assignments.begins", c.words.Date(a.ValidFrom))
	case !a.ValidUntil.IsZero() && !now.Before(a.ValidUntil):
		l.Tone, l.Words = "bad", c.T("assignments.over", c.words.Date(last))
	case !a.ValidUntil.IsZero():
		l.Tone, l.Words = "plain", c.T("assignments.ends", c.words.Date(last))
	}
	return l
}

// since says by whom an assignment was made, and when.
func (c *call) since(a app.Assignment, names map[string]string) string {
	return c.T("assignments.since", c.who(a.CreatedBy, names), c.words.Date(a.CreatedAt))
}
