package portal_test

import (
	"strconv"
	"testing"

	"signservice/app"
	"signservice/bitrix/simulator"
)

func TestReady(t *testing.T) {
	w := newWorld(t).install()
	c := w.acme
	id := c.PutFile(c.deal, c.multiple, "contract.pdf", pdf("one"))
	v := w.at(c, c.mary, c.deal)
	d := app.Document{Source: app.SourceField, Entity: v.Entity, Field: c.multiple, FileID: strconv.Itoa(id)}
	ready := func(d app.Document) error { return w.Ready(t.Context(), v.Portal, v.User, d) }

	if err := ready(d); err != nil {
		t.Fatal(err)
	}
	if files := c.DealFiles(c.deal, c.multiple); len(files) != 1 || files[0].ID != id {
		t.Errorf("the probe changed the field: %v", files)
	}
	gone := d
	gone.FileID = "12"
	wants(t, ready(gone), app.Conflict, "request.conflict")
	gone.Field = "UF_CRM_NO"
	wants(t, ready(gone), app.NotFound, "document.gone")

	if err := c.SetDealAccess(c.deal, c.mary, simulator.ReadAccess); err != nil {
		t.Fatal(err)
	}
	wants(t, ready(d), app.Forbidden, "portal.no-right")
	if err := c.SetDealAccess(c.deal, c.mary, simulator.UpdateAccess); err != nil {
		t.Fatal(err)
	}

	// A portal that cannot make sense of the probe says nothing about the right.
	c.Inject(simulator.Fault{Method: "crm.item.update", Kind: simulator.CustomError, Status: 400, Code: "100", Text: "fields missing"})
	if err := ready(d); err != nil {
		t.Errorf("a probe that failed for another reason: %v", err)
	}
	c.Heal()
	if _, err := c.ReplaceFile(c.deal, c.multiple, id, "contract.pdf", pdf("two")); err != nil {
		t.Fatal(err)
	}
	wants(t, ready(d), app.Conflict, "request.conflict")
	if err := c.DeleteDeal(c.deal); err != nil {
		t.Fatal(err)
	}
	wants(t, ready(d), app.NotFound, "deal.gone")
}
