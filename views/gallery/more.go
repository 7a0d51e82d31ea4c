package gallery

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// moreStates are what the Sign tab says of documents that cannot be signed or
// drawn, of where they come from and where signed files go.
func moreStates() []State {
	unsignable := func(name, key string, args ...any) State {
		return fragments("sign-unsignable-"+name, "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.NoticeCard(views.Notice{
				T: w.T, Icon: "document", Tone: "warn", Title: w.T("unsignable.title"), Text: w.T(key, args...),
				Facts:   []string{w.T("fate.file-unchanged")},
				Actions: []views.Action{action(w.T("sign.all-documents"), "back")},
			})}
		})
	}
	changed := func(name string, change func(w *i18n.Printer, f *views.Form)) State {
		return fragments("form-"+name, "sign", func(w *i18n.Printer) []templ.Component {
			f := form(words(w))
			change(w, &f)
			return []templ.Component{views.SignForm(f)}
		})
	}
	undrawn := func(name string) State {
		s := changed("picture-"+name, func(*i18n.Printer, *views.Form) {})
		s.Until = "[data-page-note]:not(:empty)"
		return s
	}
	return []State{
		unsignable("certified", "document.certified"), unsignable("damaged", "document.damaged"),
		unsignable("too-large", "document.too-large", 50), unsignable("encrypted", "document.encrypted"),
		changed("version", func(w *i18n.Printer, f *views.Form) { f.Promise = w.T("sign.promise-version", 30*24*time.Hour) }),
		changed("copy", func(w *i18n.Printer, f *views.Form) {
			f.Promise = w.T("sign.promise-copy", w.T("target.generated"))
		}),
		fragments("form-invited", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.InvitationBanner(views.Banner{
				Words: w.T("invite.banner", "Anna Berg"), Note: "Please by Friday.", Decline: views.Action{Words: w.T("invite.decline"), Get: "#"},
			}), views.SignForm(form(words(w)))}
		}),
		undrawn("busy"), undrawn("limit"), undrawn("undrawable"),
		fragments("done-version", "sign", func(w *i18n.Printer) []templ.Component { return outcomeWith(words(w), "done.version") }),
		fragments("done-copy", "sign", func(w *i18n.Printer) []templ.Component { return outcomeWith(words(w), "done.copy") }),
		fragments("batch-good", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.BatchProgress(batchGood(words(w)))}
		}),
		fragments("sign-sources", "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.DocumentList(sources(words(w)))}
		}),
	}
}

// outcomeWith is a success that says where the signed file is.
func outcomeWith(w *i18n.Printer, where string) []templ.Component {
	d := heading(w)
	d.Extra, d.State = nil, ""
	n := done(w)
	n.Facts[0] = w.T(where)
	return []templ.Component{views.Outcome(d, n)}
}

// batchGood is an order whose documents are all signed.
func batchGood(w *i18n.Printer) views.Batch {
	b := batch(w, false)
	b.Title, b.Text, b.Good = w.T("batch.done", 3, 3), w.T("batch.kept"), true
	b.Rows[2] = views.BatchRow{Name: b.Rows[2].Name, State: "done", Words: b.Rows[0].Words, Actions: b.Rows[0].Actions}
	return b
}

// sources are documents from everywhere: their author and day, and what cannot
// be read or is not known yet.
func sources(w *i18n.Printer) views.Documents {
	row := func(ref, name, source, author string, days int) views.Document {
		d := views.Document{Ref: ref, Name: name, Facts: []string{w.T("source." + source)}}
		if author != "" {
			d.Facts = append(d.Facts, w.T("document.by", author))
		}
		d.Facts = append(d.Facts, w.Time(now().AddDate(0, 0, -days)))
		d.Open = &views.Action{Words: w.T("documents.open"), Post: "#"}
		return d
	}
	unreadable := row("b", "Draft.pdf", "comment", "Paul Ott", 2)
	unreadable.Note, unreadable.Open = w.T("document.drive-right"), nil
	locked := row("c", "Price list.pdf", "activity", "Мария Иванова", 3)
	locked.Note, locked.Open = w.T("document.drive-permission"), nil
	pending := views.Document{Ref: "d", Name: contract(w), Pending: true, Facts: []string{w.T("source.email"), w.T("document.pending")}}
	return views.Documents{T: w.T, Pending: true, List: []views.Document{
		row("a", "Order confirmation 2026-11-20 for the delivery to Müller & Söhne.pdf", "generated", "", 0), unreadable, locked, pending,
		row("e", "Angebot.pdf", "email", "Hans Groß", 40),
	}}
}

// undrawable are the states whose page cannot be drawn, and why.
func undrawable() map[string]string {
	return map[string]string{
		"form-picture-busy": "picture.busy", "form-picture-limit": "picture.limit", "form-picture-undrawable": "picture.undrawable",
	}
}

// drawable answers with the picture of a page, or with why there is none.
func drawable(w http.ResponseWriter, r *http.Request) {
	words, name := asked(r)
	if key, ok := undrawable()[name]; ok {
		refuse(w, r, http.StatusUnprocessableEntity, problem{Key: key, Message: words.T(key)})
		return
	}
	picture(w, r)
}
