package app_test

import (
	"testing"

	"signservice/app"
)

func TestSlots(t *testing.T) {
	for slot, want := range map[app.Slot]int{
		app.TabSlot(app.EntityDeal):            2,
		app.MenuSlot(app.EntityLead):           1,
		app.GeneratorSlot(app.EntityQuote):     7,
		app.TabSlot(app.EntitySmartInvoice):    31,
		app.MenuSlot(1046):                     1046,
		"CRM_DEAL_DETAIL_TAB":                  2,
		"CRM_CONTACT_DETAIL_TOOLBAR":           3,
		"CRM_COMPANY_DOCUMENTGENERATOR_BUTTON": 4,
		"CRM_DYNAMIC_128_DETAIL_TAB":           128,
		"CRM_DYNAMIC_127_DETAIL_TAB":           0,
		"CRM_DYNAMIC_0128_DETAIL_TAB":          0,
		"CRM_DYNAMIC__DETAIL_TAB":              0,
		"CRM_DEAL_LIST_MENU":                   0,
		"CRM_ORDER_DETAIL_TAB":                 0,
		"LEAD_DETAIL_TAB":                      0,
		app.SlotMain:                           0,
		app.SlotNone:                           0,
	} {
		if got := slot.Kind(); got != want {
			t.Errorf("%s: kind %d, want %d", slot, got, want)
		}
	}
	if !app.GeneratorSlot(2).OfGenerator() || app.TabSlot(2).OfGenerator() {
		t.Error("the generator's slot is not told from the tab")
	}
	if app.TabSlot(app.EntityDeal) != app.SlotDealTab {
		t.Error("the deal's tab has two names")
	}
}
