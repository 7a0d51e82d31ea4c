package gallery

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// tabs are the sections of the settings.
func tabs(w *i18n.Printer) []views.Section {
	var list []views.Section
	for _, name := range []string{"overview", "accounts", "certificates", "authority", "assignments", "signet", "defaults", "places", "journal"} {
		list = append(list, views.Section{Name: name, Words: w.T("settings." + name)})
	}
	return list
}

// settingsStates are the settings page.
func settingsStates() []State {
	return []State{
		{Name: "settings-loading", Page: func(w *i18n.Printer) templ.Component {
			return views.SettingsPage(page(w, "settings"), tabs(w))
		}},
		{Name: "settings-question", Page: func(w *i18n.Printer) templ.Component {
			remove := views.Action{Words: w.T("account.remove"), Danger: true}
			return around(views.Shell(page(w, "settings")), views.Question(w.T, views.Asked{Words: w.T("account.remove-question", "Maria Garcia"), Act: remove, Open: true}))
		}},
		{Name: "settings-question-alone", Page: func(w *i18n.Printer) templ.Component {
			allow := views.Action{Words: w.T("alone.allow"), Danger: true}
			return around(views.Shell(page(w, "settings")), views.Question(w.T, views.Asked{Words: w.T("alone.question"), Act: allow, Open: true}))
		}},
		section("settings-overview-new", "overview", func(w *i18n.Printer) templ.Component {
			return views.OverviewSection(overview(w, 1))
		}),
		section("settings-overview", "overview", func(w *i18n.Printer) templ.Component {
			return views.OverviewSection(overview(w, 8))
		}),
		section("settings-overview-stuck", "overview", func(w *i18n.Printer) templ.Component {
			o := overview(words(w), 7)
			o.Stuck = stuckRows(words(w))
			return views.OverviewSection(o)
		}),
		section("settings-accounts-empty", "accounts", func(w *i18n.Printer) templ.Component {
			return views.AccountsSection(views.Accounts{T: w.T, Add: action(w.T("accounts.add"), "plus"), Empty: w.T("accounts.empty")})
		}),
		section("settings-accounts", "accounts", func(w *i18n.Printer) templ.Component { return views.AccountsSection(accounts(w)) }),
		section("settings-accounts-many", "accounts", func(w *i18n.Printer) templ.Component { return views.AccountsSection(manyAccounts(w)) }),
		section("settings-accounts-nothing", "accounts", func(w *i18n.Printer) templ.Component {
			return views.AccountsSection(views.Accounts{
				T: w.T, Add: action(w.T("accounts.add"), "plus"), Find: find(w, "accounts.search", "Петров"), Nothing: w.T("assignments.nothing"),
			})
		}),
		section("settings-account-new", "accounts", func(w *i18n.Printer) templ.Component {
			return views.AccountScreen(views.AccountForm{T: w.T, Back: action(w.T("settings.accounts"), "back")})
		}),
		section("settings-account", "accounts", func(w *i18n.Printer) templ.Component { return views.AccountScreen(account(words(w))) }),
		section("settings-account-link", "accounts", func(w *i18n.Printer) templ.Component {
			f := account(words(w))
			f.Phone.Link = &views.NewLink{
				URL:   "https://sign.example.org/enrol/Jm3vXh2kq0sYwZ8aTfR1bN5cLd7eUg9iOpQ4rSxVtWy",
				Words: w.T("link.new-hint", words(w).Clock(now().Add(time.Hour))),
			}
			f.Phone.Open = nil
			return views.AccountScreen(f)
		}),
		section("settings-account-errors", "accounts", func(w *i18n.Printer) templ.Component {
			f := account(words(w))
			f.CodeOff, f.Login, f.CodeOffReason = true, "", ""
			f.Errors = map[string]string{"login": w.T("account.login-missing"), "codeOffReason": w.T("account.code-off-reason-missing")}
			return views.AccountScreen(f)
		}),
		section("settings-signet", "signet", func(w *i18n.Printer) templ.Component { return views.SignetSection(signetForm(w, true)) }),
		section("settings-defaults", "defaults", func(w *i18n.Printer) templ.Component { return views.DefaultsSection(defaults(words(w), true)) }),
		section("settings-defaults-new", "defaults", func(w *i18n.Printer) templ.Component { return views.DefaultsSection(defaults(w, false)) }),
		section("settings-journal-empty", "journal", func(w *i18n.Printer) templ.Component {
			return views.JournalSection(journalFrame(w))
		}),
		section("settings-journal-nothing", "journal", func(w *i18n.Printer) templ.Component {
			j := journalFrame(w)
			j.Narrowed, j.From, j.Until, j.File = true, "2026-11-01", "2026-11-23", "offer"
			return views.JournalSection(j)
		}),
		section("settings-journal", "journal", func(w *i18n.Printer) templ.Component { return views.JournalSection(journal(words(w))) }),
	}
}

// overview has as many steps done as told.
func overview(w *i18n.Printer, done int) views.Overview {
	o := views.Overview{T: w.T, Done: w.T("overview.done", done, max(done, 7))}
	for i, name := range []string{"connected", "keys", "authority", "own-phone", "account", "phone", "assigned", "tested"} {
		a := action(w.T("first.go"), "")
		step := views.FirstStep{Words: w.T("first." + name), Hint: w.T("first." + name + "-hint"), Done: i < done, Action: &a}
		switch name {
		case "authority":
			step.Optional = w.T("form.optional")
		case "tested":
			a.Words, step.Again = w.T("first.test"), true
		}
		o.Steps = append(o.Steps, step)
	}
	if done == 1 {
		o.State = []views.Fact{
			{
				Words: w.T("check.timestamps"), Tone: "plain", State: w.T("state.no-stamps"), Detail: w.T("state.no-stamps-detail"),
				Links: []views.Action{action(w.T("settings.defaults"), "")},
			},
			{Words: w.T("state.tokens"), Tone: "plain", State: w.T("state.no-token"), Detail: w.T("state.no-token-detail")},
			{Words: w.T("state.certificates"), Tone: "plain", State: w.T("state.none")},
			{Words: w.T("state.accounts"), Tone: "plain", State: w.T("state.none")},
			{Words: w.T("state.version"), Tone: "plain", State: "0.1.0"},
		}
		return o
	}
	o.State = []views.Fact{
		{
			Words: w.T("state.token", "Rutoken ECP"), Tone: "good", State: w.T("state.present"),
			Detail: strings.Join([]string{w.T("state.token-certificates", 3), w.T("state.pin-typed"), w.T("state.module-slot", "librtpkcs11ecp.so", "0")}, ", "),
		},
		{
			Words: w.T("state.certificates"), Tone: "bad", State: w.T("state.certificates-count", 5),
			Detail: w.T("state.certificates-ended", 1) + ", " + w.T("state.certificates-ending", 2), Fix: w.T("state.certificates-fix"),
			Links: []views.Action{
				action(w.T("state.ends", 3, "Мария Иванова"), ""), action(w.T("state.ends", 21, "Анна Константинопольская-Преображенская"), ""),
				action(w.T("state.expired", "Hans Groß"), ""),
			},
		},
		{
			Words: w.T("state.accounts"), Tone: "warn", State: w.T("state.accounts-count", 12),
			Detail: w.T("state.accounts-off", 1) + ", " + w.T("state.accounts-bare", 2), Fix: w.T("state.accounts-off-fix") + " " + w.T("state.accounts-bare-fix"),
			Links: []views.Action{action("John Smith", ""), action("Hans Groß", ""), action("José García Fernández", "")},
		},
		{Words: w.T("state.version"), Tone: "plain", State: "0.1.0"},
	}
	return o
}

// stuckRows are documents that do not go on, one of each kind.
func stuckRows(w *i18n.Printer) []views.StuckRow {
	row := func(name, tone, state, who, why string, facts ...string) views.StuckRow {
		return views.StuckRow{
			Name: name, State: views.Tag{Tone: tone, Words: w.T("stuck." + state)}, Why: w.T(why),
			Facts: append([]string{w.T("journal.deal", "8061"), who, w.T("stuck.since", w.Time(now().Add(-17*time.Minute)))}, facts...),
			Retry: views.Action{Words: w.T("stuck.retry"), Icon: "retry", Post: "#"},
		}
	}
	return []views.StuckRow{
		row(contract(w), "bad", "undelivered", "Мария Иванова", "portal.unreachable"),
		row("scan.pdf", "warn", "delivering", "John Smith", "portal.unreachable", w.T("stuck.next", w.Clock(now().Add(4*time.Minute)))),
		row("offer.pdf", "warn", "signing", "Hans Groß", "stuck.unknown"),
	}
}

// find and pages are the search and the pages of a long list.
func find(w *i18n.Printer, label, value string) *views.Find {
	return &views.Find{Path: "#", Button: w.T("find.button"), Fields: []views.FindField{{Name: "q", Label: w.T(label), Value: value}}}
}

func pages(w *i18n.Printer, last, all int) views.Pager {
	later := action(w.T("pager.later"), "")
	return views.Pager{Words: w.T("pager.words", 1, last, all), Later: &later}
}

func accounts(w *i18n.Printer) views.Accounts {
	a := views.Accounts{T: w.T, Add: action(w.T("accounts.add"), "plus")}
	row := func(name, login, description string, certificates int, signed string, tags ...views.Tag) {
		facts := []string{login, w.T("accounts.certificates", certificates), signed}
		if description != "" {
			facts = append(facts, description)
		}
		a.List = append(a.List, views.AccountRow{
			Name: name, Login: login, Description: description, Badges: tags, Facts: facts, Open: action(w.T("accounts.open"), ""),
		})
	}
	tag := func(tone, key string) views.Tag { return views.Tag{Tone: tone, Words: w.T(key)} }
	on, since := tag("plain", "account.code-on-badge"), views.Tag{Tone: "good", Words: w.T("accounts.phone-since", w.Date(now().AddDate(0, -2, 0)))}
	lately, never := w.T("accounts.last-signed", w.Date(now().AddDate(0, 0, -3))), w.T("accounts.never-signed")
	row("Мария Иванова", "mary", "Отдел продаж, договоры", 2, lately, on, since)
	row("Hans Groß", "hgross", "", 1, never, on, tag("plain", "account.no-phone-badge"), tag("plain", "accounts.link-badge"))
	row("John Smith", "jsmith", "Warehouse, test account", 1, lately, tag("warn", "account.code-off-badge"))
	row("José García Fernández", "jose", "", 0, never, on, tag("bad", "account.locked-badge"))
	row("Анна Константинопольская-Преображенская", "anna_konstantinopolskaya_preobrazhenskaya", "", 3, lately, tag("bad", "account.blocked-badge"), on, since)
	link := func(name, login, by string, left time.Duration) {
		a.Links = append(a.Links, views.LinkRow{
			Name: name, Facts: []string{login, by, w.T("links.left", left)}, Withdraw: views.Action{Words: w.T("link.withdraw"), Post: "#"},
		})
	}
	link("Hans Groß", "hgross", w.T("links.by", "Anna Berg"), 12*time.Minute)
	link("José García Fernández", "jose", w.T("links.by-self"), 58*time.Minute)
	return a
}

// manyAccounts are a company of two hundred.
func manyAccounts(w *i18n.Printer) views.Accounts {
	a := accounts(w)
	for len(a.List) < 25 {
		a.List = append(a.List, a.List[len(a.List)%5])
	}
	a.Links, a.Find, a.Pages = nil, find(w, "accounts.search", ""), pages(w, 25, 200)
	return a
}

func account(w *i18n.Printer) views.AccountForm {
	remove := views.Action{Words: w.T("account.remove"), Post: "#", Danger: true}
	f := views.AccountForm{
		T: w.T, User: "17", Name: "Мария Иванова", Login: "mary", Description: "Отдел продаж, договоры",
		Back: action(w.T("settings.accounts"), "back"), Remove: &remove,
		Phone: views.Phone{
			Tone: "good", State: w.T("phone.since", w.Date(now().AddDate(0, -2, 0))), Create: action(w.T("link.create"), "link"),
			Open: &views.OpenLink{Words: w.T("link.open", 54*time.Minute), Withdraw: action(w.T("link.withdraw"), "")},
		},
	}
	f.Certificates = grants(w, false)
	return f
}

func journalFrame(w *i18n.Printer) views.Journal {
	j := views.Journal{
		T:       w.T,
		People:  []views.Option{{Words: w.T("journal.everybody"), Checked: true}, {Value: "1", Words: "Мария Иванова"}, {Value: "2", Words: "John Smith"}},
		Topics:  []views.Option{{Words: w.T("journal.everything"), Checked: true}},
		All:     action(w.T("journal.all"), ""),
		Exports: []views.Action{action(w.T("journal.csv"), "download"), action(w.T("journal.json"), "download")},
	}
	j.Chain = &views.Fact{
		Words: w.T("journal.chain"), Tone: "good", State: w.T("doctor.audit-entries", 18_204), Detail: w.T("journal.checked", words(w).Time(now())),
	}
	j.Results = []views.Option{{Words: w.T("journal.any-result"), Checked: true}}
	for _, name := range []string{"signed", "failed", "refused"} {
		j.Results = append(j.Results, views.Option{Value: name, Words: w.T("journal.result-" + name)})
	}
	j.Certificates = []views.Option{{Words: w.T("journal.any-certificate"), Checked: true}, {Value: "9f86", Words: "Мария Иванова"}}
	for _, name := range []string{"signing", "people", "certificates", "service"} {
		j.Topics = append(j.Topics, views.Option{Value: name, Words: w.T("journal.topic-" + name)})
	}
	return j
}

func journal(w *i18n.Printer) views.Journal {
	older := action(w.T("journal.older"), "")
	j := journalFrame(w)
	j.Older = &older
	row := func(minutes int, who, action, tone, subject string, facts ...string) {
		j.List = append(j.List, views.JournalRow{
			Time: w.Time(now().Add(-time.Duration(minutes) * time.Minute)), Who: who, What: w.T("action." + action),
			Tone: tone, Subject: subject, Facts: facts,
		})
	}
	deal := w.T("journal.deal", "8061")
	sums := []string{w.T("journal.original", "9F86 D081 884C 7D65"), w.T("journal.result", "2C26 B46B 68FF C68F")}
	certificate := w.T("journal.certificate", "Мария Иванова")
	row(0, "Мария Иванова", "request.done", "good", contract(w), append([]string{deal, certificate}, sums...)...)
	row(0, "Мария Иванова", "request.intent", "plain", contract(w), deal, certificate, sums[0])
	row(1, "Мария Иванова", "order.authorized", "plain", contract(w), deal, certificate, w.T("journal.by-code"), "203.0.113.7")
	row(2, "Мария Иванова", "order.refused", "warn", contract(w), w.T("journal.process", "17", "1030"), "203.0.113.7")
	row(34, "John Smith", "request.failed", "bad", "scan.pdf", w.T("journal.invoice", "12"), w.T("portal.unreachable"))
	row(35, "John Smith", "order.authorized", "plain", "", w.T("journal.lead-kind", "93"), w.T("journal.without-code"), "203.0.113.9")
	row(40, "Admin", "request.tested", "good", w.T("rehearsal.file"), w.T("rehearsal.entry"), sums[1])
	row(55, "Admin", "account.code-off", "warn", "John Smith", w.T("journal.reason", "Склад, общий планшет"), "203.0.113.4")
	row(60, "Admin", "enrolment.created", "plain", "Мария Иванова", "203.0.113.4")
	row(61, "Admin", "assignment.created", "plain", "Мария Иванова", certificate, "203.0.113.4")
	return j
}
