package simulator

import (
	"slices"
	"strings"
)

const userScope = "user|user_basic|user_brief"

// userMethods tell of people (api-reference/user). A login is never told; what
// else is told depends on which of the three scopes the app has.
func userMethods() registry {
	return registry{
		"user.current": {scope: userScope, run: func(c *call) (any, *restError) {
			return c.userView(c.p.user(c.user)), nil
		}},
		"user.get":    {scope: userScope, run: userGet},
		"user.search": {scope: userScope, run: userGet},

		"department.get": {scope: "department", run: func(c *call) (any, *restError) {
			head := itoa(c.p.anyAdmin())
			return list{items: []any{obj{"ID": "1", "NAME": c.p.cfg.Name, "SORT": 500, "UF_HEAD": head}}, total: 1}, nil
		}},
	}
}

func (c *call) userView(u *User) obj {
	out := obj{
		"ID": itoa(u.ID), "ACTIVE": !u.Inactive, "NAME": u.Name, "LAST_NAME": u.LastName, "SECOND_NAME": "",
		"PERSONAL_GENDER": "", "WORK_POSITION": u.Position, "UF_DEPARTMENT": []int{1}, "USER_TYPE": u.Type, "IS_ONLINE": "Y",
	}
	if c.tokenScope("user|user_basic") {
		out["EMAIL"], out["PERSONAL_MOBILE"], out["WORK_PHONE"] = u.Email, "", ""
	}
	if c.tokenScope("user") {
		out["LAST_LOGIN"], out["DATE_REGISTER"] = "", ""
	}
	return out
}

func (c *call) tokenScope(scope string) bool {
	if c.token != nil {
		return c.token.hasScope(scope)
	}
	return slices.ContainsFunc(strings.Split(scope, "|"), func(s string) bool {
		return slices.Contains(c.p.webhooks[c.webhook.secret].scopes, s)
	})
}

// userGet lists people, 50 a page; filter keys may stand at the top or in FILTER.
func userGet(c *call) (any, *restError) {
	q := c.params.upper()
	filter := q.arr("FILTER").upper()
	for _, k := range q.keys {
		if _, in := filter.get(k); !in && k != "FILTER" {
			filter.set(k, q.vals[k])
		}
	}
	var rows []any
	all := slices.Clone(c.p.users)
	slices.SortFunc(all, func(a, b *User) int { return a.ID - b.ID })
	if strings.EqualFold(q.str("ORDER"), "DESC") {
		slices.Reverse(all)
	}
	for _, u := range all {
		if u.Type != "email" && userMatches(u, filter) {
			rows = append(rows, c.userView(u))
		}
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

func userMatches(u *User, filter *array) bool {
	if v, ok := filter.get("ID"); ok && !anyOf(v, itoa(u.ID)) {
		return false
	}
	if v, ok := filter.get("ACTIVE"); ok && yes(v) == u.Inactive {
		return false
	}
	if v, ok := filter.get("USER_TYPE"); ok && !anyOf(v, u.Type) {
		return false
	}
	for key, have := range map[string]string{
		"NAME": u.Name, "LAST_NAME": u.LastName, "EMAIL": u.Email,
		"%NAME": u.Name, "%LAST_NAME": u.LastName, "FIND": u.FullName() + " " + u.Email + " " + u.Position,
	} {
		want, ok := filter.get(key)
		if !ok {
			continue
		}
		loose := key[0] == '%' || key == "FIND"
		if loose && !strings.Contains(strings.ToLower(have), strings.ToLower(strings.Trim(scalar(want), "%"))) ||
			!loose && !strings.EqualFold(have, scalar(want)) {
			return false
		}
	}
	return true
}

// anyOf tells whether want, a value or a list of them, has v.
func anyOf(want any, v string) bool {
	a, ok := want.(*array)
	if !ok {
		return scalar(want) == v
	}
	return slices.ContainsFunc(a.values(), func(w any) bool { return scalar(w) == v })
}
