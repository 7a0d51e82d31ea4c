package bitrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Item is a record of the CRM: a deal, a lead, an entry of a smart process.
// Custom fields are read by their original name, UF_CRM_….
type Item struct {
	ID         ID
	Title      string
	Created    Time
	Updated    Time
	AssignedTo ID
	Stage      string
	Category   ID

	all Map[json.RawMessage]
}

// UnmarshalJSON implements [json.Unmarshaler].
func (i *Item) UnmarshalJSON(data []byte) error {
	type item struct {
		ID         ID   `json:"id"`
		Title      Text `json:"title"`
		Created    Time `json:"createdTime"`
		Updated    Time `json:"updatedTime"`
		AssignedTo ID   `json:"assignedById"`
		Stage      Text `json:"stageId"`
		Category   ID   `json:"categoryId"`
	}
	var known item
	var all Map[json.RawMessage]
	if err := errors.Join(json.Unmarshal(data, &known), json.Unmarshal(data, &all)); err != nil {
		return err
	}
	if known.ID <= 0 {
		return errors.New("item without id")
	}
	*i = Item{
		ID: known.ID, Title: string(known.Title), Created: known.Created, Updated: known.Updated,
		AssignedTo: known.AssignedTo, Stage: string(known.Stage), Category: known.Category, all: all,
	}
	return nil
}

// Has reports whether the item has the field at all: a field that the user
// may not see is missing.
func (i Item) Has(field string) bool {
	_, ok := i.all[field]
	return ok
}

// Decode reads a field into a value; a field that is missing leaves it as it
// is.
func (i Item) Decode(field string, into any) error {
	raw, ok := i.all[field]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("field %s: %w", field, err)
	}
	return nil
}

// ItemFile is a file in a custom field. Its content never changes: a changed
// file has another ID. These are not the IDs of Drive. The name is told by
// the download alone.
type ItemFile struct {
	ID   ID     `json:"id"`
	URL  string `json:"url"`        // for a person who is signed in at the portal
	Link Secret `json:"urlMachine"` // for [Client.Download]; dies with the access token
}

// Files returns the files in a custom field, single or multiple, in their
// order. A field that is empty or missing has none.
func (i Item) Files(field string) ([]ItemFile, error) {
	raw, ok := i.all[field]
	if !ok || isEmpty(raw) {
		return nil, nil
	}
	var files List[ItemFile]
	var err error
	if raw[0] == '{' {
		var one ItemFile
		err = json.Unmarshal(raw, &one)
		files = List[ItemFile]{one}
	} else {
		err = json.Unmarshal(raw, &files)
	}
	if err != nil {
		return nil, fmt.Errorf("field %s: not a file field: %w", field, err)
	}
	for _, f := range files {
		if f.ID <= 0 {
			return nil, fmt.Errorf("field %s: file without id", field)
		}
	}
	return files, nil
}

// Field describes a field of an entity type.
type Field struct {
	Type      Text `json:"type"` // "file", "string", "integer", …
	Title     Text `json:"title"`
	ListLabel Text `json:"listLabel"`
	FormLabel Text `json:"formLabel"`
	Required  Bool `json:"isRequired"`
	ReadOnly  Bool `json:"isReadOnly"`
	Immutable Bool `json:"isImmutable"`
	Multiple  Bool `json:"isMultiple"`
	Dynamic   Bool `json:"isDynamic"` // a custom field
}

// Label returns what the portal's card shows beside the field.
func (f Field) Label() string {
	for _, label := range []Text{f.FormLabel, f.ListLabel, f.Title} {
		if label != "" {
			return string(label)
		}
	}
	return ""
}

// originalNames makes the portal use UF_CRM_… for custom fields: the other
// spelling (ufCrm_…) cannot be converted back with certainty.
func originalNames(p Params) Params {
	p["useOriginalUfNames"] = "Y"
	return p
}

// GetItem is the command for [Client.Item].
func GetItem(entity EntityType, id ID) Command[Item] {
	return inside("item", Read[Item]("crm.item.get", originalNames(Params{"entityTypeId": entity, "id": id})))
}

// Item returns a record of the CRM, with the fields that the user may see.
// It is [ErrNotFound] or [ErrAccessDenied].
// https://apidocs.bitrix24.com/api-reference/crm/universal/crm-item-get.html
func (c *Client) Item(ctx context.Context, entity EntityType, id ID) (Item, error) {
	return Call(ctx, c, GetItem(entity, id))
}

// GetItemFields is the command for [Client.ItemFields].
func GetItemFields(entity EntityType) Command[Map[Field]] {
	return inside("fields", Read[Map[Field]]("crm.item.fields", originalNames(Params{"entityTypeId": entity})))
}

// ItemFields returns the fields of an entity type by name.
// https://apidocs.bitrix24.com/api-reference/crm/universal/crm-item-fields.html
func (c *Client) ItemFields(ctx context.Context, entity EntityType) (Map[Field], error) {
	return Call(ctx, c, GetItemFields(entity))
}

// UpdateItem changes fields of a record and returns the record after it, with
// the new ids of its files. Values:
//
//   - a single file field: a [File], which replaces the old one for good;
//   - a multiple file field: [FileSlots], which replace the whole field;
//   - nil clears a field; anything else is sent as JSON.
//
// There is no lock: read the item right before and after, and keep the old
// file's bytes. Even an update that is answered with an error may have
// deleted the old file. Large files take their time, but hardly any memory.
// https://apidocs.bitrix24.com/api-reference/crm/universal/crm-item-update.html
func (c *Client) UpdateItem(ctx context.Context, entity EntityType, id ID, fields Params) (Item, error) {
	for name, value := range fields {
		if err := checkFileValue(value); err != nil {
			return Item{}, fmt.Errorf("crm.item.update: field %s: %w", name, err)
		}
	}
	return Call(ctx, c, inside("item", Write[Item]("crm.item.update", originalNames(Params{
		"entityTypeId": entity, "id": id, "fields": fields,
	}))))
}

// FileSlots are the files of a multiple file field, in their order. Files
// that are attached now and not among the slots are deleted.
type FileSlots []FileSlot

// FileSlot is a file that stays, or a new one. Make it with [Keep] or [Put].
type FileSlot struct {
	keep ID
	put  *File
}

// Keep leaves the attached file with this id where it is. The portal silently
// ignores the id of a file that is not attached.
func Keep(id ID) FileSlot { return FileSlot{keep: id} }

// Put attaches a file.
func Put(f File) FileSlot { return FileSlot{put: &f} }

func (s FileSlots) expand() any {
	values := make([]any, len(s))
	for i, slot := range s {
		if slot.put != nil {
			values[i] = *slot.put
		} else {
			values[i] = Params{"id": slot.keep}
		}
	}
	return values
}

// checkFileValue refuses what would delete files by accident.
func checkFileValue(value any) error {
	switch v := value.(type) {
	case FileSlot, *File:
		return fmt.Errorf("%T is not a value of a field: use File or FileSlots", v)
	case FileSlots:
		if len(v) == 0 {
			return errors.New("no files are left: use nil to clear the field")
		}
		for _, slot := range v {
			if slot.put == nil && slot.keep <= 0 {
				return errors.New("file slot without file and id")
			}
		}
	}
	return nil
}
