package web

import (
	"net/http"
	"strconv"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

func (c *call) toAuthority() views.Action {
	return views.Action{Words: c.T("settings.authority"), Icon: "back", Get: "/api/admin/authority"}
}

// newAuthority asks for a new authority.
func (s *Server) newAuthority(c *call) error {
	f := views.AuthorityForm{T: c.T, Back: c.toAuthority()}
	for _, key := range []string{"ecdsa", "rsa"} {
		f.Keys = append(f.Keys, views.Option{Value: key, Words: c.T("authority.key-" + key), Checked: key == "ecdsa"})
	}
	return c.section("", views.AuthorityScreen(f))
}

func (s *Server) createAuthority(c *call) error {
	var in struct {
		Organisation string `json:"organisation"`
		Country      string `json:"country"`
		Key          string `json:"key"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	_, err := s.config.Authorities.Create(c.Request().Context(), c.visit, admin.NewAuthority{
		Organisation: in.Organisation, Country: in.Country, Key: in.Key,
	})
	if err != nil {
		return app.Wrap("create authority", err)
	}
	return s.authoritySection(c, c.T("authority.created"))
}

// newIssue asks for whom a certificate is to be issued.
func (s *Server) newIssue(c *call) error {
	accounts, err := s.config.Admin.Accounts(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("list accounts", err)
	}
	f := views.IssueForm{T: c.T, Back: c.toAuthority(), MaxSize: admin.MaxCertificateFile, TooLarge: c.tooLarge()}
	for _, a := range accounts {
		if !a.Blocked {
			f.Accounts = append(f.Accounts, views.Option{Value: string(a.User), Words: a.Name + " (" + a.Login + ")"})
		}
	}
	for years := 1; years <= admin.MaxYears; years++ {
		f.Years = append(f.Years, views.Option{Value: strconv.Itoa(years), Words: c.T("certificate.years-count", years), Checked: years == 1})
	}
	for _, key := range []string{"ecdsa-p256", "rsa-3072"} {
		f.Keys = append(f.Keys, views.Option{Value: key, Words: c.T("certificate.key-" + key), Checked: key == "ecdsa-p256"})
	}
	return c.section("", views.IssueScreen(f))
}

func (s *Server) issue(c *call) error {
	var in struct {
		User    app.UserID `json:"user"`
		Name    string     `json:"name"`
		Years   string     `json:"years"`
		Key     string     `json:"key"`
		Request []byte     `json:"request"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	years, err := strconv.Atoi(in.Years)
	if err != nil {
		return app.Fail(app.Invalid, "issue certificate", "").Because(err)
	}
	if in.User == "" {
		return app.Fail(app.Invalid, "issue certificate", "authority.account-missing")
	}
	ctx := c.Request().Context()
	i, err := s.config.Authorities.Issue(ctx, c.visit, admin.NewIssue{User: in.User, Name: in.Name, Years: years, Key: in.Key, Request: in.Request})
	if err != nil {
		return app.Wrap("issue certificate", err)
	}
	if len(in.Request) == 0 {
		return s.authoritySection(c, c.T("authority.issued-done"))
	}
	file, err := s.config.Authorities.IssuedFile(ctx, c.visit, i.Authority, i.Serial)
	if err != nil {
		return app.Wrap("give certificate", err)
	}
	return s.sentFile(c, c.T("authority.issued-request-done"), i.Serial+".pem", file)
}

// nextAuthority begins the next issuing authority.
func (s *Server) nextAuthority(c *call) error {
	id, err := c.authorityParam()
	if err != nil {
		return err
	}
	if _, err := s.config.Authorities.Next(c.Request().Context(), c.visit, id); err != nil {
		return app.Wrap("begin next authority", err)
	}
	return s.authoritySection(c, c.T("authority.next-done"))
}

// authorityRequest gives the request of an authority that waits.
func (s *Server) authorityRequest(c *call) error {
	id, err := c.authorityParam()
	if err != nil {
		return err
	}
	view, err := s.config.Authorities.View(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("show authorities", err)
	}
	for _, r := range view.Roots {
		if w := r.Waiting(); w != nil && w.ID == id {
			return c.file("application/pkcs10", "authority-"+string(id)+".csr", w.Request)
		}
	}
	return app.Fail(app.NotFound, "give request", "authority.unknown")
}

// issuedFile gives a certificate that was issued.
func (s *Server) issuedFile(c *call) error {
	id, serial, err := c.issuedParam()
	if err != nil {
		return err
	}
	file, err := s.config.Authorities.IssuedFile(c.Request().Context(), c.visit, id, serial)
	if err != nil {
		return app.Wrap("give certificate", err)
	}
	return c.file("application/x-pem-file", serial+".pem", file)
}

// file answers with a file to be saved.
func (c *call) file(kind, name string, data []byte) error {
	c.Response().Header().Set("Content-Disposition", attachment(name))
	return c.Blob(http.StatusOK, kind, data)
}

// fileInput is a call that brings a file.
type fileInput struct {
	File     []byte     `json:"file"`
	Password app.Secret `json:"password"`
}

// certifyAuthority takes the certificate of an authority that waits.
func (s *Server) certifyAuthority(c *call) error {
	var in fileInput
	id, err := c.authorityFile(&in)
	if err != nil {
		return err
	}
	if _, err := s.config.Authorities.Certify(c.Request().Context(), c.visit, id, in.File); err != nil {
		return app.Wrap("certify authority", err)
	}
	return s.authoritySection(c, c.T("authority.certified"))
}

// importRootList takes a root's list that was made elsewhere.
func (s *Server) importRootList(c *call) error {
	var in fileInput
	id, err := c.authorityFile(&in)
	if err != nil {
		return err
	}
	if _, err := s.config.Authorities.ImportList(c.Request().Context(), c.visit, id, in.File); err != nil {
		return app.Wrap("import list", err)
	}
	return s.authoritySection(c, c.T("authority.list-added"))
}

// authorityFile reads a call with a file about an authority.
func (c *call) authorityFile(in *fileInput) (app.AuthorityID, error) {
	id, err := c.authorityParam()
	if err != nil {
		return "", err
	}
	return id, c.read(in)
}

// revokeAuthority revokes an issuing authority.
func (s *Server) revokeAuthority(c *call) error {
	id, err := c.authorityParam()
	if err != nil {
		return err
	}
	if _, err := s.config.Authorities.RevokeIssuer(c.Request().Context(), c.visit, id); err != nil {
		return app.Wrap("revoke authority", err)
	}
	return s.authoritySection(c, c.T("authority.issuer-revoked"))
}

// newExport asks for the password of a root's file.
func (s *Server) newExport(c *call) error {
	id, err := c.authorityParam()
	if err != nil {
		return err
	}
	return c.section("", views.RootExportScreen(views.RootForm{T: c.T, ID: string(id), Back: c.toAuthority()}))
}

func (s *Server) exportRoot(c *call) error {
	var in struct {
		Password app.Secret `json:"password"`
		Repeat   app.Secret `json:"repeat"`
	}
	id, err := c.authorityParam()
	if err != nil {
		return err
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if in.Password != in.Repeat {
		return app.Fail(app.Invalid, "export root", "authority.password-differs")
	}
	file, name, err := s.config.Authorities.ExportRoot(c.Request().Context(), c.visit, id, in.Password)
	if err != nil {
		return app.Wrap("export root", err)
	}
	return s.sentFile(c, c.T("authority.exported"), name, file)
}

// newRemoval asks for the exported file before the key is removed here.
func (s *Server) newRemoval(c *call) error {
	id, err := c.authorityParam()
	if err != nil {
		return err
	}
	return c.section("", views.RootRemoveScreen(views.RootForm{
		T: c.T, ID: string(id), Back: c.toAuthority(), MaxSize: admin.MaxCertificateFile, TooLarge: c.tooLarge(),
	}))
}

func (s *Server) removeRootKey(c *call) error {
	var in fileInput
	id, err := c.authorityFile(&in)
	if err != nil {
		return err
	}
	if _, err := s.config.Authorities.RemoveRootKey(c.Request().Context(), c.visit, id, in.File, in.Password); err != nil {
		return app.Wrap("remove root key", err)
	}
	return s.authoritySection(c, c.T("authority.key-removed-done"))
}

// renewIssued renews a certificate.
func (s *Server) renewIssued(c *call) error {
	id, serial, err := c.issuedParam()
	if err != nil {
		return err
	}
	if _, err := s.config.Authorities.Renew(c.Request().Context(), c.visit, id, serial); err != nil {
		return app.Wrap("renew certificate", err)
	}
	return s.authoritySection(c, c.T("authority.renew-done"))
}

// newRevocation asks why a certificate is to be revoked.
func (s *Server) newRevocation(c *call) error {
	id, serial, err := c.issuedParam()
	if err != nil {
		return err
	}
	view, err := s.config.Authorities.View(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("show authorities", err)
	}
	f := views.RevokeForm{T: c.T, Back: c.toAuthority(), Path: "/api/admin/authority/issued/" + string(id) + "/" + serial + "/revoke"}
	for _, i := range view.Issued {
		if i.Authority == id && i.Serial == serial {
			f.Name, f.Facts = i.Name, []string{c.T("certificate.until", c.words.Date(i.NotAfter)), c.T("certificate.serial", lastDigits(serial))}
		}
	}
	if f.Name == "" {
		return app.Fail(app.NotFound, "find certificate", "certificate.unknown")
	}
	for n, reason := range admin.Reasons() {
		f.Reasons = append(f.Reasons, views.Option{Value: strconv.Itoa(reason), Words: c.T(admin.ReasonKey(reason)), Checked: n == 0})
	}
	return c.section("", views.RevokeScreen(f))
}

func (s *Server) revokeIssued(c *call) error {
	var in struct {
		Reason string `json:"reason"`
	}
	id, serial, err := c.issuedParam()
	if err != nil {
		return err
	}
	if err := c.read(&in); err != nil {
		return err
	}
	reason, err := strconv.Atoi(in.Reason)
	if err != nil {
		return app.Fail(app.Invalid, "revoke certificate", "authority.reason-wrong").Because(err)
	}
	if _, err := s.config.Authorities.Revoke(c.Request().Context(), c.visit, id, serial, reason); err != nil {
		return app.Wrap("revoke certificate", err)
	}
	return s.authoritySection(c, c.T("authority.revoked"))
}

// authorityFields names the fields that messages of the authority's forms are
// about.
func authorityFields() map[string]string {
	return map[string]string{
		"authority.organisation-missing": "organisation", "authority.organisation-long": "organisation",
		"authority.organisation-characters": "organisation", "authority.country-wrong": "country",
		"authority.account-missing": "user", "authority.years-wrong": "years", "authority.against-rules": "name",
		"authority.request-bad": "request", "authority.request-key": "request", "authority.reason-wrong": "reason",
		"authority.password-weak": "password", "authority.password-differs": "repeat", "authority.file-other": "password",
		"authority.certificate-bad": "file", "authority.certificate-other": "file",
		"authority.list-bad": "file", "authority.list-old": "file",
	}
}
