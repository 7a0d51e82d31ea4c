package bitrix

import (
	"context"
	"encoding/json"
)

// ItemType is a smart process: a kind of CRM records that the portal's
// administrators have defined.
type ItemType struct {
	Entity ID   `json:"entityTypeId"`
	Title  Text `json:"title"`
}

// ItemTypes returns the portal's smart processes, at most fifty.
// https://apidocs.bitrix24.com/api-reference/crm/universal/user-defined-object-types/crm-type-list.html
func (c *Client) ItemTypes(ctx context.Context) ([]ItemType, error) {
	cmd := Read[List[ItemType]]("crm.type.list", nil)
	cmd.decode = func(raw json.RawMessage) (List[ItemType], error) {
		var in struct {
			Types List[ItemType] `json:"types"`
		}
		if isEmpty(raw) || string(raw) == "[]" {
			return nil, nil
		}
		err := json.Unmarshal(raw, &in)
		return in.Types, err
	}
	return Call(ctx, c, cmd)
}
