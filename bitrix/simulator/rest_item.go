package simulator

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// itemMethods are crm.item.* (api-reference/crm/universal, crm/lib/controller/item.php).
func itemMethods() registry {
	return registry{
		"crm.item.get":    {scope: "crm", run: itemGet},
		"crm.item.list":   {scope: "crm", run: itemList},
		"crm.item.fields": {scope: "crm", run: itemFields},
		"crm.item.add":    {scope: "crm", run: itemAdd},
		"crm.item.update": {scope: "crm", run: itemUpdate, target: itemTarget},
		"crm.item.delete": {scope: "crm", run: itemDelete, target: itemTarget},
		"crm.type.list":   {scope: "crm", run: typeList},

		"crm.controller.item.getfile": {scope: "crm", run: itemFile},
	}
}

func itemTarget(q *array) (int, int) { return q.num("entityTypeId"), q.num("id") }

// itemFor finds the item that the call names and checks the right to it.
func (c *call) itemFor(want Access) (*item, *restError) {
	typ := c.params.num("entityTypeId")
	if !c.p.typeExists(typ) {
		return nil, bad("ENTITY_TYPE_NOT_SUPPORTED", fmt.Sprintf("Entity type %d is not supported", typ))
	}
	it := c.p.items[itemKey{typ, c.params.num("id")}]
	if it == nil {
		return nil, errItemNotFound()
	}
	if c.p.may(c.user, it) > want {
		return nil, errItemDenied()
	}
	return it, nil
}

func itemGet(c *call) (any, *restError) {
	it, fail := c.itemFor(ReadAccess)
	if fail != nil {
		return nil, fail
	}
	return obj{"item": c.itemView(it)}, nil
}

// itemView is an item as crm.item.* tells it: numbers are numbers.
func (c *call) itemView(it *item) obj {
	out := obj{
		"id": it.ID, "xmlId": nil, "title": it.Title, "createdBy": it.CreatedBy, "updatedBy": it.updatedBy,
		"createdTime": c.p.stamp(it.created), "updatedTime": c.p.stamp(it.updated), "movedTime": c.p.stamp(it.created),
		"categoryId": it.Category, "opened": "Y", "stageId": it.Stage, "assignedById": it.Responsible,
		"opportunity": it.Amount, "currencyId": it.Currency, "companyId": 0, "contactId": 0, "contactIds": []any{},
		"entityTypeId": it.typ, "observers": []any{},
	}
	original := c.originalNames()
	for _, f := range c.p.fieldsOf(it.typ) {
		name := f.camel()
		if original {
			name = f.Name
		}
		if f.Type != "file" {
			out[name] = it.values[f.Name]
			continue
		}
		links := []any{}
		for _, id := range it.files[f.Name] {
			links = append(links, c.itemFileView(it, f, id))
		}
		switch {
		case f.Multiple:
			out[name] = links
		case len(links) > 0:
			out[name] = links[0]
		default:
			out[name] = nil
		}
	}
	return out
}

func (c *call) originalNames() bool {
	return strings.EqualFold(c.params.str("useOriginalUfNames"), "Y")
}

// itemFileView has two addresses: one for people and one for machines; no
// name, no size.
func (c *call) itemFileView(it *item, f *Field, id int) obj {
	q := url.Values{
		"entityTypeId": {itoa(it.typ)}, "id": {itoa(it.ID)}, "fieldName": {f.Name}, "fileId": {itoa(id)},
	}
	return obj{
		"id":         id,
		"url":        c.p.base() + itemFilePath(it, f, id),
		"urlMachine": c.specialURL("crm.controller.item.getFile", "crm", q),
	}
}

// itemFilePath is the address for people, relative to the portal.
func itemFilePath(it *item, f *Field, id int) string {
	return fmt.Sprintf("/bitrix/services/main/ajax.php?action=crm.controller.item.getFile&SITE_ID=s1&entityTypeId=%d&id=%d&fieldName=%s&fileId=%d",
		it.typ, it.ID, f.Name, id)
}

// itemFile is the download behind urlMachine: it looks again whether the item
// still has the file and whether the user may read it.
func itemFile(c *call) (any, *restError) {
	q, fail := c.linkQuery()
	if fail != nil {
		return nil, fail
	}
	it := c.p.items[itemKey{q.num("entityTypeId"), q.num("id")}]
	if it == nil {
		return nil, errItemNotFound()
	}
	if c.p.may(c.user, it) > ReadAccess {
		return nil, errItemDenied()
	}
	b := c.p.fieldBlob(it, q.str("fieldName"), q.num("fileId"))
	if b == nil {
		return nil, nil //nolint:nilnil // the portal answers {"result":null}
	}
	return c.p.fileAnswer(b), nil
}

func (p *Portal) fieldBlob(it *item, field string, id int) *blob {
	f := p.field(it.typ, field)
	if f == nil || !slices.Contains(it.files[f.Name], id) {
		return nil
	}
	return p.blobs[id]
}

func itemList(c *call) (any, *restError) {
	typ := c.params.num("entityTypeId")
	if !c.p.typeExists(typ) {
		return nil, bad("ENTITY_TYPE_NOT_SUPPORTED", fmt.Sprintf("Entity type %d is not supported", typ))
	}
	rows := []any{}
	for _, it := range c.p.itemsOf(typ) {
		if c.p.may(c.user, it) <= ReadAccess && itemMatches(it, c.params.arr("filter")) {
			rows = append(rows, c.itemView(it))
		}
	}
	page, next := paged(c, rows, 50)
	return list{items: obj{"items": page}, total: len(rows), next: next}, nil
}

// itemMatches knows filters by id, title, stage and responsible person.
func itemMatches(it *item, filter *array) bool {
	if filter == nil {
		return true
	}
	have := map[string]string{
		"id": itoa(it.ID), "title": it.Title, "stageid": it.Stage, "stage_id": it.Stage,
		"assignedbyid": itoa(it.Responsible), "assigned_by_id": itoa(it.Responsible), "categoryid": itoa(it.Category),
	}
	for _, key := range filter.keys {
		name := strings.ToLower(strings.TrimLeft(key, "=@><!%"))
		v, known := have[name]
		if !known {
			continue
		}
		want := filter.vals[key]
		var ok bool
		switch {
		case strings.HasPrefix(key, ">="):
			ok = integer(v) >= integer(scalar(want))
		case strings.HasPrefix(key, ">"):
			ok = integer(v) > integer(scalar(want))
		case strings.HasPrefix(key, "<"):
			ok = integer(v) < integer(scalar(want))
		case strings.HasPrefix(key, "%"):
			ok = strings.Contains(strings.ToLower(v), strings.ToLower(scalar(want)))
		case strings.HasPrefix(key, "!"):
			ok = !anyOf(want, v)
		default:
			ok = anyOf(want, v)
		}
		if !ok {
			return false
		}
	}
	return true
}

func itemFields(c *call) (any, *restError) {
	typ := c.params.num("entityTypeId")
	if !c.p.typeExists(typ) {
		return nil, bad("ENTITY_TYPE_NOT_SUPPORTED", fmt.Sprintf("Entity type %d is not supported", typ))
	}
	fields := obj{}
	for name, kind := range map[string]string{
		"id": "integer", "title": "string", "stageId": "crm_status", "categoryId": "crm_category",
		"assignedById": "user", "opportunity": "double", "currencyId": "crm_currency", "createdTime": "datetime",
	} {
		fields[name] = obj{
			"type": kind, "isRequired": false, "isReadOnly": name == "id", "isImmutable": false,
			"isMultiple": false, "isDynamic": false, "title": name, "upperName": strings.ToUpper(name),
		}
	}
	for _, f := range c.p.fieldsOf(typ) {
		name := f.camel()
		if c.originalNames() {
			name = f.Name
		}
		fields[name] = obj{
			"type": f.Type, "isRequired": false, "isReadOnly": false, "isImmutable": false, "isMultiple": f.Multiple,
			"isDynamic": true, "title": f.Label, "listLabel": f.Label, "formLabel": f.Label, "filterLabel": f.Label,
			"settings": obj{"EXTENSIONS": []any{}, "MAX_ALLOWED_SIZE": 0}, "upperName": f.Name,
		}
	}
	return obj{"fields": fields}, nil
}

func itemAdd(c *call) (any, *restError) {
	typ := c.params.num("entityTypeId")
	if !c.p.typeExists(typ) {
		return nil, bad("ENTITY_TYPE_NOT_SUPPORTED", fmt.Sprintf("Entity type %d is not supported", typ))
	}
	it := c.p.addItem(typ, Item{Title: "New item", Responsible: c.user})
	if fail := c.setFields(it, c.params.arr("fields")); fail != nil {
		return nil, fail
	}
	return obj{"item": c.itemView(it)}, nil
}

func itemDelete(c *call) (any, *restError) {
	it, fail := c.itemFor(UpdateAccess)
	if fail != nil {
		return nil, fail
	}
	c.p.deleteItem(it)
	c.fire(itemEvent(it.typ, "DELETE"), itemEventData(it))
	return []any{}, nil
}

// itemUpdate overwrites each field that is given, whole.
func itemUpdate(c *call) (any, *restError) {
	it, fail := c.itemFor(UpdateAccess)
	if fail != nil {
		return nil, fail
	}
	before := it.snapshot()
	fail = c.setFields(it, c.params.arr("fields"))
	if !before.equal(it) {
		c.touch(it)
	}
	if fail != nil {
		return nil, fail // the operation was launched all the same: see setFile
	}
	return obj{"item": c.itemView(it)}, nil
}

// snapshot and equal find out whether anything changed: if not, nothing is saved.
func (it *item) snapshot() *item {
	out := *it
	out.files, out.values = map[string][]int{}, maps.Clone(it.values)
	for k, v := range it.files {
		out.files[k] = slices.Clone(v)
	}
	return &out
}

func (it *item) equal(b *item) bool {
	return it.Item == b.Item && maps.EqualFunc(it.files, b.files, slices.Equal) &&
		maps.EqualFunc(it.values, b.values, func(x, y any) bool { return fmt.Sprint(x) == fmt.Sprint(y) })
}

func (c *call) setFields(it *item, fields *array) *restError {
	if fields == nil {
		return nil
	}
	var fail *restError
	for _, name := range fields.keys {
		v := fields.vals[name]
		if f := c.p.field(it.typ, name); f != nil {
			if f.Type != "file" {
				it.values[f.Name] = plain(v)
				continue
			}
			if e := c.p.setFile(it, f, v); e != nil {
				fail = e
			}
			continue
		}
		switch name {
		case "title", "TITLE":
			it.Title = scalar(v)
		case "stageId", "STAGE_ID":
			it.Stage = scalar(v)
		case "categoryId", "CATEGORY_ID":
			it.Category = integer(scalar(v))
		case "assignedById", "ASSIGNED_BY_ID":
			it.Responsible = integer(scalar(v))
		case "opportunity", "OPPORTUNITY":
			it.Amount = float64(integer(scalar(v)))
		}
	}
	return fail
}

// setFile gives a file field its new value (crm/lib/Service/FileUploader.php):
//
//   - an entry {"id": N} keeps N where it is attached; other ids are ignored;
//     on a single field a foreign id clears it;
//   - ["name", "base64"] adds a file; what is not named is deleted;
//   - an upload without content is an error, yet the rest is carried out, so
//     that the old file is lost.
func (p *Portal) setFile(it *item, f *Field, v any) *restError {
	entries := []any{v}
	if f.Multiple {
		a, _ := v.(*array)
		entries = a.values()
	}
	old := it.files[f.Name]
	var next []int
	var fail *restError
	for _, e := range entries {
		a, ok := e.(*array)
		if !ok || a.len() == 0 {
			continue
		}
		if _, ok := a.get("id"); ok {
			if id := a.num("id"); slices.Contains(old, id) && !slices.Contains(next, id) {
				next = append(next, id)
			}
			continue
		}
		name, data, ok := upload(a)
		if !ok {
			fail = bad("100", fmt.Sprintf("Could not save file in field %s", f.Name))
			continue
		}
		next = append(next, p.addBlob(name, data).id)
	}
	for _, id := range old {
		if !slices.Contains(next, id) {
			delete(p.blobs, id)
		}
	}
	it.files[f.Name] = next
	return fail
}

func typeList(c *call) (any, *restError) {
	types := []any{}
	for _, n := range c.p.dynamicTypes() {
		types = append(types, obj{"id": n - firstDynamicType + 1, "title": c.p.types[n], "entityTypeId": n})
	}
	return list{items: obj{"types": types}, total: len(types)}, nil
}
