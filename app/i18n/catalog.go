package i18n

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed messages/*.txt
var files embed.FS

// message is one text in one language; one with plural forms has an entry for
// each, one without has other alone.
type message map[plural.Form]string

// catalog is the messages of one language, by key.
type catalog map[string]message

// catalogs reads the embedded files once. They are part of the program: that
// they can be read is a promise of the tests, not of the caller.
var catalogs = sync.OnceValue(func() map[string]catalog {
	all := map[string]catalog{}
	for _, lang := range Languages() {
		text, err := files.ReadFile("messages/" + lang + ".txt")
		if err != nil {
			panic(err) // not embedded: cannot happen in a program that was built
		}
		c, err := parse(text)
		if err != nil {
			panic(fmt.Sprintf("messages/%s.txt: %v", lang, err))
		}
		all[lang] = c
	}
	return all
})

// line is "key = text" or "key[form] = text".
var line = regexp.MustCompile(`^([a-z0-9.-]+)(?:\[([a-z]+)\])? = (.+)$`)

// parse reads a file of messages.
func parse(text []byte) (catalog, error) {
	c := catalog{}
	s := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; s.Scan(); n++ {
		row := strings.TrimSpace(s.Text())
		if row == "" || row[0] == '#' {
			continue
		}
		m := line.FindStringSubmatch(row)
		if m == nil {
			return nil, fmt.Errorf("line %d is not \"key = text\"", n)
		}
		form, ok := forms()[m[2]]
		if !ok {
			return nil, fmt.Errorf("line %d: no plural form is called %q", n, m[2])
		}
		if c[m[1]] == nil {
			c[m[1]] = message{}
		}
		if _, twice := c[m[1]][form]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", n, m[1])
		}
		c[m[1]][form] = m[3]
	}
	return c, s.Err()
}

// forms are the plural forms by their CLDR names; a message without a form is
// its own "other".
func forms() map[string]plural.Form {
	return map[string]plural.Form{
		"": plural.Other, "zero": plural.Zero, "one": plural.One, "two": plural.Two,
		"few": plural.Few, "many": plural.Many, "other": plural.Other,
	}
}

// pick gives the text for a whole number.
func (m message) pick(lang string, n int64) string {
	if len(m) == 1 {
		return m[plural.Other]
	}
	form := plural.Cardinal.MatchPlural(language.Make(lang), int(max(n, -n)%10_000_000), 0, 0, 0, 0)
	if text, ok := m[form]; ok {
		return text
	}
	return m[plural.Other]
}

// Keys lists the keys of all messages.
func Keys() []string { return slices.Sorted(maps.Keys(catalogs()["en"])) }
