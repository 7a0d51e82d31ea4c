package bitrix_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"signservice/bitrix"
	"signservice/bitrix/simulator"
)

// A user opens the tab of a deal, and we replace the file in it: the whole way
// from the posted form to the file's bytes.
func TestSimulatedTab(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	field := w.portal.AddFileField("CONTRACT", "Contract", true)
	deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
	keep := w.portal.PutFile(deal, field, "annex.pdf", []byte("%PDF-1.7 annex"))
	old := w.portal.PutFile(deal, field, "Договор.pdf", []byte("%PDF-1.7 unsigned"))
	if err := w.client(w.anna).BindPlacement(ctx, bitrix.PlacementBinding{Placement: bitrix.PlacementDealTab, Handler: w.app.HandlerURL + "/tab", Title: "Sign"}); err != nil {
		t.Fatal(err)
	}

	frame, err := w.portal.Open(simulator.Opening{User: w.mary, ClientID: w.app.ClientID, Placement: bitrix.PlacementDealTab, Item: deal})
	if err != nil {
		t.Fatal(err)
	}
	request, err := frame.Request(ctx)
	if err != nil {
		t.Fatal(err)
	}
	post, err := bitrix.ReadPlacement(request)
	if err != nil {
		t.Fatal(err)
	}
	who, err := w.oauth.Identify(ctx, post.AccessToken, post.ClaimedAuthServer)
	if err != nil {
		t.Fatal(err)
	}
	if who.UserID != bitrix.ID(w.mary) || who.MemberID != w.portal.MemberID() || who.Profile.Admin || who.Profile.Name != "Мария" || who.Endpoint != w.portal.URL()+"/rest/" {
		t.Errorf("got %+v", who)
	}
	cfg := w.config(bitrix.StaticToken(post.AccessToken))
	cfg.Endpoint = who.Endpoint
	c := newClient(t, cfg)

	var b bitrix.Batch
	item, fields := bitrix.Add(&b, bitrix.GetItem(bitrix.EntityDeal, post.Options.ID("ID"))), bitrix.Add(&b, bitrix.GetItemFields(bitrix.EntityDeal))
	bad := bitrix.Add(&b, bitrix.GetItem(bitrix.EntityDeal, 999999))
	if err := c.Run(ctx, &b); err != nil {
		t.Fatal(err)
	}
	before, err := item.Value()
	if err != nil {
		t.Fatal(err)
	}
	if all, err := fields.Value(); err != nil || all[field].Type != "file" || !all[field].Multiple || all[field].Label() != "Contract" {
		t.Errorf("field %v, %v", all[field], err)
	}
	if _, err := bad.Value(); !errors.Is(err, bitrix.ErrNotFound) {
		t.Errorf("no such deal: %v", err)
	}
	files, err := before.Files(field)
	if err != nil || len(files) != 2 || files[0].ID != bitrix.ID(keep) || files[1].ID != bitrix.ID(old) {
		t.Fatalf("files %v, %v", files, err)
	}
	if got, info := w.fetch(c, files[1].Link); got != "%PDF-1.7 unsigned" || info.Name != "Договор.pdf" || info.ContentType != "application/pdf" {
		t.Errorf("got %q, %+v", got, info)
	}
	if info, err := c.Stat(ctx, files[0].Link); err != nil || info.Name != "annex.pdf" || info.Size != 14 {
		t.Errorf("%+v, %v", info, err)
	}
	after, err := c.UpdateItem(ctx, bitrix.EntityDeal, bitrix.ID(deal), bitrix.Params{field: bitrix.FileSlots{bitrix.Keep(files[0].ID), bitrix.Put(pdf("Договор.pdf", "%PDF-1.7 signed"))}})
	if err != nil {
		t.Fatal(err)
	}
	files, err = after.Files(field)
	if err != nil || len(files) != 2 || files[0].ID != bitrix.ID(keep) || files[1].ID == bitrix.ID(old) {
		t.Fatalf("files %v, %v", files, err)
	}
	if got, info := w.fetch(c, files[1].Link); got != "%PDF-1.7 signed" || info.Name != "Договор.pdf" {
		t.Errorf("got %q, %+v", got, info)
	}
	if _, err := c.AddLogMessage(ctx, bitrix.NewLogMessage{Entity: bitrix.EntityDeal, EntityID: bitrix.ID(deal), Title: "Signed", Text: "by Mary", Icon: "document"}); err != nil {
		t.Fatal(err)
	}
	lines, err := bitrix.Collect(c.LogMessages(ctx, bitrix.EntityDeal, bitrix.ID(deal)), 0)
	if err != nil || len(lines) != 1 || lines[0].Title != "Signed" || lines[0].AuthorID != bitrix.ID(w.mary) {
		t.Errorf("%v, %v", lines, err)
	}
}

func TestSimulatedSingleField(t *testing.T) {
	w := newSimworld(t)
	field := w.portal.AddFileField("ONE", "One", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
	w.portal.PutFile(deal, field, "a.pdf", []byte("old"))
	item, err := w.client(w.mary).UpdateItem(context.Background(), bitrix.EntityDeal, bitrix.ID(deal), bitrix.Params{field: pdf("a.pdf", "new")})
	if err != nil {
		t.Fatal(err)
	}
	files, err := item.Files(field)
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if got, _ := w.fetch(w.client(w.mary), files[0].Link); got != "new" {
		t.Errorf("got %q", got)
	}
}

func TestSimulatedOtherSources(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
	c := w.client(w.mary)
	id, err := c.AddComment(ctx, bitrix.NewComment{Entity: bitrix.EntityDeal, EntityID: bitrix.ID(deal), Text: "see", Files: []bitrix.File{pdf("offer.pdf", "%PDF offer")}})
	if err != nil {
		t.Fatal(err)
	}
	comments, err := bitrix.Collect(c.Comments(ctx, bitrix.EntityDeal, bitrix.ID(deal)), 0)
	if err != nil || len(comments) != 1 || comments[0].ID != id || len(comments[0].Files()) != 1 {
		t.Fatalf("%v, %v", comments, err)
	}
	object := comments[0].Files()[0]
	drive, err := c.DriveFile(ctx, object.ID)
	if err != nil || object.Name != "offer.pdf" || drive.Size != 10 {
		t.Fatalf("%v, %v", drive, err)
	}
	if got, _ := w.fetch(c, drive.Link); got != "%PDF offer" {
		t.Errorf("got %q", got)
	}
	w.clock.now = w.clock.now.Add(time.Hour) // versions of one hour are not joined
	newer, err := c.UploadVersion(ctx, drive.ID, pdf("ignored.pdf", "%PDF offer signed"))
	if err != nil || newer.ID != drive.ID || newer.Name != drive.Name || newer.Version <= drive.Version {
		t.Fatalf("%v, %v", newer, err)
	}
	versions, err := bitrix.Collect(w.client(w.mary).DriveVersions(ctx, drive.ID), 0)
	if err != nil || len(versions) < 2 {
		t.Errorf("%v, %v", versions, err)
	}
	if err := w.client(w.mary).UpdateComment(ctx, id, bitrix.NewComment{Text: "seen", Files: []bitrix.File{pdf("b.pdf", "b")}}); err != nil {
		t.Error(err)
	}
	if got, err := w.client(w.mary).Comment(ctx, id); err != nil || got.Text != "seen" || len(got.Files()) != 1 || got.Files()[0].Name != "b.pdf" {
		t.Errorf("%v, %v", got, err)
	}
	if err := w.client(w.anna).UpdateComment(ctx, id, bitrix.NewComment{Text: "mine"}); !errors.Is(err, bitrix.ErrAccessDenied) {
		t.Errorf("another author: %v", err)
	}

	mail := w.portal.AddActivity(simulator.Activity{
		Owner: simulator.Binding{EntityType: 2, ID: deal}, Provider: simulator.ProviderEmail, Subject: "Offer", Incoming: true,
		Files: []simulator.File{{Name: "mail.pdf", Content: []byte("%PDF mail")}},
	})
	c = w.client(w.mary)
	activities, err := bitrix.Collect(c.Activities(ctx, bitrix.EntityDeal, bitrix.ID(deal)), 0)
	if err != nil || len(activities) != 1 || activities[0].ID != bitrix.ID(mail) || len(activities[0].Files) != 1 || activities[0].TypeID != bitrix.ActivityEmail {
		t.Fatalf("%v, %v", activities, err)
	}
	attached := activities[0].Files[0]
	if got, info := w.fetch(c, attached.Link); got != "%PDF mail" || info.Name != "mail.pdf" {
		t.Errorf("got %q, %+v", got, info)
	}
	if _, err := c.DriveFile(ctx, attached.ID); !errors.Is(err, bitrix.ErrAccessDenied) {
		t.Errorf("the hidden storage: %v", err)
	}

	made := w.portal.AddDocument(deal, simulator.GeneratedDocument{Title: "Offer", Number: "1", Author: w.anna, DOCX: []byte("x"), PDF: []byte("%PDF made"), PDFAfter: time.Minute})
	documents, err := bitrix.Collect(c.Documents(ctx, bitrix.EntityDeal, bitrix.ID(deal)), 0)
	if err != nil || len(documents) != 1 || documents[0].PDFID != 0 || documents[0].PDFLink != "" {
		t.Fatalf("too early: %v, %v", documents, err)
	}
	w.clock.now = w.clock.now.Add(2 * time.Minute)
	document, err := c.Document(ctx, bitrix.ID(made))
	if err != nil || document.PDFID == 0 {
		t.Fatalf("%v, %v", document, err)
	}
	if got, _ := w.fetch(c, document.PDFLink); got != "%PDF made" {
		t.Errorf("got %q", got)
	}
}

func TestSimulatedInstallation(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	c := w.client(w.anna)
	binding := bitrix.PlacementBinding{Placement: bitrix.PlacementDealTab, Handler: w.app.HandlerURL + "/tab", Title: "Sign", Titles: map[string]string{"de": "Signieren"}}
	for range 2 { // the second time it is bound already
		if err := c.BindPlacement(ctx, binding); err != nil {
			t.Fatal(err)
		}
		if err := c.BindEvent(ctx, bitrix.EventDealDelete, w.app.HandlerURL+"/event"); err != nil {
			t.Fatal(err)
		}
		if err := c.AddRobot(ctx, simRobot(w)); err != nil {
			t.Fatal(err)
		}
	}
	placements, err := c.Placements(ctx)
	if err != nil || len(placements) != 1 || placements[0].Handler != bitrix.Text(binding.Handler) {
		t.Errorf("%v, %v", placements, err)
	}
	events, err := c.Events(ctx)
	if err != nil || len(events) != 1 || events[0].Event != bitrix.EventDealDelete {
		t.Errorf("%v, %v", events, err)
	}
	robots, err := c.Robots(ctx)
	if err != nil || len(robots) != 1 || robots[0] != "sign_request" {
		t.Errorf("%v, %v", robots, err)
	}
	if err := w.client(w.mary).BindPlacement(ctx, binding); !errors.Is(err, bitrix.ErrAccessDenied) {
		t.Errorf("not an administrator: %v", err)
	}
	if err := c.BindPlacement(ctx, bitrix.PlacementBinding{Placement: "NO_SUCH", Handler: binding.Handler}); err == nil {
		t.Error("no such placement: accepted")
	}

	deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
	run, err := w.portal.RunRobot(w.app.ClientID, "sign_request", deal, map[string]string{"signer": fmt.Sprintf("user_%d", w.mary)})
	if err != nil {
		t.Fatal(err)
	}
	w.settled()
	posted := w.inbox.all()
	robot, err := bitrix.ParseRobot(posted[len(posted)-1])
	if err != nil || robot.DocumentID() != bitrix.ID(deal) || robot.Properties.At("signer").UserID() != bitrix.ID(w.mary) || !robot.Waits ||
		!robot.Auth.ApplicationToken.Matches(bitrix.Secret(w.app.ApplicationToken)) {
		t.Fatalf("%+v, %v", robot, err)
	}
	if err := c.SendRobotResult(ctx, robot.EventToken, map[string]string{"status": "signed"}, "done"); err != nil {
		t.Fatal(err)
	}
	if runs := w.portal.RobotRuns(); len(runs) != 1 || runs[0].ID != run || !runs[0].Done || runs[0].Values["status"] != "signed" {
		t.Errorf("%+v", runs)
	}
	if err := c.SendRobotResult(ctx, "forged-token", nil, ""); !errors.Is(err, bitrix.ErrAccessDenied) {
		t.Errorf("forged: %v", err)
	}

	if err := w.portal.DeleteDeal(deal); err != nil {
		t.Fatal(err)
	}
	w.settled()
	posted = w.inbox.all()
	event, err := bitrix.ParseEvent(posted[len(posted)-1])
	if err != nil || event.Name != bitrix.EventDealDelete || event.Data.At("FIELDS", "ID").ID() != bitrix.ID(deal) || event.Auth.ClaimedMemberID != w.portal.MemberID() {
		t.Errorf("%+v, %v", event, err)
	}
	for _, unbind := range []func() (bool, error){
		func() (bool, error) { return c.UnbindPlacement(ctx, binding.Placement, "") },
		func() (bool, error) { return c.UnbindEvent(ctx, bitrix.EventDealDelete, w.app.HandlerURL+"/event") },
	} {
		if was, err := unbind(); err != nil || !was {
			t.Errorf("%v, %v", was, err)
		}
		if was, err := unbind(); err != nil || was {
			t.Errorf("again: %v, %v", was, err)
		}
	}
	if err := c.DeleteRobot(ctx, "sign_request"); err != nil {
		t.Error(err)
	}
}

func simRobot(w *simworld) bitrix.Robot {
	r := robot
	r.Handler, r.AuthUserID = w.app.HandlerURL+"/robot", bitrix.ID(w.anna)
	return r
}

func TestSimulatedPeople(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	for i := range 60 {
		w.portal.AddUser(simulator.User{Name: fmt.Sprint("User", i), LastName: "Many"})
	}
	c := w.client(w.anna)
	users, err := bitrix.Collect(c.Users(ctx, bitrix.Params{"ACTIVE": true}), 0)
	if err != nil || len(users) != 62 {
		t.Errorf("%d users, %v", len(users), err)
	}
	if admin, err := c.IsAdmin(ctx); err != nil || !admin {
		t.Errorf("%v, %v", admin, err)
	}
	if mary, err := c.User(ctx, bitrix.ID(w.mary)); err != nil || mary.LastName != "Иванова" || !bool(mary.Active) || mary.Email != "mary@acme.test" {
		t.Errorf("%+v, %v", mary, err)
	}
	if me, err := c.CurrentUser(ctx); err != nil || me.ID != bitrix.ID(w.anna) {
		t.Errorf("%+v, %v", me, err)
	}
	if _, err := c.User(ctx, 9999); !errors.Is(err, bitrix.ErrNotFound) {
		t.Errorf("%v", err)
	}
	found, err := bitrix.Collect(c.SearchUsers(ctx, "Ивано"), 0)
	if err != nil || len(found) != 1 || found[0].ID != bitrix.ID(w.mary) {
		t.Errorf("%v, %v", found, err)
	}
	if id, err := c.NotifyPersonal(ctx, bitrix.Notification{UserID: bitrix.ID(w.mary), Text: "hello"}); err != nil || id == 0 || len(w.portal.Notifications(w.mary)) != 1 {
		t.Errorf("%v, %v", id, err)
	}
	w.portal.SetQuirks(simulator.Quirks{NotifyFails: true})
	if _, err := c.NotifySystem(ctx, bitrix.Notification{UserID: bitrix.ID(w.mary), Text: "hello"}); !errors.Is(err, bitrix.ErrNotDelivered) {
		t.Errorf("%v", err)
	}
	if scope, err := c.Scope(ctx); err != nil || len(scope) == 0 {
		t.Errorf("%v, %v", scope, err)
	}
	if info, err := c.Info(ctx); err != nil || string(info.Code) != w.app.ClientID {
		t.Errorf("%v, %v", info, err)
	}
	if now, err := c.ServerTime(ctx); err != nil || now.IsZero() {
		t.Errorf("%v, %v", now, err)
	}
	if err := w.portal.SetUser(w.mary, func(u *simulator.User) { u.Inactive = true }); err != nil {
		t.Fatal(err)
	}
	if mary, err := c.User(ctx, bitrix.ID(w.mary)); err != nil || bool(mary.Active) {
		t.Errorf("dismissed: %+v, %v", mary, err)
	}
}

func TestSimulatedInvitation(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
	c := w.client(w.anna)
	layout := map[string]any{
		"icon": map[string]any{"code": "document"}, "header": map[string]any{"title": "Signature requested"},
		"body":   map[string]any{"logo": map[string]any{"code": "document-signed"}, "blocks": map[string]any{"n": map[string]any{"type": "text", "properties": map[string]any{"value": "contract.pdf"}}}},
		"footer": map[string]any{"buttons": map[string]any{"sign": map[string]any{"title": "Sign", "type": "primary", "action": map[string]any{"type": "openRestApp", "actionParams": map[string]any{"file": "1"}}}}},
	}
	id, err := c.AddConfigurable(ctx, bitrix.EntityDeal, bitrix.ID(deal), bitrix.ConfigurableFields{Responsible: bitrix.ID(w.mary), Deadline: bitrix.Time{Time: w.clock.Now().Add(time.Hour)}}, layout)
	if err != nil {
		t.Fatal(err)
	}
	frame, err := w.portal.PressButton(int(id), "sign", w.mary)
	if err != nil {
		t.Fatal(err)
	}
	request, err := frame.Request(ctx)
	if err != nil {
		t.Fatal(err)
	}
	post, err := bitrix.ReadPlacement(request)
	if err != nil || post.Options.Text("file") != "1" || post.Options.ID("entityId") != bitrix.ID(deal) || post.Options.ID("activityId") != id {
		t.Errorf("%+v, %v", post, err)
	}
	if err := c.UpdateConfigurable(ctx, id, bitrix.ConfigurableFields{Completed: true}, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Configurable(ctx, id); err != nil || !bool(got.Fields.Completed) || got.EntityID != bitrix.ID(deal) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := c.AddTodo(ctx, bitrix.NewTodo{Entity: bitrix.EntityDeal, EntityID: bitrix.ID(deal), Deadline: w.clock.Now().Add(time.Hour), Title: "Sign", Responsible: bitrix.ID(w.mary)}); err != nil {
		t.Error(err)
	}
}

// Nothing that a browser can forge makes somebody else of its sender.
func TestSimulatedForgeries(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
	if err := w.client(w.anna).BindPlacement(ctx, bitrix.PlacementBinding{Placement: bitrix.PlacementDealTab, Handler: w.app.HandlerURL, Title: "Sign"}); err != nil {
		t.Fatal(err)
	}
	foreign := w.portal.AddApp(simulator.LocalApp{Title: "Evil", HandlerURL: w.app.HandlerURL, Scopes: []string{"crm"}})
	elsewhere := w.addPortal(simulator.PortalConfig{Name: "Evil"})
	mallory := elsewhere.AddUser(simulator.User{ID: w.anna, Name: "Mallory", Admin: true})
	theirs := elsewhere.AddApp(simulator.LocalApp{Title: "Sign", HandlerURL: w.app.HandlerURL, Scopes: []string{"crm"}})
	forbidden := w.portal.AddDeal(simulator.Deal{Title: "Not for Mary", Responsible: w.anna})
	if err := w.portal.SetDealAccess(forbidden, w.mary, simulator.NoAccess); err != nil {
		t.Fatal(err)
	}
	open := func(p *simulator.Portal, user int, id string) simulator.Frame {
		frame, err := p.Open(simulator.Opening{User: user, ClientID: id})
		if err != nil {
			t.Fatal(err)
		}
		return frame
	}
	e := newEvil(t)
	forgeries, err := w.portal.Forgeries(simulator.Opening{User: w.mary, ClientID: w.app.ClientID, Placement: bitrix.PlacementDealTab, Item: deal}, simulator.ForgeryKit{
		Other: open(elsewhere, mallory, theirs.ClientID), OtherApp: open(w.portal, w.mary, foreign.ClientID), ForbiddenItem: forbidden, Attacker: e.URL,
	})
	if err != nil {
		t.Fatal(err)
	}
	oauth := w.newOAuth(w.app) // knows both portals' hosts
	for _, f := range forgeries {
		request, err := f.Frame.Request(ctx)
		if err != nil {
			t.Fatal(err)
		}
		post, err := bitrix.ReadPlacement(request)
		if err != nil {
			continue // refused
		}
		who, err := oauth.Identify(ctx, post.AccessToken, post.ClaimedAuthServer)
		switch {
		case err == nil && (who.UserID != bitrix.ID(w.mary) || who.MemberID != w.portal.MemberID()):
			t.Errorf("%s: became %+v", f.Name, who)
		case err == nil && f.Refuse: // the token is genuine, so the record must be out of reach
			c := newClient(t, w.config(bitrix.StaticToken(post.AccessToken)))
			if _, err := c.Item(ctx, bitrix.EntityDeal, post.Options.ID("ID")); !errors.Is(err, bitrix.ErrAccessDenied) && !errors.Is(err, bitrix.ErrNotFound) {
				t.Errorf("%s: accepted as %+v: %v", f.Name, who, err)
			}
		}
	}
	if n := e.connections.Load(); n != 0 {
		t.Errorf("%d connections to the attacker", n)
	}
	t.Logf("%d forgeries", len(forgeries))
}

func TestSimulatedExpiry(t *testing.T) {
	ctx := context.Background()
	w := newSimworld(t)
	field := w.portal.AddFileField("ONE", "One", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "A crane", Responsible: w.mary})
	w.portal.PutFile(deal, field, "a.pdf", []byte("old"))
	c, store := w.renewing(w.mary)
	item, err := c.Item(ctx, bitrix.EntityDeal, bitrix.ID(deal))
	if err != nil {
		t.Fatal(err)
	}
	files, err := item.Files(field)
	if err != nil {
		t.Fatal(err)
	}
	w.portal.ExpireTokens()
	if _, err := c.Download(ctx, files[0].Link, io.Discard, 100); !errors.Is(err, bitrix.ErrExpiredToken) {
		t.Errorf("a link of an expired token: %v", err)
	}
	w.portal.ForgetCalls()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if _, err := c.Item(ctx, bitrix.EntityDeal, bitrix.ID(deal)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if store.saves != 1 {
		t.Errorf("%d renewals", store.saves)
	}
	var renewals int
	for _, call := range w.cloud.Auth.Calls() {
		if call.Method == "oauth/token" {
			renewals++
		}
	}
	if renewals != 1 {
		t.Errorf("the server saw %d renewals", renewals)
	}
	w.portal.RevokeUser(w.mary)
	if _, err := c.Item(ctx, bitrix.EntityDeal, bitrix.ID(deal)); !errors.Is(err, bitrix.ErrInvalidGrant) {
		t.Errorf("a dismissed user: %v", err)
	}
}
