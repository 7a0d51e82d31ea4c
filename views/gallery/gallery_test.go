package gallery_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"signservice/app/i18n"
	"signservice/views/gallery"
)

// get fetches a page of the gallery.
func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	gallery.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// TestEveryState draws every page in every state and language, and holds the
// promises that a strict content security policy and readers of the page rest on.
func TestEveryState(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range gallery.States() {
		if seen[s.Name] {
			t.Errorf("two states are called %q: only one can be seen", s.Name)
		}
		seen[s.Name] = true
		for _, lang := range i18n.Languages() {
			t.Run(lang+"/"+s.Name, func(t *testing.T) {
				w := get(t, "/"+lang+"/"+s.Name)
				if w.Code != http.StatusOK {
					t.Fatalf("status %d: %s", w.Code, w.Body)
				}
				root, err := html.Parse(strings.NewReader(w.Body.String()))
				if err != nil {
					t.Fatal(err)
				}
				p := page{t: t, ids: map[string]bool{}, wanted: map[string]string{}}
				p.walk(root)
				p.finish(lang)
			})
		}
	}
}

// page is what is looked at in one page.
type page struct {
	t      *testing.T
	lang   string
	h1     int
	ids    map[string]bool
	wanted map[string]string // id → who refers to it
}

// key is a message key that was shown instead of its message.
var key = regexp.MustCompile(`^[a-z]+(\.[a-z0-9-]+)+$`)

func (p *page) walk(n *html.Node) {
	if n.Type == html.TextNode {
		if text := strings.TrimSpace(n.Data); key.MatchString(text) && !strings.HasSuffix(text, ".pdf") && !strings.HasSuffix(text, ".com") {
			p.t.Errorf("shows the key %q", text)
		}
		if strings.Contains(n.Data, "{0}") || strings.Contains(n.Data, "%!") {
			p.t.Errorf("shows an unfilled message: %q", n.Data)
		}
	}
	if n.Type == html.ElementNode {
		p.element(n)
	}
	if n.Data == "template" { // shown in place of the rest, not beside it
		defer func(before int) { p.h1 = before }(p.h1)
		p.h1 = 0
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c)
	}
}

func (p *page) element(n *html.Node) {
	attr := map[string]string{}
	for _, a := range n.Attr {
		attr[a.Key] = a.Val
		switch {
		case a.Key == "style", strings.HasPrefix(a.Key, "on"):
			p.t.Errorf("<%s> has the attribute %s", n.Data, a.Key)
		case (a.Key == "src" || a.Key == "href") && n.Data != "a" && !strings.HasPrefix(a.Val, "/static/") && !strings.HasPrefix(a.Val, "#"):
			p.t.Errorf("<%s> loads %q", n.Data, a.Val)
		case a.Key == "aria-describedby" || a.Key == "aria-labelledby" || a.Key == "aria-controls" || a.Key == "for":
			for _, id := range strings.Fields(a.Val) {
				p.wanted[id] = n.Data + " " + a.Key
			}
		}
	}
	if attr["data-confirm"] != "" {
		p.wanted["question"] = n.Data + " data-confirm" // the script asks in this dialog
	}
	if id, ok := attr["id"]; ok {
		if p.ids[id] {
			p.t.Errorf("two elements have the id %q", id)
		}
		p.ids[id] = true
	}
	switch n.Data {
	case "html":
		p.lang = attr["lang"]
	case "h1":
		p.h1++
	case "style":
		p.t.Error("has a <style>")
	case "script":
		if n.FirstChild != nil {
			p.t.Error("has an inline script")
		}
	case "button":
		if attr["type"] == "" {
			p.t.Error("has a button without a type")
		}
	case "input", "select", "textarea":
		if attr["type"] != "hidden" && attr["aria-label"] == "" && attr["id"] == "" && !within(n, "label") {
			p.t.Errorf("has a field without a name: %s %s", n.Data, attr["name"])
		}
	}
}

// within tells whether the node is inside an element of the name.
func within(n *html.Node, name string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return true
		}
	}
	return false
}

func (p *page) finish(lang string) {
	if p.lang != lang {
		p.t.Errorf("its language is %q", p.lang)
	}
	if p.h1 > 1 {
		p.t.Errorf("has %d first headings", p.h1)
	}
	for id, who := range p.wanted {
		if !p.ids[id] {
			p.t.Errorf("%s refers to %q, which is not there", who, id)
		}
	}
}

// TestHandler has the list, the files and nothing else.
func TestHandler(t *testing.T) {
	if w := get(t, "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "/ru/form-ready") {
		t.Errorf("the list: %d", w.Code)
	}
	if w := get(t, "/en/nothing"); w.Code != http.StatusNotFound {
		t.Errorf("an unknown state: %d", w.Code)
	}
}
