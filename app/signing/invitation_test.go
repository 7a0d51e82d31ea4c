package signing_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/portal"
	"signservice/app/signing"
	"signservice/bitrix/simulator"
	"signservice/install"
)

// asking is a world whose people ask each other to sign.
type asking struct {
	*world
	invitations *signing.Invitations
}

func newAsking(t *testing.T) *asking {
	t.Helper()
	a := &asking{world: newWorld(t)}
	a.again()
	return a
}

// again makes what lives in memory anew, as after a crash.
func (a *asking) again() {
	a.t.Helper()
	a.restart()
	var err error
	a.invitations, err = signing.NewInvitations(signing.InvitationsConfig{Store: a.store, Herald: a.portals, Now: a.clock.Now})
	a.must(err)
	a.config.Delivered = a.invitations.Delivered
	a.serve(a.config)
}

// invite has Paul ask Mary to sign the contract.
func (a *asking) invite() app.Invitation {
	a.t.Helper()
	a.enter(a.mary)
	i, err := a.invitations.Invite(context.Background(), a.enter(a.paul), signing.InviteInput{Document: a.ref(), To: uid(a.mary), Note: "by Friday"})
	a.must(err)
	return i
}

// tell tells the portal all there is to tell.
func (a *asking) tell() {
	a.t.Helper()
	for range 50 {
		all, err := a.store.Untold(context.Background())
		a.must(err)
		if len(all) == 0 {
			return
		}
		_ = a.invitations.TellAll(context.Background())
		for _, i := range all {
			if i, err := a.store.Invitation(context.Background(), i.Portal, i.ID); err == nil && i.RetryAt.After(a.clock.Now()) {
				a.clock.set(i.RetryAt)
			}
		}
	}
	a.t.Fatal("the portal is never told")
}

// activities are ours at the deal.
func (a *asking) activities() (ours []simulator.Activity) {
	for _, one := range a.portal.Activities(simulator.EntityDeal, a.deal) {
		if one.Provider == simulator.ProviderConfigurable {
			ours = append(ours, one)
		}
	}
	return ours
}

// status is the badge of an activity.
func status(one simulator.Activity) string {
	header, _ := one.Layout["header"].(map[string]any)
	tags, _ := header["tags"].(map[string]any)
	tag, _ := tags["status"].(map[string]any)
	title, _ := tag["title"].(string)
	return title
}

func (a *asking) state(id app.InvitationID) app.InvitationState {
	a.t.Helper()
	i, err := a.store.Invitation(context.Background(), a.id(), id)
	a.must(err)
	return i.State
}

func (a *asking) notices(user int) (all []string) {
	for _, n := range a.portal.Notifications(user) {
		all = append(all, n.Message)
	}
	return all
}

func fails(t *testing.T, err error, kind app.Kind, key string) {
	t.Helper()
	var e *app.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Key != key {
		t.Errorf("got %v, want %s (%s)", err, kind, key)
	}
}

func TestInvitation(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	i := a.invite()
	a.tell()
	ours := a.activities()
	if len(ours) != 1 || ours[0].Completed || ours[0].Author != a.paul || ours[0].Responsible != a.mary || status(ours[0]) != "Waiting" {
		t.Fatalf("activities: %+v", ours)
	}
	if got := a.notices(a.mary); len(got) != 1 || !strings.Contains(got[0], "Paul Ott asks you to sign Договор.pdf.") ||
		!strings.Contains(got[0], a.portal.URL()+"/crm/deal/details/") {
		t.Errorf("notices: %q", got)
	}
	// The button opens the page of that deal for Mary, with the invitation.
	frame, err := a.portal.PressButton(ours[0].ID, "open", a.mary)
	a.must(err)
	action, err := url.Parse(frame.Action)
	a.must(err)
	form := action.Query()
	for k, v := range frame.Form {
		form[k] = v
	}
	v, err := a.portals.Identify(ctx, form)
	a.must(err)
	if v.Entity != (app.Entity{Type: app.EntityDeal, ID: int64(a.deal)}) || v.Invitation != i.ID || v.User != uid(a.mary) {
		t.Fatalf("the button leads to %+v", v)
	}
	found, err := a.invitations.Find(ctx, v, v.Invitation)
	a.must(err)
	if found.Note != "by Friday" || found.Document.FileID != strconv.Itoa(a.file) {
		t.Errorf("the invitation is %+v", found)
	}
	// She signs, and it has come to its end by itself.
	_, r := a.order(a.mary)
	a.run(r.ID)
	if got := a.state(i.ID); got != app.InvitationSigned {
		t.Fatalf("the invitation is %s", got)
	}
	a.tell()
	ours = a.activities()
	if len(ours) != 1 || !ours[0].Completed || status(ours[0]) != "Signed" || ours[0].Layout["footer"] != nil {
		t.Errorf("activities: %+v", ours)
	}
	if got := a.notices(a.paul); len(got) != 1 || !strings.Contains(got[0], "Мария Иванова has signed Договор.pdf.") {
		t.Errorf("notices: %q", got)
	}
	entries, err := a.store.AuditEntries(ctx, a.id(), app.AuditQuery{Action: app.ActInvitationSigned})
	a.must(err)
	if len(entries) != 1 || entries[0].User != uid(a.mary) || entries[0].Request != r.ID {
		t.Errorf("audit: %+v", entries)
	}
}

func TestInvitationDeclined(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	i := a.invite()
	mary, paul, eve := a.enter(a.mary), a.enter(a.paul), a.enter(a.eve)
	_, err := a.invitations.Decline(ctx, mary, i.ID, "  ")
	fails(t, err, app.Invalid, "invitation.reason")
	_, err = a.invitations.Decline(ctx, mary, i.ID, strings.Repeat("x", app.MaxInvitationText+1))
	fails(t, err, app.Invalid, "invitation.text")
	for _, v := range []app.Visit{paul, eve} {
		_, err = a.invitations.Decline(ctx, v, i.ID, "no")
		fails(t, err, app.NotFound, "invitation.unknown")
	}
	elsewhere := mary
	elsewhere.Entity.ID = int64(a.other)
	_, err = a.invitations.Decline(ctx, elsewhere, i.ID, "no")
	fails(t, err, app.NotFound, "invitation.unknown")
	got, err := a.invitations.Decline(ctx, mary, i.ID, "The price [is] wrong.")
	a.must(err)
	if got.State != app.InvitationDeclined || got.EndedBy != uid(a.mary) {
		t.Errorf("%+v", got)
	}
	a.tell()
	if ours := a.activities(); len(ours) != 0 && (len(ours) != 1 || !ours[0].Completed) {
		t.Errorf("activities: %+v", ours)
	}
	if got := a.notices(a.paul); len(got) != 1 || !strings.Contains(got[0], "does not sign Договор.pdf: The price (is) wrong.") {
		t.Errorf("notices: %q", got)
	}
	_, err = a.invitations.Withdraw(ctx, paul, i.ID)
	fails(t, err, app.Conflict, "invitation.ended")
	// A reason is typed by a person: no word of it is in the audit log.
	entries, err := a.store.AuditEntries(ctx, a.id(), app.AuditQuery{})
	a.must(err)
	for _, e := range entries {
		if strings.Contains(e.Detail, "price") {
			t.Errorf("audit: %+v", e)
		}
	}
}

func TestInvitationWithdrawn(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	i := a.invite()
	a.tell()
	_, err := a.invitations.Withdraw(ctx, a.enter(a.mary), i.ID)
	fails(t, err, app.NotFound, "invitation.unknown")
	_, err = a.invitations.Withdraw(ctx, a.enter(a.paul), i.ID)
	a.must(err)
	a.tell()
	if ours := a.activities(); len(ours) != 1 || !ours[0].Completed || status(ours[0]) != "Withdrawn" {
		t.Errorf("activities: %+v", ours)
	}
	// The notice takes the place of the one before.
	if got := a.notices(a.mary); len(got) != 1 || !strings.Contains(got[0], "no longer asks you") {
		t.Errorf("notices: %q", got)
	}
	// It may be asked for again.
	a.invite()
}

func TestInvitationRefused(t *testing.T) {
	a := newAsking(t)
	ctx := t.Context()
	a.must(a.portal.SetUser(a.eve, func(u *simulator.User) { u.Inactive = true }))
	guest := a.portal.AddUser(simulator.User{Name: "Guest", Type: "extranet"})
	a.invite()
	for name, c := range map[string]struct {
		change func(*signing.InviteInput)
		kind   app.Kind
		key    string
	}{
		"oneself":        {func(in *signing.InviteInput) { in.To = uid(a.paul) }, app.Invalid, "invitation.self"},
		"nobody":         {func(in *signing.InviteInput) { in.To = "" }, app.NotFound, "user.unknown"},
		"a stranger":     {func(in *signing.InviteInput) { in.To = "999" }, app.NotFound, "user.unknown"},
		"dismissed":      {func(in *signing.InviteInput) { in.To = uid(a.eve) }, app.Invalid, "invitation.person"},
		"a guest":        {func(in *signing.InviteInput) { in.To = uid(guest) }, app.Invalid, "invitation.person"},
		"once more":      {func(*signing.InviteInput) {}, app.Conflict, "invitation.already"},
		"no document":    {func(in *signing.InviteInput) { in.Document.FileID = "999" }, app.NotFound, "document.gone"},
		"a long note":    {func(in *signing.InviteInput) { in.Note = strings.Repeat("я", app.MaxInvitationText+1) }, app.Invalid, "invitation.text"},
		"control inside": {func(in *signing.InviteInput) { in.Note = "a\x00b" }, app.Invalid, "invitation.text"},
	} {
		in := signing.InviteInput{Document: a.ref(), To: uid(a.mary)}
		c.change(&in)
		_, err := a.invitations.Invite(ctx, a.enter(a.paul), in)
		if err == nil {
			t.Errorf("%s is asked", name)
			continue
		}
		t.Run(name, func(t *testing.T) { fails(t, err, c.kind, c.key) })
	}
	// Who cannot see the deal cannot have somebody sign there.
	v := a.enter(a.paul)
	a.must(a.portal.SetDealAccess(a.deal, a.paul, simulator.NoAccess))
	_, err := a.invitations.Invite(ctx, v, signing.InviteInput{Document: a.ref(), To: uid(a.anna)})
	fails(t, err, app.Forbidden, "portal.no-right")
}

// Somebody else has signed: the invitation follows the file.
func TestInvitationFollows(t *testing.T) {
	a := newAsking(t)
	i := a.invite()
	_, r := a.order(a.paul)
	done := a.run(r.ID)
	got, err := a.store.Invitation(t.Context(), a.id(), i.ID)
	a.must(err)
	if !got.Open() || got.Document.FileID != done.DeliveredID {
		t.Fatalf("the invitation is %s for %s", got.State, got.Document.FileID)
	}
	a.file, err = strconv.Atoi(done.DeliveredID)
	a.must(err)
	_, r = a.order(a.mary)
	a.run(r.ID)
	if got := a.state(i.ID); got != app.InvitationSigned {
		t.Errorf("the invitation is %s", got)
	}
}

// A reader of the deal may ask as well; the timeline then has no entry.
func TestInvitationByReader(t *testing.T) {
	a := newAsking(t)
	a.must(a.portal.SetDealAccess(a.deal, a.paul, simulator.ReadAccess))
	i := a.invite()
	a.tell()
	if ours := a.activities(); len(ours) != 0 {
		t.Errorf("activities: %+v", ours)
	}
	if got := a.notices(a.mary); len(got) != 1 {
		t.Errorf("notices: %q", got)
	}
	_, err := a.invitations.Withdraw(t.Context(), a.enter(a.paul), i.ID)
	a.must(err)
	a.tell()
}

// TestInvitationFaults injects each fault into each call: in the end there is
// one activity in the right state, and one notice for each person.
func TestInvitationFaults(t *testing.T) {
	for _, kind := range []simulator.FaultKind{
		simulator.QueryLimit, simulator.ExpiredToken, simulator.BadGateway, simulator.EmptyBody,
		simulator.Reset, simulator.LostAnswer, simulator.LateGateway, simulator.Truncated,
	} {
		t.Run(string(kind), func(t *testing.T) {
			a := newAsking(t)
			for skip := 0; ; skip++ {
				deal := a.portal.AddDeal(simulator.Deal{Title: "Lift", Responsible: a.mary})
				a.deal, a.file = deal, a.portal.PutFile(deal, a.single, "Договор.pdf", a.original)
				i := a.invite()
				before := len(a.portal.Notifications(a.mary))
				fault := a.portal.Inject(simulator.Fault{Kind: kind, Skip: skip, Count: 1})
				a.tell()
				a.again()
				_, err := a.invitations.Decline(t.Context(), app.Visit{
					Portal: a.id(), User: uid(a.mary), Entity: i.Document.Entity,
				}, i.ID, "no")
				a.must(err)
				a.tell()
				hits := fault.Hits()
				a.portal.Heal()
				if ours := a.activities(); len(ours) != 1 || !ours[0].Completed || status(ours[0]) != "Declined" {
					t.Errorf("%s at call %d: activities %+v", kind, skip, ours)
				}
				if n := len(a.portal.Notifications(a.mary)); n != before+1 {
					t.Errorf("%s at call %d: %d notices", kind, skip, n-before)
				}
				if hits == 0 || t.Failed() {
					break
				}
			}
		})
	}
}

func TestInvitationOfDeletedDeal(t *testing.T) {
	a := newAsking(t)
	i := a.invite()
	a.tell()
	a.must(a.portal.DeleteDeal(a.deal))
	a.must(a.invitations.Gone(t.Context(), a.id(), app.Entity{Type: app.EntityDeal, ID: int64(a.deal)}))
	a.must(a.invitations.Gone(t.Context(), a.id(), app.Entity{Type: app.EntityDeal, ID: int64(a.deal)}))
	a.tell()
	if got := a.state(i.ID); got != app.InvitationGone {
		t.Errorf("the invitation is %s", got)
	}
}

// robot registers the robot, as an installation does, with a handler of the
// test's own.
func (a *asking) robot() {
	a.t.Helper()
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		call, err := a.portals.Robot(r.Context(), r.PostForm)
		if err == nil {
			err = a.invitations.InviteByRobot(r.Context(), call)
		}
		if err != nil {
			a.t.Logf("robot: %v", err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	a.t.Cleanup(handler.Close)
	ctx := context.Background()
	a.enter(a.anna)
	c, err := a.portals.Client(ctx, a.id(), uid(a.anna))
	a.must(err)
	a.must(install.Register(ctx, c, install.Config{BaseURL: handler.URL}))
	// An installation teaches the application token.
	now, _ := a.portal.App(a.client.ClientID)
	record, err := a.store.Portal(ctx, a.id())
	a.must(err)
	record.ApplicationToken = app.Secret(now.ApplicationToken)
	a.must(a.store.SavePortal(ctx, record))
}

// ask lets the deal's automation run the robot.
func (a *asking) ask(properties map[string]string) {
	a.t.Helper()
	_, err := a.portal.RunRobot(a.client.ClientID, "sign_request", a.deal, properties)
	a.must(err)
	a.must(a.portal.Settle(context.Background()))
	a.tell()
}

func (a *asking) result() (done bool, values map[string]any) {
	runs := a.portal.RobotRuns()
	last := runs[len(runs)-1]
	return last.Done, last.Values
}

func TestRobot(t *testing.T) {
	a := newAsking(t)
	a.robot()
	a.portal.SetEvents(simulator.EventOptions{Duplicate: 1}) // each call comes twice
	a.ask(map[string]string{"signer": "user_" + strconv.Itoa(a.mary), "note": "please"})
	if done, _ := a.result(); done {
		t.Fatal("the workflow does not wait")
	}
	all, err := a.store.Invitations(t.Context(), a.id(), app.InvitationQuery{})
	a.must(err)
	if len(all) != 1 || len(a.activities()) != 1 || all[0].From != uid(a.anna) || all[0].Note != "please" {
		t.Fatalf("invitations: %+v", all)
	}
	_, r := a.order(a.mary)
	a.run(r.ID)
	a.tell()
	done, values := a.result()
	at, _ := values["signedAt"].(string)
	if _, err := time.Parse(time.RFC3339, at); err != nil || !done || values["status"] != "signed" {
		t.Errorf("the workflow got %v, %v", done, values)
	}
}

func TestRobotResults(t *testing.T) {
	for name, c := range map[string]struct {
		properties func(*asking) map[string]string
		act        func(*asking, app.Invitation)
		want       string
	}{
		"declined": {nil, func(a *asking, i app.Invitation) {
			_, err := a.invitations.Decline(context.Background(), a.enter(a.mary), i.ID, "no")
			a.must(err)
		}, "declined"},
		"withdrawn": {nil, func(a *asking, i app.Invitation) {
			_, err := a.invitations.Withdraw(context.Background(), a.enter(a.anna), i.ID)
			a.must(err)
		}, "withdrawn"},
		"by field code": {func(a *asking) map[string]string { return map[string]string{"document": strings.ToLower(a.single)} }, nil, ""},
		"by name":       {func(*asking) map[string]string { return map[string]string{"document": "договор"} }, nil, ""},
		"no document":   {func(*asking) map[string]string { return map[string]string{"document": "invoice"} }, nil, "no-document"},
		"no signer":     {func(*asking) map[string]string { return map[string]string{"signer": ""} }, nil, "no-signer"},
		"left signer": {func(a *asking) map[string]string {
			_ = a.portal.SetUser(a.mary, func(u *simulator.User) { u.Inactive = true })
			return nil
		}, nil, "no-signer"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsking(t)
			a.t = t
			a.robot()
			properties := map[string]string{"signer": "user_" + strconv.Itoa(a.mary)}
			if c.properties != nil {
				for k, v := range c.properties(a) {
					properties[k] = v
				}
			}
			a.ask(properties)
			if c.act != nil {
				all, err := a.store.Invitations(t.Context(), a.id(), app.InvitationQuery{})
				a.must(err)
				c.act(a, all[0])
				a.tell()
			}
			done, values := a.result()
			got, _ := values["status"].(string)
			if got != c.want || done != (c.want != "") {
				t.Errorf("the workflow got %v, %q", done, got)
			}
		})
	}
}

// A robot's call is believed like an event: with the application token, and a
// token of the app in this portal.
func TestRobotForged(t *testing.T) {
	a := newAsking(t)
	a.robot()
	record, err := a.store.Portal(t.Context(), a.id())
	a.must(err)
	tokens, err := a.portal.Grant(a.anna, a.client.ClientID)
	a.must(err)
	good := url.Values{
		"code": {"sign_request"}, "event_token": {"t"}, "workflow_id": {"w"}, "properties[signer]": {"user_2"},
		"document_id[0]": {"crm"}, "document_id[1]": {"CCrmDocumentDeal"}, "document_id[2]": {"DEAL_" + strconv.Itoa(a.deal)},
		"auth[member_id]": {string(a.id())}, "auth[application_token]": {record.ApplicationToken.Reveal()},
		"auth[access_token]": {tokens.Access},
	}
	if _, err := a.portals.Robot(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key, value string
		kind       app.Kind
	}{
		"another application token": {"auth[application_token]", "x", app.Forbidden},
		"no application token":      {"auth[application_token]", "", app.Forbidden},
		"another portal":            {"auth[member_id]", "ffff", app.Forbidden},
		"a false access token":      {"auth[access_token]", strings.Repeat("a", 70), app.Unauthenticated},
		"no access token":           {"auth[access_token]", "", app.Unauthenticated},
		"another robot":             {"code", "other", app.Invalid},
		"no step":                   {"event_token", "", app.Invalid},
		"no element":                {"document_id[2]", "DEAL_x", app.Invalid},
		"another module":            {"document_id[0]", "lists", app.Invalid},
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set(c.key, c.value)
		if _, err := a.portals.Robot(t.Context(), form); app.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInvitationNotDelivered: who has switched notices off is asked by the
// timeline and the tab.
func TestInvitationNotDelivered(t *testing.T) {
	a := newAsking(t)
	a.portal.SetQuirks(simulator.Quirks{NotifyFails: true})
	a.invite()
	a.tell()
	if len(a.activities()) != 1 {
		t.Error("no activity")
	}
	err := a.portals.Notify(t.Context(), a.id(), uid(a.anna), uid(a.mary), portal.Message{Text: "x"})
	a.enter(a.anna)
	fails(t, err, app.Unavailable, "notice.refused")
	a.portal.SetQuirks(simulator.Quirks{})
	a.must(a.portals.Notify(t.Context(), a.id(), uid(a.anna), uid(a.mary), portal.Message{
		Text: "Set up your [code]", Words: "here", Link: "https://sign.example.org/enrol/abc",
	}))
	got := a.notices(a.mary)
	if want := "Set up your (code)[BR][URL=https://sign.example.org/enrol/abc]here[/URL]"; len(got) == 0 || got[len(got)-1] != want {
		t.Error(cmp.Diff(want, got))
	}
}
