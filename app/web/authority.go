package web

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// authorityRoutes are the calls of the section of the internal authority.
func (s *Server) authorityRoutes() []route {
	if s.config.Authorities == nil {
		return nil
	}
	const base, root, issuer, issued = "/api/admin/authority", "/roots/:id", "/issuers/:id", "/issued/:id/:serial"
	list := []route{
		{method: "GET", path: "", held: s.authority},
		{method: "POST", path: "", held: s.createAuthority},
		{method: "GET", path: "/new", held: s.newAuthority},
		{method: "GET", path: "/issue", held: s.newIssue},
		{method: "POST", path: "/issue", held: s.issue, body: maxFile},
		{method: "POST", path: root + "/kit", held: s.trustKit},
		{method: "POST", path: root + "/next", held: s.nextAuthority},
		{method: "GET", path: root + "/export", held: s.newExport},
		{method: "POST", path: root + "/export", held: s.exportRoot},
		{method: "GET", path: root + "/remove", held: s.newRemoval},
		{method: "POST", path: root + "/remove", held: s.removeRootKey, body: maxFile},
		{method: "POST", path: root + "/list", held: s.importRootList, body: maxFile},
		{method: "GET", path: issuer + "/request", held: s.authorityRequest},
		{method: "POST", path: issuer + "/certificate", held: s.certifyAuthority, body: maxFile},
		{method: "POST", path: issuer + "/revoke", held: s.revokeAuthority},
		{method: "GET", path: issued + "/file", held: s.issuedFile},
		{method: "POST", path: issued + "/renew", held: s.renewIssued},
		{method: "GET", path: issued + "/revoke", held: s.newRevocation},
		{method: "POST", path: issued + "/revoke", held: s.revokeIssued},
	}
	for i := range list {
		list[i].path, list[i].door = base+list[i].path, doorAdmin
	}
	return list
}

var (
	authorityID  = regexp.MustCompile(`^[0-9a-f]{16}$`)
	serialNumber = regexp.MustCompile(`^[0-9a-f]{1,40}$`)
)

// authorityParam is the authority in the address; what cannot be one does not
// exist.
func (c *call) authorityParam() (app.AuthorityID, error) {
	id := c.Param("id")
	if !authorityID.MatchString(id) {
		return "", app.Fail(app.NotFound, "find authority", "authority.unknown")
	}
	return app.AuthorityID(id), nil
}

// issuedParam is the certificate in the address.
func (c *call) issuedParam() (app.AuthorityID, string, error) {
	id, err := c.authorityParam()
	if err != nil {
		return "", "", err
	}
	serial := c.Param("serial")
	if !serialNumber.MatchString(serial) {
		return "", "", app.Fail(app.NotFound, "find certificate", "certificate.unknown")
	}
	return id, serial, nil
}

// authority shows the internal authority.
func (s *Server) authority(c *call) error { return s.authoritySection(c, "") }

func (s *Server) authoritySection(c *call, notice string) error {
	view, err := s.authorityView(c)
	if err != nil {
		return err
	}
	return c.section(notice, views.AuthoritySection(view))
}

func (s *Server) authorityView(c *call) (views.Authority, error) {
	ctx := c.Request().Context()
	all, err := s.config.Authorities.View(ctx, c.visit)
	if err != nil {
		return views.Authority{}, app.Wrap("show authorities", err)
	}
	accounts, err := s.config.Admin.Accounts(ctx, c.visit)
	if err != nil {
		return views.Authority{}, app.Wrap("list accounts", err)
	}
	v := views.Authority{
		T: c.T, Add: views.Action{Words: c.T("authority.add"), Icon: "plus", Get: "/api/admin/authority/new"},
		MaxSize: admin.MaxCertificateFile, TooLarge: c.tooLarge(),
	}
	now := s.config.Now()
	for _, r := range all.Roots {
		v.Roots = append(v.Roots, c.rootCard(r, now))
	}
	if len(all.Roots) > 0 {
		v.Add.Words, v.Add.Plain = c.T("authority.add-another"), true
		v.Issue = &views.Action{Words: c.T("authority.issue"), Icon: "plus", Get: "/api/admin/authority/issue"}
	}
	return v, c.addIssued(&v, all.Issued, c.namesFrom(accounts, nil), now)
}

// addIssued adds a page of what was issued: of all of it, or of what is searched
// for by name or serial number.
func (c *call) addIssued(v *views.Authority, all []app.IssuedCertificate, names map[string]string, now time.Time) error {
	l, err := c.listing("/api/admin/authority", "find", "page")
	if err != nil {
		return err
	}
	var found []app.IssuedCertificate
	for _, i := range all {
		if matches(l.given.Get("find"), i.Name, i.Serial, c.who(i.User, names)) {
			found = append(found, i)
		}
	}
	if len(all) > pageRows {
		v.Find = c.search(l, map[string]string{"find": c.T("certificates.search")}, "find")
	}
	var page []app.IssuedCertificate
	page, v.Pager = paged(c, l, "page", found, pageRows)
	for _, i := range page {
		v.Issued = append(v.Issued, c.issuedRow(i, names, now))
	}
	return nil
}

// rootCard is a root with its issuing authorities.
func (c *call) rootCard(r admin.RootView, now time.Time) views.AuthorityRoot {
	base := "/api/admin/authority/roots/" + string(r.ID)
	card := views.AuthorityRoot{
		ID: string(r.ID), Name: r.Name, Away: !r.KeyHere(),
		Details: []views.Detail{
			{Words: c.T("certificate.organisation"), Value: r.Organisation},
			{Words: c.T("certificate.valid"), Value: c.T("certificate.from-until", c.words.Date(r.NotBefore), c.words.Date(r.NotAfter))},
			{Words: c.T("certificate.fingerprint"), Value: grouped(r.Fingerprint), Mono: true},
			{Words: c.T("authority.root-key"), Value: c.rootKey(r.RootAuthority)},
			{Words: c.T("authority.list"), Value: c.listState(r.List)},
		},
		Actions: []views.Action{
			{Words: c.T("authority.kit"), Icon: "download", Post: base + "/kit"},
			{Words: c.T("authority.root-file"), Icon: "download", Download: authorityPath + "/" + string(r.ID) + "/ca.cer"},
		},
	}
	switch {
	case !now.Before(r.NotAfter):
		card.Badges = append(card.Badges, views.Tag{Tone: "bad", Words: c.T("authority.ended")})
	case r.KeyHere():
		card.Note = c.T("authority.key-here-note")
		card.Actions = append(card.Actions, views.Action{Words: c.T("authority.export"), Icon: "key", Get: base + "/export"})
	}
	if r.KeyHere() && !r.ExportedAt.IsZero() {
		card.Actions = append(card.Actions, views.Action{Words: c.T("authority.remove-key"), Get: base + "/remove", Danger: true})
	}
	if r.Waiting() == nil && now.Before(r.NotAfter) {
		card.Actions = append(card.Actions, views.Action{
			Words: c.T("authority.next"), Plain: true, Post: base + "/next", Confirm: c.T("authority.next-question"),
		})
	}
	active := r.Active(now)
	for _, i := range r.Issuers {
		card.Issuers = append(card.Issuers, c.issuerRow(i, r.RootAuthority, active != nil && active.ID == i.ID, now))
	}
	return card
}

// rootKey tells where a root's key is.
func (c *call) rootKey(r app.RootAuthority) string {
	switch {
	case !r.KeyHere():
		return c.T("authority.key-removed", c.words.Date(r.RemovedAt))
	case !r.ExportedAt.IsZero():
		return c.T("authority.key-exported", c.words.Date(r.ExportedAt))
	}
	return c.T("authority.key-here")
}

// listState tells which list is the newest.
func (c *call) listState(l app.RevocationList) string {
	if len(l.DER) == 0 {
		return ""
	}
	return c.T("authority.list-state", l.Number, c.words.Date(l.NextUpdate))
}

// issuerRow is an issuing authority.
func (c *call) issuerRow(i app.IssuingAuthority, r app.RootAuthority, active bool, now time.Time) views.AuthorityIssuer {
	base := "/api/admin/authority/issuers/" + string(i.ID)
	row := views.AuthorityIssuer{ID: string(i.ID), Name: i.Name, Waiting: i.Waiting()}
	tag := func(tone, key string) { row.Badges = append(row.Badges, views.Tag{Tone: tone, Words: c.T(key)}) }
	switch {
	case i.Waiting():
		tag("warn", "authority.badge-waiting")
		row.Actions = []views.Action{{Words: c.T("authority.request"), Icon: "download", Download: base + "/request"}}
		return row
	case !i.RevokedAt.IsZero():
		tag("bad", "certificates.badge-revoked")
	case !now.Before(i.NotAfter):
		tag("plain", "authority.ended")
	case active:
		tag("good", "authority.badge-active")
	default:
		tag("plain", "authority.badge-former")
	}
	row.Facts = append(row.Facts, c.T("certificate.until", c.words.Date(i.NotAfter)))
	if state := c.listState(i.List); state != "" {
		row.Facts = append(row.Facts, c.T("authority.list")+": "+state)
	}
	if r.KeyHere() && i.Usable(now) {
		row.Actions = []views.Action{{
			Words: c.T("authority.revoke"), Danger: true, Post: base + "/revoke", Confirm: c.T("authority.revoke-issuer-question", i.Name),
		}}
	}
	return row
}

// issuedRow is a certificate that was issued.
func (c *call) issuedRow(i app.IssuedCertificate, names map[string]string, now time.Time) views.CertificateRow {
	base := "/api/admin/authority/issued/" + string(i.Authority) + "/" + i.Serial
	row := views.CertificateRow{Name: i.Name, Icon: "key"}
	if i.User == "" {
		row.Organisation = c.T("kit.sample-entry")
	} else if who := c.who(i.User, names); who != i.Name {
		row.Organisation = who
	}
	row.Facts = []string{c.T("certificate.until", c.words.Date(i.NotAfter)), c.T("certificate.serial", lastDigits(i.Serial))}
	row.Actions = []views.Action{{Words: c.T("authority.file"), Download: base + "/file", Plain: true}}
	tag := func(tone, words string) { row.Badges = append(row.Badges, views.Tag{Tone: tone, Words: words}) }
	switch {
	case !i.RevokedAt.IsZero():
		tag("bad", c.T("certificates.badge-revoked"))
		row.Facts = append(row.Facts, c.words.Date(i.RevokedAt), c.T(admin.ReasonKey(i.Reason)))
		return row
	case !now.Before(i.NotAfter):
		tag("plain", c.T("certificates.badge-expired"))
		return row
	case i.ReplacedBy != "":
		tag("plain", c.T("authority.badge-renewed"))
	case now.Add(endsSoon).After(i.NotAfter):
		tag("warn", c.T("authority.badge-ends"))
	}
	if i.ReplacedBy == "" && i.User != "" {
		row.Actions = append(row.Actions, views.Action{Words: c.T("authority.renew"), Post: base + "/renew", Confirm: c.T("authority.renew-question", i.Name)})
	}
	row.Actions = append(row.Actions, views.Action{Words: c.T("authority.revoke"), Danger: true, Get: base + "/revoke"})
	return row
}

// lastDigits are the last eight of a serial number, by which people tell
// certificates apart.
func lastDigits(serial string) string {
	return strings.ToUpper(serial[max(len(serial)-8, 0):])
}

// sentFile answers a script with a file to be saved, below the section as it is
// now.
func (s *Server) sentFile(c *call, notice, name string, file []byte) error {
	view, err := s.authorityView(c)
	if err != nil {
		return err
	}
	text, err := html(c.Request().Context(), views.AuthoritySection(view))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, part{HTML: text, Notice: notice, File: file, FileName: name})
}

// trustKit gives a root's trust kit.
func (s *Server) trustKit(c *call) error {
	id, err := c.authorityParam()
	if err != nil {
		return err
	}
	file, name, err := s.config.Authorities.TrustKit(c.Request().Context(), c.visit, id, c.words.Language())
	if err != nil {
		return app.Wrap("make trust kit", err)
	}
	return s.sentFile(c, c.T("authority.kit-done"), name, file)
}
