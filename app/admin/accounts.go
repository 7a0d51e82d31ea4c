package admin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"signservice/app"
)

// AccountView is an account as an administrator sees it.
type AccountView struct {
	app.Account
	// PhoneSince is when the phone was bound; zero where none is.
	PhoneSince time.Time
	// Locked: too many wrong codes; a new link ends it.
	Locked bool
	// Certificates are those assigned to the account, Assignments since when, by
	// whom and for how long, in the same order.
	Certificates []app.CertificateID
	Assignments  []app.Assignment
	// LastSigned is when the account last signed a document; zero for never.
	LastSigned time.Time
	// Link is the open link, without its secret; nil where none is open.
	Link *app.Enrolment
}

// AccountInput is what an administrator sets of an account.
type AccountInput struct {
	User app.UserID
	// Login is required, at most MaxLogin characters, and no other account's.
	// Description may have lines, at most MaxDescription characters.
	Login, Description string
	// CodeOff lets the account sign without a code; CodeOffReason is then
	// required, at most MaxReason characters.
	CodeOff       bool
	CodeOffReason string
	Blocked       bool
	// SelfEnrol: see app.Account.
	SelfEnrol bool
	// New makes an account; without it an existing one is changed.
	New bool
}

// Accounts lists the portal's accounts by name.
func (s *Service) Accounts(ctx context.Context, v app.Visit) ([]AccountView, error) {
	if err := allow(v, "list accounts"); err != nil {
		return nil, err
	}
	accounts, err := s.config.Store.Accounts(ctx, v.Portal)
	if err != nil {
		return nil, app.Wrap("list accounts", err)
	}
	views, err := s.views(ctx, v.Portal, accounts)
	if err != nil {
		return nil, app.Wrap("list accounts", err)
	}
	slices.SortFunc(views, func(a, b AccountView) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.User, b.User))
	})
	return views, nil
}

// Account gives one account; app.NotFound account.unknown where there is none.
func (s *Service) Account(ctx context.Context, v app.Visit, user app.UserID) (AccountView, error) {
	account, err := s.account(ctx, v, "find account", user)
	if err != nil {
		return AccountView{}, err
	}
	views, err := s.views(ctx, v.Portal, []app.Account{account})
	if err != nil {
		return AccountView{}, app.Wrap("find account", err)
	}
	return views[0], nil
}

// account reads an account for an administrator.
func (s *Service) account(ctx context.Context, v app.Visit, op string, user app.UserID) (app.Account, error) {
	if err := allowUser(v, op, user); err != nil {
		return app.Account{}, err
	}
	account, err := s.config.Store.Account(ctx, v.Portal, user)
	if errors.Is(err, app.NotFound) {
		return app.Account{}, app.Fail(app.NotFound, op, "account.unknown").Because(err)
	}
	return account, app.Wrap(op, err)
}

// views adds phones, links and assignments to accounts of a portal.
func (s *Service) views(ctx context.Context, portal app.PortalID, accounts []app.Account) ([]AccountView, error) {
	assignments, err := s.config.Store.Assignments(ctx, portal)
	if err != nil {
		return nil, err
	}
	links, err := s.openLinks(ctx, portal)
	if err != nil {
		return nil, err
	}
	signed, err := s.config.Store.LastSigned(ctx, portal)
	if err != nil {
		return nil, err
	}
	views := make([]AccountView, 0, len(accounts))
	for _, account := range accounts {
		view := AccountView{Account: account, Link: links[account.User], LastSigned: signed[account.User]}
		phone, err := s.config.Store.Authenticator(ctx, portal, account.User)
		if err != nil && !errors.Is(err, app.NotFound) {
			return nil, err
		}
		view.PhoneSince, view.Locked = phone.EnrolledAt, phone.Locked
		for _, a := range assignments {
			if a.User == account.User {
				view.Certificates = append(view.Certificates, a.Certificate)
				view.Assignments = append(view.Assignments, a)
			}
		}
		views = append(views, view)
	}
	return views, nil
}

// The fields of an account.
var (
	loginField = field{
		missing: "account.login-missing", long: "account.login-long", characters: "account.login-characters", max: MaxLogin,
	}
	descriptionField = field{
		long: "account.description-long", characters: "account.description-characters", max: MaxDescription, lines: true,
	}
	reasonField = field{
		missing: "account.code-off-reason-missing", long: "account.code-off-reason-long",
		characters: "account.code-off-reason-characters", max: MaxReason,
	}
)

// read gives the input as it may be stored.
func (in AccountInput) read(op string) (AccountInput, error) {
	var err error
	if in.Login, err = loginField.read(op, in.Login); err != nil {
		return in, err
	}
	if in.Description, err = descriptionField.read(op, in.Description); err != nil {
		return in, err
	}
	if !in.CodeOff {
		in.CodeOffReason = ""
		return in, nil
	}
	in.CodeOffReason, err = reasonField.read(op, in.CodeOffReason)
	return in, err
}

// SaveAccount makes or changes an account. The user must be an active employee
// of the portal now, unless an existing account is being blocked: that must
// work without the portal too.
//
// Errors: app.Invalid with a key of the field; app.Conflict account.exists,
// account.login-taken; app.NotFound account.unknown, user.unknown; and what the
// directory answers.
func (s *Service) SaveAccount(ctx context.Context, v app.Visit, in AccountInput) (app.Account, error) {
	const op = "save account"
	if err := allowUser(v, op, in.User); err != nil {
		return app.Account{}, err
	}
	in, err := in.read(op)
	if err != nil {
		return app.Account{}, err
	}
	name := ""
	if in.New || !in.Blocked {
		if name, err = s.employee(ctx, v, in.User); err != nil {
			return app.Account{}, err
		}
	}
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	before, err := s.before(ctx, v, in)
	if err != nil {
		return app.Account{}, err
	}
	if in.CodeOff && !before.CodeOff {
		if err := s.confirm(ctx, v, op); err != nil {
			return app.Account{}, err
		}
	}
	after := before
	after.Login, after.Description, after.Blocked = in.Login, in.Description, in.Blocked
	after.CodeOff, after.CodeOffReason, after.SelfEnrol = in.CodeOff, in.CodeOffReason, in.SelfEnrol
	after.Name = cmp.Or(name, before.Name)
	after.UpdatedAt = s.config.Now().UTC()
	if in.New {
		after.Portal, after.User = v.Portal, in.User
		after.CreatedAt, after.CreatedBy = after.UpdatedAt, v.User
	}
	if err := s.config.Store.SaveAccount(ctx, after, savedEntries(v, before, after)...); err != nil {
		return app.Account{}, app.Wrap(op, err)
	}
	if after.CodeOff && !before.CodeOff {
		notices.add(func() { s.concern(ctx, v, []app.UserID{after.User}, "concern.code-off") })
	}
	if after.Blocked && !before.Blocked {
		notices.add(func() { s.concern(ctx, v, []app.UserID{after.User}, "concern.blocked") })
	}
	return after, nil
}

// employee reads the user anew and gives the name of an active employee.
func (s *Service) employee(ctx context.Context, v app.Visit, user app.UserID) (string, error) {
	u, err := s.config.Directory.User(ctx, v.Portal, v.User, user)
	if err != nil {
		return "", app.Wrap("read the employee anew", err)
	}
	if u.ID != user || !u.Active || !u.Employee {
		return "", app.Fail(app.Invalid, "save account", "account.not-employee")
	}
	return shown(u.Name), nil
}

// before gives the account as it is, the zero one where it is to be made, and
// holds the input against the others.
func (s *Service) before(ctx context.Context, v app.Visit, in AccountInput) (app.Account, error) {
	const op = "save account"
	accounts, err := s.config.Store.Accounts(ctx, v.Portal)
	if err != nil {
		return app.Account{}, app.Wrap(op, err)
	}
	var before app.Account
	for _, a := range accounts {
		switch {
		case a.User == in.User:
			before = a
		case strings.EqualFold(a.Login, in.Login):
			return app.Account{}, app.Fail(app.Conflict, op, "account.login-taken")
		}
	}
	switch exists := before.User != ""; {
	case in.New && exists:
		return app.Account{}, app.Fail(app.Conflict, op, "account.exists")
	case !in.New && !exists:
		return app.Account{}, app.Fail(app.NotFound, op, "account.unknown")
	}
	return before, nil
}

// savedEntries tells what changed: always that the account was saved, and what
// makes it more or less dangerous.
func savedEntries(v app.Visit, before, after app.Account) []app.AuditEntry {
	saved := entry(v, app.ActAccountSaved, string(after.User))
	switch {
	case after.Blocked && !before.Blocked:
		saved.Detail = "account.blocked-badge"
	case before.Blocked && !after.Blocked:
		saved.Detail = "account.unblocked"
	}
	entries := []app.AuditEntry{saved}
	switch {
	case after.CodeOff && (!before.CodeOff || before.CodeOffReason != after.CodeOffReason):
		off := entry(v, app.ActCodeOff, string(after.User))
		off.Detail = after.CodeOffReason
		entries = append(entries, off)
	case before.CodeOff && !after.CodeOff:
		entries = append(entries, entry(v, app.ActCodeOn, string(after.User)))
	}
	return entries
}

// DeleteAccount removes an account with its phone, links and assignments.
func (s *Service) DeleteAccount(ctx context.Context, v app.Visit, user app.UserID) error {
	const op = "delete account"
	var notices later
	defer notices.run()
	s.changes.Lock()
	defer s.changes.Unlock()
	if _, err := s.account(ctx, v, op, user); err != nil {
		return err
	}
	if err := s.confirm(ctx, v, op); err != nil {
		return err
	}
	if err := s.config.Store.DeleteAccount(ctx, v.Portal, user, entry(v, app.ActAccountDeleted, string(user))); err != nil {
		return app.Wrap(op, err)
	}
	notices.add(func() { s.concern(ctx, v, []app.UserID{user}, "concern.account-deleted") })
	return nil
}

// queryField is the search for people. Its message is that of its kind.
var queryField = field{max: MaxQuery}

// People searches the portal's directory for those who could get an account.
func (s *Service) People(ctx context.Context, v app.Visit, query string) ([]app.User, error) {
	const op = "search people"
	if err := allow(v, op); err != nil {
		return nil, err
	}
	query, err := queryField.read(op, query)
	if err != nil {
		return nil, err
	}
	users, err := s.config.Directory.Users(ctx, v.Portal, v.User, query)
	return users, app.Wrap(op, err)
}
