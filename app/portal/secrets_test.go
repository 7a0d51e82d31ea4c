package portal_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

// TestNoSecrets looks for tokens, secrets and links in all that is logged and
// in all errors, after much has gone wrong.
func TestNoSecrets(t *testing.T) {
	w := newWorld(t)
	var told bytes.Buffer
	w.config.Log = slog.New(slog.NewTextHandler(&told, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.restart()
	w.install()
	say := func(err error) {
		t.Helper()
		if err == nil {
			t.Error("nothing went wrong")
		}
		fmt.Fprintf(&told, "%v %+v %#v\n", err, err, errors.Unwrap(err))
	}
	secrets := []string{w.acme.app.ClientSecret, w.acme.app.ApplicationToken, "auth=", "token="}
	remember := func() {
		_, grants := w.store.state()
		for _, g := range grants {
			secrets = append(secrets, g.Access.Reveal(), g.Refresh.Reveal())
		}
	}
	p := w.paper(true)
	remember()
	p.c.Inject(simulator.Fault{Method: "crm.controller.item.getFile", Kind: simulator.CustomError, Status: 404, Code: "X"})
	if _, err := w.Documents(t.Context(), p.visit); err != nil {
		t.Error(err) // the broken files are left out, and logged
	}
	_, err := w.Fetch(t.Context(), p.visit.Portal, p.visit.User, p.doc, &told, 1<<20)
	say(err)
	_, err = p.replace()
	say(err)
	p.c.Heal()
	p.c.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.BadGateway})
	if err := w.Ready(t.Context(), p.visit.Portal, p.visit.User, p.doc); err != nil {
		t.Error(err) // the failed probe is logged
	}
	_, err = p.replace()
	say(err)
	p.c.Heal()
	p.c.Inject(simulator.Fault{Kind: simulator.Redirect, To: "http://elsewhere.example.org"})
	_, err = w.Documents(t.Context(), p.visit)
	say(err)
	p.c.Heal()
	q := w.paper(true)
	q.inWindow(1, q.colleagueReplaces)
	_, err = q.replace()
	say(err)
	form := w.form(w.acme, simulator.Opening{User: w.acme.mary})
	secrets = append(secrets, form.Get("AUTH_ID"), form.Get("REFRESH_ID"))
	form.Set("member_id", w.bolt.MemberID())
	_, err = w.Identify(t.Context(), form)
	say(err)
	event := w.eventForm(w.acme, "ONAPPUNINSTALL", 0)
	event.Set("auth[application_token]", "a wrong proof of installation")
	secrets = append(secrets, "a wrong proof of installation")
	say(w.Event(t.Context(), event))
	w.acme.RevokeUser(w.acme.mary)
	_, err = w.Recheck(t.Context(), p.visit.Portal, p.visit.User)
	say(err)
	remember()
	if told.Len() < 500 {
		t.Fatalf("only %d bytes were told", told.Len())
	}
	for _, s := range secrets {
		if s != "" && strings.Contains(told.String(), s) {
			t.Errorf("a secret was told: %.12s…", s)
		}
	}
}

// FuzzForms: whatever is posted, nothing is stored without the authorization
// server's word, and no error is without a kind.
func FuzzForms(f *testing.F) {
	f.Add("AUTH_ID=0123456789abcdef&member_id=00000000000000000000000000000000&PLACEMENT=DEFAULT", false)
	f.Add("event=ONAPPINSTALL&auth[member_id]=0&auth[access_token]=0123456789abcdef&auth[application_token]=1", true)
	f.Add("event=ONAPPUNINSTALL&auth[member_id]=a&auth[application_token]=", true)
	f.Add("event=x&auth[[]]=1&data[a][b][c][d][e][f][g]=2", true)
	f.Add("AUTH_ID=0123456789abcdef&PLACEMENT=CRM_DEAL_DETAIL_TAB&PLACEMENT_OPTIONS={\"ID\":[1]}&AUTH_EXPIRES=-1", false)
	f.Fuzz(func(t *testing.T, encoded string, event bool) {
		form, err := url.ParseQuery(encoded)
		if err != nil {
			return
		}
		w := offline(t)
		if event {
			err = w.Event(t.Context(), form)
		} else {
			_, err = w.Identify(t.Context(), form)
		}
		var e *app.Error
		if !as(err, &e) {
			t.Errorf("got %v", err)
		}
		if portals, grants := w.store.state(); len(portals) != 1 || len(grants) != 0 {
			t.Error("something was stored")
		}
		if p, _ := w.store.Portal(t.Context(), "a"); !p.Installed() {
			t.Error("the portal is uninstalled")
		}
	})
}
