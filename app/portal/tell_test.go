package portal_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

func as(err error, e **app.Error) bool { return errors.As(err, e) }

// stories counts the timeline entries that hold the text.
func (c *company) stories(text string) (n int, last simulator.Entry) {
	for _, e := range c.Timeline(c.deal) {
		if strings.Contains(e.Text, text) {
			n++
			last = e
		}
	}
	return n, last
}

func TestTell(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	v := w.at(c, c.mary, c.deal)
	s := app.Story{Request: "0123456789abcdef0123456789abcdef", Title: "Document signed", Text: "contract.pdf was signed by Мария."}
	for range 3 {
		if err := w.Tell(t.Context(), v.Portal, v.User, v.Entity, s); err != nil {
			t.Fatal(err)
		}
	}
	n, e := c.stories(s.Text)
	if n != 1 || e.Author != c.mary || e.Title != s.Title || e.App != c.app.ClientID || !strings.Contains(e.Text, "0123456789ab") {
		t.Errorf("%d entries, the last %+v", n, e)
	}
	s.Request = "ffff456789abcdef0123456789abcdef"
	if err := w.Tell(t.Context(), v.Portal, v.User, v.Entity, s); err != nil {
		t.Fatal(err)
	}
	if n, _ := c.stories(s.Text); n != 2 {
		t.Errorf("%d entries of two requests", n)
	}
	s.Request = ""
	wants(t, w.Tell(t.Context(), v.Portal, v.User, v.Entity, s), app.Internal, "")
}

// An earlier entry is found behind many others, and by many callers at once.
func TestTellOnce(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	v := w.at(c, c.mary, c.deal)
	story := func(i int) app.Story {
		return app.Story{Request: app.RequestID(fmt.Sprintf("%012d", i)), Title: "T", Text: "told"}
	}
	for i := range 35 {
		if err := w.Tell(t.Context(), v.Portal, v.User, v.Entity, story(i)); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := w.Tell(t.Context(), v.Portal, v.User, v.Entity, story(0)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n, _ := c.stories("told"); n != 35 {
		t.Errorf("%d entries, want 35", n)
	}
}

// TestTellFaults: whatever happens to a call, telling again until it succeeds
// leaves one entry.
func TestTellFaults(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	v := w.at(c, c.mary, c.deal)
	kinds := []simulator.FaultKind{
		simulator.QueryLimit, simulator.OperationLimit, simulator.ExpiredToken, simulator.InternalError, simulator.BadGateway,
		simulator.GatewayTimeout, simulator.Maintenance, simulator.EmptyBody, simulator.Reset,
		simulator.LostAnswer, simulator.LateGateway, simulator.Truncated,
	}
	for i, kind := range kinds {
		for j, method := range []string{"crm.timeline.logmessage.list", "crm.timeline.logmessage.add"} {
			s := app.Story{Request: app.RequestID(fmt.Sprintf("%06d%06d", i, j)), Title: "T", Text: fmt.Sprint("told ", kind, " ", method)}
			c.Inject(simulator.Fault{Method: method, Kind: kind, Count: 1})
			var err error
			for range 3 {
				if err = w.Tell(t.Context(), v.Portal, v.User, v.Entity, s); err == nil {
					break
				}
				if k := app.KindOf(err); k != app.Unavailable && k != app.Upstream {
					t.Errorf("%s at %s: not to be repeated: %v", kind, method, err)
				}
			}
			c.Heal()
			if n, _ := c.stories(s.Text); n != 1 || err != nil {
				t.Errorf("%s at %s: %d entries, %v", kind, method, n, err)
			}
		}
	}
}

func TestTellRights(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	v := w.at(c, c.mary, c.deal)
	s := app.Story{Request: "0123456789abcdef", Title: "T", Text: "told"}
	if err := c.SetDealAccess(c.deal, c.mary, simulator.ReadAccess); err != nil {
		t.Fatal(err)
	}
	wants(t, w.Tell(t.Context(), v.Portal, v.User, v.Entity, s), app.Forbidden, "portal.no-right")
	if err := c.DeleteDeal(c.deal); err != nil {
		t.Fatal(err)
	}
	wants(t, w.Tell(t.Context(), v.Portal, v.User, v.Entity, s), app.NotFound, "deal.gone")
}
