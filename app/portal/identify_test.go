package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/portal"
	"signservice/bitrix"
	"signservice/bitrix/simulator"
)

func TestIdentify(t *testing.T) {
	w := newWorld(t).install()
	w.acme.bindTab(t)
	got, err := w.Identify(t.Context(), w.form(w.acme, simulator.Opening{
		User: w.acme.mary, Placement: "CRM_DEAL_DETAIL_TAB", Item: w.acme.deal,
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := app.Visit{
		Portal: w.acme.id(), User: user(w.acme.mary), Name: "Мария Иванова",
		Slot: app.SlotDealTab, Entity: app.Entity{Type: app.EntityDeal, ID: int64(w.acme.deal)},
		Language: "en", TimeZone: "UTC",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if v := w.visit(w.acme, w.acme.anna); !v.Admin || v.Slot != app.SlotMain || v.Entity != (app.Entity{}) {
		t.Errorf("administrator at the main page: %+v", v)
	}
	g, err := w.store.Grant(t.Context(), w.acme.id(), user(w.acme.mary))
	if err != nil || g.Access == "" || g.Refresh == "" || g.ExpiresAt.Before(w.clock.Now()) {
		t.Errorf("grant of the visitor: expires %s, %v", g.ExpiresAt, err)
	}
}

// bindTab binds the tab, as package install does.
func (c *company) bindTab(t *testing.T) {
	t.Helper()
	tokens, err := c.Grant(c.anna, c.app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bitrix.New(bitrix.Config{
		Endpoint: c.URL() + "/rest/", PlainHosts: []string{host(t, c.URL())},
		Tokens: bitrix.StaticToken(bitrix.Secret(tokens.Access)), Transport: http.DefaultTransport,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.BindPlacement(t.Context(), bitrix.PlacementBinding{
		Placement: bitrix.PlacementDealTab, Handler: c.app.HandlerURL, Title: "Sign",
	}); err != nil {
		t.Fatal(err)
	}
}

// TestForgedForm swaps each set of fields between the genuine forms of two
// portals. Whatever is swapped: a visit is either that of the employee whose
// token and portal the form names, or there is none.
func TestForgedForm(t *testing.T) {
	w := newWorld(t).install()
	for _, c := range []*company{w.acme, w.bolt} {
		c.SetQuirks(simulator.Quirks{CloudFields: true})
	}
	ours := w.form(w.acme, simulator.Opening{User: w.acme.mary})
	theirs := w.form(w.bolt, simulator.Opening{User: w.bolt.paul})
	fields := []string{"AUTH_ID", "member_id", "REFRESH_ID", "DOMAIN", "SERVER_ENDPOINT", "APPLICATION_TOKEN", "APP_SID", "status"}
	portals, _ := w.store.state()
	for set := range 1 << len(fields) {
		form := url.Values{}
		for name, value := range ours {
			form[name] = slices.Clone(value)
		}
		var swapped []string
		for i, name := range fields {
			if set&(1<<i) != 0 {
				form[name] = theirs[name]
				swapped = append(swapped, name)
			}
		}
		token, member := set&1 != 0, set&2 != 0
		v, err := w.Identify(t.Context(), form)
		switch {
		case token != member:
			wants(t, err, app.Forbidden, "visit.forged")
		case err != nil:
			t.Errorf("swapped %v: %v", swapped, err)
		case token && (v.Portal != w.bolt.id() || v.User != user(w.bolt.paul)),
			!token && (v.Portal != w.acme.id() || v.User != user(w.acme.mary)):
			t.Errorf("swapped %v: visit of %s at %s", swapped, v.User, v.Portal)
		}
	}
	after, _ := w.store.state()
	if d := cmp.Diff(portals, after); d != "" {
		t.Errorf("an employee's forms changed a portal's record: %s", d)
	}
}

// A refresh token of somebody else in an otherwise good form harms nobody: the
// renewal answers about another user, and its grant is refused.
func TestForeignRefreshToken(t *testing.T) {
	w := newWorld(t).install()
	form := w.form(w.acme, simulator.Opening{User: w.acme.mary})
	form.Set("REFRESH_ID", w.form(w.bolt, simulator.Opening{User: w.bolt.anna}).Get("REFRESH_ID"))
	if _, err := w.Identify(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	w.acme.ExpireTokens()
	_, err := w.Recheck(t.Context(), w.acme.id(), user(w.acme.mary))
	if kind := app.KindOf(err); kind != app.Forbidden && kind != app.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestMalformedForm(t *testing.T) {
	w := newWorld(t).install()
	for name, c := range map[string]struct {
		change map[string]string
		kind   app.Kind
		key    string
	}{
		"no token":             {map[string]string{"AUTH_ID": ""}, app.Invalid, "visit.malformed"},
		"not a token":          {map[string]string{"AUTH_ID": "a b\nc defghi"}, app.Invalid, "visit.malformed"},
		"unknown token":        {map[string]string{"AUTH_ID": strings.Repeat("ab", 35)}, app.Unauthenticated, "portal.session"},
		"no member id":         {map[string]string{"member_id": ""}, app.Forbidden, "visit.forged"},
		"member id of nobody":  {map[string]string{"member_id": strings.Repeat("0", 32)}, app.Forbidden, "visit.forged"},
		"member id of a store": {map[string]string{"member_id": "_system"}, app.Forbidden, "visit.forged"},
		"broken options":       {map[string]string{"PLACEMENT_OPTIONS": "{"}, app.Invalid, "visit.malformed"},
		"unknown slot":         {map[string]string{"PLACEMENT": "LEFT_MENU"}, app.Invalid, "visit.slot"},
	} {
		t.Run(name, func(t *testing.T) {
			form := w.form(w.acme, simulator.Opening{User: w.acme.mary})
			for field, value := range c.change {
				form.Set(field, value)
			}
			_, err := w.Identify(t.Context(), form)
			wants(t, err, c.kind, c.key)
		})
	}
}

func TestSlots(t *testing.T) {
	w := newWorld(t).install()
	for name, c := range map[string]struct {
		placement, options, language string
		want                         app.Visit
	}{
		"deal":                {"CRM_DEAL_DETAIL_TAB", `{"ID":"8061"}`, "ru", app.Visit{Slot: app.SlotDealTab, Entity: app.Entity{Type: 2, ID: 8061}, Language: "ru"}},
		"deal in the making":  {"CRM_DEAL_DETAIL_TAB", `{"ID":"0"}`, "la", app.Visit{Slot: app.SlotDealTab, Language: "la"}},
		"deal without number": {"CRM_DEAL_DETAIL_TAB", `{"ID":"1 or 2"}`, "br", app.Visit{Slot: app.SlotDealTab, Language: "br"}},
		"negative":            {"CRM_DEAL_DETAIL_TAB", `{"ID":"-1"}`, "", app.Visit{Slot: app.SlotDealTab}},
		"undefined":           {"CRM_DEAL_DETAIL_TAB", "undefined", "<script>", app.Visit{Slot: app.SlotDealTab}},
		"main page":           {"DEFAULT", `{"ID":"8061"}`, "en", app.Visit{Slot: app.SlotMain, Language: "en"}},
		"lead":                {"CRM_LEAD_DETAIL_TAB", `{"ID":"5"}`, "en", app.Visit{Slot: app.TabSlot(1), Entity: app.Entity{Type: 1, ID: 5}, Language: "en"}},
		"menu of an invoice":  {"CRM_SMART_INVOICE_DETAIL_TOOLBAR", `{"ID":"5"}`, "en", app.Visit{Slot: app.MenuSlot(31), Entity: app.Entity{Type: 31, ID: 5}, Language: "en"}},
		"smart process":       {"CRM_DYNAMIC_1046_DETAIL_TAB", `{"ID":7}`, "en", app.Visit{Slot: app.TabSlot(1046), Entity: app.Entity{Type: 1046, ID: 7}, Language: "en"}},
		"generator":           {"CRM_QUOTE_DOCUMENTGENERATOR_BUTTON", `{"ENTITY_ID":"5"}`, "en", app.Visit{Slot: app.GeneratorSlot(7), Entity: app.Entity{Type: 7, ID: 5}, Language: "en"}},
		"button of ours":      {"DEFAULT", `{"entityTypeId":2,"entityId":8061,"activityId":9}`, "en", app.Visit{Slot: app.SlotMain, Entity: app.Entity{Type: 2, ID: 8061}, Language: "en"}},
		"button, half":        {"DEFAULT", `{"entityTypeId":2}`, "en", app.Visit{Slot: app.SlotMain, Language: "en"}},
		"button, nonsense":    {"DEFAULT", `{"entityTypeId":99999999999,"entityId":1}`, "en", app.Visit{Slot: app.SlotMain, Language: "en"}},
		"main page, unsaid":   {"", "", "en", app.Visit{Slot: app.SlotMain, Language: "en"}},
	} {
		t.Run(name, func(t *testing.T) {
			form := w.form(w.acme, simulator.Opening{User: w.acme.mary})
			form.Set("PLACEMENT", c.placement)
			form.Set("PLACEMENT_OPTIONS", c.options)
			form.Set("LANG", c.language)
			got, err := w.Identify(t.Context(), form)
			if err != nil {
				t.Fatal(err)
			}
			if got.Slot != c.want.Slot || got.Entity != c.want.Entity || got.Language != c.want.Language {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// Addresses in a form lead nowhere: the client secret and the token go to the
// allow-listed server and to the portal that it names.
func TestAddressesOfTheForm(t *testing.T) {
	w := newWorld(t).install()
	var calls atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer evil.Close()
	form := w.form(w.acme, simulator.Opening{User: w.acme.mary})
	form.Set("DOMAIN", strings.TrimPrefix(evil.URL, "http://"))
	form.Set("SERVER_ENDPOINT", evil.URL+"/rest/")
	if _, err := w.Identify(t.Context(), form); err != nil {
		t.Fatal(err)
	}
	if calls.Load() != 0 {
		t.Errorf("the form's server was asked %d times", calls.Load())
	}
}

// A token of another app of the same portal proves nothing.
func TestTokenOfAnotherApp(t *testing.T) {
	w := newWorld(t).install()
	other := w.acme.addApp("http://127.0.0.1:1")
	_, err := w.Identify(t.Context(), w.form(w.acme, simulator.Opening{User: w.acme.anna, ClientID: other.ClientID}))
	wants(t, err, app.Forbidden, "visit.forged")
}

func TestWhoIsLetIn(t *testing.T) {
	w := newWorld(t).install()
	form := func(id int) url.Values { return w.form(w.acme, simulator.Opening{User: id}) }
	t.Run("extranet", func(t *testing.T) {
		_, err := w.Identify(t.Context(), form(w.acme.guest))
		wants(t, err, app.Forbidden, "visit.not-employee")
	})
	t.Run("dismissed with an open page", func(t *testing.T) {
		f := form(w.acme.leave)
		if err := w.acme.SetUser(w.acme.leave, func(u *simulator.User) { u.Inactive = true }); err != nil {
			t.Fatal(err)
		}
		_, err := w.Identify(t.Context(), f)
		wants(t, err, app.Forbidden, "visit.inactive")
	})
	t.Run("closed to the user", func(t *testing.T) {
		f := form(w.acme.paul)
		if err := w.acme.RestrictApp(w.acme.app.ClientID, w.acme.anna, w.acme.mary); err != nil {
			t.Fatal(err)
		}
		_, err := w.Identify(t.Context(), f)
		wants(t, err, app.Forbidden, "visit.not-allowed")
	})
	t.Run("plan without REST", func(t *testing.T) {
		f := form(w.acme.mary)
		w.acme.SetQuirks(simulator.Quirks{NoREST: true})
		_, err := w.Identify(t.Context(), f)
		wants(t, err, app.Forbidden, "portal.plan")
	})
}

func TestFirstVisit(t *testing.T) {
	w := newWorld(t)
	_, err := w.Identify(t.Context(), w.form(w.acme, simulator.Opening{User: w.acme.mary}))
	wants(t, err, app.Forbidden, "portal.not-installed")
	if portals, grants := w.store.state(); len(portals)+len(grants) != 0 {
		t.Errorf("an employee's visit registered a portal: %v", portals)
	}
	w.visit(w.acme, w.acme.anna)
	got, err := w.store.Portal(t.Context(), w.acme.id())
	if err != nil {
		t.Fatal(err)
	}
	want := app.Portal{
		ID: w.acme.id(), ClientID: w.acme.app.ClientID, Endpoint: w.acme.URL() + "/rest/", Domain: host(t, w.acme.URL()),
		AuthServer: w.cloud.Auth.URL(), Language: "en", InstalledBy: user(w.acme.anna), InstalledAt: w.clock.Now(),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	w.visit(w.acme, w.acme.mary)
	if n := len(w.store.audit); n != 1 || w.store.audit[0].Action != app.ActInstalled {
		t.Errorf("audit has %d entries", n)
	}
}

// The application token is taken from an administrator's form, never from an
// employee's, and never in the place of a known one.
func TestProofFromForm(t *testing.T) {
	w := newWorld(t).install()
	forged := func(id int, token string) {
		form := w.form(w.acme, simulator.Opening{User: id})
		form.Set("APPLICATION_TOKEN", token)
		if _, err := w.Identify(t.Context(), form); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		user  int
		token string
		want  app.Secret
	}{
		{w.acme.mary, "chosen by an employee", ""},
		{w.acme.anna, strings.Repeat("x", 300), ""},
		{w.acme.anna, "of the installation", "of the installation"},
		{w.acme.anna, "another", "of the installation"},
	} {
		forged(step.user, step.token)
		if p, _ := w.store.Portal(t.Context(), w.acme.id()); p.ApplicationToken != step.want {
			t.Errorf("after %q by %d the proof is another than wanted", step.token, step.user)
		}
	}
}

func TestBitrixDown(t *testing.T) {
	for name, c := range map[string]struct {
		fault simulator.FaultKind
		kind  app.Kind
		key   string
	}{
		"html":    {simulator.BadGateway, app.Upstream, "portal.answer"},
		"nothing": {simulator.EmptyBody, app.Upstream, "portal.answer"},
		"reset":   {simulator.Reset, app.Unavailable, "portal.unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).install()
			form := w.form(w.acme, simulator.Opening{User: w.acme.mary})
			w.cloud.Auth.Inject(simulator.Fault{Kind: c.fault, Count: 1}) // passes unseen
			if _, err := w.Identify(t.Context(), form); err != nil {
				t.Fatal(err)
			}
			w.cloud.Auth.Inject(simulator.Fault{Kind: c.fault})
			_, err := w.Identify(t.Context(), form)
			wants(t, err, c.kind, c.key)
		})
	}
}

// A renamed portal is followed at the next visit, and in the middle of work.
func TestRenamedPortal(t *testing.T) {
	w := newWorld(t)
	w.config.PlainHosts = append(w.config.PlainHosts, strings.Replace(host(t, w.acme.URL()), "127.0.0.1", "acme.localhost", 1))
	w.restart()
	w.install()
	v := w.at(w.acme, w.acme.mary, w.acme.deal)
	w.acme.PutFile(w.acme.deal, w.acme.single, "contract.pdf", pdf("one"))
	old := w.acme.URL()
	w.wire.set(func(r *http.Request) (*http.Response, error) { // a resolver that knows the new name
		there := r.Clone(r.Context())
		there.Host = r.URL.Host
		there.URL.Host = strings.Replace(r.URL.Host, "acme.localhost", "127.0.0.1", 1)
		return w.wire.under.RoundTrip(there)
	})
	w.acme.Rename("acme.localhost")
	if docs, err := w.Documents(t.Context(), v); err != nil || len(docs) != 1 {
		t.Fatalf("after the rename: %v, %v", docs, err)
	}
	p, err := w.store.Portal(t.Context(), w.acme.id())
	if err != nil || p.Endpoint == old+"/rest/" || p.Domain != host(t, w.acme.URL()) {
		t.Errorf("stored endpoint %s, domain %s, %v", p.Endpoint, p.Domain, err)
	}
	w.visit(w.acme, w.acme.mary)
}

func TestNew(t *testing.T) {
	for name, c := range map[string]portal.Config{
		"no store":  {Apps: []portal.App{{ClientID: "local.1", Secret: "s"}}},
		"no app":    {Store: newMemory()},
		"no secret": {Store: newMemory(), Apps: []portal.App{{ClientID: "local.1"}}},
		"plain auth server": {
			Store: newMemory(), Apps: []portal.App{{ClientID: "local.1", Secret: "s"}},
			AuthServers: []string{"http://oauth.example.org"},
		},
	} {
		if _, err := portal.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := portal.New(portal.Config{Store: newMemory(), Apps: []portal.App{{ClientID: "local.1", Secret: "s"}}}); err != nil {
		t.Error(err)
	}
}

func TestCanceled(t *testing.T) {
	w := newWorld(t).install()
	form := w.form(w.acme, simulator.Opening{User: w.acme.mary})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Identify(ctx, form); err == nil {
		t.Error("no error")
	}
}
