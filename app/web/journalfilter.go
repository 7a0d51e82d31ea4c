package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
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
		{"service", []string{"portal", "visit", "clock", "journal", "settings", "confirm", "alarm", "backup"}},
	}
}

// journalResult is a choice of the filter: how it ended.
type journalResult struct {
	name    string
	actions []app.Action
}

// journalResults are the choices.
func journalResults() []journalResult {
	return []journalResult{
		{"signed", []app.Action{app.ActSigned, app.ActDelivered, app.ActDone, app.ActTested, app.ActInvitationSigned}},
		{"failed", []app.Action{app.ActFailed, app.ActConflict, app.ActExpired, app.ActEnrolmentFailed}},
		{"refused", []app.Action{app.ActCodeWrong, app.ActConfirmWrong, app.ActRefusedVisit, app.ActInvitationDeclined}},
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
	for _, name := range []string{"who", "topic", "result", "from", "until", "file", "card", "certificate"} {
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
	if name := f.given.Get("result"); name != "" {
		at := slices.IndexFunc(journalResults(), func(r journalResult) bool { return r.name == name })
		if at < 0 {
			return f, bad
		}
		f.query.Actions = journalResults()[at].actions
	}
	if card := f.given.Get("card"); card != "" {
		n, err := strconv.ParseInt(card, 10, 64)
		if err != nil || n <= 0 {
			return f, app.Fail(app.Invalid, "read journal filter", "journal.card-wrong")
		}
		f.query.Element = n
	}
	if id := f.given.Get("certificate"); id != "" {
		if !digest.MatchString(id) {
			return f, bad
		}
		f.query.Certificate = app.CertificateID(id)
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
		From: f.given.Get("from"), Until: f.given.Get("until"), File: f.given.Get("file"), Card: f.given.Get("card"),
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
	v.Results = []views.Option{{Words: c.T("journal.any-result"), Checked: f.given.Get("result") == ""}}
	for _, r := range journalResults() {
		v.Results = append(v.Results, views.Option{Value: r.name, Words: c.T("journal.result-" + r.name), Checked: f.given.Get("result") == r.name})
	}
	v.People = append([]views.Option{{Words: c.T("journal.everybody"), Checked: f.given.Get("who") == ""}},
		choicesOf(names, f.given.Get("who"), number.MatchString)...)
	v.Certificates = append([]views.Option{{Words: c.T("journal.any-certificate"), Checked: f.given.Get("certificate") == ""}},
		choicesOf(names, f.given.Get("certificate"), digest.MatchString)...)
	return v
}

// choicesOf are the names of one kind as a choice, in their order. One that was
// chosen and has no name any more stays a choice.
func choicesOf(names map[string]string, chosen string, kind func(string) bool) []views.Option {
	var list []views.Option
	for id, name := range names {
		if kind(id) {
			list = append(list, views.Option{Value: id, Words: name, Checked: chosen == id})
		}
	}
	if chosen != "" && names[chosen] == "" {
		list = append(list, views.Option{Value: chosen, Words: fingerprint(chosen), Checked: true})
	}
	slices.SortFunc(list, func(a, b views.Option) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Words), strings.ToLower(b.Words)), strings.Compare(a.Value, b.Value))
	})
	return list
}
