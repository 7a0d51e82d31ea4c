package portal_test

import (
	"strconv"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// TestRemind shows one notice of a tag, without a sender and without markup.
func TestRemind(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	anna := w.visit(c, c.anna)
	mary := app.UserID(strconv.Itoa(c.mary))
	for _, text := range []string{"first", "of [URL=https://evil.test]Mary[/URL]"} {
		if err := w.Remind(t.Context(), anna.Portal, anna.User, mary, text, "T|1"); err != nil {
			t.Fatal(err)
		}
	}
	got := c.Notifications(c.mary)
	if len(got) != 1 || got[0].Author != 0 || got[0].Tag != "T|1" || got[0].Message != "of ［URL=https://evil.test］Mary［/URL］" {
		t.Errorf("notices %+v", got)
	}
	wants(t, w.Remind(t.Context(), anna.Portal, anna.User, "x", "text", ""), app.NotFound, "user.unknown")
	wants(t, w.Remind(t.Context(), anna.Portal, "999", mary, "text", ""), app.Unauthenticated, "portal.session")
	c.SetQuirks(simulator.Quirks{NotifyFails: true})
	wants(t, w.Remind(t.Context(), anna.Portal, anna.User, mary, "text", ""), app.NotFound, "notice.undelivered")
}
