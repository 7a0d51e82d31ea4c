package install_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/bitrix"
	"signservice/bitrix/simulator"
	"signservice/install"
)

// world is a portal with the app in it, and clients of its people.
type world struct {
	t          *testing.T
	portal     *simulator.Portal
	app        simulator.App
	anna, mary int // administrator, employee
}

const base = "https://sign.example.org"

func newWorld(t *testing.T, scopes ...string) *world {
	t.Helper()
	cloud := simulator.New(simulator.Config{})
	t.Cleanup(func() { _ = cloud.Close() })
	p := cloud.AddPortal(simulator.PortalConfig{Limits: simulator.Limits{Off: true}})
	w := &world{t: t, portal: p}
	w.anna = p.AddUser(simulator.User{Name: "Anna", Admin: true})
	w.mary = p.AddUser(simulator.User{Name: "Mary"})
	if err := cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	if scopes == nil {
		scopes = []string{"crm", "placement", "user_basic", "im"}
	}
	w.app = p.AddApp(simulator.LocalApp{Title: "Sign", HandlerURL: base + install.PathMain, InstallURL: base + install.PathInstall, Scopes: scopes})
	return w
}

// Client implements install.Portals.
func (w *world) Client(_ context.Context, _ app.PortalID, user app.UserID) (*bitrix.Client, error) {
	id := w.mary
	if user == "admin" {
		id = w.anna
	}
	tokens, err := w.portal.Grant(id, w.app.ClientID)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(w.portal.URL())
	if err != nil {
		return nil, err
	}
	transport := bitrix.NewTransport(bitrix.TransportConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	w.t.Cleanup(transport.CloseIdleConnections)
	return bitrix.New(bitrix.Config{
		Endpoint: w.portal.URL() + "/rest/", PlainHosts: []string{u.Host}, Clock: noWait{},
		Tokens: bitrix.StaticToken(bitrix.Secret(tokens.Access)), Transport: transport,
	})
}

// Translate implements install.Portals.
func (w *world) Translate(op string, err error) error { return app.Wrap(op, err) }

type noWait struct{}

func (noWait) Now() time.Time { return time.Now() }

func (noWait) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func (w *world) install() error {
	return install.New(w, base+"/").Install(w.t.Context(), app.Visit{User: "admin", Admin: true})
}

// bindings are the app's tabs and events as the portal has them.
func (w *world) bindings() (all []string) {
	a, _ := w.portal.App(w.app.ClientID)
	for _, p := range a.Placements {
		all = append(all, p.Placement+" "+p.Handler+" "+p.Title+" "+p.Titles["ru"])
	}
	for _, e := range a.Events {
		all = append(all, e.Event+" "+e.Handler)
	}
	slices.Sort(all)
	return all
}

func wanted(kinds ...string) []string {
	all := []string{
		"ONAPPINSTALL " + base + "/bx/event",
		"ONAPPUNINSTALL " + base + "/bx/event",
	}
	for _, kind := range []string{"DEAL", "LEAD", "CONTACT", "COMPANY", "QUOTE", "DYNAMICITEM"} {
		all = append(all, "ONCRM"+kind+"DELETE "+base+"/bx/event")
	}
	for _, kind := range append(kinds, "DEAL", "LEAD", "CONTACT", "COMPANY", "QUOTE", "SMART_INVOICE") {
		for _, place := range []string{"DETAIL_TAB", "DETAIL_TOOLBAR"} {
			all = append(all, "CRM_"+kind+"_"+place+" "+base+"/bx/deal-tab Sign Подписать")
		}
	}
	slices.Sort(all)
	return all
}

func (w *world) check() {
	w.t.Helper()
	if d := cmp.Diff(wanted(), w.bindings()); d != "" {
		w.t.Error(d)
	}
}

func TestInstall(t *testing.T) {
	w := newWorld(t)
	if err := w.install(); err != nil {
		t.Fatal(err)
	}
	w.check()
	a, _ := w.portal.App(w.app.ClientID)
	if a.Placements[0].Titles["de"] == "" || a.Placements[0].Titles["la"] == "" {
		t.Errorf("titles %v", a.Placements[0].Titles)
	}
	id := a.Placements[0].ID
	w.portal.ForgetCalls()
	if err := w.install(); err != nil {
		t.Fatal(err)
	}
	w.check()
	if a, _ = w.portal.App(w.app.ClientID); a.Placements[0].ID != id {
		t.Error("the second time the tab was bound anew")
	}
	for _, call := range w.portal.Calls() {
		if strings.Contains(call.Method, "bind") {
			t.Errorf("the second time it called %s", call.Method)
		}
	}
}

// What earlier versions, other addresses and other titles have left goes away.
func TestInstallOverStale(t *testing.T) {
	w := newWorld(t)
	c, err := w.Client(t.Context(), "", "admin")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []bitrix.PlacementBinding{
		{Placement: "CRM_DEAL_DETAIL_TAB", Handler: "https://old.example.org/tab", Title: "Sign"},
		{Placement: "CRM_DEAL_DETAIL_TAB", Handler: base + install.PathDealTab, Title: "An older title"},
		{Placement: "CRM_LEAD_DETAIL_TAB", Handler: base + install.PathDealTab, Title: "Sign"},
	} {
		if err := c.BindPlacement(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range [][2]string{
		{"ONAPPINSTALL", "https://old.example.org/event"},
		{"ONCRMDEALADD", base + install.PathEvent},
		{"ONCRMDEALDELETE", base + install.PathEvent},
	} {
		if err := c.BindEvent(t.Context(), e[0], e[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.install(); err != nil {
		t.Fatal(err)
	}
	w.check()
}

// settings are those of every portal.
type settings app.Settings

func (s *settings) Settings(context.Context, app.PortalID) (app.Settings, error) {
	return app.Settings(*s), nil
}

func (s *settings) SaveSettings(_ context.Context, v app.Settings, _ ...app.AuditEntry) error {
	*s = settings(v)
	return nil
}

// An administrator chooses among the portal's own smart processes.
func TestChoose(t *testing.T) {
	w := newWorld(t)
	projects, leases := w.portal.AddType("Projects"), w.portal.AddType("Leases")
	chosen := &settings{}
	i := install.New(w, base).With(chosen)
	anna := app.Visit{User: "admin", Admin: true}
	if err := i.Choose(t.Context(), anna, append(app.Kinds(), projects, 4711)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wanted(fmt.Sprint("DYNAMIC_", projects)), w.bindings()); d != "" {
		t.Error(d)
	}
	all, err := i.Processes(t.Context(), anna)
	want := []app.Process{{Kind: leases, Title: "Leases"}, {Kind: projects, Title: "Projects", Chosen: true}}
	if d := cmp.Diff(want, all); err != nil || d != "" {
		t.Errorf("%v: %s", err, d)
	}
	if err := i.Choose(t.Context(), anna, app.Kinds()); err != nil {
		t.Fatal(err)
	}
	w.check()
	if err := i.Choose(t.Context(), anna, nil); app.KindOf(err) != app.Invalid {
		t.Errorf("no card at all: %v", err)
	}
	w.check()
	for _, v := range []app.Visit{{User: "employee"}, {User: "admin"}} {
		if _, err := i.Processes(t.Context(), v); app.KindOf(err) != app.Forbidden {
			t.Errorf("listed: %v", err)
		}
		if err := i.Choose(t.Context(), v, nil); app.KindOf(err) != app.Forbidden {
			t.Errorf("chosen: %v", err)
		}
	}
	w.portal.Inject(simulator.Fault{Method: "crm.type.list", Kind: simulator.CustomError, Status: 404, Code: "ERROR_METHOD_NOT_FOUND"})
	if all, err := i.Processes(t.Context(), anna); err != nil || len(all) != 0 {
		t.Errorf("an older portal: %v, %v", all, err)
	}
}

// Each kind of card that every portal has can be left out, and comes back; an
// installation keeps the choice.
func TestChooseKinds(t *testing.T) {
	w := newWorld(t)
	chosen := &settings{}
	i := install.New(w, base).With(chosen)
	anna := app.Visit{User: "admin", Admin: true}
	if err := i.Install(t.Context(), anna); err != nil {
		t.Fatal(err)
	}
	w.check()
	tabs := func() (kinds []int) {
		a, _ := w.portal.App(w.app.ClientID)
		for _, p := range a.Placements {
			if slot := app.Slot(p.Placement); strings.HasSuffix(p.Placement, "_DETAIL_TAB") {
				kinds = append(kinds, slot.Kind())
			}
		}
		slices.Sort(kinds)
		return kinds
	}
	for _, kinds := range [][]int{{app.EntityDeal}, {app.EntityLead, app.EntitySmartInvoice}, {app.EntityContact, app.EntityCompany, app.EntityQuote}} {
		if err := i.Choose(t.Context(), anna, kinds); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(kinds, tabs()); d != "" {
			t.Errorf("chosen %v: %s", kinds, d)
		}
		if err := i.Install(t.Context(), anna); err != nil { // Reinstall
			t.Fatal(err)
		}
		if d := cmp.Diff(kinds, tabs()); d != "" {
			t.Errorf("installed again with %v: %s", kinds, d)
		}
	}
	if err := i.Choose(t.Context(), anna, app.Kinds()); err != nil {
		t.Fatal(err)
	}
	w.check()
}

// Smart processes get and lose their slots as the settings change, and one
// that was deleted in the portal is passed over.
func TestInstallProcesses(t *testing.T) {
	w := newWorld(t)
	projects, leases := w.portal.AddType("Projects"), w.portal.AddType("Leases")
	chosen := &settings{}
	i := install.New(w, base).With(chosen)
	for _, processes := range [][]int{{projects}, {projects, leases}, {leases, 199}, nil} {
		chosen.Processes = processes
		if err := i.Install(t.Context(), app.Visit{User: "admin", Admin: true}); err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, n := range processes {
			if n != 199 {
				kinds = append(kinds, fmt.Sprint("DYNAMIC_", n))
			}
		}
		if d := cmp.Diff(wanted(kinds...), w.bindings()); d != "" {
			t.Errorf("%v: %s", processes, d)
		}
	}
}

// The entry in the document generator's menu comes with the permission for it.
func TestInstallGenerator(t *testing.T) {
	w := newWorld(t, "crm", "placement", "user_basic", "documentgenerator")
	if err := w.install(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, b := range w.bindings() {
		if strings.Contains(b, "_DOCUMENTGENERATOR_BUTTON "+base+"/bx/deal-tab") {
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d entries in the generator's menus", n)
	}
	w.portal.ForgetCalls()
	if err := w.install(); err != nil {
		t.Fatal(err)
	}
	for _, call := range w.portal.Calls() {
		if strings.Contains(call.Method, "bind") {
			t.Errorf("the second time it called %s", call.Method)
		}
	}
}

// Bindings of other apps of the portal are not touched.
func TestInstallBesideOthers(t *testing.T) {
	w := newWorld(t)
	ours := w.app
	w.app = w.portal.AddApp(simulator.LocalApp{Title: "Other", HandlerURL: "https://other.example.org/app", Scopes: []string{"crm", "placement", "user_basic"}})
	other, err := w.Client(t.Context(), "", "admin")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.BindPlacement(t.Context(), bitrix.PlacementBinding{Placement: "CRM_DEAL_DETAIL_TAB", Handler: "https://other.example.org/tab", Title: "Other"}); err != nil {
		t.Fatal(err)
	}
	before := w.bindings()
	theirs := w.app
	w.app = ours
	if err := w.install(); err != nil {
		t.Fatal(err)
	}
	w.check()
	w.app = theirs
	if d := cmp.Diff(before, w.bindings()); d != "" {
		t.Error(d)
	}
}

func TestInstallRefused(t *testing.T) {
	wants := func(t *testing.T, err error, kind app.Kind, key string, args ...any) {
		t.Helper()
		var e *app.Error
		if !errors.As(err, &e) || e.Kind != kind || e.Key != key || !slices.Equal(e.Args, args) {
			t.Errorf("got %v, want %s (%s) %v", err, kind, key, args)
		}
	}
	t.Run("no administrator", func(t *testing.T) {
		w := newWorld(t)
		i := install.New(w, base)
		wants(t, i.Install(t.Context(), app.Visit{User: "employee"}), app.Forbidden, "install.administrators-only")
		// Also when the visit claims it, the portal decides.
		wants(t, i.Install(t.Context(), app.Visit{User: "employee", Admin: true}), app.Forbidden, "install.administrators-only")
		if got := w.bindings(); len(got) != 0 {
			t.Errorf("bound %v", got)
		}
	})
	for scopes, missing := range map[string]string{
		"crm,user_basic":       "placement",
		"placement,user_brief": "crm",
		"crm,placement":        "user_basic",
		"im":                   "crm, placement, user_basic",
	} {
		t.Run("permissions "+scopes, func(t *testing.T) {
			wants(t, newWorld(t, strings.Split(scopes, ",")...).install(), app.Forbidden, "portal.scope", missing)
		})
	}
	t.Run("permission for deals unknown to the portal", func(t *testing.T) {
		w := newWorld(t, "placement", "user_basic")
		w.portal.Inject(simulator.Fault{Method: "scope", Kind: simulator.CustomError, Status: 404, Code: "ERROR_METHOD_NOT_FOUND"})
		wants(t, w.install(), app.Forbidden, "portal.scope", "crm")
	})
	t.Run("address the portal cannot use", func(t *testing.T) {
		w := newWorld(t)
		for _, address := range []string{"http://localhost:8080", "ftp://sign.example.org"} {
			err := install.New(w, address).Install(t.Context(), app.Visit{User: "admin", Admin: true})
			wants(t, err, app.Invalid, "install.address", address)
		}
		err := install.New(w, "").Install(t.Context(), app.Visit{User: "admin", Admin: true})
		wants(t, err, app.Invalid, "install.address", "")
	})
}

// TestInstallFaults: whatever happens to a call, installing again until it
// succeeds binds each thing once.
func TestInstallFaults(t *testing.T) {
	for _, kind := range []simulator.FaultKind{
		simulator.QueryLimit, simulator.BadGateway, simulator.EmptyBody, simulator.Reset, simulator.LostAnswer, simulator.LateGateway,
		simulator.Truncated, simulator.Twice, simulator.InternalError,
	} {
		for skip := 0; ; skip++ {
			w := newWorld(t)
			fault := w.portal.Inject(simulator.Fault{Kind: kind, Skip: skip, Count: 1})
			err := w.install()
			if err != nil {
				err = w.install()
			}
			if err != nil {
				t.Errorf("%s at call %d: %v", kind, skip, err)
			}
			w.check()
			if fault.Hits() == 0 {
				break
			}
		}
	}
}

// The story of an installation, as the portal sees it: the tab shows only
// after the page has finished, and pressing Reinstall changes nothing.
func TestInstallStory(t *testing.T) {
	w := newWorld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "D", Responsible: w.mary})
	tab := func() error {
		_, err := w.portal.Open(simulator.Opening{User: w.mary, ClientID: w.app.ClientID, Placement: "CRM_DEAL_DETAIL_TAB", Item: deal})
		return err
	}
	for range 2 {
		if err := w.install(); err != nil {
			t.Fatal(err)
		}
		if tab() == nil {
			t.Error("the tab shows before the installation is finished")
		}
		if err := w.portal.FinishInstall(w.app.ClientID, w.anna); err != nil {
			t.Fatal(err)
		}
		if err := tab(); err != nil {
			t.Errorf("the tab does not show: %v", err)
		}
		if err := w.portal.ReinstallApp(w.app.ClientID); err != nil {
			t.Fatal(err)
		}
	}
	w.check()
}
