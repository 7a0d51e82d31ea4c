package web

import (
	"regexp"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// number is a portal's user id.
var number = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// digest is a certificate's or an enrolment link's id.
var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// user is the account in the address; what cannot be one does not exist.
func (c *call) user() (app.UserID, error) {
	id := c.Param("user")
	if !number.MatchString(id) {
		return "", app.Fail(app.NotFound, "find account", "account.unknown")
	}
	return app.UserID(id), nil
}

// formFields names the fields that messages of the settings' forms are about.
func formFields() map[string]string {
	fields := map[string]string{
		"account.person-missing": "user", "account.exists": "user", "account.not-employee": "user", "user.unknown": "user",
		"account.login-taken": "login", "certificate.years-wrong": "years", "certificate.kind-unknown": "key",
		"settings.retention-wrong": "retention", "settings.link-wrong": "link", "settings.logo-wrong": "logo", "settings.logo-large": "logo", "settings.timestamps-wrong": "timestamps",
		"settings.timestamps-many": "timestamps", "settings.timestamps-missing": "timestamps",
	}
	for _, fault := range []string{
		"missing", "large", "several-keys", "no-key", "key-kind", "unsupported", "cost", "unreadable", "expired",
	} {
		fields["certificate.file-"+fault] = "file"
	}
	fields["certificate.file-password"] = "password"
	fields["certificate.chain-unreadable"], fields["certificate.chain-unrelated"] = "file", "file"
	for key, field := range authorityFields() {
		fields[key] = field
	}
	for key, field := range tokenFields() {
		fields[key] = field
	}
	for prefix, field := range map[string]string{
		"account.login": "login", "account.description": "description", "account.code-off-reason": "codeOffReason",
		"certificate.name": "name", "certificate.organisation": "organisation",
	} {
		for _, fault := range []string{"-missing", "-long", "-characters"} {
			fields[prefix+fault] = field
		}
	}
	return fields
}

// endsSoon is how long before its end a certificate is spoken of.
const endsSoon = 30 * 24 * time.Hour

// overview is the first steps and the state.
func (s *Server) overview(c *call) error { return s.overviewSection(c, "") }

// house is what the overview speaks of.
type house struct {
	accounts     []admin.AccountView
	certificates []app.Certificate
	tokens       []admin.TokenView
	rules        app.Settings
	roots        []admin.RootView
}

// house reads it.
func (s *Server) house(c *call) (h house, err error) {
	ctx := c.Request().Context()
	if h.accounts, err = s.config.Admin.Accounts(ctx, c.visit); err != nil {
		return h, app.Wrap("list accounts", err)
	}
	if h.certificates, err = s.config.Admin.Certificates(ctx, c.visit); err != nil {
		return h, app.Wrap("list certificates", err)
	}
	if h.tokens, err = s.config.Admin.Tokens(ctx, c.visit); err != nil {
		return h, app.Wrap("list tokens", err)
	}
	if h.rules, err = s.config.Admin.Settings(ctx, c.visit); err != nil {
		return h, app.Wrap("read settings", err)
	}
	if s.config.Authorities != nil {
		all, err := s.config.Authorities.View(ctx, c.visit)
		if err != nil {
			return h, app.Wrap("show authorities", err)
		}
		h.roots = all.Roots
	}
	return h, nil
}

func (s *Server) overviewSection(c *call, notice string) error {
	h, err := s.house(c)
	if err != nil {
		return err
	}
	o := views.Overview{T: c.T}
	if o.Steps, err = s.firstSteps(c, h); err != nil {
		return err
	}
	done, all := 0, 0
	for _, step := range o.Steps {
		if step.Optional != "" && !step.Done {
			continue
		}
		if all++; step.Done {
			done++
		}
	}
	o.Done = c.T("overview.done", done, all)
	if o.Stuck, err = s.stuck(c, h.accounts); err != nil {
		return err
	}
	o.State = append(o.State, s.health(c, h.rules)...)
	o.State = append(append(o.State, c.tokenState(h.tokens)...), s.authorityState(c, h.roots)...)
	o.State = append(o.State, c.certificateState(h.certificates, s.config.Now()), c.accountState(h.accounts), views.Fact{
		Words: c.T("state.version"), Tone: "plain", State: s.config.Version,
	})
	return c.section(notice, views.OverviewSection(o))
}
