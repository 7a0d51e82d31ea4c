package gallery

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"signservice/app/i18n"
	"signservice/static"
	"signservice/views"
)

// State is one page in one state.
type State struct {
	// Name is its name in addresses: "sign-form".
	Name string
	// Page draws it in the language of the words.
	Page func(w *i18n.Printer) templ.Component
	// Fragments are what a script puts into the page; nil for other pages. Such a
	// state can be seen live.
	Fragments func(w *i18n.Printer) []templ.Component
	// Section is the section of the settings that the fragments are; empty for
	// the Sign tab.
	Section string
	// Acts lead from the live page to the state, and Until is an element that is
	// there then, as CSS selects it.
	Acts  []Act
	Until string
}

// Act is what a person does: presses an element, or types into it.
type Act struct {
	// On selects the element, as CSS does.
	On string
	// Type is the text to type; empty to press the element.
	Type string
}

// States lists every page in every state, in the order in which people meet
// them.
func States() []State {
	var all []State
	for _, group := range [][]State{signStates(), formStates(), severalStates(), outcomeStates(), settingsStates(), authorityStates(), certificateStates(), healthStates(), rehearsalStates(), tokenStates(), portalStates(), moreStates(), actStates(), enrolStates(), otherStates()} {
		all = append(all, group...)
	}
	return all
}

// Handler serves the list at "/", each state at "/LANG/NAME", and the files
// that pages need.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /{$}", list)
	states := map[string]State{}
	for _, s := range States() {
		states[s.Name] = s
	}
	mux.Handle("/api/", calls(states))
	for _, lang := range i18n.Languages() {
		mux.HandleFunc("GET /"+lang+"/{state}", func(w http.ResponseWriter, r *http.Request) {
			s, ok := states[r.PathValue("state")]
			if !ok {
				http.NotFound(w, r)
				return
			}
			if r.URL.Query().Has("live") && s.Fragments != nil {
				show(w, r, live(s, i18n.For(lang), r.URL.Query().Get("theme")))
				return
			}
			show(w, r, s.Page(i18n.For(lang)))
		})
	}
	return mux
}

// show answers with a page under the policy of the true pages: a state that
// breaks it looks broken here.
func show(w http.ResponseWriter, r *http.Request, page templ.Component) {
	var b bytes.Buffer
	if err := page.Render(r.Context(), &b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes()) //nolint:errcheck // the reader has gone
}

// list links to every state in every language.
func list(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	b.WriteString("<!doctype html><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>gallery</title><ul>")
	for _, s := range States() {
		b.WriteString("<li>")
		live := ""
		if s.Fragments != nil {
			live = "?live"
		}
		for _, lang := range i18n.Languages() {
			fmt.Fprintf(&b, ` <a href="/%s/%s%s">%s</a>`, lang, s.Name, live, lang)
		}
		if live != "" {
			fmt.Fprintf(&b, ` <a href="/en/%s?live&amp;theme=dark">dark</a>`, s.Name)
		}
		b.WriteString(" " + html.EscapeString(s.Name))
		for _, act := range s.Acts {
			b.WriteString(" → " + html.EscapeString(strings.TrimSpace(act.On+" "+act.Type)))
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(b.String())) //nolint:errcheck // the reader has gone
}

// page is the frame of a page of a kind.
func page(w *i18n.Printer, kind string) views.Page {
	return views.Page{T: w.T, Lang: w.Language(), Title: w.T("title.app"), Kind: kind}
}

// around renders a component around another.
func around(outer, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, inner), w)
	})
}

// fragments shows what a script would put into the page.
func fragments(name, kind string, draw func(w *i18n.Printer) []templ.Component) State {
	s := State{Name: name, Page: func(w *i18n.Printer) templ.Component {
		return around(views.Shell(page(w, kind)), templ.Join(draw(w)...))
	}}
	if kind == "sign" {
		s.Fragments = draw
	}
	return s
}

// section shows a section of the settings below their tabs.
func section(name, open string, draw func(w *i18n.Printer) templ.Component) State {
	return State{
		Name: name, Section: open,
		Page: func(w *i18n.Printer) templ.Component {
			p := page(w, "settings")
			return around(views.Shell(p), around(views.SettingsFrame(p, tabs(w), open), draw(w)))
		},
		Fragments: func(w *i18n.Printer) []templ.Component { return []templ.Component{draw(w)} },
	}
}
