package simulator

import "time"

// Notification is one that a user has received.
type Notification struct {
	ID      int
	User    int
	Author  int // 0 for a system notice
	App     string
	Message string // with BB code
	Tag     string
	Created time.Time
}

// Notifications are those a user has, oldest first.
func (p *Portal) Notifications(user int) []Notification {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	var out []Notification
	for _, n := range p.notices {
		if n.User == user {
			out = append(out, *n)
		}
	}
	return out
}
