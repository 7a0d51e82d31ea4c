package simulator

import "slices"

// logMessageMethods are crm.timeline.logmessage.* (crm/lib/controller/timeline/logmessage.php).
func logMessageMethods() registry {
	return registry{
		"crm.timeline.logmessage.add":    {scope: "crm", appOnly: true, run: logMessageAdd, target: fieldsTarget},
		"crm.timeline.logmessage.get":    {scope: "crm", appOnly: true, run: logMessageGet},
		"crm.timeline.logmessage.list":   {scope: "crm", appOnly: true, run: logMessageList},
		"crm.timeline.logmessage.delete": {scope: "crm", appOnly: true, admin: true, run: logMessageDelete},
	}
}

// fieldsTarget is the item named inside "fields".
func fieldsTarget(q *array) (int, int) {
	f := q.arr("fields")
	return f.num("entityTypeId"), f.num("entityId")
}

func logMessageAdd(c *call) (any, *restError) {
	f := c.params.arr("fields")
	for _, name := range []string{"entityTypeId", "entityId", "title", "text", "iconCode"} {
		if f.str(name) == "" {
			return nil, bad("0", "Missing a required field: "+name)
		}
	}
	it := c.p.items[itemKey{f.num("entityTypeId"), f.num("entityId")}]
	if it == nil {
		return nil, bad("NOT_FOUND", "Owner was not found")
	}
	if c.p.may(c.user, it) > UpdateAccess {
		return nil, errItemDenied()
	}
	if !slices.Contains(iconCodes(), f.str("iconCode")) {
		return nil, bad("WRONG_ICON", "Icon with this code was not found")
	}
	e := c.p.addEntry(Entry{
		EntityType: it.typ, EntityID: it.ID, Kind: EntryLog, Author: c.user, App: c.app.ClientID,
		Title: f.str("title"), Text: f.str("text"), Icon: f.str("iconCode"),
	})
	return obj{"logMessage": c.logMessageView(e)}, nil
}

func (c *call) logMessageView(e *entry) obj {
	return obj{
		"id": e.ID, "created": c.p.stamp(e.Created), "authorId": e.Author,
		"title": e.Title, "text": e.Text, "iconCode": e.Icon,
	}
}

// logMessageFor finds an entry of the calling app.
func (c *call) logMessageFor(id int) (*entry, *restError) {
	for _, e := range c.p.timeline {
		if e.ID != id || e.Kind != EntryLog {
			continue
		}
		if it := c.p.items[itemKey{e.EntityType, e.EntityID}]; it == nil || c.p.may(c.user, it) > ReadAccess {
			return nil, errItemDenied()
		}
		return e, nil
	}
	return nil, errItemNotFound()
}

func logMessageGet(c *call) (any, *restError) {
	e, fail := c.logMessageFor(c.params.num("id"))
	if fail != nil {
		return nil, fail
	}
	return obj{"logMessage": c.logMessageView(e)}, nil
}

// logMessageList has pages of ten. The documentation calls the parameter
// "start", the code reads "offset".
func logMessageList(c *call) (any, *restError) {
	it := c.p.items[itemKey{c.params.num("entityTypeId"), c.params.num("entityId")}]
	if it == nil {
		return nil, errItemNotFound()
	}
	if c.p.may(c.user, it) > ReadAccess {
		return nil, errItemDenied()
	}
	rows := []any{}
	for _, e := range c.p.timelineOf(it.typ, it.ID) {
		if e.Kind == EntryLog {
			rows = append(rows, c.logMessageView(e))
		}
	}
	from := min(c.params.num("offset"), len(rows))
	to := min(from+10, len(rows))
	next := 0
	if to < len(rows) {
		next = to
	}
	return list{items: obj{"logMessages": rows[from:to]}, total: len(rows), next: next}, nil
}

func logMessageDelete(c *call) (any, *restError) {
	e, fail := c.logMessageFor(c.params.num("id"))
	if fail != nil {
		return nil, fail
	}
	if e.App != c.app.ClientID {
		return nil, errItemDenied()
	}
	c.p.removeEntry(e)
	return true, nil
}

// iconCodes are the portal's own icons (crm/lib/Service/Timeline/Layout/Common/Icon.php).
func iconCodes() []string {
	return []string{
		"call", "call-incoming", "call-incoming-missed", "call-completed", "call-outcoming", "document", "IM",
		"circle-check", "info", "relation", "link", "unlink", "store", "view", "stage-change", "sum", "clock",
		"mail-outcome", "complete", "check", "comment", "sms", "whatsapp", "telegram", "task", "pipeline", "wallet",
		"attention", "bank-card", "conversion", "calendar", "circle-crossed", "restoration", "arrow-up", "arrow-down",
		"visit", "camera", "copy", "robot", "cycle-equal", "bizproc", "ai-copilot",
	}
}
