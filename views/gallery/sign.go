package gallery

import (
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// now is when the gallery's stories happen.
func now() time.Time { return time.Date(2026, 11, 23, 11, 3, 0, 0, time.UTC) }

// words is a Printer at the place where the stories happen.
func words(w *i18n.Printer) *i18n.Printer { return w.In("Europe/Moscow") }

// action makes a button whose call nobody answers here.
func action(words, icon string) views.Action { return views.Action{Words: words, Icon: icon, Get: "#"} }

// signStates are the Sign tab before a document is open.
func signStates() []State {
	hindrance := func(name, icon string) State {
		return fragments("sign-"+name, "sign", func(w *i18n.Printer) []templ.Component {
			n := views.Notice{T: w.T, Icon: icon, Title: w.T("hindrance." + name), Text: w.T("hindrance." + name + "-text")}
			if name != "blocked" {
				n.Actions = append(n.Actions, action(w.T("hindrance.ask"), "person"))
			}
			n.Actions = append(n.Actions, action(w.T("hindrance.again"), "retry"))
			return []templ.Component{views.NoticeCard(n)}
		})
	}
	return []State{
		{Name: "sign-loading", Page: func(w *i18n.Printer) templ.Component { return views.SignPage(page(w, "sign")) }},
		hindrance("no-account", "person"),
		hindrance("blocked", "person"),
		hindrance("no-phone", "phone"),
		hindrance("no-certificate", "key"),
		fragments("sign-no-phone-own", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.NoticeCard(views.Notice{
				T: w.T, Icon: "phone", Title: w.T("hindrance.no-phone"), Text: w.T("hindrance.own-phone-text"),
				Actions: []views.Action{action(w.T("hindrance.own-phone"), "phone"), action(w.T("hindrance.again"), "retry")},
			})}
		}),
		fragments("sign-own-phone", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.OwnLink(w.T, views.NewLink{
				URL:   "https://sign.example.org/enrol/Jm3vXh2kq0sYwZ8aTfR1bN5cLd7eUg9iOpQ4rSxVtWy",
				Words: w.T("own.hint", words(w).Clock(now())),
			})}
		}),
		fragments("sign-asked", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.NoticeCard(views.Notice{
				T: w.T, Icon: "check", Tone: "good", Title: w.T("ask.done"), Text: w.T("ask.done-text"),
				Actions: []views.Action{action(w.T("hindrance.again"), "retry")},
			})}
		}),
		fragments("sign-no-documents", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.DocumentList(views.Documents{T: w.T, Notice: noDocuments(w)})}
		}),
		fragments("sign-no-documents-now", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.DocumentList(views.Documents{T: w.T, Notice: noDocuments(w), Recent: documents(words(w)).Recent})}
		}),
		fragments("sign-documents", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.DocumentList(documents(words(w)))}
		}),
		fragments("sign-opening", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.Skeleton(contract(w), w.T("sign.opening", contract(w)))}
		}),
		fragments("sign-stuck", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.Stuck(w.T, w.T("script.offline"))}
		}),
		fragments("sign-unsignable", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.NoticeCard(views.Notice{
				T: w.T, Icon: "document", Tone: "warn", Title: w.T("unsignable.title"), Text: w.T("document.password"),
				Facts:   []string{w.T("fate.file-unchanged")},
				Actions: []views.Action{action(w.T("sign.all-documents"), "back")},
			})}
		}),
	}
}

// noDocuments says where to attach a PDF.
func noDocuments(w *i18n.Printer) *views.Notice {
	return &views.Notice{
		T: w.T, Icon: "folder", Title: w.T("documents.none"), Text: w.T("documents.none-text"), Watch: true,
	}
}

// contract is the name of the document of the stories.
func contract(w *i18n.Printer) string {
	return map[string]string{
		"en": "Supply contract 2026-114.pdf", "ru": "Договор поставки № 114-2026.pdf",
		"de": "Liefervertrag 2026-114.pdf", "es": "Contrato de suministro 2026-114.pdf",
	}[w.Language()]
}

// documents is a list with a document in each state.
func documents(w *i18n.Printer) views.Documents {
	field := map[string]string{"en": "Contract", "ru": "Договор", "de": "Vertrag", "es": "Contrato"}[w.Language()]
	row := func(name, tone, state string, size int64, open string, extra ...views.Action) views.Document {
		a := action(open, "")
		d := views.Document{
			Name: name, Tone: tone, State: state, Facts: []string{w.Size(i18n.Size(size)), field}, Open: &a, Extra: extra,
		}
		if size >= 0 {
			d.Data, d.Tick = documentData(name), w.T("documents.tick", name)
		}
		return d
	}
	return views.Documents{
		T: w.T,
		List: []views.Document{
			row(contract(w), "", "", 251_000, w.T("documents.open")),
			row("NDA Müller & Söhne GmbH.pdf", "good", w.T("document.signed", w.Time(now())), 88_300, w.T("documents.open-again"), action(w.T("documents.result"), "")),
			row("invoice-20261101-final-final-corrected-version-of-the-second-partial-delivery.pdf", "busy", w.T("document.running"), 1_430_000, w.T("documents.watch")),
			row("Anlage 3.pdf", "warn", w.T("document.undelivered"), 640_000, w.T("documents.see")),
			row("scan.pdf", "bad", w.T("document.failed"), 12_700_000, w.T("documents.open"), action(w.T("documents.why"), "")),
		},
		Recent: []views.Document{
			row("offer.pdf", "good", w.T("document.signed-before"), -1, w.T("documents.see")),
		},
	}
}
