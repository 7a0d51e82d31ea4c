package gallery

import (
	_ "embed"
	"strings"
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// enrolStates are the enrolment page.
func enrolStates() []State {
	whole := func(name string, draw func(w *i18n.Printer) templ.Component) State {
		return State{Name: name, Page: draw}
	}
	left := func(w *i18n.Printer) string { return w.T("enrol.left", 54*time.Minute) }
	closed := func(key string) State {
		return whole("enrol-"+strings.TrimPrefix(key, "link."), func(w *i18n.Printer) templ.Component {
			return views.NoticePage(page(w, "refusal"), views.Notice{
				T: w.T, Icon: "alert", Tone: "warn", Title: w.T("refusal.link"), Text: w.T(key),
			})
		})
	}
	over := func(name, key string) State {
		return whole("enrol-"+name, func(w *i18n.Printer) templ.Component {
			return around(views.Shell(page(w, "enrol")), around(views.EnrolFrame(), views.NoticeCard(views.Notice{
				T: w.T, Icon: "alert", Tone: "warn", Title: w.T("refusal.link"), Text: w.T(key),
			})))
		})
	}
	welcome := func(name string, change func(*views.Welcome)) State {
		return whole("enrol-welcome"+name, func(w *i18n.Printer) templ.Component {
			v := views.Welcome{
				T: w.T, Name: "Мария Иванова", Portal: "acme.bitrix24.com", Left: left(w),
				Show: action(w.T("enrol.show"), "phone"),
			}
			change(&v)
			return views.WelcomePage(page(w, "enrol"), v)
		})
	}
	invitation := func(name string, change func(*i18n.Printer, *views.Invitation)) State {
		return whole("enrol-invitation"+name, func(w *i18n.Printer) templ.Component {
			v := views.Invitation{
				T: w.T, Portal: "acme.bitrix24.com", Left: left(w),
				Go: views.Action{Words: w.T("enrol.sign-in-button"), Icon: "lock", Link: "https://acme.bitrix24.com/"},
			}
			change(w, &v)
			return views.InvitationPage(page(w, "enrol"), v)
		})
	}
	return []State{
		invitation("", func(*i18n.Printer, *views.Invitation) {}),
		invitation("-again", func(_ *i18n.Printer, v *views.Invitation) { v.Again = true }),
		invitation("-alone", func(w *i18n.Printer, v *views.Invitation) {
			v.Alone, v.Go = true, action(w.T("enrol.begin"), "phone")
		}),
		welcome("", func(*views.Welcome) {}),
		welcome("-again", func(v *views.Welcome) { v.Rebind = true }),
		welcome("-alone", func(v *views.Welcome) { v.Alone = true }),
		secretState("", "", func(*i18n.Printer, *views.Secret) {}),
		secretState("", "dark", func(*i18n.Printer, *views.Secret) {}),
		secretState("-again", "", func(_ *i18n.Printer, s *views.Secret) { s.Again = true }),
		wrongCode("-wrong-code", "code.wrong", 4),
		wrongCode("-clock-slow", "enrolment.clock-slow", 5*time.Minute, 9),
		wrongCode("-clock-fast", "enrolment.clock-fast", 3*time.Hour, 1),
		whole("enrol-done", func(w *i18n.Printer) templ.Component {
			return around(views.Shell(page(w, "enrol")), around(views.EnrolFrame(), views.NoticeCard(views.Notice{
				T: w.T, Icon: "check", Tone: "good", Title: w.T("enrol.done"), Text: w.T("enrol.done-text"),
			})))
		}),
		over("failed", "enrolment.failed"), over("ended", "link.ended"), over("not-alone", "link.not-alone"),
		closed("link.expired"), closed("link.used"), closed("link.withdrawn"), closed("link.unknown"), closed("link.other"), closed("link.again"),
	}
}

// secretState is the page that shows the secret, in the look that the person chose.
func secretState(name, theme string, change func(*i18n.Printer, *views.Secret)) State {
	if theme != "" {
		name += "-" + theme
	}
	return State{Name: "enrol-secret" + name, Page: func(w *i18n.Printer) templ.Component {
		p, s := page(w, "enrol"), secret(w)
		p.Theme = theme
		change(w, &s)
		return around(views.Shell(p), around(views.EnrolFrame(), views.SecretCard(s)))
	}}
}

// wrongCode is that page after a code was refused.
func wrongCode(name, key string, args ...any) State {
	return secretState(name, "", func(w *i18n.Printer, s *views.Secret) {
		s.Errors = map[string]string{"code": w.T(key, args...)}
	})
}

// URI is a made-up address for a phone's generator, and what the gallery's QR
// code says.
const URI = "otpauth://totp/Sign%20acme.bitrix24.com:mary?secret=MADEUPKEYFORTHEGALLERYONLYXXXXXX" +
	"&issuer=Sign%20acme.bitrix24.com&algorithm=SHA1&digits=6&period=30"

// modules are those of the QR code of URI, a row a line, # for dark ones. They
// are a file since drawing QR codes is not this package's trade; a test draws
// them anew.
//
//go:embed qr.txt
var modules string

// secret shows a true QR code of a secret that is nobody's.
func secret(w *i18n.Printer) views.Secret {
	var rows [][]bool
	for line := range strings.Lines(modules) {
		var row []bool
		for _, module := range strings.TrimSpace(line) {
			row = append(row, module == '#')
		}
		rows = append(rows, row)
	}
	return views.Secret{
		T: w.T, Name: "Мария Иванова", QR: views.NewQR(rows), URI: URI,
		Key: "MADE UPKE YFOR THEG ALLE RYON LYXX XXXX", Issuer: "Sign acme.bitrix24.com", Account: "mary",
		Left: w.T("enrol.left", 52*time.Minute),
	}
}

// otherStates are pages that only say something.
func otherStates() []State {
	refusal := func(name, icon, title, text string) State {
		return State{Name: name, Page: func(w *i18n.Printer) templ.Component {
			return views.NoticePage(page(w, "refusal"), views.Notice{T: w.T, Icon: icon, Tone: "warn", Title: w.T(title), Text: w.T(text)})
		}}
	}
	return []State{
		refusal("refusal-not-administrator", "lock", "refusal.forbidden", "settings.administrators-only"),
		refusal("refusal-forged", "lock", "refusal.forbidden", "visit.forged"),
		refusal("refusal-outside", "alert", "refusal.title", "call.open-in-portal"),
		{Name: "refusal-internal", Page: func(w *i18n.Printer) templ.Component {
			return views.NoticePage(page(w, "refusal"), views.Notice{
				T: w.T, Icon: "alert", Tone: "bad", Title: w.T("refusal.title"), Text: w.T("error.internal"),
				Number: w.T("fate.number", "9f3a61c0be12"),
			})
		}},
		{Name: "install-done", Page: func(w *i18n.Printer) templ.Component {
			return views.InstallPage(page(w, "install"), views.Notice{
				T: w.T, Icon: "check", Tone: "good", Title: w.T("install.done"), Text: w.T("install.next"),
			})
		}},
	}
}
