package admin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"signservice/app"
	"signservice/app/admin"
	"signservice/app/i18n"
	"signservice/app/otp"
)

// TestLinkStory makes, replaces and withdraws a link.
func TestLinkStory(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	first, e1, err := w.CreateLink(w.ctx, visit(acme), mary)
	if err != nil {
		t.Fatal(err)
	}
	if e1.ID != otp.ID(first.Reveal()) || e1.User != mary || !e1.ExpiresAt.Equal(start.Add(time.Hour)) {
		t.Errorf("got %+v", e1)
	}
	w.now = w.now.Add(time.Minute)
	second, e2, err := w.CreateLink(w.ctx, visit(acme), mary)
	if err != nil {
		t.Fatal(err)
	}
	if first.Reveal() == second.Reveal() || e1.ID == e2.ID {
		t.Error("two links are one")
	}
	if link := linkOf(w); link == nil || link.ID != e2.ID {
		t.Errorf("the open link is %+v, want %s", link, e2.ID)
	}
	if err := w.WithdrawLink(w.ctx, visit(acme), e2.ID); err != nil {
		t.Fatal(err)
	}
	if link := linkOf(w); link != nil {
		t.Errorf("a link is open still: %+v", link)
	}
	refused(t, w.WithdrawLink(w.ctx, visit(acme), "none"), app.NotFound, "link.unknown")
	refused(t, third(w.CreateLink(w.ctx, visit(acme), paul)), app.NotFound, "account.unknown")
	got := w.journal(acme)
	if last := got[len(got)-1]; last != "enrolment.withdrawn 7" {
		t.Errorf("journal ends with %q: %q", last, got)
	}
}

// TestLinkInTheirLanguage: a link that is sent speaks the language in which its
// person saw our pages.
func TestLinkInTheirLanguage(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	if err := w.Seen(w.ctx, app.Visit{Portal: acme, User: mary, Language: "de"}); err != nil {
		t.Fatal(err)
	}
	m := &messenger{}
	s := w.anew(&board{}, func(c *admin.Config) { c.Messenger = m })
	if _, err := s.SendLink(w.ctx, visit(acme), mary, admin.ByMessenger, "https://sign.example/enrol/"); err != nil {
		t.Fatal(err)
	}
	words := i18n.For("de").T("letter.setup-words")
	if len(m.sent) != 1 || !strings.HasPrefix(m.sent[0], "7: ") || !strings.HasSuffix(m.sent[0], words) {
		t.Errorf("sent %q", m.sent)
	}
}

// TestOperatorLink: the operator's link needs no administrator, is in the journal
// as the operator's, and its person and the administrators are told.
func TestOperatorLink(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	p, err := w.store.Portal(w.ctx, acme)
	if err != nil {
		t.Fatal(err)
	}
	p.Domain = "acme.example"
	if err := w.store.SavePortal(w.ctx, p); err != nil {
		t.Fatal(err)
	}
	b := &board{}
	s := w.restarted(b)
	token, e, err := s.OperatorLink(w.ctx, "ACME.example", mary)
	if err != nil || e.ID != otp.ID(token.Reveal()) || e.User != mary || e.Portal != acme || e.CreatedBy != "" || !e.ExpiresAt.Equal(start.Add(time.Hour)) {
		t.Fatalf("got %+v, %v", e, err)
	}
	entries, err := w.store.AuditEntries(w.ctx, acme, app.AuditQuery{Action: app.ActEnrolmentCreated})
	if err != nil || len(entries) != 1 || entries[0].User != "" || entries[0].Subject != string(mary) || entries[0].Detail != "enrolment.operator" {
		t.Errorf("the journal has %+v, %v", entries, err)
	}
	if len(b.shown) != 2 {
		t.Errorf("told %q", b.shown)
	}
	for _, text := range b.shown {
		if !strings.Contains(text, "The operator of the server has made a setup link for the signatures of Mary Example") {
			t.Errorf("told %q", text)
		}
	}
	refused(t, third(s.OperatorLink(w.ctx, "elsewhere.example", mary)), app.NotFound, "link.portal-unknown")
	refused(t, third(s.OperatorLink(w.ctx, "acme.example", paul)), app.NotFound, "link.account-unknown")
	p.UninstalledAt = start
	if err := w.store.SavePortal(w.ctx, p); err != nil {
		t.Fatal(err)
	}
	refused(t, third(s.OperatorLink(w.ctx, "acme.example", mary)), app.NotFound, "link.portal-unknown")
}

// linkOf is Mary's open link, as the list and the account tell alike.
func linkOf(w *world) *app.Enrolment {
	w.t.Helper()
	list, err := w.Accounts(w.ctx, visit(acme))
	if err != nil {
		w.t.Fatal(err)
	}
	one, err := w.Account(w.ctx, visit(acme), mary)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(list[0], one); diff != "" {
		w.t.Errorf("list and account differ:\n%s", diff)
	}
	return one.Link
}

// TestLinkEnds holds that a link past its hour is not shown as open.
func TestLinkEnds(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	if _, _, err := w.CreateLink(w.ctx, visit(acme), mary); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour - time.Second)
	if linkOf(w) == nil {
		t.Error("the link ended early")
	}
	w.now = w.now.Add(time.Second)
	if linkOf(w) != nil {
		t.Error("the link is open after its hour")
	}
}

// TestPhoneShown binds a phone through a link; the administrator sees since
// when, and never the secret.
func TestPhoneShown(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	token, _, err := w.CreateLink(w.ctx, visit(acme), mary)
	if err != nil {
		t.Fatal(err)
	}
	phone := &otp.Enrolments{Store: w.store, Now: func() time.Time { return w.now }}
	owner := app.Visit{Portal: acme, User: mary, Name: "Mary Example"}
	shown, err := phone.Show(w.ctx, token.Reveal(), owner)
	if err != nil {
		t.Fatal(err)
	}
	if link := linkOf(w); link == nil || link.Pending != "" {
		t.Errorf("the open link is %v and shows its secret: %t", link, link != nil)
	}
	code, err := otp.Code(shown.Secret, otp.Step(w.now))
	if err != nil {
		t.Fatal(err)
	}
	if err := phone.Confirm(w.ctx, token.Reveal(), owner, code); err != nil {
		t.Fatal(err)
	}
	a, err := w.Account(w.ctx, visit(acme), mary)
	if err != nil || !a.PhoneSince.Equal(start) || a.Locked || a.Link != nil {
		t.Errorf("got %+v, %v", a, err)
	}
	if err := w.DeleteAccount(w.ctx, visit(acme), mary); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Authenticator(w.ctx, acme, mary); app.KindOf(err) != app.NotFound {
		t.Errorf("the phone outlives the account: %v", err)
	}
}

// TestDeleteTakesAll holds that an account made anew inherits nothing.
func TestDeleteTakesAll(t *testing.T) {
	w := newWorld(t)
	w.account(acme, mary, "mary")
	c := w.certificate(acme, "Mary Example")
	if err := w.Assign(w.ctx, visit(acme), mary, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.CreateLink(w.ctx, visit(acme), mary); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteAccount(w.ctx, visit(acme), mary); err != nil {
		t.Fatal(err)
	}
	a := w.account(acme, mary, "mary")
	view, err := w.Account(w.ctx, visit(acme), mary)
	if diff := cmp.Diff(admin.AccountView{Account: a}, view); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
