package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "signservice/"

// door says what a package may import directly: ours by path, a trailing /…
// standing for the package and all below it; third-party modules by prefix.
type door struct{ ours, foreign []string }

// doors holds a row for every package. A package without a row fails the test,
// so that a new room gets its door on the day it is built.
func doors() map[string]door {
	keys := []string{"github.com/ThalesGroup/crypto11", "github.com/miekg/pkcs11", "software.sslmate.com/src/go-pkcs12"}
	below := []string{"signer/…"}
	return map[string]door{
		"app":                 {},
		"app/i18n":            {ours: []string{"app"}, foreign: []string{"golang.org/x/text"}},
		"app/secret":          {ours: []string{"app"}},
		"app/mail":            {ours: []string{"app"}, foreign: []string{"github.com/wneessen/go-mail"}},
		"app/otp":             {ours: []string{"app"}, foreign: []string{"github.com/pquerna/otp"}},
		"app/spool":           {ours: []string{"app", "app/secret"}, foreign: []string{"filippo.io/age"}},
		"app/store":           {ours: []string{"app", "app/secret"}},
		"app/store/bolt":      {ours: []string{"app", "app/store"}, foreign: []string{"go.etcd.io/bbolt"}},
		"app/store/storetest": {ours: []string{"app", "app/store", "app/secret"}, foreign: []string{"github.com/google/go-cmp"}},
		"app/doctor":          {ours: []string{"app", "app/i18n"}},
		"app/backup":          {ours: []string{"app", "app/secret", "app/spool", "app/store", "app/store/bolt"}, foreign: []string{"filippo.io/age"}},
		"app/queue":           {ours: []string{"app", "app/store"}},
		"app/signing":         {ours: []string{"app", "app/i18n", "signer"}},
		"app/keyring":         {ours: []string{"app", "signer/keys"}},
		"app/admin":           {ours: []string{"app", "app/i18n", "app/keyring", "signer", "signer/keys", "signer/ca"}},
		"app/portal":          {ours: []string{"app", "app/i18n", "bitrix"}},
		"app/web": {
			ours:    []string{"app", "app/signing", "app/admin", "app/portal", "app/otp", "app/i18n", "install", "views", "static"},
			foreign: []string{"github.com/labstack/echo/v4", "github.com/skip2/go-qrcode", "github.com/a-h/templ", "golang.org/x/time/rate"},
		},
		"app/demo":            {ours: []string{"app", "bitrix/simulator", "signer/…"}, foreign: []string{"golang.org/x/image"}},
		"app/cmd/signservice": {ours: []string{"app/…", "bitrix/…", "install", "signer/…", "static", "views/…"}, foreign: []string{"github.com/alecthomas/kong"}},
		"app/e2e":             {ours: []string{"app/…", "bitrix/…", "install", "signer/…", "static", "views/…"}},
		"bitrix":              {foreign: []string{"golang.org/x/time/rate"}},
		"bitrix/simulator":    {ours: []string{"bitrix"}},
		"install":             {ours: []string{"app", "app/i18n", "bitrix"}},
		"signer":              {ours: below},
		"signer/pdf":          {ours: below, foreign: []string{"golang.org/x/crypto"}},
		"signer/cms":          {ours: below, foreign: []string{"golang.org/x/crypto/cryptobyte"}},
		"signer/tsp":          {ours: below, foreign: []string{"golang.org/x/crypto/cryptobyte"}},
		"signer/revocation":   {ours: below, foreign: []string{"golang.org/x/crypto/cryptobyte", "golang.org/x/crypto/ocsp"}},
		"signer/keys":         {ours: below, foreign: keys},
		"signer/keys/remote":  {ours: below},
		"signer/ca":           {ours: below, foreign: []string{"github.com/zmap/zlint", "github.com/zmap/zcrypto", "golang.org/x/crypto/ocsp", "software.sslmate.com/src/go-pkcs12"}},
		"signer/signet":       {ours: below, foreign: []string{"golang.org/x/image", "golang.org/x/text", "github.com/skip2/go-qrcode"}},
		"signer/preview":      {ours: below, foreign: []string{"github.com/klippa-app/go-pdfium", "github.com/tetratelabs/wazero"}},
		"signer/repair":       {ours: below, foreign: []string{"github.com/pdfcpu/pdfcpu"}},
		"signer/signertest":   {ours: below, foreign: []string{"golang.org/x/crypto"}},
		"static":              {},
		"views":               {ours: []string{"static"}, foreign: []string{"github.com/a-h/templ"}},
		"views/gallery":       {ours: []string{"views", "static", "app/i18n"}, foreign: []string{"github.com/a-h/templ"}},
		"views/gallery/cmd":   {ours: []string{"views/gallery"}},
	}
}

// TestImports holds the direct imports of all non-test files, with every build
// constraint, against the doors, and the closure against four promises.
func TestImports(t *testing.T) {
	imports := readImports(t, "..")
	all := doors()
	for pkg, paths := range imports {
		d, ok := all[pkg]
		if !ok {
			t.Errorf("package %s has no row in doors()", pkg)
			continue
		}
		for _, path := range paths {
			if !allowed(pkg, path, d) {
				t.Errorf("%s must not import %s", pkg, path)
			}
		}
	}
	for _, p := range []struct{ from, never string }{
		{"app", "app/"},
		{"app", "signer"},
		{"app", "bitrix"},
		{"bitrix", "signer"},
		{"bitrix", "app"},
		{"signer", "bitrix"},
		{"signer", "app"},
		{"views", "app"},
	} {
		for path := range closure(imports, p.from) {
			if path == p.never || strings.HasPrefix(path, strings.TrimSuffix(p.never, "/")+"/") {
				t.Errorf("%s reaches %s", p.from, path)
			}
		}
	}
}

// allowed tells whether pkg may import path, which is ours without the module
// prefix when it starts with module.
func allowed(pkg, path string, d door) bool {
	if ours, ok := strings.CutPrefix(path, module); ok {
		if strings.HasPrefix(pkg, "signer/") && ours == "signer" {
			return false // below the facade nobody knows the facade
		}
		return slices.ContainsFunc(d.ours, func(may string) bool {
			tree, whole := strings.CutSuffix(may, "/…")
			return ours == tree || whole && strings.HasPrefix(ours, tree+"/")
		})
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return true // standard library
	}
	return slices.ContainsFunc(d.foreign, func(prefix string) bool {
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	})
}

// readImports gives the imports of every package's non-test files, by the
// package's path below the module.
func readImports(t *testing.T, root string) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); name != ".." && strings.HasPrefix(name, ".") || name == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		imports[pkg] = append(imports[pkg], []string{}...)
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(imports[pkg], p) {
				imports[pkg] = append(imports[pkg], p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

// closure gives every package of ours that from reaches, without itself.
func closure(imports map[string][]string, from string) map[string]bool {
	reached := map[string]bool{}
	var visit func(string)
	visit = func(pkg string) {
		for _, path := range imports[pkg] {
			ours, ok := strings.CutPrefix(path, module)
			if ok && !reached[ours] {
				reached[ours] = true
				visit(ours)
			}
		}
	}
	visit(from)
	return reached
}
