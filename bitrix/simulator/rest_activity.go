package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// activityMethods are crm.activity.* of the classic kind and crm.activity.todo.*.
func activityMethods() registry {
	target := func(q *array) (int, int) { return 0, q.num("id") }
	return registry{
		"crm.activity.list":        {scope: "crm", run: activityList},
		"crm.activity.get":         {scope: "crm", run: activityGet},
		"crm.activity.update":      {scope: "crm", run: activityUpdate, target: target},
		"crm.activity.delete":      {scope: "crm", run: activityDelete, target: target},
		"crm.activity.todo.add":    {scope: "crm", run: todoAdd},
		"crm.activity.todo.update": {scope: "crm", run: todoUpdate, target: target},
	}
}

// activityRow has strings for numbers. The files' addresses carry the token as
// it came in a parameter: with a header it is empty.
func (c *call) activityRow(a *activity) obj {
	typeID, direction := "6", "0"
	if a.Provider == ProviderEmail {
		typeID, direction = "4", "2"
		if a.Incoming {
			direction = "1"
		}
	}
	files := []any{}
	for _, id := range a.objects {
		files = append(files, obj{"id": id, "url": fmt.Sprintf(
			"%s/bitrix/tools/crm_show_file.php?fileId=%d&ownerTypeId=6&ownerId=%d&auth=%s", c.p.base(), id, a.ID, c.auth)})
	}
	out := obj{
		"ID": itoa(a.ID), "OWNER_ID": itoa(a.Owner.ID), "OWNER_TYPE_ID": itoa(a.Owner.EntityType), "TYPE_ID": typeID,
		"PROVIDER_ID": a.Provider, "SUBJECT": a.Subject, "DESCRIPTION": a.Text, "DIRECTION": direction, "COMPLETED": yn(a.Completed),
		"AUTHOR_ID": itoa(a.Author), "RESPONSIBLE_ID": itoa(a.Responsible), "CREATED": c.p.stamp(a.Created), "DEADLINE": "",
		"FILES": files,
	}
	if !a.Deadline.IsZero() {
		out["DEADLINE"] = c.p.stamp(a.Deadline)
	}
	return out
}

func yn(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

func activityList(c *call) (any, *restError) {
	q := c.params.upper()
	filter := q.arr("FILTER").upper()
	rows := []any{}
	for _, a := range c.p.acts {
		if c.p.activityMay(c.user, a) <= ReadAccess && activityMatches(a, filter) {
			rows = append(rows, selected(c.activityRow(a), q.arr("SELECT")))
		}
	}
	if order := q.arr("ORDER"); order.len() > 0 && strings.EqualFold(scalar(order.values()[0]), "desc") {
		slices.Reverse(rows)
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

// activityMatches: OWNER_* names the owner alone, BINDINGS every item that shows it.
func activityMatches(a *activity, filter *array) bool {
	have := map[string]string{
		"ID": itoa(a.ID), "OWNER_ID": itoa(a.Owner.ID), "OWNER_TYPE_ID": itoa(a.Owner.EntityType),
		"PROVIDER_ID": a.Provider, "COMPLETED": yn(a.Completed), "RESPONSIBLE_ID": itoa(a.Responsible),
	}
	for key, v := range have {
		if want, ok := filter.get(key); ok && !anyOf(want, v) {
			return false
		}
	}
	bindings := filter.arr("BINDINGS")
	if bindings == nil {
		return true
	}
	return slices.ContainsFunc(bindings.values(), func(b any) bool {
		x, _ := b.(*array)
		x = x.upper()
		return slices.Contains(a.Bindings, Binding{x.num("OWNER_TYPE_ID"), x.num("OWNER_ID")})
	})
}

func (c *call) activityFor(want Access) (*activity, *restError) {
	a := c.p.activity(c.params.num("id"))
	if a == nil {
		return nil, errOldNotFound()
	}
	if c.p.activityMay(c.user, a) > want {
		return nil, errOldDenied()
	}
	return a, nil
}

func activityGet(c *call) (any, *restError) {
	a, fail := c.activityFor(ReadAccess)
	if fail != nil {
		return nil, fail
	}
	return c.activityRow(a), nil
}

// activityUpdate replaces the set of files where FILES is given.
func activityUpdate(c *call) (any, *restError) {
	a, fail := c.activityFor(UpdateAccess)
	if fail != nil {
		return nil, fail
	}
	f := c.params.arr("fields").upper()
	if v, ok := f.get("COMPLETED"); ok {
		a.Completed = yes(v)
	}
	if v, ok := f.get("SUBJECT"); ok {
		a.Subject = scalar(v)
	}
	if v, ok := f.get("DESCRIPTION"); ok {
		a.Text = scalar(v)
	}
	if _, ok := f.get("FILES"); ok {
		a.objects = nil
		folder := c.p.storageOf("crm", "", "CRM").root
		for _, file := range uploads(f.arr("FILES")) {
			a.objects = append(a.objects, c.p.addObject(folder, c.user, file.Name, file.Content).id)
		}
	}
	c.p.refreshEntries(a)
	c.fire("ONCRMACTIVITYUPDATE", obj{"FIELDS": obj{"ID": a.ID}})
	return true, nil
}

// refreshEntries carries a change to the timeline.
func (p *Portal) refreshEntries(a *activity) {
	for _, e := range p.timeline {
		if e.activity == a {
			e.Title, e.Text, e.objects = a.Subject, a.Text, a.objects
		}
	}
}

func activityDelete(c *call) (any, *restError) {
	a, fail := c.activityFor(UpdateAccess)
	if fail != nil {
		return nil, fail
	}
	c.p.removeActivity(a)
	c.fire("ONCRMACTIVITYDELETE", obj{"FIELDS": obj{"ID": a.ID}})
	return true, nil
}

// owner finds the item that ownerTypeId and ownerId name.
func (c *call) owner() (*item, *restError) {
	it := c.p.items[itemKey{c.params.num("ownerTypeId"), c.params.num("ownerId")}]
	if it == nil {
		return nil, bad("OWNER_NOT_FOUND", "Owner was not found")
	}
	if c.p.may(c.user, it) > UpdateAccess {
		return nil, errItemDenied()
	}
	return it, nil
}

func todoAdd(c *call) (any, *restError) {
	it, fail := c.owner()
	if fail != nil {
		return nil, fail
	}
	deadline, err := time.Parse(time.RFC3339, c.params.str("deadline"))
	if err != nil {
		return nil, bad("WRONG_DATETIME_FORMAT", "Wrong datetime format")
	}
	a := c.p.addActivity(Activity{
		Owner: Binding{it.typ, it.ID}, Provider: ProviderTodo, Subject: or(c.params.str("title"), "To-do"),
		Text: c.params.str("description"), Author: c.user, App: c.clientID(),
		Responsible: or(c.params.num("responsibleId"), c.user), Deadline: deadline,
	}, nil)
	return obj{"id": a.ID}, nil
}

func todoUpdate(c *call) (any, *restError) {
	a := c.p.activity(c.params.num("id"))
	if a == nil || a.Provider != ProviderTodo {
		return nil, errItemNotFound()
	}
	if c.p.activityMay(c.user, a) > UpdateAccess {
		return nil, errItemDenied()
	}
	deadline, err := time.Parse(time.RFC3339, c.params.str("deadline"))
	if err != nil {
		return nil, bad("WRONG_DATETIME_FORMAT", "Wrong datetime format")
	}
	a.Deadline = deadline
	if v, ok := c.params.get("title"); ok {
		a.Subject = scalar(v)
	}
	if v, ok := c.params.get("description"); ok {
		a.Text = scalar(v)
	}
	c.p.refreshEntries(a)
	return obj{"id": a.ID}, nil
}
