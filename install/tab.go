package install

import (
	"context"
	"maps"

	"signservice/bitrix"
)

// title is what the tab is called where a portal knows no better.
const title = "Sign"

// titles are what the tab is called, by the portal's codes of languages.
func titles() map[string]string {
	return map[string]string{"en": title, "ru": "Подписать", "de": "Signieren", "la": "Firmar"}
}

// bound is a row of placement.get, with the titles in all languages.
type bound struct {
	Placement bitrix.Text `json:"placement"`
	Handler   bitrix.Text `json:"handler"`
	Title     bitrix.Text `json:"title"`
	// LangAll is missing on older portals.
	LangAll *bitrix.Map[struct {
		Title bitrix.Text `json:"TITLE"`
	}] `json:"langAll"`
}

// current tells whether the row is what this version binds.
func (b bound) current(cfg Config) bool {
	if b.Placement != bitrix.PlacementDealTab || string(b.Handler) != cfg.tab() || b.Title != title {
		return false
	}
	if b.LangAll == nil {
		return true
	}
	told := map[string]string{}
	for lang, words := range *b.LangAll {
		told[lang] = string(words.Title)
	}
	return maps.Equal(told, titles())
}

// bindTab leaves exactly one placement of the app: the tab of deals. A portal
// would show one tab for each handler that was ever bound.
// https://apidocs.bitrix24.com/api-reference/widgets/placement-get.html
func bindTab(ctx context.Context, c *bitrix.Client, cfg Config) error {
	rows, err := bitrix.Call(ctx, c, bitrix.Read[bitrix.List[bound]]("placement.get", nil))
	if err != nil {
		return err
	}
	there := false
	for _, row := range rows {
		if row.current(cfg) && !there {
			there = true
			continue
		}
		if _, err := c.UnbindPlacement(ctx, string(row.Placement), string(row.Handler)); err != nil {
			return err
		}
		if row.Placement == bitrix.PlacementDealTab && string(row.Handler) == cfg.tab() {
			there = false // unbinding goes by handler: ours is gone with it
		}
	}
	if there {
		return nil
	}
	return c.BindPlacement(ctx, bitrix.PlacementBinding{
		Placement: bitrix.PlacementDealTab, Handler: cfg.tab(), Title: title, Titles: titles(),
	})
}
