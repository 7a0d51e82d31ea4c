// Package simulator is a Bitrix24 in memory: an authorization server and any
// number of portals that behave, and misbehave, as the real ones do. It is for
// the tests of programs that talk to Bitrix24 and for demonstrations without an
// account; nothing of it belongs into a production server, since whoever
// reaches a portal may sign in as anybody.
//
// # A world
//
//	cloud := simulator.New(simulator.Config{})
//	portal := cloud.AddPortal(simulator.PortalConfig{Name: "Acme"})
//	anna := portal.AddUser(simulator.User{Name: "Anna", LastName: "Berg", Admin: true})
//	field := portal.AddFileField("CONTRACT", "Contract", false) // "UF_CRM_CONTRACT"
//	deal := portal.AddDeal(simulator.Deal{Title: "Delivery of a crane", Responsible: anna})
//	portal.PutFile(deal, field, "contract.pdf", pdf)
//	if err := cloud.Start(ctx); err != nil { … } // loopback listeners
//	defer cloud.Close()                           // waits for event deliveries
//
//	app := portal.AddApp(simulator.LocalApp{
//		Title: "Sign", HandlerURL: "http://127.0.0.1:8080/bx/app",
//		InstallURL: "http://127.0.0.1:8080/bx/install", Scopes: []string{"crm", "placement"},
//	})
//	// app.ClientID and app.ClientSecret exist from here on, as in the real form.
//	frame, err := portal.Open(simulator.Opening{User: anna, ClientID: app.ClientID})
//	// frame.Action and frame.Form are what the portal's page would POST.
//
// A person opens portal.URL() in a browser, chooses who to be, and finds deals,
// the deal card with the tabs that apps have bound, the developer's menu and
// the users. A program calls portal.URL()+"/rest/"; its tokens come from a frame,
// from cloud.Auth (see [AuthServer]) or straight from [Portal.Grant].
//
// # Looking at the world
//
// [Portal.DealFiles], [Portal.Timeline], [Portal.Notifications], [Portal.Apps],
// [Portal.Deliveries] and [Portal.Calls] tell what has become of it. Calls keep
// the method, the app, the user and the outcome of each REST call and never a
// token.
//
// # Misbehaviour
//
// [Portal.Inject] and [AuthServer.Inject] make a call fail as calls do fail: by method, by
// count, by probability (see [Fault]). [Portal.BeforeUpdate] runs a function between
// the arrival of a write and its effect, so that a colleague can replace a file
// just then. [Quirks] switches between ways in which portals differ.
// [EventOptions] delays, doubles, drops and shuffles events.
//
// # Fidelity
//
// Behaviour follows the public documentation of Bitrix24's REST and, where
// that and the portal's own code differ, the code. Where neither tells, the comment
// says "assumed". Entities that apps of the kind we know do not need are absent.
//
// # Guarantees
//
// All methods may be called from any goroutine. Everything is in memory;
// [Cloud.Save] and [Cloud.Load] keep it in a folder. There are no requests to any host
// but the handlers of the apps. Token values are never logged or recorded.
package simulator
