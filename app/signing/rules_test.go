package signing_test

import (
	"context"
	"testing"
	"time"

	"signservice/app"
)

// rule decides for the portal.
func (w *world) rule(s app.Settings) {
	w.t.Helper()
	s.Portal = w.id()
	w.must(w.store.SaveSettings(context.Background(), s))
}

// TestFieldsRule offers the documents of the chosen fields alone; other sources
// stay.
func TestFieldsRule(t *testing.T) {
	w := newWorld(t)
	w.portal.PutFile(w.deal, w.multiple, "Papers.pdf", w.original)
	v := w.enter(w.mary)
	offered := func() (n int) {
		list, err := w.Documents(t.Context(), v)
		w.must(err)
		return len(list)
	}
	if offered() != 2 {
		t.Errorf("without a rule %d documents are offered", offered())
	}
	w.rule(app.Settings{Fields: []string{w.multiple}})
	list, err := w.Documents(t.Context(), v)
	if err != nil || len(list) != 1 || list[0].Field != w.multiple {
		t.Errorf("offered are %+v, %v", list, err)
	}
}

// TestRetentionRule keeps files as long as was decided when they were opened.
func TestRetentionRule(t *testing.T) {
	w := newWorld(t)
	w.rule(app.Settings{RetentionDays: 90})
	_, r := w.order(w.mary)
	done := w.run(r.ID)
	if done.State != app.Done || done.KeepFor() != 90*24*time.Hour {
		t.Fatalf("%s, kept for %v", done.State, done.KeepFor())
	}
	for at, removable := range map[time.Duration]int{89 * 24 * time.Hour: 0, 91 * 24 * time.Hour: 1} {
		due, err := w.store.Stale(t.Context(), done.UpdatedAt.Add(at))
		if err != nil || len(due.Removable) != removable {
			t.Errorf("after %v: %d removable, %v", at, len(due.Removable), err)
		}
	}
}

// TestCodeRule: where codes are required, an account whose code is off cannot
// sign without one, neither through the form nor past it.
func TestCodeRule(t *testing.T) {
	w := newWorld(t)
	w.account(w.mary, app.Account{CodeOff: true, CodeOffReason: "no phone"})
	v := w.enter(w.mary)
	r := w.freeze(v)
	in := w.input(w.mary, r.ID)
	in.Code, in.Confirm = "", true
	w.rule(app.Settings{CodeRequired: true})
	if c, err := w.Choices(t.Context(), v); err != nil || c.Account.CodeOff {
		t.Errorf("the form asks for no code: %v", err)
	}
	if _, err := w.Sign(t.Context(), v, in); err == nil {
		t.Fatal("signed without a code")
	}
	if got := w.request(r.ID).State; got != app.Frozen {
		t.Errorf("the request is %s", got)
	}
	in = w.input(w.mary, r.ID)
	if _, err := w.Sign(t.Context(), v, in); err != nil {
		t.Errorf("with a code: %v", err)
	}
}

// TestPlaceRule offers the portal's place to a person who has not chosen yet,
// and the person's own afterwards.
func TestPlaceRule(t *testing.T) {
	w := newWorld(t)
	v := w.enter(w.mary)
	place := app.Placement{Page: app.FirstPage, Position: app.TopCenter}
	w.rule(app.Settings{Signet: app.SignetSettings{Placement: place, Hidden: true}})
	c, err := w.Choices(t.Context(), v)
	if err != nil || c.Remembered.Signet.Visible || c.Remembered.Signet.Placement != place {
		t.Errorf("offered is %+v, %v", c.Remembered, err)
	}
	w.order(w.mary)
	c, err = w.Choices(t.Context(), v)
	if err != nil || !c.Remembered.Signet.Visible || c.Remembered.Signet.Placement.Position != app.BottomRight {
		t.Errorf("offered again is %+v, %v", c.Remembered, err)
	}
}
