package bitrix

import (
	"context"
	"time"
)

// ServerTime returns the portal's time.
// https://apidocs.bitrix24.com/api-reference/common/system/server-time.html
func (c *Client) ServerTime(ctx context.Context) (time.Time, error) {
	t, err := Call(ctx, c, Read[Time]("server.time", nil))
	return t.Time, err
}

// Scope returns the permissions that the application has in this portal.
// https://apidocs.bitrix24.com/api-reference/common/system/scope.html
func (c *Client) Scope(ctx context.Context) ([]string, error) {
	return Call(ctx, c, Read[List[string]]("scope", nil))
}

// Methods returns the names of the methods that the application may call:
// on-premise portals lack those of modules that are absent or older.
// https://apidocs.bitrix24.com/api-reference/common/system/methods.html
func (c *Client) Methods(ctx context.Context) ([]string, error) {
	return Call(ctx, c, Read[List[string]]("methods", nil))
}

// PortalInfo is what a portal says about the application in it. It only
// proves what the host that was asked says; see [OAuth.AppInfo] for more.
type PortalInfo struct {
	Code      Text `json:"CODE"` // the client id
	Status    Text `json:"STATUS"`
	Installed Bool `json:"INSTALLED"` // whether the installation has been finished
	Language  Text `json:"LANGUAGE_ID"`
	License   Text `json:"LICENSE"`
}

// Info returns what the portal says about the application.
// https://apidocs.bitrix24.com/api-reference/common/system/app-info.html
func (c *Client) Info(ctx context.Context) (PortalInfo, error) {
	return Call(ctx, c, Read[PortalInfo]("app.info", nil))
}
