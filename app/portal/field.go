package portal

import (
	"context"
	"errors"
	"slices"

	"signservice/app"
	"signservice/bitrix"
)

// elementKey names a CRM element of a portal.
type elementKey struct {
	portal app.PortalID
	entity app.Entity
}

// field is a file field of an element as it was read: what it is, and the
// files in it in their order.
type field struct {
	bitrix.Field
	files []bitrix.ItemFile
}

// has tells whether the file is in the field.
func (f field) has(id bitrix.ID) bool { return id != 0 && slices.Contains(f.ids(), id) }

func (f field) ids() []bitrix.ID {
	ids := make([]bitrix.ID, len(f.files))
	for i, file := range f.files {
		ids[i] = file.ID
	}
	return ids
}

// link gives the address of a file's bytes; it dies with the access token.
func (f field) link(id bitrix.ID) (bitrix.Secret, bool) {
	for _, file := range f.files {
		if file.ID == id {
			return file.Link, true
		}
	}
	return "", false
}

// without gives the ids that stay when others are taken away.
func (f field) without(gone ...bitrix.ID) []bitrix.ID {
	return slices.DeleteFunc(f.ids(), func(id bitrix.ID) bool { return slices.Contains(gone, id) })
}

// isFileField tells whether documents can lie in a field and be replaced there.
func isFileField(f bitrix.Field) bool {
	return f.Type == "file" && bool(f.Dynamic) && !bool(f.ReadOnly)
}

// elementRead is the part of a batch that reads an element's file fields.
type elementRead struct {
	entity    app.Entity
	described *bitrix.Result[bitrix.Map[bitrix.Field]]
	item      *bitrix.Result[bitrix.Item]
}

func addFields(b *bitrix.Batch, e app.Entity) elementRead {
	return elementRead{
		entity:    e,
		described: bitrix.Add(b, bitrix.GetItemFields(bitrix.EntityType(e.Type))),
		item:      bitrix.Add(b, bitrix.GetItem(bitrix.EntityType(e.Type), bitrix.ID(e.ID))),
	}
}

// read gives the file fields by their codes. A part of the batch that failed
// is called alone: the client renews tokens and repeats for calls, not for
// parts of a batch.
func (r elementRead) read(ctx context.Context, c *bitrix.Client) (map[string]field, error) {
	item, err := r.item.Value() // first: whether the element is there says more
	if err != nil && !refusesElement(err) {
		item, err = c.Item(ctx, bitrix.EntityType(r.entity.Type), bitrix.ID(r.entity.ID))
	}
	if err != nil {
		return nil, err
	}
	fields, err := r.described.Value()
	if err != nil {
		fields, err = c.ItemFields(ctx, bitrix.EntityType(r.entity.Type))
	}
	if err != nil {
		return nil, err
	}
	found := map[string]field{}
	for code, f := range fields {
		if !isFileField(f) {
			continue
		}
		files, err := item.Files(code)
		if err != nil {
			return nil, errors.Join(bitrix.ErrUnexpectedAnswer, err)
		}
		found[code] = field{Field: f, files: files}
	}
	return found, nil
}

// readFields reads an element's file fields with the client's own rights, in
// one call.
func readFields(ctx context.Context, c *bitrix.Client, e app.Entity) (map[string]field, error) {
	if e.Type <= 0 || e.ID <= 0 {
		return nil, app.Fail(app.NotFound, "read element", "deal.gone")
	}
	var b bitrix.Batch
	element := addFields(&b, e)
	if err := c.Run(ctx, &b); err != nil {
		return nil, err
	}
	return element.read(ctx, c)
}

// refusesElement tells whether a failure is about the element itself.
func refusesElement(err error) bool {
	return errors.Is(err, bitrix.ErrNotFound) || errors.Is(err, bitrix.ErrAccessDenied)
}

// readField reads one file field; a field that is not there, or that the user
// may not see, is a document that is gone.
func readField(ctx context.Context, c *bitrix.Client, e app.Entity, code string) (field, error) {
	fields, err := readFields(ctx, c, e)
	if err != nil {
		return field{}, err
	}
	f, ok := fields[code]
	if !ok {
		return field{}, app.Fail(app.NotFound, "read field", "document.gone")
	}
	return f, nil
}
