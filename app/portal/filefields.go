package portal

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"signservice/app"
	"signservice/bitrix"
)

// FileFields lists the fields of deals that can hold documents, by their
// labels, with the administrator's own rights.
func (p *Portals) FileFields(ctx context.Context, portal app.PortalID, admin app.UserID) ([]app.FileField, error) {
	var list []app.FileField
	err := p.as(ctx, portal, admin, "list file fields", func(c *bitrix.Client) error {
		fields, err := c.ItemFields(ctx, bitrix.EntityType(app.EntityDeal))
		if err != nil {
			return err
		}
		list = nil
		for code, f := range fields {
			if isFileField(f) {
				list = append(list, app.FileField{Code: code, Label: cmp.Or(f.Label(), code)})
			}
		}
		return nil
	})
	slices.SortFunc(list, func(a, b app.FileField) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)), strings.Compare(a.Code, b.Code))
	})
	return list, err
}
