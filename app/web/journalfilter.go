package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"signservice/app"
	"signservice/views"
)

// journalTopic is a choice of the journal's filter: the topics of actions (see
// app.Action.Topic) that people look for together.
type journalTopic struct {
	name   string
	topics []string
}

// journalTopics are the choices. A test holds that each action is in one.
func journalTopics() []journalTopic {
	return []journalTopic{
		{"signing", []string{"request", "order", "invitation"}},
		{"people", []string{"account", "enrolment"}},
		{"certificates", []string{"certificate", "assignment", "authority", "token"}},
		{"service", []string{"portal", "visit", "clock", "journal", "settings", "confirm", "backup"}},
	}
}

// journalFilter is what of the journal is to be shown.
type journalFilter struct {
	query app.AuditQuery
	// given are the parameters that narrow, as the page sent them.
	given url.Values
}

// maxFind is the longest part of a file's name to look for, in runes.
const maxFind = 100

// journalFilter reads the filter from the call's parameters.
func (c *call) journalFilter() (journalFilter, error) {
	f := journalFilter{given: url.Values{}}
	bad := app.Fail(app.Invalid, "read journal filter", "journal.filter-wrong")
	for _, name := range []string{"who", "topic", "from", "until", "file"} {
		value := strings.TrimSpace(c.QueryParam(name))
		if value == "" {
			continue
		}
		if !utf8.ValidString(value) || utf8.RuneCountInString(value) > maxFind {
			return f, bad
		}
		f.given.Set(name, value)
	}
	if who := f.given.Get("who"); who != "" {
		if !number.MatchString(who) {
			return f, bad
		}
		f.query.User = app.UserID(who)
	}
	if name := f.given.Get("topic"); name != "" {
		at := slices.IndexFunc(journalTopics(), func(t journalTopic) bool { return t.name == name })
		if at < 0 {
			return f, bad
		}
		f.query.Topics = journalTopics()[at].topics
	}
	var err error
	if day := f.given.Get("from"); day != "" {
		if f.query.From, err = c.words.Day(day); err != nil {
			return f, bad.Because(err)
		}
	}
	if day := f.given.Get("until"); day != "" {
		if f.query.Until, err = c.words.Day(day); err != nil {
			return f, bad.Because(err)
		}
		f.query.Until = f.query.Until.AddDate(0, 0, 1) // the day itself counts
	}
	f.query.File = f.given.Get("file")
	return f, nil
}

// address is a call with the filter and one more parameter.
func (f journalFilter) address(path, name, value string) string {
	given := url.Values{name: {value}}
	for name, values := range f.given {
		given[name] = values
	}
	return path + "?" + given.Encode()
}

// journalView is the journal without its entries.
func (c *call) journalView(f journalFilter, names map[string]string) views.Journal {
	const export = "/api/admin/journal/export"
	v := views.Journal{
		T: c.T, Narrowed: len(f.given) > 0,
		From: f.given.Get("from"), Until: f.given.Get("until"), File: f.given.Get("file"),
		Topics: []views.Option{{Words: c.T("journal.everything"), Checked: f.given.Get("topic") == ""}},
		All:    views.Action{Words: c.T("journal.all"), Get: "/api/admin/journal"},
		Exports: []views.Action{
			{Words: c.T("journal.csv"), Icon: "download", Download: f.address(export, "format", "csv")},
			{Words: c.T("journal.json"), Icon: "download", Download: f.address(export, "format", "jsonl")},
		},
	}
	for _, t := range journalTopics() {
		v.Topics = append(v.Topics, views.Option{Value: t.name, Words: c.T("journal.topic-" + t.name), Checked: f.given.Get("topic") == t.name})
	}
	for id, name := range names {
		if number.MatchString(id) {
			v.People = append(v.People, views.Option{Value: id, Words: name, Checked: f.given.Get("who") == id})
		}
	}
	slices.SortFunc(v.People, func(a, b views.Option) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Words), strings.ToLower(b.Words)), strings.Compare(a.Value, b.Value))
	})
	v.People = append([]views.Option{{Words: c.T("journal.everybody"), Checked: f.given.Get("who") == ""}}, v.People...)
	return v
}
