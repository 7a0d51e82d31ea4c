package bitrix

import (
	"context"
	"iter"
)

// Activity is a call, an e-mail, a task or the like at a CRM record.
type Activity struct {
	ID         ID                 `json:"ID"`
	Subject    Text               `json:"SUBJECT"`
	TypeID     ID                 `json:"TYPE_ID"`     // ActivityEmail, ActivityProvider, …
	ProviderID Text               `json:"PROVIDER_ID"` // such as CRM_EMAIL
	Direction  ID                 `json:"DIRECTION"`   // 1 incoming, 2 outgoing
	Created    Time               `json:"CREATED"`
	AuthorID   ID                 `json:"AUTHOR_ID"`
	Files      List[ActivityFile] `json:"FILES"`
}

// Types of activities.
const (
	ActivityMeeting  ID = 1
	ActivityCall     ID = 2
	ActivityTask     ID = 3
	ActivityEmail    ID = 4
	ActivityProvider ID = 6 // to-do, configurable, of applications
)

// ActivityFile is a file of an activity. ID is that of a Drive object. Link
// asks for the right to the activity rather than to the Drive object. The
// name is told by the download or by [Client.DriveFile].
type ActivityFile struct {
	ID   ID     `json:"id"`
	Link Secret `json:"url"` // for [Client.Download]; dies with the access token
}

// ListActivities is the command for the first page of [Client.Activities].
func ListActivities(entity EntityType, id ID) Command[List[Activity]] {
	return Read[List[Activity]]("crm.activity.list", Params{
		// By binding: a filter by owner misses activities with several records.
		"filter": Params{"BINDINGS": []any{Params{"OWNER_TYPE_ID": entity, "OWNER_ID": id}}},
		"select": []any{"ID", "SUBJECT", "TYPE_ID", "PROVIDER_ID", "DIRECTION", "CREATED", "AUTHOR_ID", "FILES"},
		"order":  Params{"ID": "DESC"},
	})
}

// Activities returns the activities that are bound to a CRM record, with
// their files, the newest first.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/activity-base/crm-activity-list.html
func (c *Client) Activities(ctx context.Context, entity EntityType, id ID) iter.Seq2[Activity, error] {
	return pages(ctx, c, ListActivities(entity, id))
}

// ActivityAt returns one activity if it is bound to the CRM record, with its
// files. It is [ErrNotFound] otherwise.
func (c *Client) ActivityAt(ctx context.Context, entity EntityType, id, activity ID) (Activity, error) {
	cmd := ListActivities(entity, id)
	cmd.params = cmd.params.with(nil)
	cmd.params["filter"] = cmd.params["filter"].(Params).with(Params{"ID": activity})
	list, err := Call(ctx, c, cmd)
	if err != nil {
		return Activity{}, err
	}
	for _, a := range list {
		if a.ID == activity {
			return a, nil
		}
	}
	return Activity{}, &Error{Method: cmd.method, Host: c.base.Host, Err: ErrNotFound}
}
