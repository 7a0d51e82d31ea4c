package portal_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix/simulator"
)

func TestUsers(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	if err := c.SetUser(c.leave, func(u *simulator.User) { u.Inactive = true }); err != nil {
		t.Fatal(err)
	}
	admin := w.visit(c, c.anna)
	for query, want := range map[string][]int{
		"": {c.anna, c.mary, c.paul}, "иван": {c.mary}, "Sales": {c.paul}, "nobody": {},
	} {
		got, err := w.Users(t.Context(), admin.Portal, admin.User, query)
		if err != nil {
			t.Fatal(err)
		}
		ids := []app.UserID{}
		for _, u := range got {
			ids = append(ids, u.ID)
		}
		wanted := []app.UserID{}
		for _, id := range want {
			wanted = append(wanted, user(id))
		}
		if d := cmp.Diff(wanted, ids); d != "" {
			t.Errorf("query %q: %s", query, d)
		}
	}
	got, err := w.User(t.Context(), admin.Portal, admin.User, user(c.mary))
	want := app.User{ID: user(c.mary), Name: "Мария Иванова", Position: "Lawyer", Active: true, Employee: true}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	if u, err := w.User(t.Context(), admin.Portal, admin.User, user(c.leave)); err != nil || u.Active {
		t.Errorf("dismissed: %+v, %v", u, err)
	}
	if u, err := w.User(t.Context(), admin.Portal, admin.User, user(c.guest)); err != nil || u.Employee {
		t.Errorf("extranet: %+v, %v", u, err)
	}
	for _, id := range []app.UserID{"999", "", "1 or 2"} {
		_, err := w.User(t.Context(), admin.Portal, admin.User, id)
		wants(t, err, app.NotFound, "user.unknown")
	}
}

func TestManyUsers(t *testing.T) {
	w := newWorld(t).install()
	for i := range 260 {
		w.acme.AddUser(simulator.User{Name: fmt.Sprint("Person ", i)})
	}
	admin := w.visit(w.acme, w.acme.anna)
	got, err := w.Users(t.Context(), admin.Portal, admin.User, "")
	if err != nil || len(got) > 200 || len(got) < 190 {
		t.Errorf("%d users, %v", len(got), err)
	}
}

func TestUsersWithoutPermission(t *testing.T) {
	w := newWorld(t).install()
	admin := w.visit(w.acme, w.acme.anna)
	if err := w.acme.EditApp(w.acme.app.ClientID, simulator.LocalApp{
		Title: "Sign", HandlerURL: w.acme.app.HandlerURL, Scopes: []string{"crm", "placement"},
	}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Users(t.Context(), admin.Portal, admin.User, "")
	wants(t, err, app.Forbidden, "portal.scope")
	var e *app.Error
	if as(err, &e); len(e.Args) != 1 || e.Args[0] != "user_basic" {
		t.Errorf("missing permission is told as %v", e.Args)
	}
	// Signing needs no such permission.
	w.visit(w.acme, w.acme.mary)
}
