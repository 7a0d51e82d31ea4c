package bitrix_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"signservice/bitrix"
)

func TestEntityNames(t *testing.T) {
	for entity, want := range map[bitrix.EntityType][3]string{
		bitrix.EntityLead:         {"lead", bitrix.PlacementLeadTab, bitrix.PlacementLeadToolbar},
		bitrix.EntityDeal:         {"deal", bitrix.PlacementDealTab, bitrix.PlacementDealToolbar},
		bitrix.EntityContact:      {"contact", bitrix.PlacementContactTab, bitrix.PlacementContactToolbar},
		bitrix.EntityCompany:      {"company", bitrix.PlacementCompanyTab, bitrix.PlacementCompanyToolbar},
		bitrix.EntityQuote:        {"quote", bitrix.PlacementQuoteTab, bitrix.PlacementQuoteToolbar},
		bitrix.EntitySmartInvoice: {"smart_invoice", bitrix.PlacementSmartInvoiceTab, bitrix.PlacementSmartInvoiceToolbar},
		1046:                      {"dynamic_1046", "CRM_DYNAMIC_1046_DETAIL_TAB", "CRM_DYNAMIC_1046_DETAIL_TOOLBAR"},
	} {
		if got := [3]string{entity.Name(), entity.TabPlacement(), entity.ToolbarPlacement()}; got != want {
			t.Errorf("%d: %v", entity, got)
		}
	}
}

func TestSystemClock(t *testing.T) {
	c := bitrix.SystemClock()
	if err := c.Sleep(context.Background(), time.Microsecond); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, d := range []time.Duration{-1, 0, time.Hour} {
		if err := c.Sleep(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", d, err)
		}
	}
	if time.Since(c.Now()) > time.Hour {
		t.Error("another time")
	}
}

func TestClientHost(t *testing.T) {
	c := newClient(t, bitrix.Config{Endpoint: "https://ACME.example:443/rest", Tokens: bitrix.StaticToken(token)})
	if c.Host() != "acme.example" {
		t.Errorf("%q", c.Host())
	}
}
