package web_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"signservice/app"
)

// mailbox takes letters, or refuses them. That letters arrive is shown in
// package mail.
type mailbox struct {
	to, subject, text string
	broken            bool
}

func (m *mailbox) Send(_ context.Context, to, subject, text string) error {
	if m.broken {
		return app.Fail(app.Unavailable, "send letter", "mail.failed").Because(errors.New("down"))
	}
	m.to, m.subject, m.text = to, subject, text
	return nil
}

// TestSendLink: a setup link goes to its person in the messenger or by e-mail,
// and nobody else sees it; one that could not be sent is withdrawn.
func TestSendLink(t *testing.T) {
	w, _, _ := ready(t, func(w *world) { w.letters = &mailbox{} })
	admin := w.settings(w.acme, w.acme.anna)
	mary := "/api/admin/accounts/" + itoa(w.acme.mary)
	open := func() int {
		links, err := w.store.Enrolments(t.Context(), w.acme.id())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, l := range links {
			if l.Open(w.clock.Now()) {
				n++
			}
		}
		return n
	}

	shown := admin.ok("POST", mary+"/send/messenger", object{})
	notices := w.acme.Notifications(w.acme.mary)
	if len(notices) == 0 {
		t.Fatal("no notice arrived")
	}
	link := linkIn.FindString(notices[len(notices)-1].Message)
	if link == "" || linkIn.MatchString(shown.field("html")) || strings.Contains(w.log.String(), link) {
		t.Errorf("the link %q is not the person's alone", link)
	}
	if got := w.get(link); got.code != http.StatusOK || open() != 1 {
		t.Errorf("the link answers %d, %d are open", got.code, open())
	}

	shown = admin.ok("POST", mary+"/send/mail", object{})
	link = linkIn.FindString(w.letters.text)
	if link == "" || w.letters.to != "mary@acme.example" || linkIn.MatchString(shown.field("html")) || strings.Contains(w.log.String(), link) {
		t.Errorf("the letter to %q is %q", w.letters.to, w.letters.text)
	}
	if open() != 1 {
		t.Errorf("%d links are open", open())
	}

	w.letters.broken = true
	admin.wants(admin.call("POST", mary+"/send/mail", object{}), http.StatusServiceUnavailable, "mail.failed")
	if open() != 0 {
		t.Error("the link that did not arrive is open")
	}
	admin.wants(admin.call("POST", mary+"/send/pigeon", object{}), http.StatusUnprocessableEntity, "link.way")
}
