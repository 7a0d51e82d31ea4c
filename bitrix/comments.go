package bitrix

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
)

// Comment is a comment in the timeline of a CRM record.
type Comment struct {
	ID         ID               `json:"ID"`
	EntityID   ID               `json:"ENTITY_ID"`
	EntityType Text             `json:"ENTITY_TYPE"` // such as "deal"
	Created    Time             `json:"CREATED"`
	Text       Text             `json:"COMMENT"` // with BB codes
	AuthorID   ID               `json:"AUTHOR_ID"`
	FilesByID  Map[CommentFile] `json:"FILES"` // by the ID of the Drive object
}

// CommentFile is a file of a comment. ID is that of a Drive object: download
// it through [Client.DriveFile], which the user's rights on Drive may forbid.
type CommentFile struct {
	ID         ID   `json:"id"`
	Name       Text `json:"name"`
	Size       Int  `json:"size"` // bytes
	Date       Time `json:"date"`
	AuthorID   ID   `json:"authorId"`
	AuthorName Text `json:"authorName"`
}

// Files returns the files in the order of their ids.
func (c Comment) Files() []CommentFile {
	return slices.SortedFunc(maps.Values(c.FilesByID), func(a, b CommentFile) int { return cmp.Compare(a.ID, b.ID) })
}

// NewComment is a comment to be written. Its author is the user of the token.
type NewComment struct {
	Entity   EntityType
	EntityID ID
	Text     string // with BB codes; required
	Files    []File
}

// ListComments is the command for the first page of [Client.Comments].
func ListComments(entity EntityType, id ID) Command[List[Comment]] {
	return Read[List[Comment]]("crm.timeline.comment.list", Params{
		"filter": Params{"ENTITY_ID": id, "ENTITY_TYPE": entity.Name()},
		"select": []any{"ID", "ENTITY_ID", "ENTITY_TYPE", "CREATED", "COMMENT", "AUTHOR_ID", "FILES"},
		"order":  Params{"ID": "DESC"},
	})
}

// Comments returns the comments of a CRM record, the newest first.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/comments/crm-timeline-comment-list.html
func (c *Client) Comments(ctx context.Context, entity EntityType, id ID) iter.Seq2[Comment, error] {
	return pages(ctx, c, ListComments(entity, id))
}

// Comment returns a comment. It is [ErrNotFound] or [ErrAccessDenied].
// https://apidocs.bitrix24.com/api-reference/crm/timeline/comments/crm-timeline-comment-get.html
func (c *Client) Comment(ctx context.Context, id ID) (Comment, error) {
	return Call(ctx, c, Read[Comment]("crm.timeline.comment.get", Params{"id": id}))
}

// AddComment writes a comment and returns its id. Its files are stored in the
// author's Drive, under names made unique.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/comments/crm-timeline-comment-add.html
func (c *Client) AddComment(ctx context.Context, n NewComment) (ID, error) {
	fields := Params{"ENTITY_ID": n.EntityID, "ENTITY_TYPE": n.Entity.Name(), "COMMENT": n.Text}
	if len(n.Files) > 0 {
		fields["FILES"] = anys(n.Files)
	}
	return Call(ctx, c, Write[ID]("crm.timeline.comment.add", Params{"fields": fields}))
}

// UpdateComment changes a comment, which its author alone may do. Without
// files they stay as they are; with files they replace all that were there.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/comments/crm-timeline-comment-update.html
func (c *Client) UpdateComment(ctx context.Context, id ID, n NewComment) error {
	fields := Params{"COMMENT": n.Text}
	if len(n.Files) > 0 {
		fields["FILES"] = anys(n.Files)
	}
	params := Params{"id": id, "fields": fields}
	if n.EntityID != 0 {
		params["ownerTypeId"], params["ownerId"] = n.Entity, n.EntityID
	}
	_, err := Call(ctx, c, Write[Text]("crm.timeline.comment.update", params))
	return err
}

// DeleteComment removes a comment, which its author and administrators may do.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/comments/crm-timeline-comment-delete.html
func (c *Client) DeleteComment(ctx context.Context, entity EntityType, entityID, id ID) error {
	_, err := Call(ctx, c, Write[Text]("crm.timeline.comment.delete", Params{
		"id": id, "ownerTypeId": entity, "ownerId": entityID,
	}))
	return err
}
