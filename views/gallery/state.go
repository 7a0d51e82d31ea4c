package gallery

import (
	"time"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// healthStates are what the service finds about itself, and the setup links
// that need no sign-in.
func healthStates() []State {
	return []State{
		section("settings-overview-health", "overview", func(w *i18n.Printer) templ.Component {
			o := overview(words(w), 8)
			o.State = append(healthy(words(w)), o.State...)
			return views.OverviewSection(o)
		}),
		section("settings-overview-faults", "overview", func(w *i18n.Printer) templ.Component {
			o := overview(words(w), 8)
			o.State = append(faulty(words(w)), o.State...)
			return views.OverviewSection(o)
		}),
		section("settings-accounts-alone", "accounts", func(w *i18n.Printer) templ.Component {
			return templ.Join(views.AccountsSection(accounts(w)), views.LinkAloneCard(views.LinkAlone{
				T: w.T, On: true, Tone: "warn", State: w.T("alone.on"), Action: views.Action{Words: w.T("alone.forbid"), Post: "#"},
			}))
		}),
		section("settings-accounts-signed-in", "accounts", func(w *i18n.Printer) templ.Component {
			return templ.Join(views.AccountsSection(accounts(w)), views.LinkAloneCard(views.LinkAlone{
				T: w.T, Tone: "good", State: w.T("alone.off"), Action: views.Action{Words: w.T("alone.allow"), Post: "#", Danger: true},
			}))
		}),
	}
}

// fact is a line of the state.
func fact(w *i18n.Printer, check, subject, tone, key, fix string, args ...any) views.Fact {
	f := views.Fact{Words: w.T("check." + check), Tone: tone, State: w.T(key, args...)}
	if subject != "" {
		f.Words += " (" + subject + ")"
	}
	if fix != "" {
		f.Fix = w.T(fix)
	}
	return f
}

func healthy(w *i18n.Printer) []views.Fact {
	list := []views.Fact{
		fact(w, "files", "", "good", "doctor.good", ""),
		fact(w, "disk", "", "good", "doctor.disk-free", "", i18n.Size(42<<30)),
		fact(w, "store", "", "good", "doctor.good", ""),
		fact(w, "audit", "", "good", "doctor.audit-entries", "", 18_204),
		fact(w, "backup", "", "good", "doctor.backup-last", "", now().Add(-8*time.Hour)),
		fact(w, "clock", "", "good", "doctor.good", ""),
		fact(w, "clock-portal", "romashka.bitrix24.ru", "good", "doctor.good", ""),
		fact(w, "authorization", "oauth.bitrix.info", "good", "doctor.answers", ""),
		fact(w, "portal", "romashka.bitrix24.ru", "good", "doctor.answers", ""),
		fact(w, "requests", "", "good", "doctor.requests-waiting", "", 3),
		fact(w, "timestamps", "tsa.example.org", "good", "doctor.stamps", ""),
		{Words: w.T("check.timestamps") + " (tsa2.example.org)", Tone: "plain", State: w.T("state.unasked"), Detail: w.T("state.unasked-detail")},
	}
	list[len(list)-1].Detail = w.T("state.checked", w.Clock(now()))
	return list
}

func faulty(w *i18n.Printer) []views.Fact {
	return []views.Fact{
		fact(w, "files", "", "bad", "doctor.file-open", "doctor.file-open-fix"),
		fact(w, "disk", "", "bad", "doctor.disk-free", "doctor.disk-fix", i18n.Size(120<<20)),
		fact(w, "audit", "", "bad", "doctor.audit-altered", "doctor.audit-fix", 1204),
		fact(w, "backup", "", "warn", "doctor.backup-none", "doctor.backup-fix"),
		fact(w, "backup", "", "warn", "doctor.backup-old", "doctor.backup-old-fix", now().AddDate(0, 0, -9)),
		fact(w, "clock", "", "bad", "doctor.clock-back", "doctor.clock-back-fix", now().Add(26*time.Hour)),
		fact(w, "clock", "", "warn", "doctor.clock-off", "doctor.clock-fix", 17*time.Second),
		fact(w, "authorization", "oauth.bitrix.info", "warn", "doctor.silent", "doctor.silent-fix"),
		fact(w, "portal", "romashka.bitrix24.ru", "bad", "doctor.untrusted", "doctor.untrusted-fix"),
		fact(w, "portal", "crm.romashka.local", "bad", "doctor.inside", "doctor.inside-fix"),
		fact(w, "clock-portal", "romashka.bitrix24.ru", "warn", "doctor.clock-off", "doctor.clock-fix", 42*time.Second),
		fact(w, "requests", "", "warn", "doctor.requests-stuck", "doctor.requests-fix", 2),
		fact(w, "timestamps", "tsa.example.org", "warn", "doctor.stamps-not", "doctor.stamps-fix"),
		tokenFault(w, "Rutoken ECP", "token.pin-final", "state.pin-last-try"), tokenFault(w, "JaCarta", "token.pin-refused", "state.pin-refused"),
	}
}

// tokenFault is a token that cannot be used.
func tokenFault(w *i18n.Printer, name, note, pin string) views.Fact {
	return views.Fact{
		Words: w.T("state.token", name), Tone: "bad", State: w.T("state.fault"), Fix: w.T(note),
		Detail: w.T("tokens.since", w.Time(now())) + ", " + w.T(pin) + ", " + w.T("state.module-slot", "librtpkcs11ecp.so", "1"),
	}
}
