package web_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"signservice/app"
	"signservice/app/otp"
)

// linked is a world with an account for Mary and a link for her phone.
func linked(t *testing.T) (*world, *page, string) {
	t.Helper()
	w := newWorld(t)
	admin := w.settings(w.acme, w.acme.anna)
	admin.account(w.acme.mary, "mary")
	return w, admin, admin.link(w.acme.mary)
}

// link gives the only stored link.
func (w *world) link() app.Enrolment {
	w.t.Helper()
	links, err := w.store.Enrolments(w.t.Context(), w.acme.id())
	if err != nil || len(links) == 0 {
		w.t.Fatalf("links %v, %v", links, err)
	}
	return links[len(links)-1]
}

// TestFetchingHasNoEffect fetches the link as messengers do before a person
// opens it, in many ways.
func TestFetchingHasNoEffect(t *testing.T) {
	w, _, link := linked(t)
	before := w.link()
	for range 20 {
		a := w.get(link, "User-Agent", "TelegramBot")
		if a.code != http.StatusOK || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Fatalf("%d %v", a.code, a.header)
		}
		if strings.Contains(a.text(), "otpauth:") || strings.Contains(a.text(), "<script") || strings.Contains(a.text(), "Мария") {
			t.Fatal("the page shows more than it may")
		}
		if csp := a.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("policy %q", csp)
		}
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodOptions} {
		if a := w.serve(httptest.NewRequest(method, link, nil)); a.code == http.StatusOK {
			t.Errorf("%s of the link: %d", method, a.code)
		}
	}
	if after := w.link(); after.State != before.State || after.Pending != "" || after.Failures != 0 {
		t.Errorf("fetching has changed the link: %+v", after)
	}
}

// TestStoredIDOpensNothing: the id under which a link is stored, which is in the
// account's page, opens no page, whether links suffice by themselves or not.
func TestStoredIDOpensNothing(t *testing.T) {
	w, admin, link := linked(t)
	id := w.link().ID
	if !strings.Contains(admin.ok("GET", "/api/admin/accounts/"+itoa(w.acme.mary), nil).field("html"), id) {
		t.Fatal("the page of the account does not name the link: this test means nothing")
	}
	for _, alone := range []bool{false, true} {
		if alone {
			admin.ok("POST", "/api/admin/link-alone", object{"on": true})
		}
		if a := w.get("/enrol/" + id); a.code != http.StatusNotFound || sessionIn.MatchString(a.text()) || strings.Contains(a.text(), "oauth") {
			t.Errorf("links suffice %t: the id answers %d %s", alone, a.code, a.text())
		}
		if a := w.get(link); a.code != http.StatusOK || sessionIn.MatchString(a.text()) {
			t.Errorf("links suffice %t: the link answers %d %s", alone, a.code, a.text())
		}
	}
}

// TestPhoneNotices: who signs in a person's name from now on is told to that
// person and to the administrators.
func TestPhoneNotices(t *testing.T) {
	w, admin, _ := linked(t)
	w.bind(w.acme, admin, w.acme.mary)
	for user, want := range map[int]string{w.acme.mary: "A phone was set up for your signatures", w.acme.anna: "A phone was set up for the signatures of Мария Иванова"} {
		notices := w.acme.Notifications(user)
		if len(notices) != 1 || !strings.Contains(notices[0].Message, want) {
			t.Errorf("%d sees %+v", user, notices)
		}
	}
}

// TestOnlyTheOwner lets others through the sign-in: they see nothing and change nothing.
func TestOnlyTheOwner(t *testing.T) {
	w, _, link := linked(t)
	a := w.signIn(w.acme, link, w.acme.paul)
	if a.code != http.StatusForbidden || sessionIn.MatchString(a.text()) || !strings.Contains(a.text(), "This page is not for you") {
		t.Errorf("a colleague sees %d %s", a.code, a.text())
	}
	if state := w.link().State; state != app.EnrolmentOpen {
		t.Errorf("the link is %s", state)
	}
	// A tab's session opens no door here, and a link's none there.
	tab := w.tab(w.acme, w.acme.mary)
	tab.wants(tab.call("POST", "/api/enrolment/show", object{}), http.StatusForbidden, "error.forbidden")
	owner := w.opened(w.signIn(w.acme, link, w.acme.mary))
	owner.wants(owner.call("GET", "/api/sign", nil), http.StatusForbidden, "error.forbidden")
}

// TestEnrolment binds a phone, and an independent generator agrees on its code.
func TestEnrolment(t *testing.T) {
	w, admin, link := linked(t)
	welcome := w.signIn(w.acme, link, w.acme.mary)
	if !strings.Contains(welcome.text(), "Bind the signing code to Мария Иванова") || strings.Contains(welcome.text(), "set up already") {
		t.Errorf("the owner sees %s", welcome.text())
	}
	owner := w.opened(welcome)
	owner.wants(owner.call("POST", "/api/enrolment/confirm", object{"code": "123456"}), http.StatusConflict, "link.again")
	shown := owner.ok("POST", "/api/enrolment/show", object{})
	if shown.header.Get("Cache-Control") != "no-store" {
		t.Error("the secret may be kept by a cache")
	}
	html := shown.field("html")
	key := strings.ReplaceAll(keyIn.FindStringSubmatch(html)[1], " ", "")
	uri := regexp.MustCompile(`href="(otpauth://totp/[^"]+)"`).FindStringSubmatch(html)
	if uri == nil || !strings.Contains(uri[1], "secret="+key) || !strings.Contains(html, `class="qr"`) {
		t.Fatalf("the secret is shown as %s", html)
	}
	if strings.Contains(html, "same key as before") {
		t.Error("the first look passes for a second one")
	}
	if again := owner.ok("POST", "/api/enrolment/show", object{}).field("html"); !strings.Contains(again, "secret="+key) || !strings.Contains(again, "same key as before") {
		t.Error("asked again, the secret is another one, or passes for one")
	}
	a := owner.call("POST", "/api/enrolment/confirm", object{"code": w.wrongFor(app.Secret(key))})
	owner.wants(a, http.StatusUnauthorized, "code.wrong")
	if a.field("field") != "code" {
		t.Errorf("the error is about %q", a.field("field"))
	}
	code, err := otp.Code(app.Secret(key), otp.Step(w.clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	if oathtool, err := exec.LookPath("oathtool"); err == nil {
		out, err := exec.Command(oathtool, "--totp", "-b", "-N", w.clock.Now().Format("2006-01-02 15:04:05 UTC"), key).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != code {
			t.Errorf("oathtool says %s (%v), we say %s", got, err, code)
		}
	}
	if a := owner.ok("POST", "/api/enrolment/confirm", object{"code": code}); !strings.Contains(a.field("html"), "Your phone is set up") {
		t.Errorf("at the end: %s", a.text())
	}
	if got := w.get(link); got.code != http.StatusConflict || !strings.Contains(got.text(), "has been used") {
		t.Errorf("the used link shows %d %s", got.code, got.text())
	}
	owner.wants(owner.call("POST", "/api/enrolment/show", object{}), http.StatusConflict, "link.used")
	if next := w.signIn(w.acme, admin.link(w.acme.mary), w.acme.mary); !strings.Contains(next.text(), "set up already") {
		t.Errorf("a second link does not tell of the first phone: %s", next.text())
	}
	for _, secret := range []string{key, code, strings.TrimPrefix(link, "/enrol/")} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// wrongFor gives a code that a secret has at no time for which it could be taken.
func (w *world) wrongFor(secret app.Secret) string {
	w.t.Helper()
	near := map[string]bool{}
	for off := int64(-2880); off <= 2880; off++ {
		code, err := otp.Code(secret, otp.Step(w.clock.Now())+off)
		if err != nil {
			w.t.Fatal(err)
		}
		near[code] = true
	}
	for _, code := range []string{"000000", "111111", "222222", "333333", "444444"} {
		if !near[code] {
			return code
		}
	}
	w.t.Fatal("no wrong code")
	return ""
}

// TestLinkEnds lets the hour pass before and after the sign-in. The page lives
// as long as the link, and says when it is over.
func TestLinkEnds(t *testing.T) {
	w, _, link := linked(t)
	early := w.opened(w.signIn(w.acme, link, w.acme.mary))
	w.clock.forward(50 * time.Minute)
	late := w.opened(w.signIn(w.acme, link, w.acme.mary))
	early.ok("POST", "/api/enrolment/show", object{})
	w.clock.forward(10*time.Minute - time.Second)
	early.ok("POST", "/api/enrolment/show", object{})
	w.clock.forward(2 * time.Second)
	for _, p := range []*page{early, late} {
		a := p.call("POST", "/api/enrolment/show", object{})
		p.wants(a, http.StatusConflict, "link.ended")
		if a.field("over") != "true" || a.header.Get("X-Session") != "" || !strings.Contains(a.field("html"), "The hour of this link is over") {
			t.Errorf("in the end: %s", a.text())
		}
	}
	if a := w.get(link); a.code != http.StatusConflict || !strings.Contains(a.text(), "one hour, which is over") {
		t.Errorf("the expired link shows %d %s", a.code, a.text())
	}
	admin := w.settings(w.acme, w.acme.anna)
	first := admin.link(w.acme.mary)
	admin.link(w.acme.mary)
	if a := w.get(first); a.code != http.StatusConflict || !strings.Contains(a.text(), "withdrawn") {
		t.Errorf("a link that was replaced shows %d", a.code)
	}
}

// TestStrangeLinks tries what is no link, and what is no return.
func TestStrangeLinks(t *testing.T) {
	w, _, link := linked(t)
	token := strings.TrimPrefix(link, "/enrol/")
	for _, path := range []string{
		"/enrol/" + strings.Repeat("A", 43), "/enrol/x", "/enrol/" + token + "x", "/enrol/" + token[1:], "/enrol/%2e%2e", "/enrol/" + strings.Repeat("A", 5000),
		"/enrol/" + otp.ID(token), "/enrol/back/", "/bx/app?code=x", "/bx/app?state=x",
	} {
		if a := w.get(path); a.code != http.StatusNotFound || strings.Contains(a.text(), token) {
			t.Errorf("%s: %d", path, a.code)
		}
	}
	tab := w.tab(w.acme, w.acme.mary)
	for name, path := range map[string]string{
		"made-up state":         "/bx/app?code=0123456789abcdef0123456789abcdef&state=AAAA",
		"a session as state":    "/bx/app?code=0123456789abcdef0123456789abcdef&state=" + tab.session,
		"the plain id as state": "/bx/app?code=0123456789abcdef0123456789abcdef&state=" + otp.ID(token),
		"a made-up way back":    "/enrol/back/AAAA",
		"a session as way back": "/enrol/back/" + tab.session,
		"the id as way back":    "/enrol/back/" + otp.ID(token),
		"the link as way back":  "/enrol/back/" + token,
	} {
		if a := w.get(path); a.code != http.StatusUnprocessableEntity || sessionIn.MatchString(a.text()) {
			t.Errorf("%s: %d %s", name, a.code, a.text())
		}
	}
	back := w.signInAddress(w.acme, link, w.acme.mary)
	if a := w.get(back); a.code != http.StatusOK {
		t.Fatalf("the true return: %d", a.code)
	}
	again := w.get(back)
	if again.code != http.StatusSeeOther || sessionIn.MatchString(again.text()) || strings.Contains(again.header.Get("Location"), "code=") {
		t.Errorf("the same return again: %d %s", again.code, again.header.Get("Location"))
	}
	other := w.signInAddress(w.bolt, "", w.bolt.mary)
	if _, state, ok := strings.Cut(back, "state="); ok {
		state, _, _ = strings.Cut(state, "&")
		mixed := regexp.MustCompile(`state=[^&]*`).ReplaceAllString(other, "state="+state)
		if a := w.get(mixed); a.code == http.StatusOK || sessionIn.MatchString(a.text()) {
			t.Errorf("a code of another portal: %d", a.code)
		}
	}
}

var backIn = regexp.MustCompile(`data-back="(/enrol/back/[A-Za-z0-9_-]+)"`)

// TestTheWayBack loads the page anew in the middle: from the address that it
// wears the sign-in begins again, and the same secret goes on. The address tells
// nobody anything, and is no way around the sign-in.
func TestTheWayBack(t *testing.T) {
	w, admin, link := linked(t)
	at := w.signInAddress(w.acme, link, w.acme.mary)
	welcome := w.get(at)
	owner := w.opened(welcome)
	m := backIn.FindStringSubmatch(welcome.text())
	if m == nil {
		t.Fatalf("no way back in %s", welcome.text())
	}
	key := keyIn.FindStringSubmatch(owner.ok("POST", "/api/enrolment/show", object{}).field("html"))[1]
	if a := w.get(at); a.code != http.StatusSeeOther || a.header.Get("Location") != m[1] {
		t.Errorf("loaded anew at once: %d to %s", a.code, a.header.Get("Location"))
	}
	for range 3 {
		a := w.get(m[1])
		if a.code != http.StatusOK || a.header.Get("Cache-Control") != "no-store" || !strings.Contains(a.text(), "The page was loaded anew") {
			t.Fatalf("the way back shows %d %s", a.code, a.text())
		}
		for _, told := range []string{"Мария", "otpauth:", "data-session", "<script", tokenOf(link), strings.ReplaceAll(key, " ", "")} {
			if strings.Contains(a.text(), told) {
				t.Errorf("the way back tells %q", told)
			}
		}
	}
	if a := w.signIn(w.acme, m[1], w.acme.paul); a.code != http.StatusForbidden || sessionIn.MatchString(a.text()) {
		t.Errorf("a colleague comes through: %d", a.code)
	}
	admin.ok("POST", "/api/admin/link-alone", object{"on": true})
	if a := w.get(m[1]); strings.Contains(a.text(), "/api/enrolment/open") || !strings.Contains(a.text(), "/oauth/authorize") {
		t.Errorf("where a link is enough the way back is one too: %s", a.text())
	}
	again := w.opened(w.signIn(w.acme, m[1], w.acme.mary))
	shown := again.ok("POST", "/api/enrolment/show", object{}).field("html")
	if got := keyIn.FindStringSubmatch(shown); got == nil || got[1] != key {
		t.Errorf("the key is another one: %s", shown)
	}
	again.ok("POST", "/api/enrolment/confirm", object{"code": phone{w, secretOf(key)}.code()})
	if a := w.get(m[1]); a.code != http.StatusConflict || !strings.Contains(a.text(), "has been used") {
		t.Errorf("afterwards the way back shows %d %s", a.code, a.text())
	}
	if strings.Contains(w.log.String(), strings.TrimPrefix(m[1], "/enrol/back/")) {
		t.Error("the way back is in the log")
	}
	w.clock.forward(time.Hour)
	if a := w.get(m[1]); a.code != http.StatusConflict || !strings.Contains(a.text(), "one hour, which is over") {
		t.Errorf("too late the way back shows %d %s", a.code, a.text())
	}
}

// TestTenWrongCodes ends a link, and the page with it; an administrator reads
// why in the journal.
func TestTenWrongCodes(t *testing.T) {
	w, admin, link := linked(t)
	owner := w.opened(w.signIn(w.acme, link, w.acme.mary))
	key := secretOf(keyIn.FindStringSubmatch(owner.ok("POST", "/api/enrolment/show", object{}).field("html"))[1])
	wrong := w.wrongFor(key)
	slow, err := otp.Code(key, otp.Step(w.clock.Now())-10)
	if err != nil {
		t.Fatal(err)
	}
	a := owner.call("POST", "/api/enrolment/confirm", object{"code": slow})
	owner.wants(a, http.StatusUnauthorized, "enrolment.clock-slow")
	if !strings.Contains(a.field("message"), "slow by 5 min, 9 tries left") || a.field("field") != "code" || a.field("over") != "" {
		t.Errorf("a slow clock: %s", a.text())
	}
	for range 8 {
		owner.wants(owner.call("POST", "/api/enrolment/confirm", object{"code": wrong}), http.StatusUnauthorized, "code.wrong")
	}
	a = owner.call("POST", "/api/enrolment/confirm", object{"code": wrong})
	owner.wants(a, http.StatusLocked, "enrolment.failed")
	if a.field("over") != "true" || !strings.Contains(a.field("html"), "This link does not work") {
		t.Errorf("at the tenth: %s", a.text())
	}
	a = owner.call("POST", "/api/enrolment/confirm", object{"code": phone{w, key}.code()})
	owner.wants(a, http.StatusConflict, "link.withdrawn")
	journal := admin.ok("GET", "/api/admin/journal", nil).field("html")
	for _, told := range []string{"A wrong code was typed", "the phone&#39;s clock wrong", "this link has ended"} {
		if !strings.Contains(journal, told) {
			t.Errorf("the journal lacks %q", told)
		}
	}
}
