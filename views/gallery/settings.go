package gallery

import (
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
			return views.OverviewSection(overview(w, 6))
		}),
		section("settings-accounts-empty", "accounts", func(w *i18n.Printer) templ.Component {
			return views.AccountsSection(views.Accounts{T: w.T, Add: action(w.T("accounts.add"), "plus")})
		}),
		section("settings-accounts", "accounts", func(w *i18n.Printer) templ.Component { return views.AccountsSection(accounts(w)) }),
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
	o := views.Overview{T: w.T, Done: w.T("overview.done", done, 6)}
	for i, name := range []string{"connected", "certificate", "account", "phone", "assigned", "signed"} {
		a := action(w.T("first.go"), "")
		o.Steps = append(o.Steps, views.FirstStep{Words: w.T("first." + name), Hint: w.T("first." + name + "-hint"), Done: i < done, Action: &a})
	}
	if done == 1 {
		o.State = []views.Fact{
			{Words: w.T("state.tokens"), Tone: "plain", State: w.T("state.no-token"), Detail: w.T("state.no-token-detail")},
			{Words: w.T("state.certificates"), Tone: "plain", State: w.T("state.none")},
			{Words: w.T("state.accounts"), Tone: "plain", State: w.T("state.none")},
			{Words: w.T("state.version"), Tone: "plain", State: "0.1.0"},
		}
		return o
	}
	o.State = []views.Fact{
		{Words: w.T("state.token", "Rutoken ECP"), Tone: "good", State: w.T("state.present"), Detail: w.T("state.token-certificates", 3)},
		{
			Words: w.T("state.certificates"), Tone: "warn", State: w.T("state.certificates-count", 5),
			Detail: w.T("state.certificates-ending", 2), Fix: w.T("state.certificates-fix"),
		},
		{Words: w.T("state.accounts"), Tone: "warn", State: w.T("state.accounts-count", 12), Detail: w.T("state.accounts-off", 1)},
		{Words: w.T("state.version"), Tone: "plain", State: "0.1.0"},
	}
	return o
}

func accounts(w *i18n.Printer) views.Accounts {
	a := views.Accounts{T: w.T, Search: true, Add: action(w.T("accounts.add"), "plus")}
	row := func(name, login, description string, certificates int, tags ...views.Tag) {
		facts := []string{login, w.T("accounts.certificates", certificates)}
		if description != "" {
			facts = append(facts, description)
		}
		a.List = append(a.List, views.AccountRow{
			Name: name, Login: login, Description: description, Badges: tags, Facts: facts, Open: action(w.T("accounts.open"), ""),
		})
	}
	tag := func(tone, key string) views.Tag { return views.Tag{Tone: tone, Words: w.T(key)} }
	row("Мария Иванова", "mary", "Отдел продаж, договоры", 2, tag("good", "account.phone-badge"))
	row("Hans Groß", "hgross", "", 1, tag("plain", "account.no-phone-badge"))
	row("John Smith", "jsmith", "Warehouse, test account", 1, tag("warn", "account.code-off-badge"))
	row("José García Fernández", "jose", "", 0, tag("bad", "account.locked-badge"))
	row("Анна Константинопольская-Преображенская", "anna_konstantinopolskaya_preobrazhenskaya", "", 3, tag("bad", "account.blocked-badge"), tag("good", "account.phone-badge"))
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
	row(0, "Мария Иванова", "request.done", "good", contract(w), deal, w.T("journal.certificate", "Мария Иванова"), "SHA-256 9F86 D081 884C 7D65")
	row(0, "Мария Иванова", "request.intent", "plain", contract(w), deal, "SHA-256 9F86 D081 884C 7D65")
	row(1, "Мария Иванова", "order.authorized", "plain", contract(w), deal, "203.0.113.7")
	row(2, "Мария Иванова", "order.refused", "warn", contract(w), deal, "203.0.113.7")
	row(34, "John Smith", "request.failed", "bad", "scan.pdf", deal, w.T("portal.unreachable"))
	row(55, "Admin", "account.code-off", "warn", "John Smith")
	row(60, "Admin", "enrolment.created", "plain", "Мария Иванова")
	row(61, "Admin", "assignment.created", "plain", "Мария Иванова", w.T("journal.certificate", "Мария Иванова"))
	return j
}
