package bitrix

import (
	"context"
	"errors"
)

// ErrNotDelivered: the portal has accepted a notification and shown it to
// nobody, for example because the user has switched such notices off.
var ErrNotDelivered = errors.New("notification not delivered")

// Notification is a notice in the portal's messenger.
type Notification struct {
	UserID ID     // who gets it
	Text   string // with BB codes: [B], [URL=…], [BR]
	Tag    string // a later notice of the application with the same tag replaces this one; may be empty
}

// NotifyPersonal sends a notice in the name of the token's user and returns
// its id.
// https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-personal-add.html
func (c *Client) NotifyPersonal(ctx context.Context, n Notification) (ID, error) {
	return c.notify(ctx, "im.notify.personal.add", n)
}

// NotifySystem sends a notice without a sender and returns its id.
// https://apidocs.bitrix24.com/api-reference/chats/notifications/im-notify-system-add.html
func (c *Client) NotifySystem(ctx context.Context, n Notification) (ID, error) {
	return c.notify(ctx, "im.notify.system.add", n)
}

func (c *Client) notify(ctx context.Context, method string, n Notification) (ID, error) {
	params := Params{"USER_ID": n.UserID, "MESSAGE": n.Text}
	if n.Tag != "" {
		params["TAG"] = n.Tag
	}
	id, err := Call(ctx, c, Write[ID](method, params))
	if err == nil && id == 0 {
		return 0, &Error{Method: method, Host: c.base.Host, Err: ErrNotDelivered}
	}
	return id, err
}
