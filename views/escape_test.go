package views_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"signservice/views"
)

// payloads are what a stranger puts into a file's name, a deal's title, a
// person's name or a certificate's subject.
var payloads = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg onload=alert(1)>`, `" onfocus=alert(1) autofocus x="`,
	`</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `javascript:alert(1)`, `<!--`, `]]>`, `{{7*7}}`,
	"\u2028alert(1)", `&lt;script&gt;`, `<style>*{display:none}</style>`, `<base href=//evil.test>`, `<iframe src=//evil.test>`,
	"\x00<b>", `</script><script>alert(1)</script>`, `<a href="data:text/html,x">`, `--><script>`, "`onclick=alert(1)`",
}

// fill puts the text into every string of a model, however deep, and makes
// lists and pointers that have one.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(41)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range []string{"code", "login", "name", "certificate"} {
			v.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(text))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Func: // T: the words are ours, their arguments are not
		v.Set(reflect.ValueOf(views.T(func(key string, args ...any) string { return fmt.Sprint(append([]any{key}, args...)...) })))
	}
}

// model gives a model of the type with the text everywhere.
func model[M any](text string) M {
	var m M
	fill(reflect.ValueOf(&m).Elem(), text)
	return m
}

// pages draws every component with models full of the text.
func pages(text string) map[string]templ.Component {
	p := model[views.Page](text)
	p.Script = "sign.js"
	p.Data = map[string]string{"portal": text}
	return map[string]templ.Component{
		"sign":            views.SignPage(p),
		"skeleton":        views.Skeleton(text, text),
		"documents":       views.DocumentList(model[views.Documents](text)),
		"form":            views.SignForm(model[views.Form](text)),
		"running":         views.Running(model[views.Progress](text)),
		"outcome":         views.Outcome(model[views.Document](text), model[views.Notice](text)),
		"refusal":         views.NoticePage(p, model[views.Notice](text)),
		"alert":           views.AlertBox(model[views.Alert](text)),
		"settings":        views.SettingsPage(p, model[[]views.Section](text)),
		"overview":        views.OverviewSection(model[views.Overview](text)),
		"accounts":        views.AccountsSection(model[views.Accounts](text)),
		"account":         views.AccountScreen(model[views.AccountForm](text)),
		"certificates":    views.CertificatesSection(model[views.Certificates](text)),
		"new certificate": views.CertificateScreen(model[views.CertificateForm](text)),
		"assignments":     views.AssignmentsSection(model[views.Assignments](text)),
		"journal":         views.JournalSection(model[views.Journal](text)),
		"invitation":      views.InvitationPage(p, model[views.Invitation](text)),
		"welcome":         views.WelcomePage(p, model[views.Welcome](text)),
		"secret":          views.SecretCard(model[views.Secret](text)),
		"install":         views.InstallPage(p, model[views.Notice](text)),
	}
}

// elements counts what the HTML is made of.
func elements(t *testing.T, c templ.Component) map[string]int {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		switch n.Type {
		case html.ElementNode:
			found[n.Data]++
			for _, a := range n.Attr {
				found[n.Data+" "+a.Key]++
				if (a.Key == "href" || a.Key == "src") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
					t.Errorf("<%s> leads to %q", n.Data, a.Val)
				}
			}
		case html.CommentNode:
			t.Errorf("has a comment: %q", n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return found
}

// TestEscaping holds that no text can add an element or an attribute: with a
// hostile text everywhere a page is made of the same parts as with a harmless one.
func TestEscaping(t *testing.T) {
	harmless := map[string]map[string]int{}
	for name, c := range pages("Mary") {
		harmless[name] = elements(t, c)
	}
	for _, payload := range payloads {
		for name, c := range pages(payload) {
			got := elements(t, c)
			for part, n := range got {
				if harmless[name][part] != n {
					t.Errorf("%s with %q has %d of <%s>, %d otherwise", name, payload, n, part, harmless[name][part])
				}
			}
		}
	}
}

func FuzzEscaping(f *testing.F) {
	for _, payload := range payloads {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return // an empty text may leave its place out
		}
		for name, c := range pages(text) {
			got, want := elements(t, c), elements(t, pages("Mary")[name])
			for part, n := range got {
				if want[part] != n {
					t.Errorf("%s with %q has %d of <%s>, %d otherwise", name, text, n, part, want[part])
				}
			}
		}
	})
}
