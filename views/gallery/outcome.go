package gallery

import (
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// outcomeStates are a signature on its way, and how it ends.
func outcomeStates() []State {
	running := func(name string, at int, note bool) State {
		return fragments(name, "sign", func(w *i18n.Printer) []templ.Component {
			return []templ.Component{views.Running(progress(words(w), at, note))}
		})
	}
	checked := func(name string, notice func(w *i18n.Printer) views.Notice) State {
		return fragments(name, "sign", func(w *i18n.Printer) []templ.Component {
			d := heading(w)
			d.Extra, d.State, d.Next, d.Check = nil, "", "/api/sign/unsigned", "/api/sign/requests/0000/check"
			d.Picture, d.PictureWords = "/api/sign/requests/0000/signed-picture", w.T("picture.signed", d.Name)
			return []templ.Component{views.Outcome(d, notice(words(w)))}
		})
	}
	outcome := func(name string, notice func(w *i18n.Printer) views.Notice) State {
		return fragments(name, "sign", func(w *i18n.Printer) []templ.Component {
			d := heading(w)
			d.Extra, d.State = nil, ""
			return []templ.Component{views.Outcome(d, notice(words(w)))}
		})
	}
	return []State{
		running("running-preparing", 1, false),
		running("running-signing", 2, false),
		running("running-delivering-again", 3, true),
		checked("done", done),
		checked("done-for-another", doneFor),
		outcome("failed", failed),
		outcome("failed-retry-same", failedSame),
		outcome("failed-without-code", failedUncoded),
		outcome("undelivered", undelivered),
		outcome("undelivered-changed", undeliveredChanged),
		outcome("conflict", conflict),
		outcome("ended", ended),
	}
}

// progress is a Request whose step number at is running.
func progress(w *i18n.Printer, at int, note bool) views.Progress {
	d := heading(w)
	d.Extra, d.State = nil, ""
	p := views.Progress{T: w.T, Document: d, Title: w.T("running.title")}
	for i, name := range []string{"code", "authorized", "prepared", "signed", "delivered"} {
		s := views.Step{Words: w.T("running." + name), State: "todo", StateWords: w.T("step.todo")}
		switch {
		case i < at:
			s.State, s.StateWords = "done", w.T("step.done")
		case i == at:
			s.State, s.StateWords = "now", w.T("step.now")
			if note {
				s.Note = w.T("running.again", 2, w.Clock(now().Add(time.Minute))) + " " + w.T("portal.unreachable")
			}
		}
		p.Steps = append(p.Steps, s)
	}
	p.Actions = []views.Action{{Words: w.T("sign.all-documents"), Icon: "back", Get: "#", Plain: true}}
	if note {
		p.Actions = append(p.Actions, action(w.T("undelivered.download"), "download"))
	}
	return p
}

func done(w *i18n.Printer) views.Notice {
	return views.Notice{
		T: w.T, Icon: "check", Tone: "good", Title: w.T("done.title"), Text: w.T("done.text", "Мария Иванова", w.Time(now())),
		Facts: []string{w.T("done.replaced"), w.T("done.kept", 30*24*time.Hour)},
		Actions: []views.Action{
			action(w.T("done.open"), "document"), action(w.T("done.download"), "download"), action(w.T("done.previous"), "clock"),
			{Words: w.T("sign.all-documents"), Icon: "back", Get: "#", Plain: true},
		},
	}
}

func doneFor(w *i18n.Printer) views.Notice {
	n := done(w)
	n.Text = w.T("done.text-for", "Мария Иванова", "Hans Groß", w.Time(now()))
	n.Facts = []string{w.T("done.replaced"), w.T("request.untold"), w.T("done.kept", 30*24*time.Hour)}
	return n
}

func failed(w *i18n.Printer) views.Notice {
	return views.Notice{
		T: w.T, Icon: "alert", Tone: "bad", Title: w.T("failed.title"), Text: w.T("certificate.token-absent"),
		Facts:   []string{w.T("fate.file-unchanged"), w.T("fate.code-used")},
		Actions: []views.Action{action(w.T("failed.again"), "retry"), action(w.T("sign.all-documents"), "back")},
	}
}

func failedSame(w *i18n.Printer) views.Notice {
	n := failed(w)
	until := w.Clock(now().Add(4 * time.Minute))
	n.Facts[1] = w.T("fate.code-counts", until)
	n.Actions = append([]views.Action{action(w.T("failed.again-same", until), "retry")}, n.Actions...)
	return n
}

// failedUncoded is of an account that signs without a code.
func failedUncoded(w *i18n.Printer) views.Notice {
	n := failed(w)
	n.Facts = n.Facts[:1]
	n.Actions = append([]views.Action{action(w.T("failed.again-now"), "retry")}, n.Actions...)
	return n
}

func undelivered(w *i18n.Printer) views.Notice {
	return views.Notice{
		T: w.T, Icon: "alert", Tone: "warn", Title: w.T("undelivered.title"), Text: w.T("portal.unreachable"),
		Facts: []string{w.T("undelivered.kept"), w.T("fate.file-unchanged")},
		Actions: []views.Action{
			action(w.T("undelivered.retry"), "retry"), action(w.T("undelivered.download"), "download"),
			action(w.T("sign.all-documents"), "back"),
		},
	}
}

func undeliveredChanged(w *i18n.Printer) views.Notice {
	n := undelivered(w)
	n.Title, n.Text, n.Facts[1] = w.T("undelivered.title-changed"), w.T("request.both"), w.T("fate.file-changed")
	n.Actions = append(n.Actions[:2], action(w.T("done.previous"), "clock"), n.Actions[2])
	return n
}

func conflict(w *i18n.Printer) views.Notice {
	return views.Notice{
		T: w.T, Icon: "alert", Tone: "warn", Title: w.T("conflict.title", w.Clock(now())), Text: w.T("request.conflict"),
		Facts:   []string{w.T("conflict.nothing-replaced"), w.T("fate.code-used")},
		Actions: []views.Action{action(w.T("conflict.show-new"), "document"), action(w.T("conflict.download"), "download"), action(w.T("sign.all-documents"), "back")},
	}
}

func ended(w *i18n.Printer) views.Notice {
	return views.Notice{
		T: w.T, Icon: "clock", Tone: "warn", Title: w.T("failed.ended"), Text: w.T("request.ended-expired"),
		Facts:   []string{w.T("fate.file-unchanged")},
		Actions: []views.Action{action(w.T("failed.again"), "retry"), action(w.T("sign.all-documents"), "back")},
	}
}
