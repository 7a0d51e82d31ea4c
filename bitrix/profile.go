package bitrix

import "context"

// Profile is the user of the access token. It needs no permission.
type Profile struct {
	ID       ID   `json:"ID"`
	Admin    Bool `json:"ADMIN"` // administrator of the portal
	Name     Text `json:"NAME"`
	LastName Text `json:"LAST_NAME"`
	Gender   Text `json:"PERSONAL_GENDER"` // M, F or empty
	TimeZone Text `json:"TIME_ZONE"`       // IANA name, or empty
	Photo    Text `json:"PERSONAL_PHOTO"`  // address, or empty
}

// Profile returns the user of the access token.
// https://apidocs.bitrix24.com/api-reference/common/users/profile.html
func (c *Client) Profile(ctx context.Context) (Profile, error) {
	return Call(ctx, c, Read[Profile]("profile", nil))
}

// IsAdmin reports whether the user of the access token is an administrator of
// the portal.
// https://apidocs.bitrix24.com/api-reference/common/users/user-admin.html
func (c *Client) IsAdmin(ctx context.Context) (bool, error) {
	admin, err := Call(ctx, c, Read[Bool]("user.admin", nil))
	return bool(admin), err
}
