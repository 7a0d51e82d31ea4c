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
func (s *Server) overview(c *call) error {
	ctx := c.Request().Context()
	accounts, err := s.config.Admin.Accounts(ctx, c.visit)
	if err != nil {
		return app.Wrap("list accounts", err)
	}
	certificates, err := s.config.Admin.Certificates(ctx, c.visit)
	if err != nil {
		return app.Wrap("list certificates", err)
	}
	tokens, err := s.config.Admin.Tokens(ctx, c.visit)
	if err != nil {
		return app.Wrap("list tokens", err)
	}
	signed, err := s.config.Admin.Journal(ctx, c.visit, app.AuditQuery{Action: app.ActDone, Limit: 1})
	if err != nil {
		return app.Wrap("read journal", err)
	}
	o := views.Overview{T: c.T, Steps: c.firstSteps(accounts, certificates, len(signed) > 0)}
	done := 0
	for _, step := range o.Steps {
		if step.Done {
			done++
		}
	}
	o.Done = c.T("overview.done", done, len(o.Steps))
	o.State = append(o.State, s.health(c)...)
	authorities, err := s.authorityState(c)
	if err != nil {
		return err
	}
	o.State = append(append(o.State, c.tokenState(tokens)...), authorities...)
	o.State = append(o.State, c.certificateState(certificates, s.config.Now()), c.accountState(accounts), views.Fact{
		Words: c.T("state.version"), Tone: "plain", State: s.config.Version,
	})
	return c.section("", views.OverviewSection(o))
}

// firstSteps tick themselves off.
func (c *call) firstSteps(accounts []admin.AccountView, certificates []app.Certificate, signed bool) []views.FirstStep {
	phone, assigned := false, false
	for _, a := range accounts {
		phone = phone || !a.PhoneSince.IsZero() || a.CodeOff
		assigned = assigned || len(a.Certificates) > 0
	}
	step := func(name string, done bool, action *views.Action) views.FirstStep {
		return views.FirstStep{Words: c.T("first." + name), Hint: c.T("first." + name + "-hint"), Done: done, Action: action}
	}
	to := func(words, path string) *views.Action { return &views.Action{Words: c.T(words), Get: path} }
	return []views.FirstStep{
		step("connected", true, nil),
		step("certificate", len(certificates) > 0, to("first.go", "/api/admin/certificates")),
		step("account", len(accounts) > 0, to("first.go", "/api/admin/accounts")),
		step("phone", phone, to("first.go", "/api/admin/accounts")),
		step("assigned", assigned, to("first.go", "/api/admin/assignments")),
		step("signed", signed, nil),
	}
}

// tokenState tells which tokens are plugged in.
func (c *call) tokenState(tokens []admin.TokenView) []views.Fact {
	if len(tokens) == 0 {
		return []views.Fact{{Words: c.T("state.tokens"), Tone: "plain", State: c.T("state.no-token"), Detail: c.T("state.no-token-detail")}}
	}
	var list []views.Fact
	for _, t := range tokens {
		f := views.Fact{Words: c.T("state.token", t.Label), Tone: "good", State: c.T("state.present"), Detail: c.T("state.token-certificates", len(t.Certificates))}
		if t.Note != "" {
			f.Tone, f.State, f.Detail, f.Fix = "bad", c.T("state.fault"), "", c.T(t.Note)
			if !t.Since.IsZero() {
				f.Detail = c.T("tokens.since", c.words.Time(t.Since))
			}
		}
		list = append(list, f)
	}
	return list
}

// certificateState tells which certificates end soon.
func (c *call) certificateState(list []app.Certificate, now time.Time) views.Fact {
	f := views.Fact{Words: c.T("state.certificates"), Tone: "good", State: c.T("state.certificates-count", len(list))}
	ending, ended := 0, 0
	for _, cert := range list {
		switch {
		case !now.Before(cert.NotAfter):
			ended++
		case now.Add(endsSoon).After(cert.NotAfter):
			ending++
		}
	}
	switch {
	case len(list) == 0:
		f.Tone, f.State = "plain", c.T("state.none")
	case ended > 0:
		f.Tone, f.Detail, f.Fix = "bad", c.T("state.certificates-ended", ended), c.T("state.certificates-fix")
	case ending > 0:
		f.Tone, f.Detail, f.Fix = "warn", c.T("state.certificates-ending", ending), c.T("state.certificates-fix")
	}
	return f
}

// accountState tells which accounts cannot sign or sign without a code.
func (c *call) accountState(list []admin.AccountView) views.Fact {
	f := views.Fact{Words: c.T("state.accounts"), Tone: "good", State: c.T("state.accounts-count", len(list))}
	off, bare := 0, 0
	for _, a := range list {
		switch {
		case a.CodeOff:
			off++
		case a.PhoneSince.IsZero():
			bare++
		}
	}
	switch {
	case len(list) == 0:
		f.Tone, f.State = "plain", c.T("state.none")
	case off > 0:
		f.Tone, f.Detail = "warn", c.T("state.accounts-off", off)
	case bare > 0:
		f.Tone, f.Detail = "warn", c.T("state.accounts-bare", bare)
	}
	return f
}
