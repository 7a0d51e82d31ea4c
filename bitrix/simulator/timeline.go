package simulator

import (
	"slices"
	"time"
)

// Kinds of timeline entries.
const (
	EntryLog      = "log"      // crm.timeline.logmessage
	EntryComment  = "comment"  // crm.timeline.comment
	EntryActivity = "activity" // an e-mail, a to-do, a configurable activity
)

// Entry is one entry of an item's timeline.
type Entry struct {
	ID         int
	EntityType int
	EntityID   int
	Kind       string
	Author     int    // user
	App        string // client id of the app that wrote it, "" for people
	Title      string
	Text       string
	Icon       string
	Created    time.Time
	Files      []File
}

// entry is the living Entry.
type entry struct {
	Entry
	objects  []int // Drive objects attached
	activity *activity
}

// Timeline is what has happened to a deal, oldest first.
func (p *Portal) Timeline(deal int) []Entry { return p.ItemTimeline(EntityDeal, deal) }

// ItemTimeline is [Portal.Timeline] for items of any kind.
func (p *Portal) ItemTimeline(entityType, id int) []Entry {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	var out []Entry
	for _, e := range p.timelineOf(entityType, id) {
		out = append(out, p.entrySnapshot(e))
	}
	return out
}

func (p *Portal) timelineOf(typ, id int) []*entry {
	var out []*entry
	for _, e := range p.timeline {
		if e.EntityType == typ && e.EntityID == id {
			out = append(out, e)
		}
	}
	return out
}

func (p *Portal) addEntry(e Entry) *entry {
	e.ID = p.next("timeline")
	e.Created = p.cloud.now()
	x := &entry{Entry: e}
	p.timeline = append(p.timeline, x)
	return x
}

func (p *Portal) removeEntry(x *entry) {
	p.timeline = slices.DeleteFunc(p.timeline, func(e *entry) bool { return e == x })
}
