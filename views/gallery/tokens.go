package gallery

import (
	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// tokenStates are the screens about tokens.
func tokenStates() []State {
	back := func(w *i18n.Printer) views.Action { return action(w.T("settings.certificates"), "back") }
	return []State{
		section("settings-tokens", "certificates", func(w *i18n.Printer) templ.Component {
			c := certificates(words(w))
			c.Tokens = tokens(words(w))
			return views.CertificatesSection(c)
		}),
		section("settings-token-pin", "certificates", func(w *i18n.Printer) templ.Component {
			return views.TokenPINScreen(views.TokenPINForm{T: w.T, Back: back(w), Serial: "3c7a22f1", Name: "Rutoken ECP"})
		}),
		section("settings-token-key", "certificates", func(w *i18n.Printer) templ.Component {
			return views.TokenKeyScreen(views.TokenKeyForm{
				T: w.T, Back: back(w), Serial: "3c7a22f1", Title: w.T("tokens.make-title", "Rutoken ECP"),
				Kinds: []views.Option{
					{Value: "ecdsa-p256", Words: w.T("certificate.key-ecdsa-p256"), Checked: true},
					{Value: "ecdsa-p384", Words: "ECDSA P-384"},
					{Value: "rsa-3072", Words: w.T("certificate.key-rsa-3072")},
				},
			})
		}),
		section("settings-token-request", "certificates", func(w *i18n.Printer) templ.Component {
			return views.TokenRequestScreen(views.TokenRequestForm{T: w.T, Back: back(w), Serial: "3c7a22f1", Key: "0a1b2c3d4e5f60718293", Name: "Мария Иванова"})
		}),
		section("settings-token-request-done", "certificates", func(w *i18n.Printer) templ.Component {
			return views.TokenRequestDone(views.TokenRequestText{
				T: w.T, Back: back(w),
				Text:     "-----BEGIN CERTIFICATE REQUEST-----\nMIIBDzCBtgIBADBUMQswCQYDVQQGEwJERTEVMBMGA1UECgwMQ2Ftb21pbGUgTHRk\nMRIwEAYDVQQDDAlNYXJ5IEhpbGwwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATv\n-----END CERTIFICATE REQUEST-----\n",
				Download: views.Action{Words: w.T("tokens.request-download"), Icon: "download", Download: "#"},
				Import:   views.Action{Words: w.T("tokens.import"), Get: "#", Plain: true},
			})
		}),
		section("settings-token-certificate", "certificates", func(w *i18n.Printer) templ.Component {
			return views.TokenCertificateScreen(views.TokenCertificateForm{
				T: w.T, Back: back(w), Serial: "3c7a22f1", Title: w.T("tokens.import-title", "Rutoken ECP"), MaxSize: 1, TooLarge: w.T("certificate.file-large", 256),
			})
		}),
	}
}

// tokens are one that works, with all that may lie on it, and some that do not.
func tokens(w *i18n.Printer) []views.TokenRow {
	f := form(w)
	facts := func(model, serial string, more ...string) []string {
		return append([]string{model, w.T("tokens.serial", serial), w.T("tokens.only-here")}, more...)
	}
	row := func(c views.Certificate, actions []views.Action, tags ...views.Tag) views.CertificateRow {
		return views.CertificateRow{Name: c.Name, Organisation: c.Organisation, Icon: c.Icon, Facts: c.Facts, Actions: actions, Badges: tags}
	}
	bad := func(name, serial, note string) views.TokenRow {
		return views.TokenRow{
			Name: name, Facts: facts("Aktiv Rutoken ECP", serial, w.T("tokens.since", w.Time(now()))),
			Badges: []views.Tag{{Tone: "bad", Words: w.T("state.fault")}}, Fault: w.T(note),
		}
	}
	typed, latched := bad("Safe", "7f01", "token.pin-untyped"), bad("Board", "7f02", "token.pin-refused")
	typed.Actions = []views.Action{{Words: w.T("tokens.pin-type"), Icon: "key", Get: "#"}}
	latched.Actions = []views.Action{{Words: w.T("tokens.pin-type"), Icon: "key", Get: "#"}, {Words: w.T("tokens.pin-allow"), Post: "#", Danger: true}}
	latched.Badges = append(latched.Badges, views.Tag{Tone: "warn", Words: w.T("tokens.pin-low")})
	return []views.TokenRow{
		{
			Name: "Rutoken ECP", Facts: facts("Aktiv Rutoken ECP", "3c7a22f1", w.T("tokens.pin-stored")),
			Actions: []views.Action{action(w.T("tokens.make"), "plus"), {Words: w.T("tokens.import"), Icon: "download", Get: "#", Plain: true}},
			List: []views.CertificateRow{
				row(f.Certificates[0], nil, views.Tag{Tone: "good", Words: w.T("tokens.added")}),
				pair(w, row(f.Certificates[0], []views.Action{{Words: w.T("tokens.add"), Icon: "plus", Post: "#"}})),
				row(f.Certificates[1], nil, views.Tag{Tone: "bad", Words: w.T("certificate.no-key")}),
				{
					Name: "Пётр Сидоров", Icon: "key", Facts: []string{"ECDSA P-256", w.T("tokens.key-id", "0a1b2c3d4e5f60718293")},
					Badges:  []views.Tag{{Tone: "plain", Words: w.T("tokens.bare")}},
					Actions: []views.Action{{Words: w.T("tokens.request"), Get: "#"}},
				},
				{
					Name: w.T("tokens.unnamed"), Icon: "key", Facts: []string{"RSA 1024", w.T("tokens.key-id", "01")},
					Badges: []views.Tag{{Tone: "plain", Words: w.T("tokens.bare")}, {Tone: "bad", Words: w.T("token.key-odd")}},
				},
			},
		},
		bad("Office", "7f00", "token.absent"), typed, latched,
	}
}

// pair adds what tells the pairs of a token apart before one is taken into use.
func pair(w *i18n.Printer, r views.CertificateRow) views.CertificateRow {
	r.Facts = append(append([]string{}, r.Facts...), w.T("tokens.label", "sign-2026"), w.T("tokens.key-id", "45a1b2c3d4e5f6"), w.T("tokens.fingerprint", "9F86 D081 884C 7D65"))
	return r
}
