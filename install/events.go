package install

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signservice/bitrix"
)

// events are those that the app takes; app/portal says what it does with them.
func events() []string {
	return []string{
		bitrix.EventAppInstall, bitrix.EventAppUninstall, bitrix.EventDealDelete,
		"ONCRMLEADDELETE", "ONCRMCONTACTDELETE", "ONCRMCOMPANYDELETE", "ONCRMQUOTEDELETE", "ONCRMDYNAMICITEMDELETE",
	}
}

// bindEvents leaves exactly these events bound, each to our handler.
// ONAPPINSTALL comes when the page says that the installation is finished,
// so it must be bound before.
func bindEvents(ctx context.Context, c *bitrix.Client, cfg Config) error {
	rows, err := c.Events(ctx)
	if err != nil {
		return err
	}
	var there []string
	for _, row := range rows {
		name := strings.ToUpper(string(row.Event))
		// With a user's token of its own (auth_type) it is another binding.
		if string(row.Handler) == cfg.event() && row.AuthType == 0 && !bool(row.Offline) && slices.Contains(events(), name) {
			there = append(there, name)
			continue
		}
		if _, err := c.UnbindEvent(ctx, name, string(row.Handler)); err != nil {
			return err
		}
		if string(row.Handler) == cfg.event() { // unbinding goes by handler: ours is gone with it
			there = slices.DeleteFunc(there, func(s string) bool { return s == name })
		}
	}
	for _, name := range events() {
		if slices.Contains(there, name) {
			continue
		}
		err := c.BindEvent(ctx, name, cfg.event())
		var said *bitrix.Error
		if !slices.Contains(events()[:3], name) && errors.As(err, &said) && said.HasCode(bitrix.CodeEventNotFound) {
			continue // an older portal does not have them all
		}
		if err != nil {
			return err
		}
	}
	return nil
}
