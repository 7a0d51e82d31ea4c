package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// dealMethods are the classic crm.deal.*: values are strings, error codes are
// empty (crm/classes/general/restservice.php).
func dealMethods() registry {
	dealTarget := func(q *array) (int, int) { return EntityDeal, q.upper().num("ID") }
	return registry{
		"crm.deal.get":            {scope: "crm", run: dealGet},
		"crm.deal.list":           {scope: "crm", run: dealList},
		"crm.deal.update":         {scope: "crm", run: dealUpdate, target: dealTarget},
		"crm.deal.userfield.list": {scope: "crm", run: dealFieldList},
		"crm.deal.userfield.add":  {scope: "crm", admin: true, run: dealFieldAdd},
	}
}

func (c *call) dealFor(want Access) (*item, *restError) {
	it := c.p.items[itemKey{EntityDeal, c.params.upper().num("ID")}]
	if it == nil {
		return nil, errOldNotFound()
	}
	if c.p.may(c.user, it) > want {
		return nil, errOldDenied()
	}
	return it, nil
}

func dealGet(c *call) (any, *restError) {
	it, fail := c.dealFor(ReadAccess)
	if fail != nil {
		return nil, fail
	}
	return c.dealView(it), nil
}

// dealView has relative addresses of files; an empty single field is left out.
func (c *call) dealView(it *item) obj {
	out := obj{
		"ID": itoa(it.ID), "TITLE": it.Title, "STAGE_ID": it.Stage, "CATEGORY_ID": itoa(it.Category),
		"ASSIGNED_BY_ID": itoa(it.Responsible), "CREATED_BY_ID": itoa(it.CreatedBy), "MODIFY_BY_ID": itoa(it.updatedBy),
		"OPPORTUNITY": fmt.Sprintf("%.2f", it.Amount), "CURRENCY_ID": it.Currency,
		"DATE_CREATE": c.p.stamp(it.created), "DATE_MODIFY": c.p.stamp(it.updated), "CLOSED": "N", "OPENED": "Y",
	}
	for _, f := range c.p.fieldsOf(it.typ) {
		if f.Type != "file" {
			out[f.Name] = it.values[f.Name]
			continue
		}
		links := []any{}
		for _, id := range it.files[f.Name] {
			const path = "/bitrix/components/bitrix/crm.deal.show/show_file.php?"
			tail := fmt.Sprintf("ownerId=%d&fieldName=%s&dynamic=Y&fileId=%d", it.ID, f.Name, id)
			links = append(links, obj{"id": id, "showUrl": path + tail, "downloadUrl": path + "auth=" + c.auth + "&" + tail})
		}
		switch {
		case f.Multiple:
			out[f.Name] = links
		case len(links) > 0:
			out[f.Name] = links[0]
		}
	}
	return out
}

func dealList(c *call) (any, *restError) {
	rows := []any{}
	for _, it := range c.p.itemsOf(EntityDeal) {
		if c.p.may(c.user, it) <= ReadAccess && itemMatches(it, c.params.arr("filter")) {
			rows = append(rows, c.dealView(it))
		}
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

// dealUpdate rewrites a file field with the uploads given and forgets entries
// that hold only an id: the other files of a multiple field are lost.
func dealUpdate(c *call) (any, *restError) {
	it, fail := c.dealFor(UpdateAccess)
	if fail != nil {
		return nil, fail
	}
	before := it.snapshot()
	fields := &array{}
	if given := c.params.upper().arr("FIELDS"); given != nil {
		for _, name := range given.keys {
			v := given.vals[name]
			if f := c.p.field(EntityDeal, name); f != nil && f.Type == "file" {
				c.setOldFile(it, f, v)
				continue
			}
			fields.set(name, v)
		}
	}
	if fail := c.setFields(it, fields); fail != nil {
		return nil, bad("", fail.Desc)
	}
	if !before.equal(it) {
		c.touch(it)
	}
	return true, nil
}

func (c *call) setOldFile(it *item, f *Field, v any) {
	entries := []any{v}
	if a, ok := v.(*array); ok && f.Multiple {
		entries = a.values()
	}
	old := it.files[f.Name]
	gone := map[int]bool{}
	var added []int
	for _, e := range entries {
		a, _ := e.(*array)
		switch {
		case a.len() == 0:
		case yes(a.str("remove")):
			gone[a.num("id")] = true
		default:
			if name, data, ok := upload(a.arr("fileData")); ok {
				added = append(added, c.p.addBlob(name, data).id)
			}
		}
	}
	next := added
	if len(added) == 0 { // only removals, or entries that are dropped
		for _, id := range old {
			if !gone[id] && (len(gone) > 0 || !f.Multiple) {
				next = append(next, id)
			}
		}
	}
	for _, id := range old {
		if !slices.Contains(next, id) {
			delete(c.p.blobs, id)
		}
	}
	it.files[f.Name] = next
}

func dealFieldList(c *call) (any, *restError) {
	filter := c.params.upper().arr("FILTER")
	rows := []any{}
	for _, f := range c.p.fieldsOf(EntityDeal) {
		if v, ok := filter.get("USER_TYPE_ID"); ok && scalar(v) != f.Type {
			continue
		}
		if v, ok := filter.get("FIELD_NAME"); ok && scalar(v) != f.Name {
			continue
		}
		multiple := "N"
		if f.Multiple {
			multiple = "Y"
		}
		rows = append(rows, obj{
			"ID": itoa(f.ID), "ENTITY_ID": "CRM_DEAL", "FIELD_NAME": f.Name, "USER_TYPE_ID": f.Type, "MULTIPLE": multiple,
			"MANDATORY": "N", "SETTINGS": []any{}, "EDIT_FORM_LABEL": f.Label,
		})
	}
	page, next := paged(c, rows, 50)
	return list{items: page, total: len(rows), next: next}, nil
}

func dealFieldAdd(c *call) (any, *restError) {
	fields := c.params.upper().arr("FIELDS").upper()
	name := fields.str("FIELD_NAME")
	if name == "" || c.p.field(EntityDeal, "UF_CRM_"+strings.TrimPrefix(strings.ToUpper(name), "UF_CRM_")) != nil {
		return nil, bad("", "The field name is missing or already in use")
	}
	label := fields.str("EDIT_FORM_LABEL")
	if langs := fields.arr("EDIT_FORM_LABEL"); langs.len() > 0 {
		label = scalar(langs.values()[0])
	}
	f := c.p.addField(Field{
		EntityType: EntityDeal, Name: name, Label: or(label, name), Type: fields.str("USER_TYPE_ID"), Multiple: yes(fields.str("MULTIPLE")),
	})
	return f.ID, nil
}

// showFile is show_file.php: with a token it is for machines, with a session
// for people. Failures are words with status 200.
func (p *Portal) showFile(w http.ResponseWriter, r *http.Request) {
	p.fileFault(w, r, "show_file", func(w http.ResponseWriter, c *call) {
		p.cloud.mu.Lock()
		defer p.cloud.mu.Unlock()
		if !p.fileCaller(c, "crm") {
			plainFailure(w, "Access denied.")
			return
		}
		it := p.items[itemKey{EntityDeal, c.params.num("ownerId")}]
		if it == nil || p.may(c.user, it) > ReadAccess {
			plainFailure(w, "Access denied.")
			return
		}
		b := p.fieldBlob(it, c.params.str("fieldName"), c.params.num("fileId"))
		if b == nil {
			plainFailure(w, "File not found")
			return
		}
		p.fileAnswer(b).serve(w, r)
	})
}
