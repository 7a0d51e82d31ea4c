package bitrix

import (
	"context"
	"encoding/json"
	"iter"
)

// User is a user of the portal. Which fields are filled depends on the
// application's permissions: user_brief has no e-mail. The login is never
// told.
type User struct {
	ID         ID   `json:"ID"`
	Active     Bool `json:"ACTIVE"`
	Name       Text `json:"NAME"`
	SecondName Text `json:"SECOND_NAME"`
	LastName   Text `json:"LAST_NAME"`
	Email      Text `json:"EMAIL"`
	Position   Text `json:"WORK_POSITION"`
	Photo      Text `json:"PERSONAL_PHOTO"`
	Type       Text `json:"USER_TYPE"` // employee, extranet, email
}

// CurrentUser returns the user of the token.
// https://apidocs.bitrix24.com/api-reference/user/user-current.html
func (c *Client) CurrentUser(ctx context.Context) (User, error) {
	return Call(ctx, c, Read[User]("user.current", nil))
}

// Users returns the users that match a filter, by id; nil matches all. Bots
// and mail users are not among them.
// https://apidocs.bitrix24.com/api-reference/user/user-get.html
func (c *Client) Users(ctx context.Context, filter Params) iter.Seq2[User, error] {
	return pages(ctx, c, Read[List[User]]("user.get", usersBy(filter)))
}

// ListUsers is the command for the first page of [Client.Users] with these ids.
func ListUsers(ids []ID) Command[List[User]] {
	return Read[List[User]]("user.get", usersBy(Params{"ID": anys(ids)}))
}

// SearchUsers returns the active employees whose name, position or department
// matches a text.
// https://apidocs.bitrix24.com/api-reference/user/user-search.html
func (c *Client) SearchUsers(ctx context.Context, text string) iter.Seq2[User, error] {
	filter := Params{"FIND": text, "ACTIVE": true, "USER_TYPE": "employee"}
	return pages(ctx, c, Read[List[User]]("user.search", usersBy(filter)))
}

// User returns one user, also a dismissed one. It is [ErrNotFound] if there
// is no such user.
func (c *Client) User(ctx context.Context, id ID) (User, error) {
	cmd := Read[User]("user.get", usersBy(Params{"ID": id}))
	var found bool
	cmd.decode = func(raw json.RawMessage) (User, error) {
		var list List[User]
		err := json.Unmarshal(raw, &list)
		for _, u := range list {
			if u.ID == id {
				found = true
				return u, nil
			}
		}
		return User{}, err
	}
	user, err := Call(ctx, c, cmd)
	if err == nil && !found {
		err = &Error{Method: cmd.method, Host: c.base.Host, Err: ErrNotFound}
	}
	return user, err
}

func usersBy(filter Params) Params {
	p := Params{"sort": "ID", "order": "ASC"}
	if len(filter) > 0 {
		p["FILTER"] = filter
	}
	return p
}
