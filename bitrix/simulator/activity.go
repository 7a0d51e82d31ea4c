package simulator

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kinds of activities, as PROVIDER_ID tells them.
const (
	ProviderEmail        = "CRM_EMAIL"
	ProviderTodo         = "CRM_TODO"
	ProviderConfigurable = "CONFIGURABLE_REST_APP"
)

// Activity is an e-mail, a to-do or a configurable activity of an item.
type Activity struct {
	ID          int
	Owner       Binding
	Bindings    []Binding // further items that show it, the owner included
	Provider    string
	Subject     string
	Text        string
	Incoming    bool
	Author      int
	Responsible int
	App         string // client id of the app that made it
	Completed   bool
	Deadline    time.Time
	Created     time.Time
	Files       []File
	// Layout of a configurable activity, as the app sent it.
	Layout map[string]any
}

// Binding names an item.
type Binding struct{ EntityType, ID int }

// activity is the living Activity.
type activity struct {
	Activity
	objects []int
	layout  *array
	fields  map[string]any // further fields: badgeCode, originId, …
}

// AddActivity adds an activity as the portal itself would (an e-mail that has come
// in, a to-do by a colleague) and returns its id. Files live in CRM's hidden
// storage: disk.file.get refuses them to everybody but administrators,
// crm_show_file.php gives them to whoever may see the item.
func (p *Portal) AddActivity(a Activity) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.addActivity(a, nil).ID
}

func (p *Portal) addActivity(a Activity, layout *array) *activity {
	a.ID, a.Created = p.next("activity"), p.cloud.now()
	if !slices.Contains(a.Bindings, a.Owner) {
		a.Bindings = append([]Binding{a.Owner}, a.Bindings...)
	}
	files := a.Files
	a.Files = nil
	x := &activity{Activity: a, layout: layout, fields: map[string]any{}}
	folder := p.storageOf("crm", "", "CRM").root
	for _, f := range files {
		x.objects = append(x.objects, p.addObject(folder, a.Author, f.Name, bytes.Clone(f.Content)).id)
	}
	p.acts = append(p.acts, x)
	for _, b := range a.Bindings {
		e := p.addEntry(Entry{EntityType: b.EntityType, EntityID: b.ID, Kind: EntryActivity, Author: a.Author, App: a.App, Title: a.Subject, Text: a.Text})
		e.activity, e.objects = x, x.objects
	}
	p.fire("ONCRMACTIVITYADD", obj{"FIELDS": obj{"ID": a.ID}}, a.Author)
	return x
}

// Activities are those of an item, oldest first.
func (p *Portal) Activities(entityType, id int) []Activity {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	var out []Activity
	for _, a := range p.acts {
		if slices.Contains(a.Bindings, Binding{entityType, id}) {
			out = append(out, p.activitySnapshot(a))
		}
	}
	return out
}

func (p *Portal) activitySnapshot(a *activity) Activity {
	out := a.Activity
	out.Bindings = slices.Clone(a.Bindings)
	if a.layout != nil {
		out.Layout, _ = plain(a.layout).(map[string]any)
	}
	for _, id := range a.objects {
		if o := p.objects[id]; o != nil {
			out.Files = append(out.Files, p.objectFile(o))
		}
	}
	return out
}

func (p *Portal) activity(id int) *activity {
	i := slices.IndexFunc(p.acts, func(a *activity) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return p.acts[i]
}

// activityMay tells what a user may do with an activity: what he may do with
// one of its items.
func (p *Portal) activityMay(user int, a *activity) Access {
	best := NoAccess
	for _, b := range a.Bindings {
		if it := p.items[itemKey{b.EntityType, b.ID}]; it != nil {
			best = min(best, p.may(user, it))
		}
	}
	return best
}

func (p *Portal) removeActivity(a *activity) {
	p.acts = slices.DeleteFunc(p.acts, func(x *activity) bool { return x == a })
	p.timeline = slices.DeleteFunc(p.timeline, func(e *entry) bool { return e.activity == a })
}

// showActivityFile is crm_show_file.php: it asks for the right to the activity, not
// to the Drive object; failures are words with status 200.
func (p *Portal) showActivityFile(w http.ResponseWriter, r *http.Request) {
	p.fileFault(w, r, "crm_show_file", func(w http.ResponseWriter, c *call) {
		p.cloud.mu.Lock()
		defer p.cloud.mu.Unlock()
		a := p.activity(c.params.num("ownerId"))
		if !p.fileCaller(c, "crm") || a == nil || c.params.num("ownerTypeId") != 6 || p.activityMay(c.user, a) > ReadAccess {
			plainFailure(w, "Access denied.")
			return
		}
		o := p.objects[c.params.num("fileId")]
		if o == nil || !slices.Contains(a.objects, o.id) || p.blobs[o.blob] == nil {
			plainFailure(w, "File not found")
			return
		}
		p.fileAnswer(p.blobs[o.blob]).serve(w, r)
	})
}

// activityView adds to a timeline entry what its activity shows.
func (p *Portal) activityView(e *entry, out *entryView) {
	a := e.activity
	if a == nil {
		return
	}
	out.Mark = "✉"
	switch a.Provider {
	case ProviderTodo:
		out.Mark = "☐"
	case ProviderConfigurable:
		out.Mark = "◆"
		p.layoutView(a, out)
	}
	if a.Completed {
		out.Badges = append(out.Badges, badgeView{"good", "completed"})
	}
}

// layoutView shows the layout of a configurable activity.
func (p *Portal) layoutView(a *activity, out *entryView) {
	if t := text(anyValue(a.layout.arr("header"), "title")); t != "" {
		out.Title = t
	}
	for _, tag := range a.layout.arr("header").arr("tags").values() {
		tag, _ := tag.(*array)
		look := map[string]string{"success": "good", "failure": "bad", "warning": "warn"}[tag.str("type")]
		out.Badges = append(out.Badges, badgeView{look, text(anyValue(tag, "title"))})
	}
	for _, b := range a.layout.arr("body").arr("blocks").values() {
		b, _ := b.(*array)
		out.Blocks = append(out.Blocks, blockOf(b))
	}
	app, err := p.findApp(a.App)
	buttons := a.layout.arr("footer").arr("buttons")
	if err != nil || buttons == nil {
		return
	}
	for _, key := range buttons.keys {
		out.Buttons = append(out.Buttons, p.buttonOf(app, a, key, buttons.arr(key)))
	}
}

func blockOf(b *array) blockView {
	props := b.arr("properties")
	switch b.str("type") {
	case "withTitle":
		inner := blockOf(props.arr("block"))
		inner.Label = text(anyValue(props, "title"))
		return inner
	case "link":
		return blockView{Text: text(anyValue(props, "text")), Link: webLink(props.arr("action").str("uri"))}
	}
	return blockView{Text: text(anyValue(props, "value"))}
}

func webLink(s string) string {
	if strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "/") {
		return s
	}
	return ""
}

// text reads a text that may be a map by language.
func text(v any) string {
	if a, ok := v.(*array); ok {
		if s := a.str("en"); s != "" || a.len() == 0 {
			return s
		}
		return scalar(a.values()[0])
	}
	return scalar(v)
}

func (p *Portal) buttonOf(app *app, a *activity, key string, b *array) buttonView {
	out := buttonView{Title: text(anyValue(b, "title")), Primary: b.str("type") == "primary", Entry: a.ID}
	action := b.arr("action")
	switch action.str("type") {
	case "openRestApp":
		out.App, out.Params = app.ID, toJSON(p.openParams(a, action))
	case "restEvent":
		out.Event = key
	case "redirect":
		out.Link = webLink(action.str("uri"))
	}
	return out
}

// openParams are the PLACEMENT_OPTIONS of openRestApp: the app's own and three of the portal's.
func (p *Portal) openParams(a *activity, action *array) map[string]any {
	out := map[string]any{}
	if own, ok := plain(action.arr("actionParams")).(map[string]any); ok {
		maps.Copy(out, own)
	}
	out["entityTypeId"], out["entityId"], out["activityId"] = a.Owner.EntityType, a.Owner.ID, a.ID
	if s := action.arr("sliderParams"); s != nil {
		out["bx24_title"] = text(anyValue(s, "title"))
		if w := s.num("width"); w > 0 {
			out["bx24_width"] = w
		}
	}
	return out
}

// PressButton does what a click on a button, or a menu item, of a configurable
// activity does: for openRestApp it renders the app's page, for
// restEvent it sends onCrmTimelineItemAction and the frame is empty.
func (p *Portal) PressButton(activityID int, key string, user int) (Frame, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	a := p.activity(activityID)
	if a == nil || p.activityMay(user, a) > ReadAccess {
		return Frame{}, unknown("activity", activityID)
	}
	app, err := p.findApp(a.App)
	if err != nil {
		return Frame{}, err
	}
	footer := a.layout.arr("footer")
	b := footer.arr("buttons").arr(key)
	if b == nil {
		b = footer.arr("menu").arr("items").arr(key)
	}
	action := b.arr("action")
	switch action.str("type") {
	case "openRestApp":
		options := p.openParams(a, action)
		delete(options, "bx24_title")
		delete(options, "bx24_width")
		return p.open(app, Opening{User: user, Options: options})
	case "restEvent":
		p.fireAction(app, a, action, user)
		return Frame{}, nil
	}
	return Frame{}, unknown("button", key)
}

func (p *Portal) fireAction(app *app, a *activity, action *array, user int) {
	data := obj{}
	if own, ok := plain(action.arr("actionParams")).(map[string]any); ok {
		maps.Copy(data, own)
	}
	data["id"], data["activityId"], data["userId"] = action.str("id"), a.ID, user
	data["entityTypeId"], data["entityId"] = a.Owner.EntityType, a.Owner.ID
	p.fireTo(app, "ONCRMTIMELINEITEMACTION", data, fireOptions{user: user, depth: eventDepth})
}

// pressButton is the form of the card.
func (p *Portal) pressButton(v *visit, it *item) error {
	a := p.activity(integer(v.r.FormValue("entry")))
	if a == nil || !slices.Contains(a.Bindings, Binding{it.typ, it.ID}) {
		return unknown("activity", v.r.FormValue("entry"))
	}
	app, err := p.findApp(a.App)
	if err != nil {
		return err
	}
	b := a.layout.arr("footer").arr("buttons").arr(v.r.FormValue("button"))
	if b.arr("action").str("type") != "restEvent" {
		return fmt.Errorf("the button does nothing here")
	}
	p.fireAction(app, a, b.arr("action"), v.user.ID)
	return nil
}
