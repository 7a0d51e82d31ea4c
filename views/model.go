package views

import (
	"encoding/json"

	"github.com/a-h/templ"

	"signservice/static"
)

// T gives the words for a message key in the reader's language.
type T func(key string, args ...any) string

// Page is the frame of a whole page.
type Page struct {
	T T
	// Lang is the page's language for the browser: "en".
	Lang  string
	Title string
	// Kind names the page for the style sheet: "sign", "settings", "enrol", "refusal".
	Kind string
	// Script is the page's module in package static; empty for a page without script.
	Script string
	// Theme is "dark", "device", or "" for light; ThemeAt is the call that changes
	// it, empty where it cannot be changed.
	Theme, ThemeAt string
	// Session is the sealed session for the script; empty where there is none.
	Session string
	// Data are further values for the script, as data attributes: {"portal": "…"}.
	Data map[string]string
}

// scriptWords are the few sentences that scripts say themselves.
func (p Page) scriptWords() string {
	words := map[string]string{}
	for _, key := range []string{"offline", "copied", "selected", "nobody-found", "code-next", "working"} {
		words[key] = p.T("script." + key)
	}
	text, err := json.Marshal(words)
	if err != nil {
		return "{}" // texts cannot fail to be JSON
	}
	return string(text)
}

// theme is the choice, light where none was made.
func (p Page) theme() string {
	if p.Theme == "" {
		return "light"
	}
	return p.Theme
}

// scheme tells the browser how to draw its own parts of the page.
func (p Page) scheme() string {
	return map[string]string{"light": "light", "dark": "dark", "device": "light dark"}[p.theme()]
}

// attributes are the data attributes of the page's body.
func (p Page) attributes() templ.Attributes {
	a := templ.Attributes{"data-page": p.Kind}
	if p.Script != "" {
		a["data-words"] = p.scriptWords()
	}
	if p.Session != "" {
		a["data-session"] = p.Session
	}
	for name, value := range p.Data {
		a["data-"+name] = value
	}
	return a
}

// asset is the address of an embedded file.
func asset(name string) string { return static.Path(name) }

// Notice is a page or a place that says one thing and what to do next.
type Notice struct {
	T T
	// Icon is one of the icons; Tone is "", "good", "warn" or "bad".
	Icon, Tone string
	Title      string
	Text       string
	// Facts are short sentences below: whether the file changed, what to do.
	Facts []string
	// Number is a sentence with the number for the administrator, or empty.
	Number string
	// Actions are the buttons, the first one primary.
	Actions []Action
	// Watch has the tab look again by itself.
	Watch bool
}

// Alert is why something that was asked for was not done.
type Alert struct {
	What string
	// Facts say whether the file changed and whether the code was used up.
	Facts []string
	// Number is a sentence with the number for the administrator, or empty.
	Number string
	// Action is what to do about it; nil for none.
	Action *Action
}

// Action is a button. Exactly one of Get, Post, Download, Open and Link is set.
type Action struct {
	Words    string
	Icon     string
	Get      string
	Post     string
	Body     string
	Confirm  string
	Download string
	// Open shows the file in a tab of its own.
	Open string
	Link string
	// Plain draws it quieter than its neighbours.
	Plain bool
	// Danger draws it in red.
	Danger bool
}

// attributes say what the button calls.
func (a Action) attributes() templ.Attributes {
	m := templ.Attributes{}
	for name, value := range map[string]string{
		"data-get": a.Get, "data-post": a.Post, "data-body": a.Body,
		"data-confirm": a.Confirm, "data-download": a.Download, "data-open": a.Open,
	} {
		if value != "" {
			m[name] = value
		}
	}
	return m
}

// class is the button's look: the first of a row is filled.
func (a Action) class(i int) string {
	switch {
	case a.Danger:
		return "button button-danger"
	case a.Plain:
		return "button button-plain"
	case i == 0:
		return "button button-primary"
	}
	return "button"
}
