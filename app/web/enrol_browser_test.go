package web_test

import (
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"signservice/app"
	"signservice/app/otp"
	"signservice/signer/signertest"
)

// oathtool is the code of a key that an independent generator shows at a time.
func oathtool(t testing.TB, key app.Secret, at time.Time) string {
	t.Helper()
	out := signertest.Run(t, "oathtool", "--totp", "--base32", "--now", at.UTC().Format("2006-01-02 15:04:05 UTC"), key.Reveal())
	return strings.TrimSpace(string(out))
}

// scanned is what an independent reader sees in a picture of an element.
func (b *browser) scanned(selector css) string {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.Screenshot(selector))
	if err != nil {
		b.t.Fatalf("picture of %s: %v", selector, err)
	}
	return strings.TrimSpace(string(signertest.Run(b.t, "zbarimg", "--raw", "--quiet", signertest.WriteFile(b.t, "qr.png", picture))))
}

// media has the browser report features of its screen: name, value, name, value.
func (b *browser) media(pairs ...string) {
	b.t.Helper()
	var p emulation.SetEmulatedMediaParams
	for i := 0; i < len(pairs); i += 2 {
		p.Features = append(p.Features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, p); err != nil {
		b.t.Fatal(err)
	}
}

// phone makes the browser's screen that of a phone.
func (b *browser) phone() {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
}

// begin opens a link and signs in at the portal.
func (b *browser) begin(link string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + link))
	b.signIn()
}

// signIn goes from the invitation to the portal and back.
func (b *browser) signIn() {
	b.t.Helper()
	b.do(chromedp.Click(css(`a.button[href*="/oauth/authorize"]`)), chromedp.WaitVisible(css(`[data-ready] [data-post="/api/enrolment/show"]`)))
}

// key shows the secret and reads the typed one.
func (b *browser) key() app.Secret {
	b.t.Helper()
	b.do(chromedp.Click(css(`[data-post="/api/enrolment/show"]`)), chromedp.WaitVisible(css("#key")))
	return secretOf(b.text(b.ctx, "#key"))
}

// typed types a code and waits for what is said to it.
func (b *browser) typed(code string) {
	b.t.Helper()
	b.do(chromedp.SetValue(css("#code"), ""), chromedp.SendKeys(css("#code"), code), chromedp.Click(css(".enrol-confirm [type=submit]")))
}

// refused types a code and wants the field to say why it is refused, with the
// cursor in it.
func (b *browser) refused(code, why string) {
	b.t.Helper()
	b.typed(code)
	b.until("the refusal: "+why, func() bool { return strings.Contains(b.text(b.ctx, "#code-error"), why) })
	if !eval[bool](b, b.ctx, `document.activeElement.id === "code" && document.activeElement.getAttribute("aria-invalid") === "true" &&
		document.activeElement.getAttribute("aria-describedby").split(" ").includes("code-error")`) {
		b.t.Errorf("the refusal %q is not the field's", why)
	}
}

// narrow holds that nobody scrolls sideways, and that what is pressed is large
// enough for a finger.
func (b *browser) narrow() {
	b.t.Helper()
	if wide := eval[int](b, b.ctx, "document.documentElement.scrollWidth"); wide > 390 {
		b.t.Errorf("%d wide on a screen of 390", wide)
	}
	small := eval[[]string](b, b.ctx, `[...document.querySelectorAll("a, button, summary, input")].filter((e) => e.checkVisibility() &&
		e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 120))`)
	if len(small) > 0 {
		b.t.Errorf("too small for a finger: %q", small)
	}
}

// fits holds that FreeOTP takes an address: its InvalidLabel is for more than
// one colon, its warning for a secret of less than 16 bytes, and the issuer keeps
// two portals apart.
func fits(t *testing.T, w *world, address string, key app.Secret) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" {
		t.Fatalf("not an address for generators: %v", err)
	}
	label, err := url.PathUnescape(strings.TrimPrefix(u.EscapedPath(), "/"))
	issuer, account, _ := strings.Cut(label, ":")
	if err != nil || strings.Count(label, ":") != 1 || account != "mary" {
		t.Errorf("label %q", label)
	}
	q := u.Query()
	want := "Sign " + strings.ReplaceAll(w.acme.host(t), ":", "-")
	if issuer != want || q.Get("issuer") != want {
		t.Errorf("issuer %q and %q, want %q", issuer, q.Get("issuer"), want)
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(q.Get("secret"))
	if err != nil || len(raw) < 16 || q.Get("secret") != key.Reveal() {
		t.Errorf("a secret of %d bytes, the one that is typed: %v", len(raw), q.Get("secret") == key.Reveal())
	}
	if q.Get("algorithm") != "SHA1" || q.Get("digits") != "6" || q.Get("period") != "30" || len(q) != 5 || strings.Contains(address, "+") {
		t.Error("the parameters are others than all generators know")
	}
}

// TestBrowserEnrolComputer binds a phone at a computer: the QR code is read from
// the screen in every look of the page, and codes come from oathtool.
func TestBrowserEnrolComputer(t *testing.T) {
	w, _, link := linked(t)
	b := newBrowser(w)
	b.expect("401")
	tab := w.tab(w.acme, w.acme.mary)
	tab.ok("POST", "/api/sign/theme", object{"theme": "device"})
	b.login(w.acme, w.acme.mary)
	b.begin(link)
	key := b.key()
	if got := eval[string](b, b.ctx, "document.activeElement.tagName"); got != "H1" {
		t.Errorf("the reader is at %s", got)
	}
	addresses := map[string]string{"light": b.scanned("svg.qr")}
	b.shot(b.ctx, "light")
	b.media("prefers-color-scheme", "dark")
	if dark := eval[string](b, b.ctx, `getComputedStyle(document.querySelector(".notice")).backgroundColor`); dark != "rgb(38, 38, 38)" {
		t.Errorf("in the dark the card is %s", dark)
	}
	addresses["dark"] = b.scanned("svg.qr")
	b.shot(b.ctx, "dark")
	b.media("forced-colors", "active", "prefers-color-scheme", "dark")
	addresses["forced colours"] = b.scanned("svg.qr")
	b.shot(b.ctx, "forced")
	b.media()
	for look, address := range addresses {
		if address != addresses["light"] {
			t.Errorf("%s: the reader sees another code", look)
		}
	}
	fits(t, w, addresses["light"], key)
	if side := eval[float64](b, b.ctx, `document.querySelector("svg.qr").getBoundingClientRect().width`); side < 240 {
		t.Errorf("the QR code is %v wide", side)
	}
	if eval[bool](b, b.ctx, `document.querySelector('a[href^="otpauth:"]').checkVisibility()`) {
		t.Error("a computer is offered the way into its own generator")
	}
	if shown := b.text(b.ctx, "#key"); len(strings.Fields(shown)) != 8 || len(shown) != 39 {
		t.Error("the typed key is not in groups of four")
	}

	b.refused(w.wrongFor(key), "Wrong code, 9 tries left")
	b.refused(oathtool(t, key, w.clock.Now().Add(3*time.Hour)), "fast by 3 h, 8 tries left")
	b.refused(oathtool(t, key, w.clock.Now().Add(-5*time.Minute)), "slow by 5 min, 7 tries left")
	b.shot(b.ctx, "clock")
	b.typed(oathtool(t, key, w.clock.Now()))
	b.do(chromedp.WaitVisible(css(".notice-good")))
	if rest := eval[string](b, b.ctx, "document.body.innerHTML"); strings.Contains(rest, key.Reveal()) || strings.Contains(rest, b.base+link) {
		t.Error("the secret stays in the page")
	}
	b.expect("409")
	b.do(chromedp.Navigate(b.base+link), chromedp.WaitVisible(css("[data-page=refusal]")))
	if got := b.text(b.ctx, ".notice"); !strings.Contains(got, "has been used") {
		t.Errorf("the used link says %q", got)
	}
}

// TestBrowserEnrolCopies copies the key: by the button and by hand it comes
// without the blanks that generators refuse.
func TestBrowserEnrolCopies(t *testing.T) {
	w, _, link := linked(t)
	b := newBrowser(w)
	b.login(w.acme, w.acme.mary)
	b.begin(link)
	key := b.key()
	// The field for the code takes what was copied, as a generator's would.
	pasted := func(how string) {
		t.Helper()
		b.do(chromedp.Focus(css("#code")))
		eval[bool](b, b.ctx, `document.addEventListener("paste", (e) => (window.pasted = e.clipboardData.getData("text/plain")), {once: true, capture: true}) ?? true`)
		b.do(chromedp.KeyEvent("v", chromedp.KeyModifiers(chromedp.ModifierCtrl), func(p *input.DispatchKeyEventParams) { p.Commands = []string{"paste"} }))
		if got := eval[string](b, b.ctx, "window.pasted"); got != key.Reveal() {
			t.Errorf("%s: %d characters are pasted", how, len(got))
		}
		eval[bool](b, b.ctx, "delete window.pasted")
	}
	b.do(chromedp.Click(css("[data-copy-key]")), chromedp.WaitVisible(css(".toast")))
	if toast := b.text(b.ctx, ".toast"); !strings.Contains(toast, "Copied") {
		t.Errorf("copying says %q", toast)
	}
	pasted("by the button")
	eval[bool](b, b.ctx, `(navigator.clipboard.writeText = () => Promise.reject(new Error("not granted")), true)`)
	b.do(chromedp.Click(css("[data-copy-key]")))
	pasted("the old way")
	eval[bool](b, b.ctx, `(document.activeElement.blur(), getSelection().selectAllChildren(document.getElementById("key")), true)`)
	b.do(chromedp.KeyEvent("c", chromedp.KeyModifiers(chromedp.ModifierCtrl), func(p *input.DispatchKeyEventParams) { p.Commands = []string{"copy"} }))
	pasted("by hand")
}

// TestBrowserEnrolPhone binds a phone on itself, with the page dropped in the
// middle while its owner is in FreeOTP, twice.
func TestBrowserEnrolPhone(t *testing.T) {
	w, _, link := linked(t)
	b := newBrowser(w)
	b.phone()
	b.login(w.acme, w.acme.mary)
	b.do(chromedp.Navigate(b.base + link))
	b.narrow()
	b.signIn()
	b.narrow()
	stores := eval[[]string](b, b.ctx, `[...document.querySelectorAll(".stores a")].map((a) => [a.target, a.rel, new URL(a.href).host].join(" "))`)
	if len(stores) != 2 || stores[0] != "_blank noopener noreferrer play.google.com" || stores[1] != "_blank noopener noreferrer apps.apple.com" {
		t.Errorf("FreeOTP is at %q", stores)
	}
	w.clock.forward(20 * time.Minute) // longer than a Session of other pages lives
	key := b.key()
	b.narrow()
	b.shot(b.ctx, "secret")
	order := eval[[]string](b, b.ctx, `[...document.querySelectorAll('a[href^="otpauth:"], #key, .other-phone summary, #code')].filter((e) => e.checkVisibility())
		.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).map((e) => e.id || e.tagName)`)
	if strings.Join(order, " ") != "A key SUMMARY code" {
		t.Errorf("on a phone the order is %v", order)
	}
	address := eval[string](b, b.ctx, `document.querySelector('a[href^="otpauth:"]').getAttribute("href")`)
	fits(t, w, address, key)
	b.do(chromedp.Click(css(".other-phone summary")), chromedp.WaitVisible(css(".other-phone svg.qr")))
	if got := b.scanned(".other-phone svg.qr"); got != address {
		t.Error("the QR code for another phone says something else")
	}

	for range 2 {
		b.do(chromedp.Reload(), chromedp.WaitVisible(css(`a.button[href*="/oauth/authorize"]`)))
		if got := b.text(b.ctx, ".notice"); !strings.Contains(got, "The page was loaded anew") || strings.Contains(got, "Мария") {
			t.Errorf("loaded anew it says %q", got)
		}
		b.narrow()
		b.shot(b.ctx, "reloaded")
		b.signIn()
		if again := b.key(); again != key {
			t.Fatal("after the reload the key is another one")
		}
		if got := b.text(b.ctx, ".notice"); !strings.Contains(got, "same key as before") {
			t.Errorf("the key passes for a new one: %q", got)
		}
	}
	b.typed(oathtool(t, key, w.clock.Now()))
	b.do(chromedp.WaitVisible(css(".notice-good")))
	b.shot(b.ctx, "done")
	b.expect("409")
	b.do(chromedp.Reload(), chromedp.WaitVisible(css("[data-page=refusal]")))
	if got := b.text(b.ctx, ".notice"); !strings.Contains(got, "has been used") {
		t.Errorf("loaded anew in the end it says %q", got)
	}
}

// TestBrowserEnrolAlone binds a phone by a link that is enough, reloaded in the
// middle.
func TestBrowserEnrolAlone(t *testing.T) {
	w, admin, _ := linked(t)
	admin.ok("POST", "/api/admin/link-alone", object{"on": true})
	link := admin.link(w.acme.mary)
	b := newBrowser(w)
	b.phone()
	open := func() app.Secret {
		t.Helper()
		b.do(chromedp.WaitVisible(css(`[data-ready] [data-post="/api/enrolment/open"]`)))
		if got := b.text(b.ctx, "body"); strings.Contains(got, "Мария") {
			t.Errorf("before the press it says %q", got)
		}
		b.narrow()
		b.do(chromedp.Click(css(`[data-post="/api/enrolment/open"]`)), chromedp.WaitVisible(css(`[data-post="/api/enrolment/show"]`)))
		if got := eval[string](b, b.ctx, "document.activeElement.textContent"); !strings.Contains(got, "Мария Иванова") {
			t.Errorf("the reader is at %q", got)
		}
		return b.key()
	}
	b.do(chromedp.Navigate(b.base + link))
	key := open()
	b.do(chromedp.Reload())
	if again := open(); again != key {
		t.Error("after the reload the key is another one")
	}
	b.typed(oathtool(t, key, w.clock.Now()))
	b.do(chromedp.WaitVisible(css(".notice-good")))
}

// TestBrowserEnrolKeyboard binds a phone without a mouse.
func TestBrowserEnrolKeyboard(t *testing.T) {
	w, _, link := linked(t)
	b := newBrowser(w)
	b.expect("401")
	b.login(w.acme, w.acme.mary)
	b.do(chromedp.Navigate(b.base+link), chromedp.WaitVisible(css("a.button")))
	at := func() string {
		return eval[string](b, b.ctx, `((e) => e.id || e.dataset.post || e.textContent.trim())(document.activeElement)`)
	}
	tab := func(want ...string) {
		t.Helper()
		for _, place := range want {
			b.do(chromedp.KeyEvent("\t"))
			if got := at(); got != place {
				t.Fatalf("the focus is at %q, want %q", got, place)
			}
		}
	}
	tab("Sign in with Bitrix24")
	b.do(chromedp.KeyEvent("\r"), chromedp.WaitVisible(css(`[data-ready] [data-post="/api/enrolment/show"]`)))
	tab("FreeOTP for Android (Google Play)", "FreeOTP for iPhone (App Store)", "/api/enrolment/show")
	if !eval[bool](b, b.ctx, `((s) => s.boxShadow !== "none" || s.outlineStyle !== "none")(getComputedStyle(document.activeElement))`) {
		t.Error("the focus is not seen")
	}
	b.do(chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#key")))
	key := secretOf(b.text(b.ctx, "#key"))
	tab("Copy", "code")
	b.do(chromedp.KeyEvent(w.wrongFor(key)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#code[aria-invalid=true]")))
	if at() != "code" {
		t.Errorf("after a wrong code the focus is at %q", at())
	}
	tab("Confirm")
	b.do(chromedp.KeyEvent("\t", chromedp.KeyModifiers(chromedp.ModifierShift)), chromedp.KeyEvent(oathtool(t, key, w.clock.Now())), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css(".notice-good")))
	if !eval[bool](b, b.ctx, `document.activeElement.closest(".notice-good") !== null`) {
		t.Error("the focus is not on what happened")
	}
}

// TestBrowserEnrolEnds lets the link end under the open page, in every way: the
// page says so, and holds the secret no longer.
func TestBrowserEnrolEnds(t *testing.T) {
	w, admin, _ := linked(t)
	b := newBrowser(w)
	b.expect("401", "409", "423")
	b.login(w.acme, w.acme.mary)
	for _, c := range []struct {
		name string
		end  func(t *testing.T, link string, key app.Secret)
		why  string
	}{
		{"withdrawn", func(_ *testing.T, link string, _ app.Secret) {
			admin.ok("POST", "/api/admin/accounts/"+itoa(w.acme.mary)+"/link/"+otp.ID(tokenOf(link))+"/withdraw", object{})
		}, "has withdrawn this link"},
		{"used in another tab", func(t *testing.T, link string, key app.Secret) {
			other := w.opened(w.signIn(w.acme, link, w.acme.mary))
			other.ok("POST", "/api/enrolment/confirm", object{"code": phone{w, key}.code()})
		}, "has been used"},
		{"after too many codes", func(t *testing.T, link string, key app.Secret) {
			other, wrong := w.opened(w.signIn(w.acme, link, w.acme.mary)), w.wrongFor(key)
			for range 9 {
				other.wants(other.call("POST", "/api/enrolment/confirm", object{"code": wrong}), 401, "code.wrong")
			}
		}, "Too many wrong codes: this link has ended"},
		{"expired", func(*testing.T, string, app.Secret) {
			w.clock.forward(time.Hour)
		}, "The hour of this link is over"},
	} {
		admin = w.settings(w.acme, w.acme.anna)
		link := admin.link(w.acme.mary)
		b.begin(link)
		key := b.key()
		c.end(t, link, key)
		b.typed(w.wrongFor(key))
		b.do(chromedp.WaitVisible(css(".notice-warn")))
		if got := b.text(b.ctx, "#enrol"); !strings.Contains(got, c.why) || !strings.Contains(got, "This link does not work") {
			t.Errorf("%s: the page says %q", c.name, got)
		}
		if eval[bool](b, b.ctx, `document.querySelector("#key, .qr, form, [data-post]") !== null || !document.activeElement.closest(".notice-warn")`) {
			t.Errorf("%s: the page goes on", c.name)
		}
		b.shot(b.ctx, c.name)
	}
	// A press on the first page ends the same way.
	admin = w.settings(w.acme, w.acme.anna)
	b.begin(admin.link(w.acme.mary))
	w.clock.forward(time.Hour)
	b.do(chromedp.Click(css(`[data-post="/api/enrolment/show"]`)), chromedp.WaitVisible(css("#enrol .notice-warn")))
	if got := b.text(b.ctx, "#enrol"); !strings.Contains(got, "The hour of this link is over") {
		t.Errorf("pressed too late the page says %q", got)
	}
}

// TestBrowserUsedCode types a used code again: the page counts the time down to
// the next one, lets nobody press meanwhile, and takes the next.
func TestBrowserUsedCode(t *testing.T) {
	w, mary, _ := ready(t)
	b := newBrowser(w)
	w.clock.forward(27 * time.Second) // 3 s before the next code
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")))
	eval[bool](b, f, `(() => {
		window.seen = [];
		const note = document.getElementById("code-error");
		new MutationObserver(() => {
			const said = note.textContent + " " + document.querySelector("#sign-form [type=submit]").disabled;
			if (window.seen.at(-1) !== said) window.seen.push(said);
		}).observe(note, {childList: true, characterData: true, subtree: true});
		return true;
	})()`)
	b.expect("401")
	used, err := otp.Code(mary.secret, otp.Step(w.clock.Now())-1) // the phone was bound with it
	if err != nil {
		t.Fatal(err)
	}
	b.in(f, chromedp.SendKeys(css("#code"), used), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css("#code[aria-invalid=true]")))
	b.shot(b.ctx, "counting")
	b.in(f, chromedp.WaitVisible(css(".toast")))
	if got := b.text(f, ".toast"); got != "FreeOTP shows a new code now: type that one." {
		t.Errorf("at the end it says %q", got)
	}
	seen := strings.Join(eval[[]string](b, f, "window.seen"), "\n")
	for _, want := range []string{
		"Wait for the next one (2 s). true", "Wait for the next one (1 s). true", "FreeOTP shows a new code now: type that one. false",
	} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q was not seen in\n%s", want, seen)
		}
	}
	w.clock.forward(3 * time.Second)
	b.in(f, chromedp.SetValue(css("#code"), ""), chromedp.SendKeys(css("#code"), mary.code()), chromedp.KeyEvent("\r"), chromedp.WaitVisible(css(".notice-good")))
}

// TestBrowserManyWrongCodes has to wait after the fifth: in minutes and seconds.
func TestBrowserManyWrongCodes(t *testing.T) {
	w, mary, _ := ready(t)
	b := newBrowser(w)
	f := b.openTab(w.acme, w.acme.mary)
	b.in(f, chromedp.WaitVisible(css("#code")))
	b.expect("401", "429")
	old, err := otp.Code(mary.secret, otp.Step(w.clock.Now())-5)
	if err != nil {
		t.Fatal(err)
	}
	later, err := otp.Code(mary.secret, otp.Step(w.clock.Now())+2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ code, says string }{
		{old, "This code is 3 min old, 4 tries left"}, // 2 min 30 s
		{later, "Wrong code, 3 tries left"},
		{w.wrongFor(mary.secret), "Wrong code, 2 tries left"},
		{w.wrongFor(mary.secret), "Wrong code, 1 try left"},
		{w.wrongFor(mary.secret), "Too many wrong codes. Wait 0:5"},
	} {
		b.in(f, chromedp.SetValue(css("#code"), ""), chromedp.SendKeys(css("#code"), c.code), chromedp.KeyEvent("\r"))
		b.until(c.says, func() bool { return strings.Contains(b.text(f, "#code-error"), c.says) })
	}
	if !eval[bool](b, f, `document.querySelector("#sign-form [type=submit]").disabled`) {
		t.Error("the button can be pressed while nothing is looked at")
	}
	b.shot(b.ctx, "waiting")
}
