package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// manyAccounts is from how many on a list offers a search.
const manyAccounts = 9

// accountsPath is the call of the section.
const accountsPath = "/api/admin/accounts"

// accounts lists the accounts.
func (s *Server) accounts(c *call) error { return s.accountsSection(c, "") }

func (s *Server) accountsSection(c *call, notice string) error {
	l, err := c.listing(accountsPath, "q", "page")
	if err != nil {
		return err
	}
	list, err := s.config.Admin.Accounts(c.Request().Context(), c.visit)
	if err != nil {
		return app.Wrap("list accounts", err)
	}
	v := views.Accounts{T: c.T, Add: views.Action{Words: c.T("accounts.add"), Icon: "plus", Get: accountsPath + "/new"}}
	var found []admin.AccountView
	for _, a := range list {
		if matches(l.given.Get("q"), a.Name, a.Login, a.Description) {
			found = append(found, a)
		}
	}
	shown, pages := paged(c, l, "page", found, pageRows)
	for _, a := range shown {
		v.List = append(v.List, c.accountRow(a, s.config.Now()))
	}
	v.Pages = pages
	if len(list) >= manyAccounts {
		v.Find = c.search(l, map[string]string{"q": c.T("accounts.search")}, "q")
	}
	switch {
	case len(list) == 0:
		v.Empty = c.T("accounts.empty")
	case len(found) == 0:
		v.Nothing = c.T("assignments.nothing")
	}
	v.Links = s.openLinks(c, list)
	alone, err := s.linkAloneCard(c.Request().Context(), c)
	if err != nil {
		return err
	}
	return c.section(notice, views.AccountsSection(v), views.LinkAloneCard(alone))
}

// openLinks are the setup links that are not used yet: whose, by whom, and how
// long each still works. The one that ends first stands first.
func (s *Server) openLinks(c *call, accounts []admin.AccountView) []views.LinkRow {
	now := s.config.Now()
	names := c.namesFrom(accounts, nil)
	var open []admin.AccountView
	for _, a := range accounts {
		if a.Link != nil && a.Link.Open(now) {
			open = append(open, a)
		}
	}
	slices.SortStableFunc(open, func(a, b admin.AccountView) int { return a.Link.ExpiresAt.Compare(b.Link.ExpiresAt) })
	var rows []views.LinkRow
	for _, a := range open {
		by := c.T("links.by", c.who(a.Link.CreatedBy, names))
		if a.Link.CreatedBy == a.User {
			by = c.T("links.by-self")
		}
		rows = append(rows, views.LinkRow{
			Name: a.Name, Facts: []string{a.Login, by, c.T("links.left", a.Link.ExpiresAt.Sub(now))},
			Withdraw: views.Action{
				Words: c.T("link.withdraw"), Post: accountsPath + "/" + string(a.User) + "/link/" + a.Link.ID + "/withdraw",
				Body: bodyOf(withdrawInput{List: true}),
			},
		})
	}
	return rows
}

// accountRow is an account in the list.
func (c *call) accountRow(a admin.AccountView, now time.Time) views.AccountRow {
	row := views.AccountRow{
		Name: a.Name, Login: a.Login, Description: a.Description,
		Facts: []string{a.Login, c.T("accounts.certificates", len(a.Certificates))},
		Open:  views.Action{Words: c.T("accounts.open"), Get: accountsPath + "/" + string(a.User)},
	}
	tag := func(tone, key string) { row.Badges = append(row.Badges, views.Tag{Tone: tone, Words: c.T(key)}) }
	if a.Blocked {
		tag("bad", "account.blocked-badge")
	}
	if a.CodeOff {
		tag("warn", "account.code-off-badge")
	} else {
		tag("plain", "account.code-on-badge")
	}
	switch {
	case a.Locked:
		tag("bad", "account.locked-badge")
	case !a.PhoneSince.IsZero():
		row.Badges = append(row.Badges, views.Tag{Tone: "good", Words: c.T("accounts.phone-since", c.words.Date(a.PhoneSince))})
	case !a.CodeOff:
		tag("plain", "account.no-phone-badge")
	}
	if a.Link != nil && a.Link.Open(now) {
		tag("plain", "accounts.link-badge")
	}
	if a.LastSigned.IsZero() {
		row.Facts = append(row.Facts, c.T("accounts.never-signed"))
	} else {
		row.Facts = append(row.Facts, c.T("accounts.last-signed", c.words.Date(a.LastSigned)))
	}
	if a.Description != "" {
		row.Facts = append(row.Facts, a.Description)
	}
	return row
}

// newAccount asks for a new account.
func (s *Server) newAccount(c *call) error {
	return c.section("", views.AccountScreen(views.AccountForm{T: c.T, Back: c.toAccounts()}))
}

func (c *call) toAccounts() views.Action {
	return views.Action{Words: c.T("settings.accounts"), Icon: "back", Get: "/api/admin/accounts"}
}

// account shows one account.
func (s *Server) account(c *call) error {
	user, err := c.user()
	if err != nil {
		return err
	}
	return s.accountSection(c, user, "", nil)
}

// accountSection shows an account, with the link that was just made.
func (s *Server) accountSection(c *call, user app.UserID, notice string, link *views.NewLink) error {
	ctx := c.Request().Context()
	a, err := s.config.Admin.Account(ctx, c.visit, user)
	if err != nil {
		return app.Wrap("find account", err)
	}
	certificates, err := s.config.Admin.Certificates(ctx, c.visit)
	if err != nil {
		return app.Wrap("list certificates", err)
	}
	f := views.AccountForm{
		T: c.T, User: string(a.User), Name: a.Name, Login: a.Login, Description: a.Description,
		CodeOff: a.CodeOff, CodeOffReason: a.CodeOffReason, Blocked: a.Blocked, SelfEnrol: a.SelfEnrol, Back: c.toAccounts(),
		Phone: s.phone(c, a, link),
		Remove: &views.Action{
			Words: c.T("account.remove"), Post: "/api/admin/accounts/" + string(a.User) + "/delete", Danger: true,
			Confirm: c.T("account.remove-question", a.Name),
		},
	}
	if f.Certificates, err = s.certificatesOf(c, a, certificates); err != nil {
		return err
	}
	return c.section(notice, views.AccountScreen(f))
}

// certificatesOf is a page of the certificates, those first that the account
// may use.
func (s *Server) certificatesOf(c *call, a admin.AccountView, certificates []app.Certificate) (views.Grants, error) {
	g := views.Grants{T: c.T}
	l, err := c.listing("/api/admin/accounts/"+string(a.User), "q", "page")
	if err != nil {
		return g, err
	}
	names, err := s.names(c)
	if err != nil {
		return g, err
	}
	assigned := map[app.CertificateID]app.Assignment{}
	for _, one := range a.Assignments {
		assigned[one.Certificate] = one
	}
	var mine, others []views.Grantable
	for _, cert := range certificates {
		if !matches(l.given.Get("q"), certificateText(cert)) {
			continue
		}
		card := s.certificateRow(c, cert, 1)
		has, ok := assigned[cert.ID]
		one := c.cell(a.Account, cert, ok)
		one.Name, one.Badges, one.Facts, one.Limits = card.Name, card.Badges, card.Facts, s.limitsOf(c, has, "account")
		if ok {
			one.Facts = append(one.Facts, c.since(has, names))
			mine = append(mine, one)
		} else {
			others = append(others, one)
		}
	}
	g.List, g.Pages = paged(c, l, "page", append(mine, others...), pageRows)
	if len(certificates) >= manyCertificates {
		g.Find = c.search(l, map[string]string{"q": c.T("certificates.search")}, "q")
	}
	switch {
	case len(certificates) == 0:
		g.Empty = c.T("account.no-certificates")
	case len(g.List) == 0:
		g.Empty = c.T("assignments.nothing")
	}
	return g, nil
}

// phone is the state of an account's phone and links.
func (s *Server) phone(c *call, a admin.AccountView, link *views.NewLink) views.Phone {
	p := views.Phone{
		Tone: "plain", State: c.T("phone.none"), Link: link,
		Create: views.Action{Words: c.T("link.create"), Icon: "link", Post: "/api/admin/accounts/" + string(a.User) + "/link"},
	}
	switch {
	case a.Locked:
		p.Tone, p.State = "bad", c.T("phone.locked")
	case !a.PhoneSince.IsZero():
		p.Tone, p.State = "good", c.T("phone.since", c.words.Date(a.PhoneSince))
	}
	if a.Link != nil && a.Link.Open(s.config.Now()) {
		p.Open = &views.OpenLink{
			Words: c.T("link.open", a.Link.ExpiresAt.Sub(s.config.Now())),
			Withdraw: views.Action{
				Words: c.T("link.withdraw"),
				Post:  "/api/admin/accounts/" + string(a.User) + "/link/" + a.Link.ID + "/withdraw",
			},
		}
		p.Create.Confirm = c.T("link.replace-question")
	}
	for _, way := range s.config.Admin.Ways() {
		p.Send = append(p.Send, views.Action{
			Words: c.T("link.send-" + string(way)), Post: "/api/admin/accounts/" + string(a.User) + "/send/" + string(way), Confirm: p.Create.Confirm,
		})
	}
	return p
}

// accountInput is the account's form as the script sends it.
type accountInput struct {
	Create        string     `json:"create"`
	User          app.UserID `json:"user"`
	Login         string     `json:"login"`
	Description   string     `json:"description"`
	CodeOff       bool       `json:"codeOff"`
	CodeOffReason string     `json:"codeOffReason"`
	Blocked       bool       `json:"blocked"`
	SelfEnrol     bool       `json:"selfEnrol"`
}

// saveAccount makes or changes an account and shows it.
func (s *Server) saveAccount(c *call) error {
	var in accountInput
	if err := c.read(&in); err != nil {
		return err
	}
	if !number.MatchString(string(in.User)) {
		return app.Fail(app.Invalid, "save account", "account.person-missing")
	}
	a, err := s.config.Admin.SaveAccount(c.Request().Context(), c.visit, admin.AccountInput{
		User: in.User, Login: in.Login, Description: in.Description, New: in.Create != "",
		CodeOff: in.CodeOff, CodeOffReason: in.CodeOffReason, Blocked: in.Blocked, SelfEnrol: in.SelfEnrol,
	})
	if err != nil {
		return app.Wrap("save account", err)
	}
	return s.accountSection(c, a.User, c.T("account.saved"), nil)
}

// deleteAccount removes an account and shows the rest.
func (s *Server) deleteAccount(c *call) error {
	user, err := c.user()
	if err != nil {
		return err
	}
	if err := s.config.Admin.DeleteAccount(c.Request().Context(), c.visit, user); err != nil {
		return app.Wrap("delete account", err)
	}
	return s.accountsSection(c, c.T("account.removed"))
}

// createLink makes a setup link and shows it, once.
func (s *Server) createLink(c *call) error {
	user, err := c.user()
	if err != nil {
		return err
	}
	token, e, err := s.config.Admin.CreateLink(c.Request().Context(), c.visit, user)
	if err != nil {
		return app.Wrap("create link", err)
	}
	return s.phonePart(c, user, "", &views.NewLink{
		URL:   s.config.Public + "/enrol/" + token.Reveal(),
		Words: c.T("link.new-hint", c.words.Clock(e.ExpiresAt)),
	})
}

// phonePart shows the account's phone anew, and leaves the rest of its screen as
// it is: what was typed there is not saved yet.
func (s *Server) phonePart(c *call, user app.UserID, notice string, link *views.NewLink) error {
	ctx := c.Request().Context()
	a, err := s.config.Admin.Account(ctx, c.visit, user)
	if err != nil {
		return app.Wrap("find account", err)
	}
	text, err := html(ctx, views.PhoneCard(c.T, s.phone(c, a, link)))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, part{HTML: text, Notice: notice, Place: "phone"})
}

// sendLink makes a setup link and sends it to the person; nobody here sees it.
func (s *Server) sendLink(c *call) error {
	user, err := c.user()
	if err != nil {
		return err
	}
	way := admin.Way(c.Param("way"))
	if _, err := s.config.Admin.SendLink(c.Request().Context(), c.visit, user, way, s.config.Public+"/enrol/"); err != nil {
		return app.Wrap("send link", err)
	}
	return s.phonePart(c, user, c.T("link.sent-"+string(way)), nil)
}

// withdrawInput tells from where a link is withdrawn: the list, or the account.
type withdrawInput struct {
	List bool `json:"list"`
}

// withdrawLink ends an open link.
func (s *Server) withdrawLink(c *call) error {
	user, err := c.user()
	if err != nil {
		return err
	}
	var in withdrawInput
	if err := c.read(&in); err != nil {
		return err
	}
	if !digest.MatchString(c.Param("id")) {
		return app.Fail(app.NotFound, "withdraw link", "link.unknown")
	}
	if err := s.config.Admin.WithdrawLink(c.Request().Context(), c.visit, c.Param("id")); err != nil {
		return app.Wrap("withdraw link", err)
	}
	if in.List {
		return s.accountsSection(c, c.T("link.withdrawn-done"))
	}
	return s.phonePart(c, user, c.T("link.withdrawn-done"), nil)
}

// person is a user of the portal to choose.
type person struct {
	ID   app.UserID `json:"id"`
	Name string     `json:"name"`
	More string     `json:"more,omitempty"`
}

// maxPeople is how many people a search offers.
const maxPeople = 20

// people searches the portal's users.
func (s *Server) people(c *call) error {
	query := strings.TrimSpace(c.QueryParam("q"))
	if len(query) > 200 {
		return app.Fail(app.Invalid, "search people", "")
	}
	users, err := s.config.Admin.People(c.Request().Context(), c.visit, query)
	if err != nil {
		return app.Wrap("search people", err)
	}
	list := []person{}
	for _, u := range users {
		if !u.Active || !u.Employee {
			continue
		}
		list = append(list, person{ID: u.ID, Name: u.Name, More: firstOf(u.Position, u.Email)})
		if len(list) == maxPeople {
			break
		}
	}
	return c.JSON(http.StatusOK, list)
}

// firstOf is the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
