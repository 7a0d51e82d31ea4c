package simulator

import (
	"slices"
	"strings"
)

// User is a person of a portal.
type User struct {
	ID       int // given by AddUser when zero
	Name     string
	LastName string
	// Email is shown to apps with the scope user_basic or user.
	Email    string
	Position string
	Admin    bool
	// Inactive users were dismissed: they cannot sign in and their tokens fail.
	Inactive bool
	// Type is "employee" (when empty), "extranet" or "email".
	Type string
	// Language of the interface; that of the portal when empty.
	Language string
}

// FullName is the name as pages show it.
func (u User) FullName() string {
	if name := strings.TrimSpace(u.Name + " " + u.LastName); name != "" {
		return name
	}
	return u.Email
}

// AddUser adds a person and returns the id. A user whose id is already taken
// replaces the earlier one.
func (p *Portal) AddUser(u User) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	if u.Type == "" {
		u.Type = "employee"
	}
	if u.ID == 0 {
		u.ID = p.next("user")
	}
	p.ids["user"] = max(p.ids["user"], u.ID)
	if old := p.user(u.ID); old != nil {
		*old = u
		return u.ID
	}
	p.users = append(p.users, &u)
	p.fire("ONUSERADD", obj{"ID": u.ID, "NAME": u.Name, "LAST_NAME": u.LastName}, 0)
	return u.ID
}

// User returns a person by id.
func (p *Portal) User(id int) (User, bool) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	u := p.user(id)
	if u == nil {
		return User{}, false
	}
	return *u, true
}

// Users are all people in the order of their ids.
func (p *Portal) Users() []User {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	out := make([]User, 0, len(p.users))
	for _, u := range p.users {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b User) int { return a.ID - b.ID })
	return out
}

// SetUser changes a person: Dismiss by Inactive, promote by Admin.
func (p *Portal) SetUser(id int, change func(*User)) error {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	u := p.user(id)
	if u == nil {
		return unknown("user", id)
	}
	c := *u
	change(&c)
	c.ID = id
	*u = c
	return nil
}

func (p *Portal) user(id int) *User {
	for _, u := range p.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (p *Portal) activeUser(id int) bool {
	u := p.user(id)
	return u != nil && !u.Inactive
}

func (p *Portal) isAdmin(id int) bool {
	u := p.user(id)
	return u != nil && u.Admin && !u.Inactive
}

func (p *Portal) userName(id int) string {
	if u := p.user(id); u != nil {
		return u.FullName()
	}
	return ""
}

func (p *Portal) language(user int) string {
	if u := p.user(user); u != nil && u.Language != "" {
		return u.Language
	}
	return p.cfg.Language
}
