package web

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"signservice/app"
	"signservice/app/admin"
	"signservice/views"
)

// Health gives what the service found when it last looked after itself, and
// when that was; *doctor.Doctor's Latest is one.
type Health func() ([]app.Finding, time.Time)

// health are the findings as lines of the state: those of the whole service,
// without what only its operator may know, and those of the visitor's portal.
// Tokens have lines of their own.
func (s *Server) health(c *call, rules app.Settings) []views.Fact {
	if s.config.Health == nil {
		return nil
	}
	findings, at := s.config.Health()
	if at.IsZero() {
		return []views.Fact{{Words: c.T("check.store"), Tone: "plain", State: c.T("state.none"), Detail: c.T("state.unchecked")}}
	}
	var list []views.Fact
	files := false
	own := slices.ContainsFunc(findings, func(f app.Finding) bool { return f.Check == "clock-portal" && f.Portal == c.visit.Portal })
	for _, f := range findings {
		switch {
		case f.Check == "clock" && own && f.Key != "doctor.clock-back": // this portal's own says more
			continue
		case f.Check == "timestamps": // below, in the order of the settings
			continue
		case f.Check == "token" || f.Portal != "" && f.Portal != c.visit.Portal:
			continue
		case f.Check == "files": // which ones is the operator's to see, with signservice doctor
			if files {
				continue
			}
			files = true
		}
		list = append(list, c.finding(f))
	}
	if len(list) > 0 {
		last := &list[len(list)-1]
		last.Detail = firstOf(last.Detail, c.T("state.checked", c.words.Clock(at)))
	}
	return append(list, c.stampState(findings, rules)...)
}

// stampState tells whether the time-stamp servers that the settings name give
// time-stamps.
func (c *call) stampState(findings []app.Finding, rules app.Settings) []views.Fact {
	if len(rules.Timestamps) == 0 {
		return []views.Fact{{
			Words: c.T("check.timestamps"), Tone: "plain", State: c.T("state.no-stamps"), Detail: c.T("state.no-stamps-detail"),
			Links: []views.Action{{Words: c.T("settings.defaults"), Get: "/api/admin/defaults"}},
		}}
	}
	var list []views.Fact
	for _, address := range rules.Timestamps {
		words := c.T("check.timestamps") + " (" + hostOf(address) + ")"
		at := slices.IndexFunc(findings, func(f app.Finding) bool {
			return f.Check == "timestamps" && f.Portal == c.visit.Portal && f.Subject == address
		})
		if at < 0 { // the settings were changed a moment ago
			list = append(list, views.Fact{Words: words, Tone: "plain", State: c.T("state.unasked"), Detail: c.T("state.unasked-detail")})
			continue
		}
		fact := c.finding(findings[at])
		fact.Words = words
		list = append(list, fact)
	}
	return list
}

// hostOf is the host of an address that the settings hold.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}

// finding is one line of the state.
func (c *call) finding(f app.Finding) views.Fact {
	fact := views.Fact{Words: c.T("check." + f.Check), Tone: string(f.Health), State: c.T(f.Key, f.Args...)}
	if f.Check == "portal" || f.Check == "authorization" || f.Check == "clock-portal" {
		fact.Words += " (" + f.Subject + ")"
	}
	if f.Fix != "" {
		fact.Fix = c.T(f.Fix)
	}
	return fact
}

// tokenState tells which tokens are plugged in, and where their PINs stand.
func (c *call) tokenState(tokens []admin.TokenView) []views.Fact {
	if len(tokens) == 0 {
		return []views.Fact{{Words: c.T("state.tokens"), Tone: "plain", State: c.T("state.no-token"), Detail: c.T("state.no-token-detail")}}
	}
	var list []views.Fact
	for _, t := range tokens {
		f := views.Fact{Words: c.T("state.token", t.Label), Tone: "good", State: c.T("state.present")}
		details := []string{c.T("state.token-certificates", len(t.Certificates)), c.pinWords(t)}
		switch {
		case t.Note != "":
			f.Tone, f.State, f.Fix = "bad", c.T("state.fault"), c.T(t.Note)
			details = []string{c.pinWords(t)}
			if !t.Since.IsZero() {
				details = append([]string{c.T("tokens.since", c.words.Time(t.Since))}, details...)
			}
		case t.PINLow:
			f.Tone, f.Fix = "warn", c.T("state.pin-low-fix")
		}
		f.Detail = strings.Join(append(details, c.moduleWords(t)), ", ")
		list = append(list, f)
	}
	return list
}

// pinWords say where the PIN of a token stands.
func (c *call) pinWords(t admin.TokenView) string {
	if t.PINLow && (t.PIN == admin.PINConfigured || t.PIN == admin.PINTyped) {
		return c.T("state.pin-low")
	}
	return c.T("state.pin-" + string(t.PIN))
}

// moduleWords name the library of a token, and the slot where it is known.
func (c *call) moduleWords(t admin.TokenView) string {
	if t.Slot == "" {
		return c.T("state.module", t.Module)
	}
	return c.T("state.module-slot", t.Module, t.Slot)
}

// maxLinks is how many of a kind a line of the state leads to.
const maxLinks = 6

// certificateState tells which certificates have ended or end soon, by name.
func (c *call) certificateState(list []app.Certificate, now time.Time) views.Fact {
	f := views.Fact{Words: c.T("state.certificates"), Tone: "good", State: c.T("state.certificates-count", len(list))}
	var ended, ending []app.Certificate
	for _, cert := range list {
		switch {
		case !cert.RevokedAt.IsZero():
		case !now.Before(cert.NotAfter):
			ended = append(ended, cert)
		case now.Add(endsSoon).After(cert.NotAfter):
			ending = append(ending, cert)
		}
	}
	var details []string
	if len(ended) > 0 {
		details = append(details, c.T("state.certificates-ended", len(ended)))
		f.Tone = "bad"
	}
	if len(ending) > 0 {
		details = append(details, c.T("state.certificates-ending", len(ending)))
		if f.Tone == "good" {
			f.Tone = "warn"
		}
	}
	if len(details) > 0 {
		f.Detail, f.Fix = strings.Join(details, ", "), c.T("state.certificates-fix")
	}
	if len(list) == 0 {
		f.Tone, f.State = "plain", c.T("state.none")
	}
	slices.SortStableFunc(ending, func(a, b app.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
	f.Links = c.certificateLinks(append(ending, ended...), now)
	return f
}

// certificateLinks lead to certificates, with what is left of each.
func (c *call) certificateLinks(list []app.Certificate, now time.Time) []views.Action {
	var links []views.Action
	for i, cert := range list {
		if i == maxLinks {
			return append(links, views.Action{Words: c.T("state.more", len(list)-i), Get: "/api/admin/certificates"})
		}
		words := c.T("state.expired", cert.Name)
		if now.Before(cert.NotAfter) {
			words = c.T("state.ends", daysLeft(now, cert.NotAfter), cert.Name)
		}
		links = append(links, views.Action{Words: words, Get: "/api/admin/certificates/" + string(cert.ID)})
	}
	return links
}

// accountState tells which accounts cannot sign or sign without a code.
func (c *call) accountState(list []admin.AccountView) views.Fact {
	f := views.Fact{Words: c.T("state.accounts"), Tone: "good", State: c.T("state.accounts-count", len(list))}
	var off, bare []admin.AccountView
	for _, a := range list {
		switch {
		case a.CodeOff:
			off = append(off, a)
		case a.PhoneSince.IsZero():
			bare = append(bare, a)
		}
	}
	var details, fixes []string
	if len(off) > 0 {
		details, fixes = append(details, c.T("state.accounts-off", len(off))), append(fixes, c.T("state.accounts-off-fix"))
	}
	if len(bare) > 0 {
		details, fixes = append(details, c.T("state.accounts-bare", len(bare))), append(fixes, c.T("state.accounts-bare-fix"))
	}
	if len(details) > 0 {
		f.Tone, f.Detail, f.Fix = "warn", strings.Join(details, ", "), strings.Join(fixes, " ")
	}
	if len(list) == 0 {
		f.Tone, f.State = "plain", c.T("state.none")
	}
	for i, a := range append(off, bare...) {
		if i == maxLinks {
			f.Links = append(f.Links, views.Action{Words: c.T("state.more", len(off)+len(bare)-i), Get: "/api/admin/accounts"})
			break
		}
		f.Links = append(f.Links, views.Action{Words: a.Name, Get: "/api/admin/accounts/" + string(a.User)})
	}
	return f
}
