package bitrix

import (
	"context"
	"errors"
)

// BoundPlacement is a place of the portal's pages that shows a page of the
// application.
type BoundPlacement struct {
	ID          ID   `json:"id"` // 0 on older portals
	Placement   Text `json:"placement"`
	UserID      ID   `json:"userId"` // 0: for all
	Handler     Text `json:"handler"`
	Title       Text `json:"title"`
	Description Text `json:"description"`
}

// PlacementBinding is a placement to be bound.
type PlacementBinding struct {
	Placement   string // such as CRM_DEAL_DETAIL_TAB
	Handler     string // address of the application's page
	Title       string
	Description string
	// Titles are the titles in other languages, by the portal's code of the
	// language: en, de, la (Spanish), br (Portuguese of Brazil), …
	Titles map[string]string
}

// Placements returns what the application has bound. Administrators only.
// https://apidocs.bitrix24.com/api-reference/widgets/placement-get.html
func (c *Client) Placements(ctx context.Context) ([]BoundPlacement, error) {
	return Call(ctx, c, Read[List[BoundPlacement]]("placement.get", nil))
}

// BindPlacement puts a page of the application into a place. Administrators
// only. The same handler bound already is success; another handler at the
// same placement becomes a second tab, so unbind stale ones.
// https://apidocs.bitrix24.com/api-reference/widgets/placement-bind.html
func (c *Client) BindPlacement(ctx context.Context, b PlacementBinding) error {
	params := Params{"PLACEMENT": b.Placement, "HANDLER": b.Handler, "TITLE": b.Title, "DESCRIPTION": b.Description}
	if len(b.Titles) > 0 {
		all := make(Params, len(b.Titles))
		for lang, title := range b.Titles {
			all[lang] = Params{"TITLE": title}
		}
		params["LANG_ALL"] = all
	}
	return c.bind(ctx, Write[Text]("placement.bind", params))
}

// UnbindPlacement removes the handler from the placement, or all of the
// application's handlers if handler is empty. It reports whether there was
// one.
// https://apidocs.bitrix24.com/api-reference/widgets/placement-unbind.html
func (c *Client) UnbindPlacement(ctx context.Context, placement, handler string) (bool, error) {
	params := Params{"PLACEMENT": placement}
	if handler != "" {
		params["HANDLER"] = handler
	}
	n, err := Call(ctx, c, inside("count", Write[Int]("placement.unbind", params)))
	return n > 0, err // the portal counts each row twice
}

// bind runs a command whose effect may be there already: then it succeeds, as
// it does when it is repeated after a lost answer.
func (c *Client) bind(ctx context.Context, cmd Command[Text]) error {
	_, err := Call(ctx, c, cmd)
	if errors.Is(err, ErrLostAnswer) {
		_, err = Call(ctx, c, cmd)
	}
	if errors.Is(err, ErrAlreadyBound) {
		return nil
	}
	return err
}
