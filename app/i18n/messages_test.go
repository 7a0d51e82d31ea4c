package i18n_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"signservice/app/i18n"
)

// texts reads a language's file: for each key its texts by plural form, "" for
// one without forms.
func texts(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	f, err := os.Open("messages/" + lang + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := regexp.MustCompile(`^([a-z0-9.-]+)(?:\[([a-z]+)\])? = (.+)$`)
	all := map[string]map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if m := line.FindStringSubmatch(s.Text()); m != nil {
			if all[m[1]] == nil {
				all[m[1]] = map[string]string{}
			}
			all[m[1]][m[2]] = m[3]
		}
	}
	return all
}

// pluralForms are the forms of whole numbers in CLDR.
var pluralForms = map[string][]string{
	"en": {"one", "other"}, "de": {"one", "other"}, "es": {"one", "other"}, "ru": {"few", "many", "one", "other"},
}

// TestLanguagesAgree holds that each language has every message, with all its
// plural forms and the same arguments.
func TestLanguagesAgree(t *testing.T) {
	english := texts(t, "en")
	for _, lang := range i18n.Languages() {
		own := texts(t, lang)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(own))); diff != "" {
			t.Errorf("%s has other keys than en (-en +%s):\n%s", lang, lang, diff)
		}
		for key, forms := range own {
			if _, plain := forms[""]; !plain {
				if diff := cmp.Diff(pluralForms[lang], slices.Sorted(maps.Keys(forms))); diff != "" {
					t.Errorf("%s: %s has not its plural forms (-want +got):\n%s", lang, key, diff)
				}
			} else if len(forms) > 1 {
				t.Errorf("%s: %s has a text beside its plural forms", lang, key)
			}
			want := arguments(english[key])
			for form, text := range forms {
				if diff := cmp.Diff(want, arguments(map[string]string{form: text})); diff != "" {
					t.Errorf("%s: %s[%s] has other arguments than en:\n%s", lang, key, form, diff)
				}
			}
		}
	}
}

// arguments are the places for arguments in a message.
func arguments(forms map[string]string) []string {
	var list []string
	for _, text := range forms {
		list = append(list, regexp.MustCompile(`\{[0-9]\}`).FindAllString(text, -1)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// international are the messages that are the same words in some other
// language.
var international = map[string]string{
	"title.app": "ru de es", "unit.bytes": "es", "unit.kilobytes": "de es", "unit.megabytes": "de es", "unit.gigabytes": "de es",
	"unit.seconds": "de es", "unit.minutes": "de es", "unit.hours": "de es", "certificate.token": "de es", "file.original": "de es",
	"certificate.name": "de", "state.version": "de", "state.token": "de es", "state.tokens": "es", "tokens.title": "es",
	"journal.nobody": "ru de es", "tokens.serial": "ru", "certificate.serial": "ru", "sign.position": "de",
	"certificate.organisation": "de", "marks.logo": "de", "check.token": "de es",
	"places.lead-kind": "de", "form.optional": "de", "journal.person": "de",
}

// TestTranslated finds messages that were left in English, and Russian ones
// without a Russian word.
func TestTranslated(t *testing.T) {
	english := texts(t, "en")
	for _, lang := range i18n.Languages()[1:] {
		for key, forms := range texts(t, lang) {
			if strings.Contains(" "+international[key]+" ", " "+lang+" ") {
				continue
			}
			for form, text := range forms {
				if slices.Contains(slices.Collect(maps.Values(english[key])), text) {
					t.Errorf("%s: %s[%s] is still in English: %s", lang, key, form, text)
				}
				if lang == "ru" && !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
					t.Errorf("ru: %s[%s] has no Russian word: %s", key, form, text)
				}
				if strings.HasSuffix(texts1(english[key]), ".") != strings.HasSuffix(text, ".") {
					t.Errorf("%s: %s[%s] ends otherwise than in English: %s", lang, key, form, text)
				}
			}
		}
	}
}

// texts1 is any one text of a message.
func texts1(forms map[string]string) string {
	for _, text := range forms {
		return text
	}
	return ""
}

// uses is what the program's sources say of messages.
type uses struct {
	// keys are the literals that look like keys, by where they stand; prefixes
	// are those that are continued at run time.
	keys     map[string]token.Position
	prefixes map[string]bool
	// failures are the keys of errors.
	failures map[string]token.Position
}

// readUses reads every Go file of the program, the generated views included.
func readUses(t *testing.T, root string) uses {
	t.Helper()
	u := uses{keys: map[string]token.Position{}, prefixes: map[string]bool{}, failures: map[string]token.Position{}}
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// bitrix and signer know nothing of messages; their methods look like keys.
		if e.IsDir() && (path == filepath.Join(root, "bitrix") || path == filepath.Join(root, "signer") ||
			e.Name() == "testdata" || e.Name() == "storetest" || strings.HasPrefix(e.Name(), ".") && len(e.Name()) > 2) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		audit := strings.HasSuffix(filepath.ToSlash(path), "app/audit.go")
		ast.Inspect(file, func(n ast.Node) bool { u.see(set, n, audit); return true })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

var (
	keyShape    = regexp.MustCompile(`^[a-z]+(\.[a-z0-9-]+)+$`)
	prefixShape = regexp.MustCompile(`^[a-z]+\.([a-z0-9-]+-)?$`)
)

// see notes the keys that a node names.
func (u uses) see(set *token.FileSet, n ast.Node, audit bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.Ident:
			name = f.Name
		}
		if name == "Fail" && len(n.Args) >= 3 {
			if key := literal(n.Args[2]); key != "" {
				u.failures[key] = set.Position(n.Pos())
			}
		}
	case *ast.BasicLit:
		switch text := literal(n); {
		case audit:
		case prefixShape.MatchString(text):
			u.prefixes[text] = true
		case keyShape.MatchString(text):
			u.keys[text] = set.Position(n.Pos())
		}
	}
}

// literal is the value of a string literal, or "".
func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return text
}

// notKeys look like keys but are names of files or of JSON.
var notKeys = regexp.MustCompile(`\.(templ|js|css|svg|pdf|txt|json|go|db|key|pem)$`)

// TestKeys finds keys that the program names and no message has, and messages
// that nothing names.
func TestKeys(t *testing.T) {
	used := readUses(t, "../..")
	known := map[string]bool{}
	spaces := map[string]bool{}
	for _, key := range i18n.Keys() {
		known[key] = true
		space, _, _ := strings.Cut(key, ".")
		spaces[space] = true
	}
	for key, at := range used.failures {
		if !known[key] {
			t.Errorf("%v: no message for the error %q", at, key)
		}
	}
	for key, at := range used.keys {
		space, _, _ := strings.Cut(key, ".")
		if spaces[space] && !known[key] && !known["action."+key] && !notKeys.MatchString(key) {
			t.Errorf("%v: no message for %q", at, key)
		}
	}
	for key := range known {
		_, named := used.keys[key]
		for prefix := range used.prefixes {
			named = named || strings.HasPrefix(key, prefix)
		}
		if !named {
			t.Errorf("nothing uses the message %q", key)
		}
	}
}

// TestStandardMessages holds that what is looked up at run time exists: a
// message for each kind of error, action, state, page and position.
func TestStandardMessages(t *testing.T) {
	p := i18n.For("en")
	for _, key := range standardKeys() {
		if !p.Has(key) {
			t.Errorf("no message for %q", key)
		}
	}
}
