package gallery

import (
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// authorityStates are the section of the internal authority.
func authorityStates() []State {
	s := func(name string, draw func(w *i18n.Printer) templ.Component) State {
		return section("settings-authority"+name, "authority", func(w *i18n.Printer) templ.Component { return draw(words(w)) })
	}
	root := func(w *i18n.Printer) views.RootForm {
		return views.RootForm{T: w.T, ID: "1", Back: action(w.T("settings.authority"), "back"), MaxSize: 1 << 18}
	}
	return []State{
		s("-none", func(w *i18n.Printer) templ.Component {
			return views.AuthoritySection(views.Authority{T: w.T, Add: action(w.T("authority.add"), "plus")})
		}),
		s("-new", func(w *i18n.Printer) templ.Component { return views.AuthorityScreen(authorityForm(w)) }),
		s("-new-wrong", func(w *i18n.Printer) templ.Component {
			f := authorityForm(w)
			f.Errors = map[string]string{"organisation": w.T("authority.organisation-missing"), "country": w.T("authority.country-wrong")}
			return views.AuthorityScreen(f)
		}),
		s("-fresh", func(w *i18n.Printer) templ.Component {
			a := authority(w)
			a.Roots, a.Issued, a.Find, a.Pager = a.Roots[:1], nil, nil, views.Pager{}
			return views.AuthoritySection(a)
		}),
		s("", func(w *i18n.Printer) templ.Component { return views.AuthoritySection(authority(w)) }),
		s("-away", func(w *i18n.Printer) templ.Component {
			a := authority(w)
			a.Roots = a.Roots[1:]
			return views.AuthoritySection(a)
		}),
		s("-issue", func(w *i18n.Printer) templ.Component { return views.IssueScreen(issueForm(w)) }),
		s("-issue-nobody", func(w *i18n.Printer) templ.Component {
			f := issueForm(w)
			f.Accounts = nil
			return views.IssueScreen(f)
		}),
		s("-revoke", func(w *i18n.Printer) templ.Component { return views.RevokeScreen(revokeForm(w)) }),
		s("-export", func(w *i18n.Printer) templ.Component { return views.RootExportScreen(root(w)) }),
		s("-export-weak", func(w *i18n.Printer) templ.Component {
			f := root(w)
			f.Errors = map[string]string{"password": w.T("authority.password-weak"), "repeat": w.T("authority.password-differs")}
			return views.RootExportScreen(f)
		}),
		s("-remove", func(w *i18n.Printer) templ.Component { return views.RootRemoveScreen(root(w)) }),
	}
}

func authorityForm(w *i18n.Printer) views.AuthorityForm {
	f := views.AuthorityForm{T: w.T, Back: action(w.T("settings.authority"), "back")}
	for _, key := range []string{"ecdsa", "rsa"} {
		f.Keys = append(f.Keys, views.Option{Value: key, Words: w.T("authority.key-" + key)})
	}
	return f
}

func issueForm(w *i18n.Printer) views.IssueForm {
	f := views.IssueForm{T: w.T, Back: action(w.T("settings.authority"), "back"), MaxSize: 1 << 18}
	for _, name := range []string{"Мария Иванова (mary)", "Hans Groß (hgross)", "José García Fernández (jose)"} {
		f.Accounts = append(f.Accounts, views.Option{Value: name, Words: name})
	}
	for years := 1; years <= 2; years++ {
		f.Years = append(f.Years, views.Option{Value: "1", Words: w.T("certificate.years-count", years)})
	}
	for _, key := range []string{"ecdsa-p256", "rsa-3072"} {
		f.Keys = append(f.Keys, views.Option{Value: key, Words: w.T("certificate.key-" + key)})
	}
	return f
}

func revokeForm(w *i18n.Printer) views.RevokeForm {
	f := views.RevokeForm{
		T: w.T, Path: "#", Name: "Анна Константинопольская-Преображенская", Back: action(w.T("settings.authority"), "back"),
		Facts: []string{w.T("certificate.until", w.Date(now().AddDate(0, 8, 0))), w.T("certificate.serial", "A70C4411")},
	}
	for _, reason := range []string{"left", "replaced", "stolen", "unneeded"} {
		f.Reasons = append(f.Reasons, views.Option{Value: reason, Words: w.T("authority.reason-" + reason)})
	}
	return f
}

// authority has a root with its key here, and an older one whose key is away and
// whose next authority waits.
func authority(w *i18n.Printer) views.Authority {
	issue := action(w.T("authority.issue"), "plus")
	add := action(w.T("authority.add-another"), "plus")
	a := views.Authority{T: w.T, Add: add, Issue: &issue, MaxSize: 1 << 18}
	fresh := rootCard(w, "1", "ООО «Ромашка» Root CA", now(), w.T("authority.key-exported", w.Date(now())))
	fresh.Note = w.T("authority.key-here-note")
	fresh.Actions = append(
		fresh.Actions, action(w.T("authority.export"), "key"), views.Action{Words: w.T("authority.remove-key"), Post: "#", Danger: true},
		views.Action{Words: w.T("authority.next"), Post: "#", Plain: true},
	)
	fresh.Issuers = []views.AuthorityIssuer{issuerRow(w, "11", "ООО «Ромашка» CA 1", now(), "good", "authority.badge-active")}
	older := rootCard(w, "2", "Romashka Root CA", now().AddDate(-4, 0, 0), w.T("authority.key-removed", w.Date(now().AddDate(-4, 0, 1))))
	older.Away = true
	older.Issuers = []views.AuthorityIssuer{
		{
			ID: "23", Name: "Romashka CA 3", Waiting: true, Badges: []views.Tag{{Tone: "warn", Words: w.T("authority.badge-waiting")}},
			Actions: []views.Action{action(w.T("authority.request"), "download")},
		},
		issuerRow(w, "22", "Romashka CA 2", now().AddDate(-2, 0, 0), "plain", "authority.badge-former"),
		issuerRow(w, "21", "Romashka CA 1", now().AddDate(-4, 0, 0), "bad", "certificates.badge-revoked"),
	}
	a.Roots = []views.AuthorityRoot{fresh, older}
	a.Issued = issuedRows(w)
	a.Find = &views.Find{Path: "#", Button: w.T("find.button"), Fields: []views.FindField{{Name: "find", Label: w.T("certificates.search")}}}
	later := action(w.T("pager.later"), "")
	a.Pager = views.Pager{Words: w.T("pager.words", 1, 25, 212), Later: &later}
	return a
}

func rootCard(w *i18n.Printer, id, name string, from time.Time, key string) views.AuthorityRoot {
	return views.AuthorityRoot{
		ID: id, Name: name,
		Details: []views.Detail{
			{Words: w.T("certificate.valid"), Value: w.T("certificate.from-until", w.Date(from), w.Date(from.AddDate(10, 0, 0)))},
			{
				Words: w.T("certificate.fingerprint"), Mono: true,
				Value: "9F86 D081 884C 7D65 9A2F EAA0 C55A D015 A3BF 4F1B 2B0B 822C D15D 6C15 B0F0 0A08",
			},
			{Words: w.T("authority.root-key"), Value: key},
			{Words: w.T("authority.list"), Value: w.T("authority.list-state", 12, w.Date(now().AddDate(0, 9, 0)))},
		},
		Actions: []views.Action{action(w.T("authority.kit"), "download"), action(w.T("authority.root-file"), "download")},
	}
}

func issuerRow(w *i18n.Printer, id, name string, from time.Time, tone, badge string) views.AuthorityIssuer {
	return views.AuthorityIssuer{
		ID: id, Name: name, Badges: []views.Tag{{Tone: tone, Words: w.T(badge)}},
		Facts: []string{
			w.T("certificate.until", w.Date(from.AddDate(5, 0, 0))),
			w.T("authority.list") + ": " + w.T("authority.list-state", 1204, w.Date(now().AddDate(0, 0, 7))),
		},
	}
}

func issuedRows(w *i18n.Printer) []views.CertificateRow {
	file := views.Action{Words: w.T("authority.file"), Get: "#", Plain: true}
	renew := views.Action{Words: w.T("authority.renew"), Get: "#"}
	revoke := views.Action{Words: w.T("authority.revoke"), Get: "#", Danger: true}
	row := func(name, more, serial string, days int, actions []views.Action, tags ...views.Tag) views.CertificateRow {
		return views.CertificateRow{
			Name: name, Organisation: more, Icon: "key", Badges: tags, Actions: actions,
			Facts: []string{w.T("certificate.until", w.Date(now().AddDate(0, 0, days))), w.T("certificate.serial", serial)},
		}
	}
	rows := []views.CertificateRow{
		row("Мария Иванова", "", "4F02A9C1", 365, []views.Action{file, renew, revoke}),
		row("Mary I.", "Мария Иванова", "77B1D0E4", 20, []views.Action{file, renew, revoke}, views.Tag{Tone: "warn", Words: w.T("authority.badge-ends")}),
		row("Hans Groß", "", "1C5F9A02", 12, []views.Action{file, revoke}, views.Tag{Tone: "plain", Words: w.T("authority.badge-renewed")}),
		row(w.T("kit.sample-name", "ООО «Ромашка»"), w.T("kit.sample-entry"), "E0B7754D", 364, []views.Action{file, revoke}),
		row("José García Fernández", "", "A70C4411", 200, []views.Action{file}, views.Tag{Tone: "bad", Words: w.T("certificates.badge-revoked")}),
	}
	rows[4].Facts = append(rows[4].Facts, w.Date(now().AddDate(0, -1, 0)), w.T("authority.reason-left"))
	return rows
}
