package web

import (
	"net/http"
	"net/url"
	"strings"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// tokenRow is a token with what lies on it and what can be done with it.
func (c *call) tokenRow(t admin.TokenView) views.TokenRow {
	row := views.TokenRow{
		Name:  t.Label,
		Facts: []string{t.Model, c.T("tokens.serial", t.Serial), c.T("tokens.only-here")},
	}
	if t.PINStored {
		row.Facts = append(row.Facts, c.T("tokens.pin-stored"))
	}
	if t.Note != "" {
		row.Badges = append(row.Badges, views.Tag{Tone: "bad", Words: c.T("state.fault")})
		row.Fault = c.T(t.Note)
		if !t.Since.IsZero() {
			row.Facts = append(row.Facts, c.T("tokens.since", c.words.Time(t.Since)))
		}
	}
	if t.PINLow {
		row.Badges = append(row.Badges, views.Tag{Tone: "warn", Words: c.T("tokens.pin-low")})
	}
	if t.TypePIN && strings.HasPrefix(t.Note, "token.pin-") {
		row.Actions = append(row.Actions, views.Action{Words: c.T("tokens.pin-type"), Icon: "key", Get: tokenPage("pin", t.Serial, "")})
	}
	if t.AllowPIN {
		row.Actions = append(row.Actions, views.Action{
			Words: c.T("tokens.pin-allow"), Post: "/api/admin/tokens/pin/allow", Body: bodyOf(tokenOnly{t.Serial}),
			Confirm: c.T("tokens.pin-allow-question"), Danger: true,
		})
	}
	if t.Note == "" {
		row.Actions = append(row.Actions,
			views.Action{Words: c.T("tokens.make"), Icon: "plus", Get: tokenPage("key", t.Serial, "")},
			views.Action{Words: c.T("tokens.import"), Icon: "download", Get: tokenPage("certificate", t.Serial, ""), Plain: true},
		)
	}
	for _, cert := range t.Certificates {
		row.List = append(row.List, c.tokenCertificate(t.Serial, cert))
	}
	for _, o := range t.Others {
		row.List = append(row.List, c.tokenObject(t.Serial, o))
	}
	return row
}

// tokenPage is the address of a screen about a token.
func tokenPage(name, serial, key string) string {
	query := url.Values{"token": {serial}}
	if key != "" {
		query.Set("key", key)
	}
	return "/api/admin/certificates/token/" + name + "?" + query.Encode()
}

// tokenCertificate is a certificate on a token.
func (c *call) tokenCertificate(serial string, cert admin.TokenCertificate) views.CertificateRow {
	line := c.plainRow(cert.Certificate)
	if cert.Label != "" && cert.Label != cert.Name {
		line.Facts = append(line.Facts, c.T("tokens.label", cert.Label))
	}
	line.Facts = append(line.Facts, c.T("tokens.key-id", cert.KeyID), c.T("tokens.fingerprint", fingerprint(string(cert.ID))))
	switch {
	case cert.Added:
		line.Badges = append(line.Badges, views.Tag{Tone: "good", Words: c.T("tokens.added")})
	case cert.Unusable != "":
		line.Badges = append(line.Badges, views.Tag{Tone: "bad", Words: c.T(cert.Unusable)})
	default:
		line.Actions = []views.Action{{
			Words: c.T("tokens.add"), Icon: "plus", Post: "/api/admin/tokens",
			Body: bodyOf(tokenInput{Token: serial, Key: cert.KeyID, Certificate: cert.ID}),
		}}
	}
	return line
}

// tokenObject is a key without a certificate, or a certificate that cannot be
// read.
func (c *call) tokenObject(serial string, o admin.TokenObject) views.CertificateRow {
	row := views.CertificateRow{Name: o.Label, Icon: "key"}
	if row.Name == "" {
		row.Name = c.T("tokens.unnamed")
	}
	if o.Kind != "" {
		row.Facts = append(row.Facts, o.Kind)
	}
	if o.KeyID != "" {
		row.Facts = append(row.Facts, c.T("tokens.key-id", o.KeyID))
	}
	what := "tokens.unreadable"
	if o.Key {
		what = "tokens.bare"
	}
	row.Badges = append(row.Badges, views.Tag{Tone: "plain", Words: c.T(what)})
	switch {
	case o.Unusable != "":
		row.Badges = append(row.Badges, views.Tag{Tone: "bad", Words: c.T(o.Unusable)})
	case o.Key:
		row.Actions = []views.Action{{Words: c.T("tokens.request"), Get: tokenPage("request", serial, o.KeyID)}}
	}
	return row
}

// tokenInput names a certificate on a token.
type tokenInput struct {
	Token       string            `json:"token"`
	Key         string            `json:"key"`
	Certificate app.CertificateID `json:"certificate"`
}

// tokenOnly names a token.
type tokenOnly struct {
	Token string `json:"token"`
}

// addFromToken takes a certificate on a token into use.
func (s *Server) addFromToken(c *call) error {
	var in tokenInput
	if err := c.read(&in); err != nil {
		return err
	}
	if !digest.MatchString(string(in.Certificate)) {
		return app.Fail(app.NotFound, "add certificate", "certificate.unknown")
	}
	if _, err := s.config.Admin.AddFromToken(c.Request().Context(), c.visit, in.Token, in.Key, in.Certificate); err != nil {
		return app.Wrap("add certificate", err)
	}
	return s.certificatesSection(c, c.T("certificate.added"))
}

// askPIN asks for the PIN of a token.
func (s *Server) askPIN(c *call) error {
	t, err := s.token(c)
	if err != nil {
		return err
	}
	return c.section("", views.TokenPINScreen(views.TokenPINForm{T: c.T, Back: c.toCertificates(), Serial: t.Serial, Name: t.Label}))
}

// enterPIN takes the PIN of a token.
func (s *Server) enterPIN(c *call) error {
	var in struct {
		tokenOnly
		PIN passwordField `json:"pin"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.config.Admin.EnterPIN(c.Request().Context(), c.visit, in.Token, app.Secret(in.PIN)); err != nil {
		return app.Wrap("enter PIN", err)
	}
	return s.certificatesSection(c, c.T("tokens.pin-done"))
}

// allowPIN lets a PIN be sent once more.
func (s *Server) allowPIN(c *call) error {
	var in tokenOnly
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.config.Admin.AllowPIN(c.Request().Context(), c.visit, in.Token); err != nil {
		return app.Wrap("allow PIN", err)
	}
	return s.certificatesSection(c, c.T("tokens.pin-done"))
}

// token gives the token that the address names.
func (s *Server) token(c *call) (admin.TokenView, error) {
	list, err := s.config.Admin.Tokens(c.Request().Context(), c.visit)
	if err != nil {
		return admin.TokenView{}, app.Wrap("list tokens", err)
	}
	for _, t := range list {
		if t.Serial == c.QueryParam("token") && t.Serial != "" {
			return t, nil
		}
	}
	return admin.TokenView{}, app.Fail(app.NotFound, "find token", "token.unknown")
}

// newTokenKey asks for a new key on a token.
func (s *Server) newTokenKey(c *call) error {
	t, err := s.token(c)
	if err != nil {
		return err
	}
	f := views.TokenKeyForm{T: c.T, Back: c.toCertificates(), Serial: t.Serial, Title: c.T("tokens.make-title", t.Label)}
	words := map[string]string{
		"ecdsa-p256": c.T("certificate.key-ecdsa-p256"), "ecdsa-p384": "ECDSA P-384",
		"rsa-2048": "RSA 2048", "rsa-3072": c.T("certificate.key-rsa-3072"), "rsa-4096": "RSA 4096",
	}
	for i, kind := range admin.TokenKinds() {
		f.Kinds = append(f.Kinds, views.Option{Value: kind, Words: words[kind], Checked: i == 0})
	}
	return c.section("", views.TokenKeyScreen(f))
}

// makeTokenKey has a token make a key, and asks whom its certificate is for.
func (s *Server) makeTokenKey(c *call) error {
	var in struct {
		tokenOnly
		Kind  string `json:"kind"`
		Label string `json:"label"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	id, err := s.config.Admin.GenerateKey(c.Request().Context(), c.visit, in.Token, admin.TokenKey{Kind: in.Kind, Label: in.Label})
	if err != nil {
		return app.Wrap("make key", err)
	}
	f := views.TokenRequestForm{T: c.T, Back: c.toCertificates(), Serial: in.Token, Key: id, Name: in.Label}
	return c.section(c.T("tokens.made"), views.TokenRequestScreen(f))
}

// newTokenRequest asks whom the certificate of a key is for.
func (s *Server) newTokenRequest(c *call) error {
	t, err := s.token(c)
	if err != nil {
		return err
	}
	for _, o := range t.Others {
		if o.Key && o.KeyID == c.QueryParam("key") {
			return c.section("", views.TokenRequestScreen(views.TokenRequestForm{
				T: c.T, Back: c.toCertificates(), Serial: t.Serial, Key: o.KeyID, Name: o.Label,
			}))
		}
	}
	return app.Fail(app.NotFound, "find key", "token.key-unknown")
}

// requestInput is the form of a certificate request.
type requestInput struct {
	tokenOnly
	Key          string `json:"key"`
	Name         string `json:"name"`
	Organisation string `json:"organisation"`
	Country      string `json:"country"`
	Email        string `json:"email"`
}

func (in requestInput) request() admin.TokenRequest {
	return admin.TokenRequest{
		Serial: in.Token, KeyID: in.Key, Name: in.Name, Organisation: in.Organisation,
		Country: strings.ToUpper(strings.TrimSpace(in.Country)), Email: strings.TrimSpace(in.Email),
	}
}

// makeTokenRequest makes a certificate request and shows it.
func (s *Server) makeTokenRequest(c *call) error {
	var in requestInput
	if err := c.read(&in); err != nil {
		return err
	}
	text, err := s.config.Admin.RequestCertificate(c.Request().Context(), c.visit, in.request())
	if err != nil {
		return app.Wrap("request certificate", err)
	}
	query := url.Values{
		"token": {in.Token}, "key": {in.Key}, "name": {in.Name}, "organisation": {in.Organisation}, "country": {in.Country}, "email": {in.Email},
	}
	return c.section("", views.TokenRequestDone(views.TokenRequestText{
		T: c.T, Back: c.toCertificates(), Text: string(text),
		Download: views.Action{Words: c.T("tokens.request-download"), Icon: "download", Download: "/api/admin/tokens/request?" + query.Encode()},
		Import:   views.Action{Words: c.T("tokens.import"), Get: tokenPage("certificate", in.Token, ""), Plain: true},
	}))
}

// tokenRequestFile gives a certificate request as a file.
func (s *Server) tokenRequestFile(c *call) error {
	in := requestInput{
		tokenOnly: tokenOnly{c.QueryParam("token")}, Key: c.QueryParam("key"), Name: c.QueryParam("name"),
		Organisation: c.QueryParam("organisation"), Country: c.QueryParam("country"), Email: c.QueryParam("email"),
	}
	text, err := s.config.Admin.RequestCertificate(c.Request().Context(), c.visit, in.request())
	if err != nil {
		return app.Wrap("request certificate", err)
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="request-`+plainName(in.Key)+`.csr"`)
	return c.Blob(http.StatusOK, "application/pkcs10", text) // RFC 5967
}

// plainName keeps hexadecimal digits.
func plainName(key string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789abcdef", r) {
			return r
		}
		return -1
	}, key)
}

// newTokenCertificate asks for a certificate for a key on a token.
func (s *Server) newTokenCertificate(c *call) error {
	t, err := s.token(c)
	if err != nil {
		return err
	}
	return c.section("", views.TokenCertificateScreen(views.TokenCertificateForm{
		T: c.T, Back: c.toCertificates(), Serial: t.Serial, Title: c.T("tokens.import-title", t.Label),
		MaxSize: admin.MaxCertificateFile, TooLarge: c.T("certificate.file-large", admin.MaxCertificateFile>>10),
	}))
}

// writeTokenCertificate writes a certificate onto a token and takes it into use.
func (s *Server) writeTokenCertificate(c *call) error {
	var in struct {
		tokenOnly
		File []byte `json:"file"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if _, err := s.config.Admin.WriteCertificate(c.Request().Context(), c.visit, in.Token, in.File); err != nil {
		return app.Wrap("write certificate", err)
	}
	return s.certificatesSection(c, c.T("tokens.imported"))
}

// tokenFields names the fields that messages of the forms about tokens are
// about.
func tokenFields() map[string]string {
	return map[string]string{
		"token.pin-wrong": "pin", "token.pin-latched": "pin", "token.pin-missing-typed": "pin", "token.pin-long": "pin", "token.pin-characters": "pin",
		"token.label-missing": "label", "token.label-long": "label", "token.label-characters": "label", "token.key-kind": "kind",
		"token.country-wrong": "country", "token.email-wrong": "email",
		"token.certificate-unreadable": "file", "token.certificate-unrelated": "file", "token.certificate-odd": "file",
	}
}
