package web_test

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
	"signservice/bitrix/simulator"
	"signservice/signer/signertest"
)

// ready is a world in which Mary has an account, a phone and a certificate,
// and the deal has a contract.
func ready(t testing.TB, setup ...func(*world)) (*world, phone, string) {
	t.Helper()
	w := newWorldWith(t, nil, setup...)
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	id := admin.certificate(w.acme.mary, "Мария Иванова")
	p := w.bind(w.acme, admin, w.acme.mary)
	w.acme.PutFile(w.acme.deal, w.acme.field, "Договор № 5.pdf", signertest.PDF{Pages: 2}.Bytes())
	return w, p, id
}

// open opens the only document of the deal and gives its Request.
func (p *page) open() string {
	p.t.Helper()
	start := p.ok("GET", "/api/sign", nil)
	if start.field("screen") != "opening" {
		p.t.Fatalf("the tab shows %s", start.text())
	}
	var body struct {
		Open object `json:"open"`
	}
	decode(p.t, start, &body)
	form := p.ok("POST", "/api/sign/documents", body.Open)
	if form.field("screen") != "form" {
		p.t.Fatalf("the document shows %s", form.text())
	}
	return form.field("request")
}

// order is the form as the page's script sends it.
func order(request, certificate, code string) object {
	return object{
		"requests": []string{request}, "certificate": certificate, "visible": true, "page": "last",
		"position": "bottom-right", "reason": "agreed", "code": code, "confirm": false,
	}
}

// settled waits until a Request is no longer on its way and gives its screen.
func (p *page) settled(request string) *answer {
	p.t.Helper()
	var a *answer
	p.until("the end of the request", func() bool {
		a = p.ok("GET", "/api/sign/requests/"+request, nil)
		return a.field("screen") != "running"
	})
	return a
}

// TestStory signs a document through the tab's own calls and looks at every
// screen on the way.
func TestStory(t *testing.T) {
	w, phone, certificate := ready(t)
	original := w.acme.DealFiles(w.acme.deal, w.acme.field)[0].Content
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	form := tab.ok("GET", "/api/sign/requests/"+request, nil).field("html")
	for _, want := range []string{"Договор № 5.pdf", "2 pages", "Not signed", "Мария Иванова", "Internal, self-signed", "bottom right", `name="code"`} {
		if !strings.Contains(form, want) {
			t.Errorf("the form has no %q", want)
		}
	}
	tab.wants(tab.call("POST", "/api/sign/orders", order(request, certificate, "000000")), http.StatusUnauthorized, "code.wrong")
	code := phone.code()
	running := tab.ok("POST", "/api/sign/orders", order(request, certificate, code[:3]+" "+code[3:]))
	if running.field("request") != request {
		t.Errorf("the order shows %s", running.text())
	}
	twice := tab.call("POST", "/api/sign/orders", order(request, certificate, code))
	tab.wants(twice, http.StatusConflict, "request.already")
	// The first press may have changed the file and has used the code up.
	if strings.Contains(twice.text(), "was not changed") || strings.Contains(twice.text(), "not used up") || !strings.Contains(twice.text(), "list=1") {
		t.Errorf("the second press says %s", twice.text())
	}
	done := tab.settled(request)
	if done.field("screen") != "done" || done.field("changed") != "true" || !strings.Contains(done.field("html"), "Мария Иванова signed on 23 Nov 2026") {
		t.Fatalf("at the end: %s\n%s", done.text(), w.log)
	}
	file := tab.ok("GET", "/api/sign/requests/"+request+"/signed", nil)
	now := w.acme.DealFiles(w.acme.deal, w.acme.field)
	if len(now) != 1 || !bytes.Equal(now[0].Content, file.body) || !bytes.HasPrefix(file.body, original) {
		t.Error("the deal has not the signed file, or the original is not its beginning")
	}
	_, params, err := mime.ParseMediaType(file.header.Get("Content-Disposition"))
	if err != nil || params["filename"] != "Договор № 5 (signed).pdf" {
		t.Errorf("the file is called %q (%v)", params["filename"], err)
	}
	if got := tab.ok("GET", "/api/sign/requests/"+request+"/original", nil); !bytes.Equal(got.body, original) {
		t.Error("the previous version is another one")
	}
	list := tab.ok("GET", "/api/sign", nil)
	if list.field("screen") != "documents" || !strings.Contains(list.field("html"), "Signed by you") {
		t.Errorf("afterwards the tab shows %s", list.text())
	}
	w.secretless(t, phone, code)
}

// secretless holds that no secret of the story is in the log.
func (w *world) secretless(t *testing.T, p phone, code string) {
	t.Helper()
	for _, secret := range []string{p.secret.Reveal(), code, w.acme.app.ClientSecret, "Договор"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestHindrances are what keeps a person from signing, each with what to do.
func TestHindrances(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	tab := w.tab(w.acme, w.acme.mary)
	shows := func(screen, says string) {
		t.Helper()
		if a := tab.ok("GET", "/api/sign", nil); a.field("screen") != screen || !strings.Contains(a.field("html"), says) {
			t.Errorf("the tab shows %s, want %s with %q", a.text(), screen, says)
		}
	}
	shows("no-account", "Ask your Bitrix24 administrator to add you")
	admin.account(w.acme.mary, "mary")
	shows("no-phone", "setup link")
	w.bind(w.acme, admin, w.acme.mary)
	shows("no-certificate", "assign one to you")
	admin.certificate(w.acme.mary, "Mary")
	shows("no-documents", "Attach one")
	w.acme.PutFile(w.acme.deal, w.acme.field, "a.pdf", signertest.PDF{}.Bytes())
	shows("opening", "a.pdf")
	admin.ok("POST", "/api/admin/accounts", object{"user": itoa(w.acme.mary), "login": "mary", "blocked": true})
	shows("blocked", "can unblock it")
}

// TestUnsignable are documents that are refused before the code is asked.
func TestUnsignable(t *testing.T) {
	w, _, _ := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"text.pdf":      {[]byte("Dear Mary, this is no PDF"), "not a PDF"},
		"empty.pdf":     {nil, "empty"},
		"large.pdf":     {signertest.PDF{Size: 2 << 20}.Bytes(), "larger than 1 MB"},
		"cut.pdf":       {[]byte("%PDF-1.7\n1 0 obj\n<<"), "damaged"},
		"encrypted.pdf": {encrypted(t), "protected by a password"},
	} {
		w.acme.PutFile(w.acme.deal, w.acme.field, name, c.content)
		a := tab.ok("GET", "/api/sign", nil)
		if a.field("screen") == "opening" {
			var body struct {
				Open object `json:"open"`
			}
			decode(t, a, &body)
			a = tab.ok("POST", "/api/sign/documents", body.Open)
		}
		if a.field("screen") == "no-documents" {
			continue // a file that does not even begin as one is not listed
		}
		if a.field("screen") != "unsignable" || !strings.Contains(a.field("html"), c.says) || !strings.Contains(a.field("html"), "was not changed") {
			t.Errorf("%s: %s", name, a.text())
		}
	}
}

// encrypted is a document that needs a password to be opened.
func encrypted(t *testing.T) []byte {
	t.Helper()
	signertest.Need(t, "qpdf")
	in, out := signertest.WriteFile(t, "in.pdf", signertest.PDF{}.Bytes()), t.TempDir()+"/out.pdf"
	signertest.Run(t, "qpdf", "--encrypt", "user", "owner", "256", "--", in, out)
	return read(t, out)
}

// TestRefusedOrders are forms that must not be carried out, each with what it says.
func TestRefusedOrders(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	for name, c := range map[string]struct {
		change object
		code   int
		key    string
		field  string
	}{
		"no document":         {object{"requests": []string{}}, 422, "order.documents", ""},
		"no certificate":      {object{"certificate": ""}, 422, "order.certificate", "certificate"},
		"strange certificate": {object{"certificate": strings.Repeat("0", 64)}, 403, "certificate.not-assigned", "certificate"},
		"no position":         {object{"position": "middle"}, 422, "order.placement", "position"},
		"no page":             {object{"page": "9"}, 422, "order.placement", "position"},
		"long reason":         {object{"reason": strings.Repeat("ж", 121)}, 422, "order.reason-long", "reason"},
		"reason of two lines": {object{"reason": "a\nb"}, 422, "order.reason-characters", "reason"},
		"letters":             {object{"code": "abcdef"}, 422, "code.malformed", "code"},
		"no code":             {object{"code": "", "confirm": true}, 422, "code.malformed", "code"},
		"strange request":     {object{"requests": []string{strings.Repeat("0", 32)}}, 404, "request.unknown", ""},
		"path as request":     {object{"requests": []string{"../../etc"}}, 404, "request.unknown", ""},
		"unknown field":       {object{"admin": true}, 422, "call.unreadable", ""},
	} {
		form := order(request, certificate, phone.code())
		for field, value := range c.change {
			form[field] = value
		}
		a := tab.call("POST", "/api/sign/orders", form)
		tab.wants(a, c.code, c.key)
		if a.field("field") != c.field {
			t.Errorf("%s is about the field %q, want %q", name, a.field("field"), c.field)
		}
		if !strings.Contains(a.text(), "was not changed") {
			t.Errorf("%s does not tell what became of the file: %s", name, a.text())
		}
	}
	// None of them used the code up.
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	if got := tab.settled(request).field("screen"); got != "done" {
		t.Errorf("at the end: %s", got)
	}
}

// TestUsedAndStrangeCodes hold that a code signs once, and only for its owner.
func TestUsedAndStrangeCodes(t *testing.T) {
	w, mary, certificate := ready(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.paul, "paul")
	paul := w.bind(w.acme, admin, w.acme.paul)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.wants(tab.call("POST", "/api/sign/orders", order(request, certificate, paul.code())), http.StatusUnauthorized, "code.wrong")
	code := mary.code()
	tab.ok("POST", "/api/sign/orders", order(request, certificate, code))
	tab.settled(request)
	again := tab.ok("POST", "/api/sign/documents", refOf(w))
	a := tab.call("POST", "/api/sign/orders", order(again.field("request"), certificate, code))
	tab.wants(a, http.StatusUnauthorized, "code.used")
	if a.header.Get("Retry-After") == "" || a.field("after") == "" {
		t.Errorf("a used code does not tell how long to wait: %s", a.text())
	}
}

// refOf names the file that is in the deal now.
func refOf(w *world) object {
	f := w.acme.DealFiles(w.acme.deal, w.acme.field)
	return object{"source": "field", "field": w.acme.field, "fileId": itoa(f[0].ID)}
}

// TestLocked tries wrong codes until the account is locked.
func TestLocked(t *testing.T) {
	w, _, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	keys := map[string]int{}
	for range 60 {
		a := tab.call("POST", "/api/sign/orders", order(request, certificate, "000000"))
		keys[a.field("key")]++
		if a.field("key") == "code.locked" {
			if a.code != http.StatusLocked {
				t.Errorf("locked is %d", a.code)
			}
			break
		}
		if a.field("key") == "code.wait" {
			if a.code != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
				t.Errorf("wait is %d, %v", a.code, a.header)
			}
			w.clock.forward(16 * time.Minute)
			tab = w.tab(w.acme, w.acme.mary)
			request = tab.open()
		}
	}
	if keys["code.locked"] != 1 || keys["code.wait"] == 0 || keys["code.wrong"] == 0 {
		t.Errorf("the answers were %v", keys)
	}
}

// TestCodeOff signs without a phone where an administrator allowed it, after a tick.
func TestCodeOff(t *testing.T) {
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.ok("POST", "/api/admin/accounts", object{
		"create": "yes", "user": itoa(w.acme.mary), "login": "mary", "codeOff": true, "codeOffReason": "trial",
	})
	certificate := admin.certificate(w.acme.mary, "Mary")
	w.acme.PutFile(w.acme.deal, w.acme.field, "a.pdf", signertest.PDF{}.Bytes())
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	form := tab.ok("GET", "/api/sign/requests/"+request, nil).field("html")
	if strings.Contains(form, `name="code"`) || !strings.Contains(form, `name="confirm"`) {
		t.Error("the form asks for a code")
	}
	o := order(request, certificate, "")
	tab.wants(tab.call("POST", "/api/sign/orders", o), http.StatusUnprocessableEntity, "order.confirm")
	o["confirm"] = true
	tab.ok("POST", "/api/sign/orders", o)
	if a := tab.settled(request); a.field("screen") != "done" {
		t.Errorf("at the end: %s", a.text())
	}
	if journal := admin.ok("GET", "/api/admin/journal", nil).field("html"); !strings.Contains(journal, "without a code") {
		t.Error("the journal does not say that no code was asked")
	}
}

// TestOthersRequests holds that a Request exists for its person at its deal only.
func TestOthersRequests(t *testing.T) {
	w, _, _ := ready(t)
	request := w.tab(w.acme, w.acme.mary).open()
	other := w.acme.AddDeal(simulator.Deal{Title: "Another", Responsible: w.acme.mary})
	for name, p := range map[string]*page{
		"a colleague":   w.tab(w.acme, w.acme.paul),
		"another deal":  w.page(w.frame(w.acme, simulator.Opening{User: w.acme.mary, Placement: "CRM_DEAL_DETAIL_TAB", Item: other})),
		"another house": w.tab(w.bolt, w.bolt.mary),
	} {
		for _, call := range []string{"GET ", "GET /events", "GET /original", "GET /signed", "POST /retry", "POST /cancel"} {
			method, rest, _ := strings.Cut(call, " ")
			if a := p.call(method, "/api/sign/requests/"+request+rest, object{}); a.code != http.StatusNotFound || a.field("key") != "request.unknown" {
				t.Errorf("%s, %s: %d %s", name, call, a.code, a.text())
			}
		}
	}
}

// TestOtherFiles holds that only files of the deal are opened.
func TestOtherFiles(t *testing.T) {
	w, _, _ := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	secret := w.acme.AddDeal(simulator.Deal{Title: "Secret", Responsible: w.acme.anna})
	w.acme.PutFile(secret, w.acme.field, "secret.pdf", signertest.PDF{}.Bytes())
	theirs := itoa(w.acme.DealFiles(secret, w.acme.field)[0].ID)
	for name, ref := range map[string]object{
		"a file of another deal": {"source": "field", "field": w.acme.field, "fileId": theirs},
		"no file":                {"source": "field", "field": w.acme.field, "fileId": ""},
		"a path":                 {"source": "field", "field": w.acme.field, "fileId": "../1"},
		"another field":          {"source": "field", "field": "TITLE", "fileId": "1"},
	} {
		a := tab.call("POST", "/api/sign/documents", ref)
		if a.code != http.StatusNotFound && a.code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.code, a.text())
		}
	}
}

// TestConflict has a colleague replace the file while it is being signed.
func TestConflict(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	remove := w.acme.BeforeUpdate(func(simulator.Update) {
		w.acme.PutFile(w.acme.deal, w.acme.field, "theirs.pdf", signertest.PDF{Pages: 3}.Bytes())
	})
	defer remove()
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	a := tab.settled(request)
	if s := a.field("screen"); s != "conflict" && s != "undelivered" {
		t.Errorf("at the end: %s", a.text())
	}
	if !strings.Contains(a.field("html"), requestFile(request)) {
		t.Error("the signed copy cannot be downloaded")
	}
}

func requestFile(request string) string { return "/api/sign/requests/" + request + "/signed" }

// TestReplacedBefore has a colleague replace the file before the code is
// looked at: the code stays good.
func TestReplacedBefore(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	w.acme.PutFile(w.acme.deal, w.acme.field, "theirs.pdf", signertest.PDF{Pages: 3}.Bytes())
	a := tab.call("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	tab.wants(a, http.StatusConflict, "request.conflict")
	if !strings.Contains(a.text(), "The code was not used up") || !strings.Contains(a.text(), "has changed") {
		t.Errorf("it says %s", a.text())
	}
	next := tab.open()
	tab.ok("POST", "/api/sign/orders", order(next, certificate, phone.code()))
	if got := tab.settled(next).field("screen"); got != "done" {
		t.Errorf("at the end: %s", got)
	}
}

// TestExpiredRequest lets an hour pass between opening and signing: the same bytes
// are signed, with the one code.
func TestExpiredRequest(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	w.clock.forward(time.Hour)
	tab = w.tab(w.acme, w.acme.mary)
	a := tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	if again := a.field("request"); again == request {
		t.Error("the expired request is carried out")
	} else if got := tab.settled(again).field("screen"); got != "done" {
		t.Errorf("at the end: %s", got)
	}
}

// TestCancel gives an opened document up.
func TestCancel(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	tab.ok("POST", "/api/sign/requests/"+request+"/cancel", object{})
	tab.wants(tab.call("POST", "/api/sign/orders", order(request, certificate, phone.code())), http.StatusConflict, "request.already")
	if a := tab.ok("GET", "/api/sign/requests/"+request, nil); !strings.Contains(a.field("html"), "was cancelled") {
		t.Errorf("a cancelled request shows %s", a.text())
	}
	tab.wants(tab.call("POST", "/api/sign/requests/"+request+"/retry", object{}), http.StatusConflict, "request.no-retry")
	tab.wants(tab.call("GET", "/api/sign/requests/"+request+"/signed", nil), http.StatusNotFound, "request.file-gone")
}

// TestRemembered offers what was chosen last, never the code.
func TestRemembered(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	o := order(request, certificate, phone.code())
	o["page"], o["position"], o["reason"] = "first", "top-center", "seen and agreed"
	tab.ok("POST", "/api/sign/orders", o)
	tab.settled(request)
	w.clock.forward(otp.Period)
	form := tab.ok("POST", "/api/sign/documents", refOf(w)).field("html")
	for _, want := range []string{
		`value="first" checked`, `value="seen and agreed"`, "1 signature",
		// The first signature's mark is at the top center: another one would cover it.
		`value="bottom-right" checked`, "bottom right, first page",
	} {
		if !strings.Contains(form, want) {
			t.Errorf("the form has no %q", want)
		}
	}
	if strings.Contains(form, o["code"].(string)) {
		t.Error("the form holds the code")
	}
}

// TestPortalFails has the portal answer wrongly; each time the person is told
// what happened, and nothing is lost.
func TestPortalFails(t *testing.T) {
	w, _, _ := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	for name, fault := range faults() {
		injected := w.acme.Inject(fault)
		a := tab.call("GET", "/api/sign", nil)
		if a.code < 400 || a.field("message") == "" || strings.Contains(a.text(), "<html") {
			t.Errorf("%s: %d %s", name, a.code, a.text())
		}
		if k := app.Kind(a.field("kind")); k != app.Unavailable && k != app.Upstream && k != app.Unauthenticated {
			t.Errorf("%s is %s", name, k)
		}
		_ = injected
		w.acme.Heal()
	}
	tab.open()
}

// TestUndelivered has the portal refuse the signed file; the person fetches
// it, and delivers it later without a new code.
func TestUndelivered(t *testing.T) {
	w, phone, certificate := ready(t)
	tab := w.tab(w.acme, w.acme.mary)
	request := tab.open()
	w.acme.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.AccessDenied, Skip: 1}) // the first only asks
	tab.ok("POST", "/api/sign/orders", order(request, certificate, phone.code()))
	a := tab.settled(request)
	if a.field("screen") != "undelivered" {
		t.Fatalf("at the end: %s", a.text())
	}
	for _, want := range []string{"Signed, but not in the CRM yet", "No new code is needed", "was not changed", requestFile(request), request + "/retry"} {
		if !strings.Contains(a.field("html"), want) {
			t.Errorf("the screen has no %q", want)
		}
	}
	if file := tab.ok("GET", "/api/sign/requests/"+request+"/signed", nil); !bytes.Contains(file.body, []byte("/ByteRange")) {
		t.Error("the signed file cannot be fetched")
	}
	if list := tab.ok("GET", "/api/sign?list=1", nil); !strings.Contains(list.field("html"), "Signed, not in the CRM yet") {
		t.Errorf("the list shows %s", list.text())
	}
	w.acme.Heal()
	tab.ok("POST", "/api/sign/requests/"+request+"/retry", object{})
	if got := tab.settled(request).field("screen"); got != "done" {
		t.Errorf("delivered later: %s", got)
	}
}
