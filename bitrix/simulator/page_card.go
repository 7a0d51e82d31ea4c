package simulator

import (
	"fmt"
	"html/template"
	"path"
	"slices"
	"strings"
)

// cardView is an item's card.
type cardView struct {
	Type, ID                                   int
	Title, Stage, Amount, Responsible, Updated string
	Editable                                   bool
	Stages                                     []stageView
	Fields                                     []fieldView
	Tabs                                       []shownPlacement
	Toolbar                                    []appButton
	Timeline                                   []entryView
	Documents                                  []documentView
	Robots                                     []robotView
}

type stageView struct {
	Title string
	Done  bool
}

type fieldView struct {
	Name, Label string
	Multiple    bool
	Files       []fileView
}

type fileView struct {
	ID                     int
	Name, Link, Size, Kind string
	PDF                    bool
}

type entryView struct {
	ID                              int
	Kind, Mark, Title, Author, When string
	HTML                            template.HTML
	Files                           []fileView
	Badges                          []badgeView
	Blocks                          []blockView
	Buttons                         []buttonView
}

type badgeView struct{ Look, Text string }

type blockView struct{ Label, Text, Link string }

type buttonView struct {
	Title, Params, Event, Link string
	App, Entry                 int
	Primary                    bool
}

func (p *Portal) cardPage(v *visit, kind string, id int) (view, error) {
	typ, err := p.kindOf(kind)
	if err != nil {
		return view{}, err
	}
	it := p.items[itemKey{typ, id}]
	if it == nil || p.may(v.user.ID, it) > ReadAccess {
		return view{}, fmt.Errorf("the item does not exist or you may not see it")
	}
	part := v.r.URL.Query().Get("part")
	if part != "" && part != "general" && part != "timeline" {
		return view{}, unknown("part", part)
	}
	return view{name: "card", title: it.Title, content: p.cardView(v, it), part: part}, nil
}

func (p *Portal) cardView(v *visit, it *item) cardView {
	c := cardView{
		Type: it.typ, ID: it.ID, Title: it.Title, Stage: stageTitle(it.Stage), Responsible: p.userName(it.Responsible),
		Amount: money(it.Amount, it.Currency), Updated: p.when(it.updated),
		Editable: p.may(v.user.ID, it) == UpdateAccess,
	}
	if it.typ == EntityDeal || it.typ == EntityLead {
		at := slices.IndexFunc(stages(), func(s [2]string) bool { return s[0] == it.Stage })
		for i, s := range stages() {
			c.Stages = append(c.Stages, stageView{s[1], i <= at})
		}
	}
	for _, f := range p.fieldsOf(it.typ) {
		if f.Type == "file" {
			c.Fields = append(c.Fields, p.fieldView(it, f))
		}
	}
	prefix := "CRM_" + entityName(it.typ)
	options := map[string]any{"ID": itoa(it.ID), "URI": itemPath(it.typ, it.ID) + "?IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER"}
	c.Tabs = p.shown(v.user.ID, prefix+"_DETAIL_TAB")
	c.Toolbar = p.buttons(v.user.ID, prefix+"_DETAIL_TOOLBAR", options)
	c.Documents = p.documentViews(v, it)
	c.Robots = p.robotViews(it)
	for _, e := range slices.Backward(p.timelineOf(it.typ, it.ID)) {
		c.Timeline = append(c.Timeline, p.entryView(e))
	}
	return c
}

func (p *Portal) fieldView(it *item, f *Field) fieldView {
	out := fieldView{Name: f.Name, Label: or(f.Label, f.Name), Multiple: f.Multiple}
	for _, id := range it.files[f.Name] {
		if b := p.blobs[id]; b != nil {
			out.Files = append(out.Files, fileViewOf(id, b, itemFilePath(it, f, id)))
		}
	}
	return out
}

func fileViewOf(id int, b *blob, link string) fileView {
	ext := strings.ToUpper(strings.TrimPrefix(path.Ext(b.name), "."))
	return fileView{ID: id, Name: b.name, Link: link, Size: humanSize(len(b.data)), Kind: ext[:min(len(ext), 4)], PDF: ext == "PDF"}
}

// money groups thousands with thin blanks.
func money(amount float64, currency string) string {
	s := fmt.Sprintf("%.2f", amount)
	for i := len(s) - 6; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s + " " + currency
}

func humanSize(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

func (p *Portal) entryView(e *entry) entryView {
	out := entryView{
		ID: e.ID, Kind: e.Kind, Title: e.Title, Author: p.userName(e.Author), When: p.when(e.Created), HTML: bbHTML(e.Text), Mark: "•",
	}
	switch e.Kind {
	case EntryComment:
		out.Mark, out.Title = "“", "Comment"
	case EntryLog:
		if e.Icon == "document" {
			out.Mark = "✎"
		}
	}
	out.Files = p.entryFiles(e)
	p.activityView(e, &out)
	return out
}
