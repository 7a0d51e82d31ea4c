package simulator_test

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/bitrix/simulator"
)

func base32of(s string) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(s))
}

// TestSave: a world that was saved is the same when it is loaded, at the same
// addresses, with tokens that still work.
func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "world")
	if err := simulator.New(simulator.Config{}).Load(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("loading nothing: %v", err)
	}
	w := newWorld(t)
	field := w.portal.AddFileField("CONTRACT", "Contract", false)
	deal := w.portal.AddDeal(simulator.Deal{Title: "Crane", Responsible: w.mary, Amount: 5})
	w.portal.PutFile(deal, field, "старый.pdf", []byte("old"))
	w.portal.PutFile(deal, field, "договор.pdf", []byte("%PDF"))
	w.portal.AddComment(deal, simulator.Comment{Author: w.mary, Text: "x", Files: []simulator.File{{Name: "c.pdf", Content: []byte("c")}}})
	object := w.portal.AddDriveFile(w.mary, "d.pdf", []byte("one"))
	w.clock.Add(time.Hour)
	if err := w.portal.UpdateDriveFile(object, w.anna, []byte("two")); err != nil {
		t.Fatal(err)
	}
	w.bind(w.portal, w.app.ClientID, "CRM_DEAL_DETAIL_TAB", "/tab")
	w.ok(w.anna, "event.bind", map[string]any{"event": "OnCrmDealUpdate", "handler": w.inbox.url + "/event"})
	w.ok(w.anna, "crm.activity.configurable.add", map[string]any{"ownerTypeId": 2, "ownerId": deal, "layout": map[string]any{
		"icon": map[string]any{"code": "document"}, "header": map[string]any{"title": "T"},
		"body":   map[string]any{"blocks": map[string]any{"z": map[string]any{"type": "text"}, "a": map[string]any{"type": "text"}}},
		"footer": map[string]any{"buttons": map[string]any{"sign": map[string]any{"title": "Sign", "type": "primary", "action": map[string]any{"type": "openRestApp"}}}},
	}})
	w.ok(w.anna, "im.notify.personal.add", map[string]any{"USER_ID": w.mary, "MESSAGE": "hello"})
	w.portal.AddDocument(deal, simulator.GeneratedDocument{Title: "Offer", DOCX: []byte("PK"), PDF: []byte("%PDF d")})
	w.ok(w.anna, "bizproc.robot.add", map[string]any{"CODE": "r", "HANDLER": w.inbox.url + "/robot", "NAME": "R"})
	if err := w.portal.Phone(w.mary).Scan("JBSWY3DPEHPK3PXP"); err != nil {
		t.Fatal(err)
	}
	gone := w.addApp(w.portal)
	goneToken := w.grant(w.portal, w.mary, gone.ClientID)
	if err := w.portal.DeleteApp(gone.ClientID); err != nil {
		t.Fatal(err)
	}
	tok := w.grant(w.portal, w.mary, w.app.ClientID)
	if err := w.cloud.Save(dir); err != nil {
		t.Fatal(err)
	}
	w.portal.PutFile(deal, field, "договор.pdf", []byte("%PDF 2"))
	if err := w.cloud.Save(dir); err != nil {
		t.Fatal(err)
	}
	w.settle()
	before := look(w.portal, deal, field, object, w.mary)
	address, auth := w.portal.URL(), w.cloud.Auth.URL()
	if err := w.cloud.Close(); err != nil {
		t.Fatal(err)
	}

	w.cloud = simulator.New(simulator.Config{Clock: w.clock.Now})
	if err := w.cloud.Load(dir); err != nil {
		t.Fatal(err)
	}
	w.portal = w.cloud.Portals()[0]
	w.start()
	if w.portal.URL() != address || w.cloud.Auth.URL() != auth {
		t.Errorf("addresses are %s and %s, want %s and %s", w.portal.URL(), w.cloud.Auth.URL(), address, auth)
	}
	if diff := cmp.Diff(before, look(w.portal, deal, field, object, w.mary)); diff != "" {
		t.Errorf("the world has changed (-before +after):\n%s", diff)
	}
	if a := w.callWith(tok.Access, "profile", nil); a.status != 200 {
		t.Errorf("the old token: %s", a.raw)
	}
	if a := w.exchange(w.refreshForm(tok.Refresh)); a.status != 200 {
		t.Errorf("the old refresh token: %s", a.raw)
	}
	wantError(t, w.callWith(goneToken.Access, "profile", nil), 401, "invalid_token", "")
	if next := w.portal.AddDeal(simulator.Deal{Title: "Next"}); next == deal {
		t.Error("an id was given twice")
	}
	if err := w.cloud.Load(dir); err == nil {
		t.Error("loaded into a world that is not empty")
	}
	info, err := os.Stat(filepath.Join(dir, "world.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("world.json: %v, %v", info.Mode(), err)
	}
	blobs, err := filepath.Glob(filepath.Join(dir, "*", "*.blob"))
	if err != nil || len(blobs) != 6 {
		t.Errorf("%d files are kept, %v", len(blobs), err)
	}
}

// look is what the Go API tells of a world.
func look(p *simulator.Portal, deal int, field string, object, user int) map[string]any {
	drive, _ := p.DriveFile(object)
	return map[string]any{
		"users": p.Users(), "items": p.Items(simulator.EntityDeal), "fields": p.Fields(simulator.EntityDeal), "files": p.DealFiles(deal, field),
		"timeline": p.Timeline(deal), "activities": p.Activities(simulator.EntityDeal, deal), "notices": p.Notifications(user),
		"apps": p.Apps(), "drive": drive, "code": p.Phone(user).Code(), "member": p.MemberID(), "name": p.Name(),
	}
}

// TestClose: the world ends while events are under way.
func TestClose(t *testing.T) {
	cloud := simulator.New(simulator.Config{})
	p := cloud.AddPortal(simulator.PortalConfig{})
	if err := cloud.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	u := p.AddUser(simulator.User{Name: "A", Admin: true})
	app := p.AddApp(simulator.LocalApp{HandlerURL: "http://127.0.0.1:1/", Scopes: []string{"crm"}})
	p.SetEvents(simulator.EventOptions{Delay: time.Hour})
	tok, err := p.Grant(u, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := fetch("POST", p.URL()+"/rest/event.bind", "application/json", fmt.Sprintf(`{"auth":%q,"event":"OnCrmDealAdd","handler":"http://127.0.0.1:1/"}`, tok.Access)); err != nil || a.status != 200 {
		t.Fatalf("%v %s", err, a.raw)
	}
	p.AddDeal(simulator.Deal{Title: "x"})
	for range 2 {
		if err := cloud.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := cloud.Start(context.Background()); err == nil {
		t.Error("started after the end")
	}
}
