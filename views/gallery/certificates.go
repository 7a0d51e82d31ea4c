package gallery

import (
	"fmt"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// certificateStates are the sections of certificates and of assignments.
func certificateStates() []State {
	return []State{
		section("settings-certificates-empty", "certificates", func(w *i18n.Printer) templ.Component {
			c := certificates(w)
			c.List, c.Tokens, c.TokenNote, c.Empty = nil, nil, w.T("tokens.none"), w.T("certificates.empty")
			return views.CertificatesSection(c)
		}),
		section("settings-certificates", "certificates", func(w *i18n.Printer) templ.Component {
			return views.CertificatesSection(certificates(words(w)))
		}),
		section("settings-certificates-many", "certificates", func(w *i18n.Printer) templ.Component {
			c := certificates(words(w))
			for len(c.List) < 25 {
				c.List = append(c.List, c.List[len(c.List)%3])
			}
			c.Find, c.Pages = find(w, "certificates.search", ""), pages(w, 25, 50)
			return views.CertificatesSection(c)
		}),
		section("settings-certificates-nothing", "certificates", func(w *i18n.Printer) templ.Component {
			c := certificates(words(w))
			c.List, c.Find, c.Nothing = nil, find(w, "certificates.search", "Петров"), w.T("assignments.nothing")
			return views.CertificatesSection(c)
		}),
		section("settings-certificate-new", "certificates", func(w *i18n.Printer) templ.Component {
			return views.CertificateScreen(newCertificate(w))
		}),
		section("settings-certificate-import", "certificates", func(w *i18n.Printer) templ.Component {
			return views.ImportScreen(importForm(w))
		}),
		section("settings-certificate-import-password", "certificates", func(w *i18n.Printer) templ.Component {
			f := importForm(w)
			f.Errors = map[string]string{"file": w.T("certificate.file-cost"), "password": w.T("certificate.file-password")}
			return views.ImportScreen(f)
		}),
		section("settings-certificate", "certificates", func(w *i18n.Printer) templ.Component {
			return views.CertificateView(certificatePage(words(w)))
		}),
		section("settings-certificate-revoked", "certificates", func(w *i18n.Printer) templ.Component {
			c := certificatePage(words(w))
			c.Row.Badges = []views.Tag{{Tone: "plain", Words: w.T("certificate.internal")}, {Tone: "bad", Words: w.T("certificates.badge-revoked")}}
			c.Chain, c.ChainTone, c.ChainFile = w.T("certificate.chain-none"), "plain", false
			c.Accounts = views.Grants{T: w.T, Empty: w.T("assignments.no-account")}
			return views.CertificateView(c)
		}),
		section("settings-assignments-empty", "assignments", func(w *i18n.Printer) templ.Component {
			return views.AssignmentsSection(views.Assignments{T: w.T, Empty: w.T("assignments.no-account")})
		}),
		section("settings-assignments", "assignments", func(w *i18n.Printer) templ.Component {
			return views.AssignmentsSection(assignments(words(w), 0))
		}),
		section("settings-assignments-certificates", "assignments", func(w *i18n.Printer) templ.Component {
			return views.AssignmentsSection(assignments(words(w), 1))
		}),
		section("settings-assignments-grid", "assignments", func(w *i18n.Printer) templ.Component {
			return views.AssignmentsSection(assignments(words(w), 2))
		}),
		section("settings-assignments-nothing", "assignments", func(w *i18n.Printer) templ.Component {
			a := assignments(words(w), 0)
			a.Rows, a.Pages = nil, views.Pager{}
			a.Find.Fields[0].Value = "Константинопольская"
			return views.AssignmentsSection(a)
		}),
	}
}

func certificates(w *i18n.Printer) views.Certificates {
	row := func(c views.Certificate, actions []views.Action, tags ...views.Tag) views.CertificateRow {
		r := views.CertificateRow{Name: c.Name, Organisation: c.Organisation, Icon: c.Icon, Facts: c.Facts, Actions: actions, Badges: tags}
		if c.Badge != "" {
			r.Badges = append(r.Badges, views.Tag{Tone: "plain", Words: c.Badge})
		}
		return r
	}
	actions := []views.Action{
		{Words: w.T("certificates.open"), Get: "#", Plain: true}, {Words: w.T("certificates.remove"), Post: "#", Danger: true},
	}
	f := form(w)
	return views.Certificates{
		T: w.T, Adds: []views.Action{action(w.T("certificates.add"), "plus"), action(w.T("certificates.import"), "download")},
		List: []views.CertificateRow{
			row(f.Certificates[0], actions, views.Tag{Tone: "warn", Words: w.T("certificates.shared", 4)}),
			row(f.Certificates[1], actions, views.Tag{Tone: "plain", Words: w.T("certificates.unassigned")}, views.Tag{Tone: "warn", Words: w.T("certificates.badge-soon", 13)}),
			row(f.Unusable[0], actions, views.Tag{Tone: "bad", Words: w.T("certificates.badge-expired")}),
		},
		Tokens: []views.TokenRow{{
			Name: "Rutoken ECP", Facts: []string{"Aktiv Rutoken ECP", w.T("tokens.serial", "3C7A 22F1")},
			List: []views.CertificateRow{
				row(f.Certificates[0], nil, views.Tag{Tone: "good", Words: w.T("tokens.added")}),
				row(certificate(w, "token", "Пётр Сидоров", "ООО «Ромашка»", "УЦ «Пример»", "51DE", false), []views.Action{{Words: w.T("tokens.add"), Icon: "plus", Post: "#"}}),
			},
		}},
	}
}

func newCertificate(w *i18n.Printer) views.CertificateForm {
	f := views.CertificateForm{T: w.T, Back: action(w.T("settings.certificates"), "back")}
	for years := 1; years <= 2; years++ {
		f.Years = append(f.Years, views.Option{Value: fmt.Sprint(years), Words: w.T("certificate.years-count", years)})
	}
	for _, key := range []string{"ecdsa-p256", "rsa-3072"} {
		f.Keys = append(f.Keys, views.Option{Value: key, Words: w.T("certificate.key-" + key)})
	}
	return f
}

func importForm(w *i18n.Printer) views.ImportForm {
	return views.ImportForm{
		T: w.T, Back: action(w.T("settings.certificates"), "back"), MaxSize: 1, TooLarge: w.T("certificate.file-large", 256),
	}
}

func certificatePage(w *i18n.Printer) views.CertificatePage {
	c := form(w).Certificates[0]
	return views.CertificatePage{
		T: w.T, ID: "9f86", Back: action(w.T("settings.certificates"), "back"), Owner: views.Owner{ID: "8", Name: "Мария Иванова (mary)"},
		Row: views.CertificateRow{
			Name: c.Name, Badges: []views.Tag{{Tone: "warn", Words: w.T("certificates.shared", 4)}, {Tone: "warn", Words: w.T("certificates.badge-soon", 13)}},
			Actions: []views.Action{{Words: w.T("certificates.remove"), Post: "#", Danger: true}},
		},
		Details: []views.Detail{
			{Words: w.T("certificate.organisation"), Value: c.Organisation},
			{Words: w.T("certificate.issued-by"), Value: "УЦ «Пример»"},
			{Words: w.T("certificate.valid"), Value: w.T("certificate.from-until", w.Date(now().AddDate(-1, 0, 13)), w.Date(now().AddDate(0, 0, 13)))},
			{Words: w.T("certificate.serial-number"), Value: "01F3 88C0 4B1D 77A9 2E5D", Mono: true},
			{Words: w.T("certificate.fingerprint"), Value: "9F86 D081 884C 7D65 9A2F EAA0 C55A D015 A3BF 4F1B 2B0B 822C D15D 6C15 B0F0 0A08", Mono: true},
			{Words: w.T("certificate.key"), Value: "ECDSA P-256"},
			{Words: w.T("certificate.added-by"), Value: w.T("assignments.since", "Anna Berg", w.Date(now().AddDate(0, -11, 0)))},
		},
		Chain: w.T("certificate.chain-missing"), ChainTone: "warn", ChainFile: true, MaxSize: 1, TooLarge: w.T("certificate.file-large", 256),
		Accounts: grants(w, true),
	}
}

// grants is one side of the assignments: of an account, or of a certificate
// that many use.
func grants(w *i18n.Printer, people bool) views.Grants {
	g := views.Grants{T: w.T}
	since := w.T("assignments.since", "Anna Berg", w.Date(now().AddDate(0, -2, 0)))
	limits := []*views.Limits{
		{Words: w.T("assignments.limits")},
		{Tone: "plain", Words: w.T("assignments.ends", w.Date(now().AddDate(0, 1, 0))), From: "2026-11-01", Until: "2026-12-23"},
		{Tone: "bad", Words: w.T("assignments.over", w.Date(now().AddDate(0, -1, 0))), Until: "2026-10-23"},
	}
	add := func(name string, facts []string, badges ...views.Tag) {
		i := len(g.List)
		one := views.Grantable{
			Certificate: fmt.Sprint("c", i), User: "17", Name: name, Facts: facts, Badges: badges, Assigned: i < 3,
			Label: w.T("assignments.cell", name, name, "1A2B"), Limits: &views.Limits{Words: w.T("assignments.limits")},
		}
		if one.Assigned {
			one.Facts, one.Limits = append(one.Facts, since), limits[i]
		}
		g.List = append(g.List, one)
	}
	if people {
		g.Find = &views.Find{Path: "#", Fields: []views.FindField{{Name: "q", Label: w.T("accounts.search")}}, Button: w.T("find.button")}
		for _, row := range accounts(w).List {
			add(row.Name, []string{row.Login})
		}
		g.Pages = views.Pager{Words: w.T("pager.words", 1, 25, 200), Later: &views.Action{Words: w.T("pager.later"), Get: "#"}}
		return g
	}
	f := form(w)
	for _, c := range append(f.Certificates, f.Unusable...) {
		var badges []views.Tag
		if c.Badge != "" {
			badges = append(badges, views.Tag{Tone: "plain", Words: c.Badge})
		}
		add(c.Name, c.Facts, badges...)
	}
	return g
}

func assignments(w *i18n.Printer, view int) views.Assignments {
	a := views.Assignments{T: w.T, Find: &views.Find{Path: "#", Button: w.T("find.button")}}
	for i, name := range []string{"people", "certificates", "grid"} {
		a.Views = append(a.Views, views.Option{Value: "#", Words: w.T("assignments.by-" + name), Checked: i == view})
	}
	people := views.FindField{Name: "q", Label: w.T("accounts.search")}
	keys := views.FindField{Name: "c", Label: w.T("certificates.search")}
	a.Pages = views.Pager{
		Words: w.T("pager.words", 26, 50, 200), Earlier: &views.Action{Words: w.T("pager.earlier"), Get: "#"}, Later: &views.Action{Words: w.T("pager.later"), Get: "#"},
	}
	switch view {
	case 0:
		a.Find.Fields = []views.FindField{people}
		for i, row := range accounts(w).List {
			facts := []string{row.Login, w.T("accounts.certificates", i), "Мария Иванова", "ООО «Ромашка»", w.T("assignments.more", 2)}[:2+min(i, 3)]
			a.Rows = append(a.Rows, views.AssignmentRow{Icon: "person", Name: row.Name, Facts: facts, Badges: row.Badges, Open: action(w.T("accounts.open"), "")})
		}
	case 1:
		a.Find.Fields = []views.FindField{keys}
		for _, row := range certificates(w).List {
			a.Rows = append(a.Rows, views.AssignmentRow{Icon: row.Icon, Name: row.Name, Badges: row.Badges, Facts: append(row.Facts, "Hans Groß"), Open: action(w.T("certificates.open"), "")})
		}
		a.Pages = views.Pager{}
	default:
		a.Find.Fields = []views.FindField{people, keys}
		a.Grid = grid(w)
	}
	return a
}

func grid(w *i18n.Printer) *views.Grid {
	g := &views.Grid{ColumnPages: views.Pager{Words: w.T("pager.words", 1, 8, 50), Later: &views.Action{Words: w.T("pager.later"), Get: "#"}}}
	certificates := []string{"Мария Иванова", "Mary Brown", "Hans Groß", "ООО «Ромашка»"}
	for i, name := range certificates {
		c := views.Column{Name: name, Note: fmt.Sprintf("…%04X", 4099*(i+5))}
		if i == 3 {
			c.Note = w.T("certificates.shared", 3)
		}
		g.Columns = append(g.Columns, c)
	}
	for i, row := range accounts(w).List {
		r := views.GridRow{Name: row.Name, Login: row.Login}
		for j, name := range certificates {
			r.Cells = append(r.Cells, views.Grantable{Name: name, Assigned: i == j || j == 3 && i < 3, Label: w.T("assignments.cell", row.Name, name, "1A2B")})
		}
		g.Rows = append(g.Rows, r)
	}
	return g
}
