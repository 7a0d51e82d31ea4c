package portal

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// timeline is the part of a batch that reads where files lie beside an
// element's fields: the newest fifty comments, activities and generated
// documents.
type timeline struct {
	entity     app.Entity
	comments   *bitrix.Result[bitrix.List[bitrix.Comment]]
	activities *bitrix.Result[bitrix.List[bitrix.Activity]]
	documents  *bitrix.Result[bitrix.List[bitrix.Document]]
}

func addTimeline(b *bitrix.Batch, e app.Entity) timeline {
	kind, id := bitrix.EntityType(e.Type), bitrix.ID(e.ID)
	return timeline{
		entity:     e,
		comments:   bitrix.Add(b, bitrix.ListComments(kind, id)),
		activities: bitrix.Add(b, bitrix.ListActivities(kind, id)),
		documents:  bitrix.Add(b, bitrix.ListDocuments(kind, id)),
	}
}

// attachments is what a timeline holds.
type attachments struct {
	comments   []bitrix.Comment
	activities []bitrix.Activity
	documents  []bitrix.Document
}

func (t timeline) read(ctx context.Context, c *bitrix.Client, log *slog.Logger) (found attachments, err error) {
	kind, id := bitrix.EntityType(t.entity.Type), bitrix.ID(t.entity.ID)
	if found.comments, err = optional(ctx, c, log, t.comments, bitrix.ListComments(kind, id)); err != nil {
		return found, err
	}
	if found.activities, err = optional(ctx, c, log, t.activities, bitrix.ListActivities(kind, id)); err != nil {
		return found, err
	}
	found.documents, err = optional(ctx, c, log, t.documents, bitrix.ListDocuments(kind, id))
	return found, err
}

// optional gives a list that a portal may not have: an older one, a plan
// without the document generator, a right that is missing. A part of a batch
// that fails for a passing reason is called alone: the client renews tokens
// and repeats for calls, not for parts of a batch.
func optional[T any](ctx context.Context, c *bitrix.Client, log *slog.Logger, r *bitrix.Result[bitrix.List[T]], alone bitrix.Command[bitrix.List[T]]) ([]T, error) {
	all, err := r.Value()
	if err != nil && (passing(err) || errors.Is(err, bitrix.ErrUnexpectedAnswer)) {
		all, err = bitrix.Call(ctx, c, alone)
	}
	switch {
	case err == nil:
		return all, nil
	case passing(err), ctx.Err() != nil:
		return nil, err
	}
	log.WarnContext(ctx, "source left out of the list", "error", err)
	return nil, nil
}

// candidates lists the files, the newest first.
func (a attachments) candidates(e app.Entity) []candidate {
	var all []candidate
	for _, one := range a.comments {
		all = append(all, ofComment(e, one)...)
	}
	for _, one := range a.activities {
		all = append(all, ofActivity(e, one)...)
	}
	for _, one := range a.documents {
		if one.PDFID > 0 && one.PDFLink != "" { // it is made a while after the document
			all = append(all, ofDocument(e, one))
		}
	}
	slices.SortStableFunc(all, func(x, y candidate) int {
		return cmp.Or(y.Date.Compare(x.Date), cmp.Compare(x.Ref(), y.Ref()))
	})
	return all
}

func ofComment(e app.Entity, c bitrix.Comment) (all []candidate) {
	for _, f := range c.Files() {
		if !isPDFName(string(f.Name)) {
			continue
		}
		d := app.Document{
			Source: app.SourceComment, Entity: e, Field: c.ID.String(), FileID: f.ID.String(),
			Name: string(f.Name), Size: int64(f.Size), Author: string(f.AuthorName), Date: c.Created.Time,
		}
		all = append(all, candidate{Document: d, author: cmp.Or(f.AuthorID, c.AuthorID), object: f.ID})
	}
	return all
}

func ofActivity(e app.Entity, a bitrix.Activity) (all []candidate) {
	for _, f := range a.Files {
		all = append(all, candidate{
			Document: app.Document{
				Source: sourceOf(a), Entity: e, Field: a.ID.String(), Label: string(a.Subject),
				FileID: f.ID.String(), Size: -1, Date: a.Created.Time,
			},
			author: a.AuthorID, object: f.ID, link: f.Link,
		})
	}
	return all
}

// sourceOf tells e-mails, which are never altered, from other activities.
func sourceOf(a bitrix.Activity) app.Source {
	if a.TypeID == bitrix.ActivityEmail || strings.EqualFold(string(a.ProviderID), "CRM_EMAIL") {
		return app.SourceEmail
	}
	return app.SourceActivity
}

func ofDocument(e app.Entity, g bitrix.Document) candidate {
	name := strings.TrimSpace(string(g.Title))
	if name != "" && !isPDFName(name) {
		name += ".pdf"
	}
	return candidate{
		Document: app.Document{
			Source: app.SourceGenerated, Entity: e, Field: g.ID.String(), Label: string(g.Title),
			FileID: g.PDFID.String(), Name: name, Size: -1, Date: g.Created.Time,
		},
		author: g.AuthorID, key: factKey{id: g.PDFID}, link: g.PDFLink,
	}
}
