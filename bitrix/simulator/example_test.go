package simulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"signservice/bitrix/simulator"
)

// A portal with a deal, read through REST, on a day when the portal is busy.
func Example() {
	cloud := simulator.New(simulator.Config{})
	portal := cloud.AddPortal(simulator.PortalConfig{Name: "Acme"})
	if err := cloud.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = cloud.Close() }()
	anna := portal.AddUser(simulator.User{Name: "Anna", Admin: true})
	deal := portal.AddDeal(simulator.Deal{Title: "Delivery of a crane", Responsible: anna})
	app := portal.AddApp(simulator.LocalApp{Title: "Sign", HandlerURL: "http://127.0.0.1:8080/app", Scopes: []string{"crm"}})
	token, err := portal.Grant(anna, app.ClientID)
	if err != nil {
		fmt.Println(err)
		return
	}
	portal.Inject(simulator.Fault{Method: "crm.deal.*", Kind: simulator.QueryLimit, Count: 1})
	for range 2 {
		res, err := http.Get(fmt.Sprintf("%s/rest/crm.deal.get?id=%d&auth=%s", portal.URL(), deal, token.Access))
		if err != nil {
			fmt.Println(err)
			return
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		fmt.Println(res.StatusCode)
	}
	for _, c := range portal.Calls() {
		fmt.Println(c.Method, c.User == anna, c.Fault)
	}
	// Output:
	// 503
	// 200
	// crm.deal.get true query limit
	// crm.deal.get true
}
