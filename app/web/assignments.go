package web

import (
	"net/http"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// assignments shows who may use which certificate.
func (s *Server) assignments(c *call) error {
	ctx := c.Request().Context()
	accounts, err := s.config.Admin.Accounts(ctx, c.visit)
	if err != nil {
		return app.Wrap("list accounts", err)
	}
	certificates, err := s.config.Admin.Certificates(ctx, c.visit)
	if err != nil {
		return app.Wrap("list certificates", err)
	}
	return c.section("", views.AssignmentsSection(c.grid(accounts, certificates)))
}

// grid is the accounts against the certificates.
func (c *call) grid(accounts []admin.AccountView, certificates []app.Certificate) views.Assignments {
	v := views.Assignments{T: c.T}
	switch {
	case len(accounts) == 0:
		v.Empty = c.T("assignments.no-account")
	case len(certificates) == 0:
		v.Empty = c.T("assignments.no-certificate")
	}
	users := map[app.CertificateID]int{}
	for _, a := range accounts {
		row := views.GridRow{Name: a.Name, Login: a.Login}
		has := map[app.CertificateID]bool{}
		for _, id := range a.Certificates {
			has[id] = true
			users[id]++
		}
		for _, cert := range certificates {
			row.Cells = append(row.Cells, c.grantable(a.Account, cert, has[cert.ID]))
		}
		v.Rows = append(v.Rows, row)
	}
	for _, cert := range certificates {
		column := views.Column{Name: cert.Name, Note: lastFour(cert.Serial)}
		if users[cert.ID] > 1 {
			column.Note = c.T("certificates.shared", users[cert.ID])
		}
		v.Columns = append(v.Columns, column)
	}
	return v
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
