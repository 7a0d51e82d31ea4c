package web

import (
	"strconv"
	"strings"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// certificatesPath is the call of the section.
const certificatesPath = "/api/admin/certificates"

// certificates lists the certificates and what lies on the tokens.
func (s *Server) certificates(c *call) error { return s.certificatesSection(c, "") }

func (s *Server) certificatesSection(c *call, notice string) error {
	l, err := c.listing(certificatesPath, "q", "page")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	list, err := s.config.Admin.Certificates(ctx, c.visit)
	if err != nil {
		return app.Wrap("list certificates", err)
	}
	assignments, err := s.config.Admin.Assignments(ctx, c.visit)
	if err != nil {
		return app.Wrap("list assignments", err)
	}
	tokens, err := s.config.Admin.Tokens(ctx, c.visit)
	if err != nil {
		return app.Wrap("list tokens", err)
	}
	users := map[app.CertificateID]int{}
	for _, a := range assignments {
		users[a.Certificate]++
	}
	v := views.Certificates{T: c.T, Adds: []views.Action{
		{Words: c.T("certificates.add"), Icon: "plus", Get: "/api/admin/certificates/new"},
		{Words: c.T("certificates.import"), Icon: "download", Get: "/api/admin/certificates/import"},
	}}
	if len(list) >= manyCertificates {
		v.Find = c.search(l, map[string]string{"q": c.T("certificates.search")}, "q")
	}
	var found []app.Certificate
	for _, cert := range list {
		if matches(l.given.Get("q"), certificateText(cert)) {
			found = append(found, cert)
		}
	}
	switch {
	case len(list) == 0:
		v.Empty = c.T("certificates.empty")
	case len(found) == 0:
		v.Nothing = c.T("assignments.nothing")
	}
	shown, pages := paged(c, l, "page", found, pageRows)
	v.Pages = pages
	for _, cert := range shown {
		row := s.certificateRow(c, cert, users[cert.ID])
		row.Actions = []views.Action{
			{Words: c.T("certificates.open"), Get: "/api/admin/certificates/" + string(cert.ID), Plain: true}, c.removal(cert),
		}
		v.List = append(v.List, row)
	}
	for _, t := range tokens {
		v.Tokens = append(v.Tokens, c.tokenRow(t))
	}
	if len(tokens) == 0 {
		v.TokenNote = c.T("tokens.none")
	}
	return c.section(notice, views.CertificatesSection(v))
}

// certificateRow is a certificate in the list, with who uses it.
func (s *Server) certificateRow(c *call, cert app.Certificate, users int) views.CertificateRow {
	row := c.plainRow(cert)
	if why := cert.Usable(s.config.Now()); why != "" {
		row.Badges = append(row.Badges, views.Tag{Tone: "bad", Words: c.T("certificates.badge-" + strings.TrimPrefix(why, "certificate."))})
	}
	switch {
	case users == 0:
		row.Badges = append(row.Badges, views.Tag{Tone: "plain", Words: c.T("certificates.unassigned")})
	case users > 1:
		row.Badges = append(row.Badges, views.Tag{Tone: "warn", Words: c.T("certificates.shared", users)})
	}
	if cert.RevokedAt.IsZero() && cert.Usable(s.config.Now()) == "" && s.config.Now().Add(endsSoon).After(cert.NotAfter) {
		row.Badges = append(row.Badges, views.Tag{Tone: "warn", Words: c.T("certificates.badge-soon", daysLeft(s.config.Now(), cert.NotAfter))})
	}
	return row
}

// daysLeft counts the days that have begun.
func daysLeft(now, end time.Time) int {
	return int((end.Sub(now) + 24*time.Hour - 1) / (24 * time.Hour))
}

// removal is the button that removes a certificate.
func (c *call) removal(cert app.Certificate) views.Action {
	return views.Action{
		Words: c.T("certificates.remove"), Danger: true, Confirm: c.T("certificates.remove-question", cert.Name),
		Post: "/api/admin/certificates/" + string(cert.ID) + "/delete",
	}
}

func (c *call) toCertificates() views.Action {
	return views.Action{Words: c.T("settings.certificates"), Icon: "back", Get: "/api/admin/certificates"}
}

// plainRow is a certificate as people tell it from others.
func (c *call) plainRow(cert app.Certificate) views.CertificateRow {
	card := c.certificateCard(cert)
	row := views.CertificateRow{Name: card.Name, Organisation: card.Organisation, Icon: card.Icon, Facts: card.Facts}
	if card.Badge != "" {
		row.Badges = append(row.Badges, views.Tag{Tone: "plain", Words: card.Badge})
	}
	return row
}

// newCertificate asks for a new self-signed certificate.
func (s *Server) newCertificate(c *call) error {
	f := views.CertificateForm{T: c.T, Back: c.toCertificates()}
	for years := 1; years <= admin.MaxYears; years++ {
		f.Years = append(f.Years, views.Option{Value: strconv.Itoa(years), Words: c.T("certificate.years-count", years), Checked: years == 1})
	}
	for _, key := range []string{"ecdsa-p256", "rsa-3072"} {
		f.Keys = append(f.Keys, views.Option{Value: key, Words: c.T("certificate.key-" + key), Checked: key == "ecdsa-p256"})
	}
	return c.section("", views.CertificateScreen(f))
}

// createCertificate makes a self-signed certificate with a software key.
func (s *Server) createCertificate(c *call) error {
	var in struct {
		Name         string     `json:"name"`
		Organisation string     `json:"organisation"`
		Years        string     `json:"years"`
		Key          string     `json:"key"`
		Owner        app.UserID `json:"owner"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	years, err := strconv.Atoi(in.Years)
	if err != nil {
		return app.Fail(app.Invalid, "create certificate", "").Because(err)
	}
	_, err = s.config.Admin.CreateSelfSigned(c.Request().Context(), c.visit, admin.SelfSigned{
		Name: in.Name, Organisation: in.Organisation, Years: years, Key: in.Key, Owner: in.Owner,
	})
	if err != nil {
		return app.Wrap("create certificate", err)
	}
	return s.certificatesSection(c, c.T("certificate.created"))
}

// removeCertificate removes a certificate, and with it its software key.
func (s *Server) removeCertificate(c *call) error {
	id := c.Param("id")
	if !digest.MatchString(id) {
		return app.Fail(app.NotFound, "remove certificate", "certificate.unknown")
	}
	if err := s.config.Admin.RemoveCertificate(c.Request().Context(), c.visit, app.CertificateID(id)); err != nil {
		return app.Wrap("remove certificate", err)
	}
	return s.certificatesSection(c, c.T("certificate.removed"))
}
