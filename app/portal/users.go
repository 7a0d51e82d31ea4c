package portal

import (
	"context"
	"errors"

	"signservice/app"
	"signservice/bitrix"
)

// maxUsers is how many users one search gives.
const maxUsers = 200

// Users lists active employees of the portal, at most 200: those whose name or
// position matches the query, or the first ones when it is empty. It needs the
// permission user_brief or user_basic (with e-mail addresses); without either
// it fails with app.Forbidden portal.scope.
func (p *Portals) Users(ctx context.Context, portal app.PortalID, admin app.UserID, query string) ([]app.User, error) {
	var all []app.User
	err := p.as(ctx, portal, admin, "list users", func(c *bitrix.Client) error {
		found := c.Users(ctx, bitrix.Params{"ACTIVE": true, "USER_TYPE": "employee"})
		if query != "" {
			found = c.SearchUsers(ctx, query)
		}
		users, err := bitrix.Collect(found, maxUsers)
		if err != nil {
			return err
		}
		all = make([]app.User, 0, len(users))
		for _, u := range users {
			if one := userOf(u); one.Active && one.Employee {
				all = append(all, one)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// User reads one user anew, also one who is dismissed or no employee. One who
// is not there is app.NotFound user.unknown.
func (p *Portals) User(ctx context.Context, portal app.PortalID, admin, id app.UserID) (app.User, error) {
	const op = "read user"
	n, ok := number(string(id))
	if !ok {
		return app.User{}, app.Fail(app.NotFound, op, "user.unknown")
	}
	var one app.User
	err := p.as(ctx, portal, admin, op, func(c *bitrix.Client) error {
		u, err := c.User(ctx, n)
		if errors.Is(err, bitrix.ErrNotFound) {
			return app.Fail(app.NotFound, op, "user.unknown").Because(err)
		}
		one = userOf(u)
		return err
	})
	if err != nil {
		return app.User{}, err
	}
	return one, nil
}

func userOf(u bitrix.User) app.User {
	return app.User{
		ID: app.UserID(u.ID.String()), Name: fullName(u.Name, u.LastName), Position: string(u.Position),
		Email: string(u.Email), Active: bool(u.Active), Employee: u.Type == "" || u.Type == "employee",
	}
}
