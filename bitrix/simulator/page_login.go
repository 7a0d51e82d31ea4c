package simulator

import (
	"net/http"
	"net/url"
	"strings"
)

func toLogin(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/login/?backurl="+url.QueryEscape(r.URL.RequestURI()), http.StatusFound)
}

func (p *Portal) loginPage(w http.ResponseWriter, r *http.Request) {
	p.cloud.mu.Lock()
	data := obj{"Portal": p.cfg.Name, "Back": backURL(r.URL.Query().Get("backurl"))}
	var people []person
	for _, u := range p.users {
		if !u.Inactive && u.Type != "email" {
			people = append(people, personOf(u))
		}
	}
	data["People"] = people
	p.cloud.mu.Unlock()
	writePage(w, http.StatusOK, p.alone("login", data))
}

// backURL keeps to this portal.
func backURL(raw string) string {
	if !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") || strings.Contains(raw, `\`) {
		return "/"
	}
	return raw
}

func (p *Portal) login(w http.ResponseWriter, r *http.Request) {
	user := integer(r.PostFormValue("user"))
	p.cloud.mu.Lock()
	if !p.activeUser(user) {
		p.cloud.mu.Unlock()
		p.message(w, http.StatusForbidden, "No entry", "There is no such person, or the person was dismissed.")
		return
	}
	cookie := p.signIn(user)
	p.cloud.mu.Unlock()
	http.SetCookie(w, cookie)
	http.Redirect(w, r, backURL(r.PostFormValue("backurl")), http.StatusSeeOther)
}

func (p *Portal) logout(w http.ResponseWriter, r *http.Request) {
	p.cloud.mu.Lock()
	if s := p.session(r); s != nil && r.PostFormValue("sessid") == s.sessid {
		delete(p.sessions, s.id)
	}
	p.cloud.mu.Unlock()
	http.Redirect(w, r, "/login/", http.StatusSeeOther)
}
