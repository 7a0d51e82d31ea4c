package simulator

import (
	"net/http"
	"strings"
)

func (p *Portal) usersPage(*visit) (view, error) {
	var people []person
	for _, u := range p.users {
		people = append(people, personOf(u))
	}
	return view{name: "users", title: "Employees", content: struct {
		People []person
		Phones bool
	}{people, p.cloud.cfg.Phones}}, nil
}

func (p *Portal) profilePage(v *visit) (view, error) {
	u := p.user(integer(v.r.PathValue("id")))
	if u == nil {
		return view{}, unknown("user", v.r.PathValue("id"))
	}
	return view{name: "profile", title: u.FullName(), content: struct {
		Person  person
		Own     bool
		Notices []noticeLine
	}{personOf(u), u.ID == v.user.ID, p.noticeLines(u.ID)}}, nil
}

// data feeds the pages' dialogs.
func (p *Portal) data(w http.ResponseWriter, r *http.Request) {
	p.cloud.mu.Lock()
	v := p.visitor(r)
	var out any
	switch {
	case v == nil:
	case r.PathValue("what") == "users":
		out = p.userRows()
	case r.PathValue("what") == "crm":
		out = p.crmRows(v.user.ID, strings.Split(r.URL.Query().Get("types"), ","))
	}
	p.cloud.mu.Unlock()
	if out == nil {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// userRows are what selectUser answers with: employees only, ids as strings.
func (p *Portal) userRows() []any {
	out := []any{}
	for _, u := range p.users {
		if !u.Inactive && u.Type == "employee" {
			out = append(out, obj{
				"id": itoa(u.ID), "name": u.FullName(), "photo": "", "position": u.Position,
				"url": "/company/personal/user/" + itoa(u.ID) + "/", "sub": false, "sup": false,
			})
		}
	}
	return out
}

func (p *Portal) crmRows(user int, types []string) []any {
	out := []any{}
	for _, name := range types {
		typ, err := p.kindOf(name)
		if err != nil {
			continue
		}
		for _, it := range p.itemsOf(typ) {
			if p.may(user, it) <= ReadAccess {
				out = append(out, obj{"id": entityName(typ)[:1] + "_" + itoa(it.ID), "type": name, "name": it.Title, "title": it.Title, "url": itemPath(typ, it.ID)})
			}
		}
	}
	return out
}
