package gallery

import (
	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// signedStories are documents in each state of being signed.
func signedStories(w *i18n.Printer) []views.Signatures {
	mary := views.Signature{
		Name: "Мария Иванова", Icon: "signature", Tone: "good", Verdict: w.T("verdict.good"), Level: "B-LT",
		Facts: []string{w.T("signed.at-proven", w.Time(now())), w.T("certificate.issuer", "УЦ «Пример»")},
	}
	hans := views.Signature{
		Name: "Hans Groß", Icon: "signature", Tone: "good", Verdict: w.T("verdict.good"), Level: "B-B",
		Facts: []string{w.T("signed.at", w.Time(now())), w.T("certificate.internal"), w.T("signet.reason", "OK")},
		Later: w.T("signed.later", w.T("later.signature")),
	}
	changed, revoked, broken := hans, hans, hans
	changed.Tone, changed.Verdict, changed.Later = "bad", w.T("verdict.changed"), w.T("signed.later", w.T("later.content"))
	revoked.Tone, revoked.Verdict = "bad", w.T("verdict.revoked")
	broken.Tone, broken.Verdict, broken.Later, broken.Level = "bad", w.T("verdict.broken"), "", ""
	ended, stranger, anybody := mary, mary, hans
	ended.Tone, ended.Verdict, ended.Level = "warn", w.T("verdict.ended"), "B-B"
	ended.Facts = []string{w.T("signed.at", w.Time(now().AddDate(-2, 0, 0))), mary.Facts[1], w.T("signed.company")}
	stranger.Tone, stranger.Verdict = "warn", w.T("verdict.unknown")
	stranger.Facts = []string{w.T("signed.at-stamped", w.Time(now()), "TSA 1"), mary.Facts[1]}
	anybody.Tone, anybody.Verdict, anybody.Later = "warn", w.T("verdict.unknown"), ""
	anybody.Facts = []string{hans.Facts[0], w.T("signed.anybody")}
	return []views.Signatures{
		{T: w.T, Tone: "plain", Words: w.T("document.unsigned")},
		{T: w.T, Tone: "good", Words: w.T("signed.by", mary.Name), List: []views.Signature{mary}},
		{T: w.T, Tone: "good", Words: w.T("signed.by-many", 2), List: []views.Signature{hans, mary}},
		{T: w.T, Tone: "warn", Words: w.T("signed.unknown"), List: []views.Signature{stranger, anybody}},
		{T: w.T, Tone: "warn", Words: w.T("signed.ended"), List: []views.Signature{ended}},
		{T: w.T, Tone: "bad", Words: w.T("signed.changed"), List: []views.Signature{changed}},
		{T: w.T, Tone: "bad", Words: w.T("signed.revoked"), List: []views.Signature{revoked}},
		{T: w.T, Tone: "bad", Words: w.T("signed.broken"), List: []views.Signature{broken}},
		{T: w.T, Tone: "warn", Words: w.T("signed.unseen"), Note: w.T("document.damaged")},
	}
}

// severalStates are documents that one code signs, and who has signed.
func severalStates() []State {
	state := func(name string, draw func(w *i18n.Printer) templ.Component) State {
		return fragments(name, "sign", func(w *i18n.Printer) []templ.Component { return []templ.Component{draw(words(w))} })
	}
	return []State{
		state("sign-no-account-signers", func(w *i18n.Printer) templ.Component {
			list := documents(w)
			for i := range list.List {
				d := &list.List[i]
				d.Open, d.Extra, d.Tick, d.Data = nil, nil, "", documentData(d.Name)
			}
			return templ.Join(views.NoticeCard(views.Notice{
				T: w.T, Icon: "person", Title: w.T("hindrance.no-account"), Text: w.T("hindrance.no-account-text"),
				Actions: []views.Action{action(w.T("hindrance.again"), "retry")},
			}), views.DocumentRows(list))
		}),
		state("signatures", func(w *i18n.Printer) templ.Component {
			list := []templ.Component{views.Heading(views.Document{Name: contract(w)})}
			for _, s := range signedStories(w) {
				s.Open = true
				list = append(list, views.SignedBy(s))
			}
			return templ.Join(list...)
		}),
		state("batch-running", func(w *i18n.Printer) templ.Component { return views.BatchProgress(batch(w, true)) }),
		state("batch-done", func(w *i18n.Printer) templ.Component { return views.BatchProgress(batch(w, false)) }),
		state("sign-none-of-several", func(w *i18n.Printer) templ.Component {
			return views.NoticeCard(views.Notice{
				T: w.T, Icon: "document", Tone: "warn", Title: w.T("unsignable.none"),
				Facts: []string{
					"scan.pdf: " + w.T("document.password"), "Anlage 3.pdf: " + w.T("document.damaged"), w.T("fate.file-unchanged"),
				},
				Actions: []views.Action{action(w.T("sign.all-documents"), "back")},
			})
		}),
	}
}

// batch is an order of three documents, one of which fails at its end.
func batch(w *i18n.Printer, running bool) views.Batch {
	result := []views.Action{action(w.T("documents.result"), "")}
	b := views.Batch{T: w.T, Running: running, Title: w.T("batch.running", 3), Path: "/api/sign/orders/1", Rows: []views.BatchRow{
		{Name: contract(w), State: "done", Words: w.T("batch.signed", w.Clock(now())), Actions: result},
		{Name: "NDA Müller & Söhne GmbH.pdf", State: "now", Words: w.T("running.prepared")},
		{Name: "Anlage 3.pdf", State: "now", Words: w.T("running.signed"), Note: w.T("running.again", 2, w.Clock(now()))},
	}}
	if !running {
		b.Title, b.Text = w.T("batch.done", 2, 3), w.T("batch.some")
		b.Rows[1].State, b.Rows[1].Words, b.Rows[1].Actions = "done", w.T("batch.signed", w.Clock(now())), result
		b.Rows[2] = views.BatchRow{
			Name: "Anlage 3.pdf", State: "failed", Words: w.T("document.failed"), Note: w.T("certificate.token-absent"),
			Actions: []views.Action{action(w.T("documents.see"), "")},
		}
		b.Actions = []views.Action{action(w.T("sign.all-documents"), "back")}
	}
	return b
}
