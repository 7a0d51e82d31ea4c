package static_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signservice/static"
)

// get fetches a path with the headers given.
func get(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w
}

func TestEveryFile(t *testing.T) {
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	if len(static.Names()) < 8 {
		t.Fatalf("only %v are embedded", static.Names())
	}
	for _, name := range static.Names() {
		w := get(http.MethodGet, static.Path(name))
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes", name, w.Code, w.Body.Len())
		}
		if got, want := w.Header().Get("Content-Type"), types[name[strings.LastIndex(name, "."):]]; got != want {
			t.Errorf("%s: content type %q, want %q", name, got, want)
		}
		if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", name, w.Header())
		}
		zipped := get(http.MethodGet, static.Path(name), "Accept-Encoding", "br, gzip")
		if zipped.Header().Get("Content-Encoding") == "gzip" {
			r, err := gzip.NewReader(zipped.Body)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(r)
			if err != nil || string(plain) != w.Body.String() {
				t.Errorf("%s: other content when compressed (%v)", name, err)
			}
		}
		if head := get(http.MethodHead, static.Path(name)); head.Body.Len() != 0 || head.Header().Get("Content-Length") == "" {
			t.Errorf("%s: HEAD has %d bytes", name, head.Body.Len())
		}
	}
}

func TestNothingElse(t *testing.T) {
	good := static.Path("app.css")
	hash := strings.Split(good, "/")[2]
	for _, path := range []string{
		"/static/", "/static", "/static/app.css", "/static/0123456789abcdef/app.css", "/static/" + hash + "/",
		"/static/" + hash + "/../static.go", "/static/" + hash + "//app.css", "/static/" + hash + "/%2e%2e/static.go",
		"/static/" + hash + `\app.css`, "/static/" + hash + "/files/app.css", "/static/" + hash + "/app.css/", "/static/" + hash + "/app.css\x00",
	} {
		if w := get(http.MethodGet, path); w.Code != http.StatusNotFound {
			t.Errorf("%q: status %d", path, w.Code)
		}
	}
	if w := get(http.MethodPost, good); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", w.Code)
	}
}

// TestModules holds that scripts load nothing from elsewhere, and import only
// files that are there.
func TestModules(t *testing.T) {
	imports := regexp.MustCompile(`(?m)from "([^"]+)"|import "([^"]+)"|import\(`)
	foreign := regexp.MustCompile(`https?://|//[a-z]+\.[a-z]`)
	for _, name := range static.Names() {
		text := get(http.MethodGet, static.Path(name)).Body.String()
		if strings.HasSuffix(name, ".js") {
			for _, m := range imports.FindAllStringSubmatch(text, -1) {
				if file, ok := strings.CutPrefix(m[1]+m[2], "./"); !ok || !slices.Contains(static.Names(), file) {
					t.Errorf("%s imports %q", name, m[0])
				}
			}
			if strings.Contains(text, "eval(") || strings.Contains(text, "localStorage") || strings.Contains(text, "document.cookie") {
				t.Errorf("%s evaluates text or keeps something in the browser", name)
			}
		}
		if name != "icon.svg" && !strings.HasSuffix(name, ".js") && foreign.MatchString(text) || strings.Contains(text, "@import") {
			t.Errorf("%s loads something from elsewhere", name)
		}
	}
}

// TestColours holds that colours are the style sheet's own words: a literal
// stands in a list of them, which has its like in the dark, or belongs to paper.
func TestColours(t *testing.T) {
	text := get(http.MethodGet, static.Path("app.css")).Body.String()
	literal := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(`)
	free := regexp.MustCompile(`^\s*--|^\.page-|^\s*#[a-z]`)
	for i, line := range strings.Split(text, "\n") {
		if literal.MatchString(line) && !free.MatchString(line) {
			t.Errorf("line %d has a colour of its own: %s", i+1, line)
		}
	}
}

// TestModuleLists follows imports of imports, each once.
func TestModuleLists(t *testing.T) {
	want := []string{"api.js", "countdown.js", "form.js", "frame.js", "page.js", "person.js"}
	if got := static.Modules("settings.js"); !slices.Equal(got, want) {
		t.Errorf("the settings' script needs %v, want %v", got, want)
	}
	if got := static.Modules("frame.js"); len(got) != 0 {
		t.Errorf("frame.js needs %v", got)
	}
	for _, name := range static.Names() {
		for _, module := range static.Modules(name) {
			static.Path(module) // panics where it is not there
		}
	}
}

// TestSize keeps what a Sign tab fetches small, so that it is usable within a
// second also on a telephone. Its page and form, which are not here, are below
// 12 kB; task bench measures all of it.
func TestSize(t *testing.T) {
	total := 0
	for _, name := range append(static.Modules("sign.js"), "sign.js", "app.css", "icon.svg") {
		total += get(http.MethodGet, static.Path(name), "Accept-Encoding", "gzip").Body.Len()
	}
	if total > 48<<10 {
		t.Errorf("a Sign tab fetches %d bytes", total)
	}
	t.Logf("a Sign tab fetches %d bytes", total)
}
