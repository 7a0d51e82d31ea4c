package simulator_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"signservice/bitrix/simulator"
)

// sdkVersion of @bitrix24/b24jssdk, the vendor's own client for frames.
const sdkVersion = "2.2.0"

// missing skips the test; where CI=true, it fails.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// vendorSDK fetches the vendor's client with npm; it is never kept with the project.
func vendorSDK(t *testing.T) []byte {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		missing(t, "npm is not on this machine: the vendor's SDK cannot be had")
	}
	dir := t.TempDir()
	cmd := exec.Command(npm, "pack", "--silent", "--prefer-offline", "@bitrix24/b24jssdk@"+sdkVersion)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		missing(t, fmt.Sprintf("the vendor's SDK cannot be fetched: %v: %s", err, out))
	}
	packs, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("npm left %v, %v", packs, err)
	}
	f, err := os.Open(packs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(unzipped); ; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			t.Fatal("the SDK has no dist/umd/index.min.js")
		}
		if err != nil {
			t.Fatal(err)
		}
		if head.Name == "package/dist/umd/index.min.js" {
			js, err := io.ReadAll(files)
			if err != nil {
				t.Fatal(err)
			}
			return js
		}
	}
}

// sdkApp serves pages that use the vendor's SDK.
func (w *browserWorld) sdkApp(t *testing.T, pages map[string]string) {
	js := vendorSDK(t)
	w.app.handle("/sdk.js", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/javascript")
		_, _ = rw.Write(js)
	})
	for path, script := range pages {
		w.app.handle(path, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(rw, `<!doctype html><title>sdk</title><h1>The vendor's SDK</h1><script src="/sdk.js"></script><script>
const report = (what) => fetch("/report", {method: "POST", body: JSON.stringify(what)});
(async () => { const b24 = await B24Js.initializeB24Frame(); %s })().catch(e => report({failed: String(e && e.stack || e)}));
</script>`, script)
		})
	}
}

// TestVendorSDK runs the official client in frames of the simulator: proof of
// fidelity by code that nobody here wrote.
func TestVendorSDK(t *testing.T) {
	w := newBrowserWorld(t)
	w.sdkApp(t, map[string]string{
		"/install": `
		  await report({install: b24.isInstallMode, first: b24.isFirstRun, admin: b24.auth.isAdmin});
		  await b24.installFinish();`,
		"/main": `
		  await b24.parent.setTitle("By the SDK");
		  await b24.options.appSet("colour", "blue");
		  await b24.options.userSet("size", 7);
		  let refused = "";
		  try { await b24.installFinish(); } catch (e) { refused = e.message; }
		  await report({install: b24.isInstallMode, lang: b24.getLang(), origin: b24.getTargetOrigin(), isDefault: b24.placement.isDefault, refused});`,
		"/tab": `
		  const before = b24.auth.getAuthData().access_token;
		  const call = await b24.actions.v2.call.make({method: "crm.item.get", params: {entityTypeId: 2, id: Number(b24.placement.options.ID)}});
		  const batch = await b24.actions.v2.batch.make({calls: {me: ["profile", {}], deal: {method: "crm.deal.get", params: {id: b24.placement.options.ID}}, lost: ["crm.item.get", {entityTypeId: 2, id: 999}]}, options: {isHaltOnError: false, returnAjaxResult: true}});
		  const list = await b24.actions.v2.callList.make({method: "crm.item.list", params: {entityTypeId: 2}, idKey: "id", customKeyForResult: "items"});
		  await report({
		    title: call.getData().result.item.title, placement: b24.placement.title,
		    me: batch.getData().me.getData().result.NAME, lost: batch.getData().lost.isSuccess,
		    list: list.getData().length,
		  });
		  await report({ready: true});
		  // The test lets all tokens end now; the SDK must refresh through the frame.
		  await fetch("/expire");
		  const again = await b24.actions.v2.call.make({method: "profile", params: {}});
		  const fresh = b24.auth.getAuthData().access_token !== before;
		  const refreshed = (await b24.auth.refreshAuth()).access_token;
		  await b24.parent.resizeWindow(300, 444);
		  await b24.parent.fitWindow();
		  const commands = await b24.placement.getInterface();
		  await b24.placement.call("reloadData");
		  await report({again: again.isSuccess, fresh, refreshed: refreshed.length, commands});
		  const path = await b24.slider.openPath(b24.slider.getUrl("/crm/deal/details/2/"));
		  await report({isOpened: path.isOpenAtNewWindow, isClose: path.isClose});
		  const people = await b24.dialog.selectUsers();
		  await report({people: people.map(p => p.name)});`,
	})
	w.app.handle("/expire", func(http.ResponseWriter, *http.Request) { w.portal.ExpireTokens() })
	w.expectConsole("401", "400") // the SDK meets an expired token and a lost deal
	app := w.portal.AddApp(simulator.LocalApp{
		Title: "SDK", HandlerURL: w.app.srv.URL + "/main", InstallURL: w.app.srv.URL + "/install", Scopes: []string{"crm", "placement"},
	})
	tok, err := w.portal.Grant(w.admin, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := fetch("POST", w.portal.URL()+"/rest/placement.bind", "application/json",
		fmt.Sprintf(`{"auth":%q,"PLACEMENT":"CRM_DEAL_DETAIL_TAB","HANDLER":"%s/tab","TITLE":"SDK"}`, tok.Access, w.app.srv.URL)); err != nil || a.status != 200 {
		t.Fatalf("bind: %v %s", err, a.raw)
	}
	app, _ = w.portal.App(app.ClientID)

	w.login(w.portal, w.admin)
	w.do(chromedp.Navigate(fmt.Sprintf("%s/marketplace/app/%d/", w.portal.URL(), app.ID)))
	got := receive(t, w.app.reports, "report of the installation")
	want(t, got, "install", true, "first", true, "admin", true)
	got = receive(t, w.app.reports, "report of the main page")
	want(t, got, "install", false, "lang", "en", "origin", w.portal.URL(), "isDefault", true)
	if got["refused"] == "" {
		t.Error("installFinish was not refused the second time")
	}
	w.until(`document.querySelector("#pagetitle").textContent === "By the SDK"`)

	w.do(chromedp.Navigate(fmt.Sprintf("%s/crm/deal/details/%d/", w.portal.URL(), w.deal)),
		chromedp.Click(chromedp.CSS(fmt.Sprintf("#tab_rest_%d", app.Placements[0].ID))))
	got = receive(t, w.app.reports, "first report of the tab")
	want(t, got, "title", "Delivery of a tower crane", "placement", "CRM_DEAL_DETAIL_TAB", "me", "Anna", "lost", false, "list", 2.0)
	receive(t, w.app.reports, "readiness")
	got = receive(t, w.app.reports, "second report of the tab")
	want(t, got, "again", true, "fresh", true, "refreshed", 70.0)
	if dig(got, "commands", "command", 0) != "reloadData" {
		t.Errorf("interface is %v", got["commands"])
	}
	w.do(chromedp.WaitVisible(chromedp.CSS(".panel iframe")), chromedp.Click(chromedp.CSS(".panel .bar button")))
	want(t, receive(t, w.app.reports, "report of the path"), "isOpened", false, "isClose", true)
	w.do(chromedp.WaitVisible(chromedp.CSS(`dialog.chooser input[type=checkbox]`)),
		chromedp.Click(chromedp.CSS(`dialog [data-id="3"]`)), chromedp.Click(chromedp.CSS(`dialog .btn.primary`)))
	got = receive(t, w.app.reports, "choice of people")
	if fmt.Sprint(got["people"]) != "[John Smith]" {
		t.Errorf("people are %v", got)
	}
	w.shot("sdk")
}

// want compares pairs of names and values.
func want(t *testing.T, got map[string]any, pairs ...any) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got[pairs[i].(string)] != pairs[i+1] {
			t.Errorf("%v is %v, want %v (%v)", pairs[i], got[pairs[i].(string)], pairs[i+1], got["failed"])
		}
	}
}
