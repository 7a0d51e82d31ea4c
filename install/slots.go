package install

import (
	"context"
	"errors"
	"maps"
	"slices"

	"signservice/app"
	"signservice/bitrix"
)

// title is what a slot is called where a portal knows no better.
const title = "Sign"

// titles are what a slot is called, by the portal's codes of languages.
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
func (b bound) current(cfg Config, slots []app.Slot) bool {
	if !slices.Contains(slots, app.Slot(b.Placement)) || string(b.Handler) != cfg.tab() || b.Title != title {
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

// slots are the places where the app is to be shown, the deals' first.
func (c Config) slots() []app.Slot {
	var all []app.Slot
	for _, kind := range append(app.Settings{Omitted: c.Omitted}.Kinds(), c.Processes...) {
		all = append(all, app.TabSlot(kind), app.MenuSlot(kind))
		if slices.Contains(c.scope, "documentgenerator") || slices.Contains(c.scope, "intranet") {
			all = append(all, app.GeneratorSlot(kind)) // portals differ in which of the two they want
		}
	}
	return all
}

// bindSlots leaves each slot bound exactly once, and no other. A portal would
// show one entry for each handler that was ever bound.
// https://apidocs.bitrix24.com/api-reference/widgets/placement-get.html
func bindSlots(ctx context.Context, c *bitrix.Client, cfg Config) error {
	rows, err := bitrix.Call(ctx, c, bitrix.Read[bitrix.List[bound]]("placement.get", nil))
	if err != nil {
		return err
	}
	slots := cfg.slots()
	there := map[app.Slot]bool{}
	for _, row := range rows {
		slot := app.Slot(row.Placement)
		if row.current(cfg, slots) && !there[slot] {
			there[slot] = true
			continue
		}
		if _, err := c.UnbindPlacement(ctx, string(row.Placement), string(row.Handler)); err != nil {
			return err
		}
		if string(row.Handler) == cfg.tab() {
			delete(there, slot) // unbinding goes by handler: ours is gone with it
		}
	}
	for _, slot := range slots {
		if there[slot] {
			continue
		}
		err := c.BindPlacement(ctx, bitrix.PlacementBinding{
			Placement: string(slot), Handler: cfg.tab(), Title: title, Titles: titles(),
		})
		if err != nil && slot != app.SlotDealTab && unknownSlot(err) {
			// Not in every portal: a smart process that was deleted, an older
			// version, or the document generator without its permission.
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unknownSlot tells whether a portal says that it has no such slot.
func unknownSlot(err error) bool {
	var said *bitrix.Error
	return errors.As(err, &said) && (said.HasCode(bitrix.CodePlacementNotFound) || said.HasCode("ERROR_PLACEMENT_MAX_COUNT"))
}
