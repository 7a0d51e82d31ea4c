package simulator

import (
	"html/template"
	"slices"
	"time"
)

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

// noticeLine is a notification as pages show it.
type noticeLine struct {
	Author, When string
	HTML         template.HTML
}

func (p *Portal) noticeLines(user int) []noticeLine {
	var out []noticeLine
	for _, n := range p.notices {
		if n.User == user {
			out = append(out, noticeLine{or(p.userName(n.Author), "System"), p.when(n.Created), bbHTML(n.Message)})
		}
	}
	slices.Reverse(out)
	return out
}
