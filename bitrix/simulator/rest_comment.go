package simulator

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// commentMethods are crm.timeline.comment.* (crm/classes/general/restservice.php).
func commentMethods() registry {
	target := func(q *array) (int, int) { return 0, q.num("id") }
	return registry{
		"crm.timeline.comment.list":   {scope: "crm", run: commentList},
		"crm.timeline.comment.get":    {scope: "crm", run: commentGet},
		"crm.timeline.comment.add":    {scope: "crm", run: commentAdd, target: commentTarget},
		"crm.timeline.comment.update": {scope: "crm", run: commentUpdate, target: target},
		"crm.timeline.comment.delete": {scope: "crm", run: commentDelete, target: target},
	}
}

func commentTarget(q *array) (int, int) {
	f := q.arr("fields")
	return entityByName(f.str("ENTITY_TYPE")), f.num("ENTITY_ID")
}

// entityByName reads "deal", "DEAL", "dynamic_130", 2.
func entityByName(s string) int {
	s = strings.ToUpper(s)
	for _, typ := range []int{EntityLead, EntityDeal, EntityContact, EntityCompany, EntityQuote, EntitySmartInvoice} {
		if s == entityName(typ) || s == itoa(typ) {
			return typ
		}
	}
	return integer(strings.TrimPrefix(s, "DYNAMIC_"))
}

// commentList needs both ENTITY_ID and ENTITY_TYPE in its filter.
func commentList(c *call) (any, *restError) {
	filter := c.params.arr("filter").upper()
	for _, key := range []string{"ENTITY_ID", "ENTITY_TYPE"} {
		if filter.str(key) == "" {
			return nil, errArgument(key, fmt.Sprintf("Argument '%s' is null or empty", key))
		}
	}
	it := c.p.items[itemKey{entityByName(filter.str("ENTITY_TYPE")), filter.num("ENTITY_ID")}]
	if it == nil || c.p.may(c.user, it) > ReadAccess {
		return nil, bad("ACCESS_DENIED", "Access denied.")
	}
	rows := []any{}
	for _, e := range c.p.timelineOf(it.typ, it.ID) {
		if e.Kind == EntryComment {
			rows = append(rows, selected(c.commentView(e), c.params.arr("select")))
		}
	}
	for _, dir := range c.params.arr("order").values() {
		if strings.EqualFold(scalar(dir), "desc") {
			slices.Reverse(rows)
		}
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

// selected keeps the chosen members, and the id.
func selected(row obj, names *array) any {
	if names.len() == 0 {
		return row
	}
	out := obj{"ID": row["ID"]}
	for _, n := range names.values() {
		name := scalar(n)
		if name == "*" {
			return row
		}
		if v, ok := row[name]; ok {
			out[name] = v
		}
	}
	return out
}

func (c *call) commentView(e *entry) obj {
	files := obj{}
	for _, id := range e.objects {
		o := c.p.objects[id]
		if o == nil || c.p.blobs[o.blob] == nil {
			continue
		}
		base := fmt.Sprintf("%s/disk/showFile/%d/?&ncc=1&filename=%s", c.p.base(), id, url.QueryEscape(o.name))
		files[itoa(id)] = obj{
			"id": id, "date": c.p.stamp(o.created), "type": "file", "name": o.name, "size": len(c.p.blobs[o.blob].data),
			"image": false, "authorId": o.createdBy, "authorName": c.p.userName(o.createdBy),
			"urlPreview": base, "urlShow": base,
			"urlDownload": strings.Replace(base, "showFile", "downloadFile", 1),
		}
	}
	return obj{
		"ID": itoa(e.ID), "ENTITY_ID": itoa(e.EntityID), "ENTITY_TYPE": strings.ToLower(entityName(e.EntityType)),
		"CREATED": c.p.stamp(e.Created), "COMMENT": e.Text, "AUTHOR_ID": itoa(e.Author), "FILES": phpMap(files),
	}
}

func (c *call) commentFor(want Access) (*entry, *restError) {
	e := c.p.comment(c.params.num("id"))
	if e == nil {
		return nil, bad("", "Not found")
	}
	it := c.p.items[itemKey{e.EntityType, e.EntityID}]
	if it == nil || c.p.may(c.user, it) > want {
		return nil, bad("ACCESS_DENIED", "Access denied.")
	}
	return e, nil
}

func commentGet(c *call) (any, *restError) {
	e, fail := c.commentFor(ReadAccess)
	if fail != nil {
		return nil, fail
	}
	return c.commentView(e), nil
}

// commentAdd: the author is the token's user, whatever AUTHOR_ID says.
func commentAdd(c *call) (any, *restError) {
	f := c.params.arr("fields")
	it := c.p.items[itemKey{entityByName(f.str("ENTITY_TYPE")), f.num("ENTITY_ID")}]
	switch {
	case it == nil:
		return nil, bad("OWNER_NOT_FOUND", "Owner was not found")
	case c.p.may(c.user, it) > UpdateAccess:
		return nil, bad("ACCESS_DENIED", "Access denied.")
	case f.str("COMMENT") == "":
		return nil, bad("INVALID_ARG_VALUE", "Empty comment message")
	}
	e := c.p.addComment(it.typ, it.ID, c.clientID(), Comment{Author: c.user, Text: f.str("COMMENT"), Files: uploads(f.arr("FILES"))})
	c.fire("ONCRMTIMELINECOMMENTADD", obj{"FIELDS": obj{"ID": e.ID}})
	return e.ID, nil
}

func (c *call) clientID() string {
	if c.app == nil {
		return ""
	}
	return c.app.ClientID
}

// uploads reads a list of ["name", "base64"] pairs; others are skipped.
func uploads(files *array) []File {
	var out []File
	for _, v := range files.values() {
		if a, ok := v.(*array); ok && a.arr("fileData") != nil {
			v = a.arr("fileData")
		}
		if name, data, ok := upload(v); ok {
			out = append(out, File{Name: name, Content: data})
		}
	}
	return out
}

// commentUpdate is the author's alone; FILES, when given, replace all.
func commentUpdate(c *call) (any, *restError) {
	e, fail := c.commentFor(ReadAccess)
	if fail != nil {
		return nil, fail
	}
	f := c.params.arr("fields")
	switch {
	case e.Author != c.user:
		return nil, bad("ACCESS_DENIED", "Access denied.")
	case f.str("COMMENT") == "":
		return nil, bad("INVALID_ARG_VALUE", "Empty comment message")
	}
	e.Text = f.str("COMMENT")
	if _, given := f.get("FILES"); given {
		e.objects = nil
		for _, file := range uploads(f.arr("FILES")) {
			e.objects = append(e.objects, c.p.addObject(c.p.uploadsOf(c.user), c.user, file.Name, file.Content).id)
		}
	}
	c.fire("ONCRMTIMELINECOMMENTUPDATE", obj{"FIELDS": obj{"ID": e.ID}})
	return true, nil
}

func commentDelete(c *call) (any, *restError) {
	e, fail := c.commentFor(UpdateAccess)
	if fail != nil {
		return nil, fail
	}
	if e.Author != c.user && !c.p.isAdmin(c.user) {
		return nil, bad("ACCESS_DENIED", "Access denied.")
	}
	c.p.removeEntry(e)
	c.fire("ONCRMTIMELINECOMMENTDELETE", obj{"FIELDS": obj{"ID": e.ID}})
	return true, nil
}
