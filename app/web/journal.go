package web

import (
	"net/http"
	"strconv"

	"signservice/app"
	"signservice/views"
)

// journalPage is how many entries are shown at once.
const journalPage = 50

// journal lists the audit entries that the filter asks for, newest first;
// ?before shows older ones.
func (s *Server) journal(c *call) error {
	f, err := c.journalFilter()
	if err != nil {
		return err
	}
	q := f.query
	q.Limit = journalPage
	if text := c.QueryParam("before"); text != "" {
		before, err := strconv.ParseInt(text, 10, 64)
		if err != nil || before <= 0 {
			return app.Fail(app.Invalid, "read journal", "journal.filter-wrong")
		}
		q.Before = before
	}
	ctx := c.Request().Context()
	entries, err := s.config.Admin.Journal(ctx, c.visit, q)
	if err != nil {
		return app.Wrap("read journal", err)
	}
	names, err := s.names(c)
	if err != nil {
		return err
	}
	v := c.journalView(f, names)
	v.Chain = s.journalChain(c)
	for _, e := range entries {
		v.List = append(v.List, c.journalRow(e, names))
	}
	if len(entries) == journalPage {
		v.Older = &views.Action{
			Words: c.T("journal.older"), Get: f.address("/api/admin/journal", "before", strconv.FormatInt(entries[len(entries)-1].Seq, 10)),
		}
	}
	if q.Before == 0 {
		return c.section("", views.JournalSection(v))
	}
	text, err := html(ctx, views.JournalSection(v))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, part{HTML: text, More: true})
}

// names are the names of the people and certificates that entries speak of.
func (s *Server) names(c *call) (map[string]string, error) {
	ctx := c.Request().Context()
	accounts, err := s.config.Admin.Accounts(ctx, c.visit)
	if err != nil {
		return nil, app.Wrap("list accounts", err)
	}
	certificates, err := s.config.Admin.Certificates(ctx, c.visit)
	if err != nil {
		return nil, app.Wrap("list certificates", err)
	}
	names := map[string]string{string(c.visit.User): c.visit.Name}
	for _, a := range accounts {
		names[string(a.User)] = a.Name
	}
	for _, cert := range certificates {
		names[string(cert.ID)] = cert.Name
	}
	return names, nil
}

// journalRow is an entry in words.
func (c *call) journalRow(e app.AuditEntry, names map[string]string) views.JournalRow {
	row := views.JournalRow{
		Time: c.words.Time(e.At), Who: c.who(e.User, names), What: c.T("action." + string(e.Action)),
		Tone: actionTone(e.Action), Subject: e.File,
	}
	if row.Subject == "" {
		row.Subject = c.subject(e, names)
	}
	note := func(text string) {
		if text != "" {
			row.Facts = append(row.Facts, text)
		}
	}
	note(c.entity(e.Entity))
	if name := certificateName(e, names); name != "" {
		note(c.T("journal.certificate", name))
	}
	note(c.method(e.Method))
	if e.SHA256 != "" {
		note(c.T("journal.original", fingerprint(e.SHA256)))
	}
	if e.Result != "" {
		note(c.T("journal.result", fingerprint(e.Result)))
	}
	note(c.detail(e))
	note(e.Address)
	return row
}

// entity names the CRM element whose card it was: its kind and its number.
func (c *call) entity(e app.Entity) string {
	if e.ID == 0 {
		return ""
	}
	id := strconv.FormatInt(e.ID, 10)
	if name, ok := kindNames()[e.Type]; ok {
		return c.T("journal."+name, id)
	}
	return c.T("journal.process", id, strconv.Itoa(e.Type))
}

// kindNames are the ends of the messages about kinds of elements.
func kindNames() map[int]string {
	return map[int]string{
		app.EntityDeal: "deal", app.EntityLead: "lead-kind", app.EntityContact: "contact", app.EntityCompany: "company",
		app.EntityQuote: "quote", app.EntitySmartInvoice: "invoice",
	}
}

// certificateName is whom an entry's certificate names: it may have been
// removed since.
func certificateName(e app.AuditEntry, names map[string]string) string {
	if e.Certificate == "" {
		return ""
	}
	return firstOf(e.OwnerName, names[string(e.Certificate)], fingerprint(string(e.Certificate)))
}

// method says how an order was confirmed.
func (c *call) method(m app.AuthMethod) string {
	switch m {
	case app.ByCode:
		return c.T("journal.by-code")
	case app.ByPortal:
		return c.T("journal.without-code")
	}
	return ""
}

// detail is what more an entry says, in words: why a code was switched off is
// the administrator's own text.
func (c *call) detail(e app.AuditEntry) string {
	switch {
	case e.Detail == "":
		return ""
	case e.Action == app.ActCodeOff:
		return c.T("journal.reason", e.Detail)
	case c.words.Has(e.Detail):
		return c.T(e.Detail)
	}
	return ""
}

// who is the person who did it.
func (c *call) who(user app.UserID, names map[string]string) string {
	if name := names[string(user)]; name != "" {
		return name
	}
	if user == "" {
		return c.T("journal.nobody")
	}
	return c.T("journal.user", string(user))
}

// subject is whom or what the entry concerns.
func (c *call) subject(e app.AuditEntry, names map[string]string) string {
	if name := names[e.Subject]; name != "" {
		return name
	}
	if number.MatchString(e.Subject) {
		return c.T("journal.user", e.Subject)
	}
	if len(e.Subject) == 64 {
		return fingerprint(e.Subject)
	}
	return e.Subject
}

// actionTone colours what should be noticed.
func actionTone(a app.Action) string {
	switch a {
	case app.ActCodeOff, app.ActLinkAlone, app.ActConflict, app.ActExpired, app.ActCodeWrong:
		return "warn"
	case app.ActFailed, app.ActRefusedVisit, app.ActEnrolmentFailed:
		return "bad"
	case app.ActDone, app.ActTested, app.ActSigned, app.ActEnrolmentDone:
		return "good"
	}
	return "plain"
}

// journalChain tells whether the journal is as it was written; nil where nobody
// has looked yet.
func (s *Server) journalChain(c *call) *views.Fact {
	if s.config.Health == nil {
		return nil
	}
	findings, at := s.config.Health()
	for _, f := range findings {
		if f.Check != "audit" {
			continue
		}
		if !f.At.IsZero() {
			at = f.At
		}
		fact := c.finding(f)
		fact.Words, fact.Detail = c.T("journal.chain"), c.T("journal.checked", c.words.Time(at))
		return &fact
	}
	return nil
}
