package web_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"signservice/app"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// told has the portals told of all invitations.
func (w *world) told() {
	w.t.Helper()
	if err := w.asks.TellAll(context.Background()); err != nil {
		w.t.Fatal(err)
	}
}

// asking is the only activity of ours at the deal.
func (w *world) asking() simulator.Activity {
	w.t.Helper()
	var ours []simulator.Activity
	for _, a := range w.acme.Activities(simulator.EntityDeal, w.acme.deal) {
		if a.Provider == simulator.ProviderConfigurable {
			ours = append(ours, a)
		}
	}
	if len(ours) != 1 {
		w.t.Fatalf("%d activities", len(ours))
	}
	return ours[0]
}

// pressed opens the page that the activity's button leads to.
func (w *world) pressed(user int) *page {
	w.t.Helper()
	f, err := w.acme.PressButton(w.asking().ID, "open", user)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.page(f)
}

func has(t testing.TB, a *answer, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.field("html")+a.field("notice"), part) {
			t.Errorf("the screen does not say %q: %s", part, a.text())
		}
	}
}

// invite has Paul ask Mary.
func (w *world) invite() *page {
	w.t.Helper()
	paul := w.tab(w.acme, w.acme.paul)
	files := w.acme.DealFiles(w.acme.deal, w.acme.field)
	a := paul.ok("POST", "/api/sign/invitations", object{
		"document": object{"source": "field", "field": w.acme.field, "fileId": strconv.Itoa(files[0].ID)},
		"user":     strconv.Itoa(w.acme.mary), "note": "<b>by Friday</b>",
	})
	has(w.t, a, "was asked to sign Договор № 5.pdf", "You have asked to sign", "Waiting")
	w.told()
	return paul
}

// TestInvitation asks, signs and declines through the tab's own calls.
func TestInvitation(t *testing.T) {
	w, phone, certificate := ready(t)
	paul := w.tab(w.acme, w.acme.paul)
	// Paul has no account: he sees the documents, and may ask.
	has(t, paul.ok("GET", "/api/sign", nil), "Ask a colleague")
	form := paul.ok("POST", "/api/sign/invite", object{"source": "field", "field": "F", "fileId": "1", "name": "<i>x</i>.pdf"})
	has(t, form, "Ask a colleague to sign", "&lt;i&gt;x&lt;/i&gt;.pdf", `data-person="/api/sign/people"`)
	var people []struct{ ID, Name string }
	decode(t, paul.ok("GET", "/api/sign/people?q="+w.name(w.acme.mary), nil), &people)
	if len(people) != 1 || people[0].ID != strconv.Itoa(w.acme.mary) {
		t.Errorf("found %+v", people)
	}
	w.invite()

	mary := w.pressed(w.acme.mary)
	request := mary.open()
	var body struct {
		Open object `json:"open"`
	}
	decode(t, mary.ok("GET", "/api/sign", nil), &body)
	shown := mary.ok("POST", "/api/sign/documents", body.Open)
	has(t, shown, "asks you to sign this document", "&lt;b&gt;by Friday", "Decline")
	mary.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	if end := mary.settled(request); end.field("screen") != "done" {
		t.Fatalf("the signature ends with %s", end.text())
	}
	w.told()
	has(t, paul.ok("GET", "/api/sign?list=1", nil), "Ask a colleague")
	if a := w.asking(); !a.Completed {
		t.Error("the activity is not completed")
	}
	if a := mary.call("GET", "/api/sign/invitations/"+string(w.invitation().ID)+"/decline", nil); a.code != 200 {
		t.Errorf("its page answers %d", a.code)
	}
	mary.refused("POST", "/api/sign/invitations/"+string(w.invitation().ID)+"/decline", object{"reason": "late"}, 409)
}

// invitation is the latest one.
func (w *world) invitation() app.Invitation {
	w.t.Helper()
	all, err := w.store.Invitations(context.Background(), w.acme.id(), app.InvitationQuery{})
	if err != nil || len(all) == 0 {
		w.t.Fatalf("%d invitations, %v", len(all), err)
	}
	return all[0]
}

// name is the first name of a user.
func (w *world) name(user int) string {
	u, _ := w.acme.User(user)
	return u.LastName
}

// refused wants a call to be refused with a status.
func (p *page) refused(method, path string, body any, status int) *answer {
	p.t.Helper()
	a := p.call(method, path, body)
	if a.code != status {
		p.t.Errorf("%s %s answers %d, want %d: %s", method, path, a.code, status, a.text())
	}
	return a
}

func TestInvitationDeclined(t *testing.T) {
	w, _, _ := ready(t)
	paul := w.invite()
	id := string(w.invitation().ID)
	mary := w.tab(w.acme, w.acme.mary)
	list := mary.ok("GET", "/api/sign?list=1", nil)
	has(t, list, "You were asked to sign", "Asked by", "Decline")
	path := "/api/sign/invitations/" + id
	has(t, mary.ok("GET", path+"/decline", nil), "Decline to sign Договор № 5.pdf")
	if a := mary.refused("POST", path+"/decline", object{"reason": " "}, 422); a.field("field") != "reason" {
		t.Errorf("the refusal is about %q", a.field("field"))
	}
	// Neither Paul nor somebody of another portal or deal can.
	paul.refused("POST", path+"/decline", object{"reason": "no"}, 404)
	mary.refused("POST", path+"/withdraw", object{}, 404)
	mary.refused("POST", "/api/sign/invitations/../decline", object{"reason": "no"}, 404)
	other := w.tab(w.bolt, w.bolt.mary)
	other.refused("POST", path+"/decline", object{"reason": "no"}, 404)
	mary.ok("POST", path+"/decline", object{"reason": "The price is wrong."})
	w.told()
	// Whoever asked finds it in the list, and in the timeline.
	seen := paul.ok("GET", "/api/sign?list=1", nil)
	has(t, seen, "Declined", "The price is wrong.")
	if a := w.asking(); !a.Completed {
		t.Error("the activity is not completed")
	}
}

func TestInvitationWithdrawn(t *testing.T) {
	w, _, _ := ready(t)
	paul := w.invite()
	path := "/api/sign/invitations/" + string(w.invitation().ID)
	has(t, paul.ok("POST", path+"/withdraw", object{}), "Withdrawn")
	mary := w.tab(w.acme, w.acme.mary)
	if text := mary.ok("GET", "/api/sign?list=1", nil).text(); strings.Contains(text, "You were asked to sign") {
		t.Error("Mary still sees it")
	}
	mary.refused("POST", path+"/decline", object{"reason": "no"}, 409)
}

// TestSlots opens the page from every place where the app is shown.
func TestSlotsOfCards(t *testing.T) {
	w, _, _ := ready(t)
	lead := w.acme.AddItem(simulator.EntityLead, simulator.Item{Title: "Lead", Responsible: w.acme.mary})
	field := w.acme.AddField(simulator.Field{EntityType: simulator.EntityLead, Name: "PAPER", Label: "Paper", Type: "file"})
	w.acme.PutItemFile(simulator.EntityLead, lead, field, "lead.pdf", signertest.PDF{}.Bytes())
	for placement, item := range map[string]int{"CRM_LEAD_DETAIL_TAB": lead, "CRM_LEAD_DETAIL_TOOLBAR": lead, "CRM_DEAL_DETAIL_TOOLBAR": w.acme.deal} {
		p := w.page(w.frame(w.acme, simulator.Opening{User: w.acme.mary, Placement: placement, Item: item}))
		if got := p.ok("GET", "/api/sign", nil); got.field("screen") != "opening" {
			t.Errorf("%s shows %s", placement, got.text())
		}
	}
	// The generator's menu opens its newest document.
	w.acme.AddDocument(w.acme.deal, simulator.GeneratedDocument{Title: "Offer 7", Author: w.acme.paul, DOCX: []byte("PK"), PDF: signertest.PDF{Pages: 1}.Bytes()})
	f := w.frame(w.acme, simulator.Opening{User: w.acme.mary, Placement: "CRM_DEAL_DETAIL_TAB", Item: w.acme.deal})
	f.Form.Set("PLACEMENT", "CRM_DEAL_DOCUMENTGENERATOR_BUTTON")
	f.Form.Set("PLACEMENT_OPTIONS", `{"ENTITY_ID":"`+strconv.Itoa(w.acme.deal)+`"}`)
	p := w.page(f)
	var body struct {
		Open object `json:"open"`
	}
	decode(t, p.ok("GET", "/api/sign", nil), &body)
	if body.Open["source"] != "generated" {
		t.Fatalf("it opens %v", body.Open)
	}
	has(t, p.ok("POST", "/api/sign/documents", body.Open), "is added as a comment, because a generated document cannot be replaced")
}

// TestDetails fills a long list in behind it.
func TestDetails(t *testing.T) {
	w, _, _ := ready(t)
	for i := range 6 {
		w.acme.AddDocument(w.acme.deal, simulator.GeneratedDocument{Title: fmt.Sprint("Offer ", i), Author: w.acme.paul, DOCX: []byte("PK"), PDF: signertest.PDF{Pages: 1 + i}.Bytes()})
	}
	mary := w.tab(w.acme, w.acme.mary)
	w.acme.ForgetCalls()
	list := mary.ok("GET", "/api/sign", nil)
	n := 0
	for _, call := range w.acme.Calls() {
		if !call.Batch {
			n++
		}
	}
	if strings.Count(list.field("html"), "aria-busy") != 7 || !strings.Contains(list.field("html"), "data-pending") || n > 3 {
		t.Errorf("after %d calls: %s", n, list.text())
	}
	w.acme.ForgetCalls()
	stream := mary.ok("GET", "/api/sign/documents/details", nil)
	if got := stream.header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("type %s", got)
	}
	events := strings.Split(strings.TrimSpace(stream.text()), "\n\n")
	if len(events) != 8 || !strings.Contains(events[7], `"end":true`) || strings.Contains(stream.text(), "aria-busy") {
		t.Errorf("%d events: %s", len(events), stream.text())
	}
	for _, call := range w.acme.Calls() {
		if call.Method == "batch" {
			t.Error("the list was read once more")
		}
	}
	if text := mary.ok("GET", "/api/sign", nil).text(); strings.Contains(text, "data-pending") {
		t.Error("the next list has pending rows")
	}
}

// TestRobotCall comes over the wire from the portal's automation.
func TestRobotCall(t *testing.T) {
	w, phone, certificate := ready(t)
	w.learn(w.acme)
	if _, err := w.acme.RunRobot(w.acme.app.ClientID, "sign_request", w.acme.deal, map[string]string{"signer": "user_" + strconv.Itoa(w.acme.mary)}); err != nil {
		t.Fatal(err)
	}
	if err := w.acme.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.told()
	mary := w.pressed(w.acme.mary)
	request := mary.open()
	mary.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	mary.settled(request)
	w.told()
	runs := w.acme.RobotRuns()
	if len(runs) != 1 || !runs[0].Done || runs[0].Values["status"] != "signed" {
		t.Errorf("runs: %+v", runs)
	}
	if text := w.log.String(); strings.Contains(text, "event_token") {
		t.Error("the log tells of tokens")
	}
}

// learn waits until the installation's event has taught the application token.
func (w *world) learn(c *company) {
	w.t.Helper()
	if err := c.Settle(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.until("the application token", func() bool {
		p, err := w.store.Portal(context.Background(), c.id())
		return err == nil && p.ApplicationToken != ""
	})
}

// TestBrowserInvitation is the way of an invitation by mouse: Paul asks, Mary
// follows the button in the deal's timeline and declines; Paul asks again, and
// she signs.
func TestBrowserInvitation(t *testing.T) {
	w, mary, _ := ready(t)
	b := newBrowser(w)
	ask := func() {
		f := b.openTab(w.acme, w.acme.paul)
		b.in(f, chromedp.WaitVisible(css(`.row [data-post="/api/sign/invite"]`)), chromedp.WaitVisible(css(".row-signed *"))) // nothing moves any more
		b.in(f, chromedp.Click(css(`.row [data-post="/api/sign/invite"]`)), chromedp.WaitVisible(css("#person")))
		b.shot(b.ctx, "ask")
		b.in(f, chromedp.SendKeys(css("#person"), w.name(w.acme.mary)), chromedp.WaitVisible(css(".combo-option:only-child")), chromedp.Click(css(".combo-option:only-child")),
			chromedp.SendKeys(css("#note"), "by Friday, please"), chromedp.Click(css("[data-ask] [type=submit]")), chromedp.WaitVisible(css("#theirs-title")))
		if toast := b.text(f, ".toast"); !strings.Contains(toast, "was asked to sign") {
			t.Errorf("asking says %q", toast)
		}
		b.shot(b.ctx, "asked")
		w.told()
	}
	open := func() context.Context {
		b.login(w.acme, w.acme.mary)
		b.do(chromedp.Navigate(fmt.Sprintf("%s/crm/deal/details/%d/", w.acme.URL(), w.acme.deal)),
			chromedp.Click(css(".line .act .primary")))
		return b.frame()
	}
	ask()
	f := open()
	b.in(f, chromedp.WaitVisible(css(".banner")))
	b.shot(b.ctx, "banner")
	if words := b.text(f, ".banner"); !strings.Contains(words, "asks you to sign this document") || !strings.Contains(words, "by Friday, please") {
		t.Errorf("the page says %q", words)
	}
	b.in(f, chromedp.Click(css(".banner .button")), chromedp.WaitVisible(css("#reason")))
	b.expect("422")
	b.in(f, chromedp.Click(css("[data-ask] [type=submit]")), chromedp.WaitVisible(css("#reason[aria-invalid=true]")))
	b.in(f, chromedp.SendKeys(css("#reason"), "The price is wrong."))
	b.shot(b.ctx, "decline")
	b.in(f, chromedp.Click(css("[data-ask] [type=submit]")), chromedp.WaitVisible(css("#documents-title")))
	if got := w.invitation(); got.State != app.InvitationDeclined || got.Reason != "The price is wrong." {
		t.Fatalf("the invitation is %s because %q", got.State, got.Reason)
	}
	w.told()
	ask()
	f = open()
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	all, err := w.store.Invitations(context.Background(), w.acme.id(), app.InvitationQuery{})
	if err != nil || len(all) != 2 || all[0].State != app.InvitationSigned && all[1].State != app.InvitationSigned {
		t.Errorf("invitations %+v, %v", all, err)
	}
}
