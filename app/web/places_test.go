package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPlaces chooses a smart process, whose cards then have the tab.
func TestPlaces(t *testing.T) {
	w := newWorld(t)
	projects := w.acme.AddType("<b>Projects</b>")
	anna := w.settings(w.acme, w.acme.anna)
	has(t, anna.ok("GET", "/api/admin/places", nil), "Contacts", "&lt;b&gt;Projects", itoa(projects))
	bound := func() (n int) {
		app, _ := w.acme.App(w.acme.app.ClientID)
		for _, p := range app.Placements {
			if strings.HasPrefix(p.Placement, "CRM_DYNAMIC_"+itoa(projects)+"_DETAIL") {
				n++
			}
		}
		return n
	}
	every := []string{"1", "2", "3", "4", "7", "31"}
	has(t, anna.ok("POST", "/api/admin/places", object{"kinds": every, "processes": []string{itoa(projects)}}), "checked", "saved")
	if bound() != 2 {
		t.Errorf("the process has %d slots", bound())
	}
	anna.refused("POST", "/api/admin/places", object{"processes": []string{"x"}}, 422)
	anna.wants(anna.call("POST", "/api/admin/places", object{"kinds": []string{}, "processes": []string{}}), 422, "places.none-chosen")
	anna.ok("POST", "/api/admin/places", object{"kinds": every, "processes": []string{}})
	if bound() != 0 {
		t.Errorf("the process still has %d slots", bound())
	}
	// Leads alone, also after a reinstallation; then everything again.
	tabs := func() (slots []string) {
		app, _ := w.acme.App(w.acme.app.ClientID)
		for _, p := range app.Placements {
			if strings.HasSuffix(p.Placement, "_DETAIL_TAB") {
				slots = append(slots, p.Placement)
			}
		}
		return slots
	}
	anna.ok("POST", "/api/admin/places", object{"kinds": []string{"1"}, "processes": []string{}})
	w.install(w.acme)
	if got := tabs(); len(got) != 1 || got[0] != "CRM_LEAD_DETAIL_TAB" {
		t.Errorf("the tab is in %v", got)
	}
	anna.ok("POST", "/api/admin/places", object{"kinds": every, "processes": []string{}})
	if got := tabs(); len(got) != 6 {
		t.Errorf("the tab is in %v", got)
	}
}

// TestBrowserRobot has the deal's automation ask Mary, who finds the request
// in the timeline and signs; the workflow goes on.
func TestBrowserRobot(t *testing.T) {
	w, mary, _ := ready(t)
	w.learn(w.acme)
	b := newBrowser(w)
	b.login(w.acme, w.acme.anna)
	b.do(chromedp.Navigate(w.acme.URL()+"/crm/deal/details/"+itoa(w.acme.deal)+"/"),
		chromedp.SetValue(css(`select[name=prop_signer]`), "user_"+itoa(w.acme.mary)),
		chromedp.Click(css(`form:has(select[name=prop_signer]) button`)))
	b.until("the robot's call", func() bool { return len(w.acme.RobotRuns()) == 1 })
	if err := w.acme.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.told()
	b.login(w.acme, w.acme.mary)
	b.do(chromedp.Navigate(w.acme.URL()+"/crm/deal/details/"+itoa(w.acme.deal)+"/"), chromedp.Click(css(".line .act .primary")))
	f := b.frame()
	b.in(f, chromedp.WaitVisible(css("#code")), chromedp.SendKeys(css("#code"), mary.code()), chromedp.Click(css(".button-sign")), chromedp.WaitVisible(css(".notice-good")))
	w.told()
	run := w.acme.RobotRuns()[0]
	if !run.Done || run.Values["status"] != "signed" {
		t.Errorf("the workflow got %v, %v", run.Done, run.Values)
	}
}
