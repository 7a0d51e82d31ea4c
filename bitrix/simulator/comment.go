package simulator

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
)

// Comment is what somebody writes into a timeline.
type Comment struct {
	Author int
	Text   string
	Files  []File // Name and Content
}

// AddComment writes a comment into a deal's timeline and returns its id. Its
// files go to the author's Drive.
func (p *Portal) AddComment(deal int, c Comment) int { return p.AddItemComment(EntityDeal, deal, c) }

// AddItemComment is [Portal.AddComment] for items of any kind.
func (p *Portal) AddItemComment(entityType, id int, c Comment) int {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	return p.addComment(entityType, id, "", c).ID
}

func (p *Portal) addComment(typ, id int, clientID string, c Comment) *entry {
	e := p.addEntry(Entry{EntityType: typ, EntityID: id, Kind: EntryComment, Author: c.Author, App: clientID, Text: c.Text})
	for _, f := range c.Files {
		e.objects = append(e.objects, p.addObject(p.uploadsOf(c.Author), c.Author, f.Name, bytes.Clone(f.Content)).id)
	}
	return e
}

// snapshot fills in the files.
func (p *Portal) entrySnapshot(e *entry) Entry {
	out := e.Entry
	for _, id := range e.objects {
		if o := p.objects[id]; o != nil {
			out.Files = append(out.Files, p.objectFile(o))
		}
	}
	return out
}

func (p *Portal) comment(id int) *entry {
	i := slices.IndexFunc(p.timeline, func(e *entry) bool { return e.ID == id && e.Kind == EntryComment })
	if i < 0 {
		return nil
	}
	return p.timeline[i]
}

func (p *Portal) commentByHand(v *visit, it *item, name string, content []byte) error {
	c := Comment{Author: v.user.ID, Text: v.r.FormValue("text")}
	if len(content) > 0 {
		c.Files = []File{{Name: name, Content: content}}
	}
	if c.Text == "" && c.Files == nil {
		return fmt.Errorf("the comment is empty")
	}
	e := p.addComment(it.typ, it.ID, "", c)
	p.fire("ONCRMTIMELINECOMMENTADD", obj{"FIELDS": obj{"ID": e.ID}}, v.user.ID)
	return nil
}

// entryFiles are an entry's files as the card shows them.
func (p *Portal) entryFiles(e *entry) []fileView {
	var out []fileView
	for _, id := range e.objects {
		o := p.objects[id]
		if o == nil || p.blobs[o.blob] == nil {
			continue
		}
		out = append(out, fileViewOf(id, p.blobs[o.blob], fmt.Sprintf("/disk/downloadFile/%d/?&ncc=1", id)))
	}
	return out
}

// driveFilePage is /disk/downloadFile/: for people only. Whoever may see the item
// whose timeline shows the file may have it.
func (p *Portal) driveFilePage(w http.ResponseWriter, r *http.Request) {
	p.cloud.mu.Lock()
	v := p.visitor(r)
	if v == nil {
		p.cloud.mu.Unlock()
		toLogin(w, r)
		return
	}
	o := p.objects[integer(r.PathValue("id"))]
	var b *blob
	if o != nil && (p.driveMay(v.user.ID, o, false) || p.shownTo(v.user.ID, o.id)) {
		b = p.blobs[o.blob]
	}
	p.cloud.mu.Unlock()
	if b == nil {
		p.message(w, http.StatusNotFound, "Not here", "The file was not found, or you may not see it.")
		return
	}
	f := p.fileAnswer(b)
	f.name, f.strict, f.inline = o.name, false, r.URL.Query().Get("inline") == "Y"
	f.serve(w, r)
}

func (p *Portal) shownTo(user, object int) bool {
	for _, e := range p.timeline {
		if slices.Contains(e.objects, object) {
			it := p.items[itemKey{e.EntityType, e.EntityID}]
			return it != nil && p.may(user, it) <= ReadAccess
		}
	}
	return false
}
