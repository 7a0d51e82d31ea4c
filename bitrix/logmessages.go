package bitrix

import (
	"context"
	"encoding/json"
	"iter"
)

// LogMessage is a line in the history of a CRM record. It carries no files
// and shows the user of the token as its author.
type LogMessage struct {
	ID       ID   `json:"id"`
	Created  Time `json:"created"`
	AuthorID ID   `json:"authorId"`
	Title    Text `json:"title"`
	Text     Text `json:"text"`
	Icon     Text `json:"iconCode"`
}

// NewLogMessage is a line to be written. All fields are required.
type NewLogMessage struct {
	Entity   EntityType
	EntityID ID
	Title    string
	Text     string
	Icon     string // such as "document", "check", "attention"
}

// AddLogMessage writes a line into the history of a CRM record. The user
// needs the right to change the record.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/logmessage/crm-timeline-logmessage-add.html
func (c *Client) AddLogMessage(ctx context.Context, n NewLogMessage) (LogMessage, error) {
	return Call(ctx, c, inside("logMessage", Write[LogMessage]("crm.timeline.logmessage.add", Params{"fields": Params{
		"entityTypeId": n.Entity, "entityId": n.EntityID, "title": n.Title, "text": n.Text, "iconCode": n.Icon,
	}})))
}

// ListLogMessages is the command for the first page of [Client.LogMessages].
func ListLogMessages(entity EntityType, id ID) Command[List[LogMessage]] {
	cmd := Read[List[LogMessage]]("crm.timeline.logmessage.list", Params{
		"entityTypeId": entity, "entityId": id, "order": Params{"id": "desc"},
	})
	cmd.decode = decodeLogMessages
	return cmd
}

// LogMessages returns the lines that applications have written into the
// history of a CRM record, the newest first.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/logmessage/crm-timeline-logmessage-list.html
func (c *Client) LogMessages(ctx context.Context, entity EntityType, id ID) iter.Seq2[LogMessage, error] {
	// The documentation calls the parameter start, the portal's code offset.
	return pages(ctx, c, ListLogMessages(entity, id), "offset")
}

// decodeLogMessages reads the documented list, and an object that holds it as
// other methods of this group answer.
func decodeLogMessages(raw json.RawMessage) (List[LogMessage], error) {
	if len(raw) > 0 && raw[0] == '{' {
		var in struct {
			Messages List[LogMessage] `json:"logMessages"`
		}
		err := json.Unmarshal(raw, &in)
		return in.Messages, err
	}
	var list List[LogMessage]
	err := json.Unmarshal(raw, &list)
	return list, err
}
