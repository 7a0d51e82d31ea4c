// Package simulator is a Bitrix24 in memory: an authorization server and any
// number of portals that behave, and misbehave, as the real ones do. It is for
// the tests of programs that talk to Bitrix24 and for demonstrations without an
// account. It is not for production: whoever reaches a portal may sign in as anybody.
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
//	defer cloud.Close()
//
//	app := portal.AddApp(simulator.LocalApp{
//		Title: "Sign", HandlerURL: "http://127.0.0.1:8080/bx/app",
//		InstallURL: "http://127.0.0.1:8080/bx/install", Scopes: []string{"crm", "placement"},
//	})
//	// app.ClientID and app.ClientSecret exist from here on, as with the real form.
//	frame, err := portal.Open(simulator.Opening{User: anna, ClientID: app.ClientID})
//	// frame.Action and frame.Form are what the portal's page POSTs into the iframe.
//
// Tests that want listeners of their own serve [AuthServer.Handler] and
// [Portal.Handler] and tell the addresses with SetURL, also https ones. Let
// portals and the app have different hosts (127.0.0.2, acme.localhost) where cookies
// matter: ports of one host share them.
//
// # As a program
//
// "signservice demo --portal-only --app http://127.0.0.1:9000" runs a portal alone, with a
// company of four people and PDFs in fields, comments, e-mails and generated documents. It
// prints its addresses, the application's id and key, and ends with Ctrl-C; --dir keeps it
// between two runs. Applications in any language can be tried against it: it needs no
// account, no network and no https.
//
// # For people
//
// [Portal.URL] opened in a browser asks who one wants to be and shows deals and
// other items, the card with the tabs and buttons that apps have bound, its timeline, the
// employees, and to administrators the developer's menu, where an app is added,
// installed, edited and deleted. The page around an app's frame answers its
// messages as the real one does, so that the vendor's own @bitrix24/b24jssdk runs in it.
// With [Config.Phones], /phone/ID is that person's generator of one-time codes.
//
// # For programs
//
// Tokens come from a frame, from the authorization server (/oauth/authorize/,
// /oauth/token/, /rest/app.info), with an event, or straight from [Portal.Grant].
// REST is below [Portal.URL]/rest/: by GET, form or JSON, in batches, with pages, with
// addresses of files that die with their token. Groups of methods: app, user and
// profile; placement; event; crm.item, crm.deal, crm.timeline, crm.activity,
// crm.documentgenerator; disk; im.notify; bizproc. Events and robots are POSTed to
// the app from a queue of their own; [Portal.Settle] waits for it.
//
// A portal has the limits of the cloud by default (50 calls at once, two a
// second); tests that make many calls set [Limits]. They run on real time, all else on
// [Config.Clock].
//
// # Looking at the world
//
// [Portal.DealFiles], [Portal.Timeline], [Portal.Activities], [Portal.Notifications],
// [Portal.DriveFile], [Portal.Apps], [Portal.RobotRuns], [Portal.Deliveries] and [Portal.Calls]
// tell what has become of it. Calls keep the method, the app, the user and the outcome of each
// call, and never a token.
//
// # Misbehaviour
//
// [Portal.Inject] and [AuthServer.Inject] make calls fail as calls do fail: by method, by
// count, by probability (see [Fault]; [Cloud.Seed] repeats a run). [Portal.BeforeUpdate] runs
// a function between the arrival of a write and its effect, so that a colleague can
// replace a file just then. [Quirks] are ways in which portals differ.
// [EventOptions] delays, doubles, drops and shuffles events. [Portal.Forgeries] makes
// POSTs that no portal has made. [Portal.Rename] and [Portal.Delete] move and end a portal.
//
// # Fidelity
//
// Behaviour follows the public documentation of Bitrix24's REST and, where
// that and the portal's own code differ, the code. Where neither tells, the comment
// says "assumed". What is not there: REST v3, offline events, static apps, the
// Marketplace, custom icons, rights below the item. Tests named TestBehaviour01 to 35 hold one
// observed behaviour each.
//
// # Guarantees
//
// All methods may be called from any goroutine; functions given to the package run without
// a lock. Everything is in memory; [Cloud.Save] and [Cloud.Load] keep it in a folder.
// The only requests that leave go to the handlers of apps. Token values are never logged or recorded.
// After [Cloud.Close] no goroutine of the package is left.
package simulator
