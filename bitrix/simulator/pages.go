package simulator

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed assets
var assets embed.FS

// pageSet are the parsed pages: those inside the shell, and those alone.
type pageSet map[string]*template.Template

func parsePages() pageSet {
	out := pageSet{}
	for _, name := range []string{"home", "list", "card", "app", "devops", "devform", "users", "profile"} {
		out[name] = template.Must(template.ParseFS(assets, "assets/shell.html", "assets/"+name+".html"))
	}
	for _, name := range []string{"login", "frame", "refused", "message", "phone"} {
		out[name] = template.Must(template.ParseFS(assets, "assets/"+name+".html"))
	}
	return out
}

func (p *Portal) routePages(mux *http.ServeMux) {
	mux.HandleFunc("GET /portal/assets/{name}", serveAsset)
	mux.HandleFunc("GET /login/", p.loginPage)
	mux.HandleFunc("POST /login/", p.login)
	mux.HandleFunc("POST /logout/", p.logout)
	mux.HandleFunc("GET /{$}", p.page(p.homePage))
	mux.HandleFunc("GET /crm/", p.page(p.crmPage))
	mux.HandleFunc("POST /portal/card", p.cardAction)
	mux.HandleFunc("GET /portal/data/{what}", p.data)
	mux.HandleFunc("GET /devops/{$}", p.page(p.devopsPage))
	mux.HandleFunc("GET /devops/list/{$}", p.page(p.devopsPage))
	mux.HandleFunc("GET /devops/edit/application-local/{$}", p.page(p.appFormPage))
	mux.HandleFunc("GET /devops/edit/application-local/{id}/{$}", p.page(p.appFormPage))
	mux.HandleFunc("POST /devops/edit/application-local/{$}", p.appForm)
	mux.HandleFunc("POST /devops/edit/application-local/{id}/{$}", p.appForm)
	mux.HandleFunc("GET /marketplace/app/{id}/{$}", p.page(p.appPage))
	mux.HandleFunc("GET /company/{$}", p.page(p.usersPage))
	mux.HandleFunc("GET /company/personal/user/{id}/{$}", p.page(p.profilePage))
	mux.HandleFunc("POST /bitrix/components/bitrix/app.layout/lazyload.ajax.php", p.lazyload)
	mux.HandleFunc("/bitrix/components/bitrix/crm.deal.show/show_file.php", p.showFile)
	mux.HandleFunc("GET /bitrix/services/main/ajax.php", p.ajaxFile)
	mux.HandleFunc("GET /disk/downloadFile/{id}/{$}", p.driveFilePage)
	mux.HandleFunc("GET /disk/showFile/{id}/{$}", p.driveFilePage)
	mux.HandleFunc("GET /bitrix/tools/crm_show_file.php", p.showActivityFile)
	mux.HandleFunc("GET /oauth/authorize/", p.authorizePage)
	mux.HandleFunc("GET /oauth/authorize", p.authorizePage)
	mux.HandleFunc("/oauth/token/", p.cloud.Auth.token)
	if p.cloud.cfg.Phones {
		mux.HandleFunc("GET /phone/{user}", p.phonePage)
		mux.HandleFunc("GET /phone/{user}/{$}", p.phonePage)
		mux.HandleFunc("POST /phone/{user}", p.phoneForm)
	}
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !strings.HasSuffix(name, ".css") && !strings.HasSuffix(name, ".js") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, assets, "assets/"+name)
}

// visit is somebody looking at a page, in the locked world.
type visit struct {
	p    *Portal
	r    *http.Request
	user *User
	s    *session
}

// view is a finished page: its template, its title and what it shows. A view
// with a part answers with that part alone.
type view struct {
	name    string
	title   string
	content any
	part    string
}

// shell is what the frame of all pages shows.
type shell struct {
	Portal, Title, SessID string
	User                  person
	Menu                  []menuItem
	Slider                bool
	Content               any
}

type menuItem struct {
	Title, Path string
	Group, Here bool
}

// person is a user as pages show one.
type person struct {
	ID                                    int
	Name, Initials, Position, Email, Type string
	Admin, Inactive                       bool
}

func personOf(u *User) person {
	initials := ""
	for _, s := range []string{u.Name, u.LastName} {
		if r, size := utf8.DecodeRuneInString(s); size > 0 {
			initials += string(r)
		}
	}
	return person{u.ID, u.FullName(), initials, u.Position, u.Email, u.Type, u.Admin, u.Inactive}
}

// page shows a view to somebody who has signed in; others are sent to the choice of people.
func (p *Portal) page(fn func(*visit) (view, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, known, err := p.show(r, fn)
		switch {
		case !known:
			toLogin(w, r)
		case err != nil:
			p.message(w, http.StatusNotFound, "Not here", err.Error())
		default:
			writePage(w, http.StatusOK, body)
		}
	}
}

// show renders a view for the visitor; known is false where nobody has signed in.
func (p *Portal) show(r *http.Request, fn func(*visit) (view, error)) (body []byte, known bool, err error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	v := p.visitor(r)
	if v == nil {
		return nil, false, nil
	}
	out, err := fn(v)
	if err != nil {
		return nil, true, err
	}
	body, err = p.render(v, out)
	return body, true, err
}

// visitor finds who is looking; nil without a session or for the dismissed.
func (p *Portal) visitor(r *http.Request) *visit {
	s := p.session(r)
	if s == nil || !p.activeUser(s.user) {
		return nil
	}
	return &visit{p: p, r: r, user: p.user(s.user), s: s}
}

func (p *Portal) render(v *visit, out view) ([]byte, error) {
	data := shell{
		Portal: p.cfg.Name, Title: out.title, SessID: v.s.sessid, User: personOf(v.user), Menu: p.menu(v),
		Slider: v.r.URL.Query().Get("IFRAME") == "Y", Content: out.content,
	}
	name := or(out.part, "shell")
	var buf bytes.Buffer
	if err := p.cloud.pages[out.name].ExecuteTemplate(&buf, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", out.name, err)
	}
	return buf.Bytes(), nil
}

// alone renders a page or a fragment without the shell.
func (p *Portal) alone(name string, data any) []byte { return p.fragment(name, "page", data) }

func (p *Portal) fragment(name, part string, data any) []byte {
	var buf bytes.Buffer
	if err := p.cloud.pages[name].ExecuteTemplate(&buf, part, data); err != nil {
		p.cloud.log.Error("render", "page", name, "err", err)
	}
	return buf.Bytes()
}

func (p *Portal) message(w http.ResponseWriter, status int, title, text string) {
	writePage(w, status, p.alone("message", obj{"Title": title, "Text": text}))
}

func writePage(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; frame-src http: https:; object-src 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// menu is the left menu: the portal's own entries and one per app with a text.
func (p *Portal) menu(v *visit) []menuItem {
	out := []menuItem{{Title: "Home", Path: "/"}, {Title: "CRM", Group: true}, {Title: "Deals", Path: "/crm/deal/"}}
	for _, typ := range []int{EntityLead, EntityContact, EntityCompany, EntityQuote, EntitySmartInvoice} {
		if len(p.itemsOf(typ)) > 0 {
			out = append(out, menuItem{Title: p.kindTitle(typ), Path: listPath(typ)})
		}
	}
	for _, typ := range p.dynamicTypes() {
		out = append(out, menuItem{Title: p.kindTitle(typ), Path: listPath(typ)})
	}
	out = append(out, menuItem{Title: "Company", Group: true}, menuItem{Title: "Employees", Path: "/company/"})
	if p.cloud.cfg.Phones {
		out = append(out, menuItem{Title: "My phone", Path: "/phone/" + itoa(v.user.ID)})
	}
	out = append(out, menuItem{Title: "Applications", Group: true})
	for _, a := range p.apps {
		if a.Title != "" && !a.ScriptOnly && a.allows(v.user.ID) {
			out = append(out, menuItem{Title: a.Title, Path: fmt.Sprintf("/marketplace/app/%d/", a.ID)})
		}
	}
	if v.user.Admin {
		out = append(out, menuItem{Title: "Developer resources", Path: "/devops/"})
	}
	for i := range out {
		path := out[i].Path
		out[i].Here = path != "" && (path == v.r.URL.Path || path != "/" && strings.HasPrefix(v.r.URL.Path, path))
	}
	return out
}

func (p *Portal) kindTitle(typ int) string {
	switch typ {
	case EntityLead:
		return "Leads"
	case EntityDeal:
		return "Deals"
	case EntityContact:
		return "Contacts"
	case EntityCompany:
		return "Companies"
	case EntityQuote:
		return "Quotes"
	case EntitySmartInvoice:
		return "Invoices"
	}
	return p.types[typ]
}

// crmPage is a list ("/crm/deal/", "/crm/deal/list/", "/crm/type/130/list/") or a
// card ("/crm/deal/details/7/", "/crm/type/130/details/7/").
func (p *Portal) crmPage(v *visit) (view, error) {
	seg := strings.Split(strings.Trim(strings.TrimPrefix(v.r.URL.Path, "/crm/"), "/"), "/")
	if seg[0] == "type" {
		seg = seg[1:]
	}
	switch {
	case len(seg) == 1, len(seg) == 2 && seg[1] == "list":
		return p.listPage(v, seg[0])
	case len(seg) == 3 && seg[1] == "details":
		return p.cardPage(v, seg[0], integer(seg[2]))
	}
	return view{}, unknown("page", v.r.URL.Path)
}

// kindOf reads the kind of items from a path: a name or a number.
func (p *Portal) kindOf(s string) (int, error) {
	for _, typ := range []int{EntityLead, EntityDeal, EntityContact, EntityCompany} {
		if strings.EqualFold(s, entityName(typ)) {
			return typ, nil
		}
	}
	if typ := integer(s); p.typeExists(typ) {
		return typ, nil
	}
	return 0, unknown("kind of items", s)
}

func listPath(typ int) string {
	switch typ {
	case EntityLead, EntityDeal, EntityContact, EntityCompany:
		return "/crm/" + strings.ToLower(entityName(typ)) + "/"
	}
	return fmt.Sprintf("/crm/type/%d/list/", typ)
}

// when is a time as pages show it.
func (p *Portal) when(t time.Time) string { return t.In(p.cfg.Location).Format("2 Jan 2006, 15:04") }
