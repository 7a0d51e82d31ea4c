package portal_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// TestDeletedEvents: an element's deletion is told when the event is proven,
// of every kind, and not after the app was uninstalled.
func TestDeletedEvents(t *testing.T) {
	w := newWorld(t)
	var told []app.Entity
	refuse := false
	w.config.Deleted = func(_ context.Context, portal app.PortalID, e app.Entity) error {
		if portal != w.acme.id() {
			t.Errorf("told of portal %s", portal)
		}
		told = append(told, e)
		if refuse {
			return errors.New("the store is away")
		}
		return nil
	}
	w.restart()
	w.install()
	if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)); err != nil {
		t.Fatal(err)
	}
	for event, c := range map[string]struct {
		kind string
		want app.Entity
	}{
		"ONCRMDEALDELETE":        {"", app.Entity{Type: 2, ID: 7}},
		"oncrmleaddelete":        {"", app.Entity{Type: 1, ID: 7}},
		"ONCRMQUOTEDELETE":       {"", app.Entity{Type: 7, ID: 7}},
		"ONCRMDYNAMICITEMDELETE": {"1046", app.Entity{Type: 1046, ID: 7}},
		"ONCRMDEALUPDATE":        {"", app.Entity{}},
		"ONCRMACTIVITYDELETE":    {"", app.Entity{}},
		"ONCRMCONTACTADD":        {"", app.Entity{}},
	} {
		told = nil
		form := w.eventForm(w.acme, event, 0)
		form.Set("data[FIELDS][ID]", "7")
		if c.kind != "" {
			form.Set("data[FIELDS][ENTITY_TYPE_ID]", c.kind)
		}
		if err := w.Event(t.Context(), form); err != nil {
			t.Errorf("%s: %v", event, err)
		}
		if c.want == (app.Entity{}) != (len(told) == 0) || len(told) > 0 && told[0] != c.want {
			t.Errorf("%s tells of %v", event, told)
		}
		told = nil
		form.Set("auth[application_token]", "forged")
		wants(t, w.Event(t.Context(), form), app.Forbidden, "event.forged")
		form.Set("data[FIELDS][ID]", "-1")
		if len(told) != 0 {
			t.Errorf("a forged %s tells of %v", event, told)
		}
	}
	refuse = true
	form := w.eventForm(w.acme, "ONCRMDEALDELETE", 0)
	form.Set("data[FIELDS][ID]", "7")
	if err := w.Event(t.Context(), form); err == nil {
		t.Error("a failure is not told")
	}
	refuse, told = false, nil
	gone := w.eventForm(w.acme, "ONAPPUNINSTALL", 0)
	if err := w.Event(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if err := w.Event(t.Context(), form); err != nil || len(told) != 0 {
		t.Errorf("after the uninstallation it tells of %v, %v", told, err)
	}
}

// TestDeletedDeal: what was to be put back into a deal that is gone stays in
// our spool, and the person learns why.
func TestDeletedDeal(t *testing.T) {
	for name, o := range map[string]origin{"field": origins()["single field"], "comment": origins()["own comment"], "e-mail": origins()["e-mail"]} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			s := w.sheet(o)
			if err := s.c.DeleteDeal(s.deal()); err != nil {
				t.Fatal(err)
			}
			if err := s.ready(); app.KindOf(err) != app.NotFound && app.KindOf(err) != app.Conflict && app.KindOf(err) != app.Forbidden {
				t.Errorf("ready: %v", err)
			}
			_, err := s.replace()
			if kind := app.KindOf(err); kind != app.NotFound && kind != app.Conflict && kind != app.Forbidden {
				t.Errorf("replace: %v", err)
			}
		})
	}
}

// TestDismissed: a user who was dismissed meanwhile changes nothing any more.
func TestDismissed(t *testing.T) {
	for name, o := range origins() {
		if o.admin {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			w.t = t
			s := w.sheet(o)
			if err := s.c.SetUser(s.c.mary, func(u *simulator.User) { u.Inactive = true }); err != nil {
				t.Fatal(err)
			}
			wants(t, s.ready(), app.Forbidden, "visit.inactive")
			_, err := s.replace()
			wants(t, err, app.Forbidden, "visit.inactive")
			if len(s.copies(s.signed)) != 0 || !s.unchanged() {
				t.Error("something has changed")
			}
		})
	}
}

// unchanged tells whether the original is where it was, as the world knows it.
func (s *sheet) unchanged() bool {
	if s.object != 0 {
		f, ok := s.c.DriveFile(s.object)
		return ok && bytes.Equal(f.Content, s.original)
	}
	if s.doc.Source != app.SourceField {
		return true
	}
	for _, f := range s.c.DealFiles(s.deal(), s.doc.Field) {
		if strconv.Itoa(f.ID) == s.doc.FileID {
			return bytes.Equal(f.Content, s.original)
		}
	}
	return false
}

// TestRenamedMeanwhile: the portal gets another name between signing and
// putting back; the signed file arrives all the same, once.
func TestRenamedMeanwhile(t *testing.T) {
	for name, o := range map[string]origin{"field": origins()["multiple field"], "comment": origins()["own comment"], "e-mail": origins()["e-mail"]} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.t = t
			w.config.PlainHosts = append(w.config.PlainHosts, strings.Replace(host(t, w.acme.URL()), "127.0.0.1", "acme.localhost", 1))
			w.restart()
			w.install()
			s := w.sheet(o)
			w.wire.set(func(r *http.Request) (*http.Response, error) { // a resolver that knows the new name
				there := r.Clone(r.Context())
				there.Host = r.URL.Host
				there.URL.Host = strings.Replace(r.URL.Host, "acme.localhost", "127.0.0.1", 1)
				return w.wire.under.RoundTrip(there)
			})
			w.acme.Rename("acme.localhost")
			if _, err := s.replace(); err != nil {
				t.Fatal(err)
			}
			s.delivered(t)
			p, err := w.store.Portal(t.Context(), w.acme.id())
			if err != nil || p.Domain != host(t, w.acme.URL()) {
				t.Errorf("stored domain %s, %v", p.Domain, err)
			}
		})
	}
}

// TestUninstallCleans: a portal's dialogue asks whether to clean. Either way
// the grants go and the records stay, so that an installation by mistake
// undone loses no key; what the person chose is in the audit log.
func TestUninstallCleans(t *testing.T) {
	for clean, detail := range map[string]string{"1": "clean", "0": ""} {
		w := newWorld(t).install()
		if err := w.Event(t.Context(), w.eventForm(w.acme, "ONAPPINSTALL", w.acme.anna)); err != nil {
			t.Fatal(err)
		}
		form := w.eventForm(w.acme, "ONAPPUNINSTALL", 0)
		form.Set("data[CLEAN]", clean)
		if err := w.Event(t.Context(), form); err != nil {
			t.Fatal(err)
		}
		if last := w.store.audit[len(w.store.audit)-1]; last.Action != app.ActUninstalled || last.Detail != detail {
			t.Errorf("clean %s: last audit entry %+v", clean, last)
		}
		p, err := w.store.Portal(t.Context(), w.acme.id())
		if want := clean == "1"; err != nil || want != p.EraseAt.Equal(p.UninstalledAt.Add(app.EraseAfter)) || p.Erasable(p.UninstalledAt) {
			t.Errorf("clean %s: erased at %v, %v", clean, p.EraseAt, err)
		}
		if _, grants := w.store.state(); len(grants) != 1 {
			t.Errorf("%d grants are left", len(grants))
		}
	}
}
