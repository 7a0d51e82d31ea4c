package simulator

import "slices"

// notifyMethods are im.notify.* (api-reference/chats/notifications).
func notifyMethods() registry {
	return registry{
		"im.notify.personal.add": {scope: "im", appOnly: true, run: func(c *call) (any, *restError) { return c.notify(c.user) }},
		"im.notify.system.add":   {scope: "im", appOnly: true, run: func(c *call) (any, *restError) { return c.notify(0) }},
		"im.notify.delete":       {scope: "im", appOnly: true, run: notifyDelete},
	}
}

// notify answers with the notice's id, or with false and no error where the
// portal could not deliver it.
func (c *call) notify(author int) (any, *restError) {
	q := c.params.upper()
	to := or(q.num("USER_ID"), q.num("TO"))
	message := q.str("MESSAGE")
	switch {
	case to == 0:
		return nil, bad("USER_ID_EMPTY", "User ID can't be empty")
	case message == "":
		return nil, bad("MESSAGE_EMPTY", "Message can't be empty")
	case len(scalar(anyValue(q, "ATTACH"))) > 60_000:
		return nil, bad("ATTACH_OVERSIZE", "You have exceeded the maximum allowable size of attach")
	case c.p.cfg.Quirks.NotifyFails || !c.p.activeUser(to):
		return false, nil
	}
	tag := q.str("TAG")
	if tag != "" {
		c.p.notices = slices.DeleteFunc(c.p.notices, func(n *Notification) bool {
			return n.User == to && n.Tag == tag && n.App == c.app.ClientID
		})
	}
	n := &Notification{
		ID: c.p.next("notice"), User: to, Author: author, App: c.app.ClientID, Message: message, Tag: tag, Created: c.p.cloud.now(),
	}
	c.p.notices = append(c.p.notices, n)
	return n.ID, nil
}

func notifyDelete(c *call) (any, *restError) {
	q := c.params.upper()
	before := len(c.p.notices)
	c.p.notices = slices.DeleteFunc(c.p.notices, func(n *Notification) bool {
		return n.App == c.app.ClientID && (n.ID == q.num("ID") || q.str("TAG") != "" && n.Tag == q.str("TAG"))
	})
	return len(c.p.notices) < before, nil
}
