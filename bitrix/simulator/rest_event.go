package simulator

import (
	"slices"
	"strings"
)

// EventBinding is one row of event.get.
type EventBinding struct {
	ID       int
	Event    string // upper case
	Handler  string
	AuthType int // the user whose token the events carry; 0 is whoever caused them
}

// eventMethods: api-reference/events, rest/lib/api/event.php. Offline events are absent.
func eventMethods() registry {
	return registry{
		"event.bind":   {appOnly: true, run: eventBind},
		"event.unbind": {appOnly: true, run: eventUnbind},
		"event.get":    {appOnly: true, run: eventGet},
		"event.test": {appOnly: true, run: func(c *call) (any, *restError) {
			c.p.fireTo(c.app, "ONAPPTEST", obj{"QUERY": plain(c.params.arr("any"))}, fireOptions{user: c.user, refresh: true})
			return true, nil
		}},
		"events": {run: func(*call) (any, *restError) { return knownEvents(), nil }},
	}
}

func knownEvents() []string {
	out := []string{
		"ONAPPINSTALL", "ONAPPUNINSTALL", "ONAPPUPDATE", "ONAPPTEST", "ONAPPPAYMENT", "ONAPPMETHODCONFIRM", "ONUSERADD",
		"ONCRMDEALMOVETOCATEGORY", "ONCRMTIMELINEITEMACTION",
		"ONCRMTIMELINECOMMENTADD", "ONCRMTIMELINECOMMENTUPDATE", "ONCRMTIMELINECOMMENTDELETE",
		"ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE", "ONCRMACTIVITYDELETE",
	}
	for _, entity := range []string{"LEAD", "DEAL", "CONTACT", "COMPANY", "QUOTE", "DYNAMICITEM"} {
		for _, what := range []string{"ADD", "UPDATE", "DELETE"} {
			out = append(out, "ONCRM"+entity+what)
		}
	}
	return out
}

func eventBind(c *call) (any, *restError) {
	q := c.params.upper()
	b := EventBinding{Event: strings.ToUpper(q.str("EVENT")), Handler: q.str("HANDLER"), AuthType: q.num("AUTH_TYPE")}
	switch {
	case b.Event == "":
		return nil, errArgument("EVENT", "Argument 'EVENT' is null or empty")
	case b.Handler == "":
		return nil, errArgument("HANDLER", "Argument 'HANDLER' is null or empty")
	case !slices.Contains(knownEvents(), b.Event), strings.HasPrefix(b.Event, "ONCRM") && !c.tokenScope("crm"):
		return nil, bad("ERROR_EVENT_NOT_FOUND", "Event not found")
	}
	if fail := checkHandler(b.Handler); fail != nil {
		return nil, fail
	}
	if !c.p.isAdmin(c.user) {
		b.AuthType = c.user
	}
	for _, have := range c.app.Events {
		if have.Event == b.Event && have.Handler == b.Handler && have.AuthType == b.AuthType {
			return nil, bad("ERROR_CORE", "Unable to set event handler: Handler already binded")
		}
	}
	b.ID = c.p.next("event")
	c.app.Events = append(c.app.Events, b)
	return true, nil
}

func eventUnbind(c *call) (any, *restError) {
	q := c.params.upper()
	event, handler := strings.ToUpper(q.str("EVENT")), q.str("HANDLER")
	if event == "" {
		return nil, errArgument("EVENT", "Argument 'EVENT' is null or empty")
	}
	before := len(c.app.Events)
	c.app.Events = slices.DeleteFunc(c.app.Events, func(b EventBinding) bool {
		return b.Event == event && (handler == "" || b.Handler == handler)
	})
	return obj{"count": before - len(c.app.Events)}, nil
}

func eventGet(c *call) (any, *restError) {
	out := []any{}
	for _, b := range c.app.Events {
		out = append(out, obj{"event": b.Event, "handler": b.Handler, "auth_type": itoa(b.AuthType), "offline": "0"})
	}
	return out, nil
}
