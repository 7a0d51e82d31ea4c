package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// errNotAdmin is what others see of the developer's menu.
var errNotAdmin = fmt.Errorf("only administrators of the portal may do this")

type appLine struct {
	App
	Name string
}

func (p *Portal) devopsPage(v *visit) (view, error) {
	if !v.user.Admin {
		return view{}, errNotAdmin
	}
	var apps []appLine
	for _, a := range p.apps {
		apps = append(apps, appLine{a.snapshot(), or(a.Title, "Application "+itoa(a.ID))})
	}
	return view{name: "devops", title: "Developer resources", content: struct{ Apps []appLine }{apps}}, nil
}

type scopeBox struct {
	Name string
	On   bool
}

type appFormView struct {
	App    App
	Scopes []scopeBox
	Error  string
}

// grantableScopes are those of the form that apps of the kinds we know use.
func grantableScopes() []string {
	return []string{"crm", "placement", "disk", "user_brief", "user_basic", "user", "im", "bizproc", "documentgenerator", "department"}
}

func (p *Portal) appFormPage(v *visit) (view, error) {
	if !v.user.Admin {
		return view{}, errNotAdmin
	}
	var have App
	if id := v.r.PathValue("id"); id != "" {
		a := p.appByID(integer(id))
		if a == nil {
			return view{}, unknown("app", id)
		}
		have = a.snapshot()
	}
	return appFormOf(have, ""), nil
}

func appFormOf(have App, fail string) view {
	out := appFormView{App: have, Error: fail}
	for _, s := range grantableScopes() {
		out.Scopes = append(out.Scopes, scopeBox{s, slices.Contains(have.Scopes, s)})
	}
	return view{name: "devform", title: or(have.Title, "Local application"), content: out}
}

// appForm saves, reinstalls or deletes an app.
func (p *Portal) appForm(w http.ResponseWriter, r *http.Request) {
	p.cloud.mu.Lock()
	v := p.visitor(r)
	if v == nil || !v.user.Admin || r.PostFormValue("sessid") != v.s.sessid {
		p.cloud.mu.Unlock()
		p.message(w, http.StatusForbidden, "No entry", errNotAdmin.Error())
		return
	}
	a := p.appByID(integer(r.PathValue("id")))
	action := r.PostFormValue("action")
	switch {
	case action == "save":
		a, fail := p.saveApp(v, a)
		if fail != nil {
			body, err := p.render(v, appFormOf(a.App, fail.Error()))
			p.cloud.mu.Unlock()
			if err != nil {
				p.message(w, http.StatusInternalServerError, "Not shown", err.Error())
				return
			}
			writePage(w, http.StatusUnprocessableEntity, body)
			return
		}
		p.cloud.mu.Unlock()
		http.Redirect(w, r, "/devops/edit/application-local/"+itoa(a.ID)+"/", http.StatusSeeOther)
		return
	case action == "reinstall" && a != nil:
		p.setInstalled(a, false, 0)
		p.cloud.mu.Unlock()
		http.Redirect(w, r, "/marketplace/app/"+itoa(a.ID)+"/", http.StatusSeeOther)
		return
	case action == "delete" && a != nil:
		p.removeApp(a, true)
	}
	p.cloud.mu.Unlock()
	http.Redirect(w, r, "/devops/", http.StatusSeeOther)
}

// saveApp takes the form over. On failure the returned app only carries what was typed.
func (p *Portal) saveApp(v *visit, a *app) (*app, error) {
	l := LocalApp{
		Title:      strings.TrimSpace(v.r.PostFormValue("title")),
		HandlerURL: strings.TrimSpace(v.r.PostFormValue("handler")),
		InstallURL: strings.TrimSpace(v.r.PostFormValue("install")),
		ScriptOnly: v.r.PostFormValue("scriptonly") == "Y",
	}
	for _, s := range v.r.PostForm["scope"] {
		if slices.Contains(grantableScopes(), s) {
			l.Scopes = append(l.Scopes, s)
		}
	}
	typed := &app{App: App{LocalApp: l}}
	if a == nil {
		made, err := p.addApp(l, v.user.ID)
		if err != nil {
			return typed, err
		}
		return made, nil
	}
	if err := p.editApp(a, l); err != nil {
		typed.ID, typed.ClientID, typed.ClientSecret = a.ID, a.ClientID, a.ClientSecret
		return typed, err
	}
	return a, nil
}
