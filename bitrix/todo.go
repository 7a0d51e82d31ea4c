package bitrix

import (
	"context"
	"time"
)

// NewTodo is a to-do to be written at a CRM record.
type NewTodo struct {
	Entity      EntityType
	EntityID    ID
	Deadline    time.Time // required
	Title       string
	Description string
	Responsible ID // the user it is for; 0 means the user of the token
}

// AddTodo writes a to-do and returns the id of its activity.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/todo/crm-activity-todo-add.html
func (c *Client) AddTodo(ctx context.Context, n NewTodo) (ID, error) {
	params := Params{
		"ownerTypeId": n.Entity, "ownerId": n.EntityID, "deadline": n.Deadline.Format(time.RFC3339),
		"title": n.Title, "description": n.Description,
	}
	if n.Responsible != 0 {
		params["responsibleId"] = n.Responsible
	}
	return Call(ctx, c, inside("id", Write[ID]("crm.activity.todo.add", params)))
}
