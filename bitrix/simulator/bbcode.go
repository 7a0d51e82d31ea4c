package simulator

import (
	"html/template"
	"regexp"
	"strings"
)

var (
	bbLink  = regexp.MustCompile(`(?is)\[url=([^\]]+)\](.*?)\[/url\]`)
	bbPlain = regexp.MustCompile(`(?is)\[url\](.*?)\[/url\]`)
	bbUser  = regexp.MustCompile(`(?is)\[user=\d+\](.*?)\[/user\]`)
)

// bbHTML shows the BB code of comments and notifications. Links lead to http,
// https or paths of the portal only.
func bbHTML(s string) template.HTML {
	s = template.HTMLEscapeString(s)
	s = strings.NewReplacer("[B]", "<b>", "[/B]", "</b>", "[b]", "<b>", "[/b]", "</b>",
		"[I]", "<i>", "[/I]", "</i>", "[BR]", "<br>", "[br]", "<br>", "#BR#", "<br>").Replace(s)
	s = bbLink.ReplaceAllStringFunc(s, func(m string) string {
		part := bbLink.FindStringSubmatch(m)
		return link(part[1], part[2])
	})
	s = bbPlain.ReplaceAllStringFunc(s, func(m string) string {
		part := bbPlain.FindStringSubmatch(m)
		return link(part[1], part[1])
	})
	s = bbUser.ReplaceAllString(s, "<b>$1</b>")
	return template.HTML(s) //nolint:gosec // escaped above
}

func link(to, text string) string {
	if !strings.HasPrefix(to, "http://") && !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "/") {
		return text
	}
	return `<a href="` + to + `" target="_blank" rel="noopener">` + text + `</a>`
}
