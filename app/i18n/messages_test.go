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
	"unit.percent": "ru de es", "places.lead-kind": "de", "form.optional": "de", "journal.person": "de",
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

// TestProper finds what no sentence of a language has: words left in English,
// the quotation marks of another language, and in Russian the product's Latin
// name.
func TestProper(t *testing.T) {
	english := regexp.MustCompile(`(?i)\b(the|this|that|and|with|your|is not|of a|for the)\b`)
	marks := map[string][2]string{"en": {"“", "”"}, "ru": {"«", "»"}, "de": {"„", "“"}, "es": {"«", "»"}}
	for _, lang := range i18n.Languages() {
		open, end := marks[lang][0], marks[lang][1]
		for key, forms := range texts(t, lang) {
			for form, text := range forms {
				if lang != "en" && english.MatchString(text) {
					t.Errorf("%s: %s[%s] has English words: %s", lang, key, form, text)
				}
				if lang == "ru" && strings.Contains(text, "Bitrix24") {
					t.Errorf("ru: %s[%s] calls Битрикс24 by its Latin name: %s", key, form, text)
				}
				if strings.Count(text, open) != strings.Count(text, end) ||
					strings.ContainsAny(strings.NewReplacer(open, "", end, "").Replace(text), "«»„“”\"") {
					t.Errorf("%s: %s[%s] has quotation marks that are not %s %s: %s", lang, key, form, open, end, text)
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
	// keys are the literals that look like keys, by where they stand.
	keys map[string]token.Position
	// joined are the keys that are put together at run time, and words what can
	// stand in their middle: every literal of the program.
	joined map[joint]bool
	words  map[string]bool
	// failures are the keys of errors.
	failures map[string]token.Position
}

// joint is a key that is put together: "page." + X + "-label".
type joint struct{ begins, ends string }

// names tells whether the program names the key.
func (u uses) names(key string) bool {
	if _, ok := u.keys[key]; ok {
		return true
	}
	for j := range u.joined {
		middle, ok := strings.CutPrefix(key, j.begins)
		if !ok {
			continue
		}
		if middle, ok = strings.CutSuffix(middle, j.ends); ok && u.words[middle] {
			return true
		}
	}
	return false
}

// readUses reads every Go file of the program, the generated views included. The
// gallery is none of it: what only it shows, nobody sees.
func readUses(t *testing.T, root string) uses {
	t.Helper()
	u := uses{keys: map[string]token.Position{}, joined: map[joint]bool{}, words: map[string]bool{}, failures: map[string]token.Position{}}
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (path == filepath.Join(root, "bitrix") || path == filepath.Join(root, "views", "gallery") ||
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
		// signer knows nothing of messages: what it finds may be the end of a key, but
		// the names of its methods only look like keys, as those of actions do.
		from := filepath.ToSlash(path)
		wordsOnly := strings.HasSuffix(from, "app/audit.go") || strings.HasPrefix(from, filepath.ToSlash(root)+"/signer/")
		ast.Inspect(file, func(n ast.Node) bool { u.see(set, n, wordsOnly); return true })
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
	wordShape   = regexp.MustCompile(`^[a-z0-9.-]+$`)
)

// see notes the keys that a node names, or only its words.
func (u uses) see(set *token.FileSet, n ast.Node, wordsOnly bool) {
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
	case *ast.BinaryExpr:
		if n.Op == token.ADD {
			u.join(n)
		}
	case *ast.BasicLit:
		text := literal(n)
		if wordShape.MatchString(text) {
			u.words[text] = true
		}
		if !wordsOnly && keyShape.MatchString(text) && !prefixShape.MatchString(text) {
			u.keys[text] = set.Position(n.Pos())
		}
	}
}

// join notes a key that is put together.
func (u uses) join(n *ast.BinaryExpr) {
	first, last := ast.Expr(n), n.Y
	for {
		inner, ok := first.(*ast.BinaryExpr)
		if !ok || inner.Op != token.ADD {
			break
		}
		first = inner.X
	}
	if begins := literal(first); prefixShape.MatchString(begins) {
		u.joined[joint{begins, literal(last)}] = true
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
		if !used.names(key) {
			t.Errorf("nothing uses the message %q", key)
		}
	}
}

// TestScriptWords holds that scripts ask for the sentences that pages give them,
// and for no others.
func TestScriptWords(t *testing.T) {
	asked := map[string]bool{}
	files, err := filepath.Glob("../../static/files/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`(import \{[^}]*|export const )\bsay\b`).Match(text) {
			continue // it has no such function, or another of its own
		}
		for _, m := range regexp.MustCompile(`\bsay\(([^)]*)\)`).FindAllStringSubmatch(string(text), -1) {
			key, err := strconv.Unquote(m[1])
			if err != nil {
				t.Errorf("%s: say(%s) cannot be looked up beforehand", file, m[1])
			}
			asked[key] = true
		}
	}
	model, err := parser.ParseFile(token.NewFileSet(), "../../views/model.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]bool{}
	ast.Inspect(model, func(n ast.Node) bool {
		f, ok := n.(*ast.FuncDecl)
		if ok && f.Name.Name == "scriptWords" {
			ast.Inspect(f, func(n ast.Node) bool {
				if list, ok := n.(*ast.CompositeLit); ok {
					for _, e := range list.Elts {
						given[literal(e)] = true
					}
				}
				return true
			})
		}
		return !ok
	})
	if diff := cmp.Diff(slices.Sorted(maps.Keys(given)), slices.Sorted(maps.Keys(asked))); diff != "" {
		t.Errorf("scripts ask for other sentences than pages give (-given +asked):\n%s", diff)
	}
	for key := range asked {
		if !i18n.For("en").Has("script." + key) {
			t.Errorf("no message for %q", "script."+key)
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
