package bitrix

import "context"

// BoundEvent is an event that the portal sends to the application.
type BoundEvent struct {
	Event    Text `json:"event"` // upper case
	Handler  Text `json:"handler"`
	AuthType ID   `json:"auth_type"` // the user whose token is sent along; 0: the one who caused it
	Offline  Bool `json:"offline"`
}

// Events returns what the application has bound.
// https://apidocs.bitrix24.com/api-reference/events/event-get.html
func (c *Client) Events(ctx context.Context) ([]BoundEvent, error) {
	return Call(ctx, c, Read[List[BoundEvent]]("event.get", nil))
}

// BindEvent makes the portal post an event to an address. The same handler
// bound already is success. For a user who is not an administrator the portal
// sends only what that user causes.
// https://apidocs.bitrix24.com/api-reference/events/event-bind.html
func (c *Client) BindEvent(ctx context.Context, event, handler string) error {
	return c.bind(ctx, Write[Text]("event.bind", Params{"event": event, "handler": handler}))
}

// UnbindEvent ends it, and reports whether it was bound.
// https://apidocs.bitrix24.com/api-reference/events/event-unbind.html
func (c *Client) UnbindEvent(ctx context.Context, event, handler string) (bool, error) {
	n, err := Call(ctx, c, inside("count", Write[Int]("event.unbind", Params{"event": event, "handler": handler})))
	return n > 0, err
}
