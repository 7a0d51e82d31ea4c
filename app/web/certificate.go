package web

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// certificateID is the certificate in the address.
func (c *call) certificateID() (app.CertificateID, error) {
	id := c.Param("id")
	if !digest.MatchString(id) {
		return "", app.Fail(app.NotFound, "find certificate", "certificate.unknown")
	}
	return app.CertificateID(id), nil
}

// certificate shows one certificate.
func (s *Server) certificate(c *call) error {
	id, err := c.certificateID()
	if err != nil {
		return err
	}
	return s.certificateSection(c, id, "")
}

// certificateSection shows a certificate: what it is, whose, who may use it.
func (s *Server) certificateSection(c *call, id app.CertificateID, notice string) error {
	ctx := c.Request().Context()
	all, err := s.config.Admin.Certificates(ctx, c.visit)
	if err != nil {
		return app.Wrap("list certificates", err)
	}
	var cert app.Certificate
	for _, one := range all {
		if one.ID == id {
			cert = one
		}
	}
	if cert.ID == "" {
		return app.Fail(app.NotFound, "find certificate", "certificate.unknown")
	}
	accounts, err := s.config.Admin.Accounts(ctx, c.visit)
	if err != nil {
		return app.Wrap("list accounts", err)
	}
	names := c.namesFrom(accounts, all)
	v := views.CertificatePage{
		T: c.T, Back: c.toCertificates(), ID: string(id), Details: c.details(cert, names), Owner: c.owner(accounts, cert.Owner),
		MaxSize: admin.MaxCertificateFile, TooLarge: c.tooLarge(),
	}
	v.Chain, v.ChainTone, v.ChainFile = c.chainState(cert)
	if v.Accounts, err = s.accountsOf(c, cert, accounts, names); err != nil {
		return err
	}
	users := 0
	for _, a := range accounts {
		for _, has := range a.Certificates {
			if has == id {
				users++
			}
		}
	}
	v.Row = s.certificateRow(c, cert, users)
	v.Row.Actions = []views.Action{c.removal(cert)}
	return c.section(notice, views.CertificateView(v))
}

// namesFrom are the names of the accounts, of the certificates and the visitor's.
func (c *call) namesFrom(accounts []admin.AccountView, certificates []app.Certificate) map[string]string {
	names := map[string]string{string(c.visit.User): c.visit.Name}
	for _, a := range accounts {
		names[string(a.User)] = a.Name
	}
	for _, cert := range certificates {
		names[string(cert.ID)] = cert.Name
	}
	return names
}

// details are what stands in a certificate, as it is compared with others.
func (c *call) details(cert app.Certificate, names map[string]string) []views.Detail {
	list := []views.Detail{
		{Words: c.T("certificate.organisation"), Value: cert.Organisation},
		{Words: c.T("certificate.issued-by"), Value: cert.Issuer},
		{Words: c.T("certificate.valid"), Value: c.T("certificate.from-until", c.words.Date(cert.NotBefore), c.words.Date(cert.NotAfter))},
		{Words: c.T("certificate.serial-number"), Value: grouped(cert.Serial), Mono: true},
		{Words: c.T("certificate.fingerprint"), Value: grouped(string(cert.ID)), Mono: true},
		{Words: c.T("certificate.key"), Value: keyKind(cert.DER)},
		{Words: c.T("certificate.added-by"), Value: c.T("assignments.since", c.who(cert.CreatedBy, names), c.words.Date(cert.CreatedAt))},
	}
	if cert.SelfSigned {
		list[1].Value = c.T("certificate.internal")
	}
	if cert.Source == app.KeyToken {
		list = append(list, views.Detail{Words: c.T("certificate.token"), Value: cert.TokenSerial, Mono: true})
	}
	if !cert.RevokedAt.IsZero() {
		list = append(list, views.Detail{Words: c.T("certificates.badge-revoked"), Value: c.words.Time(cert.RevokedAt)})
	}
	kept := list[:0]
	for _, d := range list {
		if d.Value != "" {
			kept = append(kept, d)
		}
	}
	return kept
}

// grouped is a hexadecimal text in groups of four.
func grouped(hex string) string {
	hex = strings.ToUpper(hex)
	if len(hex)%4 != 0 {
		hex = strings.Repeat("0", 4-len(hex)%4) + hex
	}
	var groups []string
	for ; len(hex) > 0; hex = hex[4:] {
		groups = append(groups, hex[:4])
	}
	return strings.Join(groups, " ")
}

// keyKind names the kind of a certificate's key, as every language does.
func keyKind(der []byte) string {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return ""
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Params().Name
	}
	return cert.PublicKeyAlgorithm.String()
}

// chainState says whether the issuers of a certificate are kept with it, which
// readers need to find the way to a root.
func (c *call) chainState(cert app.Certificate) (words, tone string, offer bool) {
	switch {
	case cert.SelfSigned:
		return c.T("certificate.chain-none"), "plain", false
	case len(cert.Chain) == 0:
		return c.T("certificate.chain-missing"), "warn", true
	}
	return c.T("certificate.chain-count", len(cert.Chain)), "good", true
}

// accountsOf is a page of the accounts, those first that may use the certificate.
func (s *Server) accountsOf(c *call, cert app.Certificate, accounts []admin.AccountView, names map[string]string) (views.Grants, error) {
	g := views.Grants{T: c.T}
	l, err := c.listing("/api/admin/certificates/"+string(cert.ID), "q", "page")
	if err != nil {
		return g, err
	}
	var mine, others []views.Grantable
	for _, a := range accounts {
		if !matches(l.given.Get("q"), a.Name, a.Login, a.Description) {
			continue
		}
		one := c.cell(a.Account, cert, false)
		one.Name, one.Facts = a.Name, []string{a.Login}
		if a.Blocked {
			one.Badges = append(one.Badges, views.Tag{Tone: "bad", Words: c.T("account.blocked-badge")})
		}
		one.Limits = s.limitsOf(c, app.Assignment{}, "certificate")
		for _, assigned := range a.Assignments {
			if assigned.Certificate == cert.ID {
				one.Assigned, one.Limits = true, s.limitsOf(c, assigned, "certificate")
				one.Facts = append(one.Facts, c.since(assigned, names))
			}
		}
		if one.Assigned {
			mine = append(mine, one)
		} else {
			others = append(others, one)
		}
	}
	g.List, g.Pages = paged(c, l, "page", append(mine, others...), pageRows)
	if len(accounts) >= manyAccounts {
		g.Find = c.search(l, map[string]string{"q": c.T("accounts.search")}, "q")
	}
	switch {
	case len(accounts) == 0:
		g.Empty = c.T("assignments.no-account")
	case len(g.List) == 0:
		g.Empty = c.T("assignments.nothing")
	}
	return g, nil
}

// owner is the account that a certificate belongs to; one that was removed since
// is named by its number.
func (c *call) owner(accounts []admin.AccountView, owner app.UserID) views.Owner {
	if owner == "" {
		return views.Owner{}
	}
	for _, a := range accounts {
		if a.User == owner {
			return views.Owner{ID: string(a.User), Name: a.Name + " (" + a.Login + ")"}
		}
	}
	return views.Owner{ID: string(owner), Name: c.T("journal.user", string(owner))}
}

// owners searches the accounts that a certificate may belong to.
func (s *Server) owners(c *call) error {
	query := strings.TrimSpace(c.QueryParam("q"))
	if len(query) > 200 {
		return app.Fail(app.Invalid, "search accounts", "")
	}
	accounts, err := s.config.Admin.Accounts(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("list accounts", err)
	}
	list := []person{}
	for _, a := range accounts {
		if len(list) < maxPeople && matches(query, a.Name, "("+a.Login+")", a.Description) {
			list = append(list, person{ID: a.User, Name: a.Name + " (" + a.Login + ")", More: a.Description})
		}
	}
	return c.JSON(http.StatusOK, list)
}

// setOwner says to whom a certificate belongs.
func (s *Server) setOwner(c *call) error {
	id, err := c.certificateID()
	if err != nil {
		return err
	}
	var in struct {
		Owner app.UserID `json:"owner"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if _, err := s.config.Admin.SetOwner(c.Request().Context(), c.visit, id, in.Owner); err != nil {
		return app.Wrap("set owner", err)
	}
	return s.certificateSection(c, id, c.T("certificate.saved"))
}

// addChain adds issuers from a file.
func (s *Server) addChain(c *call) error {
	id, err := c.certificateID()
	if err != nil {
		return err
	}
	var in struct {
		File []byte `json:"file"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if _, err := s.config.Admin.AddChain(c.Request().Context(), c.visit, id, in.File); err != nil {
		return app.Wrap("add chain", err)
	}
	return s.certificateSection(c, id, c.T("certificate.saved"))
}

// newImport asks for a file with a key.
func (s *Server) newImport(c *call) error {
	return c.section("", views.ImportScreen(views.ImportForm{
		T: c.T, Back: c.toCertificates(), MaxSize: admin.MaxCertificateFile, TooLarge: c.tooLarge(),
	}))
}

func (c *call) tooLarge() string { return c.T("certificate.file-large", admin.MaxCertificateFile>>10) }

// importCertificate takes a key from a file. The file comes as base64 in JSON:
// so the call keeps the protections of all others, and nothing is parsed that
// was made to be parsed by browsers.
func (s *Server) importCertificate(c *call) error {
	var in struct {
		File     []byte        `json:"file"`
		Password passwordField `json:"password"`
		Owner    app.UserID    `json:"owner"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	defer clear(in.File)
	cert, err := s.config.Admin.ImportCertificate(c.Request().Context(), c.visit, admin.Import{
		File: in.File, Password: app.Secret(in.Password), Owner: in.Owner,
	})
	if err != nil {
		return app.Wrap("import certificate", err)
	}
	return s.certificateSection(c, cert.ID, c.T("import.done"))
}

// passwordField reads a secret from JSON, which app.Secret refuses to do.
type passwordField string

// String hides the password.
func (passwordField) String() string { return "[redacted]" }
