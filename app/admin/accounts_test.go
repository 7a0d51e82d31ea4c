package admin_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
)

// TestAccountStory is the life of an account, and what the journal tells of it.
func TestAccountStory(t *testing.T) {
	w := newWorld(t)
	save := func(in admin.AccountInput) app.Account {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		in.User = mary
		a, err := w.SaveAccount(w.ctx, visit(acme), in)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	made := save(admin.AccountInput{Login: "  mary ", Description: "Sales\r\nSecond floor", New: true, CodeOffReason: "not needed"})
	want := app.Account{
		Portal: acme, User: mary, Name: "Mary Example", Login: "mary", Description: "Sales\nSecond floor",
		CreatedAt: start.Add(time.Minute), CreatedBy: anna, UpdatedAt: start.Add(time.Minute),
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{string(acme), string(anna), string(mary)}, w.directory.asked); diff != "" {
		t.Errorf("the directory was not asked with the administrator's rights:\n%s", diff)
	}
	save(admin.AccountInput{Login: "mary", CodeOff: true, CodeOffReason: "test of scanners"})
	save(admin.AccountInput{Login: "mary", CodeOff: true, CodeOffReason: "test of scanners"})
	save(admin.AccountInput{Login: "mary", CodeOff: true, CodeOffReason: "demonstration"})
	save(admin.AccountInput{Login: "mary", Blocked: true})
	w.directory.users[mary] = app.User{ID: mary, Name: "Mary Married", Active: true, Employee: true}
	last := save(admin.AccountInput{Login: "mary"})
	want.Description, want.Name, want.UpdatedAt = "", "Mary Married", start.Add(6*time.Minute)
	if diff := cmp.Diff(want, last); diff != "" {
		t.Error(diff)
	}
	stored, err := w.store.Account(w.ctx, acme, mary)
	if diff := cmp.Diff(want, stored); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if err := w.DeleteAccount(w.ctx, visit(acme), mary); err != nil {
		t.Fatal(err)
	}
	refused(t, second(w.Account(w.ctx, visit(acme), mary)), app.NotFound, "account.unknown")
	refused(t, w.DeleteAccount(w.ctx, visit(acme), mary), app.NotFound, "account.unknown")
	if diff := cmp.Diff([]string{
		"account.saved 7",
		"account.saved 7", "account.code-off 7 test of scanners",
		"account.saved 7",
		"account.saved 7", "account.code-off 7 demonstration",
		"account.saved 7 account.blocked-badge", "account.code-on 7",
		"account.saved 7 account.unblocked",
		"account.deleted 7",
	}, w.journal(acme)); diff != "" {
		t.Error(diff)
	}
}

// TestAccountRefused holds bad input against its messages; nothing is stored.
func TestAccountRefused(t *testing.T) {
	long := strings.Repeat("ж", 64)
	for _, p := range []struct {
		name string
		in   admin.AccountInput
		kind app.Kind
		key  string
	}{
		{"no login", admin.AccountInput{Login: " \t\n"}, app.Invalid, "account.login-missing"},
		{"long login", admin.AccountInput{Login: long + "x"}, app.Invalid, "account.login-long"},
		{"login of two lines", admin.AccountInput{Login: "ma\nry"}, app.Invalid, "account.login-characters"},
		{"login with a null", admin.AccountInput{Login: "ma\x00ry"}, app.Invalid, "account.login-characters"},
		{"login turned round", admin.AccountInput{Login: "ma\u202ery"}, app.Invalid, "account.login-characters"},
		{"login with nothing seen in it", admin.AccountInput{Login: "\u200b"}, app.Invalid, "account.login-characters"},
		{"login of broken bytes", admin.AccountInput{Login: "ma\xffry"}, app.Invalid, "account.login-characters"},
		{"long description", admin.AccountInput{Login: "x", Description: strings.Repeat("ж", 501)}, app.Invalid, "account.description-long"},
		{"bell in the description", admin.AccountInput{Login: "x", Description: "a\ab"}, app.Invalid, "account.description-characters"},
		{"code off without reason", admin.AccountInput{Login: "x", CodeOff: true}, app.Invalid, "account.code-off-reason-missing"},
		{"code off with blanks for a reason", admin.AccountInput{Login: "x", CodeOff: true, CodeOffReason: "  "}, app.Invalid, "account.code-off-reason-missing"},
		{"long reason", admin.AccountInput{Login: "x", CodeOff: true, CodeOffReason: strings.Repeat("a", 201)}, app.Invalid, "account.code-off-reason-long"},
		{"reason of two lines", admin.AccountInput{Login: "x", CodeOff: true, CodeOffReason: "a\nb"}, app.Invalid, "account.code-off-reason-characters"},
		{"guest", admin.AccountInput{User: "9", Login: "x"}, app.Invalid, "account.not-employee"},
		{"dismissed", admin.AccountInput{User: "10", Login: "x"}, app.Invalid, "account.not-employee"},
		{"blocked guest", admin.AccountInput{User: "9", Login: "x", Blocked: true}, app.Invalid, "account.not-employee"},
		{"nobody", admin.AccountInput{User: "11", Login: "x"}, app.NotFound, "user.unknown"},
		{"login of another", admin.AccountInput{Login: "PAUL"}, app.Conflict, "account.login-taken"},
		{"there already", admin.AccountInput{User: paul, Login: "paul2"}, app.Conflict, "account.exists"},
	} {
		t.Run(p.name, func(t *testing.T) {
			w := newWorld(t)
			w.account(acme, paul, "paul")
			before := w.journal(acme)
			p.in.New = true
			if p.in.User == "" {
				p.in.User = mary
			}
			refused(t, second(w.SaveAccount(w.ctx, visit(acme), p.in)), p.kind, p.key)
			if diff := cmp.Diff(before, w.journal(acme)); diff != "" {
				t.Errorf("something was done:\n%s", diff)
			}
			list, err := w.Accounts(w.ctx, visit(acme))
			if err != nil || len(list) != 1 || list[0].Login != "paul" {
				t.Errorf("accounts are now %v, %v", list, err)
			}
		})
	}
}

// TestLongestInput holds that the limits are of characters and may be reached.
func TestLongestInput(t *testing.T) {
	w := newWorld(t)
	_, err := w.SaveAccount(w.ctx, visit(acme), admin.AccountInput{
		User: mary, Login: strings.Repeat("ж", 64), Description: strings.Repeat("д", 500),
		CodeOff: true, CodeOffReason: strings.Repeat("п", 200), New: true,
	})
	if err != nil {
		t.Error(err)
	}
}

// TestBlockWithoutPortal holds that an account can be blocked when the portal
// is silent and when the employee is gone, but not opened again.
func TestBlockWithoutPortal(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	block := admin.AccountInput{User: mary, Login: "mary", Blocked: true}
	open := admin.AccountInput{User: mary, Login: "mary"}

	w.directory.err = app.Fail(app.Unavailable, "read user", "portal.unreachable")
	if a, err := w.SaveAccount(w.ctx, visit(acme), block); err != nil || !a.Blocked || a.Name != "Mary Example" {
		t.Errorf("got %+v, %v", a, err)
	}
	refused(t, second(w.SaveAccount(w.ctx, visit(acme), open)), app.Unavailable, "portal.unreachable")

	w.directory.err = nil
	w.directory.users[mary] = app.User{ID: mary, Name: "Mary Example", Employee: true}
	refused(t, second(w.SaveAccount(w.ctx, visit(acme), open)), app.Invalid, "account.not-employee")

	w.directory.users[mary] = app.User{ID: paul, Name: "Paul Example", Active: true, Employee: true}
	refused(t, second(w.SaveAccount(w.ctx, visit(acme), open)), app.Invalid, "account.not-employee")

	if a, err := w.Account(w.ctx, visit(acme), mary); err != nil || !a.Blocked {
		t.Errorf("got %+v, %v", a, err)
	}
}

// TestLoginOnce holds that two who save at once do not both get a login.
func TestLoginOnce(t *testing.T) {
	w := newWorld(t)
	users := []app.UserID{anna, mary}
	errs := make([]error, len(users))
	var wait sync.WaitGroup
	for i, user := range users {
		wait.Go(func() {
			_, errs[i] = w.SaveAccount(w.ctx, visit(acme), admin.AccountInput{User: user, Login: "boss", New: true})
		})
	}
	wait.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("got %v and %v", errs[0], errs[1])
	}
	refused(t, errors.Join(errs...), app.Conflict, "account.login-taken")
}

// TestAccountsSorted holds the order of the list and the names of strangers in it.
func TestAccountsSorted(t *testing.T) {
	w := newWorld(t)
	w.directory.users[paul] = app.User{ID: paul, Name: "adam\u202e\n " + strings.Repeat("x", 300), Active: true, Employee: true}
	w.account(acme, mary, "a")
	w.account(acme, paul, "b")
	w.account(acme, anna, "c")
	list, err := w.Accounts(w.ctx, visit(acme))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range list {
		names = append(names, a.Name)
	}
	if diff := cmp.Diff([]string{"adam " + strings.Repeat("x", 194) + "…", "Anna Admin", "Mary Example"}, names); diff != "" {
		t.Error(diff)
	}
}

// TestPeople holds that the search is handed to the portal as the administrator's.
func TestPeople(t *testing.T) {
	w := newWorld(t)
	found, err := w.People(w.ctx, visit(acme), " mar ")
	if err != nil || len(found) != 1 || found[0].ID != mary {
		t.Errorf("got %v, %v", found, err)
	}
	if diff := cmp.Diff([]string{string(acme), string(anna), "mar"}, w.directory.asked); diff != "" {
		t.Error(diff)
	}
	refused(t, second(w.People(w.ctx, visit(acme), strings.Repeat("x", 201))), app.Invalid, "")
	refused(t, second(w.People(w.ctx, visit(acme), "a\x00b")), app.Invalid, "")
	w.directory.err = app.Fail(app.Unavailable, "list users", "portal.busy")
	refused(t, second(w.People(w.ctx, visit(acme), "")), app.Unavailable, "portal.busy")
}
