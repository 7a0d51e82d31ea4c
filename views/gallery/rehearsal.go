package gallery

import (
	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// rehearsalStates are the test signature.
func rehearsalStates() []State {
	back := func(w *i18n.Printer) views.Action { return action(w.T("settings.overview"), "back") }
	result := func(w *i18n.Printer, icon, tone, title, text string, facts []string, actions ...views.Action) views.RehearsalResult {
		return views.RehearsalResult{T: w.T, Back: back(w), Notice: views.Notice{
			T: w.T, Icon: icon, Tone: tone, Title: w.T(title), Text: text, Facts: facts, Actions: actions,
		}}
	}
	again := func(w *i18n.Printer) views.Action { return action(w.T("rehearsal.again"), "retry") }
	return []State{
		section("settings-test", "overview", func(w *i18n.Printer) templ.Component {
			return views.RehearsalScreen(back(w), rehearsalForm(w))
		}),
		section("settings-test-code-off", "overview", func(w *i18n.Printer) templ.Component {
			f := rehearsalForm(w)
			f.CodeOff = true
			return views.RehearsalScreen(back(w), f)
		}),
		section("settings-test-wrong", "overview", func(w *i18n.Printer) templ.Component {
			f := rehearsalForm(w)
			f.Errors = map[string]string{"code": w.T("code.wrong", 3)}
			return views.RehearsalScreen(back(w), f)
		}),
		section("settings-test-missing", "overview", func(w *i18n.Printer) templ.Component {
			return views.RehearsalMissing(back(w), views.Notice{
				T: w.T, Icon: "signature", Title: w.T("rehearsal.title"), Text: w.T("rehearsal.no-certificate"), Actions: []views.Action{action(w.T("first.go"), "")},
			})
		}),
		section("settings-test-done", "overview", func(w *i18n.Printer) templ.Component {
			r := result(w, "check", "good", "rehearsal.done", w.T("rehearsal.done-text", "Мария Иванова", words(w).Time(now())),
				[]string{w.T("level.b"), "SHA-256 2C26 B46B 68FF C68F", w.T("rehearsal.nowhere")}, action(w.T("rehearsal.download"), "download"), again(w))
			r.Signed = &views.Signatures{T: w.T, Tone: "good", Words: w.T("signed.by", "Мария Иванова"), Open: true, List: []views.Signature{{
				Name: "Мария Иванова", Icon: "signature", Tone: "good", Verdict: w.T("verdict.good"), Level: "B-B",
				Facts: []string{w.T("signed.at", words(w).Time(now())), w.T("certificate.internal")},
			}}}
			return views.RehearsalView(r)
		}),
		section("settings-test-failed", "overview", func(w *i18n.Printer) templ.Component {
			return views.RehearsalView(result(w, "alert", "bad", "rehearsal.failed", w.T("certificate.token-absent"),
				[]string{w.T("fate.code-used"), w.T("rehearsal.nowhere")}, again(w)))
		}),
		section("settings-test-running", "overview", func(w *i18n.Printer) templ.Component {
			return views.RehearsalView(result(w, "clock", "", "rehearsal.running", w.T("rehearsal.running-text"), nil, action(w.T("rehearsal.look"), "retry")))
		}),
	}
}

func rehearsalForm(w *i18n.Printer) views.Form {
	f := form(w)
	return views.Form{T: w.T, Certificates: f.Certificates[:min(2, len(f.Certificates))], Unusable: f.Unusable}
}
