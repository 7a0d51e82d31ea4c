package bitrix

import (
	"context"
	"encoding/json"
)

// Configurable is an activity whose look and buttons the application decides.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/configurable/index.html
type Configurable struct {
	ID       ID
	Entity   EntityType
	EntityID ID
	Fields   ConfigurableFields
	Layout   json.RawMessage // as it was written
}

// ConfigurableFields are the fields of a [Configurable].
type ConfigurableFields struct {
	Completed    Bool `json:"completed"`
	Deadline     Time `json:"deadline"`
	Responsible  ID   `json:"responsibleId"`
	BadgeCode    Text `json:"badgeCode"`
	OriginatorID Text `json:"originatorId"` // of the application's own system
	OriginID     Text `json:"originId"`     // id in the application's own system
}

// UnmarshalJSON implements [json.Unmarshaler].
func (a *Configurable) UnmarshalJSON(data []byte) error {
	type activity struct {
		ID       ID                 `json:"id"`
		Entity   ID                 `json:"ownerTypeId"`
		EntityID ID                 `json:"ownerId"`
		Fields   ConfigurableFields `json:"fields"`
		Layout   json.RawMessage    `json:"layout"`
	}
	var w activity
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*a = Configurable{ID: w.ID, Entity: EntityType(w.Entity), EntityID: w.EntityID, Fields: w.Fields, Layout: w.Layout}
	return nil
}

// params leaves out what is empty: the portal checks each property that is
// there.
func (f ConfigurableFields) params() Params {
	p := Params{"completed": bool(f.Completed)}
	if !f.Deadline.IsZero() {
		p["deadline"] = f.Deadline
	}
	if f.Responsible != 0 {
		p["responsibleId"] = f.Responsible
	}
	for name, text := range map[string]Text{"badgeCode": f.BadgeCode, "originatorId": f.OriginatorID, "originId": f.OriginID} {
		if text != "" {
			p[name] = text
		}
	}
	return p
}

// AddConfigurable writes an activity and returns its id. layout is anything
// that encodes to the documented structure.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/configurable/crm-activity-configurable-add.html
func (c *Client) AddConfigurable(ctx context.Context, entity EntityType, id ID, fields ConfigurableFields, layout any) (ID, error) {
	p := fields.params()
	p["typeId"] = "CONFIGURABLE"
	added, err := Call(ctx, c, inside("activity", Write[Configurable]("crm.activity.configurable.add", Params{
		"ownerTypeId": entity, "ownerId": id, "fields": p, "layout": layout,
	})))
	return added.ID, err
}

// UpdateConfigurable changes an activity of this application. A nil layout
// leaves the look as it is.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/configurable/crm-activity-configurable-update.html
func (c *Client) UpdateConfigurable(ctx context.Context, id ID, fields ConfigurableFields, layout any) error {
	params := Params{"id": id, "fields": fields.params()}
	if layout != nil {
		params["layout"] = layout
	}
	_, err := Call(ctx, c, inside("activity", Write[Configurable]("crm.activity.configurable.update", params)))
	return err
}

// Configurable returns an activity of this application.
// https://apidocs.bitrix24.com/api-reference/crm/timeline/activities/configurable/crm-activity-configurable-get.html
func (c *Client) Configurable(ctx context.Context, id ID) (Configurable, error) {
	return Call(ctx, c, inside("activity", Read[Configurable]("crm.activity.configurable.get", Params{"id": id})))
}
