package gallery

import (
	"encoding/json"
	"net/http"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/views"
)

// settings answers what the settings' script asks for.
func settings(mux *http.ServeMux, states map[string]State) {
	mux.HandleFunc("GET /api/admin/people", people)
	mux.HandleFunc("GET /api/sign/people", people)
	mux.HandleFunc("POST /api/admin/signet/sample", sample)
	mux.HandleFunc("POST /api/admin/confirmed", confirmed)
	mux.HandleFunc("GET /api/admin/{section...}", func(w http.ResponseWriter, r *http.Request) {
		words, name := asked(r)
		s, ok := states[name]
		switch {
		case !ok || s.Section == "":
			http.NotFound(w, r)
		case name == "settings-failed":
			refuse(w, r, http.StatusBadGateway, problem{Key: "portal.unreachable", Message: words.T("portal.unreachable")})
		default:
			html, err := drawn(r, s.Fragments(words)...)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			answer(w, map[string]string{"html": html})
		}
	})
	mux.HandleFunc("POST /api/admin/{section...}", func(w http.ResponseWriter, r *http.Request) {
		words, name := asked(r)
		if wrong, ok := wrongFields()[name]; ok {
			refuse(w, r, http.StatusUnprocessableEntity, problem{Key: wrong.key, Field: wrong.field, Message: words.T(wrong.key, wrong.arg)})
			return
		}
		answer(w, map[string]string{"notice": words.T("defaults.saved")})
	})
}

// wrongField is a field that is refused, and why.
type wrongField struct {
	field, key string
	arg        any
}

// wrongFields are what is refused in a state.
func wrongFields() map[string]wrongField {
	return map[string]wrongField{
		"settings-signet-upload":      {"logo", "settings.logo-wrong", nil},
		"settings-defaults-wrong":     {"timestamps", "settings.timestamps-wrong", "ftp://timestamps.example"},
		"settings-defaults-retention": {"retention", "settings.retention-wrong", 3650},
	}
}

// problem is why a call is refused, as scripts read it.
type problem struct {
	Kind    string `json:"kind"`
	Key     string `json:"key"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
	HTML    string `json:"html"`
}

// refuse answers with a problem.
func refuse(w http.ResponseWriter, r *http.Request, status int, p problem) {
	html, err := drawn(r, views.AlertBox(views.Alert{What: p.Message}))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.HTML = html
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	answer(w, p)
}

// people answers the choice of a person.
func people(w http.ResponseWriter, r *http.Request) {
	reader, name := asked(r)
	type person struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		More string `json:"more"`
	}
	list := []person{}
	if name != "settings-account-nobody" {
		for i, row := range accounts(reader).List {
			list = append(list, person{ID: string(rune('1' + i)), Name: row.Name, More: row.Description})
		}
	}
	answer(w, list)
}

// confirmed answers a dangerous act: it asks for a code, and 000000 is a wrong
// one.
func confirmed(w http.ResponseWriter, r *http.Request) {
	words, _ := asked(r)
	switch r.Header.Get("X-Confirmation-Code") {
	case "":
		refuse(w, r, http.StatusForbidden, problem{Key: "confirm.needed", Message: words.T("confirm.needed")})
	case "000 000", "000000":
		refuse(w, r, http.StatusUnauthorized, problem{Key: "code.wrong", Message: words.T("code.wrong", 3)})
	default:
		answer(w, map[string]string{"notice": words.T("certificate.removed")})
	}
}

// sample draws a page of the signet's editor; in one state none can be drawn.
func sample(w http.ResponseWriter, r *http.Request) {
	words, name := asked(r)
	if name == "settings-signet-undrawn" {
		refuse(w, r, http.StatusServiceUnavailable, problem{Key: "error.unavailable", Message: words.T("error.unavailable")})
		return
	}
	var in struct{ Sample, Position string }
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	l := look{Visible: true, Position: in.Position, Shown: 4, Width: 320}
	shape := 297. / 210
	switch in.Sample {
	case "close":
		shape = .3
	case "landscape":
		shape = 210. / 297
	}
	drawPage(w, l, shape)
}

// actStates are what a person sees of the settings after doing something.
func actStates() []State {
	state := func(base State, until string, acts ...Act) State {
		base.Until, base.Acts = until, acts
		return base
	}
	press := func(on string) Act { return Act{On: on} }
	save := press("form.fields [type=submit]")
	newAccount := func(w *i18n.Printer) templ.Component {
		return views.AccountScreen(views.AccountForm{T: w.T, Back: action(w.T("settings.accounts"), "back")})
	}
	remove := func(w *i18n.Printer) templ.Component {
		c := certificates(words(w))
		for i := range c.List {
			c.List[i].Actions[1].Post = "/api/admin/confirmed"
		}
		return views.CertificatesSection(c)
	}
	signet := func(logo bool) func(w *i18n.Printer) templ.Component {
		return func(w *i18n.Printer) templ.Component { return views.SignetSection(signetForm(w, logo)) }
	}
	decided := func(w *i18n.Printer) templ.Component { return views.DefaultsSection(defaults(words(w), true)) }
	askCode := press(".button-danger")
	return []State{
		state(section("settings-failed", "accounts", newAccount), "#errors .alert"),
		state(section("settings-account-person", "accounts", newAccount), ".combo-option", press("#person")),
		state(section("settings-account-nobody", "accounts", newAccount), ".combo-none", press("#person"), Act{On: "#person", Type: "Qwertz"}),
		state(section("settings-confirm", "certificates", remove), "dialog[open]", askCode),
		state(section("settings-confirm-wrong", "certificates", remove), "#confirmation-error:not(:empty)",
			askCode, Act{On: "#confirmation-code", Type: "000000"}, press("#confirmation [value=yes]")),
		state(section("settings-saved", "defaults", decided), ".toast", save),
		state(section("settings-defaults-wrong", "defaults", decided), "#timestamps-error:not(:empty)", save),
		state(section("settings-defaults-retention", "defaults", decided), "#retention-error:not(:empty)", save),
		section("settings-signet-bare", "signet", signet(false)),
		state(section("settings-signet-undrawn", "signet", signet(true)), "[data-sample-error]:not(:empty)"),
		state(section("settings-signet-upload", "signet", signet(true)), "#logo-error:not(:empty)", save),
		section("settings-signet-unpictured", "signet", func(w *i18n.Printer) templ.Component {
			f := signetForm(w, false)
			f.Pictured = false
			return views.SignetSection(f)
		}),
	}
}
