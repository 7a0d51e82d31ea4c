package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBehaviour01InBrowser is behaviours 1, 4 and 5 in a real browser: the deal card's
// tab loads on the first click only, POSTs into a frame of another site, and
// answers what the frame asks.
func TestBehaviour01InBrowser(t *testing.T) {
	w := newBrowserWorld(t)
	app := w.install()
	tab := app.Placements[0].ID
	w.app.run("/tab", `
	  const init = await send("getInitData");
	  return {
	    name: window.name, init,
	    size: await send("resizeWindow", {width: 50, height: 613}),
	    tiny: await send("resizeWindow", {width: "100%", height: 7}),
	    again: await send("resizeWindow", {width: "100%", height: 640}),
	    fresh: await send("refreshAuth"),
	    refused: await send("openPath", {path: "/stream/"}),
	    commands: await send("getInterface"),
	    reload: await send("reloadData"),
	    colon: await send("setUserOption", {name: "a:b", value: "c:d"}),
	    silentUnknown: await silent("formatDisk", {}), silentTitle: await silent("setTitle", {title: "mine"}),
	    silentSid: await silent("resizeWindow", {height: 1}, "0".repeat(32)), silentAppOption: await silent("setAppOption", {name: "x", value: 1}),
	    afterwards: (await send("resizeWindow", {height: 640})).height,
	  };`)
	w.login(w.portal, w.mary)
	w.shot("homemary")
	w.do(chromedp.Navigate(fmt.Sprintf("%s/crm/deal/details/%d/", w.portal.URL(), w.deal)),
		chromedp.WaitVisible(chromedp.CSS(`[data-field="`+w.field+`"] .file a`)))
	w.shot("card")
	if len(w.app.forms) != 0 {
		t.Error("the tab has loaded before it was clicked")
	}
	w.do(chromedp.Click(chromedp.CSS(fmt.Sprintf("#tab_rest_%d", tab))))
	form := receive(t, w.app.forms, "form")
	host := strings.TrimPrefix(w.portal.URL(), "http://")
	if form["PLACEMENT"] != "CRM_DEAL_DETAIL_TAB" || form["DOMAIN"] != host || form["PROTOCOL"] != "0" || len(form["APP_SID"]) != 32 {
		t.Errorf("form is %v", form)
	}
	if want := fmt.Sprintf(`{"ID":"%d","URI":"/crm/deal/details/%d/?IFRAME=Y\u0026IFRAME_TYPE=SIDE_SLIDER"}`, w.deal, w.deal); form["PLACEMENT_OPTIONS"] != want {
		t.Errorf("options are %s, want %s", form["PLACEMENT_OPTIONS"], want)
	}
	got := receive(t, w.app.reports, "report")
	if got["name"] != host+"|0|"+form["APP_SID"] {
		t.Errorf("window.name is %v", got["name"])
	}
	for _, tt := range []struct {
		what string
		got  any
		want any
	}{
		{"token", dig(got, "init", "AUTH_ID"), form["AUTH_ID"]},
		{"administrator", dig(got, "init", "IS_ADMIN"), false},
		{"install mode", dig(got, "init", "INSTALL"), false},
		{"placement", dig(got, "init", "PLACEMENT"), "CRM_DEAL_DETAIL_TAB"},
		{"deal", dig(got, "init", "PLACEMENT_OPTIONS", "ID"), fmt.Sprint(w.deal)},
		{"protocol", dig(got, "init", "PROTOCOL"), 0.0},
		{"height honoured", dig(got, "size", "height"), 613.0},
		{"no lower bound", dig(got, "tiny", "height"), 7.0},
		{"width ignored", dig(got, "size", "width"), dig(got, "again", "width")},
		{"forbidden path", dig(got, "refused", "errorCode"), "PATH_NOT_AVAILABLE"},
		{"own command", dig(got, "commands", "command", 0), "reloadData"},
		{"events", len(dig(got, "commands", "event").([]any)), 0},
		{"reloadData calls back without a value", got["reload"], "called back"},
		{"colons in parameters", dig(got, "colon", "value"), "c:d"},
		{"unknown command is silent", got["silentUnknown"], true},
		{"denied command is silent", got["silentTitle"], true},
		{"wrong sid is silent", got["silentSid"], true},
		{"app option is the administrators'", got["silentAppOption"], true},
		{"height unharmed", got["afterwards"], 640.0},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.what, tt.got, tt.want)
		}
	}
	if fresh := dig(got, "fresh", "AUTH_ID"); fresh == form["AUTH_ID"] || fresh == nil {
		t.Error("refreshAuth gave no new token")
	}

	t.Run("a message from another origin is not heard", func(t *testing.T) {
		w.js(fmt.Sprintf(`window.postMessage('resizeWindow:{"height":111}:k:%s', "*")`, form["APP_SID"]))
		w.js(`new Promise(r => { window.addEventListener("message", () => r(1), {once: true}); window.postMessage("x", "*"); })`)
		if h := w.js(`document.querySelector(".app-frame-layout").getBoundingClientRect().height`); h != 640.0 {
			t.Errorf("height is %v", h)
		}
	})
	t.Run("coming back does not load again, a new visit does", func(t *testing.T) {
		w.do(chromedp.Click(chromedp.CSS("#tab_main")), chromedp.Click(chromedp.CSS(fmt.Sprintf("#tab_rest_%d", tab))))
		w.shot("tab")
		if len(w.app.forms) != 0 {
			t.Error("loaded again")
		}
		w.do(chromedp.Reload(), chromedp.Click(chromedp.CSS(fmt.Sprintf("#tab_rest_%d", tab))))
		next := receive(t, w.app.forms, "second form")
		if next["AUTH_ID"] == form["AUTH_ID"] || next["APP_SID"] == form["APP_SID"] || next["REFRESH_ID"] == form["REFRESH_ID"] {
			t.Error("token or frame id did not change")
		}
		receive(t, w.app.reports, "second report")
	})
}

// TestBehaviour06InBrowser is behaviours 2 and 6: the form that makes an app, the
// installation by an administrator, the refusal to others.
func TestBehaviour06InBrowser(t *testing.T) {
	w := newBrowserWorld(t)
	w.app.run("/install", `
	  const init = await send("getInitData");
	  await send("setInstall", {install: true});
	  await report({install: init.INSTALL, first: init.FIRST_RUN, admin: init.IS_ADMIN, placement: init.PLACEMENT});
	  send("setInstallFinish", {});`)
	w.app.run("/main", `
	  const init = await send("getInitData");
	  const title = await send("setTitle", {title: "Tiny & proud"});
	  const option = init.IS_ADMIN ? await send("setAppOption", {name: "colour", value: "blue"}) : null;
	  return {install: init.INSTALL, first: init.FIRST_RUN, options: init.PLACEMENT_OPTIONS, title, option};`)

	w.login(w.portal, w.admin)
	w.shot("home")
	w.do(chromedp.Navigate(w.portal.URL()+"/devops/edit/application-local/"),
		chromedp.SendKeys(chromedp.CSS("[name=handler]"), w.app.srv.URL+"/main"),
		chromedp.SendKeys(chromedp.CSS("[name=install]"), w.app.srv.URL+"/install"),
		chromedp.SendKeys(chromedp.CSS("[name=title]"), "Tiny"),
		chromedp.Click(chromedp.CSS("[name=scope][value=crm]")),
		chromedp.Click(chromedp.CSS("button[value=save]")),
		chromedp.WaitVisible(chromedp.CSS("#client_secret")))
	w.shot("appform")
	apps := w.portal.Apps()
	if len(apps) != 1 || len(apps[0].ClientSecret) != 50 || apps[0].Installed {
		t.Fatalf("apps are %+v", apps)
	}

	// Others are refused while it is not installed.
	w.login(w.portal, w.mary)
	w.do(chromedp.Navigate(fmt.Sprintf("%s/marketplace/app/%d/", w.portal.URL(), apps[0].ID)), chromedp.WaitVisible(chromedp.CSS(".app-refused")))
	w.shot("refused")
	if len(w.app.forms) != 0 {
		t.Error("the app was opened to somebody else")
	}

	w.login(w.portal, w.admin)
	w.do(chromedp.Navigate(fmt.Sprintf("%s/marketplace/app/%d/", w.portal.URL(), apps[0].ID)))
	if form := receive(t, w.app.forms, "installation"); form["PATH"] != "/install" || form["PLACEMENT"] != "DEFAULT" {
		t.Errorf("installation got %v", form)
	}
	got := receive(t, w.app.reports, "report of the installation")
	if got["install"] != true || got["first"] != true || got["admin"] != true || got["placement"] != "DEFAULT" {
		t.Errorf("installation saw %v", got)
	}
	if form := receive(t, w.app.forms, "main page"); form["PATH"] != "/main" {
		t.Errorf("after the installation came %v", form)
	}
	got = receive(t, w.app.reports, "report of the main page")
	if got["install"] != false || got["first"] != false || dig(got, "option", "colour") != "blue" {
		t.Errorf("main page saw %v", got)
	}
	w.until(`location.search.includes("install_finished=Y")`)
	w.until(`document.querySelector(".top h1").textContent === "Tiny & proud"`)
	w.shot("app")
	if a, _ := w.portal.App(apps[0].ClientID); !a.Installed {
		t.Error("not installed")
	}
	w.do(chromedp.Navigate(w.portal.URL()+"/devops/"), chromedp.WaitVisible(chromedp.CSS(".badge.good")))
	w.shot("devops")
	w.do(chromedp.Navigate(w.portal.URL()+"/company/"), chromedp.WaitVisible(chromedp.CSS("table")))
	w.shot("users")
	w.do(chromedp.Navigate(w.portal.URL()+"/crm/deal/"), chromedp.WaitVisible(chromedp.CSS("table")))
	w.shot("deals")
}

// TestBehaviour05InBrowser: the person picker, the side panel and openPath.
func TestBehaviour05InBrowser(t *testing.T) {
	w := newBrowserWorld(t)
	app := w.install()
	w.app.run("/tab", `
	  const one = await send("selectUser", {mult: false});
	  const many = await send("selectUser", {mult: true});
	  await report({one, many});
	  await send("openApplication", {file: "7", bx24_width: 700, bx24_title: "More"});
	  await report({closed: "application"});
	  return {path: await send("openPath", {path: "/crm/deal/details/`+fmt.Sprint(2)+`/"})};`)
	w.app.run("/main", `
	  const init = await send("getInitData");
	  await report({options: init.PLACEMENT_OPTIONS, denied: await silent("resizeWindow", {height: 5}), placement: init.PLACEMENT});
	  await send("closeApplication");`)
	w.login(w.portal, w.mary)
	w.do(chromedp.Navigate(fmt.Sprintf("%s/crm/deal/details/%d/", w.portal.URL(), w.deal)),
		chromedp.Click(chromedp.CSS(fmt.Sprintf("#tab_rest_%d", app.Placements[0].ID))),
		chromedp.WaitVisible(chromedp.CSS("dialog.chooser[open]")))
	w.shot("picker")
	w.do(chromedp.Click(chromedp.CSS(`dialog [data-id="3"]`)),
		chromedp.WaitVisible(chromedp.CSS(`dialog.chooser input[type=checkbox]`)),
		chromedp.Click(chromedp.CSS(`dialog [data-id="1"]`)),
		chromedp.Click(chromedp.CSS(`dialog [data-id="2"]`)),
		chromedp.Click(chromedp.CSS(`dialog .btn.primary`)))
	got := receive(t, w.app.reports, "choice")
	if dig(got, "one", "id") != "3" || dig(got, "one", "name") != "John Smith" || len(got["many"].([]any)) != 2 {
		t.Errorf("chosen %v", got)
	}
	panel := receive(t, w.app.reports, "panel")
	if dig(panel, "options", "file") != "7" || dig(panel, "options", "bx24_width") != nil || panel["denied"] != true || panel["placement"] != "DEFAULT" {
		t.Errorf("panel saw %v", panel)
	}
	if got := receive(t, w.app.reports, "end of the panel"); got["closed"] != "application" {
		t.Errorf("got %v", got)
	}
	w.do(chromedp.WaitVisible(chromedp.CSS(".panel iframe")))
	w.shot("panel")
	w.do(chromedp.Click(chromedp.CSS(".panel .bar button")))
	if got := receive(t, w.app.reports, "end of the path"); dig(got, "path", "result") != "close" {
		t.Errorf("got %v", got)
	}

	w.do(chromedp.Navigate(fmt.Sprintf("%s/phone/%d", w.portal.URL(), w.mary)),
		chromedp.SendKeys(chromedp.CSS("textarea"), "otpauth://totp/SignService:mary?secret=JBSWY3DPEHPK3PXP&issuer=SignService"),
		chromedp.Click(chromedp.CSS("button[value=scan]")),
		chromedp.WaitVisible(chromedp.CSS(".otp")))
	w.shot("phone")
	b := w.js(`document.querySelector(".otp").textContent.replace(" ", "")`)
	if code := w.portal.Phone(w.mary).Code(); b != code {
		t.Logf("the code changed in between: %v, %v", b, code)
	}
}
