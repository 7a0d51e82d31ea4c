package web_test

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/signer/keys"
	"signservice/signer/signertest"
)

// TestTokenCertificate takes a certificate from a token into use, signs with
// it, and greys it when the token is pulled out.
func TestTokenCertificate(t *testing.T) {
	hsm := signertest.NewHSM(t)
	token := hsm.NewToken(t, "Company token")
	ca := signertest.NewCA(t, signertest.CAOptions{})
	now := time.Now()
	mary := ca.Issue(t, signertest.Leaf{Name: "Mary of the Token", NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(5, 0, 0)})
	token.Put(t, []byte{0xa1}, "mary", mary)
	pin := func(context.Context) (keys.PIN, error) { return keys.NewPIN([]byte(token.PIN)), nil }
	registry, err := keys.Open(keys.Config{
		Latch: keys.NewFileLatch(t.TempDir()), Poll: 20 * time.Millisecond,
		Tokens: []keys.TokenConfig{{Module: hsm.Module, Serial: token.Serial, PIN: pin}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = registry.Close() })
	w := newWorldWith(t, registry)
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	phone := w.bind(w.acme, admin, w.acme.mary)
	list := admin.ok("GET", "/api/admin/certificates", nil).field("html")
	m := regexp.MustCompile(`data-post="/api/admin/tokens"`).FindStringIndex(list)
	body := regexp.MustCompile(`data-body="([^"]*token[^"]*)"`).FindStringSubmatch(list)
	if m == nil || body == nil || !strings.Contains(list, "Mary of the Token") || !strings.Contains(list, token.Serial) {
		t.Fatalf("the token is not listed: %s", list)
	}
	var in object
	if err := json.Unmarshal([]byte(html.UnescapeString(body[1])), &in); err != nil {
		t.Fatal(err)
	}
	added := admin.ok("POST", "/api/admin/tokens", in)
	if !strings.Contains(added.field("html"), ">In use<") || added.field("notice") != "Certificate added." {
		t.Errorf("added: %s", added.text())
	}
	admin.wants(admin.call("POST", "/api/admin/tokens", in), http.StatusConflict, "certificate.exists")
	id := in["certificate"].(string)
	admin.ok("POST", "/api/admin/assignments", object{"user": itoa(w.acme.mary), "certificate": id, "assigned": true})
	if state := admin.ok("GET", "/api/admin/overview", nil).field("html"); !strings.Contains(state, "Token Company token") {
		t.Errorf("the state does not tell of the token: %s", state)
	}
	w.acme.PutFile(w.acme.deal, w.acme.field, "a.pdf", signertest.PDF{}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/orders", order(request, id, phone.code()))
	if done := tab.settled(request); done.field("screen") != "done" {
		t.Fatalf("at the end: %s\n%s", done.text(), w.log)
	}
	w.pulledOut(t, token, registry)
	again := tab.ok("POST", "/api/sign/documents", refOf(w)).field("html")
	if !strings.Contains(again, "Token not connected since") || !strings.Contains(again, "None of your certificates can sign now") {
		t.Errorf("without the token the form is %s", again)
	}
	w.clock.forward(30 * time.Second)
	refused := tab.call("POST", "/api/sign/orders", order(tab.ok("POST", "/api/sign/documents", refOf(w)).field("request"), id, phone.code()))
	tab.wants(refused, http.StatusServiceUnavailable, "certificate.token-absent")
	if !strings.Contains(refused.text(), "The code was not used up") || strings.Contains(w.log.String(), token.PIN) {
		t.Errorf("without the token it says %s", refused.text())
	}
}

// pulledOut takes the token away until the registry has noticed.
func (w *world) pulledOut(t *testing.T, token *signertest.Token, registry *keys.Tokens) {
	t.Helper()
	token.Unplug(t)
	go registry.Run(t.Context())
	w.until("the absence of the token", func() bool {
		_, absent := w.ring.Absent(t.Context(), app.Certificate{Portal: w.acme.id(), Source: app.KeyToken, TokenSerial: token.Serial})
		return absent
	})
}
