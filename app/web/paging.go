package web

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"signservice/app"
	"signservice/views"
)

// A company has some hundred accounts and some dozen certificates: lists show
// a page of them, and find the rest.
const (
	pageRows    = 25
	gridRows    = 20
	gridColumns = 8
)

// listing is what of a long list a call asks for.
type listing struct {
	path string
	// given are the call's parameters, which its further pages keep.
	given url.Values
}

// listing reads the parameters of the names; those of pages are checked when
// they are used.
func (c *call) listing(path string, names ...string) (listing, error) {
	l := listing{path: path, given: url.Values{}}
	for _, name := range names {
		value := strings.TrimSpace(c.QueryParam(name))
		if value == "" {
			continue
		}
		if !utf8.ValidString(value) || utf8.RuneCountInString(value) > maxFind {
			return l, app.Fail(app.Invalid, "read list", "")
		}
		l.given.Set(name, value)
	}
	return l, nil
}

// address is the call with another value of one parameter.
func (l listing) address(name, value string) string {
	given := url.Values{}
	for n, values := range l.given {
		given[n] = values
	}
	given.Del(name)
	if value != "" {
		given.Set(name, value)
	}
	if len(given) == 0 {
		return l.path
	}
	return l.path + "?" + given.Encode()
}

// keep are the parameters that a search keeps: all but those it sets anew and
// the pages, since another search begins at the first.
func (l listing) keep(anew ...string) map[string]string {
	kept := map[string]string{}
	for name := range l.given {
		kept[name] = l.given.Get(name)
	}
	for _, name := range append(anew, "page", "column") {
		delete(kept, name)
	}
	return kept
}

// matches tells whether a text holds all the words that are searched for.
func matches(search string, texts ...string) bool {
	text := strings.ToLower(strings.Join(texts, " "))
	for _, word := range strings.Fields(strings.ToLower(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// paged gives one page of a list, and the way to the others. A page that is not
// there is the nearest one that is.
func paged[T any](c *call, l listing, name string, list []T, size int) ([]T, views.Pager) {
	pages := max((len(list)+size-1)/size, 1)
	asked, _ := strconv.Atoi(cmp.Or(l.given.Get(name), "1")) // what is no number is the first
	page := min(max(asked, 1), pages)
	first, last := (page-1)*size, min(page*size, len(list))
	p := views.Pager{Words: c.T("pager.words", first+1, last, len(list))}
	if page > 1 {
		p.Earlier = &views.Action{Words: c.T("pager.earlier"), Get: l.address(name, strconv.Itoa(page-1))}
	}
	if page < pages {
		p.Later = &views.Action{Words: c.T("pager.later"), Get: l.address(name, strconv.Itoa(page+1))}
	}
	return list[first:last], p
}
