package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// configurableMethods are crm.activity.configurable.*: an app's own entry in a
// timeline (api-reference/crm/timeline/activities/configurable).
func configurableMethods() registry {
	target := func(q *array) (int, int) { return 0, q.num("id") }
	return registry{
		"crm.activity.configurable.add":    {scope: "crm", run: configurableAdd},
		"crm.activity.configurable.update": {scope: "crm", run: configurableUpdate, target: target},
		"crm.activity.configurable.get":    {scope: "crm", run: configurableGet},
	}
}

func configurableAdd(c *call) (any, *restError) {
	if c.app == nil {
		return nil, bad("ERROR_WRONG_CONTEXT", "Application context required")
	}
	it, fail := c.owner()
	if fail != nil {
		return nil, fail
	}
	layout := c.params.arr("layout")
	if fail := c.checkLayout(layout); fail != nil {
		return nil, fail
	}
	a := c.p.addActivity(Activity{
		Owner: Binding{it.typ, it.ID}, Provider: ProviderConfigurable, Author: c.user, App: c.app.ClientID, Responsible: c.user,
		Subject: text(anyValue(layout.arr("header"), "title")),
	}, layout)
	if fail := c.configure(a, c.params.arr("fields")); fail != nil {
		c.p.removeActivity(a)
		return nil, fail
	}
	return obj{"activity": obj{"id": a.ID}}, nil
}

// configure sets the fields of a configurable activity.
func (c *call) configure(a *activity, f *array) *restError {
	if f == nil {
		return nil
	}
	if raw := f.str("deadline"); raw != "" {
		deadline, err := time.Parse(time.RFC3339, raw)
		if err != nil {
			return bad("WRONG_DATETIME_FORMAT", "Wrong datetime format")
		}
		if yes(f.str("isIncomingChannel")) {
			return bad("INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE", "An incoming activity cannot have a deadline")
		}
		a.Deadline = deadline
	}
	if v, ok := f.get("completed"); ok {
		a.Completed = yes(v)
	}
	if n := f.num("responsibleId"); n != 0 {
		a.Responsible = n
	}
	for _, k := range []string{"badgeCode", "originatorId", "originId", "typeId", "isIncomingChannel"} {
		if v, ok := f.get(k); ok {
			a.fields[k] = plain(v)
		}
	}
	return nil
}

func (c *call) configurable() (*activity, *restError) {
	a := c.p.activity(c.params.num("id"))
	switch {
	case a == nil || a.Provider != ProviderConfigurable:
		return nil, errItemNotFound()
	case c.app == nil:
		return nil, bad("ERROR_WRONG_CONTEXT", "Application context required")
	case a.App != c.app.ClientID:
		return nil, bad("ERROR_WRONG_APPLICATION", "The activity belongs to another application")
	}
	return a, nil
}

func configurableUpdate(c *call) (any, *restError) {
	a, fail := c.configurable()
	if fail != nil {
		return nil, fail
	}
	if c.p.activityMay(c.user, a) > UpdateAccess {
		return nil, errItemDenied()
	}
	if layout := c.params.arr("layout"); layout != nil {
		if fail := c.checkLayout(layout); fail != nil {
			return nil, fail
		}
		a.layout = layout
		a.Subject = text(anyValue(layout.arr("header"), "title"))
	}
	if fail := c.configure(a, c.params.arr("fields")); fail != nil {
		return nil, fail
	}
	c.p.refreshEntries(a)
	return obj{"activity": obj{"id": a.ID}}, nil
}

func configurableGet(c *call) (any, *restError) {
	a, fail := c.configurable()
	if fail != nil {
		return nil, fail
	}
	if c.p.activityMay(c.user, a) > ReadAccess {
		return nil, errItemDenied()
	}
	deadline := any(nil)
	if !a.Deadline.IsZero() {
		deadline = c.p.stamp(a.Deadline)
	}
	out := obj{
		"id": a.ID, "ownerTypeId": a.Owner.EntityType, "ownerId": a.Owner.ID,
		"fields": obj{
			"typeId": "CONFIGURABLE", "completed": a.Completed, "deadline": deadline, "responsibleId": a.Responsible,
			"originatorId": a.fields["originatorId"], "originId": a.fields["originId"], "badgeCode": a.fields["badgeCode"],
		},
		"layout": plain(a.layout),
	}
	return obj{"activity": out}, nil
}

var layoutKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// checkLayout knows the limits of a layout: which parts there are, how many
// of each, how they are named.
func (c *call) checkLayout(l *array) *restError {
	if l.len() == 0 {
		return bad("ERROR_EMPTY_LAYOUT", "Layout is empty")
	}
	for _, k := range l.keys {
		if !slices.Contains([]string{"icon", "header", "body", "footer"}, k) {
			return bad("FIELD_IS_REDUNDANT", fmt.Sprintf("Field %q is redundant", k))
		}
	}
	for _, need := range []struct{ part, field, name string }{
		{"icon", "code", "icon.code"}, {"header", "title", "header.title"}, {"body", "blocks", "body.blocks"},
	} {
		if v, ok := l.arr(need.part).get(need.field); !ok || text(v) == "" && need.field != "blocks" {
			return bad("FIELD_IS_REQUIRED", fmt.Sprintf("Field %q is required", need.name))
		}
	}
	tags, blocks := l.arr("header").arr("tags"), l.arr("body").arr("blocks")
	buttons := l.arr("footer").arr("buttons")
	for _, part := range []struct {
		name     string
		have     *array
		min, max int
	}{{"tags", tags, 0, 2}, {"blocks", blocks, 1, 20}, {"buttons", buttons, 0, 2}} {
		if n := part.have.len(); n < part.min || n > part.max {
			return bad("TOO_MANY_ITEMS", fmt.Sprintf("There can be %d to %d %s", part.min, part.max, part.name))
		}
		if part.have == nil {
			continue
		}
		for _, k := range part.have.keys {
			if !layoutKey.MatchString(k) {
				return bad("KEY_CONTAIN_WRONG_SYMBOLS", fmt.Sprintf("Key %q contains wrong symbols", k))
			}
		}
	}
	return checkEnums(tags, blocks, buttons)
}

func checkEnums(tags, blocks, buttons *array) *restError {
	for _, e := range []struct {
		have    *array
		allowed []string
	}{
		{tags, []string{"warning", "success", "failure", "primary", "secondary"}},
		{blocks, []string{"text", "largeText", "link", "deadline", "withTitle", "lineOfBlocks"}},
		{buttons, []string{"primary", "secondary"}},
	} {
		for _, v := range e.have.values() {
			a, _ := v.(*array)
			if !slices.Contains(e.allowed, a.str("type")) {
				return bad("ENUM_FIELD", fmt.Sprintf("Type %q is not one of %v", a.str("type"), e.allowed))
			}
		}
	}
	for _, v := range buttons.values() {
		b, _ := v.(*array)
		if text(anyValue(b, "title")) == "" || b.arr("action").str("type") == "" {
			return bad("FIELD_IS_REQUIRED", "A button needs title and action")
		}
	}
	return nil
}
