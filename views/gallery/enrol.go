package gallery

import (
	"fmt"
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
	welcome := func(rebind bool) func(w *i18n.Printer) templ.Component {
		return func(w *i18n.Printer) templ.Component {
			return views.WelcomePage(page(w, "enrol"), views.Welcome{
				T: w.T, Name: "Мария Иванова", Portal: "acme.bitrix24.com", Left: left(w), Rebind: rebind,
				Show: action(w.T("enrol.show"), "phone"),
			})
		}
	}
	show := func(errors func(w *i18n.Printer) map[string]string) func(w *i18n.Printer) templ.Component {
		return func(w *i18n.Printer) templ.Component {
			s := secret(w)
			s.Errors = errors(w)
			return around(views.Shell(page(w, "enrol")), around(views.EnrolFrame(), views.SecretCard(s)))
		}
	}
	return []State{
		whole("enrol-invitation", func(w *i18n.Printer) templ.Component {
			return views.InvitationPage(page(w, "enrol"), views.Invitation{
				T: w.T, Portal: "acme.bitrix24.com", Left: left(w),
				SignIn: views.Action{Words: w.T("enrol.sign-in-button"), Icon: "lock", Link: "https://acme.bitrix24.com/"},
			})
		}),
		whole("enrol-welcome", welcome(false)),
		whole("enrol-welcome-again", welcome(true)),
		whole("enrol-secret", show(func(*i18n.Printer) map[string]string { return nil })),
		whole("enrol-wrong-code", show(func(w *i18n.Printer) map[string]string {
			return map[string]string{"code": w.T("code.wrong", 4)}
		})),
		whole("enrol-wrong-clock", show(func(w *i18n.Printer) map[string]string {
			return map[string]string{"code": w.T("enrolment.clock", 312)}
		})),
		whole("enrol-done", func(w *i18n.Printer) templ.Component {
			return around(views.Shell(page(w, "enrol")), around(views.EnrolFrame(), views.NoticeCard(views.Notice{
				T: w.T, Icon: "check", Tone: "good", Title: w.T("enrol.done"), Text: w.T("enrol.done-text"),
			})))
		}),
		closed("link.expired"), closed("link.used"), closed("link.withdrawn"), closed("link.unknown"), closed("link.other"), closed("link.again"),
	}
}

// secret has a QR pattern that no phone reads: the gallery knows no secret.
func secret(w *i18n.Printer) views.Secret {
	const size = 41
	var path strings.Builder
	for y := 4; y < size-4; y++ {
		for x := 4; x < size-4; x++ {
			if (x*x+3*y*y+x*y)%5 < 2 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return views.Secret{
		T: w.T, Name: "Мария Иванова", QR: views.QR{Size: size, Path: path.String()}, URI: "otpauth://totp/example",
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
